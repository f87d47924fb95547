// The interval of a metric, and of the difference of two models, by the method that the registry names.
#ifndef INGOT_ENGINE_EVALUATE_STATISTICS_INTERVALS_H
#define INGOT_ENGINE_EVALUATE_STATISTICS_INTERVALS_H

#include "engine/evaluate/report_data.h"

// set->blocks must be there for binary sets.
Estimate metric_estimate(const Metric *metric, const EvaluationSet *set, double confidence);

// Oriented: positive = the challenger is better. The sets hold the same rows in the same order.
Estimate metric_difference(const Metric *metric, const EvaluationSet *champion,
                           const EvaluationSet *challenger, double confidence);

// Both models and their difference with one reading of the rows; the metric's n, events and note. `metric` is
// set.
void metric_compare(MetricDifference *difference, const EvaluationSet *champion,
                    const EvaluationSet *challenger, double confidence);

// Fills n, events, note and few_events of a result whose metric and estimate are there.
void metric_describe(MetricResult *result, const EvaluationSet *set);

// Rows of the rarest class that occurs among the labels (binary: of both classes; macro F1: or among the
// predictions, which counts then). Not for regression.
int64_t metric_rarest_class(const Metric *metric, const EvaluationSet *set);

// The method of metric_estimate on this set: the registry's, or the bootstrap where that does not hold
// (clusters; AUC with few events) and the set has row hashes.
IntervalMethod metric_method(const Metric *metric, const EvaluationSet *set);

// AUC or Gini with fewer than 50 rows of a class, or an AUC above 0.99: DeLong's interval is too narrow.
bool metric_few_events(const Metric *metric, const EvaluationSet *set, double value);

#endif
