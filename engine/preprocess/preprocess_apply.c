// Fitted preprocessing applied: raw columns to the arrays of a batch.
#include "engine/preprocess/preprocess_state.h"

#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

// Rows of a frame: rows[i], or i where rows is NULL.
typedef struct Rows {
  const Frame *frame;
  const int64_t *rows;
  int64_t count;
} Rows;

static int64_t row_at(const Rows *rows, int64_t i) {
  return rows->rows == NULL ? i : rows->rows[i];
}

// The row's number in its file as messages count.
static long long row_name(const Frame *frame, int64_t row) {
  return ROW_SHOWN(frame->row_numbers == NULL ? frame->first_row + row : frame->row_numbers[row]);
}

static bool is_finite(double x) {
  return x - x == 0;
}

static Status find_column(const Column **column, const Frame *frame, const char *name, ColumnKind kind,
                          Error *error) {
  *column = frame_find(frame, name);
  if (*column == NULL) return error_set(error, STATUS_DATA, "column '%s' is missing.", name);
  if ((*column)->kind == kind) return STATUS_OK;
  return error_set(error, STATUS_DATA, "column '%s' must hold %s, as where the model was trained.", name,
                   kind == COLUMN_NUMBER ? "numbers, not categories" : "categories, not numbers");
}

// ---- inputs ----

static Status apply_number(float *values, int64_t stride, const FittedInput *input, const Rows *rows,
                           Error *error) {
  const Column *column;
  PASS(find_column(&column, rows->frame, input->name.items[0], COLUMN_NUMBER, error));
  for (int64_t i = 0; i < rows->count; i++) {
    int64_t row = row_at(rows, i);
    double x = column->numbers[row];
    bool missing = x != x;
    if (missing && input->required) {
      return error_set(error, STATUS_DATA,
                       "column '%s', " ROW_FORMAT ": the value is missing, and `missing: error` allows none.",
                       column->name, row_name(rows->frame, row));
    }
    if (missing) x = input->mean;
    float value = (float)(input->std > 0 ? (x - input->mean) / input->std : x);
    if (!is_finite(value)) {
      return error_set(error, STATUS_DATA,
                       "column '%s', " ROW_FORMAT
                       ": the value %g is infinite or too large; correct it or leave it "
                       "empty.",
                       column->name, row_name(rows->frame, row), x);
    }
    values[i * stride] = value;
    if (input->flag) values[i * stride + 1] = missing ? 1 : 0;
  }
  return STATUS_OK;
}

enum { ID_UNKNOWN = 0, ID_MISSING = 1, ID_FIRST = 2, ID_NOT_LOOKED_UP = -1 };

static int32_t id_of(const FittedInput *input, const char *text) {
  int index = text_block_find(&input->values, text);
  return index < 0 ? ID_UNKNOWN : index + ID_FIRST;
}

int preprocess_knows(const Preprocess *preprocess, int index, const char *text) {
  return id_of(&preprocess->inputs[index], text) != ID_UNKNOWN;
}

// Each category that occurs is looked up once.
static void apply_codes(int32_t *ids, int64_t stride, const FittedInput *input, const Column *column,
                        const Rows *rows) {
  int32_t *id = memory_get((size_t)column->category_count, sizeof *id);
  for (int i = 0; i < column->category_count; i++) id[i] = ID_NOT_LOOKED_UP;
  for (int64_t i = 0; i < rows->count; i++) {
    int32_t code = column->codes[row_at(rows, i)];
    if (code >= 0 && id[code] == ID_NOT_LOOKED_UP) id[code] = id_of(input, column->categories[code]);
    ids[i * stride] = code < 0 ? ID_MISSING : id[code];
  }
  free(id);
}

static Status apply_category(int32_t *ids, int64_t stride, const FittedInput *input, const Rows *rows,
                             Error *error) {
  const Column *column;
  PASS(find_column(&column, rows->frame, input->name.items[0], input_column_kind(input), error));
  if (column->kind == COLUMN_CATEGORY) {
    apply_codes(ids, stride, input, column, rows);
    return STATUS_OK;
  }
  for (int64_t i = 0; i < rows->count; i++) {
    char buffer[NUMBER_TEXT_BYTES];
    const char *text = column_text(column, row_at(rows, i), buffer);
    ids[i * stride] = text == NULL ? ID_MISSING : id_of(input, text);
  }
  return STATUS_OK;
}

// ---- target and weights ----

static int class_of(const TextBlock *classes, const char *text) {
  for (int i = 0; i < classes->count; i++) {
    if (strcmp(classes->items[i], text) == 0) return i;
  }
  return -1;
}

static Status label_at(double *label, const Preprocess *preprocess, const Frame *frame, const Column *column,
                       int64_t row, Error *error) {
  char buffer[NUMBER_TEXT_BYTES];
  const char *text = column_text(column, row, buffer);
  if (text == NULL) {
    return error_set(error, STATUS_DATA,
                     "column '%s', " ROW_FORMAT
                     ": the label is missing (NaN or empty); drop the row or fill it in.",
                     column->name, row_name(frame, row));
  }
  if (column->kind == COLUMN_NUMBER && !is_finite(column->numbers[row])) {
    return error_set(error, STATUS_DATA,
                     "column '%s', " ROW_FORMAT ": the label is infinite; correct it or drop the row.",
                     column->name, row_name(frame, row));
  }
  if (preprocess->task == TASK_REGRESSION) {
    *label = column->numbers[row];
    return STATUS_OK;
  }
  int class = class_of(&preprocess->target.classes, text);
  *label = class;
  if (class >= 0) return STATUS_OK;
  return error_set(error, STATUS_DATA,
                   "column '%s', " ROW_FORMAT ": the label '%s' does not occur in the training rows.",
                   column->name, row_name(frame, row), text);
}

static Status find_target(const Column **column, const Preprocess *preprocess, const Frame *frame,
                          Error *error) {
  bool category = strcmp(preprocess->target.kind.items[0], "category") == 0;
  return find_column(column, frame, preprocess_target_name(preprocess),
                     category ? COLUMN_CATEGORY : COLUMN_NUMBER, error);
}

Status preprocess_label(double *label, const Preprocess *preprocess, const Frame *frame, int64_t row,
                        Error *error) {
  const Column *column;
  PASS(find_target(&column, preprocess, frame, error));
  return label_at(label, preprocess, frame, column, row, error);
}

static Status apply_target(float *targets, const Preprocess *preprocess, const Rows *rows, Error *error) {
  const Column *column;
  const FittedTarget *target = &preprocess->target;
  PASS(find_target(&column, preprocess, rows->frame, error));
  for (int64_t i = 0; i < rows->count; i++) {
    double label;
    PASS(label_at(&label, preprocess, rows->frame, column, row_at(rows, i), error));
    targets[i] = (float)(preprocess->task == TASK_REGRESSION ? (label - target->mean) / target->std : label);
    if (!is_finite(targets[i])) {
      return error_set(error, STATUS_DATA, "column '%s', " ROW_FORMAT ": the label %g is too large.",
                       column->name, row_name(rows->frame, row_at(rows, i)), label);
    }
  }
  return STATUS_OK;
}

static Status apply_weight(float *weights, const Preprocess *preprocess, const Rows *rows, Error *error) {
  const char *name = preprocess_weight_name(preprocess);
  const Column *column = NULL;
  if (name != NULL) PASS(find_column(&column, rows->frame, name, COLUMN_NUMBER, error));
  for (int64_t i = 0; i < rows->count; i++) {
    weights[i] = 1;
    if (column == NULL) continue;
    double weight = column->numbers[row_at(rows, i)];
    weights[i] = (float)(weight * preprocess->weight_scale);
    if (!is_finite(weights[i]) || weight < 0) {
      return error_set(error, STATUS_DATA,
                       "column '%s', " ROW_FORMAT ": the weight is %g; weights are finite and not negative.",
                       name, row_name(rows->frame, row_at(rows, i)), weight);
    }
  }
  return STATUS_OK;
}

Status preprocess_apply(const Preprocess *preprocess, Batch *batch, const Frame *frame, const int64_t *rows,
                        int64_t count, int with_target, Error *error) {
  Rows range = {frame, rows, rows == NULL ? frame->rows : count};
  const InputLayout *layout = &preprocess->layout;
  for (int i = 0; i < preprocess->input_count; i++) {
    const FittedInput *input = &preprocess->inputs[i];
    int source = layout->segments[i].source;
    if (input_is_category(input)) {
      PASS(apply_category(batch->ids + source, layout->category_count, input, &range, error));
    } else {
      PASS(apply_number(batch->values + source, layout->value_count, input, &range, error));
    }
  }
  if (!with_target) return STATUS_OK;
  PASS(apply_target(batch->targets, preprocess, &range, error));
  return apply_weight(batch->weights, preprocess, &range, error);
}
