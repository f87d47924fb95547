// How many rows speak for a metric, and what a reader must know beside its number.
#include "engine/evaluate/resample/replicates.h"
#include "engine/evaluate/statistics/intervals.h"
#include "engine/evaluate/statistics/score_blocks.h"
#include "engine/evaluate/statistics/terms.h"
#include "engine/shared/memory.h"

#include <stdlib.h>

enum { FEW_EVENTS = 20, FEW_FOR_DELONG = 50 };
static const double high_auc = 0.99;

int64_t metric_rarest_class(const Metric *metric, const EvaluationSet *set) {
  int classes = set->task == TASK_BINARY ? 2 : set->classes;
  bool guesses = metric->id == METRIC_macro_f1; // counts classes that are predicted and nowhere a label
  int64_t *rows = memory_get(2 * (size_t)classes, sizeof *rows), *predicted = rows + classes;
  int64_t rarest = set->rows;
  for (int64_t i = 0; i < set->rows; i++) {
    rows[(int)set->labels[i]]++;
    if (guesses) predicted[predicted_class(set, i)]++;
  }
  for (int k = 0; k < classes; k++) {
    int64_t own = rows[k] > 0 ? rows[k] : predicted[k];
    if (own < rarest && (own > 0 || set->task == TASK_BINARY)) rarest = own;
  }
  free(rows);
  return rarest;
}

static void count_rows(MetricResult *result, const EvaluationSet *set) {
  result->n = result->events = set->rows;
  switch (result->metric->id) {
  case METRIC_recall:
  case METRIC_specificity:
  case METRIC_precision:
    result->n = 0;
    for (int64_t i = 0; i < set->rows; i++) result->n += metric_counts(set, result->metric, i);
    result->events = result->n;
    return;
  default:
    break;
  }
  if (set->task == TASK_BINARY && set->blocks != NULL) {
    int64_t positives = set->blocks->positive_rows, negatives = set->rows - positives;
    result->events = positives < negatives ? positives : negatives;
  } else if (set->task != TASK_REGRESSION) {
    result->events = metric_rarest_class(result->metric, set);
  }
}

static const char *note_of(const MetricResult *result, const EvaluationSet *set) {
  const Metric *metric = result->metric;
  bool fitted = metric->single == INTERVAL_WALD, area = result->estimate.method == INTERVAL_DELONG;
  if (fitted && !(result->estimate.value == result->estimate.value))
    return "not estimable: the scores are all equal, or separate the two classes";
  if (result->few_events && result->events < FEW_EVENTS)
    return "not enough data: fewer than 20 rows of a class";
  if (result->few_events && area)
    return "fewer than 50 rows of a class, or nearly perfect: DeLong's interval is too narrow";
  if (metric->id == METRIC_mape)
    return "rows with small labels weigh most, and predictions too low are favoured";
  if (result->estimate.method == INTERVAL_NONE && replicates_have_no_cells(metric, set))
    return "no interval: confusion matrices of more than 64 classes are not resampled";
  return NULL;
}

bool metric_few_events(const Metric *metric, const EvaluationSet *set, double value) {
  if (metric->single != INTERVAL_DELONG) return false;
  int64_t positives = set->blocks->positive_rows, negatives = set->rows - positives;
  double auc = metric->id == METRIC_gini ? 0.5 + 0.5 * value : value;
  return positives < FEW_FOR_DELONG || negatives < FEW_FOR_DELONG || auc > high_auc;
}

void metric_describe(MetricResult *result, const EvaluationSet *set) {
  count_rows(result, set);
  result->few_events =
      result->events < FEW_EVENTS || (result->estimate.method == INTERVAL_DELONG &&
                                      metric_few_events(result->metric, set, result->estimate.value));
  result->note = note_of(result, set);
}
