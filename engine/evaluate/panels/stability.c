// Blocks in time order, the period of the rows, flips, the spread of seeds.
#include "engine/evaluate/panels/stability.h"

#include "engine/evaluate/metrics/metric_choice.h"
#include "engine/evaluate/statistics/intervals.h"
#include "engine/shared/exact_sum.h"
#include "engine/shared/math64.h"
#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

// ---- order of time ----

// A row with its time: the number, or the rank of the text in byte order.
typedef struct Timed {
  double time;
  int64_t row;
} Timed;

static int by_time(const void *a, const void *b) {
  double x = ((const Timed *)a)->time, y = ((const Timed *)b)->time;
  return (x > y) - (x < y);
}

static int by_text(const void *a, const void *b) {
  return strcmp(**(char ***)a, **(char ***)b);
}

// ranks[code]: the place of its text in byte order.
static double *text_ranks(const Column *column) {
  size_t count = (size_t)column->category_count;
  char ***sorted = memory_get(count, sizeof *sorted);
  double *ranks = memory_get(count, sizeof *ranks);
  for (size_t i = 0; i < count; i++) sorted[i] = &column->categories[i];
  if (count > 1) qsort(sorted, count, sizeof *sorted, by_text);
  for (size_t i = 0; i < count; i++) ranks[sorted[i] - column->categories] = (double)i;
  free(sorted);
  return ranks;
}

// The rows that have a time, ascending; freed by free().
static Timed *sort_rows(int64_t *count, const Column *column, int64_t rows) {
  Timed *sorted = memory_get((size_t)rows, sizeof *sorted);
  double *ranks = column->kind == COLUMN_CATEGORY ? text_ranks(column) : NULL;
  *count = 0;
  for (int64_t i = 0; i < rows; i++) {
    if (ranks != NULL && column->codes[i] < 0) continue;
    double time = ranks != NULL ? ranks[column->codes[i]] : column->numbers[i];
    if (time == time) sorted[(*count)++] = (Timed){time, i};
  }
  if (*count > 1) qsort(sorted, (size_t)*count, sizeof *sorted, by_time);
  free(ranks);
  return sorted;
}

static char *text_of(const Column *column, int64_t row) {
  char buffer[NUMBER_TEXT_BYTES];
  return memory_text(column_text(column, row, buffer));
}

bool time_is_not_older(const Column *trained, int64_t trained_rows, const Column *judged, int64_t rows) {
  int64_t counts[2];
  Timed *sorted[2] = {sort_rows(&counts[0], trained, trained_rows), sort_rows(&counts[1], judged, rows)};
  bool passed = true;
  if (counts[0] > 0 && counts[1] > 0 && trained->kind == judged->kind) {
    int64_t old = sorted[0][(counts[0] - 1) * 9 / 10].row, newest = sorted[1][counts[1] - 1].row;
    passed = trained->kind == COLUMN_CATEGORY ? strcmp(judged->categories[judged->codes[newest]],
                                                       trained->categories[trained->codes[old]]) >= 0
                                              : judged->numbers[newest] >= trained->numbers[old];
  }
  free(sorted[0]);
  free(sorted[1]);
  return passed;
}

// ---- blocks ----

static void choose_metrics(Stability *stability, const EvaluationSet *set, const GatesConfig *gates) {
  const char *primary = gates != NULL && gates->has_primary ? gates->primary.metric
                        : set->task == TASK_REGRESSION      ? "rmse"
                                                            : "log_loss";
  if (set->money.act != NULL) stability->metrics[stability->metric_count++] = &metric_table[METRIC_value];
  const Metric *metric;
  Error ignored;
  if (metric_find(&metric, primary, set->task, &ignored) == STATUS_OK && metric->id != METRIC_value)
    stability->metrics[stability->metric_count++] = metric;
}

static void fill_block(Stability *stability, const EvaluationSet *champion, const EvaluationSet *challenger,
                       const Column *time, const Timed *sorted, int64_t count, double confidence) {
  TimeBlock *block = &stability->blocks[stability->count++];
  EvaluationSubset from = {0}, to;
  int64_t *rows = memory_get((size_t)count, sizeof *rows);
  for (int64_t i = 0; i < count; i++) rows[i] = sorted[i].row;
  *block = (TimeBlock){.from = text_of(time, rows[0]), .to = text_of(time, rows[count - 1]), .rows = count};
  evaluation_subset(&to, challenger, rows, count);
  if (champion != NULL) evaluation_subset(&from, champion, rows, count);
  for (int i = 0; i < stability->metric_count; i++) {
    const Metric *metric = stability->metrics[i];
    block->metrics[i] = champion == NULL ? metric_estimate(metric, &to.set, confidence)
                                         : metric_difference(metric, &from.set, &to.set, confidence);
  }
  evaluation_subset_free(&to);
  evaluation_subset_free(&from);
  free(rows);
}

static void fill_blocks(Stability *stability, const EvaluationSet *champion, const EvaluationSet *challenger,
                        const Column *time, double confidence) {
  int64_t count, start = 0;
  Timed *sorted = sort_rows(&count, time, challenger->rows);
  if (count > 0) {
    stability->from = text_of(time, sorted[0].row);
    stability->to = text_of(time, sorted[count - 1].row);
  }
  for (int64_t i = 1; i <= count; i++) {
    // Rows of one time belong to the eighth in which the first of them lies.
    if (i < count &&
        (sorted[i].time == sorted[i - 1].time || i * TIME_BLOCKS / count == start * TIME_BLOCKS / count))
      continue;
    fill_block(stability, champion, challenger, time, sorted + start, i - start, confidence);
    start = i;
  }
  free(sorted);
}

static bool decides_alike(const EvaluationSet *a, const EvaluationSet *b, int64_t row) {
  if (a->task == TASK_BINARY) return policy_selects(a, row) == policy_selects(b, row);
  return predicted_class(a, row) == predicted_class(b, row);
}

void stability_of(Stability *stability, const EvaluationSet *champion, const EvaluationSet *challenger,
                  const Column *time, const GatesConfig *gates) {
  *stability = (Stability){.rows = challenger->rows};
  choose_metrics(stability, challenger, gates);
  if (time != NULL) fill_blocks(stability, champion, challenger, time, confidence_of(gates));
  stability->has_flips = champion != NULL && challenger->task != TASK_REGRESSION;
  for (int64_t i = 0; stability->has_flips && i < challenger->rows; i++)
    stability->flips += !decides_alike(champion, challenger, i);
}

// Sums are exact, so that the order of the seeds is nothing.
static double deviation(const double *values, int count) {
  double mean = exact_sum_of(values, (size_t)count) / count, squares[SEEDS_MOST + 1];
  for (int i = 0; i < count; i++) squares[i] = (values[i] - mean) * (values[i] - mean);
  return math64_sqrt(exact_sum_of(squares, (size_t)count) / (count - 1));
}

void seeds_add(Seeds *seeds, uint64_t seed, double value) {
  seeds->seeds[seeds->count] = seed;
  seeds->values[seeds->count++] = value;
  seeds->spread = seeds->count < 2 ? __builtin_nan("") : deviation(seeds->values, seeds->count);
}

void stability_clear(Stability *stability) {
  for (int i = 0; i < stability->count; i++) {
    free(stability->blocks[i].from);
    free(stability->blocks[i].to);
  }
  free(stability->from);
  free(stability->to);
  *stability = (Stability){0};
}
