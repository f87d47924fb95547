// Counts a model's parameters, and scores rows again to compare and to time.
#include "tools/cli/judge/models/operations.h"

#include "engine/shared/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

enum { BATCH = 1024, BATCHES = 64, ROWS_ONE_BY_ONE = 200 };

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median_of(double *values, int64_t count) {
  qsort(values, (size_t)count, sizeof *values, by_size);
  return values[count / 2];
}

static void count_parameters(ReportOperations *facts, const JudgedModel *judged) {
  const TensorSet *tensors = &judged->model.checkpoint->model.set;
  char *path = memory_format("%s/model.safetensors", judged->model.checkpoint->path);
  struct stat about;
  for (int i = 0; i < tensors->count; i++) {
    if (strncmp(tensors->items[i].name, "preprocess.", strlen("preprocess.")) != 0)
      facts->parameters += tensor_elements(&tensors->items[i]);
  }
  facts->inputs = preprocess_column_count(judged->model.preprocess);
  if (stat(path, &about) == 0) facts->model_bytes = about.st_size;
  free(path);
}

// The seconds that rows [first, first + count) take; those whose scores differ from the first time are
// counted.
static Status score_again(double *seconds, int64_t *different, const JudgedModel *judged, Scorer *scorer,
                          int64_t first, int64_t count, Error *error) {
  int classes = judged->judged.classes;
  double *scores = memory_get((size_t)(count * classes), sizeof *scores);
  Frame *frame = NULL;
  Status status;
  TRY(dataset_model_frame(&frame, NULL, judged->dataset, judged->model.preprocess,
                          judged->judged.numbers + first, count, error));
  double begun = now();
  TRY(trained_model_frame_scores(scores, &judged->model, scorer, frame, error));
  *seconds = now() - begun;
  for (int64_t i = 0; i < count; i++) {
    size_t bytes = (size_t)classes * sizeof *scores;
    *different += memcmp(scores + i * classes, judged->scores + (first + i) * classes, bytes) != 0;
  }
done:
  frame_free(frame);
  free(scores);
  return status;
}

// Rows [0, rows) in pieces; the median of the seconds of a piece, and their sum.
static Status score_pieces(double *median, double *total, int64_t *different, const JudgedModel *judged,
                           Scorer *scorer, int64_t rows, int64_t piece, Error *error) {
  double *seconds = memory_get((size_t)(rows / piece + 1), sizeof *seconds);
  int64_t count = 0;
  Status status = STATUS_OK;
  for (int64_t at = 0; at < rows; at += piece) {
    int64_t left = rows - at;
    TRY(score_again(&seconds[count], different, judged, scorer, at, left < piece ? left : piece, error));
    *total += seconds[count];
    count += left >= piece; // the last one may be smaller: it is no example
  }
  *median = count > 0 ? median_of(seconds, count) : 0;
done:
  free(seconds);
  return status;
}

Status operations_measure(Operations *operations, const JudgedModel *judged, Error *error) {
  int64_t all = judged->judged.rows, most = (int64_t)BATCH * BATCHES, rows = all < most ? all : most;
  int64_t single = all < ROWS_ONE_BY_ONE ? all : ROWS_ONE_BY_ONE, ignored = 0;
  double total = 0, unused = 0;
  struct rusage usage;
  Scorer *scorer = NULL;
  Status status;
  *operations = (Operations){.batch_rows = rows < BATCH ? rows : BATCH, .facts.checked_rows = rows};
  count_parameters(&operations->facts, judged);
  TRY(trained_model_scorer(&scorer, &judged->model, error));
  TRY(score_pieces(&operations->batch_seconds, &total, &operations->facts.different_rows, judged, scorer,
                   rows, operations->batch_rows, error));
  TRY(score_pieces(&operations->row_seconds, &unused, &ignored, judged, scorer, single, 1, error));
  if (ignored > operations->facts.different_rows) operations->facts.different_rows = ignored;
  operations->rows_per_second = total > 0 ? (double)rows / total : 0;
  if (getrusage(RUSAGE_SELF, &usage) == 0) operations->peak_bytes = (int64_t)usage.ru_maxrss * 1024;
done:
  scorer_free(scorer);
  return status;
}
