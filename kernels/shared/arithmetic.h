// The named roundings of numerics id x1.
#ifndef INGOT_KERNELS_SHARED_ARITHMETIC_H
#define INGOT_KERNELS_SHARED_ARITHMETIC_H
#define X1_FUNCTION static inline __attribute__((always_inline, unused))
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
