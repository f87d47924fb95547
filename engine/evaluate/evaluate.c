// Evaluation of one model.
#include "engine/evaluate/evaluate.h"

#include "engine/evaluate/metric_choice.h"
#include "engine/evaluate/money.h"
#include "engine/evaluate/statistics/class_metrics.h"
#include "engine/evaluate/statistics/curves.h"
#include "engine/evaluate/statistics/intervals.h"
#include "engine/evaluate/statistics/statistics.h"

#include <string.h>

static Status choose_one(bool chosen[METRIC_COUNT], const char *name, const EvaluationSet *set,
                         Error *error) {
  const Metric *metric;
  PASS(metric_find(&metric, name, set->task, error));
  PASS(metric_check(metric, set, error));
  chosen[metric->id] = true;
  return STATUS_OK;
}

Status metric_choice(bool chosen[METRIC_COUNT], const TextList *names, const GatesConfig *gates,
                     const EvaluationSet *set, Error *error) {
  const Metric *unused;
  memset(chosen, 0, METRIC_COUNT * sizeof *chosen);
  // Every name first, so that a misspelt one is found before anything is computed.
  for (int i = 0; names != NULL && i < names->count; i++)
    PASS(metric_find(&unused, names->items[i], set->task, error));
  if (gates != NULL && gates->has_primary) PASS(choose_one(chosen, gates->primary.metric, set, error));
  for (int i = 0; gates != NULL && i < gates->guardrail_count; i++) {
    PASS(choose_one(chosen, gates->guardrails[i].metric, set, error));
  }
  for (int i = 0; names != NULL && i < names->count; i++)
    PASS(choose_one(chosen, names->items[i], set, error));
  for (int i = 0; i < METRIC_COUNT; i++) {
    Error ignored;
    bool all = names == NULL || names->count == 0 || i == METRIC_value; // money is shown wherever it is known
    if (all && metric_check(&metric_table[i], set, &ignored) == STATUS_OK) chosen[i] = true;
  }
  return STATUS_OK;
}

double confidence_of(const GatesConfig *gates) {
  return gates == NULL || !(gates->confidence > 0) ? 0.95 : gates->confidence;
}

static void describe_rows(EvaluationReport *report, const EvaluationSet *set) {
  report->task = set->task;
  report->rows = set->rows;
  report->weight = moments_of(set->labels, set->weights, set->rows).weight;
  report->mean_label = report->mean_score = report->threshold = __builtin_nan("");
  report->clipped = metric_clipped_rows(set);
  if (set->task == TASK_MULTICLASS) return;
  report->mean_label = mean_of(set->labels, set->weights, set->rows);
  report->mean_score = mean_of(set->scores, set->weights, set->rows);
  if (set->task == TASK_REGRESSION) return;
  for (int64_t i = 0; i < set->rows; i++) report->positives += set->labels[i] == 1;
  report->threshold = set->policy.threshold;
}

static void fill_metrics(EvaluationReport *report, const EvaluationSet *set,
                         const bool chosen[METRIC_COUNT]) {
  for (int i = 0; i < METRIC_COUNT; i++) {
    if (!chosen[i]) continue;
    MetricResult *result = &report->results[report->metric_count++];
    result->metric = &metric_table[i];
    result->estimate = metric_estimate(result->metric, set, report->confidence);
    result->few_events = metric_few_events(result->metric, set, result->estimate.value);
  }
}

static void fill_curves(EvaluationReport *report, const EvaluationSet *set) {
  if (set->task != TASK_REGRESSION) {
    report->confusion = confusion_of(set, &report->classes);
    report->by_class = class_results(report->confusion, report->classes);
  }
  if (set->task != TASK_MULTICLASS) calibration_of(report, set, set->blocks);
  if (set->task == TASK_BINARY) cuts_of(report, set, set->blocks);
  if (set->money.act != NULL) money_report(&report->money, set, report->confidence);
}

Status evaluate_model(EvaluationReport *report, const EvaluationSet *set, const TextList *names,
                      const GatesConfig *gates, Error *error) {
  bool chosen[METRIC_COUNT];
  memset(report, 0, sizeof *report);
  PASS(evaluation_set_check(set, error));
  PASS(metric_choice(chosen, names, gates, set, error));
  EvaluationSet sorted = *set;
  ScoreBlocks *blocks = set->task == TASK_MULTICLASS ? NULL : score_blocks_new(set);
  sorted.blocks = blocks;
  money_limit(&sorted);
  report->confidence = confidence_of(gates);
  describe_rows(report, &sorted);
  fill_metrics(report, &sorted, chosen);
  fill_curves(report, &sorted);
  score_blocks_free(blocks);
  return STATUS_OK;
}
