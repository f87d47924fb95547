// Activations and their gradients as kernels/README.md has them.
#include "tests/reference/x1.h"

#include "kernels/shared/scalar.h"

#include <math.h>

float ref_relu(float x) {
  return x <= 0.0f ? 0.0f : x;
}

float ref_relu_backward(float x, float dy) {
  return x > 0.0f ? dy : 0.0f;
}

float ref_activation(RefActivation kind, float x) {
  switch (kind) {
  case REF_GELU:
    return x1_gelu(x);
  case REF_SILU:
    return x1_silu(x);
  case REF_TANH:
    return x1_tanh(x);
  default:
    return ref_relu(x);
  }
}

static float tanh_slope(float x) {
  float y = x1_tanh(x);
  return x1_fma(-y, y, 1);
}

static float silu_slope(float x) {
  float s = x1_sigmoid(x), rest = x1_sub(1, s);
  return x1_mul(s, x1_fma(x, rest, 1));
}

// From 14.75 on both tails are 0.
static float gelu_slope(float x) {
  float z = x > 14.75f ? 14.75f : x < -14.75f ? -14.75f : x, a = fabsf(z);
  float square = x1_mul(x1_mul(0.5f, a), a), square_low = x1_fma(x1_mul(0.5f, a), a, -square);
  float t = x1_mul(a, 0x1.6a09e6p-1f); // a / sqrt(2) in two parts
  float t_low = x1_fma(a, 0x1.9fcef4p-27f, x1_fma(a, 0x1.6a09e6p-1f, -t));
  X1Scaled complement = x1_erfc_scaled(t, t_low, square, square_low), power = x1_exp_scaled(-square);
  float tail = x1_scale(complement.high, complement.n - 1);
  float Phi = x < 0 ? tail : x1_sub(1, tail);
  float whole = x1_add(power.high, x1_fma(-square_low, power.high, power.low));
  float phi = x1_scale(x1_mul(whole, (float)(1 / sqrt(2 * M_PI))), power.n);
  return x1_fma(z, phi, Phi);
}

float ref_activation_backward(RefActivation kind, float x, float dy) {
  switch (kind) {
  case REF_GELU:
    return x1_mul(dy, gelu_slope(x));
  case REF_SILU:
    return x1_mul(dy, silu_slope(x));
  case REF_TANH:
    return x1_mul(dy, tanh_slope(x));
  default:
    return ref_relu_backward(x, dy);
  }
}

double ref_activation_gain(RefActivation kind) {
  return kind == REF_TANH ? 3 : 6;
}
