// The named roundings of numerics id x1: each is one IEEE 754 binary32 operation, to nearest, ties to even.
//
// Both compilers read this file. The C compiler is told not to contract (-ffp-contract=off), so a plain
// operator is one rounding; on a CUDA device the rounding is spelled out.
#ifndef INGOT_KERNELS_SHARED_ARITHMETIC_H
#define INGOT_KERNELS_SHARED_ARITHMETIC_H

#include <stdint.h>
#include <string.h>

#ifdef __CUDACC__
#define X1_FUNCTION static __host__ __device__ __forceinline__
#else
#define X1_FUNCTION static inline __attribute__((always_inline, unused))
#endif

#ifdef __CUDA_ARCH__
X1_FUNCTION float x1_add(float a, float b) {
  return __fadd_rn(a, b);
}
X1_FUNCTION float x1_sub(float a, float b) {
  return __fsub_rn(a, b);
}
X1_FUNCTION float x1_mul(float a, float b) {
  return __fmul_rn(a, b);
}
X1_FUNCTION float x1_div(float a, float b) {
  return __fdiv_rn(a, b);
}
X1_FUNCTION float x1_sqrt(float a) {
  return __fsqrt_rn(a);
}
X1_FUNCTION float x1_fma(float a, float b, float c) {
  return __fmaf_rn(a, b, c);
}
#else
X1_FUNCTION float x1_add(float a, float b) {
  return a + b;
}
X1_FUNCTION float x1_sub(float a, float b) {
  return a - b;
}
X1_FUNCTION float x1_mul(float a, float b) {
  return a * b;
}
X1_FUNCTION float x1_div(float a, float b) {
  return a / b;
}
X1_FUNCTION float x1_sqrt(float a) {
  return __builtin_sqrtf(a);
}
X1_FUNCTION float x1_fma(float a, float b, float c) {
  return __builtin_fmaf(a, b, c);
}
#endif

X1_FUNCTION uint32_t x1_bits(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

X1_FUNCTION float x1_from_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

X1_FUNCTION float x1_abs(float x) {
  return x1_from_bits(x1_bits(x) & 0x7fffffffu);
}

// |y| with the sign of x.
X1_FUNCTION float x1_copy_sign(float y, float x) {
  return x1_from_bits((x1_bits(y) & 0x7fffffffu) | (x1_bits(x) & 0x80000000u));
}

// 2^n for -126 <= n <= 127.
X1_FUNCTION float x1_power_of_two(int32_t n) {
  return x1_from_bits((uint32_t)(n + 127) << 23);
}

// The one NaN that is ever serialised.
X1_FUNCTION float x1_canonical(float x) {
  return x == x ? x : x1_from_bits(0x7fc00000u);
}

#endif
