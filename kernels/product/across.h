// Sums of few rows by rule R1 where the terms of a column of b lie side by side (the weights of a forward
// product): squares of b are transposed in registers and used at once, packed nowhere.
#ifndef INGOT_KERNELS_PRODUCT_ACROSS_H
#define INGOT_KERNELS_PRODUCT_ACROSS_H

#include "kernels/product/cut.h"
#include "kernels/shared/rules.h"
#include "kernels/shared/vector.h"

enum {
  ACROSS_ROWS = 4,   // at most
  ACROSS_GROUPS = 2, // of VECTOR_LANES columns, whose chains run side by side; more rows of b are too many
  ACROSS_COLUMNS = ACROSS_GROUPS * VECTOR_LANES
};

typedef float AcrossSums[ACROSS_ROWS][ACROSS_COLUMNS];

// sums[r] += the `terms` <= VECTOR_LANES terms of a square of b, one after the other: a is [rows][stride], b
// [columns][stride]. rows is a constant.
VECTOR_FUNCTION void add_square(AcrossSums sums, int group, const float *a, const float *b, int64_t stride,
                                int64_t terms, int64_t columns, int rows) {
  Vector square[VECTOR_LANES];
  if (terms == VECTOR_LANES && columns == VECTOR_LANES) {
    vector_load_transposed(square, b, stride);
  } else {
    for (int64_t c = 0; c < VECTOR_LANES; c++) // columns that do not exist: any that does
      square[c] = vector_load_some(b + (c < columns ? c : 0) * stride, terms);
    vector_transpose(square);
  }
  for (int r = 0; r < rows; r++) {
    float *at = sums[r] + group * VECTOR_LANES;
    Vector sum = VECTOR_LOAD(at);
#pragma GCC unroll 16
    for (int k = 0; k < VECTOR_LANES; k++) {
      if (k >= terms) break;
      Vector all = VECTOR_ALL(a[r * stride + k]);
      sum = VECTOR_FMA(all, square[k], sum);
    }
    VECTOR_STORE(at, sum);
  }
}

// R1's tree of up to ACROSS_COLUMNS columns.
static void across_sums(AcrossSums sums, const float *a, const float *b, int64_t stride, int64_t terms,
                        int rows, int64_t columns) {
  if (terms > X1_LEAF) {
    int64_t left = X1_LEAF;
    while (2 * left < terms) left *= 2;
    AcrossSums right;
    across_sums(sums, a, b, stride, left, rows, columns);
    across_sums(right, a + left, b + left, stride, terms - left, rows, columns);
    for (int r = 0; r < rows; r++) {
      for (int64_t c = 0; c < columns; c++) sums[r][c] = x1_add(sums[r][c], right[r][c]);
    }
    return;
  }
  for (int r = 0; r < rows; r++) {
    for (int64_t c = 0; c < ACROSS_COLUMNS; c++) sums[r][c] = 0.0f;
  }
  for (int64_t k = 0; k < terms; k += VECTOR_LANES) {
    int64_t some = terms - k < VECTOR_LANES ? terms - k : VECTOR_LANES;
    for (int group = 0; group * VECTOR_LANES < columns; group++) {
      int64_t lanes = columns - group * VECTOR_LANES;
      const float *square = b + group * VECTOR_LANES * stride + k;
      if (lanes > VECTOR_LANES) lanes = VECTOR_LANES;
      if (rows == 1)
        add_square(sums, group, a + k, square, stride, some, lanes, 1);
      else
        add_square(sums, group, a + k, square, stride, some, lanes, rows);
    }
  }
  for (int r = 0; r < rows; r++) {
    for (int64_t c = 0; c < columns; c++) sums[r][c] = x1_add(sums[r][c], 0.0f);
  }
}

#endif
