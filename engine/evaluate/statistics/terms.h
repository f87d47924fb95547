// Metrics that are means of one term a row: the terms, which rows count, and the classes predicted.
#ifndef INGOT_ENGINE_EVALUATE_STATISTICS_TERMS_H
#define INGOT_ENGINE_EVALUATE_STATISTICS_TERMS_H

#include "engine/evaluate/metrics.h"
#include "engine/evaluate/statistics/statistics.h"

// Whether the metric is a mean (value: a sum) of terms over the rows that count.
bool metric_has_terms(MetricId id);

// A row's term: log loss, squared error (brier, rmse, r2), 1 where the class is right (accuracy, recall,
// ...), payoff of the policy in units (value), ...
double metric_term(const EvaluationSet *set, const Metric *metric, int64_t row);

// Whether it is one of all rows; else only of those that count (recall, ...).
bool metric_has_every_row(MetricId id);

// recall: rows with label 1; specificity: with label 0; precision: predicted to be 1; else every row.
bool metric_counts(const EvaluationSet *set, const Metric *metric, int64_t row);

// terms[0..rows) of such a metric. Freed by free().
double *metric_terms(const EvaluationSet *set, const Metric *metric);

// The weights that go with the terms: NULL for value, whose payoffs are weighted already.
const double *metric_term_weights(const EvaluationSet *set, const Metric *metric);

// The mean of the terms over the rows that count; NaN where none does.
double metric_term_mean(const EvaluationSet *set, const Metric *metric);

// The mean with its standard error.
Moments metric_term_moments(const EvaluationSet *set, const Metric *metric);

// Of champion, challenger, and challenger - champion, on the same rows; the champion's rows count.
typedef struct PairedMoments {
  Moments champion, challenger, difference;
} PairedMoments;
PairedMoments metric_paired_moments(const EvaluationSet *champion, const EvaluationSet *challenger,
                                    const Metric *metric);

#endif
