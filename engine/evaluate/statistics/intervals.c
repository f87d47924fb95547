// Intervals of metrics and of paired differences.
#include "engine/evaluate/statistics/intervals.h"

#include "engine/evaluate/metrics/enrichment.h"
#include "engine/evaluate/metrics/facts.h"
#include "engine/evaluate/resample/replicates.h"
#include "engine/evaluate/statistics/clusters.h"
#include "engine/evaluate/statistics/paired.h"
#include "engine/evaluate/statistics/statistics.h"
#include "engine/evaluate/statistics/terms.h"
#include "engine/shared/math64.h"

#include <stdlib.h>

// ---- which method ----

// A mean over classes takes more or fewer of them in resamples that lack a rare one: so the rarest class
// counts.
static int64_t events_of(const Metric *metric, const EvaluationSet *set) {
  int64_t units = cluster_count(set);
  if (set->task == TASK_REGRESSION) return units;
  int64_t fewest = metric_rarest_class(metric, set);
  return fewest < units ? fewest : units;
}

// The registry's method, or the one that stands in for it: a formula for independent rows says nothing of
// clusters, one of counts nothing of weights, and DeLong's is too narrow for few events.
static IntervalMethod method_on(IntervalMethod method, const Metric *metric, const EvaluationSet *set,
                                double value) {
  bool clusters = set->cluster_hash != NULL;
  switch (method) {
  case INTERVAL_WILSON:
  case INTERVAL_TANGO:
    return set->weights == NULL && !clusters ? method : INTERVAL_T;
  case INTERVAL_DELONG:
    if (set->row_hash == NULL) return method;
    return clusters || metric_few_events(metric, set, value) ? INTERVAL_BOOTSTRAP : method;
  case INTERVAL_WALD:
    return clusters ? INTERVAL_BOOTSTRAP : method;
  default:
    return method;
  }
}

IntervalMethod metric_method(const Metric *metric, const EvaluationSet *set) {
  double value = metric->single == INTERVAL_DELONG ? metric_value(metric, set) : 0;
  return method_on(metric->single, metric, set, value);
}

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

// Of a metric with terms, by their moments (NULL: computed).
static Estimate terms_estimate(const Metric *metric, const EvaluationSet *set, const Moments *moments,
                               double confidence) {
  Moments own;
  if (moments == NULL) own = metric_term_moments(set, metric), moments = &own;
  if (!(moments->weight > 0)) return estimate_none(metric_value(metric, set)); // no row counts
  if (metric->single == INTERVAL_T_SQUARES)
    return rmse_estimate(math64_sqrt(moments->mean), moments, confidence);
  bool money = metric->id == METRIC_value; // the sum over the rows
  return estimate_symmetric(INTERVAL_T, money ? metric_value(metric, set) : moments->mean,
                            moments->standard_error * (money ? (double)set->rows : 1), moments->n,
                            confidence);
}

static Estimate wilson_estimate(const Metric *metric, const EvaluationSet *set, double value,
                                double confidence) {
  RightCounts counts = metric_right_counts(set, metric);
  if (counts.n == 0) return estimate_none(value);
  Estimate estimate = estimate_wilson((double)counts.right, (double)counts.n, confidence);
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

static bool has_events(const Metric *metric, const EvaluationSet *set) {
  return events_of(metric, set) >= LEAST_EVENTS;
}

// Of one set (challenger NULL), or of the difference of two.
static Estimate resampled_estimate(const Metric *metric, const EvaluationSet *champion,
                                   const EvaluationSet *challenger, double value, double confidence) {
  if (champion->row_hash == NULL || !has_events(metric, champion)) return estimate_none(value);
  if (challenger != NULL && !has_events(metric, challenger)) return estimate_none(value);
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

static Estimate without_p(Estimate estimate) {
  estimate.p_value = __builtin_nan(""); // of differences only
  return estimate;
}

// `moments` of the terms where the caller has them, else NULL.
static Estimate single_estimate(const Metric *metric, const EvaluationSet *set, const Moments *moments,
                                double confidence) {
  bool area = metric->single == INTERVAL_DELONG;
  IntervalMethod method = method_on(metric->single, metric, set, area ? metric_value(metric, set) : 0);
  if (method == INTERVAL_T || method == INTERVAL_T_SQUARES)
    return without_p(terms_estimate(metric, set, moments, confidence));
  double value = metric_value(metric, set);
  switch (method) {
  case INTERVAL_WILSON:
    return without_p(wilson_estimate(metric, set, value, confidence));
  case INTERVAL_DELONG:
    return without_p(area_estimate(metric, value, area_error_of(set), confidence));
  case INTERVAL_WALD:
    return without_p(wald_estimate(metric, set, value, confidence));
  case INTERVAL_ENRICHMENT:
    return has_events(metric, set) ? enrichment_estimate(metric, set, confidence) : estimate_none(value);
  default:
    return interval_is_resampled(method) ? without_p(resampled_estimate(metric, set, NULL, value, confidence))
                                         : estimate_none(value);
  }
}

Estimate metric_estimate(const Metric *metric, const EvaluationSet *set, double confidence) {
  return single_estimate(metric, set, NULL, confidence);
}

// ---- of two models ----

static void compare_areas(MetricDifference *difference, const EvaluationSet *champion,
                          const EvaluationSet *challenger, double confidence) {
  const Metric *metric = difference->metric;
  double error = areas_error_of(champion, challenger);
  difference->champion = metric_estimate(metric, champion, confidence);
  difference->challenger = metric_estimate(metric, challenger, confidence);
  double gain = metric_gain(metric, difference->champion.value, difference->challenger.value);
  difference->delta =
      estimate_symmetric(INTERVAL_DELONG, gain, metric->id == METRIC_gini ? 2 * error : error, 0, confidence);
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
  PairedCounts counts = metric_paired_counts(champion, challenger, metric);
  difference->champion = metric_estimate(metric, champion, confidence);
  difference->challenger = metric_estimate(metric, challenger, confidence);
  difference->delta = estimate_tango(counts, confidence);
  difference->delta.value = metric_gain(metric, difference->champion.value, difference->challenger.value);
}

static void compare_apart(MetricDifference *difference, const EvaluationSet *champion,
                          const EvaluationSet *challenger, IntervalMethod method, double confidence) {
  const Metric *metric = difference->metric;
  difference->champion = metric_estimate(metric, champion, confidence);
  difference->challenger = metric_estimate(metric, challenger, confidence);
  double gain = metric_gain(metric, difference->champion.value, difference->challenger.value);
  if (interval_is_resampled(method))
    difference->delta = resampled_estimate(metric, champion, challenger, gain, confidence);
  else if (method == INTERVAL_ENRICHMENT && has_events(metric, challenger))
    difference->delta = enrichment_difference(metric, champion, challenger, gain, confidence);
  else
    difference->delta = estimate_none(gain);
}

static void fill_estimates(MetricDifference *difference, const EvaluationSet *champion,
                           const EvaluationSet *challenger, double confidence) {
  const Metric *metric = difference->metric;
  IntervalMethod method = metric->paired;
  if (method != INTERVAL_DELONG) {
    method = method_on(method, metric, challenger, 0);
  } else { // of both, or of none
    method = method_on(method, metric, champion, metric_value(metric, champion));
    if (method == INTERVAL_DELONG)
      method = method_on(method, metric, challenger, metric_value(metric, challenger));
  }
  switch (method) {
  case INTERVAL_DELONG:
    compare_areas(difference, champion, challenger, confidence);
    return;
  case INTERVAL_TANGO:
    compare_proportions(difference, champion, challenger, confidence);
    return;
  case INTERVAL_T:
  case INTERVAL_T_SQUARES:
    compare_terms(difference, champion, challenger, confidence);
    return;
  default:
    compare_apart(difference, champion, challenger, method, confidence);
    return;
  }
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
