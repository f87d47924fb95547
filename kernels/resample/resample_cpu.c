// Sums under resampling weights, written so that the compiler vectorises the innermost loops.
//
// DESIGN. Rows go in blocks: the weights of a block under one group of resamples are made first (counters of
// several rows side by side in the vector lanes), then added to each table. Tables of one cell keep their
// sums in registers over a block; the others add a row of lanes at a time.
#include "kernels/resample/resample.h"

#include "kernels/shared/isa.h"
#include "kernels/shared/philox.h"

#include <string.h>

enum { BLOCK = 16, COUNTERS = RESAMPLE_LANES / 4, TOGETHER = 4, WIDE = TOGETHER * COUNTERS };

typedef struct Weights {
  uint32_t at[BLOCK][RESAMPLE_LANES];
} Weights;

typedef struct Words {
  uint32_t x[4][WIDE];
} Words;

// One round of Philox4x32 (Salmon et al. 2011) on WIDE counters.
static inline __attribute__((always_inline)) void philox_round(Words *words, uint32_t k0, uint32_t k1) {
  for (int j = 0; j < WIDE; j++) {
    uint32_t a = words->x[0][j], b = words->x[2][j];
    uint32_t high0 = (uint32_t)((uint64_t)a * 0xD2511F53u >> 32);
    uint32_t high1 = (uint32_t)((uint64_t)b * 0xCD9E8D57u >> 32);
    words->x[0][j] = high1 ^ words->x[1][j] ^ k0;
    words->x[1][j] = b * 0xCD9E8D57u;
    words->x[2][j] = high0 ^ words->x[3][j] ^ k1;
    words->x[3][j] = a * 0xD2511F53u;
  }
}

// The weights of TOGETHER rows.
static void poisson_rows(uint32_t (*weights)[RESAMPLE_LANES], uint64_t seed, const uint64_t *unit,
                         uint32_t group) {
  Words words;
  for (int r = 0; r < TOGETHER; r++) {
    for (int j = 0; j < COUNTERS; j++) {
      words.x[0][r * COUNTERS + j] = (uint32_t)unit[r];
      words.x[1][r * COUNTERS + j] = (uint32_t)(unit[r] >> 32);
      words.x[2][r * COUNTERS + j] = group * COUNTERS + (uint32_t)j;
      words.x[3][r * COUNTERS + j] = RANDOM_BOOTSTRAP << 24;
    }
  }
  uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
#pragma GCC unroll 10
  for (int round = 0; round < 10; round++) {
    philox_round(&words, k0, k1);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  for (int r = 0; r < TOGETHER; r++) {
    for (int word = 0; word < 4; word++) {
      for (int j = 0; j < COUNTERS; j++) {
        uint32_t value = words.x[word][r * COUNTERS + j], weight = 0;
        for (int k = 0; k < RESAMPLE_LARGEST; k++) weight += value > poisson_thresholds[k];
        weights[r][word * COUNTERS + j] = weight;
      }
    }
  }
}

static void leave_out_row(uint32_t *weights, uint64_t unit, int64_t group) {
  for (int lane = 0; lane < RESAMPLE_LANES; lane++) weights[lane] = 1;
  int block = (int)(unit % RESAMPLE_BLOCKS);
  if (block / RESAMPLE_LANES == group) weights[resample_lane(block % RESAMPLE_LANES)] = 0;
}

static void make_weights(Weights *weights, const Resample *s, int64_t row, int rows, int64_t group) {
  uint64_t unit[BLOCK] = {0};
  memcpy(unit, s->unit + row, (size_t)rows * sizeof *unit);
  for (int r = 0; s->kind == RESAMPLE_POISSON && r < rows; r += TOGETHER)
    poisson_rows(weights->at + r, s->seed, unit + r, (uint32_t)group);
  for (int r = 0; s->kind == RESAMPLE_LEAVE_OUT && r < rows; r++)
    leave_out_row(weights->at[r], unit[r], group);
}

static void add_counts(uint32_t *counts, const Weights *weights, const uint16_t *cell, int rows) {
  for (int r = 0; r < rows; r++) {
    uint32_t *at = counts + (int64_t)cell[r] * RESAMPLE_LANES;
    for (int lane = 0; lane < RESAMPLE_LANES; lane++) at[lane] += weights->at[r][lane];
  }
}

static void add_cells(int64_t *sums, const Weights *weights, const uint16_t *cell, const int64_t *term,
                      int rows) {
  for (int r = 0; r < rows; r++) {
    int64_t *at = sums + (int64_t)cell[r] * RESAMPLE_LANES, x = term[r];
    for (int lane = 0; lane < RESAMPLE_LANES; lane++) at[lane] += (int64_t)weights->at[r][lane] * x;
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
  for (int i = 0; i < s->count_tables; i++) {
    const ResampleCounts *table = &s->counts[i];
    add_counts(table->counts + group * table->cells * RESAMPLE_LANES, weights, table->cell + row, rows);
  }
  for (int i = 0; i < s->sum_tables; i++) {
    const ResampleSums *table = &s->sums[i];
    int64_t *sums = table->sums + group * table->cells * RESAMPLE_LANES;
    if (table->cell == NULL)
      add_sums(sums, weights, table->term + row, rows);
    else
      add_cells(sums, weights, table->cell + row, table->term + row, rows);
  }
}

void ISA_NAME(resample)(const void *arguments, int64_t first, int64_t last) {
  const Resample *s = arguments;
  Weights weights;
  for (int64_t group = first; group < last; group++) {
    for (int64_t row = 0; row < s->rows; row += BLOCK) {
      int rows = s->rows - row < BLOCK ? (int)(s->rows - row) : BLOCK;
      make_weights(&weights, s, row, rows, s->first_group + group);
      add_block(s, &weights, row, rows, group);
    }
  }
}
