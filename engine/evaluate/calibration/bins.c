// Equal-mass bins: rows in the order of their score, cut where each bin has its share.
#include "engine/evaluate/calibration/bins.h"

#include "engine/evaluate/statistics/statistics.h"
#include "engine/shared/memory.h"

#include <stdlib.h>

// The mean label with its interval: Student's.
static void moments_of_labels(CalibrationBin *bin, const EvaluationSet *set, const ScoreBlocks *blocks,
                              double confidence) {
  MomentSum sum = {0};
  for (int pass = 0; pass < 2; pass++) {
    for (int64_t i = bin->first; i < bin->first + bin->rows; i++) {
      int64_t row = blocks->order[i];
      moment_add(&sum, set->labels[row], set->weights == NULL ? 1 : set->weights[row]);
    }
    moment_end_pass(&sum);
  }
  Moments moments = moment_result(&sum);
  Estimate interval =
      estimate_symmetric(INTERVAL_T, moments.mean, moments.standard_error, moments.n, confidence);
  bin->weight = moments.weight;
  bin->mean_label = moments.mean, bin->low = interval.low, bin->high = interval.high;
}

// The same where labels are counted: Wilson's.
static void count_of_labels(CalibrationBin *bin, int64_t positives, double confidence) {
  Estimate interval = estimate_wilson((double)positives, (double)bin->rows, confidence);
  bin->weight = (double)bin->rows;
  bin->mean_label = interval.value, bin->low = interval.low, bin->high = interval.high;
}

// Blocks [first, last) as one bin.
static CalibrationBin bin_of(const EvaluationSet *set, const ScoreBlocks *blocks, int64_t first, int64_t last,
                             double confidence) {
  int64_t from = score_block_start(blocks, first), to = blocks->end[last - 1], positives = 0;
  CalibrationBin bin = {.first = from,
                        .rows = to - from,
                        .low_score = blocks->score[first],
                        .high_score = blocks->score[last - 1]};
  SumBins scores = {0}, spread = {0};
  for (int64_t b = first; b < last; b++) {
    double p = blocks->score[b];
    positives += blocks->positives[b];
    for (int64_t i = score_block_start(blocks, b); i < blocks->end[b]; i++) {
      double weight = set->weights == NULL ? 1 : set->weights[blocks->order[i]];
      sum_bins_add(&scores, weight * p);
      sum_bins_add(&spread, weight * weight * (p * (1 - p)));
    }
  }
  if (set->task == TASK_BINARY && set->weights == NULL)
    count_of_labels(&bin, positives, confidence);
  else
    moments_of_labels(&bin, set, blocks, confidence);
  bin.mean_score = sum_bins_value(&scores) / bin.weight;
  bin.spread = sum_bins_value(&spread);
  return bin;
}

int calibration_bins(CalibrationBin bins[CALIBRATION_BINS], const EvaluationSet *set,
                     const ScoreBlocks *blocks, double confidence) {
  int count = 0;
  int64_t from = 0, first = 0;
  for (int64_t b = 0; b < blocks->count; b++) {
    // A bin ends with the first block that brings it to its share of the rows that are left.
    int64_t bins_left = CALIBRATION_BINS - count;
    int64_t due = from + (set->rows - from + bins_left - 1) / bins_left;
    if (blocks->end[b] < due && b + 1 < blocks->count) continue;
    CalibrationBin bin = bin_of(set, blocks, first, b + 1, confidence);
    from = blocks->end[b];
    first = b + 1;
    if (bin.weight > 0) bins[count++] = bin; // rows of weight 0 say nothing
  }
  return count;
}

double calibration_error_of(const CalibrationBin *bins, int count) {
  ExactSum error = {0}, weight = {0};
  for (int i = 0; i < count; i++) exact_sum_add(&weight, bins[i].weight);
  for (int i = 0; i < count; i++) {
    double distance = bins[i].mean_label - bins[i].mean_score;
    exact_sum_add(&error, bins[i].weight / exact_sum_value(&weight) * (distance < 0 ? -distance : distance));
  }
  return exact_sum_value(&error);
}

static double error_of_class(const EvaluationSet *set) {
  CalibrationBin bins[CALIBRATION_BINS];
  ScoreBlocks *blocks = score_blocks_new(set);
  int count = calibration_bins(bins, set, blocks, 0.95);
  score_blocks_free(blocks);
  return calibration_error_of(bins, count);
}

EvaluationSet calibration_class_set(double *labels, double *scores, const EvaluationSet *set, int k) {
  for (int64_t i = 0; i < set->rows; i++) {
    scores[i] = set->scores[i * set->classes + k];
    labels[i] = set->labels[i] == k;
  }
  return (EvaluationSet){.task = TASK_BINARY,
                         .rows = set->rows,
                         .classes = 1,
                         .labels = labels,
                         .weights = set->weights,
                         .scores = scores};
}

double classwise_calibration_error(const EvaluationSet *set) {
  double *scores = memory_get((size_t)set->rows, sizeof *scores);
  double *labels = memory_get((size_t)set->rows, sizeof *labels);
  ExactSum sum = {0};
  for (int k = 0; k < set->classes; k++) {
    EvaluationSet one = calibration_class_set(labels, scores, set, k);
    exact_sum_add(&sum, error_of_class(&one));
  }
  free(scores);
  free(labels);
  return exact_sum_value(&sum) / set->classes;
}
