// Intervals of metrics and of paired differences.
#include "engine/evaluate/statistics/intervals.h"

#include "engine/evaluate/resample/replicates.h"
#include "engine/evaluate/statistics/clusters.h"
#include "engine/evaluate/statistics/delong.h"
#include "engine/evaluate/statistics/statistics.h"
#include "engine/evaluate/statistics/terms.h"
#include "engine/shared/exact_sum.h"
#include "engine/shared/math64.h"
#include "engine/shared/memory.h"

#include <stdlib.h>

enum { FEW_EVENTS = 50 };
static const double high_auc = 0.99;

static Moments moments_of_metric(const EvaluationSet *set, MetricId id) {
  double *terms = metric_terms(set, id);
  Moments moments = moments_of_rows(set, terms, metric_term_weights(set, id));
  free(terms);
  return moments;
}

// Square roots of the ends of the mean squared error's interval; the error by the delta method.
static Estimate rmse_estimate(const EvaluationSet *set, double value, double confidence) {
  Moments moments = moments_of_metric(set, METRIC_rmse);
  Estimate squares =
      estimate_symmetric(INTERVAL_T_SQUARES, moments.mean, moments.standard_error, moments.n, confidence);
  if (squares.method == INTERVAL_NONE) return estimate_none(value);
  squares.value = value;
  squares.low = squares.low > 0 ? math64_sqrt(squares.low) : 0;
  squares.high = math64_sqrt(squares.high);
  squares.standard_error = value > 0 ? moments.standard_error / (2 * value) : 0;
  return squares;
}

static Estimate accuracy_estimate(const EvaluationSet *set, double value, double confidence) {
  ExactSum right = {0};
  for (int64_t i = 0; i < set->rows; i++)
    exact_sum_add(&right, predicted_class(set, i) == (int)set->labels[i]);
  Estimate estimate = estimate_wilson(exact_sum_value(&right), (double)set->rows, confidence);
  estimate.value = value;
  return estimate;
}

static Estimate auc_estimate(const EvaluationSet *set, double value, double confidence) {
  double *placements = placements_of(set->blocks, set);
  double error = delong_error(placements, set);
  free(placements);
  Estimate estimate = estimate_symmetric(INTERVAL_DELONG, value, error, 0, confidence);
  if (estimate.low < 0) estimate.low = 0;
  if (estimate.high > 1) estimate.high = 1;
  return estimate;
}

// Of a mean; value is the sum over the rows.
static Estimate mean_estimate(const Metric *metric, const EvaluationSet *set, double value,
                              double confidence) {
  Moments moments = moments_of_metric(set, metric->id);
  double scale = metric->id == METRIC_value ? (double)set->rows : 1;
  return estimate_symmetric(INTERVAL_T, value, moments.standard_error * scale, moments.n, confidence);
}

// ---- which method ----

static int64_t events_of(const EvaluationSet *set) {
  int64_t positives = 0, units = cluster_count(set);
  if (set->task != TASK_BINARY) return units;
  for (int64_t i = 0; i < set->rows; i++) positives += set->labels[i] == 1;
  int64_t fewer = 2 * positives < set->rows ? positives : set->rows - positives;
  return fewer < units ? fewer : units;
}

// The registry's method, or the one that stands in for it: a formula for independent rows says nothing of
// clusters, and DeLong's is too narrow for few events.
static IntervalMethod method_on(IntervalMethod method, const Metric *metric, const EvaluationSet *set,
                                double value) {
  if (method == INTERVAL_NONE || method == INTERVAL_T || method == INTERVAL_T_SQUARES) return method;
  if (method == INTERVAL_WILSON && metric_has_terms(metric->id))
    return set->weights == NULL && set->cluster_hash == NULL ? INTERVAL_WILSON : INTERVAL_T;
  if (method == INTERVAL_DELONG && set->row_hash == NULL) return method;
  bool stands = set->cluster_hash == NULL && !metric_few_events(metric, set, value);
  return stands ? method : INTERVAL_BOOTSTRAP;
}

IntervalMethod metric_method(const Metric *metric, const EvaluationSet *set) {
  return method_on(metric->single, metric, set, metric_value(metric, set));
}

// Of one set (challenger NULL), or of the difference of two.
static Estimate resampled_estimate(const Metric *metric, const EvaluationSet *champion,
                                   const EvaluationSet *challenger, double value, double confidence) {
  if (champion->row_hash == NULL || events_of(champion) < LEAST_EVENTS) return estimate_none(value);
  bool shared = challenger == NULL || (champion->replicates == challenger->replicates);
  const Replicates *replicates = shared ? champion->replicates : NULL;
  Replicates *own = NULL;
  if (replicates_of(replicates, metric) == NULL)
    replicates = own = replicates_new(champion, challenger, &metric, 1,
                                      replicates_wanted(challenger == NULL ? champion : challenger));
  const MetricReplicates *found = replicates_of(replicates, metric);
  int which = challenger != NULL ? REPLICATE_DELTA : own != NULL ? 0 : champion->replicate;
  Estimate estimate =
      found == NULL ? estimate_none(value) : replicates_estimate(replicates, found, which, value, confidence);
  replicates_free(own);
  return estimate;
}

Estimate metric_estimate(const Metric *metric, const EvaluationSet *set, double confidence) {
  double value = metric_value(metric, set);
  Estimate estimate = estimate_none(value);
  switch (method_on(metric->single, metric, set, value)) {
  case INTERVAL_DELONG:
    estimate = auc_estimate(set, value, confidence);
    break;
  case INTERVAL_T_SQUARES:
    estimate = rmse_estimate(set, value, confidence);
    break;
  case INTERVAL_T:
    estimate = mean_estimate(metric, set, value, confidence);
    break;
  case INTERVAL_WILSON:
    estimate = accuracy_estimate(set, value, confidence);
    break;
  case INTERVAL_BOOTSTRAP:
    estimate = resampled_estimate(metric, set, NULL, value, confidence);
    break;
  default:
    break;
  }
  estimate.p_value = __builtin_nan(""); // of differences only
  return estimate;
}

static Estimate auc_difference(const EvaluationSet *champion, const EvaluationSet *challenger, double value,
                               double confidence) {
  double *from = placements_of(champion->blocks, champion),
         *to = placements_of(challenger->blocks, challenger);
  for (int64_t i = 0; i < challenger->rows; i++) to[i] -= from[i];
  double error = delong_error(to, challenger);
  free(from);
  free(to);
  return estimate_symmetric(INTERVAL_DELONG, value, error, 0, confidence);
}

// What a mean of squared errors' difference is divided by to become a difference of the metric.
static double squares_scale(const Metric *metric, const EvaluationSet *champion,
                            const EvaluationSet *challenger) {
  if (metric->id == METRIC_r2) return label_variance(challenger);
  return metric_value(metric, champion) + metric_value(metric, challenger);
}

static Estimate terms_difference(const Metric *metric, const EvaluationSet *champion,
                                 const EvaluationSet *challenger, double value, double confidence) {
  double *from = metric_terms(champion, metric->id), *to = metric_terms(challenger, metric->id);
  double scale = metric->id == METRIC_value ? (double)challenger->rows : 1;
  for (int64_t i = 0; i < challenger->rows; i++) to[i] -= from[i];
  Moments moments = moments_of_rows(challenger, to, metric_term_weights(challenger, metric->id));
  free(from);
  free(to);
  if (metric->paired == INTERVAL_T_SQUARES) {
    double divisor = squares_scale(metric, champion, challenger);
    scale = divisor > 0 ? 1 / divisor : 0; // both models without any error: no difference, surely
  }
  return estimate_symmetric(metric->paired, value, moments.standard_error * scale, moments.n, confidence);
}

Estimate metric_difference(const Metric *metric, const EvaluationSet *champion,
                           const EvaluationSet *challenger, double confidence) {
  double from = metric_value(metric, champion), to = metric_value(metric, challenger);
  double value = metric_gain(metric, from, to);
  IntervalMethod method = method_on(metric->paired, metric, champion, from);
  if (method == INTERVAL_DELONG) method = method_on(metric->paired, metric, challenger, to);
  if (method == INTERVAL_DELONG) return auc_difference(champion, challenger, value, confidence);
  if (method == INTERVAL_NONE) return estimate_none(value);
  if (method == INTERVAL_BOOTSTRAP)
    return resampled_estimate(metric, champion, challenger, value, confidence);
  return terms_difference(metric, champion, challenger, value, confidence);
}

bool metric_few_events(const Metric *metric, const EvaluationSet *set, double auc) {
  if (metric->id != METRIC_auc) return false;
  int64_t positives = set->blocks->positive_rows, negatives = set->rows - positives;
  return positives < FEW_EVENTS || negatives < FEW_EVENTS || auc > high_auc;
}
