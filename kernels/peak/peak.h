// The most multiply-adds that an instruction set can do: a loop that touches nothing but registers. No
// operator, so not in the list; what the rates of operators are a percentage of.
#ifndef INGOT_KERNELS_PEAK_PEAK_H
#define INGOT_KERNELS_PEAK_PEAK_H

#include <stdint.h>

enum { PEAK_VALUES = 3 };

// values[0] and [1] are factor and summand (a half and one keep every chain finite), [2] receives what came
// out. Returns the floating-point operations done, two a multiply-add and lane: a multiple of `rounds`.
typedef int64_t PeakFunction(float values[PEAK_VALUES], int64_t rounds);

// Of one instruction set, as operators_cpu takes it; NULL where that gives NULL.
PeakFunction *peak_cpu(const char *isa);

PeakFunction peak_portable, peak_avx2, peak_avx512;

#endif
