// Adds up what a training run will take.
#include "tools/cli/training/run_plan.h"

#include "engine/shared/memory.h"
#include "engine/shared/memory_limit.h"
#include "tools/cli/judge/models/policy.h"

#include <stdlib.h>

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

// What a training touches on its way and nobody plans: code of the program and its libraries, texts of a
// checkpoint, and on each thread's stack the operands that it packs. Measured, on x86-64.
enum { ON_THE_WAY = 4 << 20, OF_A_THREAD = 1 << 20 };

// The metric of a validation whose scores say nothing. What it finds wrong is for the training to say.
static void rehearse_validation(Session *session) {
  const Selection *selection = &session->options.selection;
  if (session->validation == NULL) return;
  int64_t rows = session->validation->rows;
  int outputs = preprocess_layout(session->preprocess)->outputs;
  float *scores = memory_get((size_t)rows * (size_t)outputs, sizeof *scores);
  for (int64_t i = 0; i < rows * outputs; i++) scores[i] = outputs == 1 ? 0.5f : 1.0f / (float)outputs;
  double value, loss;
  Error ignored;
  selection->value(selection->context, &value, &loss, scores, rows, outputs, &ignored);
  free(scores);
}

static int64_t larger(int64_t a, int64_t b) {
  return a > b ? a : b;
}

Status run_plan_measure(RunPlan *plan, Session *session, Error *error) {
  const TrainerPlan *trainer = &plan->trainer;
  int64_t resident = (int64_t)memory_resident(), loading = (int64_t)memory_peak(), validating = 0;
  int64_t beside = ON_THE_WAY + OF_A_THREAD * (int64_t)device_threads(session->device);
  if (memory_forget_peak()) {
    rehearse_validation(session);
    validating = larger(0, (int64_t)memory_peak() - resident - (int64_t)trainer->validation_bytes);
  }
  PASS(policy_rehearse(session->dataset, session->preprocess, session->config, error));
  int64_t choosing = (int64_t)memory_peak();
  plan->process_bytes = larger(0, resident - plan->source_bytes) + beside;
  int64_t training = plan->source_bytes + plan->process_bytes + (int64_t)trainer->host_bytes + validating;
  plan->peak_bytes = larger(training, larger(loading, choosing + beside));
  return STATUS_OK;
}

int64_t run_plan_bytes(const RunPlan *plan) {
  const TrainerPlan *trainer = &plan->trainer;
  return (int64_t)(trainer->parameter_bytes + trainer->activation_bytes + trainer->batch_bytes +
                   trainer->validation_bytes) +
         plan->source_bytes + plan->device_bytes;
}
