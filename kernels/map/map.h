// Element by element: dropout.
#ifndef INGOT_KERNELS_MAP_MAP_H
#define INGOT_KERNELS_MAP_MAP_H

#include "kernels/shared/step.h"

#include <stdint.h>

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
