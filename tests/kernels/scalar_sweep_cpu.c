// Loops over the scalar functions; this file is compiled once per instruction set, with its flags.
#include "kernels/map/derivatives.h"
#include "kernels/shared/isa.h"
#include "kernels/shared/vector_exp.h"
#include "tests/kernels/scalar_sweep.h"

#define SCALAR(name)                                                                                         \
  static void name##_sweep(float *y, uint32_t first, uint32_t stride, int64_t count) {                       \
    for (int64_t i = 0; i < count; i++) y[i] = x1_##name(x1_from_bits(first + (uint32_t)i * stride));        \
  }
#include "kernels/shared/scalars.inc"
#undef SCALAR

ScalarSweep *const ISA_NAME(scalar_sweeps)[] = {
#define SCALAR(name) name##_sweep,
#include "kernels/shared/scalars.inc"
#undef SCALAR
};

void ISA_NAME(vector_exp_sweep)(float *y, uint32_t first, uint32_t stride, int64_t count) {
  for (int64_t i = 0; i < count; i += VECTOR_LANES) {
    float x[VECTOR_LANES];
    for (int lane = 0; lane < VECTOR_LANES; lane++)
      x[lane] = x1_from_bits(first + (uint32_t)(i + lane) * stride);
    VECTOR_STORE(y + i, vector_exp_below(VECTOR_LOAD(x)));
  }
}
