// Rows of the data set to the model's input vector, and gradients back to embedding tables.
//
// Letters: m rows of the (micro-)batch, V numeric columns, C category columns, D elements of the input
// vector.
#ifndef INGOT_KERNELS_GATHER_SCATTER_GATHER_SCATTER_H
#define INGOT_KERNELS_GATHER_SCATTER_GATHER_SCATTER_H

#include "kernels/shared/row_order.h"
#include "kernels/shared/rules.h"
#include "kernels/shared/step.h"

// One run of the input vector: `width` consecutive values, or one row of an embedding table.
typedef struct GatherSegment {
  const float *table; // category: [rows, width]; NULL = numeric
  int64_t *q;         // category: gradient accumulator [rows, width] (backward only)
  int32_t *flag;      // category: raised where an addend does not fit; then q is as it may be (backward only)
  int64_t source;     // first column of `values`, or column of `ids`
  int64_t offset;     // first element in the input vector
  int64_t width;
} GatherSegment;

// rows_of[i] = the row of the data set at position first + i of the epoch (R5), first and epoch of the step.
typedef struct BatchRows {
  int64_t *rows_of; // [count]
  const StepWindow *window;
  int64_t count;
  RowOrder order;
} BatchRows;

// x[i, segment] = values[r, source..] or table[ids[r, source], :], r = rows_of[i] (NULL: i).
typedef struct InputsForward {
  float *x;            // [m, D]
  const float *values; // [.., V]
  const int32_t *ids;  // [.., C], each within its table
  const int64_t *rows_of;
  const GatherSegment *segments;
  int64_t segment_count, rows, value_count, category_count, width;
} InputsForward;

// R3: q[ids[r, source], e] += q(dx[i, offset + e]) for every row i of every category segment.
typedef struct EmbeddingBackward {
  const float *dx;    // [m, D]
  const int32_t *ids; // [.., C]
  const int64_t *rows_of;
  const GatherSegment *segments;
  int64_t segment_count, rows, category_count, width;
  Quantiser quantiser;
} EmbeddingBackward;

#endif
