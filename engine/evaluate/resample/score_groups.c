// Cutting sorted rows into groups.
#include "engine/evaluate/resample/score_groups.h"

#include "engine/evaluate/metrics/facts.h"
#include "engine/evaluate/statistics/score_blocks.h"
#include "engine/shared/exact_sum.h"
#include "engine/shared/math64.h"
#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

typedef struct Cutting {
  const EvaluationSet *set; // of absolute errors as scores for regression
  const ScoreBlocks *blocks;
} Cutting;

// Blocks [first, last) become the next group.
static void close_group(ScoreGroups *groups, const Cutting *cutting, int64_t first, int64_t last) {
  const EvaluationSet *set = cutting->set;
  const ScoreBlocks *blocks = cutting->blocks;
  int64_t from = score_block_start(blocks, first), to = blocks->end[last - 1];
  bool binary = set->task == TASK_BINARY;
  SumBins scores = {0}, weights = {0};
  for (int64_t b = first; b < last; b++) {
    for (int64_t i = score_block_start(blocks, b); i < blocks->end[b]; i++) {
      int64_t row = blocks->order[i];
      bool positive = binary && score_block_is_positive(blocks, set, b, i);
      double weight = set->weights == NULL ? 1 : set->weights[row];
      groups->cell[row] = (uint16_t)(binary ? 2 * groups->count + positive : groups->count);
      sum_bins_add(&scores, weight * blocks->score[b]);
      if (set->weights != NULL) sum_bins_add(&weights, weight);
    }
  }
  double weight = set->weights == NULL ? (double)(to - from) : sum_bins_value(&weights);
  groups->low[groups->count] = set->scores[blocks->order[from]];
  groups->high[groups->count] = set->scores[blocks->order[to - 1]];
  groups->score[groups->count] = weight > 0 ? sum_bins_value(&scores) / weight : groups->low[groups->count];
  groups->count++;
}

static void cut(ScoreGroups *groups, const Cutting *cutting) {
  const ScoreBlocks *blocks = cutting->blocks;
  int64_t from = 0, first = 0, left = SCORE_GROUPS;
  double threshold = cutting->set->policy.threshold;
  bool binary = cutting->set->task == TASK_BINARY, all = blocks->count <= SCORE_GROUPS;
  groups->first_one = -1;
  for (int64_t b = 0; b < blocks->count; b++) {
    // A group ends with the first block that brings it to its share of the rows that are left.
    int64_t due = from + (blocks->rows - from + left - 1) / left;
    bool last = b + 1 == blocks->count, above = binary && blocks->score[b] >= threshold;
    bool at_threshold = binary && !above && !last && blocks->score[b + 1] >= threshold;
    if (above && groups->first_one < 0) groups->first_one = groups->count;
    if (!all && blocks->end[b] < due && !at_threshold && !last) continue;
    close_group(groups, cutting, first, b + 1);
    if (blocks->end[b] >= due && left > 1) left--;
    from = blocks->end[b];
    first = b + 1;
  }
  if (groups->first_one < 0) groups->first_one = groups->count;
}

static void fit(ScoreGroups *groups, const EvaluationSet *set, const ScoreBlocks *blocks) {
  EvaluationSet sorted = *set;
  sorted.blocks = blocks;
  groups->cox = cox_of(&sorted);
  groups->logit = memory_get((size_t)groups->count, sizeof *groups->logit);
  groups->fitted = memory_get((size_t)groups->count, sizeof *groups->fitted);
  for (int g = 0; g < groups->count; g++) {
    double p = clipped_probability(groups->score[g]), x = groups->logit[g] = math64_log(p / (1 - p));
    groups->fitted[g] = 1 / (1 + math64_exp(-(groups->cox.intercept + groups->cox.slope * x)));
  }
}

void score_groups_of(ScoreGroups *groups, const EvaluationSet *set, bool cox) {
  EvaluationSet sorted = *set;
  double *errors = NULL;
  if (set->task == TASK_REGRESSION) {
    sorted.scores = errors = memory_get((size_t)set->rows, sizeof *errors);
    for (int64_t i = 0; i < set->rows; i++) {
      double error = set->scores[i] - set->labels[i];
      errors[i] = error < 0 ? -error : error;
    }
    sorted.blocks = NULL;
  }
  ScoreBlocks *own = sorted.blocks == NULL ? score_blocks_new(&sorted) : NULL;
  Cutting cutting = {.set = &sorted, .blocks = own != NULL ? own : sorted.blocks};
  *groups = (ScoreGroups){.cell = memory_get((size_t)set->rows, sizeof *groups->cell),
                          .score = memory_get(MOST_GROUPS + 1, sizeof *groups->score),
                          .low = memory_get(MOST_GROUPS + 1, sizeof *groups->low),
                          .high = memory_get(MOST_GROUPS + 1, sizeof *groups->high)};
  cut(groups, &cutting);
  if (cox) fit(groups, set, cutting.blocks);
  score_blocks_free(own);
  free(errors);
}

void score_groups_clear(ScoreGroups *groups) {
  free(groups->cell);
  free(groups->score);
  free(groups->low);
  free(groups->high);
  free(groups->logit);
  free(groups->fitted);
  memset(groups, 0, sizeof *groups);
}
