// What several metrics need of the same rows, computed once.
#ifndef INGOT_ENGINE_EVALUATE_FORMULAS_FACTS_H
#define INGOT_ENGINE_EVALUATE_FORMULAS_FACTS_H

#include "engine/evaluate/calibration/cox.h"
#include "engine/evaluate/metrics.h"

// Quantiles of the absolute error, as numerics demands (Hyndman and Fan's type 7); with weights Akinshin's
// 2023 weighted type 7, which is the same for equal weights.
typedef struct ErrorQuantiles {
  double median, p90;
} ErrorQuantiles;

struct MetricFacts {
  int classes;
  double *confusion; // [classes, classes] (label, predicted class); NULL for regression
  bool has_cox, has_quantiles, has_calibration_error;
  CoxFit cox;                     // where a chosen metric needs it
  ErrorQuantiles error_quantiles; // likewise
  double calibration_error;       // binary, likewise
};

// Of a checked set (with blocks, where it is binary). Freed by metric_facts_free (NULL is allowed).
MetricFacts *metric_facts_new(const EvaluationSet *set, const Metric *const *metrics, int count);
void metric_facts_free(MetricFacts *facts);

// From the facts, or computed.
CoxFit cox_of(const EvaluationSet *set);
ErrorQuantiles error_quantiles_of(const EvaluationSet *set);

#endif
