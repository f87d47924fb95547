// Comparison of two models on the same rows.
#include "engine/evaluate/evaluate.h"
#include "engine/evaluate/gates.h"
#include "engine/evaluate/metric_choice.h"
#include "engine/evaluate/money.h"
#include "engine/evaluate/statistics/intervals.h"
#include "engine/evaluate/statistics/score_blocks.h"

#include <string.h>

static Status differ(const char *what, int64_t row, Error *error) {
  return error_set(error, STATUS_DATA,
                   "not comparable: the two models were judged by different %s (row %lld)", what,
                   (long long)row);
}

// Same task, rows, labels, weights, payoffs.
static Status check_same(const EvaluationSet *a, const EvaluationSet *b, Error *error) {
  if (a->task != b->task || a->classes != b->classes) {
    return error_set(error, STATUS_DATA, "not comparable: the two models predict different kinds of target");
  }
  if (a->rows != b->rows) {
    return error_set(error, STATUS_DATA, "not comparable: %lld row%s and %lld row%s", (long long)a->rows,
                     a->rows == 1 ? "" : "s", (long long)b->rows, b->rows == 1 ? "" : "s");
  }
  if ((a->money.act == NULL) != (b->money.act == NULL)) {
    return error_set(error, STATUS_DATA, "not comparable: only one of the two has payoffs");
  }
  if (a->capacity.limited != b->capacity.limited || a->capacity.limit != b->capacity.limit) {
    return error_set(error, STATUS_DATA,
                     "not comparable: the two models were judged by different capacities");
  }
  // Elsewhere what acting is worth depends on the prediction.
  bool same_act = a->task == TASK_BINARY;
  for (int64_t i = 0; i < a->rows; i++) {
    if (a->labels[i] != b->labels[i]) return differ("labels", i, error);
    double weight_a = a->weights == NULL ? 1 : a->weights[i],
           weight_b = b->weights == NULL ? 1 : b->weights[i];
    if (weight_a != weight_b) return differ("weights", i, error);
    if (a->money.act == NULL) continue;
    if ((same_act && a->money.act[i] != b->money.act[i]) || a->money.skip[i] != b->money.skip[i])
      return differ("payoffs", i, error);
  }
  return STATUS_OK;
}

static bool selects(const EvaluationSet *set, int64_t row) {
  return set->money.act != NULL ? policy_acts(set, row) : predicted_class(set, row) == 1;
}

static void swap_rows(SwapSet *swap, const EvaluationSet *champion, const EvaluationSet *challenger) {
  for (int64_t i = 0; i < champion->rows; i++) {
    bool old = selects(champion, i), fresh = selects(challenger, i), positive = champion->labels[i] == 1;
    int64_t gain = champion->money.act == NULL ? 0 : champion->money.act[i] - champion->money.skip[i];
    if (old == fresh) {
      swap->both += old;
      swap->neither += !old;
    } else if (fresh) {
      swap->in++;
      swap->in_positives += positive;
      swap->in_gain += gain;
    } else {
      swap->out++;
      swap->out_positives += positive;
      swap->out_gain += gain;
    }
  }
}

static void fill_differences(Comparison *comparison, const EvaluationSet *champion,
                             const EvaluationSet *challenger, const bool chosen[METRIC_COUNT]) {
  double confidence = comparison->confidence;
  for (int i = 0; i < METRIC_COUNT; i++) {
    if (!chosen[i]) continue;
    MetricDifference *difference = &comparison->metrics[comparison->metric_count++];
    const Metric *metric = difference->metric = &metric_table[i];
    difference->champion = metric_estimate(metric, champion, confidence);
    difference->challenger = metric_estimate(metric, challenger, confidence);
    difference->delta = metric_difference(metric, champion, challenger, confidence);
    difference->few_events = metric_few_events(metric, champion, difference->champion.value) ||
                             metric_few_events(metric, challenger, difference->challenger.value);
  }
}

// The primary rule's difference where several challengers are tested at once; false: it is as shown.
static bool stricter_primary(Estimate *primary, const Comparison *comparison, const EvaluationSet sets[2],
                             int contenders, const GatesConfig *gates) {
  if (contenders < 2 || gates == NULL || !gates->has_primary) return false;
  for (int i = 0; i < comparison->metric_count; i++) {
    const Metric *metric = comparison->metrics[i].metric;
    if (strcmp(metric->name, gates->primary.metric) != 0) continue;
    *primary = metric_difference(metric, &sets[0], &sets[1], 1 - (1 - comparison->confidence) / contenders);
    return true;
  }
  return false;
}

Status compare_models(Comparison *comparison, const EvaluationSet *champion, const EvaluationSet *challenger,
                      const TextList *names, const GatesConfig *gates, const Validity *validity,
                      Error *error) {
  return compare_contender(comparison, champion, challenger, 1, names, gates, validity, error);
}

Status compare_contender(Comparison *comparison, const EvaluationSet *champion,
                         const EvaluationSet *challenger, int contenders, const TextList *names,
                         const GatesConfig *gates, const Validity *validity, Error *error) {
  bool chosen[METRIC_COUNT];
  memset(comparison, 0, sizeof *comparison);
  PASS(evaluation_set_check(champion, error));
  PASS(evaluation_set_check(challenger, error));
  PASS(check_same(champion, challenger, error));
  PASS(metric_choice(chosen, names, gates, challenger, error));
  EvaluationSet sets[2] = {*champion, *challenger};
  ScoreBlocks *blocks[2] = {NULL, NULL};
  for (int i = 0; i < 2 && champion->task != TASK_MULTICLASS; i++)
    sets[i].blocks = blocks[i] = score_blocks_new(&sets[i]);
  for (int i = 0; i < 2; i++) money_limit(&sets[i]);
  comparison->rows = champion->rows;
  comparison->confidence = confidence_of(gates);
  fill_differences(comparison, &sets[0], &sets[1], chosen);
  comparison->has_swap = champion->task == TASK_BINARY;
  if (comparison->has_swap) swap_rows(&comparison->swap, &sets[0], &sets[1]);
  Estimate primary;
  bool stricter = stricter_primary(&primary, comparison, sets, contenders, gates);
  Judged judged = {NULL,
                   comparison->metrics,
                   comparison->metric_count,
                   comparison->rows,
                   comparison->confidence,
                   stricter ? &primary : NULL};
  verdict_of(&comparison->verdict, &judged, gates, validity);
  score_blocks_free(blocks[0]);
  score_blocks_free(blocks[1]);
  return STATUS_OK;
}
