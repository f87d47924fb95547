// Losses of one output and the addends of the loss, for both compilers; the sums along a row stand in
// loss_cpu.c and loss_cuda.cu.
#ifndef INGOT_KERNELS_ROW_REDUCTION_LOSS_FORMULAS_H
#define INGOT_KERNELS_ROW_REDUCTION_LOSS_FORMULAS_H

#include "kernels/row_reduction/row_reduction.h"
#include "kernels/shared/scalar.h"

// The loss of an output z with target y and weight w; *dz its gradient, w included.
X1_FUNCTION float loss_binary(float *dz, float z, float y, float w) {
  float e = x1_exp_below(-x1_abs(z));
  *dz = x1_mul(w, x1_sub(x1_sigmoid(z), y));
  return x1_add(x1_fma(-z, y, z > 0.0f ? z : 0.0f), x1_log(x1_add(1.0f, e)));
}

X1_FUNCTION float loss_squared(float *dz, float z, float y, float w) {
  float d = x1_sub(z, y);
  *dz = x1_mul(w, x1_add(d, d));
  return x1_mul(d, d);
}

X1_FUNCTION int loss_is_finite(float l) {
  return x1_abs(l) < __builtin_inff();
}

// rne(x * 2^32), saturating at +-bound.
X1_FUNCTION int64_t loss_addend(float x, int64_t bound) {
  double limit = (double)bound;
  double v = (double)x * 0x1p32;
  if (v >= limit) return bound;
  if (v <= -limit) return -bound;
  return r3_quantise(x, 0x1p32);
}

// rne(w * 2^40).
X1_FUNCTION int64_t weight_addend(float w) {
  return r3_quantise(w, 0x1p40);
}

#endif
