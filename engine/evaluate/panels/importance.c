// Permutation importance and partial dependence.
#include "engine/evaluate/panels/importance.h"

#include "engine/evaluate/panels/groups.h"
#include "engine/evaluate/statistics/intervals.h"
#include "engine/evaluate/statistics/statistics.h"
#include "engine/shared/exact_sum.h"
#include "engine/shared/memory.h"
#include "engine/shared/tensor.h"
#include "kernels/shared/shuffle.h"

#include <stdlib.h>
#include <string.h>

static const uint32_t shuffle_stream = ((uint32_t)3 << 24) + 3;

// ---- rows by hash ----

typedef struct Hashed {
  uint8_t digest[DIGEST_BYTES];
  int64_t row;
} Hashed;

static int by_digest(const void *a, const void *b) {
  return memcmp(((const Hashed *)a)->digest, ((const Hashed *)b)->digest, DIGEST_BYTES);
}

static uint32_t first_word(const uint8_t digest[DIGEST_BYTES]) {
  return (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 | digest[3];
}

int64_t *rows_by_hash(const char *const *ids, int64_t rows, int64_t count) {
  Hashed *hashed = NULL, next;
  int64_t kept = -1, room = 0;
  if (count > rows) count = rows;
  // Only digests in the lowest part can be among the first `count`; a part too small is doubled.
  for (double part = rows > 0 ? 4.0 * (double)count / (double)rows : 1; kept < count; part *= 2) {
    double limit = part < 1 ? part * 0x1p32 : 0x1p32;
    kept = 0;
    for (int64_t i = 0; i < rows; i++) {
      sha256(next.digest, ids[i], strlen(ids[i]));
      if (!((double)first_word(next.digest) < limit)) continue;
      next.row = i;
      if (kept == room) hashed = memory_grow(hashed, (size_t)(room = 2 * room + 64), sizeof *hashed);
      hashed[kept++] = next;
    }
  }
  if (kept > 1) qsort(hashed, (size_t)kept, sizeof *hashed, by_digest);
  int64_t *picked = memory_get((size_t)count, sizeof *picked);
  for (int64_t i = 0; i < count; i++) picked[i] = hashed[i].row;
  free(hashed);
  return picked;
}

// ---- importance ----

// Fresh values of a column: those of rows P(i).
static void shuffle_values(Column *shuffled, const Column *column, int64_t rows, uint64_t seed) {
  uint8_t digest[DIGEST_BYTES];
  sha256(digest, column->name, strlen(column->name));
  Shuffle order = shuffle_of((uint64_t)rows, seed, first_word(digest), 0, shuffle_stream);
  if (column->numbers != NULL) shuffled->numbers = memory_get((size_t)rows, sizeof(double));
  if (column->codes != NULL) shuffled->codes = memory_get((size_t)rows, sizeof(int32_t));
  for (int64_t i = 0; i < rows; i++) {
    int64_t from = (int64_t)shuffle_at(&order, (uint64_t)i);
    if (column->numbers != NULL) shuffled->numbers[i] = column->numbers[from];
    if (column->codes != NULL) shuffled->codes[i] = column->codes[from];
  }
}

static Estimate scaled(Estimate estimate, double factor) {
  estimate.value *= factor;
  estimate.low *= factor;
  estimate.high *= factor;
  estimate.standard_error *= factor;
  return estimate;
}

static Status shuffle_input(InputImportance *item, const Importance *importance, const EvaluationSet *set,
                            Frame *frame, Column *column, uint64_t seed, double confidence,
                            const ModelScores *model, Error *error) {
  Column kept = *column;
  double *scores = memory_get((size_t)(set->rows * set->classes), sizeof *scores);
  shuffle_values(column, &kept, set->rows, seed);
  Status status = model->score(model->context, scores, frame, error);
  free(column->numbers);
  free(column->codes);
  *column = kept;
  if (status == STATUS_OK) {
    EvaluationSet shuffled = *set;
    shuffled.scores = scores;
    item->input = memory_text(column->name);
    item->loss = metric_difference(importance->metric, &shuffled, set, confidence);
    item->value = estimate_none(__builtin_nan(""));
    if (importance->money)
      item->value = scaled(metric_difference(&metric_table[METRIC_value], &shuffled, set, confidence),
                           (double)importance->all_rows / (double)set->rows);
  }
  free(scores);
  return status;
}

static void keep_sorted(Importance *importance, InputImportance item) {
  int at = importance->count++;
  for (; at > 0 && importance->items[at - 1].loss.value < item.loss.value; at--)
    importance->items[at] = importance->items[at - 1];
  importance->items[at] = item;
}

Status importance_of(Importance *importance, const EvaluationSet *set, Frame *frame, const TextList *inputs,
                     uint64_t seed, int64_t all_rows, double confidence, const ModelScores *model,
                     Error *error) {
  MetricId id = set->task == TASK_REGRESSION ? METRIC_rmse : METRIC_log_loss;
  *importance = (Importance){.metric = &metric_table[id],
                             .rows = set->rows,
                             .all_rows = all_rows,
                             .money = set->money.act != NULL,
                             .items = memory_get((size_t)inputs->count, sizeof(InputImportance))};
  for (int i = 0; i < inputs->count; i++) {
    InputImportance item = {0};
    for (int c = 0; c < frame->column_count; c++) {
      Column *column = &frame->columns[c];
      if (strcmp(column->name, inputs->items[i]) != 0) continue;
      PASS(shuffle_input(&item, importance, set, frame, column, seed, confidence, model, error));
      keep_sorted(importance, item);
      break;
    }
  }
  return STATUS_OK;
}

void importance_clear(Importance *importance) {
  for (int i = 0; i < importance->count; i++) free(importance->items[i].input);
  free(importance->items);
  *importance = (Importance){0};
}

// ---- dependence ----

static void number_grid(DependenceCurve *curve, const Column *column, int64_t rows) {
  int64_t count, at = 0;
  double *sorted = sorted_numbers(&count, column->numbers, rows);
  for (int k = 0; k < DEPENDENCE_POINTS && count > 0; k++) {
    double x = sorted_quantile(sorted, count, k, DEPENDENCE_POINTS - 1);
    if (curve->count > 0 && x == curve->x[curve->count - 1]) continue;
    int64_t before = at;
    while (at < count && sorted[at] <= x) at++;
    curve->share[curve->count] = (double)(at - before) / (double)rows;
    curve->x[curve->count++] = x;
  }
  free(sorted);
}

// The codes of the most frequent categories in byte order of their texts.
static void category_grid(DependenceCurve *curve, int32_t codes[DEPENDENCE_POINTS], const Column *column,
                          int64_t rows) {
  int64_t *counts = memory_get((size_t)column->category_count, sizeof *counts);
  for (int64_t i = 0; i < rows; i++) {
    if (column->codes[i] >= 0) counts[column->codes[i]]++;
  }
  while (curve->count < DEPENDENCE_POINTS) {
    int best = -1;
    for (int c = 0; c < column->category_count; c++) {
      if (counts[c] == 0) continue;
      if (best < 0 || counts[c] > counts[best] ||
          (counts[c] == counts[best] && strcmp(column->categories[c], column->categories[best]) < 0))
        best = c;
    }
    if (best < 0) break;
    int at = curve->count++;
    for (; at > 0 && strcmp(curve->labels[at - 1], column->categories[best]) > 0; at--) {
      curve->labels[at] = curve->labels[at - 1];
      curve->share[at] = curve->share[at - 1];
      codes[at] = codes[at - 1];
    }
    curve->labels[at] = memory_text(column->categories[best]);
    curve->share[at] = (double)counts[best] / (double)rows;
    codes[at] = best;
    counts[best] = 0;
  }
  free(counts);
}

static void set_values(Column *column, int64_t rows, double number, int32_t code) {
  for (int64_t i = 0; i < rows; i++) {
    if (column->numbers != NULL) column->numbers[i] = number;
    if (column->codes != NULL) column->codes[i] = code;
  }
}

static Status follow(DependenceCurve *curve, Column *column, Frame *frame, const ModelScores *model,
                     Error *error) {
  Column kept = *column;
  int32_t codes[DEPENDENCE_POINTS] = {0};
  size_t rows = (size_t)frame->rows;
  double *scores = memory_get(rows, sizeof *scores);
  Status status = STATUS_OK;
  *curve = (DependenceCurve){.input = memory_text(column->name), .kind = column->kind};
  if (column->kind == COLUMN_NUMBER)
    number_grid(curve, column, frame->rows);
  else
    category_grid(curve, codes, column, frame->rows);
  column->numbers = kept.numbers == NULL ? NULL : memory_get(rows, sizeof *kept.numbers);
  column->codes = kept.codes == NULL ? NULL : memory_get(rows, sizeof *kept.codes);
  for (int i = 0; i < curve->count && status == STATUS_OK; i++) {
    set_values(column, frame->rows, curve->x[i], codes[i]);
    status = model->score(model->context, scores, frame, error);
    if (status == STATUS_OK) curve->score[i] = mean_of(scores, NULL, frame->rows);
  }
  free(column->numbers);
  free(column->codes);
  free(scores);
  *column = kept;
  return status;
}

Status dependence_of(Dependence *dependence, const Importance *importance, Task task, Frame *frame,
                     const ModelScores *model, Error *error) {
  int64_t all = frame->rows;
  Status status = STATUS_OK;
  *dependence = (Dependence){.rows = all < DEPENDENCE_ROWS ? all : DEPENDENCE_ROWS};
  frame->rows = dependence->rows;
  for (int i = 0; i < importance->count && i < DEPENDENCE_INPUTS && task != TASK_MULTICLASS; i++) {
    for (int c = 0; c < frame->column_count; c++) {
      if (strcmp(frame->columns[c].name, importance->items[i].input) != 0) continue;
      TRY(follow(&dependence->curves[dependence->count++], &frame->columns[c], frame, model, error));
    }
  }
done:
  frame->rows = all;
  return status;
}

void dependence_clear(Dependence *dependence) {
  for (int i = 0; i < dependence->count; i++) {
    free(dependence->curves[i].input);
    for (int k = 0; k < DEPENDENCE_POINTS; k++) free(dependence->curves[i].labels[k]);
  }
  *dependence = (Dependence){0};
}
