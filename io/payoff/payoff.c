// Payoff expressions to int64 millionths, with the errors of definition and of data told apart.
#include "io/payoff/payoff.h"

#include "engine/shared/memory.h"
#include "io/payoff/expression.h"
#include "io/payoff/sandbox.h"
#include "io/shared/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAYOFF_SUM_MAX 0x1p62

// The reserved column `label`.
static Column label_column(const PayoffRows *rows) {
  Column label = {.name = "label", .kind = COLUMN_NUMBER};
  if (rows->task == TASK_MULTICLASS) {
    label.kind = COLUMN_CATEGORY;
    label.codes = (int32_t *)rows->classes;
    label.categories = (char **)rows->class_names;
    label.category_count = rows->class_count;
  } else {
    label.numbers = (double *)rows->target;
  }
  return label;
}

// The integer nearest to v, ties to even; |v| < 2^63.
static int64_t round_even(double v) {
  int64_t low = (int64_t)v; // toward zero
  double rest = v - (double)low, magnitude = rest < 0 ? -rest : rest;
  if (magnitude > 0.5 || (magnitude == 0.5 && (low & 1))) low += v < 0 ? -1 : 1;
  return low;
}

typedef struct Filler {
  const Expression *expression;
  const PayoffRows *rows;
  int64_t *values;
  double total; // of magnitudes, over act and skip
  Text bad;     // the first rows without a usable value
  int64_t bad_count;
} Filler;

static bool is_missing(const Column *column, int64_t row) {
  return column->kind == COLUMN_NUMBER ? column->numbers[row] != column->numbers[row]
                                       : column->codes[row] < 0;
}

static void note_bad(Filler *filler, int64_t row, SandboxKind kind, double value) {
  const char *const *ids = filler->rows->row_ids;
  if (++filler->bad_count > 3) return;
  text_put(&filler->bad, filler->bad_count > 1 ? ", " : "");
  ids ? text_put(&filler->bad, ids[row]) : text_add(&filler->bad, "row %lld", ROW_SHOWN(row));
  if (kind == SANDBOX_NUMBER) {
    text_add(&filler->bad, " (%g)", value);
    return;
  }
  const Expression *e = filler->expression;
  const char *missing = NULL;
  for (int i = 0; i < e->column_count && !missing; i++)
    if (is_missing(e->columns[i], row)) missing = e->columns[i]->name;
  text_add(&filler->bad, missing ? " (no %s)" : " (division by zero or a CASE without ELSE)", missing);
}

static Status fill_row(void *context, int64_t row, SandboxKind kind, double value, Error *error) {
  Filler *filler = context;
  (void)error;
  double scaled = value * PAYOFF_SCALE, magnitude = scaled < 0 ? -scaled : scaled;
  if (kind != SANDBOX_NUMBER || !(magnitude < PAYOFF_SUM_MAX)) {
    note_bad(filler, row, kind, value);
    return STATUS_OK;
  }
  filler->values[row] = round_even(scaled);
  filler->total += magnitude;
  return STATUS_OK;
}

static Status fill(int64_t *values, double *total, const Expression *expression, const PayoffRows *rows,
                   const char *key, Error *error) {
  Filler filler = {.expression = expression, .rows = rows, .values = values, .total = *total};
  SandboxQuery query = {.expression = expression->sql.bytes,
                        .bindings = expression->bindings,
                        .binding_count = expression->binding_count,
                        .columns = expression->columns,
                        .column_count = expression->column_count,
                        .rows = rows->frame->rows};
  query.budget = 1000 + query.rows * (8 + 4 * (int64_t)expression->token_count) / 1000;
  Status status;
  TRY(sandbox_run(&query, fill_row, &filler, error));
  if (filler.bad_count)
    TRY(error_set(
        error, STATUS_DATA,
        "the payoff has no usable value on %lld of %lld rows%s: %s%s; a missing payoff is never taken as 0: "
        "use coalesce(...) or state the case",
        (long long)filler.bad_count, (long long)query.rows, rows->row_ids ? "" : " (row 1 is the first)",
        filler.bad.bytes, filler.bad_count > 3 ? ", ..." : ""));
  if (!(filler.total < PAYOFF_SUM_MAX))
    TRY(error_set(
        error, STATUS_DATA,
        "the payoffs add up to more than 4.6e12 units, beyond exact integers; state the unit in thousands"));
  *total = filler.total;
done:
  text_free(&filler.bad);
  return status == STATUS_OK ? status : error_prefix(error, "business.%s", key);
}

static int compare_parameters(const void *a, const void *b) {
  return strcmp(((const Parameter *)a)->name, ((const Parameter *)b)->name);
}

static void digest_definition(Payoffs *payoffs, const BusinessConfig *business) {
  Text lines = {0};
  text_add(&lines, "unit=%s\nact=%s\nskip=%s\n", business->unit, payoffs->act_text, payoffs->skip_text);
  size_t count = (size_t)business->param_count;
  Parameter *sorted = memory_get(count, sizeof *sorted);
  if (count) memcpy(sorted, business->params, count * sizeof *sorted);
  qsort(sorted, count, sizeof *sorted, compare_parameters);
  for (size_t i = 0; i < count; i++) text_add(&lines, "param.%s=%a\n", sorted[i].name, sorted[i].value);
  uint8_t digest[DIGEST_BYTES];
  sha256(digest, lines.bytes, lines.length);
  sha256_hex(payoffs->definition, digest);
  free(sorted);
  text_free(&lines);
}

static Status parse(Expression *expression, const char *text, const PayoffNames *names, Error *error) {
  if (text && text[strspn(text, " \t\r\n")]) return expression_parse(expression, text, names, error);
  return error_set(error, STATUS_CONFIG, "there is no expression; write \"0\" if it is worth nothing");
}

Status payoff_check(int *column, const char *text, const BusinessConfig *business, const Frame *frame,
                    Error *error) {
  Column label = {.name = "label", .kind = COLUMN_NUMBER};
  PayoffNames names = {frame, &label, true, business->params, business->param_count};
  Expression expression = {0};
  int used = 0;
  *column = 0;
  Status status = parse(&expression, text, &names, error);
  expression_free(&expression);
  if (status != STATUS_OK && sscanf(error->text, "column %d: %n", column, &used) == 1)
    memmove(error->text, error->text + used, strlen(error->text + used) + 1);
  return status;
}

static PayoffNames names_of(const BusinessConfig *business, const PayoffRows *rows, const Column *label) {
  return (PayoffNames){.frame = rows->frame,
                       .label = label,
                       .label_whole = rows->task == TASK_BINARY,
                       .params = business->params,
                       .param_count = business->param_count};
}

Status payoff_evaluate(Payoffs *payoffs, const BusinessConfig *business, const PayoffRows *rows,
                       Error *error) {
  *payoffs = (Payoffs){0};
  Column label = label_column(rows);
  PayoffNames names = names_of(business, rows, &label);
  Expression act = {0}, skip = {0};
  double total = 0;
  Status status;
  status = parse(&act, business->act, &names, error);
  if (status != STATUS_OK) TRY(error_prefix(error, "business.act"));
  status = parse(&skip, business->skip, &names, error);
  if (status != STATUS_OK) TRY(error_prefix(error, "business.skip"));
  payoffs->act = memory_get((size_t)rows->frame->rows, sizeof *payoffs->act);
  payoffs->skip = memory_get((size_t)rows->frame->rows, sizeof *payoffs->skip);
  TRY(fill(payoffs->act, &total, &act, rows, "act", error));
  TRY(fill(payoffs->skip, &total, &skip, rows, "skip", error));
  payoffs->act_text = text_take(&act.canonical);
  payoffs->skip_text = text_take(&skip.canonical);
  digest_definition(payoffs, business);
done:
  expression_free(&act);
  expression_free(&skip);
  if (status != STATUS_OK) payoff_free(payoffs);
  return status;
}

void payoff_free(Payoffs *payoffs) {
  free(payoffs->act);
  free(payoffs->skip);
  free(payoffs->act_text);
  free(payoffs->skip_text);
  *payoffs = (Payoffs){0};
}
