// Rates by group on simulated rows: the panel's intervals beside those of a stratified bootstrap.
#include "tools/dev/coverage/rates.h"

#include "engine/preprocess/frame.h"
#include "engine/shared/memory.h"
#include "kernels/resample/resample.h"

#include <stdlib.h>
#include <string.h>

enum { GROUP_COUNT = 2, CELLS = 8 }; // group, selected, label

static Fairness panel_of(const Rows *rows, Frame *frame) {
  static char *const names[] = {"larger", "smaller"};
  Fairness fairness;
  FairnessConfig config = {.present = true, .column = "group", .min_rows = 20};
  EvaluationSet set = set_of(rows, 1, 0);
  set.slices = frame;
  column_make_codes(&frame->columns[0], "group", rows->count, names, GROUP_COUNT);
  memcpy(frame->columns[0].codes, rows->group, (size_t)rows->count * sizeof *rows->group);
  fairness_of(&fairness, &set, &config, 0.95);
  return fairness;
}

RateTruth rates_of(const Rows *rows) {
  Frame *frame = frame_new(rows->count, 1);
  Fairness fairness = panel_of(rows, frame);
  RateTruth truth;
  for (int rate = 0; rate < RATE_COUNT; rate++) {
    truth.rate[rate] = fairness.groups[1].rates[rate].value;
    truth.difference[rate] = fairness.groups[1].difference[rate].value;
    truth.ratio[rate] = fairness.groups[1].ratio[rate].value;
  }
  fairness_clear(&fairness);
  frame_free(frame);
  return truth;
}

// ---- the bootstrap ----

// A rate of a group out of the weights of its cells: [selected][label].
static double rate_of(const uint32_t *counts, int lane, int group, FairnessRate rate) {
  double cell[2][2];
  for (int k = 0; k < 4; k++) cell[k / 2][k % 2] = counts[(group * 4 + k) * RESAMPLE_LANES + lane];
  switch (rate) {
  case RATE_SELECTION:
    return (cell[1][0] + cell[1][1]) / (cell[0][0] + cell[0][1] + cell[1][0] + cell[1][1]);
  case RATE_TPR:
    return cell[1][1] / (cell[0][1] + cell[1][1]);
  case RATE_FPR:
    return cell[1][0] / (cell[0][0] + cell[1][0]);
  default:
    return cell[1][1] / (cell[1][0] + cell[1][1]);
  }
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static Estimate percentiles(double *values, int count) {
  qsort(values, (size_t)count, sizeof *values, by_size);
  return (Estimate){
      .method = INTERVAL_BOOTSTRAP, .low = values[count / 40], .high = values[count - 1 - count / 40]};
}

// Poisson weights: within a group its rates are those of its rows drawn anew, whatever the others do.
static uint32_t *resampled_cells(const Rows *rows, int groups) {
  EvaluationSet set = set_of(rows, 1, 0);
  uint16_t *cell = memory_get((size_t)rows->count, sizeof *cell);
  uint32_t *counts = memory_get((size_t)(groups * CELLS * RESAMPLE_LANES), sizeof *counts);
  for (int64_t i = 0; i < rows->count; i++)
    cell[i] = (uint16_t)(rows->group[i] * 4 + policy_selects(&set, i) * 2 + (rows->labels[i] == 1));
  ResampleCounts table = {cell, CELLS, counts};
  Resample task = {.kind = RESAMPLE_POISSON,
                   .seed = 20,
                   .rows = rows->count,
                   .unit = rows->hash,
                   .counts = &table,
                   .count_tables = 1};
  task.room = memory_get(resample_room(&task), 1);
  resample(&task, 0, groups);
  free(task.room);
  free(cell);
  return counts;
}

// ---- counting ----

static void add_resampled(Coverage *coverage, const uint32_t *counts, int groups, FairnessRate rate,
                          const RateTruth *truth) {
  int count = groups * RESAMPLE_LANES;
  double *values[3];
  for (int k = 0; k < 3; k++) values[k] = memory_get((size_t)count, sizeof *values[k]);
  for (int b = 0; b < count; b++) {
    const uint32_t *cells = counts + b / RESAMPLE_LANES * (CELLS * RESAMPLE_LANES);
    double larger = rate_of(cells, b % RESAMPLE_LANES, 0, rate),
           smaller = rate_of(cells, b % RESAMPLE_LANES, 1, rate);
    values[0][b] = smaller;
    values[1][b] = smaller - larger;
    values[2][b] = smaller / larger;
  }
  static const char *const kinds[] = {"model", "difference", "ratio"};
  const double truths[] = {truth->rate[rate], truth->difference[rate], truth->ratio[rate]};
  for (int k = 0; k < 3; k++) {
    Estimate estimate = percentiles(values[k], count);
    coverage_add(coverage, fairness_rate_name(rate), kinds[k], true, &estimate, truths[k]);
    free(values[k]);
  }
}

void rates_count(Coverage *coverage, pthread_mutex_t *mutex, const Rows *rows, const RateTruth *truth,
                 int replicates) {
  Frame *frame = frame_new(rows->count, 1);
  Fairness fairness = panel_of(rows, frame);
  int groups = replicates / RESAMPLE_LANES;
  uint32_t *counts = resampled_cells(rows, groups);
  const FairnessGroup *group = &fairness.groups[1];
  pthread_mutex_lock(mutex);
  for (int rate = 0; rate < RATE_COUNT; rate++) {
    const char *name = fairness_rate_name((FairnessRate)rate);
    coverage_add(coverage, name, "model", false, &group->rates[rate], truth->rate[rate]);
    coverage_add(coverage, name, "difference", false, &group->difference[rate], truth->difference[rate]);
    coverage_add(coverage, name, "ratio", false, &group->ratio[rate], truth->ratio[rate]);
    add_resampled(coverage, counts, groups, (FairnessRate)rate, truth);
  }
  pthread_mutex_unlock(mutex);
  free(counts);
  fairness_clear(&fairness);
  frame_free(frame);
}
