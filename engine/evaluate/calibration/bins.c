// Equal-mass bins: rows in the order of their score, cut where each bin has its share.
#include "engine/evaluate/calibration/bins.h"

#include "engine/evaluate/statistics/statistics.h"
#include "engine/shared/memory.h"

#include <stdlib.h>

// The mean label with its interval: Wilson's where labels are counted, else Student's.
static void label_of_bin(CalibrationBin *bin, const EvaluationSet *set, const ScoreBlocks *blocks,
                         double confidence) {
  MomentSum sum = {0};
  int64_t positives = 0, end = bin->first + bin->rows;
  for (int pass = 0; pass < 2; pass++) {
    for (int64_t i = bin->first; i < end; i++) {
      int64_t row = blocks->order[i];
      positives += set->labels[row] == 1;
      moment_add(&sum, set->labels[row], set->weights == NULL ? 1 : set->weights[row]);
    }
    // Labels of 0 and 1 have no second pass.
    if (set->task == TASK_BINARY && set->weights == NULL) {
      Estimate interval = estimate_wilson((double)positives, (double)bin->rows, confidence);
      bin->weight = (double)bin->rows;
      bin->mean_label = interval.value, bin->low = interval.low, bin->high = interval.high;
      return;
    }
    moment_end_pass(&sum);
  }
  Moments moments = moment_result(&sum);
  Estimate interval =
      estimate_symmetric(INTERVAL_T, moments.mean, moments.standard_error, moments.n, confidence);
  bin->weight = moments.weight;
  bin->mean_label = moments.mean, bin->low = interval.low, bin->high = interval.high;
}

// One bin of the rows order[from..to).
static CalibrationBin bin_of(const EvaluationSet *set, const ScoreBlocks *blocks, int64_t from, int64_t to,
                             double confidence) {
  CalibrationBin bin = {.first = from,
                        .rows = to - from,
                        .low_score = set->scores[blocks->order[from]] + 0.0,
                        .high_score = set->scores[blocks->order[to - 1]] + 0.0};
  SumBins scores = {0};
  label_of_bin(&bin, set, blocks, confidence);
  for (int64_t i = from; i < to; i++) {
    int64_t row = blocks->order[i];
    sum_bins_add(&scores, set->weights == NULL ? set->scores[row] : set->weights[row] * set->scores[row]);
  }
  bin.mean_score = sum_bins_value(&scores) / bin.weight;
  return bin;
}

int calibration_bins(CalibrationBin bins[CALIBRATION_BINS], const EvaluationSet *set,
                     const ScoreBlocks *blocks, double confidence) {
  int count = 0;
  int64_t from = 0;
  for (int64_t b = 0; b < blocks->count; b++) {
    // A bin ends with the first block that brings it to its share of the rows that are left.
    int64_t bins_left = CALIBRATION_BINS - count;
    int64_t due = from + (set->rows - from + bins_left - 1) / bins_left;
    if (blocks->end[b] < due && b + 1 < blocks->count) continue;
    CalibrationBin bin = bin_of(set, blocks, from, blocks->end[b], confidence);
    from = blocks->end[b];
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

double calibration_error(const EvaluationSet *set) {
  CalibrationBin bins[CALIBRATION_BINS];
  ScoreBlocks *own = set->blocks == NULL ? score_blocks_new(set) : NULL;
  int count = calibration_bins(bins, set, own != NULL ? own : set->blocks, 0.95);
  score_blocks_free(own);
  return calibration_error_of(bins, count);
}

double classwise_calibration_error(const EvaluationSet *set) {
  double *scores = memory_get((size_t)set->rows, sizeof *scores);
  double *labels = memory_get((size_t)set->rows, sizeof *labels);
  EvaluationSet one = {.task = TASK_BINARY,
                       .rows = set->rows,
                       .classes = 1,
                       .labels = labels,
                       .weights = set->weights,
                       .scores = scores};
  ExactSum sum = {0};
  for (int k = 0; k < set->classes; k++) {
    for (int64_t i = 0; i < set->rows; i++) {
      scores[i] = set->scores[i * set->classes + k];
      labels[i] = set->labels[i] == k;
    }
    exact_sum_add(&sum, calibration_error(&one));
  }
  free(scores);
  free(labels);
  return exact_sum_value(&sum) / set->classes;
}
