// How often intervals hold the truth: data sets made from populations whose metrics are known.
//
// Every number comes from Philox and math64, so the same call gives the same counts everywhere.
#ifndef INGOT_TOOLS_DEV_COVERAGE_SIMULATION_H
#define INGOT_TOOLS_DEV_COVERAGE_SIMULATION_H

#include "engine/evaluate/report_data.h"

// What rows are drawn from. Binary: a third are positive, or (rare) 4 %; weights from row to row, higher
// where scores are; clusters of four rows that are alike; a challenger that knows the probabilities; groups:
// two kinds of customers, for rates by group.
typedef enum Population {
  POPULATION_BINARY,
  POPULATION_RARE,
  POPULATION_WEIGHTED,
  POPULATION_CLUSTERED,
  POPULATION_CALIBRATED,
  POPULATION_GROUPS,
  POPULATION_MULTICLASS,
  POPULATION_REGRESSION,
  POPULATION_COUNT
} Population;

const char *population_name(Population population);

// Intervals of one kind, by the method that a report shows, or by resampling whatever the registry says.
typedef struct CoverageCount {
  const char *name;      // of the metric, or of the rate
  const char *of;        // "model", "difference", "ratio"
  IntervalMethod method; // of the last data set that had an interval
  bool resampled;        // not what a report shows
  int64_t hits, sets;    // intervals that hold the truth; data sets with an interval
  int64_t below;         // of the misses: the truth is below the interval
} CoverageCount;

enum { COVERAGE_COUNTS = 256 };

typedef struct Coverage {
  int count;
  CoverageCount counts[COVERAGE_COUNTS]; // in the order of the registry
} Coverage;

// `sets` data sets of n rows, two models each, `replicates` resamples, 95 % intervals.
void coverage_simulate(Coverage *coverage, Population population, int64_t n, int64_t sets, int replicates);

// The count of that kind, made where it is missing; then one more interval in it.
void coverage_add(Coverage *coverage, const char *name, const char *of, bool resampled,
                  const Estimate *estimate, double truth);

#endif
