// Metrics that come out of what several of them share: calibration, and quantiles of the error.
#include "engine/evaluate/calibration/bins.h"
#include "engine/evaluate/metrics/facts.h"
#include "engine/evaluate/metrics/formulas.h"

double formula_calibration_slope(const Metric *metric, const EvaluationSet *set) {
  (void)metric;
  return cox_of(set).slope;
}

double formula_calibration_intercept(const Metric *metric, const EvaluationSet *set) {
  (void)metric;
  return cox_of(set).intercept;
}

double formula_ece(const Metric *metric, const EvaluationSet *set) {
  (void)metric;
  return calibration_bins_of(set, 0).error;
}

double formula_classwise_ece(const Metric *metric, const EvaluationSet *set) {
  (void)metric;
  return classwise_calibration_error(set);
}

double formula_median_absolute_error(const Metric *metric, const EvaluationSet *set) {
  (void)metric;
  return error_quantiles_of(set).median;
}

double formula_p90_absolute_error(const Metric *metric, const EvaluationSet *set) {
  (void)metric;
  return error_quantiles_of(set).p90;
}
