// Cutting sorted rows into groups.
#include "engine/evaluate/resample/score_groups.h"

#include "engine/evaluate/statistics/score_blocks.h"
#include "engine/shared/exact_sum.h"
#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

// Rows order[from..to) become the next group.
static void close_group(ScoreGroups *groups, const EvaluationSet *set, const ScoreBlocks *blocks,
                        int64_t from, int64_t to) {
  ExactSum scores = {0}, weights = {0};
  for (int64_t i = from; i < to; i++) {
    int64_t row = blocks->order[i];
    double weight = set->weights == NULL ? 1 : set->weights[row];
    groups->cell[row] = (uint16_t)(2 * groups->count + (set->labels[row] == 1));
    exact_sum_add(&scores, weight * set->scores[row]);
    exact_sum_add(&weights, weight);
  }
  double weight = exact_sum_value(&weights);
  groups->score[groups->count] = weight > 0 ? exact_sum_value(&scores) / weight : 0;
  groups->count++;
}

void score_groups_of(ScoreGroups *groups, const EvaluationSet *set) {
  ScoreBlocks *own = set->blocks == NULL ? score_blocks_new(set) : NULL;
  const ScoreBlocks *blocks = own != NULL ? own : set->blocks;
  *groups = (ScoreGroups){.cell = memory_get((size_t)set->rows, sizeof *groups->cell),
                          .score = memory_get(SCORE_GROUPS + 1, sizeof *groups->score)};
  int64_t from = 0, left = SCORE_GROUPS;
  bool all = blocks->count <= SCORE_GROUPS;
  groups->first_one = -1;
  for (int64_t b = 0; b < blocks->count; b++) {
    // A group ends with the first block that brings it to its share of the rows that are left.
    int64_t due = from + (set->rows - from + left - 1) / left;
    bool above = score_block_score(blocks, b) >= set->policy.threshold;
    bool next_above = b + 1 < blocks->count && score_block_score(blocks, b + 1) >= set->policy.threshold;
    if (above && groups->first_one < 0) groups->first_one = groups->count;
    if (!all && blocks->end[b] < due && above == next_above && b + 1 < blocks->count) continue;
    close_group(groups, set, blocks, from, blocks->end[b]);
    from = blocks->end[b];
    if (left > 1) left--;
  }
  if (groups->first_one < 0) groups->first_one = groups->count;
  score_blocks_free(own);
}

void score_groups_clear(ScoreGroups *groups) {
  free(groups->cell);
  free(groups->score);
  memset(groups, 0, sizeof *groups);
}
