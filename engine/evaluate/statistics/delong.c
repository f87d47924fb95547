// AUC and DeLong's standard error.
#include "engine/evaluate/statistics/delong.h"

#include "engine/evaluate/statistics/statistics.h"
#include "engine/shared/exact_sum.h"
#include "engine/shared/math64.h"
#include "engine/shared/memory.h"

#include <stdlib.h>

// Without weights everything is an integer until the one division.
static double auc_of_counts(const ScoreBlocks *blocks) {
  __int128 twice = 0;
  int64_t below = 0;
  for (int64_t b = 0; b < blocks->count; b++) {
    int64_t rows = blocks->end[b] - score_block_start(blocks, b), negatives = rows - blocks->positives[b];
    twice += (__int128)blocks->positives[b] * (2 * below + negatives);
    below += negatives;
  }
  return (double)twice / (2.0 * ((double)blocks->positive_rows * (double)below));
}

double auc_of(const ScoreBlocks *blocks) {
  if (!(blocks->positive_total > 0) || !(blocks->negative_total > 0)) return __builtin_nan("");
  if (!blocks->weighted) return auc_of_counts(blocks);
  ExactSum pairs = {0}, below = {0};
  for (int64_t b = 0; b < blocks->count; b++) {
    double under = exact_sum_value(&below) + 0.5 * blocks->negative_weight[b];
    exact_sum_add(&pairs, blocks->positive_weight[b] * under);
    exact_sum_add(&below, blocks->negative_weight[b]);
  }
  return exact_sum_value(&pairs) / (blocks->positive_total * blocks->negative_total);
}

double *placements_of(const ScoreBlocks *blocks, const EvaluationSet *set) {
  double *placements = memory_get((size_t)set->rows, sizeof *placements);
  ExactSum positives = {0}, negatives = {0};
  for (int64_t b = 0; b < blocks->count; b++) {
    double below = exact_sum_value(&negatives) + 0.5 * blocks->negative_weight[b];
    double above = blocks->positive_total - exact_sum_value(&positives) - 0.5 * blocks->positive_weight[b];
    for (int64_t i = score_block_start(blocks, b); i < blocks->end[b]; i++) {
      int64_t row = blocks->order[i];
      placements[row] =
          set->labels[row] == 1 ? below / blocks->negative_total : above / blocks->positive_total;
    }
    exact_sum_add(&positives, blocks->positive_weight[b]);
    exact_sum_add(&negatives, blocks->negative_weight[b]);
  }
  return placements;
}

// Squared standard error of the mean over the rows of one label.
static double squared_error(const double *values, const EvaluationSet *set, double label) {
  double *picked = memory_get((size_t)set->rows, sizeof *picked);
  double *weights = set->weights == NULL ? NULL : memory_get((size_t)set->rows, sizeof *weights);
  int64_t count = 0;
  for (int64_t i = 0; i < set->rows; i++) {
    if (set->labels[i] != label) continue;
    if (weights != NULL) weights[count] = set->weights[i];
    picked[count++] = values[i];
  }
  Moments moments = moments_of(picked, weights, count);
  free(picked);
  free(weights);
  return moments.standard_error * moments.standard_error;
}

double delong_error(const double *values, const EvaluationSet *set) {
  return math64_sqrt(squared_error(values, set, 1) + squared_error(values, set, 0));
}
