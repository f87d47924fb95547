// Binary64 arrays, written so that the compiler vectorises the loops.
//
// DESIGN. A block is summed without rounding by cutting every term at the same places: the part of a term
// above 2^(e - 40), 2^e above all terms, comes from adding and subtracting a number so large that the rest
// does not fit (Rump, Ogita, Oishi 2008). Fewer than 2^12 such parts have a sum of at most 53 bits, so any
// order of adding them is exact; what is below goes the same way.
#include "kernels/statistics/reals.h"

#include "kernels/shared/isa.h"
#include "kernels/shared/scalar64.h"

enum { LANES = 16, CUT = 41, ROOM = 12 }; // of a part: CUT - 1 bits below 2^e, and ROOM above
enum { LEAST = 300, MOST = 2000 };        // exponents of blocks that can be cut

static void exp_all(double *y, const double *x, int64_t count) {
  for (int64_t i = 0; i < count; i++) y[i] = exp64(x[i]);
}

static void log_all(double *y, const double *x, int64_t count) {
  for (int64_t i = 0; i < count; i++) y[i] = log64(x[i]);
}

// As bits, which order as magnitudes do; NaN is above all.
static int64_t largest_of(const double *terms, int count) {
  int64_t lanes[LANES] = {0}, largest = 0;
  int i = 0;
  for (; i + LANES <= count; i += LANES) {
    for (int j = 0; j < LANES; j++) {
      int64_t size = (int64_t)(bits64(terms[i + j]) & ~((uint64_t)1 << 63));
      lanes[j] = size > lanes[j] ? size : lanes[j];
    }
  }
  for (; i < count; i++) {
    int64_t size = (int64_t)(bits64(terms[i]) & ~((uint64_t)1 << 63));
    largest = size > largest ? size : largest;
  }
  for (int j = 0; j < LANES; j++) largest = lanes[j] > largest ? lanes[j] : largest;
  return largest;
}

// The sum of the parts above, which leave the terms; whether something is left.
static double cut(double *terms, int count, double above, int *rest) {
  double sums[LANES] = {0}, sum = 0;
  uint64_t left[LANES] = {0}, any = 0;
  int i = 0;
  for (; i + LANES <= count; i += LANES) {
    for (int j = 0; j < LANES; j++) {
      double term = terms[i + j], part = (term + above) - above, below = term - part;
      sums[j] += part;
      left[j] |= bits64(below) << 1; // of either sign 0 is nothing
      terms[i + j] = below;
    }
  }
  for (; i < count; i++) {
    double part = (terms[i] + above) - above;
    sum += part;
    terms[i] -= part;
    any |= bits64(terms[i]) << 1;
  }
  for (int j = 0; j < LANES; j++) sum += sums[j], any |= left[j];
  *rest = any != 0;
  return sum;
}

static RealsSum split_sum(double *terms, int count) {
  RealsSum sum = {{0}, 1};
  int64_t exponent = largest_of(terms, count) >> 52; // 2^(exponent - 1022) is above all terms
  if (exponent < LEAST || exponent > MOST) return sum;
  double above = 1.5 * from_bits64((uint64_t)(exponent + 1 + ROOM) << 52);
  for (int k = 0; k < REALS_PARTS && sum.rest; k++) {
    sum.parts[k] = cut(terms, count, above, &sum.rest);
    above *= from_bits64((uint64_t)(1023 - CUT) << 52);
  }
  return sum;
}

const RealsFunctions ISA_NAME(reals) = {exp_all, log_all, split_sum};
