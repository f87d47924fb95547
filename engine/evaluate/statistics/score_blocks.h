// Rows in the order of their score, equal scores as one block: what ranking metrics, cuts and bins are made
// of.
#ifndef INGOT_ENGINE_EVALUATE_SCORE_BLOCKS_H
#define INGOT_ENGINE_EVALUATE_SCORE_BLOCKS_H

#include "engine/evaluate/evaluation_set.h"

// Block b holds the rows order[start..end[b]), start = b == 0 ? 0 : end[b - 1]; scores ascend (-0 is +0).
struct ScoreBlocks {
  int64_t rows, count;
  int64_t *order;     // [rows]
  int64_t *end;       // [count]
  double *score;      // [count]
  int64_t *positives; // [count] rows with label 1
  // [count] weight of the rows by label 1 and other; counts where the set has no weights
  double *positive_weight, *negative_weight;
  int64_t positive_rows;
  double positive_total, negative_total; // exact sums over all rows
  bool weighted;
};

// Of a set with one score a row; without labels (predict) nothing is counted by label. O(rows). Freed by
// score_blocks_free (NULL is allowed).
ScoreBlocks *score_blocks_new(const EvaluationSet *set);
void score_blocks_free(ScoreBlocks *blocks);

static inline int64_t score_block_start(const ScoreBlocks *blocks, int64_t block) {
  return block == 0 ? 0 : blocks->end[block - 1];
}

#endif
