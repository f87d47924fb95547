// Rows to cells and integer terms, in chunks, and the sums of resamples over them.
//
// DESIGN. Terms (logarithms, losses) of a chunk of rows are computed once and then weighed by all resamples,
// so that neither terms nor weights of all rows are ever in memory. Threads share out addends, then
// resamples.
#include "engine/evaluate/resample/sums.h"

#include "engine/evaluate/money.h"
#include "engine/evaluate/resample/replicates.h"
#include "engine/evaluate/resample/score_groups.h"
#include "engine/evaluate/statistics/statistics.h"
#include "engine/evaluate/statistics/terms.h"
#include "engine/shared/exact_sum.h"
#include "engine/shared/memory.h"
#include "engine/shared/parallel.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 1 << 17, SMALL_WORK = 1 << 16 };
static const int64_t most_bytes = (int64_t)256 << 20; // of sums held at once

typedef enum AddendKind { ADDEND_WEIGHT, ADDEND_LABEL, ADDEND_LABEL_SQUARE, ADDEND_TERM } AddendKind;

typedef struct Addend {
  AddendKind kind;
  int model;
  const Metric *metric; // of the terms; NULL: none
  int exponent;         // what is summed is rne(term * 2^exponent)
} Addend;

struct RowSums {
  const EvaluationSet *sets[2];
  int models, threads;
  const uint64_t *unit;
  double mean_label, weight_of_row; // sum of w^2 / sum of w
  ScoreGroups groups[2];            // binary
  uint16_t *class_cell[2];          // multiclass, [rows]
  Addend *addends;                  // addend 0: weights, not summed where cells count the rows
  int first_summed;
  int addend_count;
  int label_addend;     // of the labels, their squares follow; 0 where nobody asks
  int (*addend_of)[2];  // [metrics][model]; -1: no terms
  int64_t *terms;       // [addends, chunk]
  int64_t chunk;        // rows of a chunk
  uint32_t *place;      // [chunk] where a row of the chunk went
  uint64_t *chunk_unit; // [chunk] in that order
  uint16_t *chunk_cell[2];
  uint32_t *counts[2];          // [groups, cells, lanes]; without weights
  int64_t *cell_sums[2], *sums; // with weights; [addends, groups, lanes]
  int group_count;              // summed now
};

// ---- terms as integers ----

// Nearest integer, ties to even; |x| < 2^62.
static int64_t nearest(double x) {
  if (!(x > -0x1p52 && x < 0x1p52)) return (int64_t)x;
  return (int64_t)(x < 0 ? (x - 0x1p52) + 0x1p52 : (x + 0x1p52) - 0x1p52);
}

static double power_of_two(int exponent) {
  uint64_t bits = (uint64_t)(1023 + exponent) << 52;
  double power;
  memcpy(&power, &bits, sizeof power);
  return power;
}

// The largest k with total * 2^k * 16 < 2^62, at most 900; 0 for nothing.
static int exponent_for(double total) {
  int k = 0;
  if (!(total > 0)) return 0;
  while (k < 900 && total * power_of_two(k) < 0x1p57) k++;
  while (k > -900 && !(total * power_of_two(k) < 0x1p58)) k--;
  return k;
}

static EvaluationSet part_of(const EvaluationSet *set, int64_t first, int64_t rows) {
  EvaluationSet part = *set;
  part.rows = rows;
  part.labels += first;
  part.scores += first * set->classes;
  if (set->weights != NULL) part.weights += first;
  const int64_t **money[] = {&part.money.act,          &part.money.skip, &part.money.gain_if_one,
                             &part.money.gain_if_zero, &part.best,       &part.capacity.cost};
  for (size_t i = 0; i < sizeof money / sizeof money[0]; i++) {
    if (*money[i] != NULL) *money[i] += first;
  }
  if (set->listed != NULL) part.listed += first;
  part.blocks = NULL;
  part.facts = NULL;
  return part;
}

// Terms of rows [first, first + rows), the rows' weights applied; money in millionths. Freed by free().
static double *addend_terms(const RowSums *sums, const Addend *addend, int64_t first, int64_t rows) {
  EvaluationSet part = part_of(sums->sets[addend->model], first, rows);
  const double *weights = part.weights;
  double *terms;
  if (addend->kind == ADDEND_TERM && addend->metric->id != METRIC_value) {
    terms = metric_terms(&part, addend->metric);
    weights = metric_term_weights(&part, addend->metric);
  } else {
    terms = memory_get((size_t)rows, sizeof *terms);
    for (int64_t i = 0; i < rows; i++) {
      double label = part.labels[i] - sums->mean_label;
      terms[i] = addend->kind == ADDEND_WEIGHT  ? 1
                 : addend->kind == ADDEND_LABEL ? label
                 : addend->kind == ADDEND_TERM  ? money_term(&part, i) * MONEY_SCALE
                                                : label * label;
    }
    if (addend->kind == ADDEND_TERM) weights = NULL;
  }
  for (int64_t i = 0; weights != NULL && i < rows; i++) terms[i] *= weights[i];
  return terms;
}

static bool is_value(const Addend *addend) {
  return addend->metric != NULL && addend->metric->id == METRIC_value;
}

// Payoffs are integers; where rows compete for a capacity their influence is not.
static bool money_is_whole(const RowSums *sums, const Addend *addend) {
  return is_value(addend) && sums->sets[addend->model]->cut.price.gain == 0;
}

static void choose_exponents(const void *arguments, int64_t first, int64_t last) {
  const RowSums *sums = arguments;
  for (int64_t c = first; c < last; c++) {
    Addend *addend = &sums->addends[c];
    double largest = 0;
    for (int64_t row = 0; row < sums->sets[0]->rows; row += sums->chunk) {
      int64_t left = sums->sets[0]->rows - row, rows = left < sums->chunk ? left : sums->chunk;
      double *terms = addend_terms(sums, addend, row, rows);
      for (int64_t i = 0; i < rows; i++) {
        double size = terms[i] < 0 ? -terms[i] : terms[i];
        largest = size > largest ? size : largest;
      }
      free(terms);
    }
    addend->exponent = exponent_for((double)sums->sets[0]->rows * largest);
    bool whole =
        addend->kind == ADDEND_WEIGHT ? sums->sets[0]->weights == NULL : money_is_whole(sums, addend);
    if (whole && addend->exponent > 0) addend->exponent = 0; // integers already
  }
}

typedef struct ChunkTask {
  const RowSums *sums;
  int64_t first, rows;
} ChunkTask;

static void fill_terms(const void *arguments, int64_t first, int64_t last) {
  const ChunkTask *task = arguments;
  for (int64_t c = first; c < last; c++) {
    const Addend *addend = &task->sums->addends[c];
    double *terms = addend_terms(task->sums, addend, task->first, task->rows),
           scale = power_of_two(addend->exponent);
    int64_t *out = task->sums->terms + c * task->sums->chunk;
    for (int64_t i = 0; i < task->rows; i++) out[task->sums->place[i]] = nearest(terms[i] * scale);
    free(terms);
  }
}

// ---- what is summed ----

static int addend_new(RowSums *sums, AddendKind kind, int model, const Metric *metric) {
  for (int c = 0; c < sums->addend_count; c++) {
    const Addend *addend = &sums->addends[c];
    if (addend->kind == kind && addend->model == model && addend->metric == metric) return c;
  }
  sums->addends = memory_grow(sums->addends, (size_t)sums->addend_count + 1, sizeof *sums->addends);
  sums->addends[sums->addend_count] = (Addend){kind, model, metric, 0};
  return sums->addend_count++;
}

static void choose_addends(RowSums *sums, const Metric *const *metrics, int metric_count) {
  sums->addend_of = memory_get((size_t)metric_count, sizeof *sums->addend_of);
  addend_new(sums, ADDEND_WEIGHT, 0, NULL);
  for (int i = 0; i < metric_count; i++) {
    const Metric *metric = metrics[i];
    if (metric->id == METRIC_r2) {
      sums->label_addend = addend_new(sums, ADDEND_LABEL, 0, NULL);
      addend_new(sums, ADDEND_LABEL_SQUARE, 0, NULL);
      metric = &metric_table[METRIC_rmse]; // the same terms
    }
    for (int model = 0; model < 2; model++)
      sums->addend_of[i][model] = model < sums->models && resampled_needs_terms(metrics[i])
                                      ? addend_new(sums, ADDEND_TERM, model, metric)
                                      : -1;
  }
}

typedef struct CellsTask {
  RowSums *sums;
  bool cox, quantiles;
} CellsTask;

static void cells_of_models(const void *arguments, int64_t first, int64_t last) {
  const CellsTask *task = arguments;
  for (int64_t model = first; model < last; model++) {
    const EvaluationSet *set = task->sums->sets[model];
    if (set->task == TASK_BINARY || task->quantiles)
      score_groups_of(&task->sums->groups[model], set, task->cox);
    if (set->task != TASK_MULTICLASS || set->classes > REPLICATES_CLASSES) continue;
    uint16_t *cell = task->sums->class_cell[model] = memory_get((size_t)set->rows, sizeof *cell);
    for (int64_t i = 0; i < set->rows; i++)
      cell[i] = (uint16_t)((int)set->labels[i] * set->classes + predicted_class(set, i));
  }
}

static void choose_cells(RowSums *sums, const Metric *const *metrics, int metric_count) {
  bool cox = false, quantiles = false;
  for (int i = 0; i < metric_count; i++) {
    MetricId id = metrics[i]->id;
    cox |= id == METRIC_calibration_slope || id == METRIC_calibration_intercept;
    quantiles |= id == METRIC_median_absolute_error || id == METRIC_p90_absolute_error;
  }
  CellsTask task = {sums, cox, quantiles};
  parallel_run(cells_of_models, &task, sums->models, sums->threads);
}

// What a row weighs in an effective number of rows (Kish 1965).
static double weight_of_row(const EvaluationSet *set) {
  if (set->weights == NULL) return 1;
  SumBins squares = {0};
  for (int64_t i = 0; i < set->rows; i++) sum_bins_add(&squares, set->weights[i] * set->weights[i]);
  return sum_bins_value(&squares) / exact_sum_of(set->weights, (size_t)set->rows);
}

RowSums *row_sums_new(const EvaluationSet *const sets[2], const Metric *const *metrics, int metric_count) {
  RowSums *sums = memory_get(1, sizeof *sums);
  const EvaluationSet *set = sets[0];
  *sums =
      (RowSums){.sets = {sets[0], sets[1]},
                .models = sets[1] == NULL ? 1 : 2,
                .threads = set->rows < SMALL_WORK ? 1 : (sets[1] == NULL ? set : sets[1])->resampling.threads,
                .unit = set->cluster_hash != NULL ? set->cluster_hash : set->row_hash,
                .mean_label = mean_of(set->labels, set->weights, set->rows),
                .weight_of_row = weight_of_row(set),
                .chunk = set->rows < CHUNK ? set->rows : CHUNK};
  choose_addends(sums, metrics, metric_count);
  choose_cells(sums, metrics, metric_count);
  sums->first_summed = set->weights == NULL && row_sums_cells(sums, 0) > 0;
  sums->terms = memory_get((size_t)(sums->addend_count * sums->chunk), sizeof *sums->terms);
  sums->place = memory_get((size_t)sums->chunk, sizeof *sums->place);
  sums->chunk_unit = memory_get((size_t)sums->chunk, sizeof *sums->chunk_unit);
  for (int model = 0; model < 2; model++)
    sums->chunk_cell[model] = memory_get((size_t)sums->chunk, sizeof *sums->chunk_cell[model]);
  parallel_run(choose_exponents, sums, sums->addend_count, sums->threads);
  return sums;
}

static void free_sums(RowSums *sums) {
  for (int model = 0; model < 2; model++) {
    free(sums->counts[model]);
    free(sums->cell_sums[model]);
    sums->counts[model] = NULL;
    sums->cell_sums[model] = NULL;
  }
  free(sums->sums);
  sums->sums = NULL;
}

void row_sums_free(RowSums *sums) {
  free_sums(sums);
  for (int model = 0; model < 2; model++) {
    score_groups_clear(&sums->groups[model]);
    free(sums->class_cell[model]);
    free(sums->chunk_cell[model]);
  }
  free(sums->addends);
  free(sums->addend_of);
  free(sums->terms);
  free(sums->place);
  free(sums->chunk_unit);
  free(sums);
}

// ---- summing ----

int row_sums_cells(const RowSums *sums, int model) {
  const EvaluationSet *set = sums->sets[model];
  if (set->task == TASK_BINARY) return 2 * sums->groups[model].count;
  if (set->task == TASK_REGRESSION) return sums->groups[model].count;
  return sums->class_cell[model] != NULL ? set->classes * set->classes : 0;
}

int row_sums_groups_at_once(const RowSums *sums) {
  int64_t bytes = sums->addend_count * (int64_t)sizeof(int64_t);
  for (int model = 0; model < sums->models; model++)
    bytes += row_sums_cells(sums, model) *
             (int64_t)(sums->sets[0]->weights == NULL ? sizeof(uint32_t) : sizeof(int64_t));
  int64_t groups = most_bytes / (bytes * RESAMPLE_LANES);
  return groups < 1 ? 1 : groups > 4096 ? 4096 : (int)groups;
}

static void get_sums(RowSums *sums, int count) {
  bool weighted = sums->sets[0]->weights != NULL;
  free_sums(sums);
  sums->group_count = count;
  for (int model = 0; model < sums->models; model++) {
    size_t numbers = (size_t)row_sums_cells(sums, model) * (size_t)count * RESAMPLE_LANES;
    if (weighted)
      sums->cell_sums[model] = memory_get(numbers, sizeof(int64_t));
    else
      sums->counts[model] = memory_get(numbers, sizeof(uint32_t));
  }
  sums->sums = memory_get((size_t)sums->addend_count * (size_t)count * RESAMPLE_LANES, sizeof(int64_t));
}

static const uint16_t *cells_of(const RowSums *sums, int model) {
  return sums->groups[model].cell != NULL ? sums->groups[model].cell : sums->class_cell[model];
}

// Rows of a chunk go by the cell of the first model: its sums, and mostly those of a similar model, are then
// where the row before left them, in the nearest cache.
static void order_chunk(RowSums *sums, int64_t first, int64_t rows) {
  const uint16_t *cell = cells_of(sums, 0);
  uint32_t *next = memory_get((size_t)row_sums_cells(sums, 0) + 1, sizeof *next), position = 0;
  for (int64_t i = 0; cell != NULL && i < rows; i++) next[cell[first + i]]++;
  for (int c = 0; c <= row_sums_cells(sums, 0); c++) {
    uint32_t count = next[c];
    next[c] = position;
    position += count;
  }
  for (int64_t i = 0; i < rows; i++) {
    uint32_t place = sums->place[i] = cell == NULL ? (uint32_t)i : next[cell[first + i]]++;
    sums->chunk_unit[place] = sums->unit[first + i];
    for (int model = 0; cell != NULL && model < sums->models; model++)
      sums->chunk_cell[model][place] = cells_of(sums, model)[first + i];
  }
  free(next);
}

static void resample_groups(const void *arguments, int64_t first, int64_t last) {
  Resample task = *(const Resample *)arguments;
  task.room = memory_get(resample_room(&task), 1);
  resample(&task, first, last);
  free(task.room);
}

static void add_chunk(RowSums *sums, Resample *task, int64_t first, int64_t rows) {
  ChunkTask terms = {sums, first, rows};
  order_chunk(sums, first, rows);
  parallel_run(fill_terms, &terms, sums->addend_count, sums->threads);
  ResampleCounts counts[2];
  ResampleSums added[2 + sums->addend_count];
  task->count_tables = task->sum_tables = 0;
  for (int model = 0; model < sums->models; model++) {
    const uint16_t *cell = sums->chunk_cell[model];
    int cells = row_sums_cells(sums, model);
    if (cells == 0) continue;
    if (sums->counts[model] != NULL)
      counts[task->count_tables++] = (ResampleCounts){cell, cells, sums->counts[model]};
    else
      added[task->sum_tables++] = (ResampleSums){cell, sums->terms, cells, sums->cell_sums[model]};
  }
  for (int c = sums->first_summed; c < sums->addend_count; c++) {
    int64_t *at = sums->sums + (int64_t)c * sums->group_count * RESAMPLE_LANES;
    added[task->sum_tables++] = (ResampleSums){NULL, sums->terms + c * sums->chunk, 1, at};
  }
  task->rows = rows;
  task->unit = sums->chunk_unit;
  task->counts = counts;
  task->sums = added;
  parallel_run(resample_groups, task, sums->group_count, sums->threads);
}

void row_sums_run(RowSums *sums, ResampleKind kind, uint64_t seed, int64_t first, int count) {
  Resample task = {.kind = kind, .seed = seed, .first_group = first};
  get_sums(sums, count);
  for (int64_t row = 0; row < sums->sets[0]->rows; row += sums->chunk) {
    int64_t left = sums->sets[0]->rows - row;
    add_chunk(sums, &task, row, left < sums->chunk ? left : sums->chunk);
  }
}

// ---- reading ----

static double addend_sum(const RowSums *sums, int addend, int group, int lane) {
  int64_t at = ((int64_t)addend * sums->group_count + group) * RESAMPLE_LANES + lane;
  return (double)sums->sums[at] * power_of_two(-sums->addends[addend].exponent);
}

static void read_cells(double *cells, const RowSums *sums, int model, int group, int lane) {
  int count = row_sums_cells(sums, model);
  int64_t at = (int64_t)group * count * RESAMPLE_LANES + lane;
  double unit = power_of_two(-sums->addends[0].exponent);
  for (int i = 0; i < count; i++) {
    cells[i] = sums->counts[model] != NULL ? (double)sums->counts[model][at + i * RESAMPLE_LANES]
                                           : (double)sums->cell_sums[model][at + i * RESAMPLE_LANES] * unit;
  }
}

static void read_classes(Resampled *r, const ScoreGroups *groups) {
  for (int g = 0; g < groups->count; g++) {
    double negative = r->cells[2 * g], positive = r->cells[2 * g + 1];
    r->negatives += negative;
    r->positives += positive;
    r->false_positive += g >= groups->first_one ? negative : 0;
    r->true_positive += g >= groups->first_one ? positive : 0;
  }
}

void row_sums_read(Resampled *resampled, double *cells, const RowSums *sums, int model, int group, int lane) {
  const EvaluationSet *set = sums->sets[model];
  const ScoreGroups *groups = &sums->groups[model];
  Resampled *r = resampled;
  read_cells(cells, sums, model, group, lane);
  *r = (Resampled){.rows = set->rows,
                   .weight = sums->first_summed == 0 ? addend_sum(sums, 0, group, lane) : 0,
                   .cells = cells,
                   .groups = groups->cell == NULL ? NULL : groups,
                   .classes = set->classes};
  for (int i = 0; sums->first_summed > 0 && i < row_sums_cells(sums, model); i++) r->weight += cells[i];
  if (set->task == TASK_BINARY) read_classes(r, groups);
  if (set->task != TASK_REGRESSION) return;
  r->effective = r->weight / sums->weight_of_row;
  if (sums->label_addend > 0) {
    double mean = addend_sum(sums, sums->label_addend, group, lane) / r->weight;
    r->label_variance = addend_sum(sums, sums->label_addend + 1, group, lane) / r->weight - mean * mean;
  }
}

double row_sums_mean(const RowSums *sums, int model, int metric, int group, int lane, double weight) {
  int addend = sums->addend_of[metric][model];
  if (addend < 0) return __builtin_nan("");
  double sum = addend_sum(sums, addend, group, lane);
  return sum / (is_value(&sums->addends[addend]) ? MONEY_SCALE : weight);
}
