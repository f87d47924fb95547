// The same rows in the same order.
#include "engine/evaluate/rows_match.h"
#include "engine/shared/memory.h"
#include "tools/cli/judge/models/judged_model.h"

#include <stdlib.h>
#include <string.h>

static void permute(void *array, size_t size, const int64_t *rows, int64_t count) {
  char *copy = memory_get((size_t)count, size), *bytes = array;
  for (int64_t i = 0; i < count; i++) memcpy(copy + (size_t)i * size, bytes + (size_t)rows[i] * size, size);
  memcpy(bytes, copy, (size_t)count * size);
  free(copy);
}

// Leaves rows[0..count) of a model, in that order.
static void select_rows(JudgedModel *judged, const int64_t *rows, int64_t count) {
  JudgedRows *all = &judged->judged;
  permute(judged->scores, sizeof(double) * (size_t)all->classes, rows, count);
  if (judged->ends != NULL) permute(judged->ends, sizeof(double) * 2, rows, count);
  permute(all->labels, sizeof(double), rows, count);
  permute(all->ids, sizeof(char *), rows, count);
  if (all->weights != NULL) permute(all->weights, sizeof(double), rows, count);
  if (all->stated != NULL) permute(all->stated, sizeof(int8_t), rows, count);
  if (all->numbers != NULL) permute(all->numbers, sizeof(int64_t), rows, count);
  if (all->row_hash != NULL) permute(all->row_hash, sizeof(uint64_t), rows, count);
  if (all->cluster_hash != NULL) permute(all->cluster_hash, sizeof(uint64_t), rows, count);
  if (all->slices != NULL) frame_pick(all->slices, rows, count);
  if (all->frame != NULL) frame_pick(all->frame, rows, count);
  int64_t *const money[] = {all->act, all->skip, all->gain_if_one, all->gain_if_zero, all->best, all->cost};
  for (size_t i = 0; i < sizeof money / sizeof money[0]; i++) {
    if (money[i] != NULL) permute(money[i], sizeof(int64_t), rows, count);
  }
  all->rows = count;
}

Status judged_model_align(JudgedModel *model, JudgedModel *lead, bool intersect, bool *partial,
                          Error *error) {
  JudgedRows *a = &model->judged, *b = &lead->judged;
  int64_t common = b->rows;
  int64_t *of_lead = memory_get((size_t)b->rows, sizeof *of_lead);
  int64_t *of_model = memory_get((size_t)b->rows, sizeof *of_model);
  Status status;
  if (intersect) {
    TRY(rows_intersect(&common, of_lead, of_model, (const char *const *)b->ids, b->rows,
                       (const char *const *)a->ids, a->rows, error));
    if (common == 0) TRY(error_set(error, STATUS_DATA, "not comparable: the models share no row"));
    *partial |= common < a->rows || common < b->rows;
    select_rows(lead, of_lead, common);
  } else {
    TRY(rows_match(of_model, (const char *const *)b->ids, b->rows, (const char *const *)a->ids, a->rows,
                   error));
  }
  select_rows(model, of_model, common);
done:
  free(of_lead);
  free(of_model);
  return status;
}
