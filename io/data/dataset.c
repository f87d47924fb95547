// A data set: one or two column files read as one table.
#include "engine/shared/memory.h"
#include "io/data/dataset_state.h"
#include "io/data/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- columns of all files ----

int dataset_file_of(const Dataset *dataset, int64_t row) {
  return row >= dataset->first_row[1] ? 1 : 0;
}

const DatasetColumn *dataset_find(const Dataset *dataset, const char *name) {
  for (int i = 0; i < dataset->column_count; i++) {
    if (strcmp(dataset->columns[i].name, name) == 0) return &dataset->columns[i];
  }
  return NULL;
}

int dataset_has_column(const Dataset *dataset, const char *name) {
  return dataset_find(dataset, name) != NULL;
}

typedef struct CodedText {
  const char *text;
  int32_t code;
} CodedText;

static int by_text(const void *a, const void *b) {
  return strcmp(((const CodedText *)a)->text, ((const CodedText *)b)->text);
}

// Adds the second file's dictionary behind the first one's.
static void merge_dictionary(DatasetColumn *column, const DataColumn *first, const DataColumn *second) {
  size_t known = (size_t)first->category_count, more = (size_t)second->category_count;
  CodedText *sorted = memory_get(known, sizeof *sorted);
  for (size_t i = 0; i < known; i++) sorted[i] = (CodedText){first->categories[i], (int32_t)i};
  if (known > 1) qsort(sorted, known, sizeof *sorted, by_text);
  column->categories = memory_get(known + more, sizeof *column->categories);
  for (size_t i = 0; i < known; i++) column->categories[i] = first->categories[i];
  column->recode[1] = memory_get(more, sizeof *column->recode[1]);
  for (size_t i = 0; i < more; i++) {
    CodedText wanted = {second->categories[i], 0};
    CodedText *found = known == 0 ? NULL : bsearch(&wanted, sorted, known, sizeof *sorted, by_text);
    if (found == NULL) column->categories[column->category_count] = second->categories[i];
    column->recode[1][i] = found != NULL ? found->code : column->category_count++;
  }
  free(sorted);
}

static Status join_column(DatasetColumn *column, const Dataset *dataset, int index, Error *error) {
  const DataColumn *first = data_file_column(dataset->files[0], index);
  column->name = first->name;
  column->kind = first->kind;
  column->index[0] = index;
  column->index[1] = -1;
  column->category_count = first->category_count;
  if (dataset->file_count > 1) column->index[1] = data_file_find(dataset->files[1], first->name);
  if (column->index[1] >= 0) {
    const DataColumn *second = data_file_column(dataset->files[1], column->index[1]);
    if (second->kind != first->kind) {
      return error_set(
          error, STATUS_DATA, "%s: column '%s' holds %s, in %s it holds %s; import it with --like %s.",
          data_file_path(dataset->files[1]), first->name,
          second->kind == COLUMN_NUMBER ? "numbers" : "categories", data_file_path(dataset->files[0]),
          first->kind == COLUMN_NUMBER ? "numbers" : "categories", data_file_path(dataset->files[0]));
    }
    if (first->kind == COLUMN_CATEGORY) {
      merge_dictionary(column, first, second);
      return STATUS_OK;
    }
  }
  column->categories = memory_get((size_t)first->category_count, sizeof *column->categories);
  for (int i = 0; i < first->category_count; i++) column->categories[i] = first->categories[i];
  return STATUS_OK;
}

static Status open_file(Dataset *dataset, const char *path, Error *error) {
  int file = dataset->file_count;
  PASS(data_file_open(&dataset->files[file], path, error));
  dataset->file_count++;
  dataset->first_row[file + 1] = dataset->first_row[file] + data_file_rows(dataset->files[file]);
  dataset->first_row[DATASET_FILES_MAX] = dataset->first_row[file + 1];
  return STATUS_OK;
}

static Status join_columns(Dataset *dataset, Error *error) {
  int count = data_file_column_count(dataset->files[0]);
  dataset->columns = memory_get((size_t)count, sizeof *dataset->columns);
  for (int i = 0; i < count; i++) {
    dataset->column_count++;
    PASS(join_column(&dataset->columns[i], dataset, i, error));
  }
  return STATUS_OK;
}

// ---- values ----

void dataset_make_column(Column *column, const DatasetColumn *source, int64_t rows) {
  if (source->kind == COLUMN_NUMBER)
    column_make_numbers(column, source->name, rows);
  else
    column_make_codes(column, source->name, rows, source->categories, source->category_count);
}

// Rows [first, first + count) of one file to position `at` of the column.
static Status fill_from_file(Column *column, int64_t at, const Dataset *dataset, const DatasetColumn *source,
                             int file, int64_t first, int64_t count, Error *error) {
  DataFile *from = dataset->files[file];
  if (source->index[file] < 0) {
    return error_set(error, STATUS_DATA, "%s: column '%s' is missing; %s has it.", data_file_path(from),
                     source->name, data_file_path(dataset->files[0]));
  }
  if (source->kind == COLUMN_NUMBER) {
    return data_file_numbers(from, source->index[file], first, count, column->numbers + at, error);
  }
  PASS(data_file_codes(from, source->index[file], first, count, column->codes + at, error));
  const int32_t *recode = source->recode[file];
  for (int64_t i = at; i < at + count && recode != NULL; i++) {
    if (column->codes[i] >= 0) column->codes[i] = recode[column->codes[i]];
  }
  return STATUS_OK;
}

Status dataset_fill_column(Column *column, const Dataset *dataset, const DatasetColumn *source, int64_t first,
                           int64_t count, Error *error) {
  int64_t at = 0;
  while (at < count) {
    int file = dataset_file_of(dataset, first + at);
    int64_t left_in_file = dataset->first_row[file + 1] - (first + at);
    int64_t rows = count - at < left_in_file ? count - at : left_in_file;
    PASS(fill_from_file(column, at, dataset, source, file, first + at - dataset->first_row[file], rows,
                        error));
    at += rows;
  }
  return STATUS_OK;
}

Status dataset_no_column(const Dataset *dataset, const char *name, Error *error) {
  TextList names = {0};
  for (int i = 0; i < dataset->column_count; i++) text_list_add(&names, dataset->columns[i].name);
  const char *nearest = nearest_text(name, &names);
  error_set(error, STATUS_DATA, "%s: column '%s' does not exist%s%s%s", data_file_path(dataset->files[0]),
            name, nearest == NULL ? "" : "; did you mean '", nearest == NULL ? "" : nearest,
            nearest == NULL ? "." : "'?");
  text_list_free(&names);
  return STATUS_DATA;
}

static Status read_column(ColumnReader *base, const Column **column, const char *name, Error *error) {
  DatasetReader *reader = (DatasetReader *)base;
  const Dataset *dataset = reader->dataset;
  const DatasetColumn *source = dataset_find(dataset, name);
  if (source == NULL) return dataset_no_column(dataset, name, error);
  column_clear(&reader->column);
  dataset_make_column(&reader->column, source, dataset_rows(dataset));
  *column = &reader->column;
  return dataset_fill_column(&reader->column, dataset, source, 0, dataset_rows(dataset), error);
}

ColumnReader *dataset_reader(Dataset *dataset) {
  dataset->reader.base.column = read_column;
  dataset->reader.dataset = dataset;
  return &dataset->reader.base;
}

// Picks rows in any order by way of a window, which ascending rows move through the data once.
static Status pick_rows(Column *column, const Dataset *dataset, const DatasetColumn *source,
                        const int64_t *rows, int64_t count, Error *error) {
  Status status = STATUS_OK;
  Column window;
  int64_t start = -1;
  dataset_make_column(&window, source, WINDOW_ROWS);
  for (int64_t i = 0; i < count; i++) {
    if (start < 0 || rows[i] < start || rows[i] >= start + WINDOW_ROWS) {
      start = rows[i] - rows[i] % WINDOW_ROWS;
      int64_t left = dataset_rows(dataset) - start;
      TRY(dataset_fill_column(&window, dataset, source, start, left < WINDOW_ROWS ? left : WINDOW_ROWS,
                              error));
    }
    if (source->kind == COLUMN_NUMBER)
      column->numbers[i] = window.numbers[rows[i] - start];
    else
      column->codes[i] = window.codes[rows[i] - start];
  }
done:
  column_clear(&window);
  return status;
}

// The number of each row in its file.
static int64_t *row_numbers(const Dataset *dataset, const int64_t *rows, int64_t count) {
  int64_t *numbers = memory_get((size_t)count, sizeof *numbers);
  for (int64_t i = 0; i < count; i++)
    numbers[i] = rows[i] - dataset->first_row[dataset_file_of(dataset, rows[i])];
  return numbers;
}

Status dataset_frame(Frame **frame, Dataset *dataset, const TextList *names, const int64_t *rows,
                     int64_t count, Error *error) {
  Status status = STATUS_OK;
  if (rows == NULL) count = dataset_rows(dataset);
  int columns = names == NULL ? dataset->column_count : names->count;
  Frame *made = frame_new(count, columns);
  made->column_count = 0;
  if (rows != NULL) made->row_numbers = row_numbers(dataset, rows, count);
  for (int i = 0; i < columns; i++) {
    const DatasetColumn *source =
        names == NULL ? &dataset->columns[i] : dataset_find(dataset, names->items[i]);
    if (source == NULL) TRY(dataset_no_column(dataset, names->items[i], error));
    Column *column = &made->columns[made->column_count++];
    dataset_make_column(column, source, count);
    if (rows == NULL)
      TRY(dataset_fill_column(column, dataset, source, 0, count, error));
    else
      TRY(pick_rows(column, dataset, source, rows, count, error));
  }
  *frame = made;
  made = NULL;
done:
  frame_free(made);
  return status;
}

// ---- opening ----

// `inputs: auto`: every column that has no other part to play, with the defaults of the schema.
static Status resolve_inputs(const Dataset *dataset, Config *config, Error *error) {
  DataConfig *data = &config->data;
  if (!data->inputs_auto || data->input_count > 0) return STATUS_OK;
  data->inputs = memory_get((size_t)dataset->column_count, sizeof *data->inputs);
  for (int i = 0; i < dataset->column_count; i++) {
    const DatasetColumn *column = &dataset->columns[i];
    if (strcmp(column->name, data->target.column) == 0 || strcmp(column->name, data->weight) == 0 ||
        strcmp(column->name, data->split.key) == 0 || text_list_find(&data->except, column->name) >= 0) {
      continue;
    }
    InputConfig *input = &data->inputs[data->input_count++];
    *input = (InputConfig){.kind = column->kind == COLUMN_NUMBER ? INPUT_NUMERIC : INPUT_CATEGORY,
                           .missing = MISSING_MEAN_FLAG,
                           .scale = SCALE_STANDARD,
                           .min_count = 1};
    text_list_add(&input->columns, column->name);
  }
  if (data->input_count > 0) return STATUS_OK;
  return error_set(error, STATUS_DATA, "%s: no column is left for `inputs: auto`.",
                   data_file_path(dataset->files[0]));
}

Status dataset_open(Dataset **opened, Config *config, Error *error) {
  return dataset_open_checked(opened, config, NULL, error);
}

Status dataset_open_checked(Dataset **opened, Config *config, ConfigProblems *problems, Error *error) {
  Status status;
  Dataset *dataset = memory_get(1, sizeof *dataset);
  dataset->key = memory_text(config->data.split.key);
  TRY(open_file(dataset, config->data.file, error));
  if (config->data.split.by == SPLIT_FILE && config->data.test_file[0] != '\0') {
    TRY(open_file(dataset, config->data.test_file, error));
  }
  TRY(join_columns(dataset, error));
  TRY(dataset_check(dataset, config, problems, error));
  TRY(resolve_inputs(dataset, config, error));
  TRY(dataset_split(dataset, config, error));
  *opened = dataset;
  dataset = NULL;
done:
  dataset_close(dataset);
  return status;
}

Status dataset_open_file(Dataset **opened, const char *path, const char *key, Error *error) {
  Status status;
  Dataset *dataset = memory_get(1, sizeof *dataset);
  dataset->key = memory_text(key);
  TRY(open_file(dataset, path, error));
  TRY(join_columns(dataset, error));
  if (key[0] != '\0' && !dataset_has_column(dataset, key)) TRY(dataset_no_column(dataset, key, error));
  TRY(dataset_split(dataset, NULL, error));
  *opened = dataset;
  dataset = NULL;
done:
  dataset_close(dataset);
  return status;
}

void dataset_close(Dataset *dataset) {
  if (dataset == NULL) return;
  for (int i = 0; i < dataset->column_count; i++) {
    free(dataset->columns[i].categories);
    for (int file = 0; file < DATASET_FILES_MAX; file++) free(dataset->columns[i].recode[file]);
  }
  free(dataset->columns);
  for (int part = 0; part < PART_COUNT; part++) free(dataset->parts[part]);
  column_clear(&dataset->reader.column);
  for (int file = 0; file < dataset->file_count; file++) data_file_close(dataset->files[file]);
  free(dataset->key);
  free(dataset);
}

const char *dataset_path(const Dataset *dataset, int64_t row) {
  return data_file_path(dataset->files[dataset_file_of(dataset, row)]);
}

int64_t dataset_rows(const Dataset *dataset) {
  return dataset->first_row[DATASET_FILES_MAX];
}

const int64_t *dataset_part(const Dataset *dataset, SplitPart part, int64_t *count) {
  *count = dataset->part_counts[part];
  return dataset->parts[part];
}

// ---- what a model reads ----

static Status report(const TextList *problems, Error *error) {
  if (problems->count == 0) return STATUS_OK;
  error_set(error, STATUS_DATA, "%s", problems->items[0]);
  for (int i = 1; i < problems->count; i++) {
    size_t used = strlen(error->text);
    snprintf(error->text + used, sizeof error->text - used, "\n%s", problems->items[i]);
  }
  return STATUS_DATA;
}

// The inputs, then the target and the weight where the file has them.
static Status model_columns(TextList *names, const Dataset *dataset, const Preprocess *preprocess,
                            Error *error) {
  Status status;
  TextList problems = {0};
  for (int i = 0; i < preprocess_column_count(preprocess); i++) {
    const char *name = preprocess_column_name(preprocess, i);
    const DatasetColumn *column = dataset_find(dataset, name);
    bool numeric = preprocess_column_is_numeric(preprocess, i);
    if (column == NULL) {
      Error missing;
      dataset_no_column(dataset, name, &missing);
      error_prefix(&missing, "the model's input");
      if (text_list_find(&problems, missing.text) < 0) text_list_add(&problems, missing.text);
    } else if ((column->kind == COLUMN_NUMBER) != numeric) {
      char *problem = memory_format("%s: column '%s' holds %s; the model was trained on %s.",
                                    data_file_path(dataset->files[0]), name,
                                    numeric ? "categories" : "numbers", numeric ? "numbers" : "categories");
      if (text_list_find(&problems, problem) < 0) text_list_add(&problems, problem);
      free(problem);
    }
    if (text_list_find(names, name) < 0) text_list_add(names, name);
  }
  const char *others[] = {preprocess_target_name(preprocess), preprocess_weight_name(preprocess)};
  for (int i = 0; i < 2; i++) {
    if (others[i] != NULL && dataset_has_column(dataset, others[i]) && text_list_find(names, others[i]) < 0) {
      text_list_add(names, others[i]);
    }
  }
  status = report(&problems, error);
  text_list_free(&problems);
  return status;
}

Status dataset_model_frame(Frame **frame, TextList *extra, Dataset *dataset, const Preprocess *preprocess,
                           const int64_t *rows, int64_t count, Error *error) {
  Status status;
  TextList names = {0};
  TRY(model_columns(&names, dataset, preprocess, error));
  TRY(dataset_frame(frame, dataset, &names, rows, count, error));
  for (int i = 0; i < dataset->column_count && extra != NULL; i++) {
    if (text_list_find(&names, dataset->columns[i].name) < 0) text_list_add(extra, dataset->columns[i].name);
  }
done:
  text_list_free(&names);
  return status;
}

// What fitting has read is let go; messages name the file.
static Status finish_fit(Dataset *dataset, Status status, Error *error) {
  const char *path = data_file_path(dataset->files[0]);
  column_clear(&dataset->reader.column);
  if (status != STATUS_OK && strncmp(error->text, path, strlen(path)) != 0) error_prefix(error, "%s", path);
  return status;
}

Status dataset_fit(Preprocess **preprocess, Dataset *dataset, const Config *config, Error *error) {
  Status status = preprocess_fit(preprocess, config, dataset_reader(dataset), dataset->parts[PART_TRAIN],
                                 dataset->part_counts[PART_TRAIN], error);
  return finish_fit(dataset, status, error);
}

Status dataset_fit_labels(Preprocess **preprocess, Dataset *dataset, const Config *config, Error *error) {
  Status status = preprocess_fit_labels(preprocess, config, dataset_reader(dataset),
                                        dataset->parts[PART_TEST], dataset->part_counts[PART_TEST], error);
  return finish_fit(dataset, status, error);
}
