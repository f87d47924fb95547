// The summation rules R2 and R3 of numerics id x1 as inline functions for both compilers, and its constants.
#ifndef INGOT_KERNELS_SHARED_RULES_H
#define INGOT_KERNELS_SHARED_RULES_H

#include "kernels/shared/arithmetic.h"

#include <stddef.h>
#include <stdint.h>

enum {
  X1_LEAF = 256,       // R1: consecutive terms of one fma chain
  X1_LANES = 64,       // R2: interleaved partial sums of a row
  X1_NORM_BLOCK = 4096 // R6: elements of one block of the gradient norm
};

// R2's tree over the lanes; lanes is overwritten.
X1_FUNCTION float r2_combine(float lanes[X1_LANES]) {
  for (int j = 0; j < X1_LANES; j++) lanes[j] = x1_add(lanes[j], 0.0f); // -0 becomes +0
  for (int h = X1_LANES / 2; h >= 1; h /= 2) {
    for (int j = 0; j < h; j++) lanes[j] = x1_add(lanes[j], lanes[j + h]);
  }
  return lanes[0];
}

// The nearest integer to x * scale (ties to even), scale a power of two; |x * scale| < 2^62.
// The product is exact in binary64. From 2^52 on it is an integer already; below, adding and taking away
// 2^52 rounds to one.
X1_FUNCTION int64_t r3_quantise(float x, double scale) {
  double v = (double)x * scale;
  double magic = __builtin_copysign(0x1p52, v);
  double rounded = (v + magic) - magic;
  return (int64_t)(__builtin_fabs(v) < 0x1p52 ? rounded : v);
}

// What makes a quantised sum fit an int64 whatever the order: |x| < bound, for every addend (NaN fails).
typedef struct Quantiser {
  double scale; // 2^fraction_bits
  float bound;  // 2^(62 - fraction_bits - ceil(log2 G)), G the most addends of one accumulator
} Quantiser;

X1_FUNCTION int quantiser_fits(const Quantiser *quantiser, float x) {
  return __builtin_fabsf(x) < quantiser->bound;
}

#endif
