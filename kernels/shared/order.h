// R5's order of the rows of an epoch by random access, whole or in blocks, for both compilers.
//
// Order blocks: the data are cut into blocks of consecutive rows; the blocks are permuted; every `window`
// consecutive blocks of that order are one pool, whose rows are permuted again. All blocks have block_rows
// rows but the file's last one, so where a pool starts depends on whether that short block came before it.
#ifndef INGOT_KERNELS_SHARED_ORDER_H
#define INGOT_KERNELS_SHARED_ORDER_H

#include "kernels/shared/row_order.h"
#include "kernels/shared/shuffle.h"

// A run of positions [start, end) of an epoch whose rows one permutation lays out: a pool, or all of them.
typedef struct RowPool {
  int64_t start, end;
  Shuffle within;
  Shuffle blocks;      // order blocks: the permutation of the blocks
  int64_t first_place; // order blocks: place of the pool's first block
  int64_t short_place; // order blocks: place of the file's last block
} RowPool;

X1_FUNCTION int64_t order_block_count(const RowOrder *order) {
  return (order->rows + order->block_rows - 1) / order->block_rows;
}

// How many rows the short last block lacks.
X1_FUNCTION int64_t order_shortfall(const RowOrder *order) {
  return order_block_count(order) * order->block_rows - order->rows;
}

// First position of a pool, and so, at pool + 1, where it ends.
X1_FUNCTION int64_t order_pool_start(const RowOrder *order, int64_t pool, int64_t short_place) {
  int64_t place = pool * order->block_window, count = order_block_count(order);
  if (place > count) place = count;
  return place * order->block_rows - (place > short_place ? order_shortfall(order) : 0);
}

// The pool that holds a position of an epoch.
X1_FUNCTION RowPool order_pool(const RowOrder *order, uint32_t epoch, int64_t position) {
  RowPool found = {0, 0, {{0}, 0, 0}, {{0}, 0, 0}, 0, 0};
  if (order->block_rows == 0) {
    found.start = 0;
    found.end = order->rows;
    found.within = shuffle_of((uint64_t)order->rows, order->seed, 0, epoch, random_stream(RANDOM_SHUFFLE, 0));
    return found;
  }
  int64_t count = order_block_count(order);
  found.blocks = shuffle_of((uint64_t)count, order->seed, 0, epoch, random_stream(RANDOM_SHUFFLE, 1));
  found.short_place = (int64_t)shuffle_place_of(&found.blocks, (uint64_t)(count - 1));
  int64_t pool = position / (order->block_rows * order->block_window);
  while (order_pool_start(order, pool + 1, found.short_place) <= position) pool++;
  found.start = order_pool_start(order, pool, found.short_place);
  found.end = order_pool_start(order, pool + 1, found.short_place);
  found.first_place = pool * order->block_window;
  found.within = shuffle_of((uint64_t)(found.end - found.start), order->seed, (uint32_t)pool, epoch,
                            random_stream(RANDOM_SHUFFLE, 2));
  return found;
}

// A row's block and its number in it.
typedef struct BlockRow {
  int64_t place, within; // of the block in the order of blocks
} BlockRow;

// Where the pool's row number `at` stands.
X1_FUNCTION BlockRow order_block_row(const RowOrder *order, const RowPool *pool, int64_t at) {
  BlockRow row = {pool->first_place + at / order->block_rows, at % order->block_rows};
  if (row.place >= pool->short_place && pool->short_place >= pool->first_place) {
    int64_t short_end =
        (pool->short_place - pool->first_place + 1) * order->block_rows - order_shortfall(order);
    if (at >= short_end) { // behind the short block
      row.place = pool->short_place + 1 + (at - short_end) / order->block_rows;
      row.within = (at - short_end) % order->block_rows;
    }
  }
  return row;
}

// The row at a position of an epoch; pool is order_pool of that position.
X1_FUNCTION int64_t order_row(const RowOrder *order, const RowPool *pool, int64_t position) {
  int64_t at = (int64_t)shuffle_at(&pool->within, (uint64_t)(position - pool->start));
  if (order->block_rows == 0) return at;
  BlockRow row = order_block_row(order, pool, at);
  return (int64_t)shuffle_at(&pool->blocks, (uint64_t)row.place) * order->block_rows + row.within;
}

// order_row of `count` <= SHUFFLE_TOGETHER positions of one pool, from `position` on.
X1_FUNCTION void order_rows_together(int64_t *rows, const RowOrder *order, const RowPool *pool,
                                     int64_t position, int count) {
  int64_t within[SHUFFLE_TOGETHER];
  for (int k = 0; k < count; k++) rows[k] = position - pool->start + k;
  shuffle_together(&pool->within, rows, count);
  if (order->block_rows == 0) return;
  for (int k = 0; k < count; k++) {
    BlockRow row = order_block_row(order, pool, rows[k]);
    rows[k] = row.place;
    within[k] = row.within;
  }
  shuffle_together(&pool->blocks, rows, count);
  for (int k = 0; k < count; k++) rows[k] = rows[k] * order->block_rows + within[k];
}

// rows[i] = the row at position first + i of an epoch, for count positions; first + count <= N.
X1_FUNCTION void order_rows(int64_t *rows, const RowOrder *order, uint32_t epoch, int64_t first,
                            int64_t count) {
  RowPool pool = {0, 0, {{0}, 0, 0}, {{0}, 0, 0}, 0, 0};
  for (int64_t i = 0; i < count;) {
    if (first + i >= pool.end) pool = order_pool(order, epoch, first + i);
    int64_t left = (pool.end < first + count ? pool.end : first + count) - (first + i);
    int together = left < SHUFFLE_TOGETHER ? (int)left : SHUFFLE_TOGETHER;
    order_rows_together(rows + i, order, &pool, first + i, together);
    i += together;
  }
}

#endif
