// The scalar functions over arrays of bit patterns, compiled once per instruction set.
#ifndef INGOT_TESTS_KERNELS_SCALAR_SWEEP_H
#define INGOT_TESTS_KERNELS_SCALAR_SWEEP_H

#include <stdint.h>

// y[i] = the function of the binary32 with the bits first + i * stride, i in 0..count.
typedef void ScalarSweep(float *y, uint32_t first, uint32_t stride, int64_t count);

// In the order of kernels/shared/scalars.inc.
extern ScalarSweep *const scalar_sweeps_portable[], *const scalar_sweeps_avx2[],
                                                        *const scalar_sweeps_avx512[];

// The exponentials of vectors (kernels/shared/vector_exp.h); count is a multiple of 16, all arguments at most
// 0.
extern ScalarSweep vector_exp_sweep_portable, vector_exp_sweep_avx2, vector_exp_sweep_avx512;

#endif
