// Element by element: activations whose argument is kept for the backward pass, and dropout.
#ifndef INGOT_KERNELS_MAP_MAP_H
#define INGOT_KERNELS_MAP_MAP_H

#include "kernels/shared/activation.h"
#include "kernels/shared/step.h"

#include <stdint.h>

// y = f(x): f a map of ActivationKind (kernels/shared/activation.h), as shared/scalar.h has it.
typedef struct ActivationForward {
  float *y;       // [count]; may be x
  const float *x; // [count]
  int64_t count;
  ActivationKind kind;
} ActivationForward;

// dx = dy * f'(x), f' as derivatives.h has it.
typedef struct ActivationBackward {
  float *dx;       // [count]; may be dy
  const float *dy; // [count]
  const float *x;  // [count], what f was applied to
  int64_t count;
  ActivationKind kind;
} ActivationBackward;

// y = word < threshold ? +0 : x * scale, word number `column % 4` of Philox counter
// (column / 4, position of the row in the batch, step, dropout stream of the layer). Forward and backward.
typedef struct Dropout {
  float *y;       // [m, n]; may be x
  const float *x; // [m, n]
  int64_t rows, columns;
  const StepWindow *window; // the step
  uint64_t seed;
  uint32_t first_position; // position in the batch of row 0
  uint32_t layer;
  uint32_t threshold; // floor(p * 2^32)
  float scale;        // (float)(1 / (1 - p))
} Dropout;

#endif
