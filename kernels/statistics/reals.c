// Which instruction set works on binary64 arrays.
#include "kernels/statistics/reals.h"

#include "kernels/operators.h"

#include <string.h>

const RealsFunctions *reals_of_isa(const char *isa) {
  if (operators_cpu(isa) == NULL) return NULL;
  if (strcmp(isa, "avx512") == 0) return &reals_avx512;
  return strcmp(isa, "avx2") == 0 ? &reals_avx2 : &reals_portable;
}

void reals_exp(double *y, const double *x, int64_t count) {
  reals_of_isa(operators_best_isa())->exp(y, x, count);
}

void reals_log(double *y, const double *x, int64_t count) {
  reals_of_isa(operators_best_isa())->log(y, x, count);
}

RealsSum reals_split_sum(double *terms, int count) {
  return reals_of_isa(operators_best_isa())->split_sum(terms, count);
}
