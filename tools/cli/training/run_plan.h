// What a training run will take: rows and bytes, known before it begins.
#ifndef INGOT_TOOLS_CLI_TRAINING_RUN_PLAN_H
#define INGOT_TOOLS_CLI_TRAINING_RUN_PLAN_H

#include "tools/cli/training/session.h"

typedef struct RunPlan {
  TrainerPlan trainer;
  int64_t rows[PART_COUNT];
  int64_t source_bytes; // training and validation rows
  int64_t device_bytes; // the device's own workspace
  // Of run_plan_measure:
  int64_t process_bytes; // what the process holds beside the rows once it has opened everything
  int64_t peak_bytes;    // the most that it holds at a time: opening, training, or choosing a policy
} RunPlan;

// Of a session that is prepared.
Status run_plan_make(RunPlan *plan, const Session *session, Error *error);

// Measures this process, which has opened, fitted and loaded what a training would, and rehearses the rest: a
// step, a validation, and the choice of a policy. Where the trainer does not fit (session_check_memory says
// so), the peak is what is planned on top of what is open.
Status run_plan_measure(RunPlan *plan, Session *session, Error *error);

int64_t run_plan_bytes(const RunPlan *plan); // the sum

#endif
