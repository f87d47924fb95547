// What a training run will take: rows and bytes, known before it begins.
#ifndef INGOT_TOOLS_CLI_TRAINING_RUN_PLAN_H
#define INGOT_TOOLS_CLI_TRAINING_RUN_PLAN_H

#include "tools/cli/training/session.h"

typedef struct RunPlan {
  TrainerPlan trainer;
  int64_t rows[PART_COUNT];
  int64_t source_bytes; // training and validation rows
  int64_t device_bytes; // the device's own workspace
} RunPlan;

// Of a session that is prepared.
Status run_plan_make(RunPlan *plan, const Session *session, Error *error);
int64_t run_plan_bytes(const RunPlan *plan); // the sum

#endif
