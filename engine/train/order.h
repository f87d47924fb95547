// Which rows make a batch: the order of an epoch by random access (R5), full or in blocks.
#ifndef INGOT_ENGINE_TRAIN_ORDER_H
#define INGOT_ENGINE_TRAIN_ORDER_H

#include "kernels/shared/shuffle.h"

#include <stdint.h>

typedef struct RowOrder {
  int64_t rows;         // N
  int64_t block_rows;   // order blocks: rows of a block; 0 = order full
  int64_t block_window; // order blocks: blocks of a pool
  uint64_t seed;
} RowOrder;

// rows[i] = the row at position first + i of epoch `epoch`, for count positions; first + count <= N.
void row_order_read(int64_t *rows, const RowOrder *order, uint64_t epoch, int64_t first, int64_t count);

#endif
