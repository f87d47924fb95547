// The first difference between two sets of tensors, for reproduce and diff.
#ifndef INGOT_ENGINE_SHARED_TENSOR_DIFFERENCE_H
#define INGOT_ENGINE_SHARED_TENSOR_DIFFERENCE_H

#include "engine/shared/tensor.h"

#include <stdbool.h>

typedef enum DifferenceKind {
  DIFFERENCE_NONE,
  DIFFERENCE_ONLY_A, // a tensor that the other set lacks
  DIFFERENCE_ONLY_B,
  DIFFERENCE_TYPE,
  DIFFERENCE_SHAPE,
  DIFFERENCE_VALUE
} DifferenceKind;

typedef struct TensorDifference {
  DifferenceKind kind;
  char name[TENSOR_NAME_MAX]; // first in byte order of names
  int64_t element;            // row-major index of the first that differs, DIFFERENCE_VALUE
  int64_t differing;          // how many elements of that tensor differ
  char a[40], b[40];          // both values as text that tells their bits
  uint64_t ulps; // floats: how many representable numbers lie between them; UINT64_MAX with a NaN
  bool has_ulps;
} TensorDifference;

// Compares bits, so that +0 and -0, and two NaNs with other bits, differ. Any order of items.
void tensor_difference(TensorDifference *difference, const TensorSet *a, const TensorSet *b);

#endif
