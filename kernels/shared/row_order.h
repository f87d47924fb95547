// What decides the order of rows in every epoch (R5); kernels/shared/order.h computes it.
#ifndef INGOT_KERNELS_SHARED_ROW_ORDER_H
#define INGOT_KERNELS_SHARED_ROW_ORDER_H

#include <stdint.h>

typedef struct RowOrder {
  int64_t rows;         // N
  int64_t block_rows;   // order blocks: rows of a block; 0 = order full
  int64_t block_window; // order blocks: blocks of a pool
  uint64_t seed;
} RowOrder;

#endif
