// Writes and reads predictions.
#include "io/report/predictions.h"

#include "engine/shared/memory.h"
#include "io/data/data_file.h"
#include "io/data/import.h"
#include "io/shared/durable.h"
#include "io/shared/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COLUMNS_MAX = 1024 };
static const double millionth = 1e6;
static const char slice_prefix[] = "slice.", payoff_prefix[] = "payoff.";

static bool ends_with(const char *path, const char *end) {
  size_t length = strlen(path), tail = strlen(end);
  return length > tail && strcmp(path + length - tail, end) == 0;
}

// ---- writing ----

static int64_t row_at(const int64_t *order, int64_t i) {
  return order == NULL ? i : order[i];
}

static void number_column(Frame *frame, const char *name, const double *numbers, int64_t stride,
                          const int64_t *order) {
  if (numbers == NULL) return;
  Column *column = &frame->columns[frame->column_count++];
  column_make_numbers(column, name, frame->rows);
  for (int64_t i = 0; i < frame->rows; i++) column->numbers[i] = numbers[row_at(order, i) * stride];
}

static void money_column(Frame *frame, const char *name, const int64_t *money, const int64_t *order) {
  if (money == NULL) return;
  Column *column = &frame->columns[frame->column_count++];
  column_make_numbers(column, name, frame->rows);
  for (int64_t i = 0; i < frame->rows; i++) column->numbers[i] = (double)money[row_at(order, i)] / millionth;
}

static void id_column(Frame *frame, const Predictions *predictions, const int64_t *order) {
  Column *column = &frame->columns[frame->column_count++];
  char **ids = memory_get((size_t)frame->rows, sizeof *ids);
  for (int64_t i = 0; i < frame->rows; i++) ids[i] = predictions->ids[row_at(order, i)];
  column_make_codes(column, "row_id", frame->rows, ids, (int)frame->rows);
  for (int64_t i = 0; i < frame->rows; i++) column->codes[i] = (int32_t)i;
  free(ids);
}

static void decision_column(Frame *frame, const Predictions *predictions, const int64_t *order) {
  if (predictions->decisions == NULL) return;
  if (predictions->class_names == NULL) {
    number_column(frame, "decision", predictions->decisions, 1, order);
    return;
  }
  Column *column = &frame->columns[frame->column_count++];
  column_make_codes(column, "decision", frame->rows, predictions->class_names, predictions->classes);
  for (int64_t i = 0; i < frame->rows; i++)
    column->codes[i] = (int32_t)predictions->decisions[row_at(order, i)];
}

static void kept_column(Frame *frame, const char *prefix, const Column *slice, const int64_t *order) {
  char *name = memory_format("%s%s", prefix, slice->name);
  Column *column = &frame->columns[frame->column_count++];
  if (slice->kind == COLUMN_NUMBER) {
    column_make_numbers(column, name, frame->rows);
    for (int64_t i = 0; i < frame->rows; i++) column->numbers[i] = slice->numbers[row_at(order, i)];
  } else {
    column_make_codes(column, name, frame->rows, slice->categories, slice->category_count);
    for (int64_t i = 0; i < frame->rows; i++) column->codes[i] = slice->codes[row_at(order, i)];
  }
  free(name);
}

static void kept_columns(Frame *frame, const char *prefix, const Frame *kept, const int64_t *order) {
  for (int i = 0; kept != NULL && i < kept->column_count; i++)
    kept_column(frame, prefix, &kept->columns[i], order);
}

static void class_column(Frame *frame, const Predictions *predictions, const int64_t *order) {
  if (predictions->label_names == NULL || predictions->labels == NULL) return;
  Column *column = &frame->columns[frame->column_count++];
  column_make_codes(column, "class", frame->rows, predictions->label_names, predictions->label_count);
  for (int64_t i = 0; i < frame->rows; i++) column->codes[i] = (int32_t)predictions->labels[row_at(order, i)];
}

static int columns_of(const Frame *frame) {
  return frame == NULL ? 0 : frame->column_count;
}

static Frame *frame_of(const Predictions *predictions, const int64_t *order, int64_t count) {
  int kept = columns_of(predictions->slices) + columns_of(predictions->payoffs);
  Frame *frame = frame_new(count, predictions->classes + 14 + kept);
  frame->column_count = 0;
  id_column(frame, predictions, order);
  for (int k = 0; k < predictions->classes; k++) {
    char name[256] = "score";
    if (predictions->classes > 1) snprintf(name, sizeof name, "score.%.200s", predictions->class_names[k]);
    number_column(frame, name, predictions->scores + k, predictions->classes, order);
  }
  if (predictions->ends != NULL) {
    number_column(frame, "lower", predictions->ends, 2, order);
    number_column(frame, "upper", predictions->ends + 1, 2, order);
  }
  decision_column(frame, predictions, order);
  number_column(frame, "expected_gain", predictions->expected_gains, 1, order);
  number_column(frame, "label", predictions->labels, 1, order);
  class_column(frame, predictions, order);
  number_column(frame, "weight", predictions->weights, 1, order);
  money_column(frame, "act", predictions->act, order);
  money_column(frame, "skip", predictions->skip, order);
  money_column(frame, "best", predictions->best, order);
  money_column(frame, "cost", predictions->cost, order);
  money_column(frame, "gain_if_one", predictions->gain_if_one, order);
  money_column(frame, "gain_if_zero", predictions->gain_if_zero, order);
  kept_columns(frame, slice_prefix, predictions->slices, order);
  kept_columns(frame, payoff_prefix, predictions->payoffs, order);
  return frame;
}

static Status write_csv(const char *path, const Frame *frame, bool force, Error *error) {
  Text text = {0};
  for (int c = 0; c < frame->column_count; c++) {
    if (c > 0) text_put(&text, ",");
    text_csv(&text, frame->columns[c].name);
  }
  text_put(&text, "\n");
  for (int64_t i = 0; i < frame->rows; i++) {
    for (int c = 0; c < frame->column_count; c++) {
      char buffer[NUMBER_TEXT_BYTES];
      const char *value = column_text(&frame->columns[c], i, buffer);
      if (c > 0) text_put(&text, ",");
      if (value != NULL) text_csv(&text, value);
    }
    text_put(&text, "\n");
  }
  Status status = file_write(path, text.bytes, text.length, force, error);
  text_free(&text);
  return status;
}

Status predictions_write(const char *path, const Predictions *predictions, const int64_t *order,
                         int64_t count, bool force, Error *error) {
  bool h5 = ends_with(path, ".h5");
  if (!h5 && !ends_with(path, ".csv")) {
    return error_set(error, STATUS_USAGE, "%s: predictions are written as .h5 or .csv", path);
  }
  Frame *frame = frame_of(predictions, order, order == NULL ? predictions->rows : count);
  DataFileOptions options = {.force = force};
  Status status = h5 ? data_file_write(path, frame, &options, error) : write_csv(path, frame, force, error);
  frame_free(frame);
  return status;
}

// ---- reading ----

// CSV becomes a column file first, so that one reader checks everything.
static Status open_columns(DataFile **file, const char *path, Error *error) {
  if (!ends_with(path, ".csv") && !ends_with(path, ".csv.gz")) return data_file_open(file, path, error);
  const char *folder = getenv("TMPDIR");
  char *temporary = memory_format("%s/ingot-predictions-XXXXXX", folder == NULL ? "/tmp" : folder);
  ImportSummary summary = {0};
  ImportOptions options = {.output = temporary, .force = true, .predictions = true};
  Status status;
  int made = mkstemp(temporary);
  text_list_add(&options.files, path);
  if (made < 0) TRY(error_set(error, STATUS_IO, "%s cannot be made: %s", temporary, strerror(errno)));
  close(made);
  TRY(import_files(&options, &summary, error));
  TRY(data_file_open(file, temporary, error));
done:
  import_summary_free(&summary);
  text_list_free(&options.files);
  if (made >= 0) unlink(temporary);
  free(temporary);
  return status;
}

static Status read_ids(Predictions *read, DataFile *file, const char *path, Error *error) {
  int index = data_file_find(file, "row_id");
  if (index < 0) {
    return error_set(error, STATUS_DATA, "%s: predictions need a column row_id and a column score", path);
  }
  const DataColumn *column = data_file_column(file, index);
  read->ids = memory_get((size_t)read->rows, sizeof *read->ids);
  int32_t *codes = memory_get((size_t)read->rows, sizeof *codes);
  double *numbers = memory_get((size_t)read->rows, sizeof *numbers);
  Status status;
  if (column->kind == COLUMN_CATEGORY)
    TRY(data_file_codes(file, index, 0, read->rows, codes, error));
  else
    TRY(data_file_numbers(file, index, 0, read->rows, numbers, error));
  for (int64_t i = 0; i < read->rows; i++) {
    char buffer[NUMBER_TEXT_BYTES];
    bool missing = column->kind == COLUMN_CATEGORY ? codes[i] < 0 : numbers[i] != numbers[i];
    if (missing) TRY(error_set(error, STATUS_DATA, "%s: " ROW_FORMAT " has no row_id", path, ROW_SHOWN(i)));
    if (column->kind == COLUMN_NUMBER) number_text(buffer, numbers[i]);
    read->ids[i] = memory_text(column->kind == COLUMN_CATEGORY ? column->categories[codes[i]] : buffer);
  }
done:
  free(codes);
  free(numbers);
  return status;
}

// The first value of a column that should hold numbers and does not.
static Status no_number(DataFile *file, int index, const Predictions *read, const char *path, Error *error) {
  const DataColumn *column = data_file_column(file, index);
  int32_t *codes = memory_get((size_t)read->rows, sizeof *codes);
  Status status = STATUS_OK;
  if (column->kind == COLUMN_CATEGORY) TRY(data_file_codes(file, index, 0, read->rows, codes, error));
  for (int64_t i = 0; column->kind == COLUMN_CATEGORY && i < read->rows; i++) {
    char *end;
    const char *text = codes[i] < 0 ? "" : column->categories[codes[i]];
    double number = strtod(text, &end);
    if (end != text && *end == '\0' && number - number == 0) continue;
    TRY(error_set(error, STATUS_DATA, "%s: %s of row '%.80s' is %s%.40s%s: it must be a finite number", path,
                  column->name, read->ids[i], *text ? "'" : "missing", text, *text ? "'" : ""));
  }
  status = error_set(error, STATUS_DATA, "%s: column '%s' must hold numbers", path, column->name);
done:
  free(codes);
  return status;
}

static Status read_numbers(double **numbers, DataFile *file, const Predictions *read, const char *name,
                           const char *path, Error *error) {
  int index = data_file_find(file, name);
  if (index < 0) return STATUS_OK;
  if (data_file_column(file, index)->kind != COLUMN_NUMBER) return no_number(file, index, read, path, error);
  *numbers = memory_get((size_t)read->rows, sizeof **numbers);
  return data_file_numbers(file, index, 0, read->rows, *numbers, error);
}

static Status read_scores(Predictions *read, DataFile *file, const char *path, Error *error) {
  read->classes = 1;
  PASS(read_numbers(&read->scores, file, read, "score", path, error));
  if (read->scores != NULL) return STATUS_OK;
  int columns[COLUMNS_MAX], count = 0;
  for (int i = 0; i < data_file_column_count(file) && count < COLUMNS_MAX; i++) {
    if (strncmp(data_file_column(file, i)->name, "score.", 6) == 0) columns[count++] = i;
  }
  if (count < 2)
    return error_set(
        error, STATUS_DATA,
        "%s: there is no column 'score' (of a target of several classes: a column 'score.CLASS' for "
        "each class)",
        path);
  read->classes = count;
  read->class_names = memory_get((size_t)count, sizeof *read->class_names);
  read->scores = memory_get((size_t)read->rows * (size_t)count, sizeof *read->scores);
  for (int k = 0; k < count; k++) {
    double *numbers = NULL;
    const char *name = data_file_column(file, columns[k])->name;
    read->class_names[k] = memory_text(name + 6);
    Status status = read_numbers(&numbers, file, read, name, path, error);
    for (int64_t i = 0; status == STATUS_OK && i < read->rows; i++) read->scores[i * count + k] = numbers[i];
    free(numbers);
    PASS(status);
  }
  return STATUS_OK;
}

// The ends of intervals stand together.
static Status read_ends(Predictions *read, DataFile *file, const char *path, Error *error) {
  double *sides[2] = {NULL, NULL};
  Status status;
  TRY(read_numbers(&sides[0], file, read, "lower", path, error));
  TRY(read_numbers(&sides[1], file, read, "upper", path, error));
  if ((sides[0] == NULL) != (sides[1] == NULL))
    TRY(error_set(error, STATUS_DATA, "%s: column '%s' is missing: an interval has a lower and an upper end",
                  path, sides[0] == NULL ? "lower" : "upper"));
  if (sides[0] == NULL) goto done;
  read->ends = memory_get((size_t)read->rows * 2, sizeof *read->ends);
  for (int64_t i = 0; i < 2 * read->rows; i++) read->ends[i] = sides[i % 2][i / 2];
done:
  free(sides[0]);
  free(sides[1]);
  return status;
}

// Its own decisions, where they are 0 and 1, or classes that have scores; else none.
static Status read_decisions(Predictions *read, DataFile *file, Error *error) {
  int index = data_file_find(file, "decision");
  if (index < 0) return STATUS_OK;
  const DataColumn *column = data_file_column(file, index);
  double *decisions = read->decisions = memory_get((size_t)read->rows, sizeof *decisions);
  if (column->kind == COLUMN_NUMBER) return data_file_numbers(file, index, 0, read->rows, decisions, error);
  int32_t *codes = memory_get((size_t)read->rows, sizeof *codes);
  Status status = data_file_codes(file, index, 0, read->rows, codes, error);
  for (int64_t i = 0; status == STATUS_OK && i < read->rows; i++) {
    decisions[i] = -1;
    for (int k = 0; codes[i] >= 0 && read->class_names != NULL && k < read->classes; k++)
      if (strcmp(read->class_names[k], column->categories[codes[i]]) == 0) decisions[i] = k;
  }
  free(codes);
  return status;
}

// What each row was to the model.
static Status read_parts(Predictions *read, DataFile *file, const char *path, Error *error) {
  static const char *const names[PART_COUNT] = {"train", "validation", "test"};
  int index = data_file_find(file, "part");
  if (index < 0) return STATUS_OK;
  const DataColumn *column = data_file_column(file, index);
  int32_t *codes = memory_get((size_t)read->rows, sizeof *codes);
  Status status = STATUS_OK;
  read->parts = memory_get((size_t)read->rows, sizeof *read->parts);
  if (column->kind == COLUMN_CATEGORY) TRY(data_file_codes(file, index, 0, read->rows, codes, error));
  for (int64_t i = 0; i < read->rows; i++) {
    const char *text = column->kind != COLUMN_CATEGORY ? "a number"
                       : codes[i] < 0                  ? NULL
                                                       : column->categories[codes[i]];
    read->parts[i] = -1;
    for (int part = 0; text != NULL && part < PART_COUNT; part++)
      if (strcmp(text, names[part]) == 0) read->parts[i] = (int8_t)part;
    if (text != NULL && read->parts[i] < 0)
      TRY(error_set(
          error, STATUS_DATA,
          "%s: part of row '%.80s' is %.40s: it takes train, validation or test, what the row was to "
          "the model",
          path, read->ids[i], text));
  }
done:
  free(codes);
  return status;
}

static Status read_money(int64_t **money, DataFile *file, const Predictions *read, const char *name,
                         const char *path, Error *error) {
  double *numbers = NULL;
  Status status;
  TRY(read_numbers(&numbers, file, read, name, path, error));
  if (numbers == NULL) goto done;
  *money = memory_get((size_t)read->rows, sizeof **money);
  for (int64_t i = 0; i < read->rows; i++) {
    double scaled = numbers[i] * millionth;
    if (!(scaled > -9e18 && scaled < 9e18)) {
      TRY(error_set(error, STATUS_DATA, "%s: '%s' of " ROW_FORMAT " is not an amount of money", path, name,
                    ROW_SHOWN(i)));
    }
    (*money)[i] = (int64_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
  }
done:
  free(numbers);
  return status;
}

static Status read_kept(Frame **kept, const char *named, DataFile *file, Error *error) {
  int64_t rows = data_file_rows(file);
  Frame *frame = frame_new(rows, data_file_column_count(file));
  size_t prefix = strlen(named);
  Status status = STATUS_OK;
  frame->column_count = 0;
  for (int i = 0; i < data_file_column_count(file); i++) {
    const DataColumn *stored = data_file_column(file, i);
    if (strncmp(stored->name, named, prefix) != 0) continue;
    Column *column = &frame->columns[frame->column_count++];
    if (stored->kind == COLUMN_NUMBER) {
      column_make_numbers(column, stored->name + prefix, rows);
      TRY(data_file_numbers(file, i, 0, rows, column->numbers, error));
    } else {
      column_make_codes(column, stored->name + prefix, rows, stored->categories, stored->category_count);
      TRY(data_file_codes(file, i, 0, rows, column->codes, error));
    }
  }
  if (frame->column_count > 0) {
    *kept = frame;
    frame = NULL;
  }
done:
  frame_free(frame);
  return status;
}

// The texts are what a column `class` can hold, whatever its rows say: label is the number.
static void read_label_names(Predictions *read, DataFile *file) {
  int index = data_file_find(file, "class");
  const DataColumn *column = index < 0 ? NULL : data_file_column(file, index);
  if (column == NULL || column->kind != COLUMN_CATEGORY) return;
  read->label_count = column->category_count;
  read->label_names = memory_get((size_t)read->label_count, sizeof *read->label_names);
  for (int k = 0; k < read->label_count; k++) read->label_names[k] = memory_text(column->categories[k]);
}

Status predictions_read(Predictions **predictions, const char *path, Error *error) {
  DataFile *file = NULL;
  Predictions *read = memory_get(1, sizeof *read);
  Status status;
  TRY(open_columns(&file, path, error));
  read->rows = data_file_rows(file);
  TRY(read_ids(read, file, path, error));
  TRY(read_scores(read, file, path, error));
  TRY(read_ends(read, file, path, error));
  TRY(read_decisions(read, file, error));
  TRY(read_parts(read, file, path, error));
  TRY(read_numbers(&read->labels, file, read, "label", path, error));
  TRY(read_numbers(&read->weights, file, read, "weight", path, error));
  TRY(read_money(&read->act, file, read, "act", path, error));
  TRY(read_money(&read->skip, file, read, "skip", path, error));
  TRY(read_money(&read->best, file, read, "best", path, error));
  TRY(read_money(&read->cost, file, read, "cost", path, error));
  TRY(read_money(&read->gain_if_one, file, read, "gain_if_one", path, error));
  TRY(read_money(&read->gain_if_zero, file, read, "gain_if_zero", path, error));
  read_label_names(read, file);
  TRY(read_kept(&read->slices, slice_prefix, file, error));
  TRY(read_kept(&read->payoffs, payoff_prefix, file, error));
  *predictions = read;
  read = NULL;
done:
  predictions_free(read);
  data_file_close(file);
  return status;
}

void predictions_free(Predictions *predictions) {
  if (predictions == NULL) return;
  for (int64_t i = 0; predictions->ids != NULL && i < predictions->rows; i++) free(predictions->ids[i]);
  for (int k = 0; predictions->class_names != NULL && k < predictions->classes; k++)
    free(predictions->class_names[k]);
  for (int k = 0; predictions->label_names != NULL && k < predictions->label_count; k++)
    free(predictions->label_names[k]);
  free(predictions->label_names);
  free(predictions->ids);
  free(predictions->class_names);
  free(predictions->scores);
  free(predictions->ends);
  free(predictions->decisions);
  free(predictions->expected_gains);
  free(predictions->labels);
  free(predictions->weights);
  free(predictions->parts);
  free(predictions->act);
  free(predictions->skip);
  free(predictions->best);
  free(predictions->cost);
  free(predictions->gain_if_one);
  free(predictions->gain_if_zero);
  frame_free(predictions->slices);
  frame_free(predictions->payoffs);
  free(predictions);
}
