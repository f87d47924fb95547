// The exact sum of binary64 terms, rounded once to nearest even: the result of Python's math.fsum, in any
// order.
//
// A sum of statistics (means, variances, totals of metrics) is this sum (kernels/README.md), so no
// order of additions exists. Up to 2^62 terms. Infinite and NaN terms: their IEEE sum (inf - inf = NaN); a
// finite sum beyond the range of binary64 is infinite. The sum of no terms, and of zeros of any sign, is +0.
#ifndef INGOT_ENGINE_SHARED_EXACT_SUM_H
#define INGOT_ENGINE_SHARED_EXACT_SUM_H

#include "kernels/statistics/reals.h"

#include <stddef.h>
#include <stdint.h>

enum { EXACT_SUM_LIMBS = 68 };

// An integer in units of 2^-1074: limb i counts 2^(32 i). Zero-initialise to start.
typedef struct ExactSum {
  int64_t limbs[EXACT_SUM_LIMBS];
  int64_t pending; // additions since carries were moved on; at most 2^29 keep a limb from wrapping
  double special;  // IEEE sum of the infinite and NaN terms, 0 where there are none
} ExactSum;

void exact_sum_add(ExactSum *sum, double term);
void exact_sum_merge(ExactSum *sum, const ExactSum *other);
double exact_sum_value(const ExactSum *sum);

// The exact sum of terms[0..count), rounded once.
double exact_sum_of(const double *terms, size_t count);

// The same sum for many terms, which are gathered and summed a block at a time (kernels/statistics/reals.h);
// what blocks leave goes to one 128-bit integer for each exponent (Neal 2015). Zero-initialise to start; up
// to 2^62 terms.
enum { SUM_BIN_COUNT = 2048, SUM_BINS_PAY = 512 }; // below so many terms the limbs are faster
typedef struct SumBins {
  __int128 bins[SUM_BIN_COUNT]; // signed mantissas of the terms with this exponent field
  double special;               // as in ExactSum
  int waiting;                  // terms that are in no bin yet
  double terms[REALS_BLOCK];
} SumBins;

void sum_bins_settle(SumBins *sum); // until no term waits

static inline void sum_bins_add(SumBins *sum, double term) {
  sum->terms[sum->waiting++] = term;
  if (sum->waiting == REALS_BLOCK) sum_bins_settle(sum);
}

void exact_sum_add_bins(ExactSum *sum, const SumBins *bins);
double sum_bins_value(const SumBins *bins);

#endif
