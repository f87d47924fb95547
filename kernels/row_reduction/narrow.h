// Rows of few columns on a CPU: as many rows as a vector has lanes, a row in each lane, so that the tree of
// R2 is made once for all of them.
#ifndef INGOT_KERNELS_ROW_REDUCTION_NARROW_H
#define INGOT_KERNELS_ROW_REDUCTION_NARROW_H

#include "kernels/shared/vector.h"

enum { NARROW = 32 }; // columns, at most; a multiple of VECTOR_LANES

// Elements j of the rows, a row a lane.
typedef struct Narrow {
  Vector at[NARROW];
} Narrow;

// `rows` <= VECTOR_LANES rows of n columns; lanes without a row are +0.
VECTOR_FUNCTION void narrow_load(Narrow *narrow, const float *x, int64_t rows, int64_t n) {
  for (int64_t j = 0; j < n; j += VECTOR_LANES) {
    int64_t some = n - j < VECTOR_LANES ? n - j : VECTOR_LANES;
    for (int64_t i = 0; i < VECTOR_LANES; i++)
      narrow->at[j + i] = i < rows ? vector_load_some(x + i * n + j, some) : VECTOR_ZERO();
    vector_transpose(narrow->at + j);
  }
}

// The same back; the elements are lost.
VECTOR_FUNCTION void narrow_store(float *x, Narrow *narrow, int64_t rows, int64_t n) {
  for (int64_t j = 0; j < n; j += VECTOR_LANES) {
    int64_t some = n - j < VECTOR_LANES ? n - j : VECTOR_LANES;
    vector_transpose(narrow->at + j);
    for (int64_t i = 0; i < rows; i++) vector_store_some(x + i * n + j, narrow->at[j + i], some);
  }
}

// R2 of each row, n >= 1; the elements are lost. An element is its lane's only one.
VECTOR_FUNCTION Vector narrow_sum(Narrow *narrow, int64_t n) {
  int64_t half = 1;
  while (2 * half < n) half *= 2;
  for (int64_t j = 0; j < n; j++) narrow->at[j] = VECTOR_ADD(narrow->at[j], VECTOR_ZERO());
  for (; half >= 1; half /= 2) {
    for (int64_t j = 0; j < half && j + half < n; j++)
      narrow->at[j] = VECTOR_ADD(narrow->at[j], narrow->at[j + half]);
  }
  return narrow->at[0];
}

#endif
