// Derivatives of the activations that are maps, out of the scalar functions of shared/scalar.h; the order of
// every rounding is in kernels/README.md. A NaN result is 0x7fc00000.
#ifndef INGOT_KERNELS_MAP_DERIVATIVES_H
#define INGOT_KERNELS_MAP_DERIVATIVES_H

#include "kernels/shared/scalar.h"

// 1 - y^2, y = tanh(z).
X1_FUNCTION float x1_tanh_derivative(float z) {
  float y = x1_tanh(z);
  return x1_canonical(x1_fma(-y, y, 1.0f));
}

// s (1 + z (1 - s)), s = sigmoid(z); NaN for an infinity.
X1_FUNCTION float x1_silu_derivative(float z) {
  float s = x1_sigmoid(z);
  return x1_canonical(x1_mul(s, x1_fma(z, x1_sub(1.0f, s), 1.0f)));
}

// Phi(z) + z phi(z), as x1_gelu has Phi and z^2 / 2 = s + s_low; phi(z) = e^-s (1 - s_low) / sqrt(2 pi).
// Beyond 14.75 both tails are 0.
X1_FUNCTION float x1_gelu_derivative(float z) {
  float bounded = z > 14.75f ? 14.75f : z;
  bounded = bounded < -14.75f ? -14.75f : bounded;
  float a = x1_abs(bounded), half = x1_mul(0.5f, a);
  float t = x1_mul(a, 0x1.6a09e6p-1f);
  float t_low = x1_fma(a, 0x1.9fcef4p-27f, x1_fma(a, 0x1.6a09e6p-1f, -t));
  float s = x1_mul(half, a);
  float s_low = x1_fma(half, a, -s);
  X1Scaled c = x1_erfc_scaled(t, t_low, s, s_low);
  float tail = x1_scale(c.high, c.n - 1);
  X1Scaled e = x1_exp_scaled(-s);
  float power = x1_add(e.high, x1_fma(-s_low, e.high, e.low));
  float density = x1_scale(x1_mul(power, 0x1.988454p-2f), e.n);
  return x1_canonical(x1_fma(bounded, density, z < 0.0f ? tail : x1_sub(1.0f, tail)));
}

#endif
