// How a product is cut into tasks, for every instruction set alike: groups of columns by a tile's rows.
//
// Tasks go group by group, so that a thread packs the columns of a group once for all its rows; the last
// group, which may be narrow, has tasks of more rows, so that all tasks cost about the same.
#ifndef INGOT_KERNELS_PRODUCT_CUT_H
#define INGOT_KERNELS_PRODUCT_CUT_H

#include <stdint.h>

enum {
  CUT_ROWS = 96,               // of a block, at most
  CUT_TASK = 12,               // rows of a task: a tile's
  CUT_COLUMNS = 32,            // a group is a multiple of it
  CUT_FLOATS = 260 * 1024,     // of a group's packed columns
  CUT_JOINED = 128,            // columns of a group whose sums have several leaves, or accumulators
  CUT_MANY_ROWS = 2048,        // from here threads share the rows, below the columns,
  CUT_FEW_TERMS = 12,          // but rows of so few terms, whose results decide, lie together for each
  CUT_TALL = 4,                // times as many rows as columns: the same for gradients of weights
  CUT_WORTHWHILE = 256 * 1024, // multiply-adds worth waking a thread for
  CUT_THIN = 8                 // below so many rows, columns or terms memory decides, not their number
};

typedef struct Cut {
  int64_t rows, columns;
  int64_t block, width;     // rows of a task, columns of a group
  int64_t blocks, tasks;    // of a group, of all
  int64_t last, last_block; // first task of the last group, rows of its tasks
  int64_t least;            // tasks worth waking a thread for
} Cut;

// A group's columns [column, column_end) and those rows of it that a range of tasks holds.
typedef struct CutPart {
  int64_t column, column_end, row, row_end;
} CutPart;

static inline int64_t cut_extent(int64_t extent) {
  return extent < CUT_THIN ? (int64_t)CUT_THIN : extent;
}

// What sums of `terms` terms cost, in multiply-adds that need not wait for memory.
static inline int64_t cut_work(int64_t rows, int64_t columns, int64_t terms) {
  return cut_extent(rows) * cut_extent(columns) * cut_extent(terms);
}

// Columns of a group, of which `terms` terms are packed: `most` at most; no more than half of all where two
// threads are to share them.
static inline int64_t cut_width(int64_t columns, int64_t terms, int64_t most, int shared) {
  int64_t all = (columns + CUT_COLUMNS - 1) / CUT_COLUMNS, group = CUT_FLOATS / (CUT_COLUMNS * (terms + 1));
  if (group > most / CUT_COLUMNS) group = most / CUT_COLUMNS;
  if (shared && group > all / 2) group = all / 2;
  if (group > all) group = all;
  return (group < 1 ? 1 : group) * CUT_COLUMNS;
}

// Groups of `width` columns; those of a product that is not worth two threads are a task each.
static inline Cut cut_with(int64_t rows, int64_t columns, int64_t width, int64_t work) {
  Cut cut = {.rows = rows, .columns = columns, .width = width};
  cut.block = work < 2 * CUT_WORTHWHILE && rows > 0 ? rows : (int64_t)CUT_TASK;
  cut.blocks = (rows + cut.block - 1) / cut.block;
  int64_t before = columns > 0 ? (columns - 1) / width : 0; // groups before the last
  int64_t narrow = (columns - before * width + CUT_COLUMNS - 1) / CUT_COLUMNS * CUT_COLUMNS;
  cut.last = before * cut.blocks;
  cut.last_block = narrow > 0 ? cut.block * width / narrow : cut.block;
  cut.tasks = columns > 0 ? cut.last + (rows + cut.last_block - 1) / cut.last_block : 0;
  cut.least = CUT_WORTHWHILE * cut.tasks / work;
  if (cut.least < 1) cut.least = 1;
  return cut;
}

static inline Cut cut_of(int64_t rows, int64_t columns, int64_t terms) {
  const int64_t work = cut_work(rows, columns, terms), most = terms > 256 ? (int64_t)CUT_JOINED : INT64_MAX;
  const int64_t many = terms > CUT_FEW_TERMS ? CUT_MANY_ROWS : CUT_ROWS;
  int shared = work >= 2 * CUT_WORTHWHILE && rows < many;
  return cut_with(rows, columns, cut_width(columns, terms, most, shared), work);
}

// A gradient of weights: its group is narrow, so that accumulators stay in the cache from grain to grain.
static inline Cut cut_of_weights(int64_t outputs, int64_t inputs, int64_t rows, int64_t grain) {
  int64_t work = cut_work(outputs, inputs, rows);
  int shared = work >= 2 * CUT_WORTHWHILE && outputs < CUT_MANY_ROWS && outputs < CUT_TALL * inputs;
  return cut_with(outputs, inputs, cut_width(inputs, grain, CUT_JOINED, shared), work);
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
