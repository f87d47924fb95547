// Known answers that tell at start-up whether this machine and build round as numerics id x1 says.
#include "kernels/self_test.h"

#include <stddef.h>
#include <string.h>

static int same_bits(float a, float b) {
  return memcmp(&a, &b, sizeof a) == 0;
}

const char *self_test_environment(void) {
  volatile float one = 1.0f, tiny = 0x1p-126f, half = 0.5f, subnormal = 0x1p-149f, big = 0x1p100f;
  volatile float tie = 0x1p-24f, tie_up = 0x1.8p-23f;
  if (tiny * half != 0x1p-127f)
    return "self-test: subnormal results are flushed to zero in this process (FTZ is set)";
  if (subnormal * big != 0x1p-49f)
    return "self-test: subnormal operands count as zero in this process (DAZ is set)";
  if (one + tie != 1.0f || one + tie_up != 1.0f + 0x1p-22f)
    return "self-test: rounding is not to nearest, ties to even";
  return NULL;
}

// A product that only a fused multiply-add gets right, and one whose plain sum is -0.
static const char *test_product(const Operators *operators) {
  float eps = 0x1p-12f;
  float x[4] = {1.0f + eps, -1.0f, -0.0f, 0.0f}, w[8] = {1.0f - eps, 1.0f, 0, 0, -0.0f, 0, 1.0f, 0};
  float bias[2] = {-0.0f, -0.0f}, y[2] = {7, 7};
  LinearForward fused = {y, x, w, bias, 1, 2, 4};
  operators->linear_forward(&fused, 0, 1);
  if (!same_bits(y[0], -0x1p-24f)) return "self-test: fused multiply-add is not fused";
  if (!same_bits(y[1], 0.0f)) return "self-test: a sum of -0 stays -0, so that padding would show";
  return NULL;
}

// Multiplication then addition must round twice where the rules say so (squared error: d*d is one rounding).
static const char *test_contraction(const Operators *operators) {
  float z = 1.0f + 0x1p-12f, target = 0.0f, weight = 1.0f, dz = 0;
  int32_t flag = 0;
  BatchSums sums = {0, 0};
  Loss loss = {&dz, &sums, &flag, &z, &target, &weight, NULL, 1, 1, (int64_t)1 << 62, LOSS_SQUARED};
  operators->loss(&loss, 0, 1);
  if (sums.loss != (int64_t)(0x1p32 + 0x1p21) || sums.weight != (int64_t)1 << 40 || flag != 0) {
    return "self-test: a product and its rounding to an integer sum differ (contraction or excess precision)";
  }
  return NULL;
}

// int64 -> binary64 -> binary32: the direct route would give 0x1.000002p+62.
static const char *test_conversion(const Operators *operators) {
  int64_t q = ((int64_t)1 << 62) + ((int64_t)1 << 38) + 1;
  BatchSums sums = {1, 0};
  float g = 0;
  GradientFinish finish = {&g, &q, &sums, 1, 40};
  operators->gradient_finish(&finish, 0, 1);
  if (g != 0x1p62f) return "self-test: int64 is not converted to binary32 by way of binary64";
  return NULL;
}

// 1/sqrt and division, correctly rounded: the norm of (1, 2, 4) with gamma 1, beta 0.
static const char *test_division(const Operators *operators) {
  float x[3] = {1, 2, 4}, ones[3] = {1, 1, 1}, zeros[3] = {0}, y[3], h[3], r = 0;
  NormForward norm = {y, h, &r, x, ones, zeros, 1, 3};
  operators->norm_forward(&norm, 0, 1);
  if (!same_bits(r, 0x1.9a830cp-1f)) return "self-test: division or square root is not correctly rounded";
  return NULL;
}

const char *self_test_operators(const Operators *operators) {
  const char *(*const tests[])(const Operators *) = {test_product, test_contraction, test_conversion,
                                                     test_division};
  const char *failure = self_test_environment();
  for (size_t i = 0; i < sizeof tests / sizeof tests[0] && failure == NULL; i++)
    failure = tests[i](operators);
  return failure;
}
