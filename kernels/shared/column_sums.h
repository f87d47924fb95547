// Sums down the columns of a grain by R1, and their addends by R3, on a CPU: gradients of biases, gamma and
// beta.
#ifndef INGOT_KERNELS_SHARED_COLUMN_SUMS_H
#define INGOT_KERNELS_SHARED_COLUMN_SUMS_H

#include "kernels/shared/flags.h"
#include "kernels/shared/quantise.h"
#include "kernels/shared/rules.h"
#include "kernels/shared/vector.h"

enum { SUMMED_VECTORS = 8, SUMMED_COLUMNS = SUMMED_VECTORS * VECTOR_LANES }; // of one pass over a grain

// Sums down columns of dy * h and of dy.
typedef struct ColumnSums {
  float with_h[SUMMED_COLUMNS], plain[SUMMED_COLUMNS];
} ColumnSums;

// One leaf's chains of dy, and where `both` (a constant) of dy * h, of `vectors` (a constant) vectors of
// columns from `column` on, the last of `lanes` lanes.
VECTOR_FUNCTION void leaf_sum(ColumnSums *out, int64_t column, const float *dy, const float *h,
                              int64_t stride, int64_t rows, int vectors, int64_t lanes, int both) {
  Vector with_h[SUMMED_VECTORS], plain[SUMMED_VECTORS];
  for (int v = 0; v < vectors; v++) with_h[v] = plain[v] = VECTOR_ZERO();
  for (int64_t i = 0, at = column; i < rows; i++, at += stride) {
    for (int v = 0; v < vectors; v++) {
      Vector one = vector_load_some(dy + at + v * VECTOR_LANES, lanes);
      if (both) with_h[v] = VECTOR_FMA(one, vector_load_some(h + at + v * VECTOR_LANES, lanes), with_h[v]);
      plain[v] = VECTOR_ADD(one, plain[v]); // fma(dy, 1, sum)
    }
  }
  for (int v = 0; v < vectors; v++) {
    int64_t at = column + v * VECTOR_LANES;
    if (both) vector_store_some(out->with_h + at, VECTOR_ADD(with_h[v], VECTOR_ZERO()), lanes);
    vector_store_some(out->plain + at, VECTOR_ADD(plain[v], VECTOR_ZERO()), lanes);
  }
}

// T over a grain's rows of dy[i]*1, and of dy[i]*h[i] but where h is NULL, for `columns` <= SUMMED_COLUMNS
// neighbouring columns: R1's tree.
static void grain_sum(ColumnSums *out, const float *dy, const float *h, int64_t stride, int64_t columns,
                      int64_t rows) {
  if (rows > X1_LEAF) {
    int64_t left = X1_LEAF;
    while (2 * left < rows) left *= 2;
    ColumnSums right;
    grain_sum(out, dy, h, stride, columns, left);
    grain_sum(&right, dy + left * stride, h == NULL ? NULL : h + left * stride, stride, columns, rows - left);
    for (int64_t c = 0; c < columns; c++) {
      if (h != NULL) out->with_h[c] = x1_add(out->with_h[c], right.with_h[c]);
      out->plain[c] = x1_add(out->plain[c], right.plain[c]);
    }
    return;
  }
  int64_t c = 0;
#define SUMS(vectors, lanes)                                                                                 \
  if (h == NULL)                                                                                             \
    leaf_sum(out, c, dy, NULL, stride, rows, vectors, lanes, 0);                                             \
  else                                                                                                       \
    leaf_sum(out, c, dy, h, stride, rows, vectors, lanes, 1);
  if (columns == SUMMED_COLUMNS) {
    SUMS(SUMMED_VECTORS, VECTOR_LANES)
    return;
  }
  if (columns >= SUMMED_COLUMNS / 2) {
    SUMS(SUMMED_VECTORS / 2, VECTOR_LANES)
    c = SUMMED_COLUMNS / 2;
  }
  for (; c + VECTOR_LANES <= columns; c += VECTOR_LANES) {
    SUMS(1, VECTOR_LANES)
  }
  if (c < columns) {
    SUMS(1, columns - c)
  }
#undef SUMS
}

static void add_column_sums(int64_t *q, int32_t *flag, const float *sums, int64_t columns,
                            const Quantiser *quantiser) {
  for (int64_t c = 0; c < columns; c += VECTOR_LANES) {
    int64_t lanes = smaller(columns - c, VECTOR_LANES);
    if (add_quantised(q + c, vector_load_some(sums + c, lanes), lanes, *quantiser)) flag_raise(flag);
  }
}

#endif
