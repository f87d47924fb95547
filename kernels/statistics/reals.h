// Binary64 arrays of statistics: exp and log of every element, and exact sums of blocks. Host only.
//
// Results are those of one element at a time (kernels/shared/scalar64.h), whatever the instruction set.
#ifndef INGOT_KERNELS_STATISTICS_REALS_H
#define INGOT_KERNELS_STATISTICS_REALS_H

#include <stdint.h>

enum { REALS_BLOCK = 512, REALS_PARTS = 3 };

// y[i] of x[i], i < count; y may be x.
void reals_exp(double *y, const double *x, int64_t count);
void reals_log(double *y, const double *x, int64_t count);

// The sum of terms[0..count) is that of the parts and of what is left in terms, without any rounding, in
// whatever order these are added. `rest`: something is left, or (parts 0) terms are as they were: those too
// large or small to be split.
typedef struct RealsSum {
  double parts[REALS_PARTS];
  int rest;
} RealsSum;

RealsSum reals_split_sum(double *terms, int count); // count <= REALS_BLOCK

// One per instruction set; "portable", "avx2" or "avx512".
typedef struct RealsFunctions {
  void (*exp)(double *y, const double *x, int64_t count);
  void (*log)(double *y, const double *x, int64_t count);
  RealsSum (*split_sum)(double *terms, int count);
} RealsFunctions;
extern const RealsFunctions reals_portable, reals_avx2, reals_avx512;
const RealsFunctions *reals_of_isa(const char *isa); // NULL where this processor or build lacks it

#endif
