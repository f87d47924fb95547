// Activations. ReLU's gradient its result tells: an operator ends with it, on its way to memory. The others
// are maps (kernels/map/), and what they are applied to is kept for the backward pass.
#ifndef INGOT_KERNELS_SHARED_ACTIVATION_H
#define INGOT_KERNELS_SHARED_ACTIVATION_H

#include "kernels/shared/scalar.h"

typedef enum ActivationKind {
  ACTIVATION_NONE,
  ACTIVATION_RELU,
  ACTIVATION_GELU, // a map from here on
  ACTIVATION_SILU,
  ACTIVATION_TANH,
  ACTIVATION_COUNT
} ActivationKind;

X1_FUNCTION int activation_is_map(ActivationKind kind) {
  return kind >= ACTIVATION_GELU;
}

// What an operator ends with, NONE or RELU. relu: x <= 0 ? +0 : x; NaN passes on.
X1_FUNCTION float activation_of(ActivationKind kind, float x) {
  return kind == ACTIVATION_RELU ? x1_relu(x) : x;
}

// dx of such an activation with result y. relu: y > 0 ? dy : +0; y > 0 where x > 0, and dropout behind it
// changes nothing: what it drops has no gradient either.
X1_FUNCTION float activation_gradient(ActivationKind kind, float y, float dy) {
  return kind == ACTIVATION_RELU && !(y > 0.0f) ? 0.0f : dy;
}

#endif
