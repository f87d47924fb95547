// Payoff expressions to int64 millionths, with the errors of definition and of data told apart.
#include "io/payoff/payoff.h"

#include "engine/shared/memory.h"
#include "io/payoff/expression.h"
#include "io/payoff/lexer.h"
#include "io/payoff/sandbox.h"
#include "io/shared/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAYOFF_SUM_MAX 0x1p62
#define PAYOFF_NOISE 1e-4 // millionths: less than that is rounding of binary64, as of 0.1 * 3 - 0.3

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
  double total;  // of magnitudes, over act and skip
  Text bad, big; // the first rows without a usable value, and with one beyond exact integers
  int64_t bad_count, big_count;
  bool any, lost; // a value that is not 0, one that is and rounds to 0
} Filler;

static bool is_missing(const Column *column, int64_t row) {
  return column->kind == COLUMN_NUMBER ? column->numbers[row] != column->numbers[row]
                                       : column->codes[row] < 0;
}

// The first three of the rows that are counted.
static void note_row(Text *text, int64_t count, const Filler *filler, int64_t row) {
  const char *const *ids = filler->rows->row_ids;
  text_put(text, count > 1 ? ", " : "");
  ids ? text_put(text, ids[row]) : text_add(text, "row %lld", ROW_SHOWN(row));
}

static void note_bad(Filler *filler, int64_t row) {
  if (++filler->bad_count > 3) return;
  note_row(&filler->bad, filler->bad_count, filler, row);
  const Expression *e = filler->expression;
  const char *missing = NULL;
  for (int i = 0; i < e->column_count && !missing; i++)
    if (is_missing(e->columns[i], row)) missing = e->columns[i]->name;
  text_add(&filler->bad, missing ? " (no %s)" : " (division by zero or a CASE without ELSE)", missing);
}

static void note_big(Filler *filler, int64_t row, double value) {
  if (++filler->big_count > 3) return;
  note_row(&filler->big, filler->big_count, filler, row);
  text_add(&filler->big, " (%g)", value);
}

static Status fill_row(void *context, int64_t row, SandboxKind kind, double value, Error *error) {
  Filler *filler = context;
  (void)error;
  double scaled = value * PAYOFF_SCALE, magnitude = scaled < 0 ? -scaled : scaled;
  if (kind != SANDBOX_NUMBER || value != value) {
    note_bad(filler, row);
    return STATUS_OK;
  }
  if (!(magnitude < PAYOFF_SUM_MAX)) {
    note_big(filler, row, value);
    return STATUS_OK;
  }
  filler->values[row] = round_even(scaled);
  filler->any |= filler->values[row] != 0;
  filler->lost |= filler->values[row] == 0 && magnitude > PAYOFF_NOISE;
  filler->total += magnitude;
  return STATUS_OK;
}

static Status check_filled(const Filler *filler, int64_t rows, Error *error) {
  const char *first = filler->rows->row_ids ? "" : " (row 1 is the first)";
  if (filler->bad_count)
    return error_set(
        error, STATUS_DATA,
        "the payoff has no usable value on %lld of %lld rows%s: %s%s; a missing payoff is never taken as 0: "
        "use coalesce(...) or state the case",
        (long long)filler->bad_count, (long long)rows, first, filler->bad.bytes,
        filler->bad_count > 3 ? ", ..." : "");
  if (filler->big_count)
    return error_set(
        error, STATUS_DATA,
        "the payoff is larger than 4.6e12 units, beyond exact integers, on %lld of %lld rows%s: %s%s; "
        "state the unit in thousands",
        (long long)filler->big_count, (long long)rows, first, filler->big.bytes,
        filler->big_count > 3 ? ", ..." : "");
  if (!(filler->total < PAYOFF_SUM_MAX))
    return error_set(
        error, STATUS_DATA,
        "the payoffs add up to more than 4.6e12 units, beyond exact integers; state the unit in thousands");
  if (filler->lost && !filler->any && filler->rows->row_ids != NULL) // a made-up row may well be small
    return error_set(
        error, STATUS_DATA,
        "every payoff is below a millionth of the unit and would count as 0; state it in a smaller "
        "unit");
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
  TRY(check_filled(&filler, query.rows, error));
  *total = filler.total;
done:
  text_free(&filler.bad);
  text_free(&filler.big);
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

static int compare_costs(const void *a, const void *b) {
  const Cost *x = a, *y = b;
  int order = strcmp(x->truth, y->truth);
  return order != 0 ? order : strcmp(x->decision, y->decision);
}

void payoff_digest_costs(char definition[DIGEST_HEX], const BusinessConfig *business) {
  Text lines = {0};
  uint8_t digest[DIGEST_BYTES];
  size_t count = (size_t)business->costs.count;
  Cost *sorted = memory_get(count, sizeof *sorted);
  if (count) memcpy(sorted, business->costs.items, count * sizeof *sorted);
  qsort(sorted, count, sizeof *sorted, compare_costs);
  text_add(&lines, "unit=%s\n", business->unit);
  for (size_t i = 0; i < count; i++)
    text_add(&lines, "cost.%s.%s=%a\n", sorted[i].truth, sorted[i].decision, sorted[i].amount);
  sha256(digest, lines.bytes, lines.length);
  sha256_hex(definition, digest);
  free(sorted);
  text_free(&lines);
}

static Status parse(Expression *expression, const char *text, const PayoffNames *names, Error *error) {
  if (text && text[strspn(text, " \t\r\n")]) return expression_parse(expression, text, names, error);
  return error_set(error, STATUS_CONFIG, "there is no expression; write \"0\" if it is worth nothing");
}

Status payoff_check(int *column, const char *text, const BusinessConfig *business, Task task,
                    const Frame *frame, Error *error) {
  Column label = {.name = "label", .kind = COLUMN_NUMBER}, score = {.name = "score", .kind = COLUMN_NUMBER};
  PayoffNames names = {frame,
                       &label,
                       task == TASK_REGRESSION ? &score : NULL,
                       task == TASK_BINARY,
                       business->params,
                       business->param_count};
  Expression expression = {0};
  int used = 0;
  *column = 0;
  Status status = parse(&expression, text, &names, error);
  expression_free(&expression);
  if (status != STATUS_OK && sscanf(error->text, "column %d: %n", column, &used) == 1)
    memmove(error->text, error->text + used, strlen(error->text + used) + 1);
  return status;
}

// The columns that stand for label and score, and the names with them.
typedef struct Scope {
  Column label, score;
  PayoffNames names;
} Scope;

static void scope_make(Scope *scope, const BusinessConfig *business, const PayoffRows *rows, bool foresees) {
  scope->label = label_column(rows);
  scope->score = (Column){.name = "score", .kind = COLUMN_NUMBER, .numbers = (double *)rows->score};
  scope->names = (PayoffNames){.frame = rows->frame,
                               .label = foresees ? &scope->label : NULL,
                               .score = foresees && rows->task == TASK_REGRESSION ? &scope->score : NULL,
                               .label_whole = rows->task == TASK_BINARY,
                               .params = business->params,
                               .param_count = business->param_count};
}

static Status evaluate(int64_t **values, char **canonical, double *total, const char *text, const char *key,
                       const PayoffNames *names, const PayoffRows *rows, Error *error) {
  Expression expression = {0};
  Status status;
  *values = NULL;
  status = parse(&expression, text, names, error);
  if (status != STATUS_OK) TRY(error_prefix(error, "business.%s", key));
  *values = memory_get((size_t)rows->frame->rows, sizeof **values);
  TRY(fill(*values, total, &expression, rows, key, error));
  if (canonical != NULL) *canonical = text_take(&expression.canonical);
done:
  expression_free(&expression);
  if (status != STATUS_OK) {
    free(*values);
    *values = NULL;
  }
  return status;
}

Status payoff_evaluate(Payoffs *payoffs, const BusinessConfig *business, const PayoffRows *rows,
                       Error *error) {
  Scope scope;
  double total = 0;
  Status status;
  *payoffs = (Payoffs){0};
  scope_make(&scope, business, rows, true);
  TRY(evaluate(&payoffs->act, &payoffs->act_text, &total, business->act, "act", &scope.names, rows, error));
  TRY(evaluate(&payoffs->skip, &payoffs->skip_text, &total, business->skip, "skip", &scope.names, rows,
               error));
  digest_definition(payoffs, business);
done:
  if (status != STATUS_OK) payoff_free(payoffs);
  return status;
}

// ---- single expressions ----

static const char cost_key[] = "capacity.cost";

static Status check_cost(const int64_t *values, const PayoffRows *rows, Error *error) {
  Text bad = {0};
  int64_t count = 0;
  for (int64_t i = 0; i < rows->frame->rows; i++) {
    if (values[i] >= 0 || ++count > 3) continue;
    text_put(&bad, count > 1 ? ", " : "");
    rows->row_ids != NULL ? text_put(&bad, rows->row_ids[i]) : text_add(&bad, "row %lld", (long long)i);
    text_add(&bad, " (%g)", (double)values[i] / PAYOFF_SCALE);
  }
  if (count > 0)
    error_set(
        error, STATUS_DATA,
        "business.%s is negative on %lld of %lld rows: %s%s; what acting takes from a budget is written "
        "as a positive amount",
        cost_key, (long long)count, (long long)rows->frame->rows, bad.bytes, count > 3 ? ", ..." : "");
  text_free(&bad);
  return count > 0 ? STATUS_DATA : STATUS_OK;
}

Status payoff_expression(int64_t **values, const BusinessConfig *business, const char *text, const char *key,
                         const PayoffRows *rows, Error *error) {
  Scope scope;
  double total = 0;
  bool cost = strcmp(key, cost_key) == 0;
  scope_make(&scope, business, rows, !cost);
  PASS(evaluate(values, NULL, &total, text, key, &scope.names, rows, error));
  if (!cost || check_cost(*values, rows, error) == STATUS_OK) return STATUS_OK;
  free(*values);
  *values = NULL;
  return STATUS_DATA;
}

Status payoff_columns(TextList *names, const BusinessConfig *business, const PayoffRows *rows, Error *error) {
  const char *const texts[] = {business->act, business->skip, business->capacity.cost};
  static const char *const keys[] = {"act", "skip", cost_key};
  int count = business->capacity.budget > 0 ? 3 : 2;
  for (int k = 0; k < count; k++) {
    Expression expression = {0};
    Scope scope;
    scope_make(&scope, business, rows, k < 2);
    Status status = parse(&expression, texts[k], &scope.names, error);
    if (status != STATUS_OK) error_prefix(error, "business.%s", keys[k]);
    for (int i = 0; status == STATUS_OK && i < expression.column_count; i++) {
      const Column *column = expression.columns[i];
      bool known = column == &scope.label || column == &scope.score;
      for (int n = 0; n < names->count; n++) known = known || strcmp(names->items[n], column->name) == 0;
      if (!known) text_list_add(names, column->name);
    }
    expression_free(&expression);
    PASS(status);
  }
  return STATUS_OK;
}

bool payoff_uses(const char *expression, const char *name) {
  TokenList tokens = {0};
  Error ignored;
  bool found = false;
  if (tokens_read(&tokens, expression, &ignored) == STATUS_OK) {
    for (int i = 0; i < tokens.count; i++)
      found = found || (tokens.items[i].kind == TOKEN_PARAMETER && strcmp(tokens.items[i].text, name) == 0);
  }
  tokens_free(&tokens);
  return found;
}

void payoff_forget_values(Payoffs *payoffs) {
  free(payoffs->act);
  free(payoffs->skip);
  payoffs->act = payoffs->skip = NULL;
}

void payoff_free(Payoffs *payoffs) {
  payoff_forget_values(payoffs);
  free(payoffs->act_text);
  free(payoffs->skip_text);
  *payoffs = (Payoffs){0};
}
