// Metrics of predicted classes, out of the confusion matrix.
#ifndef INGOT_ENGINE_EVALUATE_STATISTICS_CLASS_METRICS_H
#define INGOT_ENGINE_EVALUATE_STATISTICS_CLASS_METRICS_H

#include "engine/evaluate/report_data.h"

// Weight of rows by (label, predicted class): [K, K] with K = 2 for binary sets. Freed by free().
double *confusion_of(const EvaluationSet *set, int *classes);

// Support, precision, recall, F1 of each class; what is 0 / 0 is 0. Freed by free().
ClassResult *class_results(const double *confusion, int classes);

#endif
