// Evaluation of one model.
#include "engine/evaluate/evaluate.h"

#include "engine/evaluate/calibration/calibration.h"
#include "engine/evaluate/metrics/facts.h"
#include "engine/evaluate/metrics/metric_choice.h"
#include "engine/evaluate/money.h"
#include "engine/evaluate/resample/replicates.h"
#include "engine/evaluate/statistics/class_metrics.h"
#include "engine/evaluate/statistics/curves.h"
#include "engine/evaluate/statistics/intervals.h"
#include "engine/evaluate/statistics/statistics.h"
#include "engine/shared/memory.h"
#include "engine/shared/parallel.h"

#include <string.h>

static void describe_rows(EvaluationReport *report, const EvaluationSet *set) {
  report->task = set->task;
  report->rows = set->rows;
  report->weight = set->weights == NULL ? (double)set->rows : exact_sum_of(set->weights, (size_t)set->rows);
  report->mean_label = report->mean_score = report->threshold = __builtin_nan("");
  report->clipped = metric_clipped_rows(set);
  if (set->task == TASK_MULTICLASS) return;
  report->mean_label = mean_of(set->labels, set->weights, set->rows);
  report->mean_score = mean_of(set->scores, set->weights, set->rows);
  if (set->task == TASK_REGRESSION) return;
  for (int64_t i = 0; i < set->rows; i++) report->positives += set->labels[i] == 1;
  report->threshold = set->policy.threshold;
}

// Of the metrics that have no other interval.
static Replicates *resample_metrics(const EvaluationSet *set, const MetricChoice *choice) {
  const Metric *metrics[METRIC_LIMIT];
  int count = 0;
  for (int i = 0; i < choice->count; i++) {
    if (replicates_of(set->replicates, choice->metrics[i]) != NULL) continue;
    if (interval_is_resampled(metric_method(choice->metrics[i], set))) metrics[count++] = choice->metrics[i];
  }
  return count == 0 ? NULL : replicates_new(set, NULL, metrics, count, replicates_wanted(set));
}

// ---- parts, which threads share ----

typedef struct Evaluation {
  EvaluationReport *report;
  const EvaluationSet *set;
  const MetricChoice *choice;
} Evaluation;

static void fill_classes(EvaluationReport *report, const EvaluationSet *set) {
  if (set->task == TASK_REGRESSION) return;
  report->classes = set->task == TASK_BINARY ? 2 : set->classes;
  report->of_decisions = set->task == TASK_BINARY && set->money.act != NULL;
  if (report->of_decisions) {
    report->confusion = decisions_matrix(set);
    for (int64_t i = 0; i < set->rows && !report->beside_threshold; i++)
      report->beside_threshold = decided_class(set, i) != predicted_class(set, i);
  } else {
    report->confusion =
        memory_get((size_t)report->classes * (size_t)report->classes, sizeof *report->confusion);
    confusion_into(report->confusion, set);
  }
  report->by_class = class_results(report->confusion, report->classes);
}

static void fill_calibration(EvaluationReport *report, const EvaluationSet *set) {
  if (set->task == TASK_MULTICLASS)
    class_calibration_of(report, set);
  else
    calibration_of(report, set, set->blocks);
}

static void fill_cuts(EvaluationReport *report, const EvaluationSet *set) {
  if (set->task != TASK_BINARY) return;
  cuts_of(report, set, set->blocks);
  gains_of(report, set, set->blocks);
}

static void fill_money(EvaluationReport *report, const EvaluationSet *set) {
  if (set->money.act != NULL) money_report(&report->money, set, report->confidence);
}

typedef void Part(EvaluationReport *report, const EvaluationSet *set);
static Part *const parts[] = {fill_calibration, fill_money, fill_cuts, fill_classes, describe_rows};
enum { PART_TASKS = sizeof parts / sizeof parts[0] };

// Parts first: the longest ones.
static void evaluate_task(const void *arguments, int64_t task) {
  const Evaluation *evaluation = arguments;
  if (task < PART_TASKS) {
    parts[task](evaluation->report, evaluation->set);
    return;
  }
  MetricResult *result = &evaluation->report->results[task - PART_TASKS];
  result->metric = evaluation->choice->metrics[task - PART_TASKS];
  result->estimate = metric_estimate(result->metric, evaluation->set, evaluation->report->confidence);
  metric_describe(result, evaluation->set);
}

Status evaluate_model(EvaluationReport *report, const EvaluationSet *set, const TextList *names,
                      const GatesConfig *gates, Error *error) {
  MetricChoice choice;
  memset(report, 0, sizeof *report);
  PASS(evaluation_set_check(set, error));
  PASS(metric_choice(&choice, names, gates, set, error));
  EvaluationSet own = *set;
  if (set->facts == NULL) evaluation_sets_prepare(&own, 1);
  money_limit(&own);
  report->confidence = confidence_of(gates);
  report->replicates = resample_metrics(&own, &choice);
  if (report->replicates != NULL) {
    own.replicates = report->replicates;
    own.replicate = 0;
  }
  Evaluation evaluation = {report, &own, &choice};
  report->metric_count = choice.count;
  parallel_each(evaluate_task, &evaluation, PART_TASKS + choice.count, evaluation_threads(set));
  if (set->facts == NULL) evaluation_sets_release(&own, 1);
  return STATUS_OK;
}
