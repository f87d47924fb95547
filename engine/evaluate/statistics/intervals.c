// Intervals of metrics and of paired differences.
#include "engine/evaluate/statistics/intervals.h"

#include "engine/evaluate/formulas/facts.h"
#include "engine/evaluate/statistics/delong.h"
#include "engine/evaluate/statistics/paired.h"
#include "engine/evaluate/statistics/statistics.h"
#include "engine/evaluate/statistics/terms.h"
#include "engine/shared/math64.h"

#include <stdlib.h>

// ---- of one model ----

// Square roots of the ends of the mean squared error's interval; the error by the delta method.
static Estimate rmse_estimate(double value, const Moments *moments, double confidence) {
  Estimate squares =
      estimate_symmetric(INTERVAL_T_SQUARES, moments->mean, moments->standard_error, moments->n, confidence);
  if (squares.method == INTERVAL_NONE) return estimate_none(value);
  squares.value = value;
  squares.low = squares.low > 0 ? math64_sqrt(squares.low) : 0;
  squares.high = math64_sqrt(squares.high);
  squares.standard_error = value > 0 ? moments->standard_error / (2 * value) : 0;
  return squares;
}

// Of a metric with terms, by their moments. `value`: money is a sum over the rows.
static Estimate terms_estimate(const Metric *metric, const EvaluationSet *set, double value,
                               const Moments *moments, double confidence) {
  if (metric->single == INTERVAL_T_SQUARES) return rmse_estimate(value, moments, confidence);
  double scale = metric->id == METRIC_value ? (double)set->rows : 1;
  return estimate_symmetric(INTERVAL_T, value, moments->standard_error * scale, moments->n, confidence);
}

static Estimate wilson_estimate(const Metric *metric, const EvaluationSet *set, double value,
                                double confidence) {
  int64_t right = 0, rows = 0;
  for (int64_t i = 0; i < set->rows; i++) {
    if (!metric_counts(set, metric, i)) continue;
    right += metric_term(set, metric, i) == 1;
    rows++;
  }
  if (rows == 0) return estimate_none(value);
  Estimate estimate = estimate_wilson((double)right, (double)rows, confidence);
  estimate.value = value;
  return estimate;
}

// An AUC with a standard error, or Gini, which is twice as wide.
static Estimate area_estimate(const Metric *metric, double value, double error, double confidence) {
  bool gini = metric->id == METRIC_gini;
  Estimate estimate = estimate_symmetric(INTERVAL_DELONG, value, gini ? 2 * error : error, 0, confidence);
  if (estimate.low < (gini ? -1 : 0)) estimate.low = gini ? -1 : 0;
  if (estimate.high > 1) estimate.high = 1;
  return estimate;
}

static Estimate wald_estimate(const Metric *metric, const EvaluationSet *set, double value,
                              double confidence) {
  CoxFit fit = cox_of(set);
  double error = metric->id == METRIC_calibration_slope ? fit.slope_error : fit.intercept_error;
  return estimate_symmetric(INTERVAL_WALD, value, error, 0, confidence);
}

static Estimate without_p(Estimate estimate) {
  estimate.p_value = __builtin_nan(""); // of differences only
  return estimate;
}

// `moments` of the terms where the caller has them, else NULL.
static Estimate single_estimate(const Metric *metric, const EvaluationSet *set, const Moments *moments,
                                double confidence) {
  double value = metric_value(metric, set);
  switch (metric->single) {
  case INTERVAL_WILSON:
    if (set->weights == NULL) return without_p(wilson_estimate(metric, set, value, confidence));
    break;
  case INTERVAL_T:
  case INTERVAL_T_SQUARES:
    break;
  case INTERVAL_DELONG: {
    double *placements = placements_of(set->blocks, set);
    double error = delong_error(placements, NULL, set);
    free(placements);
    return without_p(area_estimate(metric, value, error, confidence));
  }
  case INTERVAL_WALD:
    return without_p(wald_estimate(metric, set, value, confidence));
  default:
    return estimate_none(value);
  }
  Moments own;
  if (moments == NULL) own = metric_term_moments(set, metric);
  return without_p(terms_estimate(metric, set, value, moments != NULL ? moments : &own, confidence));
}

Estimate metric_estimate(const Metric *metric, const EvaluationSet *set, double confidence) {
  return single_estimate(metric, set, NULL, confidence);
}

// ---- of two models ----

static void compare_areas(MetricDifference *difference, const EvaluationSet *champion,
                          const EvaluationSet *challenger, double confidence) {
  const Metric *metric = difference->metric;
  double a = metric_value(metric, champion), b = metric_value(metric, challenger);
  double *from = placements_of(champion->blocks, champion),
         *to = placements_of(challenger->blocks, challenger);
  double scale = metric->id == METRIC_gini ? 2 : 1, error = delong_error(to, from, challenger);
  difference->champion = without_p(area_estimate(metric, a, delong_error(from, NULL, champion), confidence));
  difference->challenger =
      without_p(area_estimate(metric, b, delong_error(to, NULL, challenger), confidence));
  difference->delta =
      estimate_symmetric(INTERVAL_DELONG, metric_gain(metric, a, b), scale * error, 0, confidence);
  free(from);
  free(to);
}

// What a mean of squared errors' difference is divided by to become a difference of the metric.
static double squares_scale(const MetricDifference *difference, const EvaluationSet *challenger) {
  if (difference->metric->id == METRIC_r2) return label_variance(challenger);
  return difference->champion.value + difference->challenger.value;
}

static void compare_terms(MetricDifference *difference, const EvaluationSet *champion,
                          const EvaluationSet *challenger, double confidence) {
  const Metric *metric = difference->metric;
  PairedMoments moments = metric_paired_moments(champion, challenger, metric);
  difference->champion = single_estimate(metric, champion, &moments.champion, confidence);
  difference->challenger = single_estimate(metric, challenger, &moments.challenger, confidence);
  double scale = metric->id == METRIC_value ? (double)challenger->rows : 1;
  if (metric->paired == INTERVAL_T_SQUARES) {
    double divisor = squares_scale(difference, challenger);
    scale = divisor > 0 ? 1 / divisor : 0; // both models without any error: no difference, surely
  }
  IntervalMethod method = metric->paired == INTERVAL_TANGO ? INTERVAL_T : metric->paired;
  difference->delta = estimate_symmetric(
      method, metric_gain(metric, difference->champion.value, difference->challenger.value),
      moments.difference.standard_error * scale, moments.difference.n, confidence);
}

static void compare_proportions(MetricDifference *difference, const EvaluationSet *champion,
                                const EvaluationSet *challenger, double confidence) {
  const Metric *metric = difference->metric;
  PairedCounts counts = {0, 0, 0};
  for (int64_t i = 0; i < challenger->rows; i++) {
    if (!metric_counts(challenger, metric, i)) continue;
    bool old = metric_term(champion, metric, i) == 1, fresh = metric_term(challenger, metric, i) == 1;
    counts.gained += fresh && !old;
    counts.lost += old && !fresh;
    counts.n++;
  }
  difference->champion = metric_estimate(metric, champion, confidence);
  difference->challenger = metric_estimate(metric, challenger, confidence);
  difference->delta = estimate_tango(counts, confidence);
  difference->delta.value = metric_gain(metric, difference->champion.value, difference->challenger.value);
}

static void fill_estimates(MetricDifference *difference, const EvaluationSet *champion,
                           const EvaluationSet *challenger, double confidence) {
  const Metric *metric = difference->metric;
  switch (metric->paired) {
  case INTERVAL_DELONG:
    compare_areas(difference, champion, challenger, confidence);
    return;
  case INTERVAL_TANGO:
    if (challenger->weights != NULL) break;
    compare_proportions(difference, champion, challenger, confidence);
    return;
  case INTERVAL_T:
  case INTERVAL_T_SQUARES:
    break;
  default: // INTERVAL_BOOTSTRAP among them
    difference->champion = metric_estimate(metric, champion, confidence);
    difference->challenger = metric_estimate(metric, challenger, confidence);
    difference->delta =
        estimate_none(metric_gain(metric, difference->champion.value, difference->challenger.value));
    return;
  }
  compare_terms(difference, champion, challenger, confidence);
}

void metric_compare(MetricDifference *difference, const EvaluationSet *champion,
                    const EvaluationSet *challenger, double confidence) {
  fill_estimates(difference, champion, challenger, confidence);
  MetricResult one = {.metric = difference->metric, .estimate = difference->champion},
               other = {.metric = difference->metric, .estimate = difference->challenger};
  metric_describe(&one, champion);
  metric_describe(&other, challenger);
  difference->few_events = one.few_events || other.few_events;
  difference->n = other.n;
  difference->events = one.events < other.events ? one.events : other.events;
  difference->note = one.note != NULL ? one.note : other.note;
}

Estimate metric_difference(const Metric *metric, const EvaluationSet *champion,
                           const EvaluationSet *challenger, double confidence) {
  MetricDifference difference = {.metric = metric};
  fill_estimates(&difference, champion, challenger, confidence);
  return difference.delta;
}
