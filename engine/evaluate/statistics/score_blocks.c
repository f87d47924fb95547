// Sorting by score and cutting into blocks of equal scores.
#include "engine/evaluate/statistics/score_blocks.h"

#include "engine/shared/exact_sum.h"
#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

enum { RADIX_BITS = 11, RADIX = 1 << RADIX_BITS, PASSES = 6 };

typedef struct Keyed {
  uint64_t key;
  int64_t row;
} Keyed;

// Unsigned keys that order as the numbers do; both zeros are one.
static uint64_t key_of(double score) {
  uint64_t bits, sign = (uint64_t)1 << 63;
  score += 0.0; // -0 + 0 = +0
  memcpy(&bits, &score, sizeof bits);
  return bits & sign ? ~bits : bits | sign;
}

// One pass of the radix sort (stable); false where every key has the same digit and nothing need move.
static bool sort_pass(Keyed *to, const Keyed *from, int64_t rows, int shift) {
  int64_t counts[RADIX] = {0};
  for (int64_t i = 0; i < rows; i++) counts[from[i].key >> shift & (RADIX - 1)]++;
  if (counts[from[0].key >> shift & (RADIX - 1)] == rows) return false;
  int64_t position = 0;
  for (int digit = 0; digit < RADIX; digit++) {
    int64_t count = counts[digit];
    counts[digit] = position;
    position += count;
  }
  for (int64_t i = 0; i < rows; i++) to[counts[from[i].key >> shift & (RADIX - 1)]++] = from[i];
  return true;
}

static int64_t *sorted_rows(const double *scores, int64_t rows) {
  Keyed *keyed = memory_get((size_t)rows, sizeof *keyed), *other = memory_get((size_t)rows, sizeof *other);
  for (int64_t i = 0; i < rows; i++) keyed[i] = (Keyed){key_of(scores[i]), i};
  for (int pass = 0; pass < PASSES && rows > 0; pass++) {
    if (!sort_pass(other, keyed, rows, pass * RADIX_BITS)) continue;
    Keyed *swap = keyed;
    keyed = other;
    other = swap;
  }
  int64_t *order = memory_get((size_t)rows, sizeof *order);
  for (int64_t i = 0; i < rows; i++) order[i] = keyed[i].row;
  free(keyed);
  free(other);
  return order;
}

// The weight of the rows [from, to) of the order with label 1, or with another label.
static double block_weight(const ScoreBlocks *blocks, const EvaluationSet *set, int64_t from, int64_t to,
                           bool positive) {
  if (to - from == 1) {
    int64_t row = blocks->order[from];
    return (set->labels[row] == 1) == positive ? set->weights[row] : 0;
  }
  ExactSum sum = {0};
  for (int64_t i = from; i < to; i++) {
    int64_t row = blocks->order[i];
    if ((set->labels[row] == 1) == positive) exact_sum_add(&sum, set->weights[row]);
  }
  return exact_sum_value(&sum);
}

static void count_blocks(ScoreBlocks *blocks, const EvaluationSet *set) {
  for (int64_t b = 0; b < blocks->count; b++) {
    int64_t from = score_block_start(blocks, b), to = blocks->end[b], positives = 0;
    for (int64_t i = from; i < to; i++) positives += set->labels[blocks->order[i]] == 1;
    blocks->positives[b] = positives;
    blocks->positive_rows += positives;
    blocks->positive_weight[b] =
        set->weights == NULL ? (double)positives : block_weight(blocks, set, from, to, true);
    blocks->negative_weight[b] =
        set->weights == NULL ? (double)(to - from - positives) : block_weight(blocks, set, from, to, false);
  }
  if (set->weights == NULL) {
    blocks->positive_total = (double)blocks->positive_rows;
    blocks->negative_total = (double)(blocks->rows - blocks->positive_rows);
  } else {
    blocks->positive_total = block_weight(blocks, set, 0, blocks->rows, true);
    blocks->negative_total = block_weight(blocks, set, 0, blocks->rows, false);
  }
}

ScoreBlocks *score_blocks_new(const EvaluationSet *set) {
  ScoreBlocks *blocks = memory_get(1, sizeof *blocks);
  blocks->rows = set->rows;
  blocks->weighted = set->weights != NULL;
  blocks->order = sorted_rows(set->scores, set->rows);
  const double *scores = set->scores;
  int64_t count = 0;
  for (int64_t i = 0; i < set->rows; i++) {
    count += i == 0 || scores[blocks->order[i]] != scores[blocks->order[i - 1]];
  }
  blocks->count = count;
  blocks->end = memory_get((size_t)count, sizeof *blocks->end);
  blocks->score = memory_get((size_t)count, sizeof *blocks->score);
  blocks->positives = memory_get((size_t)count, sizeof *blocks->positives);
  blocks->positive_weight = memory_get((size_t)count, sizeof *blocks->positive_weight);
  blocks->negative_weight = memory_get((size_t)count, sizeof *blocks->negative_weight);
  int64_t b = -1;
  for (int64_t i = 0; i < set->rows; i++) {
    double score = scores[blocks->order[i]] + 0.0;
    if (b < 0 || score != blocks->score[b]) blocks->score[++b] = score;
    blocks->end[b] = i + 1;
  }
  if (set->labels != NULL) count_blocks(blocks, set);
  return blocks;
}

void score_blocks_free(ScoreBlocks *blocks) {
  if (blocks == NULL) return;
  free(blocks->order);
  free(blocks->end);
  free(blocks->score);
  free(blocks->positives);
  free(blocks->positive_weight);
  free(blocks->negative_weight);
  free(blocks);
}
