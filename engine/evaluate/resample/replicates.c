// Runs the resamples of one or two models and computes every metric in each.
#include "engine/evaluate/resample/replicates.h"

#include "engine/evaluate/resample/resampled.h"
#include "engine/evaluate/resample/sums.h"
#include "engine/shared/memory.h"
#include "engine/shared/parallel.h"

#include <stdlib.h>

_Static_assert((int)JACKKNIFE_BLOCKS == (int)RESAMPLE_BLOCKS, "the kernel leaves out as many blocks");

// Where the metrics of a resample go: values[metric][model], at index first + 64 group + r, while below
// count.
typedef struct Reading {
  const RowSums *sums;
  const Metric *const *metrics;
  int metric_count, models;
  double *(*values)[3];
  int64_t first, from, count; // resample of the first lane; [from, count) are wanted
} Reading;

static void read_resample(const Reading *reading, double *const cells[2], int group, int lane, int64_t b) {
  for (int model = 0; model < reading->models; model++) {
    Resampled resampled;
    CoxSteps cox = {false, 0, 0};
    row_sums_read(&resampled, cells[model], reading->sums, model, group, lane);
    resampled.cox = &cox;
    for (int i = 0; i < reading->metric_count; i++) {
      resampled.mean = row_sums_mean(reading->sums, model, i, group, lane, resampled.weight);
      reading->values[i][model][b] = resampled_metric(reading->metrics[i], &resampled);
    }
  }
  for (int i = 0; i < reading->metric_count && reading->models == 2; i++) {
    double *const *values = reading->values[i];
    values[REPLICATE_DELTA][b] = metric_gain(reading->metrics[i], values[0][b], values[1][b]);
  }
}

static void read_groups(const void *arguments, int64_t first, int64_t last) {
  const Reading *reading = arguments;
  double *cells[2] = {NULL, NULL};
  for (int model = 0; model < reading->models; model++)
    cells[model] = memory_get((size_t)row_sums_cells(reading->sums, model), sizeof(double));
  for (int64_t group = first; group < last; group++) {
    for (int r = 0; r < RESAMPLE_LANES; r++) {
      int64_t b = reading->first + group * RESAMPLE_LANES + r;
      if (b >= reading->from && b < reading->count)
        read_resample(reading, cells, (int)group, resample_lane(r), b);
    }
  }
  free(cells[0]);
  free(cells[1]);
}

// Fills values[metric][model][from..count).
static void run(RowSums *sums, Reading *reading, ResampleKind kind, uint64_t seed, int threads) {
  int64_t groups = (reading->count + RESAMPLE_LANES - 1) / RESAMPLE_LANES;
  int at_once = row_sums_groups_at_once(sums);
  for (int64_t first = reading->from / RESAMPLE_LANES; first < groups; first += at_once) {
    int count = groups - first < at_once ? (int)(groups - first) : at_once;
    row_sums_run(sums, kind, seed, first, count);
    reading->first = first * RESAMPLE_LANES;
    parallel_run(read_groups, reading, count, threads);
  }
}

static int models_of(const Replicates *replicates) {
  return replicates->models == 2 ? 3 : 1; // with the difference
}

// The jackknife's resamples, and the one of all rows behind them.
static void leave_out(Replicates *replicates, RowSums *sums, Reading reading, int threads) {
  double *(*values)[3] = memory_get((size_t)replicates->metric_count, sizeof *values);
  for (int i = 0; i < replicates->metric_count; i++) {
    for (int model = 0; model < models_of(replicates); model++)
      values[i][model] = replicates->metrics[i].left_out[model] =
          memory_get(JACKKNIFE_BLOCKS + 1, sizeof *values[i][model]);
  }
  reading.values = values;
  reading.count = JACKKNIFE_BLOCKS + 1;
  run(sums, &reading, RESAMPLE_LEAVE_OUT, 0, threads);
  for (int i = 0; i < replicates->metric_count; i++) {
    for (int model = 0; model < models_of(replicates); model++)
      replicates->metrics[i].whole[model] = values[i][model][JACKKNIFE_BLOCKS];
  }
  free(values);
}

static void draw(Replicates *replicates, RowSums *sums, Reading reading, int threads) {
  double *(*values)[3] = memory_get((size_t)replicates->metric_count, sizeof *values);
  for (int i = 0; i < replicates->metric_count; i++) {
    for (int model = 0; model < models_of(replicates); model++)
      values[i][model] = replicates->metrics[i].values[model] =
          memory_get((size_t)replicates->count, sizeof *values[i][model]);
  }
  reading.values = values;
  reading.count = replicates->count;
  run(sums, &reading, RESAMPLE_POISSON, replicates->seed, threads);
  free(values);
}

bool replicates_have_no_cells(const Metric *metric, const EvaluationSet *set) {
  return set->task == TASK_MULTICLASS && set->classes > REPLICATES_CLASSES && resampled_is_known(metric) &&
         !resampled_needs_terms(metric);
}

Replicates *replicates_new(const EvaluationSet *champion, const EvaluationSet *challenger,
                           const Metric *const *metrics, int metric_count, int count) {
  if (champion->row_hash == NULL || champion->rows > REPLICATES_ROWS) return NULL;
  const EvaluationSet *const sets[2] = {champion, challenger};
  const Resampling *resampling = &(challenger == NULL ? champion : challenger)->resampling;
  const Metric **known = memory_get((size_t)metric_count, sizeof *known);
  Replicates *replicates = memory_get(1, sizeof *replicates);
  *replicates = (Replicates){.models = challenger == NULL ? 1 : 2,
                             .count = count,
                             .seed = resampling->seed,
                             .metrics = memory_get((size_t)metric_count, sizeof *replicates->metrics)};
  for (int i = 0; i < metric_count; i++) {
    if (!resampled_is_known(metrics[i]) || replicates_have_no_cells(metrics[i], champion)) continue;
    replicates->metrics[replicates->metric_count].metric = metrics[i];
    known[replicates->metric_count++] = metrics[i];
  }
  if (replicates->metric_count == 0) {
    replicates_free(replicates);
    free(known);
    return NULL;
  }
  RowSums *sums = row_sums_new(sets, known, replicates->metric_count);
  Reading reading = {
      .sums = sums, .metrics = known, .metric_count = replicates->metric_count, .models = replicates->models};
  leave_out(replicates, sums, reading, resampling->threads);
  draw(replicates, sums, reading, resampling->threads);
  row_sums_free(sums);
  free(known);
  return replicates;
}

int replicates_wanted(const EvaluationSet *set) {
  return set->resampling.replicates > 0 ? set->resampling.replicates : REPLICATES_USUAL;
}

void replicates_free(Replicates *replicates) {
  if (replicates == NULL) return;
  for (int i = 0; i < replicates->metric_count; i++) {
    for (int model = 0; model < 3; model++) {
      free(replicates->metrics[i].values[model]);
      free(replicates->metrics[i].left_out[model]);
    }
  }
  free(replicates->metrics);
  free(replicates);
}

const MetricReplicates *replicates_of(const Replicates *replicates, const Metric *metric) {
  for (int i = 0; replicates != NULL && i < replicates->metric_count; i++) {
    if (replicates->metrics[i].metric == metric) return &replicates->metrics[i];
  }
  return NULL;
}
