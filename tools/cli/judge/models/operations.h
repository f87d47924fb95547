// What a model is to those who run it: its size, whether it repeats itself, and how fast it is here.
#ifndef INGOT_TOOLS_CLI_JUDGE_MODELS_OPERATIONS_H
#define INGOT_TOOLS_CLI_JUDGE_MODELS_OPERATIONS_H

#include "tools/cli/judge/models/judged_model.h"

typedef struct Operations {
  ReportOperations facts; // for report.json
  // For environment.json: medians, of preparing and scoring rows that were read already.
  double row_seconds, batch_seconds;
  int64_t batch_rows;     // of batch_seconds
  double rows_per_second; // in such batches
  int64_t peak_bytes;     // of this process so far
} Operations;

// Scores the first judged rows a second time, one by one and in batches, and compares. Only of a model that
// was scored here (judged->model.checkpoint).
Status operations_measure(Operations *operations, const JudgedModel *judged, Error *error);

#endif
