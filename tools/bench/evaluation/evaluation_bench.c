// Times the comparison of two models: reading off every metric, and the paired bootstrap of all of them.
//
//     ingot_evaluation_bench [ROWS [REPLICATES [FILE]]]   10,000,000 rows and 2,000 resamples where not
//     given;
//                                                         FILE: the rows as CSV (label,a,b), for tools to
//                                                         compare with
//
// Rows are made up: a label, two models' probabilities, what acting and skipping are worth.
#include "engine/evaluate/evaluate.h"
#include "engine/evaluate/metrics/facts.h"
#include "engine/evaluate/resample/replicates.h"
#include "engine/evaluate/statistics/score_blocks.h"
#include "engine/shared/math64.h"
#include "engine/shared/memory.h"
#include "kernels/operators.h"
#include "kernels/shared/philox.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

typedef struct Rows {
  int64_t count;
  double *labels, *scores[2];
  int64_t *act, *skip;
  uint64_t *hash;
} Rows;

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// Of all threads: what a machine with nothing else to do would spend, added up.
static double processor_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double peak_bytes(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return 1024.0 * (double)usage.ru_maxrss;
}

// The true probability is a square; each model sees it with an error of its own.
static Rows make_rows(int64_t count) {
  Rows rows = {
      .count = count,
      .labels = memory_get((size_t)count, sizeof(double)),
      .scores = {memory_get((size_t)count, sizeof(double)), memory_get((size_t)count, sizeof(double))},
      .act = memory_get((size_t)count, sizeof(int64_t)),
      .skip = memory_get((size_t)count, sizeof(int64_t)),
      .hash = memory_get((size_t)count, sizeof(uint64_t))};
  for (int64_t i = 0; i < count; i++) {
    uint32_t words[4], more[4];
    random_words(words, 1, (uint32_t)i, (uint32_t)(i >> 32), 0, 0);
    random_words(more, 1, (uint32_t)i, (uint32_t)(i >> 32), 1, 0);
    double x = words[0] * 0x1p-32, p = x * x;
    rows.labels[i] = words[1] * 0x1p-32 < p;
    rows.scores[0][i] = 0.002 + 0.8 * p + 0.15 * (words[2] * 0x1p-32);
    rows.scores[1][i] = 0.002 + 0.8 * p + 0.14 * (words[3] * 0x1p-32);
    rows.act[i] = rows.labels[i] == 1 ? 20000000 + (int64_t)(more[0] % 20000000) : -6000000;
    rows.hash[i] = (uint64_t)more[2] << 32 | more[3];
  }
  return rows;
}

static EvaluationSet set_of(const Rows *rows, int model) {
  return (EvaluationSet){.task = TASK_BINARY,
                         .rows = rows->count,
                         .classes = 1,
                         .labels = rows->labels,
                         .scores = rows->scores[model],
                         .policy = {POLICY_THRESHOLD, 0.3, false},
                         .money = {.act = rows->act, .skip = rows->skip}};
}

static void write_rows(const Rows *rows, const char *path) {
  FILE *file = fopen(path, "w");
  if (file == NULL) {
    perror(path);
    exit(74);
  }
  fprintf(file, "label,a,b\n");
  for (int64_t i = 0; i < rows->count; i++)
    fprintf(file, "%d,%.17g,%.17g\n", (int)rows->labels[i], rows->scores[0][i], rows->scores[1][i]);
  fclose(file);
}

int main(int argc, char **argv) {
  int64_t count = argc > 1 ? strtoll(argv[1], NULL, 10) : 10000000;
  int replicates = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 2000;
  Rows rows = make_rows(count);
  if (argc > 3) write_rows(&rows, argv[3]);
  EvaluationSet a = set_of(&rows, 0), b = set_of(&rows, 1);
  double before = peak_bytes(), start = seconds(), busy = processor_seconds();
  Comparison comparison;
  Error error;
  if (compare_models(&comparison, &a, &b, NULL, NULL, NULL, &error) != STATUS_OK) {
    fprintf(stderr, "%s\n", error.text);
    return 70;
  }
  printf("%lld rows, 2 models, %s\n", (long long)count, operators_best_isa());
  printf("metrics and their intervals     %8.2f s, processor %8.2f s, %5.1f bytes a row beyond the rows\n",
         seconds() - start, processor_seconds() - busy, (peak_bytes() - before) / (double)count);
  const Metric *metrics[METRIC_LIMIT];
  for (int i = 0; i < comparison.metric_count; i++) metrics[i] = comparison.metrics[i].metric;
  // As compare_models has them by then.
  EvaluationSet sets[2] = {a, b};
  evaluation_sets_prepare(sets, 2);
  a = sets[0], b = sets[1];
  a.row_hash = b.row_hash = rows.hash;
  b.resampling = (Resampling){.replicates = replicates};
  start = seconds();
  busy = processor_seconds();
  Replicates *made = replicates_new(&a, &b, metrics, comparison.metric_count, replicates);
  printf(
      "%5d resamples of %2d metrics    %8.2f s, processor %8.2f s, peak %5.1f bytes a row, rows included\n",
      replicates, made->metric_count, seconds() - start, processor_seconds() - busy,
      peak_bytes() / (double)count);
  replicates_free(made);
  comparison_clear(&comparison);
  evaluation_sets_release(sets, 2);
  return 0;
}
