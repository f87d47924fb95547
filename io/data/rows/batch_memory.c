// Batches that own their arrays.
#include "io/data/rows/batch_memory.h"

#include "engine/shared/memory.h"

#include <stdlib.h>

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
