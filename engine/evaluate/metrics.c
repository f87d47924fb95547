// The metric registry and the formulas of the metrics.
#include "engine/evaluate/metrics.h"

#include "engine/evaluate/money.h"
#include "engine/evaluate/statistics/class_metrics.h"
#include "engine/evaluate/statistics/delong.h"
#include "engine/evaluate/statistics/statistics.h"
#include "engine/evaluate/statistics/terms.h"
#include "engine/shared/exact_sum.h"
#include "engine/shared/math64.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- formulas ----

static double mean_of_terms(const EvaluationSet *set, MetricId id) {
  double *terms = metric_terms(set, id);
  double mean = mean_of(terms, metric_term_weights(set, id), set->rows);
  free(terms);
  return mean;
}

static double formula_value(const EvaluationSet *set) {
  return (double)money_value(set) / MONEY_SCALE;
}
static double formula_log_loss(const EvaluationSet *set) {
  return mean_of_terms(set, METRIC_log_loss);
}
static double formula_brier(const EvaluationSet *set) {
  return mean_of_terms(set, METRIC_brier);
}
static double formula_accuracy(const EvaluationSet *set) {
  return mean_of_terms(set, METRIC_accuracy);
}
static double formula_rmse(const EvaluationSet *set) {
  return math64_sqrt(mean_of_terms(set, METRIC_rmse));
}
static double formula_mae(const EvaluationSet *set) {
  return mean_of_terms(set, METRIC_mae);
}
static double formula_bias(const EvaluationSet *set) {
  return mean_of_terms(set, METRIC_bias);
}
static double formula_r2(const EvaluationSet *set) {
  return 1.0 - mean_of_terms(set, METRIC_r2) / label_variance(set);
}

static double formula_auc(const EvaluationSet *set) {
  ScoreBlocks *own = set->blocks == NULL ? score_blocks_new(set) : NULL;
  double auc = auc_of(own != NULL ? own : set->blocks);
  score_blocks_free(own);
  return auc;
}

// Davis and Goadrich 2006: equal scores are one step, nothing is interpolated.
static double precision_area(const ScoreBlocks *blocks) {
  ExactSum area = {0}, positives = {0}, taken = {0};
  for (int64_t b = blocks->count - 1; b >= 0; b--) {
    exact_sum_add(&positives, blocks->positive_weight[b]);
    exact_sum_add(&taken, blocks->positive_weight[b]);
    exact_sum_add(&taken, blocks->negative_weight[b]);
    if (blocks->positive_weight[b] == 0) continue;
    exact_sum_add(&area, blocks->positive_weight[b] / blocks->positive_total *
                             (exact_sum_value(&positives) / exact_sum_value(&taken)));
  }
  return exact_sum_value(&area);
}

static double formula_average_precision(const EvaluationSet *set) {
  ScoreBlocks *own = set->blocks == NULL ? score_blocks_new(set) : NULL;
  double area = precision_area(own != NULL ? own : set->blocks);
  score_blocks_free(own);
  return area;
}

// A number out of the results by class.
static double of_classes(const EvaluationSet *set,
                         double (*formula)(const ClassResult *, const double *, int)) {
  int classes;
  double *confusion = confusion_of(set, &classes);
  ClassResult *results = class_results(confusion, classes);
  double value = formula(results, confusion, classes);
  free(results);
  free(confusion);
  return value;
}

static double mean_recall(const ClassResult *results, const double *confusion, int classes) {
  double sum = 0;
  int present = 0;
  (void)confusion;
  for (int k = 0; k < classes; k++) {
    if (!(results[k].support > 0)) continue;
    sum += results[k].recall;
    present++;
  }
  return sum / present;
}

static double mean_f1(const ClassResult *results, const double *confusion, int classes) {
  double sum = 0;
  int present = 0;
  for (int k = 0; k < classes; k++) {
    double predicted = 0;
    for (int j = 0; j < classes; j++) predicted += confusion[j * classes + k];
    if (!(results[k].support > 0) && !(predicted > 0)) continue;
    sum += results[k].f1;
    present++;
  }
  return sum / present;
}

static double positive_f1(const ClassResult *results, const double *confusion, int classes) {
  (void)confusion, (void)classes;
  return results[1].f1;
}

static double formula_balanced_accuracy(const EvaluationSet *set) {
  return of_classes(set, mean_recall);
}
static double formula_f1(const EvaluationSet *set) {
  return of_classes(set, positive_f1);
}
static double formula_macro_f1(const EvaluationSet *set) {
  return of_classes(set, mean_f1);
}

// ---- registry ----

const Metric metric_table[METRIC_COUNT] = {
#define BINARY (1u << TASK_BINARY)
#define MULTICLASS (1u << TASK_MULTICLASS)
#define REGRESSION (1u << TASK_REGRESSION)
#define METRIC(id, title, tasks, direction, single, paired, formula)                                         \
  {METRIC_##id,                                                                                              \
   #id,                                                                                                      \
   title,                                                                                                    \
   tasks,                                                                                                    \
   METRIC_##direction,                                                                                       \
   METRIC_##direction == METRIC_UP,                                                                          \
   INTERVAL_##single,                                                                                        \
   INTERVAL_##paired,                                                                                        \
   formula,                                                                                                  \
   formula_##id},
#include "engine/evaluate/metrics.inc"
#undef METRIC
#undef BINARY
#undef MULTICLASS
#undef REGRESSION
};

const char *interval_method_name(IntervalMethod method) {
  static const char *const names[] = {
#define INTERVAL(id, name, text) name,
#include "engine/evaluate/intervals.inc"
#undef INTERVAL
  };
  return names[method];
}

const char *interval_method_text(IntervalMethod method) {
  static const char *const texts[] = {
#define INTERVAL(id, name, text) text,
#include "engine/evaluate/intervals.inc"
#undef INTERVAL
  };
  return texts[method];
}

Status metric_find(const Metric **metric, const char *name, Task task, Error *error) {
  static const char *const tasks[] = {"binary", "multiclass", "regression"};
  char known[512] = "";
  for (int i = 0; i < METRIC_COUNT; i++) {
    const Metric *candidate = &metric_table[i];
    if (!(candidate->tasks & 1u << task)) continue;
    if (strcmp(candidate->name, name) == 0) {
      *metric = candidate;
      return STATUS_OK;
    }
    size_t used = strlen(known);
    snprintf(known + used, sizeof known - used, "%s%s", used > 0 ? ", " : "", candidate->name);
  }
  return error_set(error, STATUS_CONFIG, "unknown metric '%s' for a %s task; the metrics are %s", name,
                   tasks[task], known);
}

Status metric_check(const Metric *metric, const EvaluationSet *set, Error *error) {
  if (!(metric->tasks & 1u << set->task)) {
    return error_set(error, STATUS_DATA, "metric '%s' does not exist for this kind of target", metric->name);
  }
  if (metric->id == METRIC_value && set->money.act == NULL) {
    return error_set(error, STATUS_DATA, "metric 'value' needs a business section with act and skip");
  }
  if (metric->id == METRIC_r2 && !(label_variance(set) > 0)) {
    return error_set(error, STATUS_DATA, "metric 'r2' needs labels that are not all the same");
  }
  if (metric->id != METRIC_auc && metric->id != METRIC_average_precision) return STATUS_OK;
  double weight[2] = {0, 0};
  for (int64_t i = 0; i < set->rows; i++)
    weight[set->labels[i] == 1] += set->weights == NULL ? 1 : set->weights[i];
  if (weight[0] > 0 && weight[1] > 0) return STATUS_OK;
  return error_set(error, STATUS_DATA, "metric '%s' needs rows of both classes, and all %lld are of one",
                   metric->name, (long long)set->rows);
}

double metric_value(const Metric *metric, const EvaluationSet *set) {
  Error ignored;
  return metric_check(metric, set, &ignored) == STATUS_OK ? metric->value(set) : __builtin_nan("");
}

double metric_gain(const Metric *metric, double from, double to) {
  if (metric->direction == METRIC_UP) return to - from;
  if (metric->direction == METRIC_DOWN) return from - to;
  return (from < 0 ? -from : from) - (to < 0 ? -to : to);
}
