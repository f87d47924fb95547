// Confusion matrix and what follows from it.
#include "engine/evaluate/statistics/class_metrics.h"

#include "engine/shared/exact_sum.h"
#include "engine/shared/memory.h"

#include <stdlib.h>

// Of the class that `said` gives a row.
static double *matrix_of(const EvaluationSet *set, int classes,
                         int (*said)(const EvaluationSet *set, int64_t row)) {
  size_t cells = (size_t)classes * (size_t)classes;
  double *confusion = memory_get(cells, sizeof *confusion);
  ExactSum *sums = set->weights == NULL ? NULL : memory_get(cells, sizeof *sums);
  for (int64_t i = 0; i < set->rows; i++) {
    int cell = (int)set->labels[i] * classes + said(set, i);
    if (sums == NULL)
      confusion[cell] += 1;
    else
      exact_sum_add(&sums[cell], set->weights[i]);
  }
  for (size_t cell = 0; sums != NULL && cell < cells; cell++) confusion[cell] = exact_sum_value(&sums[cell]);
  free(sums);
  return confusion;
}

double *confusion_of(const EvaluationSet *set, int *classes) {
  *classes = set->task == TASK_BINARY ? 2 : set->classes;
  return matrix_of(set, *classes, predicted_class);
}

int decided_class(const EvaluationSet *set, int64_t row) {
  return policy_acts(set, row) != set->policy.act_below;
}

double *decisions_matrix(const EvaluationSet *set) {
  return matrix_of(set, 2, decided_class);
}

static double share(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

ClassResult *class_results(const double *confusion, int classes) {
  ClassResult *results = memory_get((size_t)classes, sizeof *results);
  for (int k = 0; k < classes; k++) {
    double right = confusion[k * classes + k], labelled = 0, predicted = 0;
    for (int j = 0; j < classes; j++) {
      labelled += confusion[k * classes + j];
      predicted += confusion[j * classes + k];
    }
    results[k] = (ClassResult){labelled, share(right, predicted), share(right, labelled),
                               share(2 * right, labelled + predicted)};
  }
  return results;
}
