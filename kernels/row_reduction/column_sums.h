// Sums down the columns of a grain by R1, and their addends by R3, on a CPU: gradients of biases, gamma and
// beta.
#ifndef INGOT_KERNELS_ROW_REDUCTION_COLUMN_SUMS_H
#define INGOT_KERNELS_ROW_REDUCTION_COLUMN_SUMS_H

#include "kernels/product/quantise.h"
#include "kernels/shared/flags.h"
#include "kernels/shared/rules.h"
#include "kernels/shared/vector.h"

enum { SUMMED_VECTORS = 8, SUMMED_COLUMNS = SUMMED_VECTORS * VECTOR_LANES }; // of one pass over a grain

// One leaf's chains of `vectors` (a constant) vectors of columns, the last of `lanes` lanes; h may be NULL.
VECTOR_FUNCTION void leaf_sum(float *out, const float *dy, const float *h, int64_t stride, int64_t rows,
                              int vectors, int64_t lanes) {
  Vector sum[SUMMED_VECTORS];
  for (int v = 0; v < vectors; v++) sum[v] = VECTOR_ZERO();
  for (int64_t i = 0; i < rows; i++, dy += stride) {
    for (int v = 0; v < vectors; v++) {
      Vector one = lanes < VECTOR_LANES ? vector_load_some(dy, lanes) : VECTOR_LOAD(dy + v * VECTOR_LANES);
      if (h == NULL) {
        sum[v] = VECTOR_ADD(one, sum[v]); // fma(dy, 1, sum)
      } else {
        const float *from = h + i * stride + v * VECTOR_LANES;
        Vector other = lanes < VECTOR_LANES ? vector_load_some(from, lanes) : VECTOR_LOAD(from);
        sum[v] = VECTOR_FMA(one, other, sum[v]);
      }
    }
  }
  for (int v = 0; v < vectors; v++) {
    sum[v] = VECTOR_ADD(sum[v], VECTOR_ZERO());
    vector_store_some(out + v * VECTOR_LANES, sum[v], lanes < VECTOR_LANES ? lanes : VECTOR_LANES);
  }
}

// T over a grain's rows of dy[i]*b[i] for `columns` <= SUMMED_COLUMNS neighbouring columns, b = h or (NULL)
// 1: R1's tree.
static void grain_sum(float out[SUMMED_COLUMNS], const float *dy, const float *h, int64_t stride,
                      int64_t columns, int64_t rows) {
  if (rows > X1_LEAF) {
    int64_t left = X1_LEAF;
    while (2 * left < rows) left *= 2;
    float right[SUMMED_COLUMNS];
    grain_sum(out, dy, h, stride, columns, left);
    grain_sum(right, dy + left * stride, h == NULL ? NULL : h + left * stride, stride, columns, rows - left);
    for (int64_t c = 0; c < columns; c++) out[c] = x1_add(out[c], right[c]);
    return;
  }
  int64_t c = 0;
#define SUMS(vectors, lanes)                                                                                 \
  if (h == NULL)                                                                                             \
    leaf_sum(out + c, dy + c, NULL, stride, rows, vectors, lanes);                                           \
  else                                                                                                       \
    leaf_sum(out + c, dy + c, h + c, stride, rows, vectors, lanes);
  if (columns == SUMMED_COLUMNS) {
    SUMS(SUMMED_VECTORS, VECTOR_LANES)
    return;
  }
  for (; c + 4 * VECTOR_LANES <= columns; c += 4 * VECTOR_LANES) {
    SUMS(4, VECTOR_LANES)
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
    int64_t lanes = columns - c < VECTOR_LANES ? columns - c : VECTOR_LANES;
    if (add_quantised(q + c, vector_load_some(sums + c, lanes), lanes, *quantiser)) flag_raise(flag);
  }
}

#endif
