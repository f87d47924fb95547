// Example payoffs in words, of rows made of column medians: where a reader sees a wrong sign at once.
#include "engine/shared/memory.h"
#include "io/payoff/expression.h"
#include "io/payoff/payoff.h"
#include "io/shared/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXAMPLES_MAX = 2 }; // labels shown, each acted on and not

static int compare_numbers(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

// Lower median of the values present; NaN if none.
static double median(const double *values, int64_t rows) {
  double *sorted = memory_get((size_t)rows, sizeof *sorted);
  int64_t count = 0;
  for (int64_t i = 0; i < rows; i++)
    if (values[i] == values[i]) sorted[count++] = values[i];
  qsort(sorted, (size_t)count, sizeof *sorted, compare_numbers);
  double result = count ? sorted[(count - 1) / 2] : 0.0 / 0.0;
  free(sorted);
  return result;
}

// The most frequent code, the lowest of equals; -1 if all are missing.
static int32_t mode(const Column *column, int64_t rows) {
  int64_t *counts = memory_get((size_t)column->category_count, sizeof *counts);
  for (int64_t i = 0; i < rows; i++)
    if (column->codes[i] >= 0) counts[column->codes[i]]++;
  int32_t best = -1;
  for (int32_t k = 0; k < column->category_count; k++)
    if (counts[k] && (best < 0 || counts[k] > counts[best])) best = k;
  free(counts);
  return best;
}

// A column of `count` equal rows.
static Column typical(const Column *from, int64_t rows, int count) {
  Column column = *from;
  column.numbers = NULL;
  column.codes = NULL;
  if (from->kind == COLUMN_NUMBER) {
    column.numbers = memory_get((size_t)count, sizeof *column.numbers);
    double value = median(from->numbers, rows);
    for (int i = 0; i < count; i++) column.numbers[i] = value;
  } else {
    column.codes = memory_get((size_t)count, sizeof *column.codes);
    int32_t value = mode(from, rows);
    for (int i = 0; i < count; i++) column.codes[i] = value;
  }
  return column;
}

static void describe_label(Text *text, const PayoffRows *rows, int example, const double *targets,
                           const char *outcome, const char *positive) {
  const char *name = outcome ? outcome : "label";
  if (rows->task == TASK_MULTICLASS) {
    text_add(text, "%s = %s", name, rows->class_names[example]);
  } else if (rows->task == TASK_REGRESSION) {
    text_add(text, "%s = %.6g", name, targets[example]);
  } else if (positive) {
    text_add(text, "%s %s %s", name, targets[example] == 1 ? "=" : "is not", positive);
  } else {
    text_add(text, "%s = %g", name, targets[example]);
  }
}

// The columns that the expressions name, with their typical values: " (MonthlyCharges 70.35, ...)".
static void describe_values(Text *text, const BusinessConfig *business, const Frame *frame,
                            const PayoffNames *names) {
  Expression both[2] = {0};
  Error ignored;
  int shown = 0;
  expression_parse(&both[0], business->act, names, &ignored);
  expression_parse(&both[1], business->skip, names, &ignored);
  for (int c = 0; c < frame->column_count; c++) {
    const Column *column = &frame->columns[c];
    bool used = false;
    for (int e = 0; e < 2; e++)
      for (int i = 0; i < both[e].column_count; i++) used = used || both[e].columns[i] == column;
    if (!used) continue;
    text_add(text, shown++ ? ", %s " : " (%s ", column->name);
    if (column->kind == COLUMN_NUMBER) {
      text_add(text, "%.6g", column->numbers[0]);
    } else {
      text_put(text, column->codes[0] < 0 ? "missing" : column->categories[column->codes[0]]);
    }
  }
  text_put(text, shown ? ")" : "");
  expression_free(&both[0]);
  expression_free(&both[1]);
}

static void write_examples(Text *text, const Payoffs *payoffs, const BusinessConfig *business,
                           const PayoffRows *rows, const char *outcome, const char *positive) {
  for (int i = 0; i < rows->frame->rows; i++) {
    for (int acts = 1; acts >= 0; acts--) {
      Column label = {.name = "label", .kind = COLUMN_NUMBER};
      Column score = {.name = "score", .kind = COLUMN_NUMBER};
      PayoffNames names = {rows->frame, &label,           rows->score == NULL ? NULL : &score,
                           false,       business->params, business->param_count};
      if (rows->task == TASK_MULTICLASS) {
        label.kind = COLUMN_CATEGORY;
        label.categories = (char **)rows->class_names;
        label.category_count = rows->class_count;
      }
      int64_t value = acts ? payoffs->act[i] : payoffs->skip[i];
      describe_label(text, rows, i, rows->target, outcome, positive);
      text_add(text, acts ? ", we act: " : ", we do not: ");
      text_add(text, "%s%.2f %s", value > 0 ? "+" : "", (double)value / PAYOFF_SCALE, business->unit);
      describe_values(text, business, rows->frame, &names);
      text_put(text, "\n");
    }
  }
}

Status payoff_examples(char **out, const BusinessConfig *business, const PayoffRows *rows,
                       const char *outcome, const char *positive, Error *error) {
  int count = rows->task == TASK_REGRESSION ? 1 : EXAMPLES_MAX;
  double targets[EXAMPLES_MAX] = {1, 0};
  int32_t classes[EXAMPLES_MAX] = {0, 1};
  if (rows->task == TASK_REGRESSION) targets[0] = median(rows->target, rows->frame->rows);
  Frame frame = {.rows = count, .column_count = rows->frame->column_count};
  frame.columns = memory_get((size_t)frame.column_count, sizeof *frame.columns);
  for (int c = 0; c < frame.column_count; c++)
    frame.columns[c] = typical(&rows->frame->columns[c], rows->frame->rows, count);
  PayoffRows made = *rows;
  made.frame = &frame;
  made.target = targets;
  if (rows->score != NULL) made.score = targets; // of a right prediction
  made.classes = classes;
  made.row_ids = NULL;
  Payoffs payoffs;
  Text text = {0};
  Status status = payoff_evaluate(&payoffs, business, &made, error);
  if (status == STATUS_OK) {
    write_examples(&text, &payoffs, business, &made, outcome, positive);
    *out = text_take(&text);
    payoff_free(&payoffs);
  } else {
    *out = NULL;
    error_prefix(error, "on a row of column medians");
  }
  for (int c = 0; c < frame.column_count; c++) {
    free(frame.columns[c].numbers);
    free(frame.columns[c].codes);
  }
  free(frame.columns);
  return status;
}
