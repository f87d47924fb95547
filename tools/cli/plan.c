// ingot plan: what a training run will take, before it begins.
#include "engine/shared/memory.h"
#include "engine/shared/memory_limit.h"
#include "io/shared/durable.h"
#include "io/shared/text.h"
#include "tools/cli/judge/models/policy.h"
#include "tools/cli/shared/output.h"
#include "tools/cli/training/run_plan.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

Status verb_plan(int argc, char **argv, Error *error);

typedef struct PlanLines {
  RunPlan run;
  int64_t other_bytes; // of this process, which has opened and loaded what training would
  int64_t peak_bytes;  // of the training process, at the most
} PlanLines;

// Up to here this process did what training does: what it holds beside the rows, and the most that it held,
// are measured. The trainer's memory comes on top; it is gone when the policy is chosen.
static Status plan_process(PlanLines *plan, Session *session, Error *error) {
  const int64_t resident = (int64_t)memory_resident(), rows = plan->run.source_bytes;
  PASS(policy_rehearse(session->dataset, session->preprocess, session->config, error));
  int64_t measured = (int64_t)memory_peak();
  plan->other_bytes = resident > rows ? resident - rows : 0;
  int64_t training = rows + plan->other_bytes + (int64_t)plan->run.trainer.host_bytes;
  plan->peak_bytes = measured > training ? measured : training;
  return STATUS_OK;
}

static Status make_plan(PlanLines *plan, Session *session, Error *error) {
  PASS(session_open_data(session, error));
  PASS(session_prepare(session, error));
  PASS(run_plan_make(&plan->run, session, error));
  return plan_process(plan, session, error);
}

static void print_bytes(const char *name, int64_t bytes) {
  char text[32];
  bytes_text(text, bytes);
  printf("  %-22s %14lld  %s\n", name, (long long)bytes, text);
}

static void print_device(const Session *session) {
  char text[DEVICE_TEXT];
  device_describe(text, session->device);
  printf("device               %s\n", text);
  if (session->device_reason[0] != '\0') printf("                     (auto: %s)\n", session->device_reason);
}

// What streaming costs, and what would make it less.
static void print_reading(const Session *session) {
  double excess = dataset_source_excess(session->train, session->config);
  bool blocks = session->config->data.order == ORDER_BLOCKS;
  if (excess == 0) return;
  printf("reading              streamed, %.1f rows of the file for each that is used\n", excess);
  if (excess > 3) {
    printf("                     (%s)\n", blocks ? "fewer with more data.order.blocks.rows"
                                                 : "fewer with data.order: blocks, which is another order");
  }
}

static void print_plan(const PlanLines *plan, const Session *session) {
  const TrainerPlan *trainer = &plan->run.trainer;
  printf("rows                 %lld training, %lld validation, %lld test\n",
         (long long)plan->run.rows[PART_TRAIN], (long long)plan->run.rows[PART_VALIDATION],
         (long long)plan->run.rows[PART_TEST]);
  printf("parameters           %lld\n", (long long)trainer->parameters);
  printf("steps                %lld an epoch, at most %lld in all\n", (long long)trainer->steps_per_epoch,
         (long long)trainer->total_steps);
  printf("micro-batch          %lld rows\n", (long long)trainer->micro_batch);
  printf("useful ranks         %lld\n", (long long)trainer->useful_ranks);
  print_device(session);
  print_reading(session);
  printf("memory in bytes\n");
  print_bytes("parameters and state", (int64_t)trainer->parameter_bytes);
  print_bytes("activations", (int64_t)trainer->activation_bytes);
  print_bytes("batch", (int64_t)trainer->batch_bytes);
  print_bytes("validation scores", (int64_t)trainer->validation_bytes);
  print_bytes("rows held", plan->run.source_bytes);
  if (plan->run.device_bytes > 0) print_bytes("workspace of the GPU", plan->run.device_bytes);
  print_bytes("sum", run_plan_bytes(&plan->run));
  print_bytes("program and data set", plan->other_bytes);
  print_bytes("peak of the process", plan->peak_bytes);
}

static json_t *plan_json(const PlanLines *plan) {
  const TrainerPlan *trainer = &plan->run.trainer;
  return json_pack(
      "{s:{s:I,s:I,s:I},s:I,s:I,s:I,s:I,s:I,s:{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}}", "rows", "train",
      (json_int_t)plan->run.rows[PART_TRAIN], "validation", (json_int_t)plan->run.rows[PART_VALIDATION],
      "test", (json_int_t)plan->run.rows[PART_TEST], "parameters", (json_int_t)trainer->parameters,
      "steps_per_epoch", (json_int_t)trainer->steps_per_epoch, "total_steps",
      (json_int_t)trainer->total_steps, "micro_batch", (json_int_t)trainer->micro_batch, "useful_ranks",
      (json_int_t)trainer->useful_ranks, "bytes", "parameters", (json_int_t)trainer->parameter_bytes,
      "activations", (json_int_t)trainer->activation_bytes, "batch", (json_int_t)trainer->batch_bytes,
      "validation", (json_int_t)trainer->validation_bytes, "rows", (json_int_t)plan->run.source_bytes,
      "device", (json_int_t)plan->run.device_bytes, "sum", (json_int_t)run_plan_bytes(&plan->run), "process",
      (json_int_t)plan->other_bytes, "peak", (json_int_t)plan->peak_bytes);
}

// ---- which row is in which part, for trainers elsewhere ----

// One line a row in the order of the data: its id, as predictions name it, and its part.
static Status parts_text(Text *text, Dataset *dataset, Error *error) {
  static const char *const names[PART_COUNT] = {"train", "validation", "test"};
  int64_t all = dataset_rows(dataset);
  int64_t *every = memory_get((size_t)all, sizeof *every);
  const char **part_of = memory_get((size_t)all, sizeof *part_of);
  char **ids = NULL;
  for (int64_t i = 0; i < all; i++) every[i] = i;
  for (int part = 0; part < PART_COUNT; part++) {
    int64_t count;
    const int64_t *rows = dataset_part(dataset, (SplitPart)part, &count);
    for (int64_t i = 0; i < count; i++) part_of[rows[i]] = names[part];
  }
  Status status = dataset_row_ids(&ids, dataset, every, all, error);
  text_put(text, "row_id,part\n");
  for (int64_t i = 0; status == STATUS_OK && i < all; i++) {
    if (part_of[i] == NULL) continue;
    text_csv(text, ids[i]);
    text_add(text, ",%s\n", part_of[i]);
  }
  free(ids);
  free(part_of);
  free(every);
  return status;
}

static Status write_parts(const char *path, bool force, const Session *session, Error *error) {
  Text text = {0};
  Status status = parts_text(&text, session->dataset, error);
  if (status == STATUS_OK) status = file_write(path, text.bytes, text.length, force, error);
  text_free(&text);
  return status;
}

Status verb_plan(int argc, char **argv, Error *error) {
  SessionChoices choices = {0};
  const char *parts = NULL;
  bool force = false;
  Option options[] = {
      SESSION_OPTIONS(&choices),
      TEXT(0, "parts", "FILE.csv", &parts,
           "write row_id and part (train, validation, test) of every row, for other trainers"),
      FLAG('f', "force", &force, "replace FILE.csv")};
  Command command = {"plan",
                     "CONFIG",
                     "Says what training CONFIG will take: rows, steps, parameters, memory, part by part and "
                     "of the process.\n"
                     "Exit 69 where this machine has less.\n",
                     "ingot plan configs/churn.yaml\n"
                     "ingot plan configs/churn.yaml --set train.micro_batch=256\n"
                     "ingot plan configs/churn.yaml --parts parts.csv",
                     options,
                     sizeof options / sizeof options[0],
                     1,
                     1};
  Session session = {0};
  PlanLines plan = {0};
  Parsed parsed;
  Status status;
  TRY(command_parse(&parsed, &command, argc, argv, error));
  if (parsed.helped) goto done;
  TRY(session_load(&session, parsed.arguments[0], &choices, false, error));
  TRY(make_plan(&plan, &session, error));
  if (parts != NULL) TRY(write_parts(parts, force, &session, error));
  if (output_is_json())
    status = print_json(plan_json(&plan), error);
  else
    print_plan(&plan, &session);
  if (status == STATUS_OK) status = session_check_memory(&plan.run.trainer, error);
done:
  session_close(&session);
  text_list_free(&choices.sets);
  return status;
}
