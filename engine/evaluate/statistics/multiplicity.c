// Holm's and Benjamini and Hochberg's adjustments.
#include "engine/evaluate/statistics/multiplicity.h"

#include "engine/shared/memory.h"

#include <stdlib.h>

typedef struct Ranked {
  double p;
  int place;
} Ranked;

static int compare_p(const void *a, const void *b) {
  double x = ((const Ranked *)a)->p, y = ((const Ranked *)b)->p;
  return (x > y) - (x < y);
}

// The p values that are numbers, ascending, and how many. Freed by free().
static Ranked *ranked_of(double *adjusted, const double *p, int count, int *known) {
  Ranked *ranked = memory_get((size_t)count, sizeof *ranked);
  *known = 0;
  for (int i = 0; i < count; i++) {
    if (p[i] == p[i]) ranked[(*known)++] = (Ranked){p[i], i};
    adjusted[i] = p[i];
  }
  qsort(ranked, (size_t)*known, sizeof *ranked, compare_p);
  return ranked;
}

void holm_adjust(double *adjusted, const double *p, int count) {
  int known;
  Ranked *ranked = ranked_of(adjusted, p, count, &known);
  double largest = 0;
  for (int i = 0; i < known; i++) {
    double value = ranked[i].p * (known - i);
    if (value > largest) largest = value;
    adjusted[ranked[i].place] = largest < 1 ? largest : 1;
  }
  free(ranked);
}

void benjamini_hochberg_adjust(double *adjusted, const double *p, int count) {
  int known;
  Ranked *ranked = ranked_of(adjusted, p, count, &known);
  double least = 1;
  for (int i = known - 1; i >= 0; i--) {
    double value = ranked[i].p * known / (i + 1);
    if (value < least) least = value;
    adjusted[ranked[i].place] = least;
  }
  free(ranked);
}
