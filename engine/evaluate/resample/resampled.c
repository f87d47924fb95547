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
  for (int g = 0; g < r->groups->count; g++) {
    pairs += r->cells[2 * g + 1] * (below + 0.5 * r->cells[2 * g]);
    below += r->cells[2 * g];
  }
  return pairs / (r->positives * r->negatives);
}

static double of_average_precision(const Metric *metric, const Resampled *r) {
  (void)metric;
  double area = 0, positives = 0, taken = 0;
  for (int g = r->groups->count - 1; g >= 0; g--) {
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
  for (int g = 0; g < r->groups->count; g++) {
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
  for (int g = r->groups->count - 1; g >= 0 && left > 0; g--) {
    double positive = r->cells[2 * g + 1], weight = positive + r->cells[2 * g];
    hits += weight > left ? positive * (left / weight) : positive;
    left -= weight;
  }
  if (metric->id == METRIC_capture) return hits / r->positives;
  if (metric->id == METRIC_precision_at) return hits / taken;
  return hits / taken / (r->positives / r->weight);
}

// ---- calibration ----

// A step of Newton's method; `fitted`: the probabilities at the parameters, where they are known.
static void step_cox(double *intercept, double *slope, const Resampled *r, const double *fitted) {
  double one = 0, x = 0, xx = 0, gradient_one = 0, gradient_x = 0;
  for (int g = 0; g < r->groups->count; g++) {
    double logit = r->groups->logit[g];
    double p = fitted != NULL ? fitted[g] : 1 / (1 + math64_exp(-(*intercept + *slope * logit)));
    double negative = r->cells[2 * g], positive = r->cells[2 * g + 1];
    double curvature = (negative + positive) * (p * (1 - p)), residual = positive * (1 - p) - negative * p;
    one += curvature;
    x += curvature * logit;
    xx += curvature * (logit * logit);
    gradient_one += residual;
    gradient_x += residual * logit;
  }
  double determinant = one * xx - x * x;
  *intercept += (xx * gradient_one - x * gradient_x) / determinant;
  *slope += (one * gradient_x - x * gradient_one) / determinant;
}

// Two steps from the fit to all rows are all the way but for terms of 1 / rows^2.
static double of_cox(const Metric *metric, const Resampled *r) {
  CoxSteps *steps = r->cox;
  if (!steps->taken) {
    *steps = (CoxSteps){true, r->groups->cox.intercept, r->groups->cox.slope};
    step_cox(&steps->intercept, &steps->slope, r, r->groups->fitted);
    step_cox(&steps->intercept, &steps->slope, r, NULL);
  }
  return metric->id == METRIC_calibration_slope ? steps->slope : steps->intercept;
}

// ---- predicted classes ----

static double of_classes(const Metric *metric, const Resampled *r) {
  double binary[4] = {r->negatives - r->false_positive, r->false_positive, r->positives - r->true_positive,
                      r->true_positive};
  return r->groups != NULL ? metric_of_confusion(metric->id, binary, 2)
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

// ---- quantiles of the absolute error ----

// Akinshin's 2023 weighted type 7, a resample's weights being repetitions: the mean of the values over a
// window of one row of the cumulated weight. Rows of a group are spread evenly from its smallest to its
// largest error.
static double of_quantile(const Metric *metric, const Resampled *r) {
  double p = metric->id == METRIC_median_absolute_error ? 0.5 : 0.9, quantile = 0, below = 0;
  double from = p * (r->effective - 1) / r->effective * r->weight, to = from + r->weight / r->effective;
  for (int g = 0; g < r->groups->count && below < to; g++) {
    double weight = r->cells[g], first = from > below ? from - below : 0, last = to - below;
    below += weight;
    if (last > weight) last = weight;
    if (!(last > first)) continue;
    double middle = 0.5 * (first + last) / weight, low = r->groups->low[g], high = r->groups->high[g];
    quantile += (last - first) * (low + (high - low) * middle);
  }
  return quantile / (to - from);
}

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
    [METRIC_calibration_slope] = {of_cox, false},
    [METRIC_calibration_intercept] = {of_cox, false},
    [METRIC_median_absolute_error] = {of_quantile, false},
    [METRIC_p90_absolute_error] = {of_quantile, false},
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
