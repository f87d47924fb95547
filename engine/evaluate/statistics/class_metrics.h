// Metrics of predicted classes, out of the confusion matrix.
#ifndef INGOT_ENGINE_EVALUATE_STATISTICS_CLASS_METRICS_H
#define INGOT_ENGINE_EVALUATE_STATISTICS_CLASS_METRICS_H

#include "engine/evaluate/report_data.h"

// Weight of rows by (label, predicted class): [K, K] with K = 2 for binary sets. Freed by free().
double *confusion_of(const EvaluationSet *set, int *classes);

// The class that a binary policy treats a row as: 1 where it acts (where it acts below its threshold: where
// it does not), as its list has it (policy_acts).
int decided_class(const EvaluationSet *set, int64_t row);

// Weight of rows by (label, decided class): [2, 2]. Freed by free().
double *decisions_matrix(const EvaluationSet *set);

// Support, precision, recall, F1 of each class; what is 0 / 0 is 0. Freed by free().
ClassResult *class_results(const double *confusion, int classes);

#endif
