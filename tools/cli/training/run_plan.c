// Adds up what a training run will take.
#include "tools/cli/training/run_plan.h"

#include "engine/shared/memory_limit.h"
#include "io/shared/durable.h"
#include "tools/cli/judge/models/policy.h"

#include <malloc.h>

Status run_plan_make(RunPlan *plan, const Session *session, Error *error) {
  const InputLayout *layout = preprocess_layout(session->preprocess);
  *plan = (RunPlan){.device_bytes = (int64_t)device_own_bytes(session->device)};
  PASS(trainer_plan(&plan->trainer, &session->options, error));
  for (int part = 0; part < PART_COUNT; part++) {
    dataset_part(session->dataset, (SplitPart)part, &plan->rows[part]);
    if (part == PART_TEST || plan->rows[part] == 0) continue;
    plan->source_bytes += dataset_source_bytes(session->dataset, session->config, layout, (SplitPart)part);
  }
  return STATUS_OK;
}

static int64_t larger(int64_t a, int64_t b) {
  return a > b ? a : b;
}

// What a training does after it has opened the data, in its order, so that this process grows as a training's
// would: code of the program and its libraries that is read on the way, stacks of threads with the operands
// that they pack, what the allocator keeps. Only run_create and run_finish are left out: some texts of a run.
static Status rehearse(const RunPlan *plan, Session *session, Error *error) {
  uint8_t code[DIGEST_BYTES];
  Error ignored = {0}; // for the training to say
  PASS(file_sha256(code, NULL, "/proc/self/exe", -1,
                   error)); // as every run records; all of the library for it
  if (session_check_memory(&plan->trainer, &ignored) == STATUS_OK)
    trainer_rehearse(&session->options, &ignored);
  malloc_trim(0); // as a training does when its trainer is gone
  return policy_rehearse(session->dataset, session->preprocess, session->config, session->device, error);
}

Status run_plan_measure(RunPlan *plan, Session *session, Error *error) {
  int64_t opened = (int64_t)memory_resident();
  plan->process_bytes = larger(0, opened - plan->source_bytes);
  PASS(rehearse(plan, session, error));
  // The first is more only where the trainer does not fit and was not rehearsed.
  plan->peak_bytes = larger(opened + (int64_t)plan->trainer.host_bytes, (int64_t)memory_peak());
  return STATUS_OK;
}

int64_t run_plan_bytes(const RunPlan *plan) {
  const TrainerPlan *trainer = &plan->trainer;
  return (int64_t)(trainer->parameter_bytes + trainer->activation_bytes + trainer->batch_bytes +
                   trainer->validation_bytes) +
         plan->source_bytes + plan->device_bytes;
}
