// Evaluation of one model.
#include "engine/evaluate/evaluate.h"

#include "engine/evaluate/calibration/calibration.h"
#include "engine/evaluate/formulas/facts.h"
#include "engine/evaluate/metric_choice.h"
#include "engine/evaluate/money.h"
#include "engine/evaluate/statistics/class_metrics.h"
#include "engine/evaluate/statistics/curves.h"
#include "engine/evaluate/statistics/intervals.h"
#include "engine/evaluate/statistics/statistics.h"

#include <string.h>

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

static void fill_metrics(EvaluationReport *report, const EvaluationSet *set, const MetricChoice *choice) {
  for (int i = 0; i < choice->count; i++) {
    MetricResult *result = &report->results[report->metric_count++];
    result->metric = choice->metrics[i];
    result->estimate = metric_estimate(result->metric, set, report->confidence);
    metric_describe(result, set);
  }
}

static void fill_curves(EvaluationReport *report, const EvaluationSet *set) {
  if (set->task != TASK_REGRESSION) {
    report->confusion = confusion_of(set, &report->classes);
    report->by_class = class_results(report->confusion, report->classes);
  }
  if (set->task != TASK_MULTICLASS) calibration_of(report, set, set->blocks);
  if (set->task == TASK_BINARY) {
    cuts_of(report, set, set->blocks);
    gains_of(report, set, set->blocks);
  }
  if (set->money.act != NULL) money_report(&report->money, set, report->confidence);
}

Status evaluate_model(EvaluationReport *report, const EvaluationSet *set, const TextList *names,
                      const GatesConfig *gates, Error *error) {
  MetricChoice choice;
  memset(report, 0, sizeof *report);
  PASS(evaluation_set_check(set, error));
  PASS(metric_choice(&choice, names, gates, set, error));
  EvaluationSet sorted = *set;
  ScoreBlocks *blocks = set->task == TASK_MULTICLASS ? NULL : score_blocks_new(set);
  sorted.blocks = blocks;
  money_limit(&sorted);
  MetricFacts *facts = metric_facts_new(&sorted, choice.metrics, choice.count);
  sorted.facts = facts;
  report->confidence = confidence_of(gates);
  describe_rows(report, &sorted);
  fill_metrics(report, &sorted, &choice);
  fill_curves(report, &sorted);
  metric_facts_free(facts);
  score_blocks_free(blocks);
  return STATUS_OK;
}
