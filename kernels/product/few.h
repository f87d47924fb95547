// Sums of few terms by rule R1: b's rows stay in registers while a's pass, so that the results' memory
// decides.
#ifndef INGOT_KERNELS_PRODUCT_FEW_H
#define INGOT_KERNELS_PRODUCT_FEW_H

#include "kernels/product/tile.h"

enum {
  FEW_TERMS = CUT_FEW_TERMS, // at most
  FEW_VECTORS = VECTOR_REGISTERS == 32 ? 2 : 1,
  FEW_COLUMNS = FEW_VECTORS * VECTOR_LANES,
  FEW_ROWS = 12 // whose results stay in a cache while strips pass
};

// Takes the sums of one row and FEW_COLUMNS columns, of which `columns` exist (a constant where all do).
typedef void FinishFew(const void *arguments, int64_t row, int64_t column, int64_t columns,
                       const Vector *sums);

// Rows [row, end) of a strip of columns; terms and whether columns are all are constants.
VECTOR_FUNCTION void few_strip(Rows a, Columns b, int terms, int64_t row, int64_t end, int64_t column,
                               int64_t columns, FinishFew *finish, const void *arguments) {
  Vector factor[FEW_TERMS][FEW_VECTORS];
  for (int k = 0; k < terms; k++) {
    for (int v = 0; v < FEW_VECTORS; v++)
      factor[k][v] =
          vector_load_some(b.data + k * b.outer + column + v * VECTOR_LANES, panel_lanes(columns, v));
  }
  for (int64_t r = row; r < end; r++) {
    Vector sums[FEW_VECTORS];
    for (int v = 0; v < FEW_VECTORS; v++) sums[v] = VECTOR_ZERO();
    for (int k = 0; k < terms; k++) {
      Vector all = VECTOR_ALL(a.data[r * a.outer + k * a.inner]);
      for (int v = 0; v < FEW_VECTORS; v++) sums[v] = VECTOR_FMA(all, factor[k][v], sums[v]);
    }
    for (int v = 0; v < FEW_VECTORS; v++) sums[v] = VECTOR_ADD(sums[v], VECTOR_ZERO());
    finish(arguments, r, column, columns, sums);
  }
}

// All sums of rows [row, end) and columns [column, column_end) of `terms` <= FEW_TERMS terms; b.inner is 1.
VECTOR_FUNCTION void few_product(Rows a, Columns b, int64_t terms, const CutPart *part, FinishFew *finish,
                                 const void *arguments) {
  for (int64_t row = part->row; row < part->row_end; row += FEW_ROWS) {
    int64_t end = smaller(row + FEW_ROWS, part->row_end);
    for (int64_t c = part->column; c < part->column_end; c += FEW_COLUMNS) {
      int64_t columns = smaller(part->column_end - c, FEW_COLUMNS);
      switch (terms) {
#define TERMS(many)                                                                                          \
  case many:                                                                                                 \
    if (columns == FEW_COLUMNS)                                                                              \
      few_strip(a, b, many, row, end, c, FEW_COLUMNS, finish, arguments);                                    \
    else                                                                                                     \
      few_strip(a, b, many, row, end, c, columns, finish, arguments);                                        \
    break;
        TERMS(1)
        TERMS(2)
        TERMS(3)
        TERMS(4)
        TERMS(5)
        TERMS(6)
        TERMS(7)
        TERMS(8)
        TERMS(9)
        TERMS(10)
        TERMS(11)
        TERMS(12)
#undef TERMS
      }
    }
  }
}

#endif
