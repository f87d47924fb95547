// Metrics of the order of the scores.
#include "engine/evaluate/metrics/formulas.h"
#include "engine/evaluate/statistics/delong.h"
#include "engine/shared/exact_sum.h"

// Davis and Goadrich 2006: equal scores are one step, nothing is interpolated.
static double precision_area(const ScoreBlocks *blocks) {
  SumBins area = {0};
  RunningSum positives = {0}, taken = {0};
  for (int64_t b = blocks->count - 1; b >= 0; b--) {
    double positive = score_block_positive(blocks, b);
    running_add(&positives, positive);
    running_add(&taken, positive);
    running_add(&taken, score_block_negative(blocks, b));
    if (positive == 0) continue;
    sum_bins_add(&area,
                 positive / blocks->positive_total * (running_value(&positives) / running_value(&taken)));
  }
  return sum_bins_value(&area);
}

static double largest_distance(const ScoreBlocks *blocks) {
  RunningSum positives = {0}, negatives = {0};
  double largest = 0;
  for (int64_t b = 0; b < blocks->count; b++) {
    running_add(&positives, score_block_positive(blocks, b));
    running_add(&negatives, score_block_negative(blocks, b));
    double distance = running_value(&positives) / blocks->positive_total -
                      running_value(&negatives) / blocks->negative_total;
    if (distance < 0) distance = -distance;
    if (distance > largest) largest = distance;
  }
  return largest;
}

double positives_on_top(const ScoreBlocks *blocks, double taken) {
  RunningSum positives = {0}, rows = {0};
  for (int64_t b = blocks->count - 1; b >= 0; b--) {
    double positive = score_block_positive(blocks, b), weight = positive + score_block_negative(blocks, b);
    double left = taken - running_value(&rows);
    if (left <= weight) { // the block that the cut goes through
      running_add(&positives, weight > 0 ? positive * (left / weight) : 0);
      break;
    }
    running_add(&positives, positive);
    running_add(&rows, weight);
  }
  return running_value(&positives);
}

double weight_of_top(const Metric *metric, int64_t rows, double weight) {
  if (metric->first < 1) return metric->first * weight;
  return metric->first < (double)rows ? metric->first * (weight / (double)rows) : weight;
}

static double of_top(const Metric *metric, const ScoreBlocks *blocks) {
  double weight = blocks->positive_total + blocks->negative_total;
  double taken = weight_of_top(metric, blocks->rows, weight), positives = positives_on_top(blocks, taken);
  if (metric->id == METRIC_capture) return positives / blocks->positive_total;
  if (metric->id == METRIC_precision_at) return positives / taken;
  return positives / taken / (blocks->positive_total / weight);
}

double metric_of_blocks(const Metric *metric, const ScoreBlocks *blocks) {
  switch (metric->id) {
  case METRIC_auc:
    return auc_of(blocks);
  case METRIC_gini:
    return 2 * auc_of(blocks) - 1;
  case METRIC_ks:
    return largest_distance(blocks);
  case METRIC_average_precision:
    return precision_area(blocks);
  default:
    return of_top(metric, blocks);
  }
}

static double of_order(const Metric *metric, const EvaluationSet *set) {
  ScoreBlocks *own = set->blocks == NULL ? score_blocks_new(set) : NULL;
  double value = metric_of_blocks(metric, own != NULL ? own : set->blocks);
  score_blocks_free(own);
  return value;
}

#define OF_ORDER(id)                                                                                         \
  double formula_##id(const Metric *metric, const EvaluationSet *set) {                                      \
    return of_order(metric, set);                                                                            \
  }
OF_ORDER(auc)
OF_ORDER(gini)
OF_ORDER(ks)
OF_ORDER(average_precision)
OF_ORDER(capture)
OF_ORDER(precision_at)
OF_ORDER(lift)
