// Adds up what a training run will take.
#include "tools/cli/training/run_plan.h"

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

int64_t run_plan_bytes(const RunPlan *plan) {
  const TrainerPlan *trainer = &plan->trainer;
  return (int64_t)(trainer->parameter_bytes + trainer->activation_bytes + trainer->batch_bytes +
                   trainer->validation_bytes) +
         plan->source_bytes + plan->device_bytes;
}
