// Groups of rows by the values of one column.
#include "engine/evaluate/panels/groups.h"

#include "engine/shared/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int by_number(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

double *sorted_numbers(int64_t *count, const double *numbers, int64_t rows) {
  double *sorted = memory_get((size_t)rows, sizeof *sorted);
  *count = 0;
  for (int64_t i = 0; i < rows; i++) {
    if (numbers[i] == numbers[i]) sorted[(*count)++] = numbers[i] + 0.0;
  }
  if (*count > 1) qsort(sorted, (size_t)*count, sizeof *sorted, by_number);
  return sorted;
}

double sorted_quantile(const double *sorted, int64_t count, int64_t k, int64_t q) {
  int64_t t = k * (count - 1), at = t / q;
  if (at >= count - 1) return sorted[count - 1];
  return sorted[at] + (sorted[at + 1] - sorted[at]) * ((double)(t % q) / (double)q);
}

static int add_label(Groups *groups, char *label) {
  groups->labels = memory_grow(groups->labels, (size_t)groups->count + 1, sizeof *groups->labels);
  groups->labels[groups->count] = label;
  return groups->count++;
}

// ---- numbers ----

// Upper ends of the groups, ascending; a number belongs to the first end that is not below it.
static int find_ends(double *ends, const double *sorted, int64_t count, int parts, bool *each_value) {
  int distinct = 0;
  for (int64_t i = 0; i < count && distinct <= GROUP_NUMBERS; i++) {
    if (i > 0 && sorted[i] == sorted[i - 1]) continue;
    if (distinct < GROUP_NUMBERS) ends[distinct] = sorted[i];
    distinct++;
  }
  *each_value = distinct <= GROUP_NUMBERS;
  if (*each_value) return distinct;
  int used = 0;
  for (int k = 1; k <= parts; k++) {
    double end = sorted_quantile(sorted, count, k, parts);
    if (used == 0 || end > ends[used - 1]) ends[used++] = end;
  }
  return used;
}

static void label_numbers(Groups *groups, const double *ends, int count, bool each_value) {
  for (int i = 0; i < count; i++) {
    char end[NUMBER_TEXT_BYTES], before[NUMBER_TEXT_BYTES];
    number_text(end, ends[i]);
    if (i > 0) number_text(before, ends[i - 1]);
    add_label(groups, each_value       ? memory_text(end)
                      : i == 0         ? memory_format("up to %s", end)
                      : i == count - 1 ? memory_format("above %s", before)
                                       : memory_format("above %s to %s", before, end));
  }
}

static void group_numbers(Groups *groups, const Column *column, int64_t rows, int parts) {
  int64_t count;
  bool each_value;
  double *sorted = sorted_numbers(&count, column->numbers, rows);
  double *ends = memory_get((size_t)(parts > GROUP_NUMBERS ? parts : GROUP_NUMBERS), sizeof *ends);
  int used = find_ends(ends, sorted, count, parts, &each_value);
  label_numbers(groups, ends, used, each_value);
  for (int64_t i = 0; i < rows; i++) {
    double number = column->numbers[i];
    groups->of[i] = -1;
    if (number != number) continue;
    int at = 0;
    while (at < used - 1 && number > ends[at]) at++;
    groups->of[i] = at;
  }
  free(ends);
  free(sorted);
}

// ---- categories ----

typedef struct Value {
  const char *text;
  int32_t code;
  int64_t rows;
} Value;

static int by_text(const void *a, const void *b) {
  return strcmp(((const Value *)a)->text, ((const Value *)b)->text);
}

static int by_rows_then_text(const void *a, const void *b) {
  const Value *x = a, *y = b;
  if (x->rows != y->rows) return x->rows > y->rows ? -1 : 1;
  return strcmp(x->text, y->text);
}

static void group_categories(Groups *groups, const Column *column, int64_t rows) {
  Value *values = memory_get((size_t)column->category_count, sizeof *values);
  int32_t *group = memory_get((size_t)column->category_count, sizeof *group);
  int present = 0;
  for (int i = 0; i < column->category_count; i++) values[i] = (Value){column->categories[i], i, 0};
  for (int64_t i = 0; i < rows; i++) {
    if (column->codes[i] >= 0) values[column->codes[i]].rows++;
  }
  for (int i = 0; i < column->category_count; i++) {
    if (values[i].rows > 0) values[present++] = values[i];
  }
  int kept = present <= GROUPS_MAX ? present : GROUPS_MAX - 1;
  if (present > 1) qsort(values, (size_t)present, sizeof *values, by_rows_then_text);
  if (kept > 1) qsort(values, (size_t)kept, sizeof *values, by_text);
  for (int i = 0; i < kept; i++) group[values[i].code] = add_label(groups, memory_text(values[i].text));
  if (kept < present) {
    int rest = add_label(groups, memory_format("%d other values", present - kept));
    for (int i = kept; i < present; i++) group[values[i].code] = rest;
  }
  for (int64_t i = 0; i < rows; i++) groups->of[i] = column->codes[i] < 0 ? -1 : group[column->codes[i]];
  free(group);
  free(values);
}

// ---- both ----

void groups_of(Groups *groups, const Column *column, int64_t rows, int parts) {
  *groups = (Groups){.of = memory_get((size_t)rows, sizeof *groups->of)};
  if (column->kind == COLUMN_NUMBER)
    group_numbers(groups, column, rows, parts);
  else
    group_categories(groups, column, rows);
  int missing = -1;
  for (int64_t i = 0; i < rows; i++) {
    if (groups->of[i] >= 0) continue;
    if (missing < 0) missing = add_label(groups, memory_text("missing"));
    groups->of[i] = missing;
  }
  groups->rows = memory_get((size_t)groups->count, sizeof *groups->rows);
  for (int64_t i = 0; i < rows; i++) groups->rows[groups->of[i]]++;
}

void groups_free(Groups *groups) {
  for (int i = 0; i < groups->count; i++) free(groups->labels[i]);
  free(groups->labels);
  free(groups->of);
  free(groups->rows);
  memset(groups, 0, sizeof *groups);
}
