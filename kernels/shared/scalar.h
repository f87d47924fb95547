// R4, the scalar functions of numerics id x1: branch-free, of + - * / fma, selects and bit operations only.
//
// Compiled by the C compiler and by nvcc to the same bits; loops over them vectorise. A NaN result is
// 0x7fc00000. scalars.inc lists them. Largest errors over all 2^32 inputs, in units in the last place, are
// measured by `tools/sweep.sh`; the SHA-256 of all results is golden (tests/golden/scalar.sha256).
// Polynomials are weighted minimax fits, rounded to binary32, by tools/dev/scalar_coefficients.py.
#ifndef INGOT_KERNELS_SHARED_SCALAR_H
#define INGOT_KERNELS_SHARED_SCALAR_H

#include "kernels/shared/arithmetic.h"

// (high + low) 2^n; high is the sum rounded.
typedef struct X1Scaled {
  float high, low;
  int32_t n;
} X1Scaled;

// y 2^n, -252 <= n <= 254, by two multiplications: only the second rounds, if y is of ordinary size.
X1_FUNCTION float x1_scale(float y, int32_t n) {
  int32_t half = n >> 1;
  return x1_mul(x1_mul(y, x1_power_of_two(half)), x1_power_of_two(n - half));
}

// e^x = 2^n * e^r for |x| <= 128, n the nearest integer to x / ln 2, |r| <= ln 2 / 2; e^r = 1 + r + r^2 q(r),
// summed with the rounding errors of r and 1 + r.
X1_FUNCTION X1Scaled x1_exp_scaled(float x) {
  float shifted = x1_fma(x, 0x1.715476p+0f, 0x1.8p23f); // the integer stands in the low bits
  int32_t n = (int32_t)(x1_bits(shifted) - 0x4b400000u);
  float whole = x1_sub(shifted, 0x1.8p23f);
  float start = x1_fma(whole, -0x1.62e4p-1f, x); // exact
  float r = x1_fma(whole, -0x1.7f7d1cp-20f, start);
  float r_low = x1_fma(whole, -0x1.7f7d1cp-20f, x1_sub(start, r));
  float q = x1_fma(0x1.9f0438p-13f, r, 0x1.6d947cp-10f);
  q = x1_fma(q, r, 0x1.11127ep-7f);
  q = x1_fma(q, r, 0x1.555486p-5f);
  q = x1_fma(q, r, 0x1.555554p-3f);
  q = x1_fma(q, r, 0x1p-1f);
  float sum = x1_add(1.0f, r);
  float lost = x1_add(x1_sub(1.0f, sum), r); // what 1 + r rounded away
  float rest = x1_fma(x1_mul(r, r), q, x1_add(lost, r_low));
  float high = x1_add(sum, rest);
  X1Scaled result = {high, x1_add(x1_sub(sum, high), rest), n};
  return result;
}

// Overflow becomes infinity.
X1_FUNCTION float x1_exp(float x) {
  float bounded = x > 89.0f ? 89.0f : x; // beyond: infinity and +0 by the scaling
  bounded = bounded < -104.0f ? -104.0f : bounded;
  X1Scaled e = x1_exp_scaled(bounded);
  return x1_canonical(x1_scale(e.high, e.n));
}

// The same for x <= 0, in fewer steps; NaN gives a NaN.
X1_FUNCTION float x1_exp_below(float x) {
  X1Scaled e = x1_exp_scaled(x < -104.0f ? -104.0f : x);
  return x1_mul(x1_mul(e.high, x1_power_of_two(e.n + 64)), 0x1p-64f); // -150 <= n: the first is exact
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
  float e = x1_exp_below(-x1_abs(x));
  float sum = x1_add(1.0f, e);
  float lost = x1_add(x1_sub(1.0f, sum), e);
  float q = x1_div(x >= 0.0f ? 1.0f : e, sum);
  float r = x >= 0.0f ? q : x1_sub(1.0f, q);
  return x1_canonical(x1_fma(-x1_mul(q, lost), r, q));
}

X1_FUNCTION float x1_silu(float x) {
  return x1_canonical(x1_mul(x, x1_sigmoid(x)));
}

// m = e^2a - 1 as a sum of two, a = |x|: m/(m+2), divided with the errors of m and m + 2. Subnormals pass.
X1_FUNCTION float x1_tanh(float x) {
  float a = x1_abs(x);
  a = a > 10.0f ? 10.0f : a; // from 9.02 on it rounds to 1
  X1Scaled e = x1_exp_scaled(x1_add(a, a));
  float power = x1_power_of_two(e.n);
  float whole = x1_mul(e.high, power), low = x1_mul(e.low, power);
  float minus = x1_sub(whole, 1.0f), plus = x1_add(whole, 1.0f);
  float rest = x1_add(x1_sub(x1_sub(whole, minus), 1.0f), low);
  float m = x1_add(minus, rest);
  float m_low = x1_add(x1_sub(minus, m), rest);
  float plus_low = x1_add(x1_add(x1_sub(whole, plus), 1.0f), low);
  float inverse = x1_div(1.0f, plus);
  float y = x1_mul(m, inverse);
  float left = x1_add(x1_fma(-y, plus, m), x1_fma(-y, plus_low, m_low));
  y = x1_fma(left, inverse, y);
  return x1_canonical(x1_copy_sign(y, x));
}

// erfc(a), 0 <= a <= 10.5, from a and its square s as sums of two: e^-s p(t) / (1 + 1.25a), t = (a-2)/(a+2).
// p is nearly flat, so that errors of t and of its own terms hardly show.
X1_FUNCTION X1Scaled x1_erfc_scaled(float a, float a_low, float s, float s_low) {
  X1Scaled e = x1_exp_scaled(-s);
  float e_low = x1_fma(-s_low, e.high, e.low);
  float t = x1_div(x1_sub(a, 2.0f), x1_add(a, 2.0f));
  float q = x1_fma(0x1.d236dap-18f, t, 0x1.038254p-14f);
  q = x1_fma(q, t, 0x1.dcc9c4p-14f);
  q = x1_fma(q, t, -0x1.bbf242p-13f);
  q = x1_fma(q, t, -0x1.ccd52ep-11f);
  q = x1_fma(q, t, 0x1.bf0ec6p-12f);
  q = x1_fma(q, t, 0x1.503104p-8f);
  q = x1_fma(q, t, -0x1.3a3f8cp-9f);
  q = x1_fma(q, t, -0x1.0a2280p-5f);
  q = x1_fma(q, t, 0x1.2aa90cp-4f);
  q = x1_fma(q, t, -0x1.aeceb4p-7f);
  q = x1_fma(q, t, -0x1.bed102p-3f);
  float p = x1_fma(q, t, 0x1.c9ab46p-1f);
  float p_low = x1_add(x1_fma(q, t, x1_sub(0x1.c9ab46p-1f, p)), 0x1.fd572cp-26f);
  float d = x1_fma(1.25f, a, 1.0f);
  float d_low = x1_fma(1.25f, a_low, x1_fma(1.25f, a, x1_sub(1.0f, d)));
  float product = x1_mul(e.high, p);
  float product_low = x1_add(x1_fma(e.high, p, -product), x1_fma(e.high, p_low, x1_mul(e_low, p)));
  float inverse = x1_div(1.0f, d);
  float y = x1_mul(product, inverse);
  float left = x1_add(x1_fma(-y, d, product), x1_fma(-y, d_low, product_low));
  float rest = x1_mul(left, inverse);
  float high = x1_add(y, rest);
  X1Scaled result = {high, x1_add(x1_sub(y, high), rest), e.n};
  return result;
}

// 2 - erfc(-x) for x < 0. Subnormal results round once more.
X1_FUNCTION float x1_erfc(float x) {
  float a = x1_abs(x);
  a = a > 10.5f ? 10.5f : a; // from 10.06 on it rounds to +0
  float s = x1_mul(a, a);
  X1Scaled e = x1_erfc_scaled(a, 0.0f, s, x1_fma(a, a, -s));
  float y = x1_scale(e.high, e.n);
  float reflected = x1_sub(2.0f, y);
  float lost = x1_sub(x1_sub(x1_sub(2.0f, reflected), y), x1_scale(e.low, e.n));
  return x1_canonical(x < 0.0f ? x1_add(reflected, lost) : y);
}

// x Phi(x), Phi(x) = erfc(-x / sqrt 2) / 2, for x > 0 as 1 - Phi(-x); Phi is a sum of two. The square of
// x / sqrt 2 is taken from x. -0 where the result is too small, as for -infinity.
X1_FUNCTION float x1_gelu(float x) {
  float bounded = x > 14.75f ? 14.75f : x;
  bounded = bounded < -14.75f ? -14.75f : bounded;
  float a = x1_abs(bounded), half = x1_mul(0.5f, a);
  float z = x1_mul(a, 0x1.6a09e6p-1f);
  float z_low = x1_fma(a, 0x1.9fcef4p-27f, x1_fma(a, 0x1.6a09e6p-1f, -z));
  float s = x1_mul(half, a);
  X1Scaled e = x1_erfc_scaled(z, z_low, s, x1_fma(half, a, -s));
  float tail = x1_scale(e.high, e.n - 1), tail_low = x1_scale(e.low, e.n - 1);
  float rest = x1_sub(1.0f, tail);
  float rest_low = x1_sub(x1_sub(x1_sub(1.0f, rest), tail), tail_low);
  float phi = x < 0.0f ? e.high : rest;
  float phi_low = x < 0.0f ? e.low : rest_low;
  float y = x1_fma(bounded, phi, x1_mul(bounded, phi_low));
  y = x1_scale(y, x < 0.0f ? e.n - 1 : 0);
  return x1_canonical(x > 14.75f ? x : x1_copy_sign(y, x));
}

// sin and cos of pi r, |r| <= 1/4, where |x| = 2k + n/2 + r, k and n integers; exact reduction. From 2^24 on
// every x is even.
typedef struct X1Turn {
  float sine, cosine;
  uint32_t n; // modulo 4
} X1Turn;

X1_FUNCTION X1Turn x1_turn(float x) {
  float a = x1_abs(x);
  a = a < 0x1p24f ? a : 0.0f;
  float pairs = x1_sub(x1_fma(a, 0.5f, 0x1p23f), 0x1p23f);
  float b = x1_fma(-2.0f, pairs, a);
  float shifted = x1_fma(b, 2.0f, 0x1.8p23f); // the integer stands in the low bits
  float r = x1_fma(-0.5f, x1_sub(shifted, 0x1.8p23f), b);
  float s = x1_mul(r, r);
  float p = x1_fma(0x1.443a9ap-4f, s, -0x1.32adaap-1f);
  p = x1_fma(p, s, 0x1.466b78p+1f);
  p = x1_fma(p, s, -0x1.4abbcep+2f);
  float q = x1_fma(0x1.d4f7eep-3f, s, -0x1.55b2b6p+0f);
  q = x1_fma(q, s, 0x1.03c1b0p+2f);
  q = x1_fma(q, s, -0x1.3bd3ccp+2f);
  float angle = x1_mul(r, 0x1.921fb6p+1f);
  float angle_low = x1_fma(r, -0x1.777a5cp-24f, x1_fma(r, 0x1.921fb6p+1f, -angle));
  X1Turn turn = {x1_add(angle, x1_fma(x1_mul(r, s), p, angle_low)), x1_fma(q, s, 1.0f),
                 x1_bits(shifted) & 3u};
  return turn;
}

// sin(pi x); at an integer a zero of the sign of x; NaN for an infinity.
X1_FUNCTION float x1_sinpi(float x) {
  X1Turn turn = x1_turn(x);
  float y = turn.n & 1u ? turn.cosine : turn.sine;
  y = x1_add(turn.n & 2u ? -y : y, 0.0f);
  y = x1_from_bits(x1_bits(y) ^ (x1_bits(x) & 0x80000000u));
  return x1_abs(x) < x1_from_bits(0x7f800000u) ? y : x1_from_bits(0x7fc00000u);
}

// cos(pi x); +0 halfway between integers; NaN for an infinity.
X1_FUNCTION float x1_cospi(float x) {
  X1Turn turn = x1_turn(x);
  float y = turn.n & 1u ? turn.sine : turn.cosine;
  y = x1_add((turn.n + 1u) & 2u ? -y : y, 0.0f);
  return x1_abs(x) < x1_from_bits(0x7f800000u) ? y : x1_from_bits(0x7fc00000u);
}

// +0 for x <= 0; NaN passes on.
X1_FUNCTION float x1_relu(float x) {
  return x <= 0.0f ? 0.0f : x;
}

#endif
