// Sums down the columns of a grain by R1, and their addends by R3, on a CPU: gradients of biases, gamma and
// beta.
#ifndef INGOT_KERNELS_ROW_REDUCTION_COLUMN_SUMS_H
#define INGOT_KERNELS_ROW_REDUCTION_COLUMN_SUMS_H

#include "kernels/shared/flags.h"
#include "kernels/shared/rules.h"

enum { SUMMED_COLUMNS = 64 }; // of one pass over a grain

// T over a grain's rows of dy[i]*b[i] for `columns` neighbouring columns, b = h or (NULL) 1: R1's tree.
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
  for (int64_t c = 0; c < columns; c++) out[c] = 0.0f;
  for (int64_t i = 0; i < rows; i++) {
    for (int64_t c = 0; c < columns; c++) {
      out[c] = x1_fma(dy[i * stride + c], h == NULL ? 1.0f : h[i * stride + c], out[c]);
    }
  }
  for (int64_t c = 0; c < columns; c++) out[c] = x1_add(out[c], 0.0f);
}

static void add_column_sums(int64_t *q, int32_t *flag, const float *sums, int64_t columns,
                            const Quantiser *quantiser) {
  for (int64_t c = 0; c < columns; c++) {
    if (quantiser_fits(quantiser, sums[c]))
      q[c] += r3_quantise(sums[c], quantiser->scale);
    else
      flag_raise(flag);
  }
}

#endif
