// Means, standard errors and textbook intervals.
#include "engine/evaluate/statistics/statistics.h"

#include "engine/shared/exact_sum.h"
#include "engine/shared/math64.h"

#include <string.h>

static const double not_a_number = __builtin_nan("");

double mean_of(const double *terms, const double *weights, int64_t count) {
  if (weights == NULL) return exact_sum_of(terms, (size_t)count) / (double)count;
  SumBins sum = {0};
  for (int64_t i = 0; i < count; i++) sum_bins_add(&sum, weights[i] * terms[i]);
  return sum_bins_value(&sum) / exact_sum_of(weights, (size_t)count);
}

void moment_end_pass(MomentSum *sum) {
  double total = sum_bins_value(&sum->terms);
  if (sum->second) {
    sum->squares = total;
    return;
  }
  sum->weight = sum->weighted ? sum_bins_value(&sum->weights) : (double)sum->rows;
  sum->mean = total / sum->weight;
  sum->second = true;
  memset(&sum->terms, 0, sizeof sum->terms);
}

Moments moment_result(const MomentSum *sum) {
  Moments moments = {sum->n, sum->weight, sum->mean, not_a_number};
  double n = (double)sum->n;
  if (sum->n >= 2) moments.standard_error = math64_sqrt(sum->squares * (n / (n - 1))) / sum->weight;
  return moments;
}

Moments moments_of(const double *terms, const double *weights, int64_t count) {
  MomentSum sum = {0};
  for (int pass = 0; pass < 2; pass++) {
    for (int64_t i = 0; i < count; i++) moment_add(&sum, terms[i], weights == NULL ? 1 : weights[i]);
    moment_end_pass(&sum);
  }
  return moment_result(&sum);
}

double label_variance(const EvaluationSet *set) {
  double mean = mean_of(set->labels, set->weights, set->rows);
  SumBins squares = {0};
  for (int64_t i = 0; i < set->rows; i++) {
    double deviation = set->labels[i] - mean, weight = set->weights == NULL ? 1 : set->weights[i];
    sum_bins_add(&squares, weight * (deviation * deviation));
  }
  double total = set->weights == NULL ? (double)set->rows : exact_sum_of(set->weights, (size_t)set->rows);
  return sum_bins_value(&squares) / total;
}

Estimate estimate_none(double value) {
  return (Estimate){value, INTERVAL_NONE, not_a_number, not_a_number, not_a_number, not_a_number};
}

Estimate estimate_symmetric(IntervalMethod method, double value, double standard_error, int64_t n,
                            double confidence) {
  if (!(standard_error >= 0)) return estimate_none(value);
  double upper = 0.5 + 0.5 * confidence, df = (double)(n - 1);
  double quantile = n == 0 ? math64_normal_quantile(upper) : math64_t_quantile(upper, df);
  Estimate estimate = {value,
                       method,
                       value - quantile * standard_error,
                       value + quantile * standard_error,
                       standard_error,
                       value == 0 ? 1 : 0};
  if (standard_error > 0) {
    double statistic = (value < 0 ? value : -value) / standard_error;
    estimate.p_value = 2 * (n == 0 ? math64_normal_cdf(statistic) : math64_t_cdf(statistic, df));
  }
  return estimate;
}

Estimate estimate_wilson(double successes, double n, double confidence) {
  double z = math64_normal_quantile(0.5 + 0.5 * confidence), z2 = z * z, p = successes / n;
  double centre = (successes + 0.5 * z2) / (n + z2);
  double half = z * math64_sqrt(p * (1 - p) * n + 0.25 * z2) / (n + z2);
  double low = centre - half, high = centre + half;
  return (Estimate){p,
                    INTERVAL_WILSON,
                    low < 0 || successes == 0 ? 0 : low,
                    high > 1 || successes == n ? 1 : high,
                    math64_sqrt(p * (1 - p) / n),
                    not_a_number};
}

double normal_mean_of_positive_part(double mean, double standard_deviation) {
  if (!(standard_deviation > 0)) return mean > 0 ? mean : 0;
  static const double density_at_zero = 0x1.9884533d43651p-2; // 1 / sqrt(2 pi)
  double z = mean / standard_deviation;
  double part = mean * math64_normal_cdf(z) + standard_deviation * density_at_zero * math64_exp(-0.5 * z * z);
  return part > 0 ? part : 0; // rounding far in the tail
}
