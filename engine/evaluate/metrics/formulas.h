// Private to engine/evaluate: the formula of every metric, and what several of them share.
#ifndef INGOT_ENGINE_EVALUATE_METRICS_FORMULAS_H
#define INGOT_ENGINE_EVALUATE_METRICS_FORMULAS_H

#include "engine/evaluate/metrics.h"
#include "engine/evaluate/statistics/score_blocks.h"

#define METRIC(id, ...) double formula_##id(const Metric *metric, const EvaluationSet *set);
#define METRIC_AT(id, ...) METRIC(id, __VA_ARGS__)
#include "engine/evaluate/metrics.inc"
#undef METRIC_AT
#undef METRIC

// A metric of predicted classes out of the confusion matrix [classes, classes] (label, predicted class):
// accuracy, precision, recall, specificity, balanced_accuracy, f1, mcc, macro_f1, cohen_kappa.
double metric_of_confusion(MetricId id, const double *confusion, int classes);

// A metric of the order of the scores: auc, gini, ks, average_precision, capture, precision_at, lift.
double metric_of_blocks(const Metric *metric, const ScoreBlocks *blocks);

// The `taken` rows (weight) of highest score, a block that is cut being taken in part; taken is at most the
// total weight. Returns the weight of the positives among them.
double positives_on_top(const ScoreBlocks *blocks, double taken);

// Weight of the top of a metric that takes PARAMETER_TOP: a share of the whole weight, or of `first` rows at
// their mean weight; at most the whole.
double weight_of_top(const Metric *metric, int64_t rows, double weight);

#endif
