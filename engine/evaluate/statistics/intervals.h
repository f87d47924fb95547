// The interval of a metric, and of the difference of two models, by the method that the registry names.
#ifndef INGOT_ENGINE_EVALUATE_STATISTICS_INTERVALS_H
#define INGOT_ENGINE_EVALUATE_STATISTICS_INTERVALS_H

#include "engine/evaluate/report_data.h"

// set->blocks must be there for binary sets.
Estimate metric_estimate(const Metric *metric, const EvaluationSet *set, double confidence);

// Oriented: positive = the challenger is better. The sets hold the same rows in the same order.
Estimate metric_difference(const Metric *metric, const EvaluationSet *champion,
                           const EvaluationSet *challenger, double confidence);

// The method of metric_estimate on this set: the registry's, or the bootstrap where that does not hold
// (clusters; AUC with few events) and the set has row hashes.
IntervalMethod metric_method(const Metric *metric, const EvaluationSet *set);

// AUC with fewer than 50 positives or negatives, or above 0.99: DeLong's interval is too narrow.
bool metric_few_events(const Metric *metric, const EvaluationSet *set, double auc);

#endif
