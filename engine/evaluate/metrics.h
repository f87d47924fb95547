// The metric registry: every metric by name, its direction, formula and interval methods.
//
// Values equal scikit-learn's on the same predictions (sample_weight = weights) where it has the metric.
// "Adding a metric" is a recipe in engine/README.md. A name with a parameter, "capture@0.1", is a metric of
// its own: one name is one Metric, so that pointers compare as names do; it lives as long as the program.
#ifndef INGOT_ENGINE_EVALUATE_METRICS_H
#define INGOT_ENGINE_EVALUATE_METRICS_H

#include "engine/evaluate/evaluation_set.h"

typedef enum MetricId {
#define METRIC(id, ...) METRIC_##id,
#define METRIC_AT(id, ...) METRIC_##id,
#include "engine/evaluate/metrics.inc"
#undef METRIC
#undef METRIC_AT
  METRIC_COUNT
} MetricId;

enum { METRIC_LIMIT = 64 }; // metrics of one report, those with parameters included

typedef enum IntervalMethod {
#define INTERVAL(id, name, text, source) INTERVAL_##id,
#include "engine/evaluate/intervals.inc"
#undef INTERVAL
  INTERVAL_METHOD_COUNT
} IntervalMethod;

// Whether the interval comes out of resamples (engine/evaluate/resample/).
bool interval_is_resampled(IntervalMethod method);

typedef enum MetricDirection { METRIC_UP, METRIC_DOWN, METRIC_ZERO, METRIC_ONE } MetricDirection;

// What stands behind the '@' of a name.
typedef enum MetricParameter {
  PARAMETER_NONE,
  PARAMETER_TOP,     // first < 1: a share of the rows; else a whole count of rows
  PARAMETER_CLASSES, // first: a whole number of classes
  PARAMETER_LEVEL,   // 0 < first < 1
  PARAMETER_POWER,   // first: of a variance function; not strictly between 0 and 1
  PARAMETER_COSTS    // first:second, both >= 0, of a unit too low and too high
} MetricParameter;

typedef struct Metric {
  MetricId id;
  const char *name;  // in configs and reports: "auc", "capture@0.1"
  const char *title; // for people
  bool usual;        // in reports that name no metrics
  unsigned tasks;    // bits 1 << Task
  MetricDirection direction;
  int higher_is_better;          // direction == METRIC_UP
  IntervalMethod single, paired; // of the metric, of a difference
  const char *formula, *source;  // for people
  double (*value)(const struct Metric *metric, const EvaluationSet *set);
  MetricParameter takes;
  const char *parameter; // the text behind '@'; "" where there is none
  double first, second;
} Metric;

// By MetricId; those with a parameter with their usual one.
extern const Metric metric_table[METRIC_COUNT];

const char *interval_method_name(IntervalMethod method);   // "t", "delong", ...
const char *interval_method_text(IntervalMethod method);   // for people
const char *interval_method_source(IntervalMethod method); // author and year; "" where there is none

// The metric of that name. 78: no metric is called so (*metric = NULL), or its parameter is bad (*metric =
// the one with the usual parameter; the sentence says what is allowed).
Status metric_parse(const Metric **metric, const char *name, Error *error);

// The metric of that name for that task; else 78: names all metrics of the task.
Status metric_find(const Metric **metric, const char *name, Task task, Error *error);

// Whether the metric is defined on this set: auc needs both classes, value needs payoffs, r2 labels that
// differ. 65 with the reason.
Status metric_check(const Metric *metric, const EvaluationSet *set, Error *error);

// The metric on a checked set; NaN where metric_check fails, or where a calibration fit does not converge.
double metric_value(const Metric *metric, const EvaluationSet *set);

// An increase of the metric by this much, oriented so that positive is better. METRIC_ZERO: |from| - |to|;
// METRIC_ONE: |from - 1| - |to - 1|.
double metric_gain(const Metric *metric, double from, double to);

// p within [2^-24, 1 - 2^-24], where logarithms and logits are finite.
static inline double clipped_probability(double p) {
  return p < 0x1p-24 ? 0x1p-24 : p > 1.0 - 0x1p-24 ? 1.0 - 0x1p-24 : p;
}

// Rows whose log loss needed clipping (binary, multiclass: the label's probability).
int64_t metric_clipped_rows(const EvaluationSet *set);

// The class predicted for a row: binary score >= threshold, multiclass the most probable, lowest of equals.
int predicted_class(const EvaluationSet *set, int64_t row);

#endif
