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
    int64_t positives = blocks->positives[b], negatives = score_block_rows(blocks, b) - positives;
    twice += (__int128)positives * (2 * below + negatives);
    below += negatives;
  }
  return (double)twice / (2.0 * ((double)blocks->positive_rows * (double)below));
}

double auc_of(const ScoreBlocks *blocks) {
  if (!(blocks->positive_total > 0) || !(blocks->negative_total > 0)) return __builtin_nan("");
  if (!blocks->weighted) return auc_of_counts(blocks);
  RunningSum pairs = {0}, below = {0};
  for (int64_t b = 0; b < blocks->count; b++) {
    double under = running_value(&below) + 0.5 * score_block_negative(blocks, b);
    running_add(&pairs, score_block_positive(blocks, b) * under);
    running_add(&below, score_block_negative(blocks, b));
  }
  return running_value(&pairs) / (blocks->positive_total * blocks->negative_total);
}

double *placements_of(const ScoreBlocks *blocks, const EvaluationSet *set) {
  double *placements = memory_get((size_t)set->rows, sizeof *placements);
  RunningSum positives = {0}, negatives = {0};
  for (int64_t b = 0; b < blocks->count; b++) {
    double positive = score_block_positive(blocks, b), negative = score_block_negative(blocks, b);
    double below = (running_value(&negatives) + 0.5 * negative) / blocks->negative_total;
    double above =
        (blocks->positive_total - running_value(&positives) - 0.5 * positive) / blocks->positive_total;
    for (int64_t i = score_block_start(blocks, b); i < blocks->end[b]; i++) {
      int64_t row = blocks->order[i];
      placements[row] = set->labels[row] == 1 ? below : above;
    }
    running_add(&positives, positive);
    running_add(&negatives, negative);
  }
  return placements;
}

double delong_error(const double *values, const double *from, const EvaluationSet *set) {
  MomentSum *classes = memory_get(2, sizeof *classes);
  for (int pass = 0; pass < 2; pass++) {
    for (int64_t i = 0; i < set->rows; i++) {
      double value = from == NULL ? values[i] : values[i] - from[i];
      moment_add(&classes[set->labels[i] == 1], value, set->weights == NULL ? 1 : set->weights[i]);
    }
    for (int k = 0; k < 2; k++) moment_end_pass(&classes[k]);
  }
  double negative = moment_result(&classes[0]).standard_error,
         positive = moment_result(&classes[1]).standard_error;
  free(classes);
  return math64_sqrt(positive * positive + negative * negative);
}
