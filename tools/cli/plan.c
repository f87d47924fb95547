// ingot plan: what a training run will take, before it begins.
#include "engine/shared/memory.h"
#include "io/shared/durable.h"
#include "io/shared/text.h"
#include "tools/cli/shared/output.h"
#include "tools/cli/training/run_plan.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

Status verb_plan(int argc, char **argv, Error *error);

static Status make_plan(RunPlan *plan, Session *session, Error *error) {
  PASS(session_open_data(session, error));
  PASS(session_prepare(session, error));
  PASS(run_plan_make(plan, session, error));
  return run_plan_measure(plan, session, error);
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

static void print_plan(const RunPlan *plan, const Session *session) {
  const TrainerPlan *trainer = &plan->trainer;
  printf("rows                 %lld training, %lld validation, %lld test\n",
         (long long)plan->rows[PART_TRAIN], (long long)plan->rows[PART_VALIDATION],
         (long long)plan->rows[PART_TEST]);
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
  print_bytes("rows held", plan->source_bytes);
  if (plan->device_bytes > 0) print_bytes("workspace of the GPU", plan->device_bytes);
  print_bytes("sum", run_plan_bytes(plan));
  print_bytes("program and data set", plan->process_bytes);
  print_bytes("peak of the process", plan->peak_bytes);
}

static json_t *plan_json(const RunPlan *plan) {
  const TrainerPlan *trainer = &plan->trainer;
  return json_pack(
      "{s:{s:I,s:I,s:I},s:I,s:I,s:I,s:I,s:I,s:{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}}", "rows", "train",
      (json_int_t)plan->rows[PART_TRAIN], "validation", (json_int_t)plan->rows[PART_VALIDATION], "test",
      (json_int_t)plan->rows[PART_TEST], "parameters", (json_int_t)trainer->parameters, "steps_per_epoch",
      (json_int_t)trainer->steps_per_epoch, "total_steps", (json_int_t)trainer->total_steps, "micro_batch",
      (json_int_t)trainer->micro_batch, "useful_ranks", (json_int_t)trainer->useful_ranks, "bytes",
      "parameters", (json_int_t)trainer->parameter_bytes, "activations",
      (json_int_t)trainer->activation_bytes, "batch", (json_int_t)trainer->batch_bytes, "validation",
      (json_int_t)trainer->validation_bytes, "rows", (json_int_t)plan->source_bytes, "device",
      (json_int_t)plan->device_bytes, "sum", (json_int_t)run_plan_bytes(plan), "process",
      (json_int_t)plan->process_bytes, "peak", (json_int_t)plan->peak_bytes);
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
  RunPlan plan = {0};
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
  if (status == STATUS_OK) status = session_check_memory(&plan.trainer, error);
done:
  session_close(&session);
  text_list_free(&choices.sets);
  return status;
}
