// Metrics of a resample. Groups are added in the order of their scores: one order, and so one result.
#include "engine/evaluate/resample/resampled.h"

#include "engine/evaluate/statistics/terms.h"
#include "engine/shared/math64.h"

#include <stddef.h>

static double share(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

// ---- the order of scores ----

static double of_auc(const Resampled *r) {
  double pairs = 0, below = 0;
  for (int g = 0; g < r->groups; g++) {
    pairs += r->cells[2 * g + 1] * (below + 0.5 * r->cells[2 * g]);
    below += r->cells[2 * g];
  }
  return pairs / (r->positives * r->negatives);
}

static double of_average_precision(const Resampled *r) {
  double area = 0, positives = 0, taken = 0;
  for (int g = r->groups - 1; g >= 0; g--) {
    double hits = r->cells[2 * g + 1];
    positives += hits;
    taken += hits + r->cells[2 * g];
    if (hits > 0) area += hits * (positives / taken);
  }
  return area / r->positives;
}

// ---- predicted classes ----

static double of_f1(const Resampled *r) {
  return share(2 * r->true_positive, r->positives + r->true_positive + r->false_positive);
}

static double of_accuracy(const Resampled *r) {
  double right = r->true_positive + r->negatives - r->false_positive;
  if (r->groups > 0) return right / r->weight;
  right = 0;
  for (int k = 0; k < r->classes; k++) right += r->cells[k * r->classes + k];
  return right / r->weight;
}

typedef struct ClassSums {
  double right, labelled, predicted;
} ClassSums;

static ClassSums sums_of_class(const Resampled *r, int k) {
  ClassSums sums = {.right = r->cells[k * r->classes + k]};
  for (int j = 0; j < r->classes; j++) {
    sums.labelled += r->cells[k * r->classes + j];
    sums.predicted += r->cells[j * r->classes + k];
  }
  return sums;
}

static double of_balanced_accuracy(const Resampled *r) {
  double sum = 0;
  int present = 0;
  for (int k = 0; k < r->classes; k++) {
    ClassSums sums = sums_of_class(r, k);
    sum += share(sums.right, sums.labelled);
    present += sums.labelled > 0;
  }
  return sum / present;
}

static double of_macro_f1(const Resampled *r) {
  double sum = 0;
  int present = 0;
  for (int k = 0; k < r->classes; k++) {
    ClassSums sums = sums_of_class(r, k);
    sum += share(2 * sums.right, sums.labelled + sums.predicted);
    present += sums.labelled + sums.predicted > 0;
  }
  return sum / present;
}

// ---- means ----

static double of_rmse(const Resampled *r) {
  return math64_sqrt(r->mean);
}

static double of_r2(const Resampled *r) {
  return 1 - r->mean / r->label_variance;
}

static double of_mean(const Resampled *r) {
  return r->mean;
}

typedef double Formula(const Resampled *r);

static const struct {
  Formula *formula;
  bool of_terms; // reads `mean`
} formulas[METRIC_COUNT] = {
    [METRIC_auc] = {of_auc, false},
    [METRIC_average_precision] = {of_average_precision, false},
    [METRIC_accuracy] = {of_accuracy, false},
    [METRIC_balanced_accuracy] = {of_balanced_accuracy, false},
    [METRIC_f1] = {of_f1, false},
    [METRIC_macro_f1] = {of_macro_f1, false},
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
  return (formula != NULL ? formula : of_mean)(resampled);
}
