// How a product is cut into tasks, for every instruction set alike: groups of columns by blocks of rows.
//
// Tasks go group by group, so that a thread packs the columns of a group once for all its rows; the last
// group, which may be narrow, has longer blocks of rows, so that all tasks cost about the same.
#ifndef INGOT_KERNELS_PRODUCT_CUT_H
#define INGOT_KERNELS_PRODUCT_CUT_H

#include <stdint.h>

enum {
  CUT_ROWS = 96,               // of a block
  CUT_COLUMNS = 32,            // a group is a multiple of it
  CUT_FLOATS = 260 * 1024,     // of a group's packed columns
  CUT_JOINED = 128,            // columns of a group whose sums have several leaves, or accumulators
  CUT_MANY_ROWS = 2048,        // from here threads share the rows, below the columns
  CUT_WORTHWHILE = 256 * 1024, // multiply-adds worth waking a thread for
  CUT_THIN = 8                 // below so many rows, columns or terms memory decides, not their number
};

typedef struct Cut {
  int64_t rows, columns;
  int64_t block, width;     // rows of a block, columns of a group
  int64_t blocks, tasks;    // blocks of all rows
  int64_t last, last_block; // first task of the last group, rows of its blocks
} Cut;

// A group's columns [column, column_end) and those rows of it that a range of tasks holds.
typedef struct CutPart {
  int64_t column, column_end, row, row_end;
} CutPart;

static inline int64_t cut_extent(int64_t extent) {
  return extent < CUT_THIN ? CUT_THIN : extent;
}

// A product of `rows` x `columns` sums of `terms` terms in each of `grains` grains, in groups of `most`
// columns at most. What is not worth two threads is one block of rows.
static inline Cut cut_with(int64_t rows, int64_t columns, int64_t terms, int64_t grains, int64_t most) {
  int64_t all = (columns + CUT_COLUMNS - 1) / CUT_COLUMNS, group = CUT_FLOATS / (CUT_COLUMNS * (terms + 1));
  if (group > most / CUT_COLUMNS) group = most / CUT_COLUMNS;
  int small = cut_extent(rows) * cut_extent(columns) * cut_extent(terms) * grains < 2 * CUT_WORTHWHILE;
  if (rows < CUT_MANY_ROWS && group > all / 2 && !small) group = all / 2;
  if (group > all) group = all;
  if (group < 1) group = 1;
  Cut cut = {.rows = rows, .columns = columns, .width = group * CUT_COLUMNS};
  cut.block = small && rows > 0 ? rows : CUT_ROWS;
  cut.blocks = (rows + cut.block - 1) / cut.block;
  int64_t before = columns > 0 ? (columns - 1) / cut.width : 0; // groups before the last
  int64_t narrow = (columns - before * cut.width + CUT_COLUMNS - 1) / CUT_COLUMNS;
  cut.last = before * cut.blocks;
  cut.last_block = cut.block * (narrow > 0 ? group / narrow : 1);
  cut.tasks = columns > 0 ? cut.last + (rows + cut.last_block - 1) / cut.last_block : 0;
  return cut;
}

static inline Cut cut_of(int64_t rows, int64_t columns, int64_t terms) {
  return cut_with(rows, columns, terms, 1, terms > 256 ? CUT_JOINED : INT64_MAX);
}

// A gradient of weights: its group is narrow, so that accumulators stay in the cache from grain to grain.
static inline Cut cut_of_weights(int64_t outputs, int64_t inputs, int64_t rows, int64_t grain) {
  return cut_with(outputs, inputs, grain, (rows + grain - 1) / grain, CUT_JOINED);
}

// The first part of tasks [*first, last), which it takes off the range.
static inline CutPart cut_take(const Cut *cut, int64_t *first, int64_t last) {
  int64_t group = *first / cut->blocks, block = *first % cut->blocks;
  int64_t rows = cut->block, end = (group + 1) * cut->blocks;
  if (*first >= cut->last) {
    group = cut->last / cut->blocks;
    block = *first - cut->last;
    rows = cut->last_block;
    end = cut->tasks;
  }
  if (end > last) end = last;
  CutPart part = {group * cut->width, (group + 1) * cut->width, block * rows, (block + end - *first) * rows};
  if (part.column_end > cut->columns) part.column_end = cut->columns;
  if (part.row_end > cut->rows) part.row_end = cut->rows;
  *first = end;
  return part;
}

#endif
