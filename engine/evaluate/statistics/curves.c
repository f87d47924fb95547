// Calibration bins and cuts of the score.
#include "engine/evaluate/statistics/curves.h"

#include "engine/evaluate/money.h"
#include "engine/evaluate/statistics/statistics.h"
#include "engine/shared/exact_sum.h"
#include "engine/shared/memory.h"

#include <stdlib.h>

// One bin of the rows order[from..to).
static CalibrationBin bin_of(const EvaluationSet *set, const ScoreBlocks *blocks, int64_t from, int64_t to,
                             double confidence) {
  int64_t count = to - from;
  double *scores = memory_get((size_t)count, sizeof *scores),
         *labels = memory_get((size_t)count, sizeof *labels);
  double *weights = set->weights == NULL ? NULL : memory_get((size_t)count, sizeof *weights);
  for (int64_t i = 0; i < count; i++) {
    int64_t row = blocks->order[from + i];
    scores[i] = set->scores[row];
    labels[i] = set->labels[row];
    if (weights != NULL) weights[i] = set->weights[row];
  }
  Moments moments = moments_of(labels, weights, count);
  Estimate interval =
      set->task == TASK_BINARY && weights == NULL
          ? estimate_wilson(exact_sum_of(labels, (size_t)count), (double)count, confidence)
          : estimate_symmetric(INTERVAL_T, moments.mean, moments.standard_error, moments.n, confidence);
  CalibrationBin bin = {.rows = count,
                        .weight = moments.weight,
                        .low_score = scores[0],
                        .high_score = scores[count - 1],
                        .mean_score = mean_of(scores, weights, count),
                        .mean_label = moments.mean,
                        .low = interval.low,
                        .high = interval.high};
  free(scores);
  free(labels);
  free(weights);
  return bin;
}

void calibration_of(EvaluationReport *report, const EvaluationSet *set, const ScoreBlocks *blocks) {
  int64_t from = 0;
  ExactSum error = {0};
  report->bin_count = 0;
  for (int64_t b = 0; b < blocks->count; b++) {
    // A bin ends with the first block that brings it to its share of the rows that are left.
    int64_t bins_left = CALIBRATION_BINS - report->bin_count;
    int64_t due = from + (set->rows - from + bins_left - 1) / bins_left;
    if (blocks->end[b] < due && b + 1 < blocks->count) continue;
    CalibrationBin bin = bin_of(set, blocks, from, blocks->end[b], report->confidence);
    from = blocks->end[b];
    if (!(bin.weight > 0)) continue; // rows of weight 0 say nothing
    report->bins[report->bin_count++] = bin;
    double distance = bin.mean_label - bin.mean_score;
    exact_sum_add(&error, bin.weight / report->weight * (distance < 0 ? -distance : distance));
  }
  report->calibration_error = exact_sum_value(&error);
}

static int64_t block_gain(const EvaluationSet *set, const ScoreBlocks *blocks, int64_t block) {
  int64_t gain = 0;
  for (int64_t i = score_block_start(blocks, block); i < blocks->end[block]; i++) {
    gain += set->money.act[blocks->order[i]] - set->money.skip[blocks->order[i]];
  }
  return gain;
}

void cuts_of(EvaluationReport *report, const EvaluationSet *set, const ScoreBlocks *blocks) {
  bool money = set->money.act != NULL, below = set->policy.act_below;
  int64_t cuts = blocks->count + 1, points = cuts < CURVE_POINTS ? cuts : CURVE_POINTS;
  int64_t value = 0, gain_of_all = 0;
  ExactSum positives = {0}, negatives = {0};
  for (int64_t i = 0; money && i < set->rows; i++) {
    value += set->money.skip[i];
    gain_of_all += set->money.act[i] - set->money.skip[i];
  }
  if (below) value += gain_of_all; // nobody above the cut: everybody is acted on
  report->point_count = 0;
  for (int64_t taken = 0; taken < cuts; taken++) {
    int64_t rows_above = taken == 0 ? 0 : set->rows - score_block_start(blocks, blocks->count - taken);
    if (taken > 0) {
      int64_t block = blocks->count - taken;
      exact_sum_add(&positives, blocks->positive_weight[block]);
      exact_sum_add(&negatives, blocks->negative_weight[block]);
      if (money) value += below ? -block_gain(set, blocks, block) : block_gain(set, blocks, block);
    }
    // Point k shows cut k (cuts - 1) / (points - 1): both ends are always there.
    if (taken != (report->point_count * (cuts - 1)) / (points - 1)) continue;
    report->points[report->point_count++] =
        (CurvePoint){.threshold = taken == 0 ? threshold_above_all : blocks->score[blocks->count - taken],
                     .true_positives = exact_sum_value(&positives),
                     .false_positives = exact_sum_value(&negatives),
                     .acted = below ? set->rows - rows_above : rows_above,
                     .value = money ? value : 0};
  }
}
