// How often intervals hold the truth: data sets made from populations whose metrics are known.
//
// Every number comes from Philox and math64, so the same call gives the same counts everywhere.
#ifndef INGOT_TOOLS_DEV_COVERAGE_SIMULATION_H
#define INGOT_TOOLS_DEV_COVERAGE_SIMULATION_H

#include "engine/evaluate/metrics.h"

// Intervals of one kind: of a model's metric or of the difference of two; by the method that a report shows,
// or by the bootstrap whatever the registry says.
typedef struct CoverageCount {
  const Metric *metric;
  bool difference, resampled;
  IntervalMethod method; // of the last data set that had an interval
  int64_t hits, sets;    // intervals that hold the truth; data sets with an interval
  int64_t below;         // of the misses: the truth is below the interval
} CoverageCount;

enum { COVERAGE_COUNTS = 4 * METRIC_COUNT };

typedef struct Coverage {
  Task task;
  int count;
  CoverageCount counts[COVERAGE_COUNTS];
} Coverage;

// `sets` data sets of n rows, two models each, `replicates` resamples, 95 % intervals.
void coverage_simulate(Coverage *coverage, Task task, int64_t n, int64_t sets, int replicates);

#endif
