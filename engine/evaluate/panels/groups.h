// Groups of rows by the values of one column: what slices, fairness, drift and the swap set count in.
#ifndef INGOT_ENGINE_EVALUATE_PANELS_GROUPS_H
#define INGOT_ENGINE_EVALUATE_PANELS_GROUPS_H

#include "engine/preprocess/frame.h"

enum { GROUPS_MAX = 30, GROUP_NUMBERS = 8 };

typedef struct Groups {
  int count;
  char **labels; // [count], for people
  int32_t *of;   // [rows]: the group of each row
  int64_t *rows; // [count]
} Groups;

// Categories: a group a value, in byte order. Numbers: a group a value where there are at most GROUP_NUMBERS
// distinct ones, else `parts` groups of about equal size, cut at the quantiles of kernels/README.md (equal
// cuts are one). Missing values are the last group. Of more than GROUPS_MAX values the most frequent ones (of
// equals the first) stay, and all others share one group: none is dropped.
void groups_of(Groups *groups, const Column *column, int64_t rows, int parts);
void groups_free(Groups *groups);

// Quantile k of Q of sorted values, as kernels/README.md has it.
double sorted_quantile(const double *sorted, int64_t count, int64_t k, int64_t q);

// The numbers that are there (not NaN), ascending, -0 as +0; `count` of them. Freed by free().
double *sorted_numbers(int64_t *count, const double *numbers, int64_t rows);

#endif
