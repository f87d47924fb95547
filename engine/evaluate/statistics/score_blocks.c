// Sorting by score and cutting into blocks of equal scores.
#include "engine/evaluate/statistics/score_blocks.h"

#include "engine/shared/exact_sum.h"
#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

enum { RADIX_BITS = 11, RADIX = 1 << RADIX_BITS, PASSES = 3, SMALL_RUN = 64 };

// Keys with their rows, and room to move them to.
typedef struct Keyed {
  uint64_t *keys, *other_keys;
  uint32_t *rows, *other_rows;
  int64_t count;
} Keyed;

// Unsigned keys that order as the numbers do; both zeros are one.
static uint64_t key_of(double score) {
  uint64_t bits, sign = (uint64_t)1 << 63;
  score += 0.0; // -0 + 0 = +0
  memcpy(&bits, &score, sizeof bits);
  return bits & sign ? ~bits : bits | sign;
}

static double score_of(uint64_t key) {
  uint64_t sign = (uint64_t)1 << 63, bits = key & sign ? key ^ sign : ~key;
  double score;
  memcpy(&score, &bits, sizeof score);
  return score;
}

static void swap_room(Keyed *keyed) {
  uint64_t *keys = keyed->keys;
  uint32_t *rows = keyed->rows;
  keyed->keys = keyed->other_keys, keyed->rows = keyed->other_rows;
  keyed->other_keys = keys, keyed->other_rows = rows;
}

// One stable pass by the digit at `shift`, counts[] of which are given.
static void sort_pass(const Keyed *keyed, int64_t from, int64_t to, int shift, int64_t counts[RADIX]) {
  int64_t position = from;
  for (int digit = 0; digit < RADIX; digit++) {
    int64_t count = counts[digit];
    counts[digit] = position;
    position += count;
  }
  for (int64_t i = from; i < to; i++) {
    int64_t place = counts[keyed->keys[i] >> shift & (RADIX - 1)]++;
    keyed->other_keys[place] = keyed->keys[i];
    keyed->other_rows[place] = keyed->rows[i];
  }
}

static void insertion_sort(const Keyed *keyed, int64_t from, int64_t to) {
  for (int64_t i = from + 1; i < to; i++) {
    uint64_t key = keyed->keys[i];
    uint32_t row = keyed->rows[i];
    int64_t place = i;
    for (; place > from && keyed->keys[place - 1] > key; place--) {
      keyed->keys[place] = keyed->keys[place - 1];
      keyed->rows[place] = keyed->rows[place - 1];
    }
    keyed->keys[place] = key;
    keyed->rows[place] = row;
  }
}

static bool is_sorted(const Keyed *keyed, int64_t from, int64_t to) {
  for (int64_t i = from + 1; i < to; i++) {
    if (keyed->keys[i - 1] > keyed->keys[i]) return false;
  }
  return true;
}

// Sorts [from, to) by the 33 bits below the highest one in which its keys differ (radix, lowest digit first),
// then each run of equal bits, of which there are few unless scores crowd, in the same way.
static void sort_range(Keyed *keyed, int64_t from, int64_t to) {
  if (is_sorted(keyed, from, to)) return;
  if (to - from <= SMALL_RUN) {
    insertion_sort(keyed, from, to);
    return;
  }
  uint64_t differ = 0;
  for (int64_t i = from; i < to; i++) differ |= keyed->keys[i] ^ keyed->keys[from];
  int top = 64 - __builtin_clzll(differ), low = top > PASSES * RADIX_BITS ? top - PASSES * RADIX_BITS : 0;
  int64_t(*counts)[RADIX] = memory_get(PASSES, sizeof *counts);
  for (int64_t i = from; i < to; i++) {
    for (int pass = 0; pass < PASSES; pass++)
      counts[pass][keyed->keys[i] >> (low + pass * RADIX_BITS) & (RADIX - 1)]++;
  }
  int passes = (top - low + RADIX_BITS - 1) / RADIX_BITS;
  for (int pass = 0; pass < passes; pass++) {
    sort_pass(keyed, from, to, low + pass * RADIX_BITS, counts[pass]);
    swap_room(keyed);
  }
  free(counts);
  if (passes % 2 != 0 && to - from < keyed->count) { // what lies outside of [from, to) did not move
    size_t count = (size_t)(to - from);
    memcpy(keyed->other_keys + from, keyed->keys + from, count * sizeof *keyed->keys);
    memcpy(keyed->other_rows + from, keyed->rows + from, count * sizeof *keyed->rows);
    swap_room(keyed);
  }
  for (int64_t start = from; low > 0 && start < to;) {
    int64_t end = start + 1;
    while (end < to && keyed->keys[end] >> low == keyed->keys[start] >> low) end++;
    if (end - start > 1) sort_range(keyed, start, end);
    start = end;
  }
}

// keys and rows in ascending order; both are the caller's to free.
static Keyed sorted_keys(const double *scores, int64_t rows) {
  size_t count = (size_t)rows;
  Keyed keyed = {memory_get(count, sizeof *keyed.keys), memory_get(count, sizeof *keyed.keys),
                 memory_get(count, sizeof *keyed.rows), memory_get(count, sizeof *keyed.rows), rows};
  for (int64_t i = 0; i < rows; i++) {
    keyed.keys[i] = key_of(scores[i]);
    keyed.rows[i] = (uint32_t)i;
  }
  sort_range(&keyed, 0, rows);
  free(keyed.other_keys);
  free(keyed.other_rows);
  return keyed;
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

static void weigh_blocks(ScoreBlocks *blocks, const EvaluationSet *set) {
  size_t count = (size_t)blocks->count;
  blocks->weight_of_positives = memory_get(count, sizeof *blocks->weight_of_positives);
  blocks->weight_of_others = memory_get(count, sizeof *blocks->weight_of_others);
  for (int64_t b = 0; b < blocks->count; b++) {
    int64_t from = score_block_start(blocks, b), to = blocks->end[b];
    blocks->weight_of_positives[b] = block_weight(blocks, set, from, to, true);
    blocks->weight_of_others[b] = block_weight(blocks, set, from, to, false);
  }
  blocks->positive_total = block_weight(blocks, set, 0, blocks->rows, true);
  blocks->negative_total = block_weight(blocks, set, 0, blocks->rows, false);
}

// Cuts the sorted rows; the keys become the scores of blocks, in their place.
static void cut_blocks(ScoreBlocks *blocks, const EvaluationSet *set, Keyed *sorted) {
  uint32_t *end = memory_get((size_t)set->rows, sizeof *end);
  uint32_t *positives = memory_get((size_t)set->rows, sizeof *positives);
  uint64_t *keys = sorted->keys, last = 0;
  int64_t count = 0;
  for (int64_t i = 0; i < set->rows; i++) {
    bool positive = set->labels != NULL && set->labels[sorted->rows[i]] == 1;
    if (i == 0 || keys[i] != last) {
      last = keys[i];
      double score = score_of(last);
      memcpy(&keys[count++], &score, sizeof score);
    }
    end[count - 1] = (uint32_t)(i + 1);
    positives[count - 1] += positive;
    blocks->positive_rows += positive;
  }
  blocks->count = count;
  blocks->order = sorted->rows;
  blocks->score = memory_grow((double *)keys, (size_t)count, sizeof *blocks->score); // what ties do not need
  blocks->end = memory_grow(end, (size_t)count, sizeof *end);
  blocks->positives = memory_grow(positives, (size_t)count, sizeof *positives);
}

ScoreBlocks *score_blocks_new(const EvaluationSet *set) {
  ScoreBlocks *blocks = memory_get(1, sizeof *blocks);
  Keyed sorted = sorted_keys(set->scores, set->rows);
  blocks->rows = set->rows;
  blocks->weighted = set->weights != NULL;
  cut_blocks(blocks, set, &sorted);
  blocks->positive_total = (double)blocks->positive_rows;
  blocks->negative_total = (double)(blocks->rows - blocks->positive_rows);
  if (blocks->weighted) weigh_blocks(blocks, set);
  return blocks;
}

void score_blocks_free(ScoreBlocks *blocks) {
  if (blocks == NULL) return;
  free(blocks->order);
  free(blocks->end);
  free(blocks->score);
  free(blocks->positives);
  free(blocks->weight_of_positives);
  free(blocks->weight_of_others);
  free(blocks);
}
