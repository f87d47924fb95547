// Step-down and step-up adjustment of p values.
#include "engine/evaluate/statistics/multiplicity.h"

#include "engine/shared/memory.h"

#include <stdlib.h>

typedef struct Tested {
  double p;
  int at;
} Tested;

static int by_p(const void *a, const void *b) {
  const Tested *x = a, *y = b;
  if (x->p != y->p) return x->p < y->p ? -1 : 1;
  return x->at - y->at;
}

// The tests in ascending p; returns how many there are.
static int sort_tests(Tested **sorted, double *adjusted, const double *p, int n) {
  Tested *tests = memory_get((size_t)n, sizeof *tests);
  int count = 0;
  for (int i = 0; i < n; i++) {
    if (p[i] == p[i]) tests[count++] = (Tested){p[i], i};
    adjusted[i] = p[i];
  }
  if (count > 1) qsort(tests, (size_t)count, sizeof *tests, by_p);
  *sorted = tests;
  return count;
}

void holm_adjust(double *adjusted, const double *p, int n) {
  Tested *tests;
  double largest = 0;
  int count = sort_tests(&tests, adjusted, p, n);
  for (int i = 0; i < count; i++) {
    double scaled = tests[i].p * (count - i);
    if (scaled > largest) largest = scaled;
    adjusted[tests[i].at] = largest < 1 ? largest : 1;
  }
  free(tests);
}

void benjamini_hochberg_adjust(double *adjusted, const double *p, int n) {
  Tested *tests;
  double smallest = 1;
  int count = sort_tests(&tests, adjusted, p, n);
  for (int i = count - 1; i >= 0; i--) {
    double scaled = tests[i].p * count / (i + 1);
    if (scaled < smallest) smallest = scaled;
    adjusted[tests[i].at] = smallest;
  }
  free(tests);
}
