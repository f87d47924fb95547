// One resample of one model: the sums that metrics are functions of, and these functions.
//
// Private to resample/. "Adding a metric" (engine/README.md): a metric that is no mean of terms has a line
// here.
#ifndef INGOT_ENGINE_EVALUATE_RESAMPLE_RESAMPLED_H
#define INGOT_ENGINE_EVALUATE_RESAMPLE_RESAMPLED_H

#include "engine/evaluate/metrics.h"
#include "engine/evaluate/resample/score_groups.h"

// Calibration of a resample: two metrics share it.
typedef struct CoxSteps {
  bool taken;
  double intercept, slope;
} CoxSteps;

typedef struct Resampled {
  int64_t rows;  // of the set
  double weight; // of all rows
  // binary: weight of group g's rows of label 0 in cells[2 g], of label 1 in cells[2 g + 1], scores
  // ascending; regression: of the rows of group g, absolute errors ascending; multiclass: weight by (label,
  // predicted class), [classes, classes]
  const double *cells;
  const ScoreGroups *groups;            // binary and regression
  double positives, negatives;          // binary
  double true_positive, false_positive; // binary: weight predicted to be class 1, by label
  int classes;                          // multiclass
  double mean;           // of the metric's terms (value: the sum in units); NaN where it has none
  double label_variance; // regression, for r2
  CoxSteps *cox;         // binary: room for it
  double effective;      // regression: as many rows of equal weight say as much
} Resampled;

// Whether resampled_metric knows the metric.
bool resampled_is_known(const Metric *metric);

// Whether it reads the mean of the metric's terms.
bool resampled_needs_terms(const Metric *metric);

// The metric under the weights of the resample; NaN where it is not defined there.
double resampled_metric(const Metric *metric, const Resampled *resampled);

#endif
