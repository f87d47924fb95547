// Intervals of metrics and of paired differences.
#include "engine/evaluate/statistics/intervals.h"

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
  Moments moments = moments_of(terms, metric_term_weights(set, id), set->rows);
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

Estimate metric_estimate(const Metric *metric, const EvaluationSet *set, double confidence) {
  double value = metric_value(metric, set);
  Estimate estimate = estimate_none(value);
  if (metric->single == INTERVAL_DELONG) estimate = auc_estimate(set, value, confidence);
  if (metric->single == INTERVAL_T_SQUARES) estimate = rmse_estimate(set, value, confidence);
  if (metric->single == INTERVAL_T) estimate = mean_estimate(metric, set, value, confidence);
  if (metric->single == INTERVAL_WILSON) {
    estimate = set->weights == NULL ? accuracy_estimate(set, value, confidence)
                                    : mean_estimate(metric, set, value, confidence);
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
  Moments moments = moments_of(to, metric_term_weights(challenger, metric->id), challenger->rows);
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
  double value = metric_gain(metric, metric_value(metric, champion), metric_value(metric, challenger));
  if (metric->paired == INTERVAL_DELONG) return auc_difference(champion, challenger, value, confidence);
  if (metric->paired == INTERVAL_NONE) return estimate_none(value);
  return terms_difference(metric, champion, challenger, value, confidence);
}

bool metric_few_events(const Metric *metric, const EvaluationSet *set, double auc) {
  if (metric->id != METRIC_auc) return false;
  int64_t positives = set->blocks->positive_rows, negatives = set->rows - positives;
  return positives < FEW_EVENTS || negatives < FEW_EVENTS || auc > high_auc;
}
