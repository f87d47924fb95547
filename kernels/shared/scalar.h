// R4, the scalar functions of numerics id x1: branch-free, of + - * / fma, selects and bit operations only.
//
// Compiled by the C compiler and by nvcc to the same bits; loops over them vectorise. A NaN result is
// 0x7fc00000. Largest errors over all 2^32 inputs, in units in the last place, are measured by
// `tools/sweep.sh`; the SHA-256 of all results is golden (tests/golden/scalar.sha256). Polynomials are
// weighted minimax fits, rounded to binary32.
#ifndef INGOT_KERNELS_SHARED_SCALAR_H
#define INGOT_KERNELS_SHARED_SCALAR_H

#include "kernels/shared/arithmetic.h"

// e^x = 2^n * e^r, n the nearest integer to x / ln 2, |r| <= ln 2 / 2; e^r = 1 + r + r^2 q(r), summed with
// the rounding errors of r and 1 + r. The scaling is two multiplications, so that subnormal results round
// once more and overflow becomes infinity.
X1_FUNCTION float x1_exp(float x) {
  float bounded = x > 89.0f ? 89.0f : x; // beyond: infinity and +0 by the scaling
  bounded = bounded < -104.0f ? -104.0f : bounded;
  bounded = bounded == bounded ? bounded : 0.0f;
  float shifted = x1_fma(bounded, 0x1.715476p+0f, 0x1.8p23f); // the integer stands in the low bits
  int32_t n = (int32_t)(x1_bits(shifted) - 0x4b400000u);
  float whole = x1_sub(shifted, 0x1.8p23f);
  float start = x1_fma(whole, -0x1.62e4p-1f, bounded); // exact
  float r = x1_fma(whole, -0x1.7f7d1cp-20f, start);
  float r_low = x1_fma(whole, -0x1.7f7d1cp-20f, x1_sub(start, r));
  float q = x1_fma(0x1.9f0438p-13f, r, 0x1.6d947cp-10f);
  q = x1_fma(q, r, 0x1.11127ep-7f);
  q = x1_fma(q, r, 0x1.555486p-5f);
  q = x1_fma(q, r, 0x1.555554p-3f);
  q = x1_fma(q, r, 0x1p-1f);
  float sum = x1_add(1.0f, r);
  float lost = x1_add(x1_sub(1.0f, sum), r); // what 1 + r rounded away
  float y = x1_add(sum, x1_fma(x1_mul(r, r), q, x1_add(lost, r_low)));
  int32_t half = n >> 1;
  y = x1_mul(x1_mul(y, x1_power_of_two(half)), x1_power_of_two(n - half));
  y = x > 89.0f ? x1_from_bits(0x7f800000u) : y;
  y = x < -104.0f ? 0.0f : y;
  return x == x ? y : x1_from_bits(0x7fc00000u);
}

// log x = k ln 2 + log(1 + f), 1 + f in [sqrt(1/2), sqrt(2)); log(1 + f) = f + f^2 (f q(f) - 1/2). The sum
// with the large part of k ln 2 keeps its rounding error.
X1_FUNCTION float x1_log(float x) {
  int subnormal = x < 0x1p-126f;
  float scaled = subnormal ? x1_mul(x, 0x1p25f) : x;
  uint32_t bits = x1_bits(scaled) - 0x3f3504f3u; // exponent counted from sqrt(1/2)
  float k = (float)((int32_t)bits >> 23) - (subnormal ? 25.0f : 0.0f);
  float f = x1_sub(x1_from_bits((bits & 0x007fffffu) + 0x3f3504f3u), 1.0f);
  float q = x1_fma(0x1.147510p-4f, f, -0x1.de5884p-4f);
  q = x1_fma(q, f, 0x1.e6f210p-4f);
  q = x1_fma(q, f, -0x1.fc1cc0p-4f);
  q = x1_fma(q, f, 0x1.2336e4p-3f);
  q = x1_fma(q, f, -0x1.555c76p-3f);
  q = x1_fma(q, f, 0x1.99a4bep-3f);
  q = x1_fma(q, f, -0x1.000006p-2f);
  q = x1_fma(q, f, 0x1.555548p-2f);
  float tail = x1_mul(x1_mul(f, f), x1_fma(q, f, -0.5f));
  float high = x1_mul(k, 0x1.62e4p-1f);
  float sum = x1_add(high, f);
  float lost = k == 0.0f ? 0.0f : x1_add(x1_sub(high, sum), f);
  float y = x1_add(sum, x1_add(x1_fma(k, 0x1.7f7d1cp-20f, tail), lost));
  y = x == x1_from_bits(0x7f800000u) ? x : y;
  y = x == 0.0f ? x1_from_bits(0xff800000u) : y;
  return x >= 0.0f ? y : x1_from_bits(0x7fc00000u);
}

// e = exp(-|x|): q = 1/(1+e) for x >= 0, else e/(1+e); then what 1 + e rounded away is made good, by q's
// derivative -q/(1+e).
X1_FUNCTION float x1_sigmoid(float x) {
  float e = x1_exp(-x1_abs(x));
  float sum = x1_add(1.0f, e);
  float lost = x1_add(x1_sub(1.0f, sum), e);
  float q = x1_div(x >= 0.0f ? 1.0f : e, sum);
  float r = x >= 0.0f ? q : x1_sub(1.0f, q);
  return x1_canonical(x1_fma(-x1_mul(q, lost), r, q));
}

X1_FUNCTION float x1_silu(float x) {
  return x1_canonical(x1_mul(x, x1_sigmoid(x)));
}

// +0 for x <= 0; NaN passes on.
X1_FUNCTION float x1_relu(float x) {
  return x <= 0.0f ? 0.0f : x;
}

#endif
