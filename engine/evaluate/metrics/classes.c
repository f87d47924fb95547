// Metrics of predicted classes, out of the confusion matrix.
#include "engine/evaluate/metrics/facts.h"
#include "engine/evaluate/metrics/formulas.h"
#include "engine/shared/math64.h"
#include "engine/shared/memory.h"

#include <stdlib.h>

static double share(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

// Weights of the rows with label k, and of those predicted to be k.
static double labelled(const double *confusion, int classes, int k) {
  double sum = 0;
  for (int j = 0; j < classes; j++) sum += confusion[k * classes + j];
  return sum;
}

static double predicted(const double *confusion, int classes, int k) {
  double sum = 0;
  for (int j = 0; j < classes; j++) sum += confusion[j * classes + k];
  return sum;
}

static double right_share(const double *confusion, int classes) {
  double right = 0, all = 0;
  for (int k = 0; k < classes; k++) right += confusion[k * classes + k];
  for (int cell = 0; cell < classes * classes; cell++) all += confusion[cell];
  return share(right, all);
}

static double mean_recall(const double *confusion, int classes) {
  double sum = 0;
  int present = 0;
  for (int k = 0; k < classes; k++) {
    double support = labelled(confusion, classes, k);
    if (!(support > 0)) continue;
    sum += confusion[k * classes + k] / support;
    present++;
  }
  return sum / present;
}

static double class_f1(const double *confusion, int classes, int k) {
  return share(2 * confusion[k * classes + k],
               labelled(confusion, classes, k) + predicted(confusion, classes, k));
}

static double mean_f1(const double *confusion, int classes) {
  double sum = 0;
  int present = 0;
  for (int k = 0; k < classes; k++) {
    if (!(labelled(confusion, classes, k) > 0) && !(predicted(confusion, classes, k) > 0)) continue;
    sum += class_f1(confusion, classes, k);
    present++;
  }
  return sum / present;
}

// Both rates are taken as shares first, so that the product of four counts does not overflow.
static double correlation(const double *confusion) {
  double negative = confusion[0] + confusion[1], positive = confusion[2] + confusion[3];
  double no = confusion[0] + confusion[2], yes = confusion[1] + confusion[3];
  double spread = math64_sqrt(negative * positive) * math64_sqrt(no * yes);
  return spread > 0 ? (confusion[3] * confusion[0] - confusion[1] * confusion[2]) / spread : 0;
}

static double kappa(const double *confusion, int classes) {
  double all = 0, chance = 0;
  for (int cell = 0; cell < classes * classes; cell++) all += confusion[cell];
  for (int k = 0; k < classes; k++)
    chance += labelled(confusion, classes, k) / all * (predicted(confusion, classes, k) / all);
  return chance < 1 ? (right_share(confusion, classes) - chance) / (1 - chance) : 0;
}

double metric_of_confusion(MetricId id, const double *confusion, int classes) {
  switch (id) {
  case METRIC_accuracy:
    return right_share(confusion, classes);
  case METRIC_precision:
    return share(confusion[3], confusion[1] + confusion[3]);
  case METRIC_recall:
    return share(confusion[3], confusion[2] + confusion[3]);
  case METRIC_specificity:
    return share(confusion[0], confusion[0] + confusion[1]);
  case METRIC_balanced_accuracy:
    return mean_recall(confusion, classes);
  case METRIC_f1:
    return class_f1(confusion, 2, 1);
  case METRIC_mcc:
    return correlation(confusion);
  case METRIC_macro_f1:
    return mean_f1(confusion, classes);
  default:
    return kappa(confusion, classes);
  }
}

static double of_classes(const Metric *metric, const EvaluationSet *set) {
  int classes = set->task == TASK_BINARY ? 2 : set->classes;
  double *confusion = memory_get((size_t)classes * (size_t)classes, sizeof *confusion);
  confusion_into(confusion, set);
  double value = metric_of_confusion(metric->id, confusion, classes);
  free(confusion);
  return value;
}

#define OF_CLASSES(id)                                                                                       \
  double formula_##id(const Metric *metric, const EvaluationSet *set) {                                      \
    return of_classes(metric, set);                                                                          \
  }
OF_CLASSES(precision)
OF_CLASSES(recall)
OF_CLASSES(specificity)
OF_CLASSES(balanced_accuracy)
OF_CLASSES(f1)
OF_CLASSES(mcc)
OF_CLASSES(macro_f1)
OF_CLASSES(cohen_kappa)
