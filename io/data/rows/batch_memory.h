// Private to io/data: batches that own their arrays.
#ifndef INGOT_IO_DATA_ROWS_BATCH_MEMORY_H
#define INGOT_IO_DATA_ROWS_BATCH_MEMORY_H

#include "engine/preprocess/batch_source.h"

#include <string.h>

int64_t batch_row_bytes(const InputLayout *layout);
void batch_make(Batch *batch, const InputLayout *layout, int64_t rows);
void batch_free(Batch *batch);

// The batch from a row on.
static inline Batch batch_at(const Batch *batch, const InputLayout *layout, int64_t row) {
  return (Batch){batch->values + row * layout->value_count, batch->ids + row * layout->category_count,
                 batch->targets + row, batch->weights + row};
}

// `count` consecutive rows.
static inline void batch_copy(const Batch *to, const Batch *from, const InputLayout *layout, int64_t count) {
  size_t rows = (size_t)count;
  memcpy(to->values, from->values, rows * (size_t)layout->value_count * sizeof *to->values);
  memcpy(to->ids, from->ids, rows * (size_t)layout->category_count * sizeof *to->ids);
  memcpy(to->targets, from->targets, rows * sizeof *to->targets);
  memcpy(to->weights, from->weights, rows * sizeof *to->weights);
}

#endif
