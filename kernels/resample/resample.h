// Resampling of rows: sums over the rows under the weights of many resamples at once. Host only.
//
// A Poisson resample b weighs row i with w(i, b) = the number of k with word > poisson_thresholds[k], a
// Poisson(1) number drawn by inversion from a 32-bit word: word b % 4 of Philox4x32-10 (R5) with key = seed,
// counter = (low half of unit[i], high half, b / 4, RANDOM_BOOTSTRAP * 2^24). So rows that share a unit share
// every weight, and a weight hangs on nothing but seed, unit and b. The other kind leaves out: resample g <
// RESAMPLE_BLOCKS weighs a row with 0 where unit[i] % RESAMPLE_BLOCKS == g and with 1 elsewhere (the grouped
// jackknife); resample RESAMPLE_BLOCKS weighs every row with 1, those above it hold nothing of meaning.
//
// Everything is summed in integers, so no order of rows exists: any cut of the rows into calls gives the same
// sums.
#ifndef INGOT_KERNELS_RESAMPLE_RESAMPLE_H
#define INGOT_KERNELS_RESAMPLE_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

enum { RESAMPLE_LANES = 64, RESAMPLE_BLOCKS = 200, RESAMPLE_LARGEST = 12 };

// Resample b = RESAMPLE_LANES * group + r is in lane resample_lane(r) of its group.
static inline int resample_lane(int r) {
  return r % 4 * (RESAMPLE_LANES / 4) + r / 4;
}

// floor(2^32 P(X <= k)), k = 0..11, X of Poisson(1): beyond, the words run out.
extern const uint32_t poisson_thresholds[RESAMPLE_LARGEST];

// counts[group][cell[i]][lane] += w; at most (2^32 - 1) / RESAMPLE_LARGEST rows in all.
typedef struct ResampleCounts {
  const uint16_t *cell; // [rows]
  int cells;
  uint32_t *counts; // [groups, cells, RESAMPLE_LANES]
} ResampleCounts;

// sums[group][cell[i]][lane] += w * term[i]; the sum of |12 * term| over all rows is below 2^63.
typedef struct ResampleSums {
  const uint16_t *cell; // [rows]; NULL: one cell
  const int64_t *term;  // [rows]
  int cells;
  int64_t *sums; // [groups, cells, RESAMPLE_LANES]
} ResampleSums;

typedef enum ResampleKind { RESAMPLE_POISSON, RESAMPLE_LEAVE_OUT } ResampleKind;

typedef struct Resample {
  ResampleKind kind;
  uint64_t seed;
  int64_t rows, first_group; // group g of the arrays is group first_group + g of the resamples
  const uint64_t *unit;      // [rows]
  const ResampleCounts *counts;
  const ResampleSums *sums;
  int count_tables, sum_tables;
  void *room; // resample_room(task) bytes of zeros, aligned to 64, before and after; of one thread alone
} Resample;

size_t resample_room(const Resample *task);

// Adds the rows to groups [first, last) of every table. Each group is written by its task alone.
void resample(const void *arguments, int64_t first, int64_t last);

// The weights of one row in one group, [RESAMPLE_LANES] in the order of lanes: the same, slowly, for tests.
void resample_row_weights(uint32_t *weights, ResampleKind kind, uint64_t seed, uint64_t unit, int64_t group);

// One per instruction set (nothing tells their sums apart); "portable", "avx2" or "avx512".
void resample_portable(const void *arguments, int64_t first, int64_t last);
void resample_avx2(const void *arguments, int64_t first, int64_t last);
void resample_avx512(const void *arguments, int64_t first, int64_t last);
typedef void ResampleFunction(const void *arguments, int64_t first, int64_t last);
ResampleFunction *resample_of_isa(const char *isa); // NULL where this processor or build lacks it

#endif
