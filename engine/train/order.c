// Which rows make a batch: the order of an epoch by random access.
//
// Order blocks: the data are cut into blocks of consecutive rows; the blocks are permuted; every `window`
// consecutive blocks of that order are one pool, whose rows are permuted again. All blocks have block_rows
// rows but the file's last one, so where a pool starts depends on whether that short block came before it.
#include "engine/train/order.h"

static int64_t block_count(const RowOrder *order) {
  return (order->rows + order->block_rows - 1) / order->block_rows;
}

// How many rows the short last block lacks.
static int64_t shortfall(const RowOrder *order) {
  return block_count(order) * order->block_rows - order->rows;
}

// The place of the short block in the permuted order of blocks.
static int64_t place_of_last(const RowOrder *order, const Shuffle *blocks) {
  int64_t count = block_count(order);
  for (int64_t place = 0; place < count; place++) {
    if ((int64_t)shuffle_at(blocks, (uint64_t)place) == count - 1) return place;
  }
  return count;
}

// First position of a pool, and so, at pool + 1, where it ends.
static int64_t pool_start(const RowOrder *order, int64_t pool, int64_t short_place) {
  int64_t place = pool * order->block_window, count = block_count(order);
  if (place > count) place = count;
  return place * order->block_rows - (place > short_place ? shortfall(order) : 0);
}

// The row at index `at` of a pool, its blocks laid one after the other.
static int64_t pool_row(const RowOrder *order, const Shuffle *blocks, int64_t pool, int64_t short_place,
                        int64_t at) {
  int64_t place = pool * order->block_window + at / order->block_rows, within = at % order->block_rows;
  if (place >= short_place && short_place >= pool * order->block_window) {
    int64_t short_first = (short_place - pool * order->block_window) * order->block_rows;
    int64_t short_end = short_first + order->block_rows - shortfall(order);
    if (at >= short_end) {
      place = short_place + 1 + (at - short_end) / order->block_rows;
      within = (at - short_end) % order->block_rows;
    }
  }
  return (int64_t)shuffle_at(blocks, (uint64_t)place) * order->block_rows + within;
}

static void read_blocks(int64_t *rows, const RowOrder *order, uint64_t epoch, int64_t first, int64_t count) {
  uint32_t stream = random_stream(RANDOM_SHUFFLE, 1);
  Shuffle blocks = shuffle_of((uint64_t)block_count(order), order->seed, 0, (uint32_t)epoch, stream);
  int64_t short_place = place_of_last(order, &blocks);
  int64_t pool = first / (order->block_rows * order->block_window);
  for (int64_t i = 0; i < count;) {
    while (pool_start(order, pool + 1, short_place) <= first + i) pool++;
    int64_t start = pool_start(order, pool, short_place), end = pool_start(order, pool + 1, short_place);
    Shuffle within = shuffle_of((uint64_t)(end - start), order->seed, (uint32_t)pool, (uint32_t)epoch,
                                random_stream(RANDOM_SHUFFLE, 2));
    for (; i < count && first + i < end; i++) {
      int64_t at = (int64_t)shuffle_at(&within, (uint64_t)(first + i - start));
      rows[i] = pool_row(order, &blocks, pool, short_place, at);
    }
  }
}

void row_order_read(int64_t *rows, const RowOrder *order, uint64_t epoch, int64_t first, int64_t count) {
  if (order->block_rows > 0) {
    read_blocks(rows, order, epoch, first, count);
    return;
  }
  Shuffle shuffle =
      shuffle_of((uint64_t)order->rows, order->seed, 0, (uint32_t)epoch, random_stream(RANDOM_SHUFFLE, 0));
  for (int64_t i = 0; i < count; i++) rows[i] = (int64_t)shuffle_at(&shuffle, (uint64_t)(first + i));
}
