// Means with standard errors, and the intervals built on them. Exact sums: no order of rows.
#ifndef INGOT_ENGINE_EVALUATE_STATISTICS_H
#define INGOT_ENGINE_EVALUATE_STATISTICS_H

#include "engine/evaluate/report_data.h"
#include "engine/shared/exact_sum.h"

typedef struct Moments {
  int64_t n;             // terms of weight > 0
  double weight;         // sum of weights; n where there are none
  double mean;           // sum of w x / sum of w
  double standard_error; // of the mean; NaN for n < 2
} Moments;

// The variance of the mean is n/(n-1) * sum of (w (x - mean))^2 / (sum of w)^2, the linearised variance of a
// ratio; without weights s^2 / n with s^2 = sum of (x - mean)^2 / (n - 1).
Moments moments_of(const double *terms, const double *weights, int64_t count);

// The same of terms that are made when they are needed, twice: every term of the first pass, end, every term
// of the second pass, end. Zero-initialise; 32 KB of exact sums each, so they are not for the stack by the
// dozen.
typedef struct MomentSum {
  SumBins terms, weights; // second pass: squares in `terms`
  bool second, weighted;
  int64_t rows, n;
  double mean, weight, squares;
} MomentSum;

// Weights are summed from the first one on that is not 1.
static inline void moment_weigh(MomentSum *sum, double weight) {
  if (!sum->weighted) sum_bins_add(&sum->weights, (double)(sum->rows - 1));
  sum->weighted = true;
  sum_bins_add(&sum->weights, weight);
}

static inline void moment_add(MomentSum *sum, double term, double weight) {
  if (sum->second) {
    double deviation = (term - sum->mean) * weight;
    sum_bins_add(&sum->terms, deviation * deviation);
    return;
  }
  sum->rows++;
  sum->n += weight > 0;
  sum_bins_add(&sum->terms, weight * term);
  if (weight != 1 || sum->weighted) moment_weigh(sum, weight);
}

void moment_end_pass(MomentSum *sum);
Moments moment_result(const MomentSum *sum);

double mean_of(const double *terms, const double *weights, int64_t count);

// Population variance of the labels, weighted.
double label_variance(const EvaluationSet *set);

// value +- quantile * standard_error: of Student's t with n - 1 degrees of freedom; of the normal for n = 0.
// p_value: of a true value of 0. No interval where the standard error is NaN.
Estimate estimate_symmetric(IntervalMethod method, double value, double standard_error, int64_t n,
                            double confidence);
Estimate estimate_none(double value);

// Wilson 1927 for k successes of n; clamped to [0, 1].
Estimate estimate_wilson(double successes, double n, double confidence);

// E[max(0, x)] of a normal x.
double normal_mean_of_positive_part(double mean, double standard_deviation);

#endif
