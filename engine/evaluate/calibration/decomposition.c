// Pooling adjacent violators, and labels simulated from the scores.
#include "engine/evaluate/calibration/decomposition.h"

#include "engine/evaluate/metrics.h"
#include "engine/evaluate/statistics/terms.h"
#include "engine/shared/exact_sum.h"
#include "engine/shared/math64.h"
#include "engine/shared/memory.h"
#include "kernels/shared/philox.h"

#include <stdlib.h>

enum { REPLICATES = 1000, ROW_BY_ROW = 16384 };

// ---- Brier ----

typedef struct Pool {
  double positive, weight;
} Pool;

// Pools of increasing share of positives; room for one a block at most, grown as needed.
static Pool *isotonic_pools(const ScoreBlocks *blocks, int64_t *count) {
  int64_t room = 1024;
  Pool *pools = memory_get((size_t)room, sizeof *pools);
  *count = 0;
  for (int64_t b = 0; b < blocks->count; b++) {
    double positive = score_block_positive(blocks, b);
    Pool pool = {positive, positive + score_block_negative(blocks, b)};
    if (!(pool.weight > 0)) continue;
    while (*count > 0 &&
           pools[*count - 1].positive * pool.weight >= pool.positive * pools[*count - 1].weight) {
      pool.positive += pools[*count - 1].positive;
      pool.weight += pools[*count - 1].weight;
      --*count;
    }
    if (*count == room) pools = memory_grow(pools, (size_t)(room *= 2), sizeof *pools);
    pools[(*count)++] = pool;
  }
  return pools;
}

BrierParts brier_parts(const EvaluationSet *set, const ScoreBlocks *blocks) {
  int64_t count;
  Pool *pools = isotonic_pools(blocks, &count);
  SumBins squares = {0};
  // A pool of mean m costs positives (1 - m)^2 + negatives m^2.
  for (int64_t i = 0; i < count; i++)
    sum_bins_add(&squares, pools[i].positive * ((pools[i].weight - pools[i].positive) / pools[i].weight));
  free(pools);
  double weight = blocks->positive_total + blocks->negative_total;
  double recalibrated = sum_bins_value(&squares) / weight, rate = blocks->positive_total / weight;
  double uncertainty = rate * (blocks->negative_total / weight);
  return (BrierParts){metric_term_mean(set, &metric_table[METRIC_brier]) - recalibrated,
                      uncertainty - recalibrated, uncertainty};
}

// ---- noise floor ----

static void words_of(uint32_t words[4], int64_t group, int replicate) {
  random_words(words, 0, (uint32_t)group, 0, (uint32_t)replicate, random_stream(RANDOM_CALIBRATION, 0));
}

// Sum of the labels of a bin minus the sum of its scores, row by row.
static double drawn_by_rows(const EvaluationSet *set, const ScoreBlocks *blocks, const CalibrationBin *bin,
                            int replicate) {
  int64_t positives = 0, group = -1;
  uint32_t words[4];
  for (int64_t place = bin->first; place < bin->first + bin->rows; place++) {
    if (place / 4 != group) words_of(words, group = place / 4, replicate);
    positives += (double)words[place % 4] < set->scores[blocks->order[place]] * 0x1p32;
  }
  return (double)positives - bin->mean_score * bin->weight;
}

// The same with the sum of labels normal.
static double drawn_normal(int bin, double deviation, int replicate) {
  uint32_t words[4];
  words_of(words, bin / 4, replicate);
  return deviation * math64_normal_quantile(((double)words[bin % 4] + 0.5) * 0x1p-32);
}

static int compare_numbers(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

NoiseFloor noise_floor(const EvaluationSet *set, const ScoreBlocks *blocks, const CalibrationBin *bins,
                       int count) {
  bool by_rows = set->weights == NULL && set->rows <= ROW_BY_ROW;
  double errors[REPLICATES], deviations[CALIBRATION_BINS], weight = 0;
  for (int b = 0; b < count; b++) {
    deviations[b] = math64_sqrt(bins[b].spread);
    weight += bins[b].weight;
  }
  for (int replicate = 0; replicate < REPLICATES; replicate++) {
    double error = 0;
    for (int b = 0; b < count; b++) {
      double excess = by_rows ? drawn_by_rows(set, blocks, &bins[b], replicate)
                              : drawn_normal(b, deviations[b], replicate);
      error += excess < 0 ? -excess : excess;
    }
    errors[replicate] = error / weight;
  }
  double mean = exact_sum_of(errors, REPLICATES) / REPLICATES;
  qsort(errors, REPLICATES, sizeof *errors, compare_numbers);
  int place = 95 * (REPLICATES - 1), low = place / 100;
  return (NoiseFloor){mean, errors[low] + (errors[low + 1] - errors[low]) * ((double)(place % 100) / 100)};
}
