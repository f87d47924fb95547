// What several metrics share.
#include "engine/evaluate/formulas/facts.h"

#include "engine/evaluate/calibration/bins.h"
#include "engine/evaluate/statistics/class_metrics.h"
#include "engine/evaluate/statistics/score_blocks.h"
#include "engine/shared/exact_sum.h"
#include "engine/shared/memory.h"

#include <stdlib.h>

// Quantile percent / 100 of the scores of blocks by their weights (Akinshin 2023, equation 6): the mean of
// the values over the window [h, h + 1 / m] of the cumulated weight, m = (sum of w)^2 / (sum of w^2) rows.
static double weighted_quantile(const ScoreBlocks *blocks, double effective, double percent) {
  double weight = blocks->positive_total + blocks->negative_total;
  double from = percent / 100 * (effective - 1) / effective, to = from + 1 / effective, last = 0;
  RunningSum cumulated = {0}, quantile = {0};
  for (int64_t b = 0; b < blocks->count; b++) {
    running_add(&cumulated, score_block_positive(blocks, b) + score_block_negative(blocks, b));
    double share = (running_value(&cumulated) / weight - from) / (to - from);
    share = share < 0 ? 0 : share > 1 || b + 1 == blocks->count ? 1 : share;
    running_add(&quantile, (share - last) * score_block_score(blocks, b));
    last = share;
  }
  return running_value(&quantile);
}

static double plain_quantile(const ScoreBlocks *blocks, int64_t percent) {
  int64_t place = percent * (blocks->rows - 1), low = place / 100;
  double value = blocks->scores[blocks->order[low]];
  if (low + 1 == blocks->rows) return value;
  return value + (blocks->scores[blocks->order[low + 1]] - value) * ((double)(place % 100) / 100);
}

static double effective_rows(const EvaluationSet *set) {
  SumBins squares = {0};
  for (int64_t i = 0; i < set->rows; i++) sum_bins_add(&squares, set->weights[i] * set->weights[i]);
  double weight = exact_sum_of(set->weights, (size_t)set->rows);
  return weight / sum_bins_value(&squares) * weight;
}

static ErrorQuantiles compute_quantiles(const EvaluationSet *set) {
  double *errors = memory_get((size_t)set->rows, sizeof *errors);
  for (int64_t i = 0; i < set->rows; i++) {
    double error = set->scores[i] - set->labels[i];
    errors[i] = error < 0 ? -error : error;
  }
  EvaluationSet sorted = *set;
  sorted.scores = errors;
  ScoreBlocks *blocks = score_blocks_new(&sorted);
  ErrorQuantiles quantiles = {plain_quantile(blocks, 50), plain_quantile(blocks, 90)};
  if (set->weights != NULL) {
    double effective = effective_rows(set);
    quantiles.median = weighted_quantile(blocks, effective, 50);
    quantiles.p90 = weighted_quantile(blocks, effective, 90);
  }
  score_blocks_free(blocks);
  free(errors);
  return quantiles;
}

MetricFacts *metric_facts_new(const EvaluationSet *set, const Metric *const *metrics, int count) {
  MetricFacts *facts = memory_get(1, sizeof *facts);
  if (set->task != TASK_REGRESSION) facts->confusion = confusion_of(set, &facts->classes);
  for (int i = 0; i < count; i++) {
    MetricId id = metrics[i]->id;
    facts->has_cox |= id == METRIC_calibration_slope || id == METRIC_calibration_intercept;
    facts->has_quantiles |= id == METRIC_median_absolute_error || id == METRIC_p90_absolute_error;
    facts->has_calibration_error |= id == METRIC_ece;
  }
  if (facts->has_cox) facts->cox = cox_fit(set, set->blocks);
  if (facts->has_quantiles) facts->error_quantiles = compute_quantiles(set);
  if (facts->has_calibration_error) facts->calibration_error = calibration_error(set);
  return facts;
}

void metric_facts_free(MetricFacts *facts) {
  if (facts == NULL) return;
  free(facts->confusion);
  free(facts);
}

CoxFit cox_of(const EvaluationSet *set) {
  if (set->facts != NULL && set->facts->has_cox) return set->facts->cox;
  ScoreBlocks *own = set->blocks == NULL ? score_blocks_new(set) : NULL;
  CoxFit fit = cox_fit(set, own != NULL ? own : set->blocks);
  score_blocks_free(own);
  return fit;
}

ErrorQuantiles error_quantiles_of(const EvaluationSet *set) {
  return set->facts != NULL && set->facts->has_quantiles ? set->facts->error_quantiles
                                                         : compute_quantiles(set);
}
