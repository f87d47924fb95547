// Sums of few rows by rule R1, b read where it lies: packing a panel is not worth its cost for them.
//
// DESIGN. A strip of neighbouring columns, as many vectors wide as there are registers, runs down a leaf of
// terms for all rows at once; leaves are joined by R1's recursion. Rows' own sums (factors of 1) ride along.
#ifndef INGOT_KERNELS_PRODUCT_THIN_H
#define INGOT_KERNELS_PRODUCT_THIN_H

#include "kernels/product/tile.h"

enum {
  THIN_ROWS = 8, // at most
  THIN_VECTORS = 8,
  STRIP = THIN_VECTORS * VECTOR_LANES, // columns at most
  THIN_AHEAD = 8                       // terms
};

// Sums of a strip, and of the rows of a themselves.
typedef struct Strip {
  float sums[THIN_ROWS][STRIP], own[THIN_ROWS];
} Strip;

// Takes the sums of one row and `columns` columns.
typedef void FinishRow(const void *arguments, int64_t row, int64_t column, int64_t columns, const float *sums,
                       float own);

// How many vectors a strip of so many rows has: sums, own sums, columns and a factor fill the registers.
VECTOR_FUNCTION int strip_vectors(int rows) {
  int most = (VECTOR_REGISTERS - 1 - rows) / (rows + 1);
  return most < 1 ? 1 : most > THIN_VECTORS ? THIN_VECTORS : most;
}

// The chains of one leaf: b(k,c) = b[k * stride + c]. rows and vectors are constants; one vector may have
// fewer lanes.
VECTOR_FUNCTION void strip_leaf(Strip *out, Rows a, const float *b, int64_t stride, int64_t terms, int rows,
                                int vectors, int64_t lanes) {
  Vector sums[THIN_ROWS][THIN_VECTORS], own[THIN_ROWS];
  for (int r = 0; r < rows; r++) {
    own[r] = VECTOR_ZERO();
    for (int v = 0; v < vectors; v++) sums[r][v] = VECTOR_ZERO();
  }
  for (int64_t k = 0; k < terms; k++, b += stride) {
    Vector column[THIN_VECTORS];
    for (int v = 0; v < vectors; v++) {
      column[v] = vector_load_some(b + v * VECTOR_LANES, lanes);
      __builtin_prefetch(b + THIN_AHEAD * stride + v * VECTOR_LANES);
    }
    for (int r = 0; r < rows; r++) {
      Vector all = VECTOR_ALL(a.data[r * a.outer + k * a.inner]);
      for (int v = 0; v < vectors; v++) sums[r][v] = VECTOR_FMA(all, column[v], sums[r][v]);
      own[r] = VECTOR_ADD(all, own[r]);
    }
  }
  for (int r = 0; r < rows; r++) {
    float lane[VECTOR_LANES];
    for (int v = 0; v < vectors; v++) {
      sums[r][v] = VECTOR_ADD(sums[r][v], VECTOR_ZERO());
      VECTOR_STORE(out->sums[r] + v * VECTOR_LANES, sums[r][v]);
    }
    own[r] = VECTOR_ADD(own[r], VECTOR_ZERO());
    VECTOR_STORE(lane, own[r]);
    out->own[r] = lane[0];
  }
}

// R1's tree of a strip of `columns` columns: a whole strip's, a vector's or fewer.
#define STRIP_SUMS(rows)                                                                                     \
  static __attribute__((unused)) void strip_sums_##rows(Strip *out, Rows a, const float *b, int64_t stride,  \
                                                        int64_t terms, int64_t columns) {                    \
    if (terms > X1_LEAF) {                                                                                   \
      int64_t left = X1_LEAF;                                                                                \
      while (2 * left < terms) left *= 2;                                                                    \
      Strip right;                                                                                           \
      Rows behind = {a.data + left * a.inner, a.outer, a.inner};                                             \
      strip_sums_##rows(out, a, b, stride, left, columns);                                                   \
      strip_sums_##rows(&right, behind, b + left * stride, stride, terms - left, columns);                   \
      for (int r = 0; r < rows; r++) {                                                                       \
        for (int64_t c = 0; c < columns; c++) out->sums[r][c] = x1_add(out->sums[r][c], right.sums[r][c]);   \
        out->own[r] = x1_add(out->own[r], right.own[r]);                                                     \
      }                                                                                                      \
    } else if (columns == strip_vectors(rows) * VECTOR_LANES) {                                              \
      strip_leaf(out, a, b, stride, terms, rows, strip_vectors(rows), VECTOR_LANES);                         \
    } else if (columns == 4 * VECTOR_LANES) {                                                                \
      strip_leaf(out, a, b, stride, terms, rows, 4, VECTOR_LANES);                                           \
    } else if (columns == VECTOR_LANES) {                                                                    \
      strip_leaf(out, a, b, stride, terms, rows, 1, VECTOR_LANES);                                           \
    } else {                                                                                                 \
      strip_leaf(out, a, b, stride, terms, rows, 1, columns);                                                \
    }                                                                                                        \
  }
STRIP_SUMS(1)
STRIP_SUMS(2)
STRIP_SUMS(4)
STRIP_SUMS(8)
#undef STRIP_SUMS

// Sums of `terms` terms of `rows` rows and `columns` columns of b (b.inner is 1), each row of a strip to
// finish; the numbers of the first row and column are those given.
VECTOR_FUNCTION void thin_product(Rows a, Columns b, int64_t terms, int64_t rows, int64_t columns,
                                  int64_t row, int64_t column, FinishRow *finish, const void *arguments) {
  Strip strip;
  for (int64_t r = 0; r < rows;) {
    Rows here = {a.data + r * a.outer, a.outer, a.inner};
    int64_t some = rows - r >= 8 ? 8 : rows - r >= 4 ? 4 : rows - r >= 2 ? 2 : 1;
    for (int64_t c = 0, width; c < columns; c += width) {
      int64_t whole = strip_vectors((int)some) * VECTOR_LANES, left = columns - c;
      width = left >= whole                                              ? whole
              : left >= 4 * VECTOR_LANES && strip_vectors((int)some) > 4 ? 4 * VECTOR_LANES
              : left >= VECTOR_LANES                                     ? VECTOR_LANES
                                                                         : left;
      const float *from = b.data + c;
      if (some == 8)
        strip_sums_8(&strip, here, from, b.outer, terms, width);
      else if (some == 4)
        strip_sums_4(&strip, here, from, b.outer, terms, width);
      else if (some == 2)
        strip_sums_2(&strip, here, from, b.outer, terms, width);
      else
        strip_sums_1(&strip, here, from, b.outer, terms, width);
      for (int64_t i = 0; i < some; i++)
        finish(arguments, row + r + i, column + c, width, strip.sums[i], strip.own[i]);
    }
    r += some;
  }
}

#endif
