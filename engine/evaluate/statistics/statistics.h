// Means with standard errors, and the intervals built on them. Exact sums: no order of rows.
#ifndef INGOT_ENGINE_EVALUATE_STATISTICS_H
#define INGOT_ENGINE_EVALUATE_STATISTICS_H

#include "engine/evaluate/report_data.h"

typedef struct Moments {
  int64_t n;             // terms of weight > 0
  double weight;         // sum of weights; n where there are none
  double mean;           // sum of w x / sum of w
  double standard_error; // of the mean; NaN for n < 2
} Moments;

// The variance of the mean is n/(n-1) * sum of (w (x - mean))^2 / (sum of w)^2, the linearised variance of a
// ratio; without weights s^2 / n with s^2 = sum of (x - mean)^2 / (n - 1).
Moments moments_of(const double *terms, const double *weights, int64_t count);

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
