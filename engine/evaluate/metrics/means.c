// Metrics that are means of terms, and what is made of such a mean.
#include "engine/evaluate/metrics/formulas.h"

#include "engine/evaluate/money.h"
#include "engine/evaluate/statistics/statistics.h"
#include "engine/evaluate/statistics/terms.h"
#include "engine/shared/math64.h"

double formula_value(const Metric *metric, const EvaluationSet *set) {
  (void)metric;
  return (double)money_value(set) / MONEY_SCALE;
}

double formula_rmse(const Metric *metric, const EvaluationSet *set) {
  return math64_sqrt(metric_term_mean(set, metric));
}

double formula_r2(const Metric *metric, const EvaluationSet *set) {
  return 1.0 - metric_term_mean(set, metric) / label_variance(set);
}

#define MEAN(id)                                                                                             \
  double formula_##id(const Metric *metric, const EvaluationSet *set) {                                      \
    return metric_term_mean(set, metric);                                                                    \
  }
MEAN(log_loss)
MEAN(brier)
MEAN(accuracy)
MEAN(top_k_accuracy)
MEAN(expected_cost)
MEAN(mae)
MEAN(bias)
MEAN(interval_coverage)
MEAN(interval_width)
MEAN(mape)
MEAN(poisson_deviance)
MEAN(gamma_deviance)
MEAN(tweedie)
MEAN(pinball)
MEAN(asymmetric_cost)
