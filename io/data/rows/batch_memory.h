// Private to io/data: batches that own their arrays.
#ifndef INGOT_IO_DATA_ROWS_BATCH_MEMORY_H
#define INGOT_IO_DATA_ROWS_BATCH_MEMORY_H

#include "engine/preprocess/batch_source.h"

int64_t batch_row_bytes(const InputLayout *layout);
void batch_make(Batch *batch, const InputLayout *layout, int64_t rows);
void batch_free(Batch *batch);

// The batch from a row on.
Batch batch_at(const Batch *batch, const InputLayout *layout, int64_t row);

// `count` consecutive rows.
void batch_copy(const Batch *to, const Batch *from, const InputLayout *layout, int64_t count);

#endif
