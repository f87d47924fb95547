// What several metrics share.
#include "engine/evaluate/metrics/facts.h"

#include "engine/evaluate/calibration/bins.h"
#include "engine/evaluate/evaluate.h"
#include "engine/evaluate/statistics/class_metrics.h"
#include "engine/evaluate/statistics/delong.h"
#include "engine/evaluate/statistics/score_blocks.h"
#include "engine/shared/exact_sum.h"
#include "engine/shared/memory.h"
#include "engine/shared/parallel.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL_SET = 1 << 14 };

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
    running_add(&quantile, (share - last) * blocks->score[b]);
    last = share;
  }
  return running_value(&quantile);
}

static double plain_quantile(const ScoreBlocks *blocks, const double *values, int64_t percent) {
  int64_t place = percent * (blocks->rows - 1), low = place / 100;
  double value = values[blocks->order[low]];
  if (low + 1 == blocks->rows) return value;
  return value + (values[blocks->order[low + 1]] - value) * ((double)(place % 100) / 100);
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
  ErrorQuantiles quantiles = {plain_quantile(blocks, errors, 50), plain_quantile(blocks, errors, 90)};
  if (set->weights != NULL) {
    double effective = effective_rows(set);
    quantiles.median = weighted_quantile(blocks, effective, 50);
    quantiles.p90 = weighted_quantile(blocks, effective, 90);
  }
  score_blocks_free(blocks);
  free(errors);
  return quantiles;
}

// ---- once ----

typedef enum Fact {
  FACT_COX,
  FACT_QUANTILES,
  FACT_BINS,
  FACT_AREA,
  FACT_AREAS,
  FACT_CONFUSION,
  FACT_COUNT
} Fact;

// A cache: what it holds is a function of the rows alone.
struct MetricFacts {
  pthread_mutex_t locks[FACT_COUNT];
  bool known[FACT_COUNT], owns_blocks;
  CoxFit cox;
  ErrorQuantiles quantiles;
  CalibrationBins bins;
  double area_error, areas_error;
  const double *areas_with; // scores of the other model of areas_error
  double *confusion;
};

// Whether the caller is the one to compute the fact; true holds the lock, and done_with gives it back.
static bool must_compute(MetricFacts *facts, Fact fact) {
  pthread_mutex_lock(&facts->locks[fact]);
  if (!facts->known[fact]) return true;
  pthread_mutex_unlock(&facts->locks[fact]);
  return false;
}

static void done_with(MetricFacts *facts, Fact fact) {
  facts->known[fact] = true;
  pthread_mutex_unlock(&facts->locks[fact]);
}

CoxFit cox_of(const EvaluationSet *set) {
  MetricFacts *facts = set->facts;
  if (facts == NULL) {
    ScoreBlocks *own = set->blocks == NULL ? score_blocks_new(set) : NULL;
    CoxFit fit = cox_fit(set, own != NULL ? own : set->blocks);
    score_blocks_free(own);
    return fit;
  }
  if (must_compute(facts, FACT_COX)) {
    facts->cox = cox_fit(set, set->blocks);
    done_with(facts, FACT_COX);
  }
  return facts->cox;
}

ErrorQuantiles error_quantiles_of(const EvaluationSet *set) {
  MetricFacts *facts = set->facts;
  if (facts == NULL) return compute_quantiles(set);
  if (must_compute(facts, FACT_QUANTILES)) {
    facts->quantiles = compute_quantiles(set);
    done_with(facts, FACT_QUANTILES);
  }
  return facts->quantiles;
}

static CalibrationBins compute_bins(const EvaluationSet *set, double confidence) {
  CalibrationBins made = {.confidence = confidence};
  ScoreBlocks *own = set->blocks == NULL ? score_blocks_new(set) : NULL;
  made.count = calibration_bins(made.bins, set, own != NULL ? own : set->blocks, confidence);
  made.error = calibration_error_of(made.bins, made.count);
  score_blocks_free(own);
  return made;
}

CalibrationBins calibration_bins_of(const EvaluationSet *set, double confidence) {
  MetricFacts *facts = set->facts;
  if (facts == NULL) return compute_bins(set, confidence);
  if (must_compute(facts, FACT_BINS)) {
    facts->bins = compute_bins(set, confidence);
    done_with(facts, FACT_BINS);
  }
  if (facts->bins.confidence == confidence || confidence == 0) return facts->bins;
  return compute_bins(set, confidence);
}

double area_error_of(const EvaluationSet *set) {
  MetricFacts *facts = set->facts;
  if (facts == NULL) return delong_error_of(set->blocks, set);
  if (must_compute(facts, FACT_AREA)) {
    facts->area_error = delong_error_of(set->blocks, set);
    done_with(facts, FACT_AREA);
  }
  return facts->area_error;
}

double areas_error_of(const EvaluationSet *champion, const EvaluationSet *challenger) {
  MetricFacts *facts = challenger->facts;
  if (facts == NULL) return delong_error_of_difference(champion, challenger);
  if (must_compute(facts, FACT_AREAS)) {
    facts->areas_error = delong_error_of_difference(champion, challenger);
    facts->areas_with = champion->scores;
    done_with(facts, FACT_AREAS);
  }
  return facts->areas_with == champion->scores ? facts->areas_error
                                               : delong_error_of_difference(champion, challenger);
}

void confusion_into(double *confusion, const EvaluationSet *set) {
  MetricFacts *facts = set->facts;
  int classes = set->task == TASK_BINARY ? 2 : set->classes;
  double *own = NULL;
  if (facts == NULL) {
    own = confusion_of(set, &classes);
  } else if (must_compute(facts, FACT_CONFUSION)) {
    facts->confusion = confusion_of(set, &classes);
    done_with(facts, FACT_CONFUSION);
  }
  memcpy(confusion, own != NULL ? own : facts->confusion,
         (size_t)classes * (size_t)classes * sizeof *confusion);
  free(own);
}

// ---- sets made ready ----

static void prepare(const void *arguments, int64_t first, int64_t last) {
  EvaluationSet *sets = *(EvaluationSet *const *)arguments;
  for (int64_t i = first; i < last; i++) {
    MetricFacts *facts = sets[i].facts = memory_get(1, sizeof *facts);
    for (int fact = 0; fact < FACT_COUNT; fact++) pthread_mutex_init(&facts->locks[fact], NULL);
    facts->owns_blocks = sets[i].blocks == NULL && sets[i].task != TASK_MULTICLASS;
    if (facts->owns_blocks) sets[i].blocks = score_blocks_new(&sets[i]);
  }
}

int evaluation_threads(const EvaluationSet *set) {
  return set->rows < SMALL_SET ? 1 : set->resampling.threads > 0 ? set->resampling.threads : parallel_cores();
}

void evaluation_sets_prepare(EvaluationSet *sets, int count) {
  parallel_run(prepare, &sets, count, evaluation_threads(&sets[0]));
}

void evaluation_sets_release(EvaluationSet *sets, int count) {
  for (int i = 0; i < count; i++) {
    MetricFacts *facts = sets[i].facts;
    if (facts->owns_blocks) {
      score_blocks_free((ScoreBlocks *)(uintptr_t)sets[i].blocks); // as prepare got them
      sets[i].blocks = NULL;
    }
    for (int fact = 0; fact < FACT_COUNT; fact++) pthread_mutex_destroy(&facts->locks[fact]);
    free(facts->confusion);
    free(facts);
    sets[i].facts = NULL;
  }
}
