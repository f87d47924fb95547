// Metrics of a resample. Groups are added in the order of their scores: one order, and so one result.
#include "engine/evaluate/resample/resampled.h"

#include "engine/evaluate/metrics/formulas.h"
#include "engine/evaluate/statistics/terms.h"
#include "engine/shared/math64.h"

#include <stddef.h>

// ---- the order of scores ----

static double of_auc(const Metric *metric, const Resampled *r) {
  (void)metric;
  double pairs = 0, below = 0;
  for (int g = 0; g < r->groups; g++) {
    pairs += r->cells[2 * g + 1] * (below + 0.5 * r->cells[2 * g]);
    below += r->cells[2 * g];
  }
  return pairs / (r->positives * r->negatives);
}

static double of_average_precision(const Metric *metric, const Resampled *r) {
  (void)metric;
  double area = 0, positives = 0, taken = 0;
  for (int g = r->groups - 1; g >= 0; g--) {
    double hits = r->cells[2 * g + 1];
    positives += hits;
    taken += hits + r->cells[2 * g];
    if (hits > 0) area += hits * (positives / taken);
  }
  return area / r->positives;
}

static double of_gini(const Metric *metric, const Resampled *r) {
  return 2 * of_auc(metric, r) - 1;
}

static double of_ks(const Metric *metric, const Resampled *r) {
  double positives = 0, negatives = 0, largest = 0;
  (void)metric;
  for (int g = 0; g < r->groups; g++) {
    negatives += r->cells[2 * g];
    positives += r->cells[2 * g + 1];
    double distance = positives / r->positives - negatives / r->negatives;
    if (distance < 0) distance = -distance;
    if (distance > largest) largest = distance;
  }
  return largest;
}

// Positives among the highest scores; k rows are as large a share of a resample as of the rows.
static double of_top(const Metric *metric, const Resampled *r) {
  double taken = weight_of_top(metric, r->rows, r->weight), left = taken, hits = 0;
  for (int g = r->groups - 1; g >= 0 && left > 0; g--) {
    double positive = r->cells[2 * g + 1], weight = positive + r->cells[2 * g];
    hits += weight > left ? positive * (left / weight) : positive;
    left -= weight;
  }
  if (metric->id == METRIC_capture) return hits / r->positives;
  if (metric->id == METRIC_precision_at) return hits / taken;
  return hits / taken / (r->positives / r->weight);
}

// ---- predicted classes ----

static double of_classes(const Metric *metric, const Resampled *r) {
  double binary[4] = {r->negatives - r->false_positive, r->false_positive, r->positives - r->true_positive,
                      r->true_positive};
  return r->groups > 0 ? metric_of_confusion(metric->id, binary, 2)
                       : metric_of_confusion(metric->id, r->cells, r->classes);
}

// ---- means ----

static double of_rmse(const Metric *metric, const Resampled *r) {
  (void)metric;
  return math64_sqrt(r->mean);
}

static double of_r2(const Metric *metric, const Resampled *r) {
  (void)metric;
  return 1 - r->mean / r->label_variance;
}

static double of_mean(const Metric *metric, const Resampled *r) {
  (void)metric;
  return r->mean;
}

typedef double Formula(const Metric *metric, const Resampled *r);

// Metrics that are not the plain mean of their terms.
static const struct {
  Formula *formula;
  bool of_terms; // reads `mean`
} formulas[METRIC_COUNT] = {
    [METRIC_auc] = {of_auc, false},
    [METRIC_gini] = {of_gini, false},
    [METRIC_ks] = {of_ks, false},
    [METRIC_average_precision] = {of_average_precision, false},
    [METRIC_capture] = {of_top, false},
    [METRIC_precision_at] = {of_top, false},
    [METRIC_lift] = {of_top, false},
    [METRIC_accuracy] = {of_classes, false},
    [METRIC_precision] = {of_classes, false},
    [METRIC_recall] = {of_classes, false},
    [METRIC_specificity] = {of_classes, false},
    [METRIC_balanced_accuracy] = {of_classes, false},
    [METRIC_f1] = {of_classes, false},
    [METRIC_mcc] = {of_classes, false},
    [METRIC_macro_f1] = {of_classes, false},
    [METRIC_cohen_kappa] = {of_classes, false},
    [METRIC_rmse] = {of_rmse, true},
    [METRIC_r2] = {of_r2, true},
};

bool resampled_needs_terms(const Metric *metric) {
  bool known = formulas[metric->id].formula != NULL;
  return known ? formulas[metric->id].of_terms : metric_has_terms(metric->id);
}

bool resampled_is_known(const Metric *metric) {
  return formulas[metric->id].formula != NULL || metric_has_terms(metric->id);
}

double resampled_metric(const Metric *metric, const Resampled *resampled) {
  Formula *formula = formulas[metric->id].formula;
  if (!(resampled->weight > 0)) return __builtin_nan("");
  return (formula != NULL ? formula : of_mean)(metric, resampled);
}
