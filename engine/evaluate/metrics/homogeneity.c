// Stuart and Maxwell's test: d' S^- d of the differences d of the marginals, S their covariance.
#include "engine/evaluate/metrics/homogeneity.h"

#include "engine/evaluate/statistics/terms.h"
#include "engine/shared/math64.h"
#include "engine/shared/memory.h"

#include <stdlib.h>

static const double vanished =
    1e-9; // of a pivot, against what stood there: classes that hang together are one less

// covariance [classes, classes] and d[classes]. The covariance is n_i. + n_.i - 2 n_ii and -(n_ij + n_ji).
static void fill(double *covariance, double *d, const int64_t *counts, int classes) {
  for (int i = 0; i < classes; i++) {
    for (int j = 0; j < classes; j++) {
      double moved = (double)(counts[i * classes + j] + counts[j * classes + i]);
      if (i == j) continue;
      covariance[i * classes + j] = -moved;
      covariance[i * classes + i] += moved;
      d[i] += (double)(counts[i * classes + j] - counts[j * classes + i]);
    }
  }
}

// Elimination of a symmetric matrix that is positive but for its null space, in which d has no part: pivots
// that vanish are left out, the others count as degrees of freedom.
Homogeneity homogeneity_of_table(const int64_t *counts, int classes) {
  size_t cells = (size_t)classes * (size_t)classes;
  double *matrix = memory_get(cells, sizeof *matrix), *d = memory_get((size_t)classes, sizeof *d);
  Homogeneity test = {0, 0, __builtin_nan("")};
  fill(matrix, d, counts, classes);
  for (int i = 0; i < classes; i++) {
    double moved = 0, pivot = matrix[i * classes + i];
    for (int j = 0; j < classes; j++)
      if (j != i) moved += (double)(counts[i * classes + j] + counts[j * classes + i]);
    if (!(pivot > vanished * moved)) continue;
    test.statistic += d[i] * d[i] / pivot;
    test.df++;
    for (int j = i + 1; j < classes; j++) {
      double factor = matrix[j * classes + i] / pivot;
      d[j] -= factor * d[i];
      for (int k = i + 1; k < classes; k++) matrix[j * classes + k] -= factor * matrix[i * classes + k];
    }
  }
  if (test.df > 0) test.p_value = math64_chi_square_tail(test.statistic, test.df);
  free(matrix);
  free(d);
  return test;
}

Homogeneity homogeneity_of(const EvaluationSet *champion, const EvaluationSet *challenger) {
  Homogeneity none = {0, 0, __builtin_nan("")};
  if (champion->task != TASK_MULTICLASS || champion->weights != NULL || challenger->cluster_hash != NULL)
    return none;
  size_t cells = (size_t)champion->classes * (size_t)champion->classes;
  int64_t *counts = memory_get(cells, sizeof *counts);
  for (int64_t i = 0; i < champion->rows; i++)
    counts[predicted_class(champion, i) * champion->classes + predicted_class(challenger, i)]++;
  Homogeneity test = homogeneity_of_table(counts, champion->classes);
  free(counts);
  return test;
}
