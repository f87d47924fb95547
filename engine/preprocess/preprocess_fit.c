// Fitting of the preprocessing on the training rows, one column at a time.
#include "engine/preprocess/preprocess_state.h"

#include "engine/shared/exact_sum.h"
#include "engine/shared/memory.h"
#include "engine/shared/parallel.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// The rows fitted on, and where columns come from.
typedef struct Fit {
  Preprocess *preprocess;
  const Config *config;
  ColumnReader *reader;
  const int64_t *rows;
  int64_t count;
  bool judged; // labels alone, of rows that are judged: nothing is trained
} Fit;

// Of which rows a message speaks.
static const char *these_rows(const Fit *fit) {
  return fit->judged ? "in the rows that are judged" : "in the training rows";
}

static const char *too_few(const Fit *fit) {
  return fit->judged ? "no model can be told from another" : "there is nothing to learn";
}

static bool is_finite(double x) {
  return x - x == 0;
}

static bool is_missing(double x) {
  return x != x;
}

// ---- numbers ----

enum { ALONE_TERMS = 1 << 15 }; // fewer are not worth a thread

// Terms and what is summed: themselves, or their squared distance to a centre.
typedef struct Terms {
  const double *terms;
  bool squared;
  double centre;
  pthread_mutex_t *mutex;
  ExactSum *sum;
} Terms;

static void add_terms(const void *arguments, int64_t first, int64_t last) {
  const Terms *all = arguments;
  SumBins sum = {0};
  for (int64_t i = first; i < last; i++) {
    double distance = all->terms[i] - all->centre;
    sum_bins_add(&sum, all->squared ? distance * distance : all->terms[i]);
  }
  pthread_mutex_lock(all->mutex);
  exact_sum_add_bins(all->sum, &sum);
  pthread_mutex_unlock(all->mutex);
}

static double sum_of(const double *terms, int64_t count, bool squared, double centre) {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  ExactSum sum = {0};
  Terms all = {terms, squared, centre, &mutex, &sum};
  parallel_run(add_terms, &all, count, count < ALONE_TERMS ? 1 : 0);
  pthread_mutex_destroy(&mutex);
  return exact_sum_value(&sum);
}

// Mean of the terms, then population standard deviation; correctly rounded sums (kernels/README.md), which no
// order of adding changes.
static void fit_moments(double *mean, double *std, const double *terms, int64_t count) {
  *mean = sum_of(terms, count, false, 0) / (double)count;
  *std = __builtin_sqrt(sum_of(terms, count, true, *mean) / (double)count);
}

// The values that are present, [*present] of them; the caller frees. Infinite values are errors.
static Status present_numbers(double **values, int64_t *present, const Fit *fit, const Column *column,
                              Error *error) {
  *values = memory_get((size_t)fit->count, sizeof **values);
  *present = 0;
  for (int64_t i = 0; i < fit->count; i++) {
    double x = column->numbers[fit->rows[i]];
    if (is_missing(x)) continue;
    if (!is_finite(x)) {
      return error_set(error, STATUS_DATA,
                       "column '%s', " ROW_FORMAT
                       ": an infinite value is not usable; correct it or leave it empty.",
                       column->name, ROW_SHOWN(fit->rows[i]));
    }
    (*values)[(*present)++] = x;
  }
  return STATUS_OK;
}

static Status no_values(const char *name, Error *error) {
  return error_set(error, STATUS_DATA,
                   "column '%s' has no value in any training row: leave it out of the inputs.", name);
}

static Status fit_number(FittedInput *input, const Fit *fit, const InputConfig *config, const Column *column,
                         Error *error) {
  Status status;
  double *values = NULL, std;
  int64_t present;
  if (column->kind != COLUMN_NUMBER) {
    TRY(error_set(error, STATUS_DATA, "column '%s' holds categories, not numbers: use it `as: category`.",
                  column->name));
  }
  TRY(present_numbers(&values, &present, fit, column, error));
  if (present == 0) TRY(no_values(column->name, error));
  if (config->missing == MISSING_ERROR && present < fit->count) {
    int64_t i = 0;
    while (!is_missing(column->numbers[fit->rows[i]])) i++;
    TRY(error_set(error, STATUS_DATA,
                  "column '%s', " ROW_FORMAT ": the value is missing, and `missing: error` allows none.",
                  column->name, ROW_SHOWN(fit->rows[i])));
  }
  fit_moments(&input->mean, &std, values, present);
  if (!is_finite(input->mean) || !is_finite(std)) {
    TRY(error_set(error, STATUS_DATA, "column '%s': the values are too large for their variance.",
                  column->name));
  }
  if (config->scale == SCALE_STANDARD) input->std = std == 0 ? 1 : std;
  input->flag = config->missing == MISSING_MEAN_FLAG && present < fit->count;
  input->required = config->missing == MISSING_ERROR;
done:
  free(values);
  return status;
}

// ---- categories ----

typedef struct Value {
  const char *text;
  double number;
  int64_t count;
} Value;

static int by_text(const void *a, const void *b) {
  return strcmp(((const Value *)a)->text, ((const Value *)b)->text);
}

static int by_number(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

// The different values of the training rows with their counts: numbers ascending, categories by byte order.
typedef struct ValueCounts {
  Value *values;
  int count;
  char *texts; // of numbers
} ValueCounts;

static void value_counts_free(ValueCounts *counts) {
  free(counts->values);
  free(counts->texts);
}

static void count_codes(ValueCounts *counts, const Fit *fit, const Column *column) {
  counts->values = memory_get((size_t)column->category_count, sizeof *counts->values);
  for (int i = 0; i < column->category_count; i++) counts->values[i].text = column->categories[i];
  for (int64_t i = 0; i < fit->count; i++) {
    int32_t code = column->codes[fit->rows[i]];
    if (code >= 0) counts->values[code].count++;
  }
  for (int i = 0; i < column->category_count; i++) {
    if (counts->values[i].count > 0) counts->values[counts->count++] = counts->values[i];
  }
  if (counts->count > 1) qsort(counts->values, (size_t)counts->count, sizeof *counts->values, by_text);
}

static Status count_numbers(ValueCounts *counts, const Fit *fit, const Column *column, Error *error) {
  double *values = NULL;
  int64_t present = 0;
  Status status = present_numbers(&values, &present, fit, column, error);
  if (status == STATUS_OK) {
    qsort(values, (size_t)present, sizeof *values, by_number);
    counts->values = memory_get((size_t)present, sizeof *counts->values);
    for (int64_t i = 0; i < present; i++) {
      if (i == 0 || values[i] != values[i - 1]) counts->values[counts->count++].number = values[i] + 0.0;
      counts->values[counts->count - 1].count++;
    }
    counts->texts = memory_get((size_t)counts->count, NUMBER_TEXT_BYTES);
    for (int i = 0; i < counts->count; i++) {
      counts->values[i].text = counts->texts + (size_t)i * NUMBER_TEXT_BYTES;
      number_text(counts->texts + (size_t)i * NUMBER_TEXT_BYTES, counts->values[i].number);
    }
  }
  free(values);
  return status;
}

static Status count_values(ValueCounts *counts, const Fit *fit, const Column *column, Error *error) {
  if (column->kind == COLUMN_NUMBER) return count_numbers(counts, fit, column, error);
  count_codes(counts, fit, column);
  return STATUS_OK;
}

static int64_t embedding_width(int configured, int64_t table_rows) {
  if (configured > 0) return configured;
  int64_t width = 1;
  while (width < EMBED_AUTO_MAX && width * width < table_rows) width++;
  return width;
}

static Status fit_category(FittedInput *input, const Fit *fit, const InputConfig *config,
                           const Column *column, Error *error) {
  Status status;
  ValueCounts counts = {0};
  const char **kept = NULL;
  int kept_count = 0;
  TRY(count_values(&counts, fit, column, error));
  if (counts.count == 0) TRY(no_values(column->name, error));
  if (column->kind == COLUMN_NUMBER)
    qsort(counts.values, (size_t)counts.count, sizeof *counts.values, by_text);
  kept = memory_get((size_t)counts.count, sizeof *kept);
  for (int i = 0; i < counts.count; i++) {
    if (counts.values[i].count >= config->min_count) kept[kept_count++] = counts.values[i].text;
  }
  text_block_set(&input->values, kept, kept_count);
  input->width = embedding_width(config->embed, kept_count + 2);
done:
  free(kept);
  value_counts_free(&counts);
  return status;
}

static Status fit_input(const Fit *fit, const InputConfig *config, const char *name, Error *error) {
  Preprocess *preprocess = fit->preprocess;
  if (preprocess->input_count == INPUTS_MAX) {
    return error_set(error, STATUS_CONFIG, "data.inputs names more than %d columns: name fewer.", INPUTS_MAX);
  }
  const Column *column;
  PASS(fit->reader->column(fit->reader, &column, name, error));
  FittedInput *input = &preprocess->inputs[preprocess->input_count++];
  bool category = config->kind == INPUT_CATEGORY;
  text_block_set_one(&input->name, name);
  const char *of_category = column->kind == COLUMN_NUMBER ? "numeric-category" : "category";
  text_block_set_one(&input->kind, category ? of_category : "numeric");
  return category ? fit_category(input, fit, config, column, error)
                  : fit_number(input, fit, config, column, error);
}

static Status fit_inputs(const Fit *fit, Error *error) {
  const DataConfig *data = &fit->config->data;
  fit->preprocess->inputs = memory_get(INPUTS_MAX, sizeof *fit->preprocess->inputs);
  for (int i = 0; i < data->input_count; i++) {
    const TextList *columns = &data->inputs[i].columns;
    for (int j = 0; j < columns->count; j++) PASS(fit_input(fit, &data->inputs[i], columns->items[j], error));
  }
  if (fit->preprocess->input_count > 0) return STATUS_OK;
  return error_set(error, STATUS_CONFIG, "data.inputs names no column: a model needs at least one.");
}

// ---- target ----

static Status require_labels(const Fit *fit, const Column *column, Error *error) {
  for (int64_t i = 0; i < fit->count; i++) {
    int64_t row = fit->rows[i];
    bool missing = column->kind == COLUMN_NUMBER ? is_missing(column->numbers[row]) : column->codes[row] < 0;
    if (missing) {
      return error_set(error, STATUS_DATA,
                       "column '%s', " ROW_FORMAT
                       ": the label is missing (NaN or empty); drop the row or fill it in.",
                       column->name, ROW_SHOWN(row));
    }
    if (column->kind == COLUMN_NUMBER && !is_finite(column->numbers[row])) {
      return error_set(error, STATUS_DATA,
                       "column '%s', " ROW_FORMAT ": the label is infinite; correct it or drop the row.",
                       column->name, ROW_SHOWN(row));
    }
  }
  return STATUS_OK;
}

static Status fit_regression(FittedTarget *target, const Fit *fit, const Column *column, Error *error) {
  Status status;
  double *values = NULL;
  int64_t present;
  if (column->kind != COLUMN_NUMBER) {
    TRY(error_set(error, STATUS_DATA,
                  "column '%s' holds categories: `task: regression` needs a target of numbers.",
                  column->name));
  }
  TRY(present_numbers(&values, &present, fit, column, error));
  fit_moments(&target->mean, &target->std, values, present);
  if (!is_finite(target->mean) || !is_finite(target->std)) {
    TRY(error_set(error, STATUS_DATA, "column '%s': the values are too large for their variance.",
                  column->name));
  }
  if (target->std == 0) {
    TRY(error_set(error, STATUS_DATA, "target '%s' is constant %s: %s.", column->name, these_rows(fit),
                  too_few(fit)));
  }
done:
  free(values);
  return status;
}

// Whether the configured text names a value: the same text, or the same number.
static bool names_value(const char *text, const Value *value, ColumnKind kind) {
  if (strcmp(text, value->text) == 0) return true;
  char *end;
  if (kind != COLUMN_NUMBER) return false;
  double number = strtod(text, &end);
  return end != text && *end == '\0' && number == value->number;
}

static bool is_default_positive(const char *text) {
  static const char *const texts[] = {"1", "yes", "Yes", "YES", "true", "True", "TRUE"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    if (strcmp(text, texts[i]) == 0) return true;
  }
  return false;
}

// Index of the positive class among two values; -1 if none is.
static int positive_class(const char *positive, const ValueCounts *counts, ColumnKind kind) {
  for (int i = 0; i < 2; i++) {
    const Value *value = &counts->values[i];
    if (positive[0] == '\0' ? is_default_positive(value->text) : names_value(positive, value, kind)) return i;
  }
  return -1;
}

static Status fit_binary(FittedTarget *target, const Fit *fit, const Column *column,
                         const ValueCounts *counts, Error *error) {
  if (counts->count > 2) {
    return error_set(error, STATUS_DATA,
                     "target '%s' has %d values %s ('%s', '%s', '%s', ...): `task: binary` needs "
                     "two; use multiclass or regression.",
                     column->name, counts->count, these_rows(fit), counts->values[0].text,
                     counts->values[1].text, counts->values[2].text);
  }
  int positive = positive_class(fit->config->data.target.positive, counts, column->kind);
  if (positive < 0) {
    return error_set(
        error, STATUS_DATA,
        "target '%s' has the values '%s' and '%s': data.target.positive must be one of them%s%s%s.",
        column->name, counts->values[0].text, counts->values[1].text,
        fit->config->data.target.positive[0] ? ", not '" : "", fit->config->data.target.positive,
        fit->config->data.target.positive[0] ? "'" : "");
  }
  const char *classes[2] = {counts->values[1 - positive].text, counts->values[positive].text};
  text_block_set(&target->classes, classes, 2);
  return STATUS_OK;
}

static Status fit_multiclass(FittedTarget *target, const Column *column, const ValueCounts *counts,
                             Error *error) {
  if (counts->count > CLASSES_MAX) {
    return error_set(error, STATUS_DATA, "target '%s' has %d values, more than %d: is it `task: regression`?",
                     column->name, counts->count, CLASSES_MAX);
  }
  const char *classes[CLASSES_MAX];
  for (int i = 0; i < counts->count; i++) classes[i] = counts->values[i].text;
  text_block_set(&target->classes, classes, counts->count);
  return STATUS_OK;
}

static Status fit_classes(FittedTarget *target, const Fit *fit, const Column *column, Error *error) {
  Status status;
  ValueCounts counts = {0};
  TRY(count_values(&counts, fit, column, error));
  if (counts.count < 2) {
    TRY(error_set(error, STATUS_DATA, "target '%s' has one class ('%s') %s: %s.", column->name,
                  counts.values[0].text, these_rows(fit), too_few(fit)));
  }
  if (fit->preprocess->task == TASK_BINARY) {
    TRY(fit_binary(target, fit, column, &counts, error));
  } else {
    TRY(fit_multiclass(target, column, &counts, error));
  }
done:
  value_counts_free(&counts);
  return status;
}

static Status fit_target(const Fit *fit, Error *error) {
  const TargetConfig *config = &fit->config->data.target;
  FittedTarget *target = &fit->preprocess->target;
  const Column *column;
  PASS(fit->reader->column(fit->reader, &column, config->column, error));
  fit->preprocess->task = config->task;
  text_block_set_one(&target->name, config->column);
  text_block_set_one(&target->task, task_name(config->task));
  text_block_set_one(&target->kind, column->kind == COLUMN_NUMBER ? "number" : "category");
  PASS(require_labels(fit, column, error));
  if (config->task == TASK_REGRESSION) return fit_regression(target, fit, column, error);
  return fit_classes(target, fit, column, error);
}

// ---- weights ----

// The power of two that brings a positive finite number into (1/2, 1].
static double scale_to_one(double largest) {
  double scale = 1;
  while (largest * scale > 1) scale /= 2;
  while (largest * scale <= 0.5) scale *= 2;
  return scale;
}

static Status fit_weight(const Fit *fit, Error *error) {
  const char *name = fit->config->data.weight;
  if (name[0] == '\0') return STATUS_OK;
  const Column *column;
  PASS(fit->reader->column(fit->reader, &column, name, error));
  if (column->kind != COLUMN_NUMBER) {
    return error_set(error, STATUS_DATA, "column '%s' holds categories: weights are numbers.", name);
  }
  double largest = 0;
  for (int64_t i = 0; i < fit->count; i++) {
    double weight = column->numbers[fit->rows[i]];
    if (!is_finite(weight) || weight < 0) {
      return error_set(error, STATUS_DATA,
                       "column '%s', " ROW_FORMAT ": the weight is %g; weights are finite and not negative.",
                       name, ROW_SHOWN(fit->rows[i]), weight);
    }
    if (weight > largest) largest = weight;
  }
  if (largest == 0) {
    return error_set(error, STATUS_DATA, "column '%s': the weights of all training rows are 0.", name);
  }
  if (largest < 0x1p-500 || largest > 0x1p500) {
    return error_set(error, STATUS_DATA, "column '%s': the largest weight is %g; scale the column.", name,
                     largest);
  }
  text_block_set_one(&fit->preprocess->weight_name, name);
  fit->preprocess->weight_scale = scale_to_one(largest);
  return STATUS_OK;
}

Status preprocess_fit(Preprocess **preprocess, const Config *config, ColumnReader *reader,
                      const int64_t *train_rows, int64_t count, Error *error) {
  Status status;
  Preprocess *fitted = memory_get(1, sizeof *fitted);
  Fit fit = {fitted, config, reader, train_rows, count, false};
  if (count == 0) TRY(error_set(error, STATUS_DATA, "the training part has no rows."));
  TRY(fit_target(&fit, error));
  TRY(fit_weight(&fit, error));
  TRY(fit_inputs(&fit, error));
  preprocess_lay_out(fitted);
  *preprocess = fitted;
  fitted = NULL;
done:
  preprocess_free(fitted);
  return status;
}

Status preprocess_fit_labels(Preprocess **preprocess, const Config *config, ColumnReader *reader,
                             const int64_t *rows, int64_t count, Error *error) {
  Preprocess *fitted = memory_get(1, sizeof *fitted);
  Fit fit = {fitted, config, reader, rows, count, true};
  Status status;
  if (count == 0) TRY(error_set(error, STATUS_DATA, "there are no rows to judge."));
  TRY(fit_target(&fit, error));
  TRY(fit_weight(&fit, error));
  *preprocess = fitted;
  fitted = NULL;
done:
  preprocess_free(fitted);
  return status;
}
