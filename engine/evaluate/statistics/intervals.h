// The interval of a metric, and of the difference of two models, by the method that the registry names.
#ifndef INGOT_ENGINE_EVALUATE_STATISTICS_INTERVALS_H
#define INGOT_ENGINE_EVALUATE_STATISTICS_INTERVALS_H

#include "engine/evaluate/report_data.h"

// set->blocks must be there for binary sets. INTERVAL_BOOTSTRAP: the value alone, whose interval comes from
// elsewhere.
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

#endif
