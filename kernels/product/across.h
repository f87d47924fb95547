// Sums of few rows by rule R1 where the terms of a column of b lie side by side (the weights of a forward
// product): squares of b are transposed in registers and used at once, packed nowhere.
#ifndef INGOT_KERNELS_PRODUCT_ACROSS_H
#define INGOT_KERNELS_PRODUCT_ACROSS_H

#include "kernels/product/pack.h"
#include "kernels/shared/rules.h"
#include "kernels/shared/vector.h"

enum {
  ACROSS_ROWS = 4,   // at most
  ACROSS_GROUPS = 2, // of VECTOR_LANES columns, whose chains run side by side; more rows of b are too many
  ACROSS_COLUMNS = ACROSS_GROUPS * VECTOR_LANES
};

typedef float AcrossSums[ACROSS_ROWS][ACROSS_COLUMNS];

// A square of b: square[k] lane c = b[c * stride + k], `terms` terms of `columns` columns, both at most
// VECTOR_LANES.
VECTOR_FUNCTION void load_square(Vector square[VECTOR_LANES], const float *b, int64_t stride, int64_t terms,
                                 int64_t columns) {
  if (terms == VECTOR_LANES && columns == VECTOR_LANES) {
    vector_load_transposed(square, b, stride);
    return;
  }
  for (int64_t c = 0; c < VECTOR_LANES; c++) // columns that do not exist: any that does
    square[c] = vector_load_some(b + (c < columns ? c : 0) * stride, terms);
  vector_transpose(square);
}

// `terms` <= VECTOR_LANES terms of all chains, one after the other: a is [rows][stride], b [columns][stride].
// rows is a constant; terms and columns are where they are all that fit.
VECTOR_FUNCTION void add_squares(Vector sums[ACROSS_ROWS][ACROSS_GROUPS], const float *a, const float *b,
                                 int64_t stride, int64_t terms, int rows, int64_t columns) {
#pragma GCC unroll 2
  for (int g = 0; g < ACROSS_GROUPS; g++) {
    int64_t lanes = panel_lanes(columns, g);
    if (lanes == 0) break;
    Vector square[VECTOR_LANES];
    __asm__("" : "+r"(a)); // or the compiler keeps one group's factors for the next, and spills
    load_square(square, b + g * VECTOR_LANES * stride, stride, terms, lanes);
#pragma GCC unroll 16
    for (int k = 0; k < VECTOR_LANES; k++) {
      if (k >= terms) break;
      for (int r = 0; r < rows; r++) {
        Vector all = VECTOR_ALL(a[r * stride + k]);
        sums[r][g] = VECTOR_FMA(all, square[k], sums[r][g]);
      }
    }
  }
}

// The chains of one leaf, in registers.
VECTOR_FUNCTION void across_leaf(AcrossSums out, const float *a, const float *b, int64_t stride,
                                 int64_t terms, int rows, int64_t columns) {
  Vector sums[ACROSS_ROWS][ACROSS_GROUPS];
  int64_t k = 0;
  for (int r = 0; r < rows; r++) {
    for (int g = 0; g < ACROSS_GROUPS; g++) sums[r][g] = VECTOR_ZERO();
  }
  for (; k + VECTOR_LANES <= terms; k += VECTOR_LANES)
    add_squares(sums, a + k, b + k, stride, VECTOR_LANES, rows, columns);
  if (k < terms) add_squares(sums, a + k, b + k, stride, terms - k, rows, columns);
  for (int r = 0; r < rows; r++) {
    for (int g = 0; g < ACROSS_GROUPS; g++)
      VECTOR_STORE(out[r] + g * VECTOR_LANES, VECTOR_ADD(sums[r][g], VECTOR_ZERO()));
  }
}

// R1's tree of up to ACROSS_COLUMNS columns.
#define ACROSS_SUMS(rows)                                                                                    \
  static void across_sums_##rows(AcrossSums sums, const float *a, const float *b, int64_t stride,            \
                                 int64_t terms, int64_t columns) {                                           \
    if (terms > X1_LEAF) {                                                                                   \
      int64_t left = X1_LEAF;                                                                                \
      while (2 * left < terms) left *= 2;                                                                    \
      AcrossSums right;                                                                                      \
      across_sums_##rows(sums, a, b, stride, left, columns);                                                 \
      across_sums_##rows(right, a + left, b + left, stride, terms - left, columns);                          \
      for (int r = 0; r < rows; r++) {                                                                       \
        for (int64_t c = 0; c < columns; c++) sums[r][c] = x1_add(sums[r][c], right[r][c]);                  \
      }                                                                                                      \
    } else if (columns == ACROSS_COLUMNS) {                                                                  \
      across_leaf(sums, a, b, stride, terms, rows, ACROSS_COLUMNS);                                          \
    } else {                                                                                                 \
      across_leaf(sums, a, b, stride, terms, rows, columns);                                                 \
    }                                                                                                        \
  }
ACROSS_SUMS(1)
ACROSS_SUMS(2)
ACROSS_SUMS(3)
ACROSS_SUMS(4)
#undef ACROSS_SUMS

// The same of `rows` rows.
static void across_sums(AcrossSums sums, const float *a, const float *b, int64_t stride, int64_t terms,
                        int rows, int64_t columns) {
  switch (rows) {
  case 1:
    across_sums_1(sums, a, b, stride, terms, columns);
    break;
  case 2:
    across_sums_2(sums, a, b, stride, terms, columns);
    break;
  case 3:
    across_sums_3(sums, a, b, stride, terms, columns);
    break;
  default:
    across_sums_4(sums, a, b, stride, terms, columns);
  }
}

#endif
