// Batches that own their arrays.
#include "io/data/rows/batch_memory.h"

#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

int64_t batch_row_bytes(const InputLayout *layout) {
  return 4 * ((int64_t)layout->value_count + layout->category_count + 2);
}

void batch_make(Batch *batch, const InputLayout *layout, int64_t rows) {
  batch->values = memory_get((size_t)rows * (size_t)layout->value_count, sizeof *batch->values);
  batch->ids = memory_get((size_t)rows * (size_t)layout->category_count, sizeof *batch->ids);
  batch->targets = memory_get((size_t)rows, sizeof *batch->targets);
  batch->weights = memory_get((size_t)rows, sizeof *batch->weights);
}

void batch_free(Batch *batch) {
  free(batch->values);
  free(batch->ids);
  free(batch->targets);
  free(batch->weights);
}

Batch batch_at(const Batch *batch, const InputLayout *layout, int64_t row) {
  return (Batch){batch->values + row * layout->value_count, batch->ids + row * layout->category_count,
                 batch->targets + row, batch->weights + row};
}

void batch_copy(const Batch *to, const Batch *from, const InputLayout *layout, int64_t count) {
  size_t rows = (size_t)count;
  memcpy(to->values, from->values, rows * (size_t)layout->value_count * sizeof *to->values);
  memcpy(to->ids, from->ids, rows * (size_t)layout->category_count * sizeof *to->ids);
  memcpy(to->targets, from->targets, rows * sizeof *to->targets);
  memcpy(to->weights, from->weights, rows * sizeof *to->weights);
}
