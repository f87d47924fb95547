// Rows in the order of their score, equal scores as one block: what ranking metrics, cuts and bins are made
// of.
#ifndef INGOT_ENGINE_EVALUATE_SCORE_BLOCKS_H
#define INGOT_ENGINE_EVALUATE_SCORE_BLOCKS_H

#include "engine/evaluate/evaluation_set.h"

// Block b holds the rows order[start..end[b]), start = b == 0 ? 0 : end[b - 1]; scores ascend (-0 is +0).
// 20 bytes a row where all scores differ, 36 with weights; 24 while sorting.
struct ScoreBlocks {
  int64_t rows, count;
  uint32_t *order;     // [rows]
  uint32_t *end;       // [count]
  double *score;       // [count]
  uint32_t *positives; // [count] rows with label 1
  // [count] exact sums of the weights of the rows by label 1 and other; NULL where the set has no weights
  double *weight_of_positives, *weight_of_others;
  int64_t positive_rows;
  double positive_total, negative_total; // exact sums over all rows
  bool weighted;
};

// Of a set with one score a row, at most 2^32 - 1 rows; without labels (predict) no label is counted.
// O(rows). Freed by score_blocks_free (NULL is allowed).
ScoreBlocks *score_blocks_new(const EvaluationSet *set);
void score_blocks_free(ScoreBlocks *blocks);

static inline int64_t score_block_start(const ScoreBlocks *blocks, int64_t block) {
  return block == 0 ? 0 : (int64_t)blocks->end[block - 1];
}

static inline int64_t score_block_rows(const ScoreBlocks *blocks, int64_t block) {
  return (int64_t)blocks->end[block] - score_block_start(blocks, block);
}

// Whether row order[place] of a block has label 1: looked up, far away in memory, only where the block has
// both.
static inline bool score_block_is_positive(const ScoreBlocks *blocks, const EvaluationSet *set, int64_t block,
                                           int64_t place) {
  int64_t positives = blocks->positives[block];
  if (positives == 0 || positives == score_block_rows(blocks, block)) return positives > 0;
  return set->labels[blocks->order[place]] == 1;
}

// Weight of the rows with label 1, and of the others; their count where the set has no weights.
static inline double score_block_positive(const ScoreBlocks *blocks, int64_t block) {
  return blocks->weighted ? blocks->weight_of_positives[block] : (double)blocks->positives[block];
}

static inline double score_block_negative(const ScoreBlocks *blocks, int64_t block) {
  return blocks->weighted ? blocks->weight_of_others[block]
                          : (double)(score_block_rows(blocks, block) - blocks->positives[block]);
}

// A sum over blocks in their order, in twice the precision of binary64; integers below 2^53 are exact.
typedef struct RunningSum {
  double high, low;
} RunningSum;

static inline void running_add(RunningSum *sum, double term) {
  double total = sum->high + term, part = total - sum->high; // Knuth's two-sum
  sum->low += (sum->high - (total - part)) + (term - part);
  sum->high = total;
}

static inline double running_value(const RunningSum *sum) {
  return sum->high + sum->low;
}

#endif
