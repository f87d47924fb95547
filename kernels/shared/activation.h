// Activations: not operators of their own but what an operator does with a result on its way to memory.
#ifndef INGOT_KERNELS_SHARED_ACTIVATION_H
#define INGOT_KERNELS_SHARED_ACTIVATION_H

#include "kernels/shared/scalar.h"

// Each is one whose gradient its result tells, so that nothing else is kept for the backward pass.
typedef enum ActivationKind { ACTIVATION_NONE, ACTIVATION_RELU } ActivationKind;

// relu: x <= 0 ? +0 : x; NaN passes on.
X1_FUNCTION float activation_of(ActivationKind kind, float x) {
  return kind == ACTIVATION_RELU ? x1_relu(x) : x;
}

// dx of an activation with result y. relu: y > 0 ? dy : +0; y > 0 where x > 0, and dropout behind it changes
// nothing: what it drops has no gradient either.
X1_FUNCTION float activation_gradient(ActivationKind kind, float y, float dy) {
  return kind == ACTIVATION_RELU && !(y > 0.0f) ? 0.0f : dy;
}

#endif
