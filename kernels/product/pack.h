// Packing of an operand's columns into panels, which tiles read without gaps: panel[k][PANEL].
#ifndef INGOT_KERNELS_PRODUCT_PACK_H
#define INGOT_KERNELS_PRODUCT_PACK_H

#include "kernels/product/cut.h"
#include "kernels/shared/vector.h"

enum { TILE_VECTORS = 2, PANEL = TILE_VECTORS * VECTOR_LANES };

// The lanes of vector v of a strip of columns that hold some; 0 of one that lies behind them all.
VECTOR_FUNCTION int64_t panel_lanes(int64_t columns, int v) {
  int64_t left = columns - v * VECTOR_LANES;
  return left < 0 ? 0 : smaller(left, VECTOR_LANES);
}

// b(k,c) = data[k * outer + c * inner]; one of the strides is 1.
typedef struct Columns {
  const float *data;
  int64_t outer, inner;
} Columns;

// panel[k][c] = b[k * stride + c]
static void pack_rows(float *panel, const float *b, int64_t stride, int64_t terms, int64_t columns) {
  for (int64_t k = 0; k < terms; k++, b += stride, panel += PANEL) {
    if (columns == PANEL) {
      for (int v = 0; v < PANEL; v += VECTOR_LANES) VECTOR_STORE(panel + v, VECTOR_LOAD(b + v));
    } else {
      for (int64_t c = 0; c < PANEL; c++) panel[c] = c < columns ? b[c] : 0.0f;
    }
  }
}

// panel[k][c] = b[c * stride + k]
static void pack_columns(float *panel, const float *b, int64_t stride, int64_t terms, int64_t columns) {
  for (int64_t k = 0; k < terms; k += VECTOR_LANES) {
    int64_t some = smaller(terms - k, VECTOR_LANES);
    for (int64_t first = 0; first < PANEL; first += VECTOR_LANES) {
      Vector square[VECTOR_LANES];
      for (int64_t c = 0; c < VECTOR_LANES; c++) {
        const float *from = b + (first + c) * stride + k;
        if (first + c >= columns)
          square[c] = VECTOR_ZERO();
        else
          square[c] = some == VECTOR_LANES ? VECTOR_LOAD(from) : vector_load_some(from, some);
      }
      vector_transpose(square);
      for (int64_t i = 0; i < some; i++) VECTOR_STORE(panel + (k + i) * PANEL + first, square[i]);
    }
  }
}

// Terms [k, k + terms) of columns [column, column + columns), at most PANEL, zero beyond them.
static void pack(float *panel, Columns b, int64_t k, int64_t terms, int64_t column, int64_t columns) {
  const float *from = b.data + k * b.outer + column * b.inner;
  if (b.inner == 1)
    pack_rows(panel, from, b.outer, terms, columns);
  else
    pack_columns(panel, from, b.inner, terms, columns);
}

#endif
