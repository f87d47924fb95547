// Slices: who gains and who loses. Groups of rows by the values of columns, judged each on its own.
//
// Harm: the one-sided test that the oriented difference is below 0, from the paired interval's method; p
// values of one metric are adjusted over the slices of all columns (Benjamini and Hochberg 1995), and harm is
// shown where that is at most SLICE_Q.
#ifndef INGOT_ENGINE_EVALUATE_PANELS_SLICES_H
#define INGOT_ENGINE_EVALUATE_PANELS_SLICES_H

#include "engine/evaluate/metrics.h"
#include "engine/evaluate/report_data.h"

enum { SLICE_METRICS = 4, SLICE_EVENTS = 20, SLICE_PARTS = 4 };
static const double SLICE_Q = 0.1;

typedef struct SliceMetric {
  const Metric *metric;
  Estimate champion, challenger, delta; // champion and delta only where there are two models
  double harm_p, harm_adjusted;         // NaN where nothing was tested
  bool harmed;
  double detectable;   // the smallest true difference that would be shown with power 0.8; NaN where unknown
  int64_t rows_needed; // to show the difference observed, where its interval contains 0; 0: not known
} SliceMetric;

typedef struct Slice {
  const char *column; // of the configuration
  char *value;
  int64_t rows;
  int64_t events; // rows with label 1 (binary), else all
  bool enough;    // at least SLICE_EVENTS events, and as many other rows (binary); else nothing is tested
  SliceMetric metrics[SLICE_METRICS];
} Slice;

typedef struct Slices {
  int metric_count; // of every slice; the first is the one that decides
  int count;
  Slice *items; // columns in their order, values in the order of groups_of
} Slices;

// champion may be NULL. `columns` are columns of challenger->slices. Metrics: the primary rule's, those of
// rules about slices, value, the guardrails' (or, without rules, the first of `names`), at most
// SLICE_METRICS. 65: evaluation_set_check, or sets of different length.
Status slices_of(Slices *slices, const EvaluationSet *champion, const EvaluationSet *challenger,
                 const TextList *columns, const TextList *names, const GatesConfig *gates, Error *error);

void slices_clear(Slices *slices);

#endif
