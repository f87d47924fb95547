// The interface through which the engine gets rows: io/data implements it, the training loop reads it.
//
// Rows of a source are numbered 0..rows-1 in file order within one part of the split (training rows,
// validation rows, ...). Which rows make a batch is the engine's business (engine/train/order.h).
#ifndef INGOT_ENGINE_PREPROCESS_BATCH_SOURCE_H
#define INGOT_ENGINE_PREPROCESS_BATCH_SOURCE_H

#include "engine/shared/status.h"
#include "kernels/shared/row_order.h"

#include <stdint.h>

// One run of the model's input vector, in config order: a numeric input copies `width` consecutive values
// (value, then its missing flag), a category input its embedding row.
typedef struct InputSegment {
  int is_category;
  int source; // numeric: first column in `values`; category: column in `ids`, and number of the table
  int width;  // elements of the input vector
  int64_t
      table_rows; // category: rows of the embedding table (id 0 = unknown or rare, 1 = missing, then values)
} InputSegment;

typedef struct InputLayout {
  InputSegment *segments;
  int segment_count;
  int value_count;    // V: columns of `values`
  int category_count; // C: columns of `ids`
  int width;          // D: elements of the input vector
  int outputs;        // 1, or the number of classes (multiclass)
} InputLayout;

// Host buffers the caller owns, for `count` rows.
typedef struct Batch {
  float *values;  // [count, V]
  int32_t *ids;   // [count, C]
  float *targets; // [count]: 0 or 1; the class number; the standardised target
  float *weights; // [count]: sample weight times the power of two of R3; 1 where there are none
} Batch;

// The rows at positions [first, first + count) of an epoch; order NULL: in file order, whatever the epoch.
typedef struct RowSpan {
  const RowOrder *order;
  uint32_t epoch;
  int64_t first, count;
} RowSpan;

typedef struct BatchSource BatchSource;
struct BatchSource {
  int64_t rows;
  // required: rows[0..count) of this source, preprocessed, in that order.
  Status (*read)(BatchSource *source, Batch *batch, const int64_t *rows, int64_t count, Error *error);
  // optional (NULL): the whole source in memory, for a device that gathers by itself; read() works as well.
  const Batch *resident;
  // optional (NULL): the rows of a span, for a source that reads ahead what lies behind it. Any span gives
  // the same rows as read(); those that follow each other wait least.
  Status (*follow)(BatchSource *source, Batch *batch, const RowSpan *span, Error *error);
};

#endif
