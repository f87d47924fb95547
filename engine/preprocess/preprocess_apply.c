// Fitted preprocessing applied: raw columns to the arrays of a batch.
#include "engine/preprocess/preprocess_state.h"

#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

enum { TILE = 128 }; // values at once

static bool is_finite(double x) {
  return x - x == 0;
}

// ---- numbers ----

// (float)((x - mean) / std), or (float)x where std is 0; mean where x is missing. 0 where a result is not
// finite.
static int scale_tile(float *out, const double *numbers, int64_t count, double mean, double std) {
  int finite = 1;
  if (std > 0) {
    for (int64_t i = 0; i < count; i++) {
      double x = numbers[i] == numbers[i] ? numbers[i] : mean;
      out[i] = (float)((x - mean) / std);
    }
  } else {
    for (int64_t i = 0; i < count; i++) out[i] = (float)(numbers[i] == numbers[i] ? numbers[i] : mean);
  }
  for (int64_t i = 0; i < count; i++) finite &= out[i] - out[i] == 0;
  return finite;
}

static int has_missing(const double *numbers, int64_t count) {
  int missing = 0;
  for (int64_t i = 0; i < count; i++) missing |= numbers[i] != numbers[i];
  return missing;
}

// Of the first value that is not usable.
static Status refuse_number(const FittedInput *input, const ColumnValues *values, const float *scaled,
                            int64_t first, Error *error) {
  int64_t i = first;
  while (is_finite(scaled[i - first]) && !(input->required && values->numbers[i] != values->numbers[i])) i++;
  double x = values->numbers[i];
  const char *name = input->name.items[0];
  if (x != x) {
    return error_set(error, STATUS_DATA,
                     "column '%s', " ROW_FORMAT ": the value is missing, and `missing: error` allows none.",
                     name, ROW_SHOWN(values->rows[i] - values->base));
  }
  return error_set(error, STATUS_DATA,
                   "column '%s', " ROW_FORMAT
                   ": the value %g is infinite or too large; correct it or leave it "
                   "empty.",
                   name, ROW_SHOWN(values->rows[i] - values->base), x);
}

static Status apply_number(float *out, int64_t stride, const FittedInput *input, const ColumnValues *values,
                           Error *error) {
  float scaled[TILE];
  for (int64_t first = 0; first < values->count; first += TILE) {
    const double *numbers = values->numbers + first;
    const int64_t *places = values->places + first;
    int64_t count = values->count - first < TILE ? values->count - first : TILE;
    int usable = scale_tile(scaled, numbers, count, input->mean, input->std);
    if (input->required) usable &= !has_missing(numbers, count);
    if (!usable) return refuse_number(input, values, scaled, first, error);
    for (int64_t i = 0; i < count; i++) out[places[i] * stride] = scaled[i];
    if (!input->flag) continue;
    for (int64_t i = 0; i < count; i++) out[places[i] * stride + 1] = numbers[i] != numbers[i] ? 1 : 0;
  }
  return STATUS_OK;
}

// ---- categories ----

enum { ID_UNKNOWN = 0, ID_MISSING = 1, ID_FIRST = 2 };

static int32_t id_at(int index) {
  return index < 0 ? ID_UNKNOWN : index + ID_FIRST;
}

int preprocess_knows(const Preprocess *preprocess, int index, const char *text) {
  return text_block_find(&preprocess->inputs[index].values, text) >= 0;
}

int32_t *preprocess_ids(const Preprocess *preprocess, int index, const char *const *categories, int count) {
  int32_t *ids = memory_get((size_t)count, sizeof *ids);
  for (int i = 0; i < count; i++)
    ids[i] = id_at(text_block_find(&preprocess->inputs[index].values, categories[i]));
  return ids;
}

static void apply_category(int32_t *out, int64_t stride, const FittedInput *input,
                           const ColumnValues *values) {
  if (values->codes != NULL) {
    for (int64_t i = 0; i < values->count; i++) {
      int32_t code = values->codes[i];
      out[values->places[i] * stride] = code < 0 ? ID_MISSING : values->ids[code];
    }
    return;
  }
  for (int64_t i = 0; i < values->count; i++) {
    double x = values->numbers[i];
    out[values->places[i] * stride] = x != x ? ID_MISSING : id_at(number_index_find(&input->numbers, x));
  }
}

Status preprocess_apply_input(const Preprocess *preprocess, int index, Batch *batch,
                              const ColumnValues *values, Error *error) {
  const FittedInput *input = &preprocess->inputs[index];
  const InputLayout *layout = &preprocess->layout;
  int source = layout->segments[index].source;
  if (!input_is_category(input))
    return apply_number(batch->values + source, layout->value_count, input, values, error);
  apply_category(batch->ids + source, layout->category_count, input, values);
  return STATUS_OK;
}

// ---- target and weights ----

static int class_of(const TextBlock *classes, const char *text) {
  for (int i = 0; i < classes->count; i++) {
    if (strcmp(classes->items[i], text) == 0) return i;
  }
  return -1;
}

int32_t *preprocess_class_ids(const Preprocess *preprocess, const char *const *categories, int count) {
  int32_t *ids = memory_get((size_t)count, sizeof *ids);
  for (int i = 0; i < count; i++) ids[i] = class_of(&preprocess->target.classes, categories[i]);
  return ids;
}

static Status refuse_label(const Preprocess *preprocess, int64_t row, const char *text, const char *rule,
                           Error *error) {
  return error_set(error, STATUS_DATA, "column '%s', " ROW_FORMAT ": the label %s%s%s%s",
                   preprocess_target_name(preprocess), ROW_SHOWN(row), text[0] == '\0' ? "" : "'", text,
                   text[0] == '\0' ? "" : "' ", rule);
}

static const char *const LABEL_IS_MISSING = "is missing (NaN or empty); drop the row or fill it in.";
static const char *const LABEL_IS_UNKNOWN = "does not occur in the training rows.";

static Status number_label(double *label, const Preprocess *preprocess, double x, int64_t row, Error *error) {
  if (x != x) return refuse_label(preprocess, row, "", LABEL_IS_MISSING, error);
  if (!is_finite(x)) {
    return refuse_label(preprocess, row, "", "is infinite; correct it or drop the row.", error);
  }
  *label = preprocess->task == TASK_REGRESSION ? x : number_index_find(&preprocess->target.numbers, x);
  if (preprocess->task == TASK_REGRESSION || *label >= 0) return STATUS_OK;
  char text[NUMBER_TEXT_BYTES];
  number_text(text, x);
  return refuse_label(preprocess, row, text, LABEL_IS_UNKNOWN, error);
}

// Of a category: its class, -1 for none; its text, NULL where it is missing.
static Status class_label(double *label, const Preprocess *preprocess, int class, const char *text,
                          int64_t row, Error *error) {
  *label = class;
  if (text == NULL) return refuse_label(preprocess, row, "", LABEL_IS_MISSING, error);
  if (class >= 0) return STATUS_OK;
  return refuse_label(preprocess, row, text, LABEL_IS_UNKNOWN, error);
}

static Status label_at(double *label, const Preprocess *preprocess, const ColumnValues *values, int64_t i,
                       Error *error) {
  if (values->codes == NULL)
    return number_label(label, preprocess, values->numbers[i], values->rows[i] - values->base, error);
  int32_t code = values->codes[i];
  return class_label(label, preprocess, code < 0 ? -1 : values->ids[code],
                     code < 0 ? NULL : values->categories[code], values->rows[i] - values->base, error);
}

Status preprocess_apply_target(const Preprocess *preprocess, Batch *batch, const ColumnValues *values,
                               Error *error) {
  const FittedTarget *target = &preprocess->target;
  for (int64_t i = 0; i < values->count; i++) {
    double label;
    PASS(label_at(&label, preprocess, values, i, error));
    float out = (float)(preprocess->task == TASK_REGRESSION ? (label - target->mean) / target->std : label);
    if (!is_finite(out)) {
      return error_set(error, STATUS_DATA, "column '%s', " ROW_FORMAT ": the label %g is too large.",
                       preprocess_target_name(preprocess), ROW_SHOWN(values->rows[i] - values->base), label);
    }
    batch->targets[values->places[i]] = out;
  }
  if (preprocess_weight_name(preprocess) != NULL) return STATUS_OK;
  for (int64_t i = 0; i < values->count; i++) batch->weights[values->places[i]] = 1;
  return STATUS_OK;
}

Status preprocess_apply_weight(const Preprocess *preprocess, Batch *batch, const ColumnValues *values,
                               Error *error) {
  for (int64_t i = 0; i < values->count; i++) {
    double weight = values->numbers[i];
    float out = (float)(weight * preprocess->weight_scale);
    if (!is_finite(out) || weight < 0) {
      return error_set(error, STATUS_DATA,
                       "column '%s', " ROW_FORMAT ": the weight is %g; weights are finite and not negative.",
                       preprocess_weight_name(preprocess), ROW_SHOWN(values->rows[i] - values->base), weight);
    }
    batch->weights[values->places[i]] = out;
  }
  return STATUS_OK;
}

// ---- frames ----

// Rows of a frame: rows[i], or i where rows is NULL.
typedef struct Rows {
  const Frame *frame;
  const int64_t *rows;
  int64_t count;
} Rows;

static Status find_column(const Column **column, const Frame *frame, const char *name, ColumnKind kind,
                          Error *error) {
  *column = frame_find(frame, name);
  if (*column == NULL) return error_set(error, STATUS_DATA, "column '%s' is missing.", name);
  if ((*column)->kind == kind) return STATUS_OK;
  return error_set(error, STATUS_DATA, "column '%s' must hold %s, as where the model was trained.", name,
                   kind == COLUMN_NUMBER ? "numbers, not categories" : "categories, not numbers");
}

// The row's number in its file.
static int64_t row_number(const Frame *frame, int64_t row) {
  return frame->row_numbers == NULL ? frame->first_row + row : frame->row_numbers[row];
}

enum { AS_TARGET = -1, AS_WEIGHT = -2 }; // else the number of an input

static Status apply_values(const Preprocess *preprocess, int as, Batch *batch, const ColumnValues *values,
                           Error *error) {
  if (as == AS_TARGET) return preprocess_apply_target(preprocess, batch, values, error);
  if (as == AS_WEIGHT) return preprocess_apply_weight(preprocess, batch, values, error);
  return preprocess_apply_input(preprocess, as, batch, values, error);
}

static Status apply_column(const Preprocess *preprocess, int as, Batch *batch, const Column *column,
                           const int32_t *ids, const Rows *rows, Error *error) {
  double numbers[TILE];
  int32_t codes[TILE];
  int64_t places[TILE], in_file[TILE];
  bool is_number = column->kind == COLUMN_NUMBER;
  ColumnValues values = {.numbers = is_number ? numbers : NULL,
                         .codes = is_number ? NULL : codes,
                         .ids = ids,
                         .categories = (const char *const *)column->categories,
                         .places = places,
                         .rows = in_file};
  for (int64_t first = 0; first < rows->count; first += TILE) {
    values.count = rows->count - first < TILE ? rows->count - first : TILE;
    for (int64_t i = 0; i < values.count; i++) {
      int64_t row = rows->rows == NULL ? first + i : rows->rows[first + i];
      places[i] = first + i;
      in_file[i] = row_number(rows->frame, row);
      if (is_number)
        numbers[i] = column->numbers[row];
      else
        codes[i] = column->codes[row];
    }
    PASS(apply_values(preprocess, as, batch, &values, error));
  }
  return STATUS_OK;
}

static Status apply_named(const Preprocess *preprocess, int as, Batch *batch, const char *name,
                          ColumnKind kind, const Rows *rows, Error *error) {
  const Column *column;
  int32_t *ids = NULL;
  PASS(find_column(&column, rows->frame, name, kind, error));
  const char *const *categories = (const char *const *)column->categories;
  if (kind == COLUMN_CATEGORY) {
    ids = as == AS_TARGET ? preprocess_class_ids(preprocess, categories, column->category_count)
                          : preprocess_ids(preprocess, as, categories, column->category_count);
  }
  Status status = apply_column(preprocess, as, batch, column, ids, rows, error);
  free(ids);
  return status;
}

ColumnKind preprocess_target_kind(const Preprocess *preprocess) {
  return strcmp(preprocess->target.kind.items[0], "category") == 0 ? COLUMN_CATEGORY : COLUMN_NUMBER;
}

Status preprocess_label(double *label, const Preprocess *preprocess, const Frame *frame, int64_t row,
                        Error *error) {
  const Column *column;
  PASS(find_column(&column, frame, preprocess_target_name(preprocess), preprocess_target_kind(preprocess),
                   error));
  if (column->kind == COLUMN_NUMBER)
    return number_label(label, preprocess, column->numbers[row], row_number(frame, row), error);
  const char *text = column->codes[row] < 0 ? NULL : column->categories[column->codes[row]];
  int class = text == NULL ? -1 : class_of(&preprocess->target.classes, text);
  return class_label(label, preprocess, class, text, row_number(frame, row), error);
}

Status preprocess_apply(const Preprocess *preprocess, Batch *batch, const Frame *frame, const int64_t *rows,
                        int64_t count, int with_target, Error *error) {
  Rows range = {frame, rows, rows == NULL ? frame->rows : count};
  for (int i = 0; i < preprocess->input_count; i++) {
    const FittedInput *input = &preprocess->inputs[i];
    PASS(apply_named(preprocess, i, batch, input->name.items[0], input_column_kind(input), &range, error));
  }
  if (!with_target) return STATUS_OK;
  PASS(apply_named(preprocess, AS_TARGET, batch, preprocess_target_name(preprocess),
                   preprocess_target_kind(preprocess), &range, error));
  const char *weight = preprocess_weight_name(preprocess);
  return weight == NULL ? STATUS_OK
                        : apply_named(preprocess, AS_WEIGHT, batch, weight, COLUMN_NUMBER, &range, error);
}
