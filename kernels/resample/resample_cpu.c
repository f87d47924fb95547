// Sums under resampling weights, written so that the compiler vectorises the innermost loops.
//
// DESIGN. Rows go in blocks: the weights of a block under one group of resamples are made first (counters of
// several rows side by side in the vector lanes), then added to each table. What bounds this is moving sums
// in and out of the caches, so counts gather in bytes, one cache line a cell, and are spilled into the 32-bit
// ones before they can overflow. Tables of one cell keep their sums in registers over a block, as binary64
// where these are exact. Who leaves out a block adds each row to a total, and takes it out of one lane.
#include "kernels/resample/resample.h"

#include "kernels/shared/isa.h"
#include "kernels/shared/philox_lanes.h"

#include <string.h>

enum { BLOCK = 16, TOGETHER = 2, IN_REGISTERS = 32 };
enum { OFTEN = 6 };                      // of the thresholds; beyond the last of them is 1 word in 1,680
enum { SPILL = 255 / RESAMPLE_LARGEST }; // rows that a byte can count
static const int64_t small_term = (int64_t)1 << 43; // BLOCK * RESAMPLE_LARGEST of them stay below 2^51

typedef struct Weights {
  uint8_t at[BLOCK][RESAMPLE_LANES];
  double real[BLOCK][RESAMPLE_LANES]; // where sums of one cell are wanted
} Weights;

// ---- random words ----

// words[TOGETHER][RESAMPLE_LANES] of as many units.
static void random_rows(uint32_t *words, uint64_t seed, const uint64_t *unit, uint32_t group) {
  PhiloxWords rows[TOGETHER];
#pragma GCC unroll 4
  for (int r = 0; r < TOGETHER; r++) {
    const uint32_t counter[] = {(uint32_t)unit[r], (uint32_t)(unit[r] >> 32), group * PHILOX_COUNTERS,
                                (uint32_t)RANDOM_BOOTSTRAP << 24};
    philox_lanes_start(&rows[r], counter, 2, PHILOX_BY_WORD);
  }
  philox_lanes(rows, TOGETHER, seed);
#pragma GCC unroll 4
  for (int r = 0; r < TOGETHER; r++) philox_lanes_store(words + r * RESAMPLE_LANES, &rows[r]);
}

// ---- weights ----

static uint32_t largest_of(const uint32_t *values) {
  uint32_t largest = 0;
  for (int j = 0; j < RESAMPLE_LANES; j++) largest = values[j] > largest ? values[j] : largest;
  return largest;
}

// How many of the thresholds [from, to) each word is above, added to its weight.
static inline __attribute__((always_inline)) void pass_thresholds(uint32_t *weights, const uint32_t *words,
                                                                  int from, int to) {
  for (int lane = 0; lane < RESAMPLE_LANES; lane++) {
    uint32_t weight = weights[lane];
    for (int k = from; k < to; k++) weight += words[lane] > poisson_thresholds[k];
    weights[lane] = weight;
  }
}

static void store_weights(Weights *weights, const uint32_t *words, int row) {
  uint32_t weight[RESAMPLE_LANES] = {0};
  pass_thresholds(weight, words, 0, OFTEN);
  if (largest_of(words) > poisson_thresholds[OFTEN]) pass_thresholds(weight, words, OFTEN, RESAMPLE_LARGEST);
  for (int lane = 0; lane < RESAMPLE_LANES; lane++) weights->at[row][lane] = (uint8_t)weight[lane];
  for (int lane = 0; lane < RESAMPLE_LANES; lane++) weights->real[row][lane] = (int32_t)weight[lane];
}

static void make_weights(Weights *weights, const Resample *s, int64_t row, int rows, int64_t group) {
  uint64_t unit[BLOCK] = {0};
  uint32_t words[TOGETHER][RESAMPLE_LANES];
  memcpy(unit, s->unit + row, (size_t)rows * sizeof *unit);
  for (int first = 0; first < rows; first += TOGETHER) {
    random_rows(words[0], s->seed, unit + first, (uint32_t)group);
    for (int r = 0; r < TOGETHER; r++) store_weights(weights, words[r], first + r);
  }
}

// ---- counts ----

static inline void add_line(uint8_t *restrict line, const uint8_t *restrict weights) {
  for (int lane = 0; lane < RESAMPLE_LANES; lane++) line[lane] = (uint8_t)(line[lane] + weights[lane]);
}

static void spill(uint32_t *restrict counts, uint8_t *restrict line) {
  for (int lane = 0; lane < RESAMPLE_LANES; lane++) counts[lane] += line[lane];
  memset(line, 0, RESAMPLE_LANES);
}

// lines[cells][RESAMPLE_LANES], then the rows in each of them.
static void add_counts(uint32_t *counts, uint8_t *lines, const Weights *weights, const ResampleCounts *table,
                       int64_t row, int rows) {
  uint8_t *taken = lines + (int64_t)table->cells * RESAMPLE_LANES;
  for (int r = 0; r < rows; r++) {
    int64_t cell = table->cell[row + r], at = cell * RESAMPLE_LANES;
    add_line(lines + at, weights->at[r]);
    if (++taken[cell] < SPILL) continue;
    spill(counts + at, lines + at);
    taken[cell] = 0;
  }
}

static void spill_all(uint32_t *counts, uint8_t *lines, int cells) {
  uint8_t *taken = lines + (int64_t)cells * RESAMPLE_LANES;
  for (int cell = 0; cell < cells; cell++) {
    if (taken[cell] > 0) spill(counts + cell * RESAMPLE_LANES, lines + cell * RESAMPLE_LANES);
    taken[cell] = 0;
  }
}

// ---- sums ----

static void add_cells(int64_t *sums, const Weights *weights, const uint16_t *cell, const int64_t *term,
                      int rows) {
  for (int r = 0; r < rows; r++) {
    int64_t *at = sums + (int64_t)cell[r] * RESAMPLE_LANES, x = term[r];
    for (int lane = 0; lane < RESAMPLE_LANES; lane++) at[lane] += (int64_t)weights->at[r][lane] * x;
  }
}

static int are_small(const int64_t *term, int rows) {
  int64_t bits = 0;
  for (int r = 0; r < rows; r++) bits |= term[r] ^ term[r] >> 63;
  return bits < small_term;
}

static void add_small_sums(int64_t *sums, const Weights *weights, const int64_t *term, int rows) {
  for (int from = 0; from < RESAMPLE_LANES; from += IN_REGISTERS) {
    double t[IN_REGISTERS] = {0};
    for (int r = 0; r < rows; r++) {
      const double *weight = weights->real[r] + from;
      double x = (double)term[r];
#pragma GCC unroll 32
      for (int lane = 0; lane < IN_REGISTERS; lane++) t[lane] = __builtin_fma(weight[lane], x, t[lane]);
    }
    for (int lane = 0; lane < IN_REGISTERS; lane++) { // integers within +-2^51 have their bits below 2^52
      double shifted = t[lane] + 0x1.8p52, zero = 0x1.8p52;
      int64_t bits, bits_of_zero;
      memcpy(&bits, &shifted, sizeof bits);
      memcpy(&bits_of_zero, &zero, sizeof bits_of_zero);
      sums[from + lane] += bits - bits_of_zero;
    }
  }
}

static void add_sums(int64_t *sums, const Weights *weights, const int64_t *term, int rows) {
  int64_t t[RESAMPLE_LANES];
  memcpy(t, sums, sizeof t);
  for (int r = 0; r < rows; r++) {
    int64_t x = term[r];
    for (int lane = 0; lane < RESAMPLE_LANES; lane++) t[lane] += (int64_t)weights->at[r][lane] * x;
  }
  memcpy(sums, t, sizeof t);
}

static void add_block(const Resample *s, const Weights *weights, int64_t row, int rows, int64_t group) {
  uint8_t *lines = s->room;
  for (int i = 0; i < s->count_tables; i++) {
    const ResampleCounts *table = &s->counts[i];
    add_counts(table->counts + group * table->cells * RESAMPLE_LANES, lines, weights, table, row, rows);
    lines += (int64_t)table->cells * (RESAMPLE_LANES + 1);
  }
  for (int i = 0; i < s->sum_tables; i++) {
    const ResampleSums *table = &s->sums[i];
    int64_t *sums = table->sums + group * table->cells * RESAMPLE_LANES;
    if (table->cell != NULL)
      add_cells(sums, weights, table->cell + row, table->term + row, rows);
    else if (are_small(table->term + row, rows))
      add_small_sums(sums, weights, table->term + row, rows);
    else
      add_sums(sums, weights, table->term + row, rows);
  }
}

static void poisson_group(const Resample *s, int64_t group) {
  Weights weights;
  for (int64_t row = 0; row < s->rows; row += BLOCK) {
    int rows = s->rows - row < BLOCK ? (int)(s->rows - row) : BLOCK;
    make_weights(&weights, s, row, rows, s->first_group + group);
    add_block(s, &weights, row, rows, group);
  }
  uint8_t *lines = s->room;
  for (int i = 0; i < s->count_tables; i++) {
    const ResampleCounts *table = &s->counts[i];
    spill_all(table->counts + group * table->cells * RESAMPLE_LANES, lines, table->cells);
    lines += (int64_t)table->cells * (RESAMPLE_LANES + 1);
  }
}

// ---- leaving out ----

// Groups [first, last) of a table at once: every row goes into the total of its cell, which all lanes get,
// and out of the lane that leaves it out.
typedef struct LeavingOut {
  const Resample *task;
  int64_t first, last;
} LeavingOut;

// Where among sums[groups, cells, lanes] the row is left out; -1: nowhere.
static inline int64_t place_without(const LeavingOut *out, int64_t row, int64_t cell, int64_t cells) {
  int64_t block = (int64_t)(out->task->unit[row] % RESAMPLE_BLOCKS);
  int64_t group = block / RESAMPLE_LANES - out->task->first_group;
  if (group < out->first || group >= out->last) return -1;
  return (group * cells + cell) * RESAMPLE_LANES + resample_lane((int)(block % RESAMPLE_LANES));
}

static void leave_out_counts(const LeavingOut *out, const ResampleCounts *table) {
  uint32_t *total = out->task->room;
  for (int64_t i = 0, rows = out->task->rows; i < rows; i++) {
    int64_t at = place_without(out, i, table->cell[i], table->cells);
    total[table->cell[i]]++;
    if (at >= 0) table->counts[at]--;
  }
  for (int64_t group = out->first; group < out->last; group++) {
    uint32_t *counts = table->counts + group * table->cells * RESAMPLE_LANES;
    for (int64_t at = 0; at < (int64_t)table->cells * RESAMPLE_LANES; at++)
      counts[at] += total[at / RESAMPLE_LANES];
  }
  memset(total, 0, (size_t)table->cells * sizeof *total);
}

static void leave_out_sums(const LeavingOut *out, const ResampleSums *table) {
  int64_t *total = out->task->room;
  for (int64_t i = 0, rows = out->task->rows; i < rows; i++) {
    int64_t cell = table->cell == NULL ? 0 : table->cell[i];
    int64_t at = place_without(out, i, cell, table->cells);
    total[cell] += table->term[i];
    if (at >= 0) table->sums[at] -= table->term[i];
  }
  for (int64_t group = out->first; group < out->last; group++) {
    int64_t *sums = table->sums + group * table->cells * RESAMPLE_LANES;
    for (int64_t at = 0; at < (int64_t)table->cells * RESAMPLE_LANES; at++)
      sums[at] += total[at / RESAMPLE_LANES];
  }
  memset(total, 0, (size_t)table->cells * sizeof *total);
}

void ISA_NAME(resample)(const void *arguments, int64_t first, int64_t last) {
  const Resample *s = arguments;
  LeavingOut out = {s, first, last};
  for (int64_t group = first; s->kind == RESAMPLE_POISSON && group < last; group++) poisson_group(s, group);
  for (int i = 0; s->kind == RESAMPLE_LEAVE_OUT && i < s->count_tables; i++)
    leave_out_counts(&out, &s->counts[i]);
  for (int i = 0; s->kind == RESAMPLE_LEAVE_OUT && i < s->sum_tables; i++) leave_out_sums(&out, &s->sums[i]);
}
