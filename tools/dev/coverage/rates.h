// Rows of the simulated populations, and how often intervals of rates by group hold the truth.
//
// Private to tools/dev/coverage/.
#ifndef INGOT_TOOLS_DEV_COVERAGE_RATES_H
#define INGOT_TOOLS_DEV_COVERAGE_RATES_H

#include "engine/evaluate/panels/fairness.h"
#include "tools/dev/coverage/simulation.h"

#include <pthread.h>

typedef struct Rows {
  Population population;
  Task task;
  int64_t count;
  double *labels, *scores[2], *weights;
  int64_t *act, *skip;
  uint64_t *hash, *cluster;
  int32_t *group; // 0, or 1: a third of the rows
} Rows;

Rows rows_new(Population population, int64_t count);
void rows_free(Rows *rows);
void draw_rows(Rows *rows, uint64_t set); // the same rows for the same number
EvaluationSet set_of(const Rows *rows, int model, int replicates);

// Of the smaller group, and against the larger.
typedef struct RateTruth {
  double rate[RATE_COUNT], difference[RATE_COUNT], ratio[RATE_COUNT];
} RateTruth;

RateTruth rates_of(const Rows *rows);

// One data set: what the fairness panel shows, and percentiles of a bootstrap stratified by group.
void rates_count(Coverage *coverage, pthread_mutex_t *mutex, const Rows *rows, const RateTruth *truth,
                 int replicates);

#endif
