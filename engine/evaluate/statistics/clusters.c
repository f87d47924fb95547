// Standard errors of means over clusters of rows.
#include "engine/evaluate/statistics/clusters.h"

#include "engine/shared/exact_sum.h"
#include "engine/shared/math64.h"
#include "engine/shared/memory.h"

#include <stdlib.h>

typedef struct Member {
  uint64_t cluster;
  double deviation; // w (x - mean)
} Member;

static int by_cluster(const void *a, const void *b) {
  const Member *x = a, *y = b;
  return (x->cluster > y->cluster) - (x->cluster < y->cluster);
}

Moments moments_of_rows(const EvaluationSet *set, const double *terms, const double *weights) {
  int64_t rows = set->rows, members = 0, clusters = 0;
  if (set->cluster_hash == NULL) return moments_of(terms, weights, rows);
  Moments moments = {.weight = weights == NULL ? (double)rows : exact_sum_of(weights, (size_t)rows),
                     .mean = mean_of(terms, weights, rows),
                     .standard_error = __builtin_nan("")};
  Member *sorted = memory_get((size_t)rows, sizeof *sorted);
  for (int64_t i = 0; i < rows; i++) {
    double weight = weights == NULL ? 1 : weights[i];
    if (weight > 0) sorted[members++] = (Member){set->cluster_hash[i], (terms[i] - moments.mean) * weight};
  }
  qsort(sorted, (size_t)members, sizeof *sorted, by_cluster);
  ExactSum squares = {0};
  for (int64_t i = 0; i < members; clusters++) {
    uint64_t cluster = sorted[i].cluster;
    ExactSum sum = {0}; // exact: the order within a cluster is nobody's business
    for (; i < members && sorted[i].cluster == cluster; i++) exact_sum_add(&sum, sorted[i].deviation);
    double deviation = exact_sum_value(&sum);
    exact_sum_add(&squares, deviation * deviation);
  }
  free(sorted);
  moments.n = clusters;
  double n = (double)clusters;
  if (clusters >= 2)
    moments.standard_error = math64_sqrt(exact_sum_value(&squares) * (n / (n - 1))) / moments.weight;
  return moments;
}

static int by_hash(const void *a, const void *b) {
  const uint64_t *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}

int64_t cluster_count(const EvaluationSet *set) {
  if (set->cluster_hash == NULL) return set->rows;
  uint64_t *sorted = memory_get((size_t)set->rows, sizeof *sorted);
  int64_t count = 0;
  for (int64_t i = 0; i < set->rows; i++) sorted[i] = set->cluster_hash[i];
  qsort(sorted, (size_t)set->rows, sizeof *sorted, by_hash);
  for (int64_t i = 0; i < set->rows; i++) count += i == 0 || sorted[i] != sorted[i - 1];
  free(sorted);
  return count;
}
