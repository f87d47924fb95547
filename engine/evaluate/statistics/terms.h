// Metrics that are means of one term a row: the terms, and the classes predicted.
#ifndef INGOT_ENGINE_EVALUATE_STATISTICS_TERMS_H
#define INGOT_ENGINE_EVALUATE_STATISTICS_TERMS_H

#include "engine/evaluate/metrics.h"

// Whether the metric is a mean (value: a sum) of terms.
bool metric_has_terms(MetricId id);

// terms[0..rows) of such a metric: log loss, squared error (brier, rmse, r2), 1 where the class is right
// (accuracy), absolute error, error (bias), payoff of the policy in units (value). Freed by free().
double *metric_terms(const EvaluationSet *set, MetricId id);

// The weights that go with the terms: NULL for value, whose payoffs are weighted already.
const double *metric_term_weights(const EvaluationSet *set, MetricId id);

#endif
