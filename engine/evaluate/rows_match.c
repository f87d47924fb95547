// Matching of rows by id, and the digest of what they are judged by.
#include "engine/evaluate/rows_match.h"

#include "engine/preprocess/frame.h"
#include "engine/shared/memory.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

typedef struct Id {
  const char *text;
  int64_t row;
} Id;

static int by_text(const void *a, const void *b) {
  return strcmp(((const Id *)a)->text, ((const Id *)b)->text);
}

// Ids in byte order; 65 where one repeats.
static Status sort_ids(Id **sorted, const char *const *ids, int64_t rows, Error *error) {
  Id *made = memory_get((size_t)rows, sizeof *made);
  for (int64_t i = 0; i < rows; i++) made[i] = (Id){ids[i], i};
  if (rows > 1) qsort(made, (size_t)rows, sizeof *made, by_text);
  for (int64_t i = 1; i < rows; i++) {
    if (strcmp(made[i - 1].text, made[i].text) != 0) continue;
    error_set(error, STATUS_DATA, "row id '%.80s' is there twice: ids must be unique", made[i].text);
    free(made);
    return STATUS_DATA;
  }
  *sorted = made;
  return STATUS_OK;
}

// Walks two sorted lists; pairs of rows with equal ids are visited in byte order of ids.
typedef struct Merge {
  Id *first, *other;
  int64_t rows, other_rows, at, other_at;
  int64_t only_first, only_other;
  const char *example; // an id that is in only one of the two
} Merge;

static bool next_pair(Merge *merge, int64_t *row, int64_t *other) {
  while (merge->at < merge->rows || merge->other_at < merge->other_rows) {
    int order = merge->at == merge->rows ? 1
                : merge->other_at == merge->other_rows
                    ? -1
                    : strcmp(merge->first[merge->at].text, merge->other[merge->other_at].text);
    if (order == 0) {
      *row = merge->first[merge->at++].row;
      *other = merge->other[merge->other_at++].row;
      return true;
    }
    const Id *lone = order < 0 ? &merge->first[merge->at++] : &merge->other[merge->other_at++];
    if (merge->example == NULL) merge->example = lone->text;
    merge->only_first += order < 0;
    merge->only_other += order > 0;
  }
  return false;
}

static Status merge_open(Merge *merge, const char *const *ids, int64_t rows, const char *const *other,
                         int64_t other_rows, Error *error) {
  *merge = (Merge){.rows = rows, .other_rows = other_rows};
  PASS(sort_ids(&merge->first, ids, rows, error));
  return sort_ids(&merge->other, other, other_rows, error);
}

static void merge_close(Merge *merge) {
  free(merge->first);
  free(merge->other);
}

Status rows_match(int64_t *match, const char *const *ids, int64_t rows, const char *const *other,
                  int64_t other_rows, Error *error) {
  Merge merge;
  int64_t row, partner;
  Status status = merge_open(&merge, ids, rows, other, other_rows, error);
  while (status == STATUS_OK && next_pair(&merge, &row, &partner)) match[row] = partner;
  if (status == STATUS_OK && merge.example != NULL) {
    status = error_set(error, STATUS_DATA,
                       "not comparable: rows that only the challenger has: %lld, that only the model it is "
                       "compared with has: %lld, such as '%.80s'",
                       (long long)merge.only_first, (long long)merge.only_other, merge.example);
  }
  merge_close(&merge);
  return status;
}

static int by_number(const void *a, const void *b) {
  const int64_t *x = a, *y = b;
  return (x[0] > y[0]) - (x[0] < y[0]);
}

Status rows_intersect(int64_t *count, int64_t *of_first, int64_t *of_other, const char *const *ids,
                      int64_t rows, const char *const *other, int64_t other_rows, Error *error) {
  Merge merge;
  int64_t row, partner;
  *count = 0;
  Status status = merge_open(&merge, ids, rows, other, other_rows, error);
  int64_t(*pairs)[2] = memory_get((size_t)rows, sizeof *pairs);
  while (status == STATUS_OK && next_pair(&merge, &row, &partner)) {
    pairs[*count][0] = row;
    pairs[(*count)++][1] = partner;
  }
  if (*count > 1) qsort(pairs, (size_t)*count, sizeof *pairs, by_number);
  for (int64_t i = 0; i < *count; i++) {
    of_first[i] = pairs[i][0];
    of_other[i] = pairs[i][1];
  }
  free(pairs);
  merge_close(&merge);
  return status;
}

// Columns of the frame in byte order of their names; freed by free().
static const Column **sorted_columns(const Frame *frame, int *count) {
  *count = frame == NULL ? 0 : frame->column_count;
  const Column **sorted = memory_get((size_t)*count, sizeof *sorted);
  for (int i = 0; i < *count; i++) {
    int at = i;
    for (; at > 0 && strcmp(sorted[at - 1]->name, frame->columns[i].name) > 0; at--)
      sorted[at] = sorted[at - 1];
    sorted[at] = &frame->columns[i];
  }
  return sorted;
}

static void digest_value(EVP_MD_CTX *context, const Column *column, int64_t row) {
  if (column->kind == COLUMN_CATEGORY) {
    const char *text = column->codes[row] < 0 ? "\xff" : column->categories[column->codes[row]];
    EVP_DigestUpdate(context, text, strlen(text) + 1);
    return;
  }
  static const uint64_t not_a_number = (uint64_t)0x7ff8 << 48;
  double number = column->numbers[row] + 0.0;
  EVP_DigestUpdate(context, number == number ? (const void *)&number : &not_a_number, sizeof number);
}

// What a digest takes of one row besides its id.
typedef void AddRow(EVP_MD_CTX *context, const EvaluationSet *set, int64_t row);

static void add_label(EVP_MD_CTX *context, const EvaluationSet *set, int64_t row) {
  double numbers[2] = {set->labels[row] + 0.0, (set->weights == NULL ? 1 : set->weights[row]) + 0.0};
  EVP_DigestUpdate(context, numbers, sizeof numbers);
}

static void add_judged(EVP_MD_CTX *context, const EvaluationSet *set, int64_t row) {
  int64_t money[2] = {0, 0};
  if (set->money.act != NULL) money[1] = set->money.skip[row];
  // Elsewhere what acting is worth is the model's: it depends on the prediction.
  if (set->money.act != NULL && set->task == TASK_BINARY) money[0] = set->money.act[row];
  add_label(context, set, row);
  EVP_DigestUpdate(context, money, sizeof money);
}

static void add_scores(EVP_MD_CTX *context, const EvaluationSet *set, int64_t row) {
  for (int k = 0; k < set->classes; k++) {
    double score = set->scores[row * set->classes + k] + 0.0;
    EVP_DigestUpdate(context, &score, sizeof score);
  }
  for (int k = 0; set->ends != NULL && k < 2; k++) {
    double end = set->ends[2 * row + k] + 0.0;
    EVP_DigestUpdate(context, &end, sizeof end);
  }
}

static Status digest_of(uint8_t digest[DIGEST_BYTES], const EvaluationSet *set, const char *const *ids,
                        AddRow *add, const Frame *slices, Error *error) {
  Id *sorted;
  PASS(sort_ids(&sorted, ids, set->rows, error));
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  EVP_DigestInit_ex(context, EVP_sha256(), NULL);
  int column_count;
  const Column **columns = sorted_columns(slices, &column_count);
  for (int c = 0; c < column_count; c++)
    EVP_DigestUpdate(context, columns[c]->name, strlen(columns[c]->name) + 1);
  for (int64_t i = 0; i < set->rows; i++) {
    EVP_DigestUpdate(context, sorted[i].text, strlen(sorted[i].text) + 1);
    add(context, set, sorted[i].row);
    for (int c = 0; c < column_count; c++) digest_value(context, columns[c], sorted[i].row);
  }
  EVP_DigestFinal_ex(context, digest, NULL);
  EVP_MD_CTX_free(context);
  free(columns);
  free(sorted);
  return STATUS_OK;
}

Status rows_digest(uint8_t digest[DIGEST_BYTES], const EvaluationSet *set, const char *const *ids,
                   Error *error) {
  return digest_of(digest, set, ids, add_judged, set->slices, error);
}

Status evaluation_digest(uint8_t digest[DIGEST_BYTES], const EvaluationSet *set, const char *const *ids,
                         Error *error) {
  return digest_of(digest, set, ids, add_label, NULL, error);
}

Status scores_digest(uint8_t digest[DIGEST_BYTES], const EvaluationSet *set, const char *const *ids,
                     Error *error) {
  return digest_of(digest, set, ids, add_scores, NULL, error);
}
