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

// The placement of a block's rows, by label; blocks are asked for in ascending order.
typedef struct Placement {
  RunningSum positives, negatives; // below the block
  double of_positive, of_negative;
} Placement;

static void place_block(Placement *placement, const ScoreBlocks *blocks, int64_t block) {
  double positive = score_block_positive(blocks, block), negative = score_block_negative(blocks, block);
  double below = running_value(&placement->negatives) + 0.5 * negative;
  double above = blocks->positive_total - running_value(&placement->positives) - 0.5 * positive;
  placement->of_positive = below / blocks->negative_total;
  placement->of_negative = above / blocks->positive_total;
  running_add(&placement->positives, positive);
  running_add(&placement->negatives, negative);
}

// differences[row] becomes the row's placement minus what was there.
static void subtract_from_placements(double *differences, const ScoreBlocks *blocks,
                                     const EvaluationSet *set) {
  Placement placement = {0};
  for (int64_t b = 0; b < blocks->count; b++) {
    place_block(&placement, blocks, b);
    for (int64_t i = score_block_start(blocks, b); i < blocks->end[b]; i++) {
      int64_t row = blocks->order[i];
      bool positive = score_block_is_positive(blocks, set, b, i);
      double own = positive ? placement.of_positive : placement.of_negative;
      differences[row] = own - differences[row];
    }
  }
}

double *placements_of(const ScoreBlocks *blocks, const EvaluationSet *set) {
  double *placements = memory_get((size_t)set->rows, sizeof *placements);
  subtract_from_placements(placements, blocks, set);
  return placements;
}

// Of the means of both classes: [0] others, [1] positives. Freed here.
static double error_of_classes(MomentSum *classes) {
  double negative = moment_result(&classes[0]).standard_error;
  double positive = moment_result(&classes[1]).standard_error;
  free(classes);
  return math64_sqrt(positive * positive + negative * negative);
}

static void add_block(MomentSum classes[2], const Placement *placement, const ScoreBlocks *blocks,
                      const EvaluationSet *set, int64_t block) {
  int64_t positives = blocks->positives[block], rows = score_block_rows(blocks, block);
  if (!blocks->weighted) {
    for (int64_t i = 0; i < positives; i++) moment_add(&classes[1], placement->of_positive, 1);
    for (int64_t i = positives; i < rows; i++) moment_add(&classes[0], placement->of_negative, 1);
    return;
  }
  for (int64_t i = score_block_start(blocks, block); i < blocks->end[block]; i++) {
    int64_t row = blocks->order[i];
    bool positive = set->labels[row] == 1;
    moment_add(&classes[positive], positive ? placement->of_positive : placement->of_negative,
               set->weights[row]);
  }
}

double delong_error_of(const ScoreBlocks *blocks, const EvaluationSet *set) {
  MomentSum *classes = memory_get(2, sizeof *classes);
  for (int pass = 0; pass < 2; pass++) {
    Placement placement = {0};
    for (int64_t b = 0; b < blocks->count; b++) {
      place_block(&placement, blocks, b);
      add_block(classes, &placement, blocks, set, b);
    }
    for (int k = 0; k < 2; k++) moment_end_pass(&classes[k]);
  }
  return error_of_classes(classes);
}

double delong_error_of_difference(const EvaluationSet *champion, const EvaluationSet *challenger) {
  const double *labels = challenger->labels, *weights = challenger->weights;
  double *differences = memory_get((size_t)challenger->rows, sizeof *differences);
  MomentSum *classes = memory_get(2, sizeof *classes);
  subtract_from_placements(differences, champion->blocks, champion); // from 0: the champion's
  subtract_from_placements(differences, challenger->blocks, challenger);
  for (int pass = 0; pass < 2; pass++) {
    for (int64_t i = 0; i < challenger->rows; i++)
      moment_add(&classes[labels[i] == 1], differences[i], weights == NULL ? 1 : weights[i]);
    for (int k = 0; k < 2; k++) moment_end_pass(&classes[k]);
  }
  free(differences);
  return error_of_classes(classes);
}
