// The metric registry: every metric by name, its direction, formula and interval methods.
//
// Values equal scikit-learn's on the same predictions (sample_weight = weights). "Adding a metric" is a
// recipe in engine/README.md.
#ifndef INGOT_ENGINE_EVALUATE_METRICS_H
#define INGOT_ENGINE_EVALUATE_METRICS_H

#include "engine/evaluate/evaluation_set.h"

typedef enum MetricId {
#define METRIC(id, title, tasks, direction, single, paired, formula) METRIC_##id,
#include "engine/evaluate/metrics.inc"
#undef METRIC
  METRIC_COUNT
} MetricId;

typedef enum IntervalMethod {
#define INTERVAL(id, name, text) INTERVAL_##id,
#include "engine/evaluate/intervals.inc"
#undef INTERVAL
  INTERVAL_METHOD_COUNT
} IntervalMethod;

typedef enum MetricDirection { METRIC_UP, METRIC_DOWN, METRIC_ZERO } MetricDirection;

typedef struct Metric {
  MetricId id;
  const char *name;  // in configs and reports
  const char *title; // for people
  unsigned tasks;    // bits 1 << Task
  MetricDirection direction;
  int higher_is_better;          // direction == METRIC_UP
  IntervalMethod single, paired; // of the metric, of a difference
  const char *formula;           // for people
  double (*value)(const EvaluationSet *set);
} Metric;

extern const Metric metric_table[METRIC_COUNT];

const char *interval_method_name(IntervalMethod method); // "t", "delong", ...
const char *interval_method_text(IntervalMethod method); // for people

// The metric of that name for that task; else 78: names all metrics of the task.
Status metric_find(const Metric **metric, const char *name, Task task, Error *error);

// Whether the metric is defined on this set: auc and average_precision need both classes, value needs
// payoffs. 65 with the reason.
Status metric_check(const Metric *metric, const EvaluationSet *set, Error *error);

// The metric on a checked set; NaN where metric_check fails.
double metric_value(const Metric *metric, const EvaluationSet *set);

// An increase of the metric by this much, oriented so that positive is better. METRIC_ZERO: |from| - |to|.
double metric_gain(const Metric *metric, double from, double to);

// Rows whose log loss needed clipping (binary, multiclass: the label's probability).
int64_t metric_clipped_rows(const EvaluationSet *set);

// The class predicted for a row: binary score >= threshold, multiclass the most probable, lowest of equals.
int predicted_class(const EvaluationSet *set, int64_t row);

#endif
