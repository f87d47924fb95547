// Recursive descent over SQLite's precedence; each rule returns the type of what it read.
#include "io/payoff/expression.h"

#include "engine/shared/memory.h"
#include "io/payoff/lexer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef enum Type { TYPE_NULL, TYPE_WHOLE, TYPE_REAL, TYPE_TEXT } Type;

typedef struct Operand {
  Type type;
  const Column *column; // a bare category column
  const char *text;     // a bare 'text'
} Operand;

typedef struct Parser {
  const PayoffNames *names;
  Expression *out;
  const Token *token;
  int depth;
  Error *error;
} Parser;

enum { DEPTH_MAX = 64 };

static Status parse_or(Parser *parser, Operand *operand);

static bool is_symbol(const Parser *parser, const char *text) {
  return parser->token->kind == TOKEN_SYMBOL && !strcmp(parser->token->text, text);
}

static bool is_keyword(const Parser *parser, const char *text) {
  return parser->token->kind == TOKEN_KEYWORD && !strcmp(parser->token->text, text);
}

static const char *shown(const Token *token) {
  return token->kind == TOKEN_END ? "the end" : token->text;
}

// Takes the token as it is into both texts.
static void take(Parser *parser) {
  const char *blank = parser->out->canonical.length ? " " : "";
  text_add(&parser->out->canonical, "%s%s", blank, parser->token->text);
  text_add(&parser->out->sql, " %s", parser->token->text);
  parser->token++;
}

static Status expect(Parser *parser, const char *text) {
  if (!is_symbol(parser, text) && !is_keyword(parser, text))
    return error_set(parser->error, STATUS_CONFIG, "column %d: %s expected before '%.60s'",
                     parser->token->column, text, shown(parser->token));
  take(parser);
  return STATUS_OK;
}

static void quote(Text *text, const char *string, char mark) {
  text_add(text, "%s%c", text->length ? " " : "", mark);
  for (const char *p = string; *p; p++) text_add(text, *p == mark ? "%c%c" : "%c", *p, *p);
  text_add(text, "%c", mark);
}

static void bind(Parser *parser, double number, const char *text) {
  Expression *out = parser->out;
  out->bindings = memory_grow(out->bindings, (size_t)out->binding_count + 1, sizeof *out->bindings);
  out->bindings[out->binding_count++] = (Binding){number, text ? memory_text(text) : NULL};
  text_add(&out->sql, " ?%d", out->binding_count);
  parser->token++;
}

static int column_use(Expression *out, const Column *column) {
  for (int i = 0; i < out->column_count; i++)
    if (out->columns[i] == column) return i;
  out->columns = memory_grow(out->columns, (size_t)out->column_count + 1, sizeof *out->columns);
  out->columns[out->column_count] = column;
  return out->column_count++;
}

// A name may stand without quotes if it looks like an identifier and is no keyword.
static bool is_plain(const Token *token) {
  if (!token->quoted) return true;
  TokenList list;
  Error ignored;
  bool plain = tokens_read(&list, token->text, &ignored) == STATUS_OK && list.count == 2 &&
               list.items[0].kind == TOKEN_NAME && !list.items[0].quoted &&
               !strcmp(list.items[0].text, token->text);
  tokens_free(&list);
  return plain;
}

static Status unknown_column(Parser *parser) {
  const Frame *frame = parser->names->frame;
  int count = frame->column_count + 1;
  const char **candidates = memory_get((size_t)count, sizeof *candidates);
  for (int i = 0; i < frame->column_count; i++) candidates[i] = frame->columns[i].name;
  candidates[count - 1] = "label";
  const char *nearest = text_nearest(parser->token->text, candidates, count);
  error_set(parser->error, STATUS_CONFIG, "column %d: there is no column '%.100s' in the data%s%.100s%s",
            parser->token->column, parser->token->text, nearest ? "; did you mean '" : "",
            nearest ? nearest : "", nearest ? "'?" : "");
  free(candidates);
  return STATUS_CONFIG;
}

static const Column *find_column(const PayoffNames *names, const char *name) {
  if (!strcmp(name, "label")) return names->label;
  if (!strcmp(name, "score")) return names->score;
  for (int i = 0; names->frame && i < names->frame->column_count; i++)
    if (!strcmp(names->frame->columns[i].name, name)) return &names->frame->columns[i];
  return NULL;
}

static Status parse_column(Parser *parser, Operand *operand) {
  const Token *token = parser->token;
  if (!strcmp(token->text, "label") && parser->names->label == NULL)
    return error_set(parser->error, STATUS_CONFIG,
                     "column %d: a cost may not use 'label': it is spent before the outcome is known",
                     token->column);
  if (!strcmp(token->text, "score") && parser->names->score == NULL)
    return error_set(parser->error, STATUS_CONFIG,
                     "column %d: a payoff may not use 'score': it says what acting and not acting are worth, "
                     "and the policy alone decides by the score",
                     token->column);
  const Column *column = find_column(parser->names, token->text);
  if (!column && parser->names->frame) return unknown_column(parser);
  Text *canonical = &parser->out->canonical;
  if (is_plain(token)) {
    text_add(canonical, "%s%s", canonical->length ? " " : "", token->text);
  } else {
    quote(canonical, token->text, '"');
  }
  parser->token++;
  if (!column) return STATUS_OK; // of a type that fits everywhere
  text_add(&parser->out->sql, " c%d", column_use(parser->out, column));
  bool whole = column == parser->names->label && parser->names->label_whole;
  operand->type = column->kind == COLUMN_CATEGORY ? TYPE_TEXT : whole ? TYPE_WHOLE : TYPE_REAL;
  operand->column = column->kind == COLUMN_CATEGORY ? column : NULL;
  return STATUS_OK;
}

static Status parse_parameter(Parser *parser, Operand *operand) {
  const PayoffNames *names = parser->names;
  const char *candidates[256];
  int count = 0;
  for (int i = 0; i < names->param_count; i++) {
    if (!strcmp(names->params[i].name, parser->token->text)) {
      Text *canonical = &parser->out->canonical;
      text_add(canonical, "%s:%s", canonical->length ? " " : "", parser->token->text);
      bind(parser, names->params[i].value, NULL);
      operand->type = TYPE_REAL;
      return STATUS_OK;
    }
    if (count < 256) candidates[count++] = names->params[i].name;
  }
  const char *nearest = text_nearest(parser->token->text, candidates, count);
  return error_set(parser->error, STATUS_CONFIG,
                   "column %d: there is no parameter '%.100s' in business.params%s%.100s%s",
                   parser->token->column, parser->token->text, nearest ? "; did you mean ':" : "",
                   nearest ? nearest : "", nearest ? "'?" : "");
}

static Status need_number(Parser *parser, const Operand *operand, int column, const char *where) {
  if (operand->type != TYPE_TEXT) return STATUS_OK;
  return error_set(parser->error, STATUS_CONFIG, "column %d: %s needs a number, and %s%.100s%s is text",
                   column, where,
                   operand->column ? "the column '"
                   : operand->text ? "the text '"
                                   : "this",
                   operand->column ? operand->column->name
                   : operand->text ? operand->text
                                   : "",
                   operand->column || operand->text ? "'" : "");
}

// The type of a value that is `a` on some rows and `b` on others.
static Status unify(Parser *parser, Operand *a, const Operand *b, int column) {
  Type x = a->type, y = b->type;
  if (x == TYPE_NULL || y == TYPE_NULL || (x == TYPE_TEXT) == (y == TYPE_TEXT)) {
    *a = (Operand){.type = x == TYPE_NULL ? y : y == TYPE_NULL ? x : x > y ? x : y};
    return STATUS_OK;
  }
  return error_set(parser->error, STATUS_CONFIG, "column %d: one branch is a text and another a number",
                   column);
}

// `column op 'text'`: the text must be one of the column's values; else the comparison says the same of
// every row, as a misspelt value would.
static Status check_value(Parser *parser, const Column *column, const char *text, int place) {
  for (int i = 0; i < column->category_count; i++)
    if (!strcmp(column->categories[i], text)) return STATUS_OK;
  const char *nearest = text_nearest(text, (const char *const *)column->categories, column->category_count);
  return error_set(
      parser->error, STATUS_CONFIG, "column %d: '%.100s' is no value of the column '%.100s'%s%.100s%s", place,
      text, column->name, nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static Status check_comparison(Parser *parser, const Operand *a, const Operand *b, int place) {
  if (a->type != TYPE_NULL && b->type != TYPE_NULL && (a->type == TYPE_TEXT) != (b->type == TYPE_TEXT)) {
    const Operand *text = a->type == TYPE_TEXT ? a : b;
    const Column *column = text->column;
    return error_set(
        parser->error, STATUS_CONFIG,
        "column %d: a text%s%.100s%s is compared with a number, which SQL calls different on every "
        "row%s%.100s%s",
        place, column ? " (the column '" : "", column ? column->name : "", column ? "')" : "",
        column && column->category_count ? "; compare with a quoted value, such as '" : "",
        column && column->category_count ? column->categories[0] : "",
        column && column->category_count ? "'" : "");
  }
  if (a->column && b->text) return check_value(parser, a->column, b->text, place);
  if (b->column && a->text) return check_value(parser, b->column, a->text, place);
  return STATUS_OK;
}

typedef struct FunctionRule {
  const char *name;
  int least, most;
} FunctionRule;

static const FunctionRule FUNCTIONS[] = {{"abs", 1, 1},    {"round", 1, 1},     {"min", 2, 16},
                                         {"max", 2, 16},   {"coalesce", 2, 16}, {"ifnull", 2, 2},
                                         {"nullif", 2, 2}, {"iif", 3, 3}};
enum { FUNCTION_COUNT = sizeof FUNCTIONS / sizeof *FUNCTIONS };

static const FunctionRule *find_function(const char *name) {
  for (int i = 0; i < FUNCTION_COUNT; i++)
    if (!strcasecmp(FUNCTIONS[i].name, name)) return &FUNCTIONS[i];
  return NULL;
}

bool expression_allows_function(const char *name) {
  return find_function(name) != NULL;
}

// The type of the k-th argument's contribution to the call's value.
static Status take_argument(Parser *parser, const FunctionRule *rule, Operand *result,
                            const Operand *argument, int k, int place) {
  if (!strcmp(rule->name, "nullif")) {
    if (k == 0) *result = *argument;
    return k == 0 ? STATUS_OK : check_comparison(parser, result, argument, place);
  }
  if (!strcmp(rule->name, "iif") && k == 0) return need_number(parser, argument, place, "a condition");
  if (strcmp(rule->name, "coalesce") && strcmp(rule->name, "ifnull") && strcmp(rule->name, "iif"))
    PASS(need_number(parser, argument, place, rule->name));
  return unify(parser, result, argument, place);
}

static Status parse_call(Parser *parser, Operand *operand) {
  const Token *name = parser->token;
  const FunctionRule *rule = find_function(name->text);
  if (!rule) {
    const char *names[FUNCTION_COUNT];
    for (int i = 0; i < FUNCTION_COUNT; i++) names[i] = FUNCTIONS[i].name;
    const char *nearest = text_nearest(name->text, names, FUNCTION_COUNT);
    return error_set(
        parser->error, STATUS_CONFIG,
        "column %d: the function '%.100s' is not allowed in a payoff%s%s%s; allowed are abs, round, "
        "min, max, coalesce, ifnull, nullif and iif",
        name->column, name->text, nearest ? " (did you mean '" : "", nearest ? nearest : "",
        nearest ? "'?)" : "");
  }
  text_add(&parser->out->canonical, "%s%s", parser->out->canonical.length ? " " : "", rule->name);
  text_add(&parser->out->sql, " %s", rule->name);
  parser->token++;
  PASS(expect(parser, "("));
  int count = 0;
  *operand = (Operand){.type = TYPE_NULL};
  while (!is_symbol(parser, ")")) {
    if (count) PASS(expect(parser, ","));
    Operand argument;
    PASS(parse_or(parser, &argument));
    PASS(take_argument(parser, rule, operand, &argument, count++, name->column));
  }
  take(parser);
  operand->column = NULL;
  operand->text = NULL;
  if (!strcmp(rule->name, "round")) operand->type = TYPE_REAL;
  if (count >= rule->least && count <= rule->most) return STATUS_OK;
  return error_set(parser->error, STATUS_CONFIG, "column %d: %s takes %d%s argument%s, not %d", name->column,
                   rule->name, rule->least, rule->most > rule->least ? " or more" : "",
                   rule->most > 1 ? "s" : "", count);
}

// CASE WHEN c THEN v ... [ELSE v] END, and CASE x WHEN v THEN ... .
static Status parse_case(Parser *parser, Operand *operand) {
  Operand base = {.type = TYPE_NULL}, item;
  take(parser);
  bool based = !is_keyword(parser, "WHEN");
  if (based) PASS(parse_or(parser, &base));
  if (!is_keyword(parser, "WHEN")) PASS(expect(parser, "WHEN"));
  *operand = (Operand){.type = TYPE_NULL};
  while (is_keyword(parser, "WHEN")) {
    take(parser);
    int place = parser->token->column;
    PASS(parse_or(parser, &item));
    PASS(based ? check_comparison(parser, &base, &item, place)
               : need_number(parser, &item, place, "a condition"));
    PASS(expect(parser, "THEN"));
    place = parser->token->column;
    PASS(parse_or(parser, &item));
    PASS(unify(parser, operand, &item, place));
  }
  if (is_keyword(parser, "ELSE")) {
    take(parser);
    int place = parser->token->column;
    PASS(parse_or(parser, &item));
    PASS(unify(parser, operand, &item, place));
  }
  return expect(parser, "END");
}

static Status parse_literal(Parser *parser, Operand *operand) {
  const Token *token = parser->token;
  Text *canonical = &parser->out->canonical;
  if (token->kind == TOKEN_TEXT) {
    quote(canonical, token->text, '\'');
    bind(parser, 0, token->text);
    *operand = (Operand){.type = TYPE_TEXT, .text = token->text};
    return STATUS_OK;
  }
  text_put(canonical, canonical->length ? " " : "");
  text_number(canonical, token->value);
  operand->type = token->whole ? TYPE_WHOLE : TYPE_REAL;
  bind(parser, token->value, NULL);
  return STATUS_OK;
}

static Status parse_primary(Parser *parser, Operand *operand) {
  const Token *token = parser->token;
  *operand = (Operand){.type = TYPE_NULL};
  if (token->kind == TOKEN_NUMBER || token->kind == TOKEN_TEXT) return parse_literal(parser, operand);
  if (token->kind == TOKEN_PARAMETER) return parse_parameter(parser, operand);
  if (token->kind == TOKEN_NAME) {
    bool call = token[1].kind == TOKEN_SYMBOL && !strcmp(token[1].text, "(") && !token->quoted;
    return call ? parse_call(parser, operand) : parse_column(parser, operand);
  }
  if (is_keyword(parser, "CASE")) return parse_case(parser, operand);
  if (is_keyword(parser, "NULL")) {
    take(parser);
    return STATUS_OK;
  }
  if (is_symbol(parser, "(")) {
    take(parser);
    PASS(parse_or(parser, operand));
    return expect(parser, ")");
  }
  return error_set(parser->error, STATUS_CONFIG, "column %d: a value expected before '%.60s'", token->column,
                   shown(token));
}

static Status parse_unary(Parser *parser, Operand *operand) {
  if (!is_symbol(parser, "-") && !is_symbol(parser, "+")) return parse_primary(parser, operand);
  int place = parser->token->column;
  if (++parser->depth > DEPTH_MAX)
    return error_set(parser->error, STATUS_CONFIG, "column %d: nested deeper than %d", place, DEPTH_MAX);
  take(parser);
  PASS(parse_unary(parser, operand));
  parser->depth--;
  return need_number(parser, operand, place, "a sign");
}

static Status combine(Parser *parser, Operand *a, const Operand *b, const Token *operator) {
  PASS(need_number(parser, a, operator->column, operator->text));
  PASS(need_number(parser, b, operator->column, operator->text));
  if (operator->text[0] == '/' && a->type == TYPE_WHOLE && b->type == TYPE_WHOLE)
    return error_set(
        parser->error, STATUS_CONFIG,
        "column %d: an integer divided by an integer drops the fraction in SQL (1/2 is 0); write one "
        "of them with a point, as in 1.0/2",
        operator->column);
  *a = (Operand){.type = a->type == TYPE_WHOLE && b->type == TYPE_WHOLE ? TYPE_WHOLE : TYPE_REAL};
  return STATUS_OK;
}

static Status parse_product(Parser *parser, Operand *operand) {
  PASS(parse_unary(parser, operand));
  while (is_symbol(parser, "*") || is_symbol(parser, "/")) {
    const Token *operator= parser->token;
    Operand right;
    take(parser);
    PASS(parse_unary(parser, &right));
    PASS(combine(parser, operand, &right, operator));
  }
  return STATUS_OK;
}

static Status parse_sum(Parser *parser, Operand *operand) {
  PASS(parse_product(parser, operand));
  while (is_symbol(parser, "+") || is_symbol(parser, "-")) {
    const Token *operator= parser->token;
    Operand right;
    take(parser);
    PASS(parse_product(parser, &right));
    PASS(combine(parser, operand, &right, operator));
  }
  return STATUS_OK;
}

static Status parse_order(Parser *parser, Operand *operand) {
  PASS(parse_sum(parser, operand));
  while (is_symbol(parser, "<") || is_symbol(parser, "<=") || is_symbol(parser, ">") ||
         is_symbol(parser, ">=")) {
    int place = parser->token->column;
    Operand right;
    take(parser);
    PASS(parse_sum(parser, &right));
    PASS(check_comparison(parser, operand, &right, place));
    *operand = (Operand){.type = TYPE_WHOLE};
  }
  return STATUS_OK;
}

static Status parse_list(Parser *parser, const Operand *left, int place) {
  PASS(expect(parser, "("));
  do {
    Operand item;
    PASS(parse_or(parser, &item));
    PASS(check_comparison(parser, left, &item, place));
    if (!is_symbol(parser, ",")) break;
    take(parser);
  } while (true);
  return expect(parser, ")");
}

// What follows a value at the level of `=`: IS [NOT] NULL, [NOT] IN (...), [NOT] BETWEEN a AND b, =, <>.
static Status parse_test(Parser *parser, const Operand *left) {
  int place = parser->token->column;
  Operand right;
  if (is_keyword(parser, "IS")) {
    take(parser);
    if (is_keyword(parser, "NOT")) take(parser);
    return expect(parser, "NULL");
  }
  if (is_symbol(parser, "=") || is_symbol(parser, "<>")) {
    take(parser);
    PASS(parse_order(parser, &right));
    return check_comparison(parser, left, &right, place);
  }
  if (is_keyword(parser, "NOT")) take(parser);
  if (is_keyword(parser, "IN")) {
    take(parser);
    return parse_list(parser, left, place);
  }
  PASS(expect(parser, "BETWEEN"));
  PASS(parse_sum(parser, &right));
  PASS(check_comparison(parser, left, &right, place));
  PASS(expect(parser, "AND"));
  PASS(parse_sum(parser, &right));
  return check_comparison(parser, left, &right, place);
}

static Status parse_equality(Parser *parser, Operand *operand) {
  PASS(parse_order(parser, operand));
  while (is_symbol(parser, "=") || is_symbol(parser, "<>") || is_keyword(parser, "IS") ||
         is_keyword(parser, "IN") || is_keyword(parser, "NOT") || is_keyword(parser, "BETWEEN")) {
    PASS(parse_test(parser, operand));
    *operand = (Operand){.type = TYPE_WHOLE};
  }
  return STATUS_OK;
}

static Status parse_not(Parser *parser, Operand *operand) {
  int place = parser->token->column, count = 0;
  while (is_keyword(parser, "NOT")) {
    take(parser);
    count++;
  }
  PASS(parse_equality(parser, operand));
  if (!count) return STATUS_OK;
  PASS(need_number(parser, operand, place, "NOT"));
  *operand = (Operand){.type = TYPE_WHOLE};
  return STATUS_OK;
}

static Status parse_and(Parser *parser, Operand *operand) {
  int place = parser->token->column;
  PASS(parse_not(parser, operand));
  while (is_keyword(parser, "AND")) {
    Operand right;
    PASS(need_number(parser, operand, place, "AND"));
    take(parser);
    PASS(parse_not(parser, &right));
    PASS(need_number(parser, &right, place, "AND"));
    *operand = (Operand){.type = TYPE_WHOLE};
  }
  return STATUS_OK;
}

static Status parse_or(Parser *parser, Operand *operand) {
  int place = parser->token->column;
  if (++parser->depth > DEPTH_MAX)
    return error_set(parser->error, STATUS_CONFIG, "column %d: nested deeper than %d", place, DEPTH_MAX);
  PASS(parse_and(parser, operand));
  while (is_keyword(parser, "OR")) {
    Operand right;
    PASS(need_number(parser, operand, place, "OR"));
    take(parser);
    PASS(parse_and(parser, &right));
    PASS(need_number(parser, &right, place, "OR"));
    *operand = (Operand){.type = TYPE_WHOLE};
  }
  parser->depth--;
  return STATUS_OK;
}

Status expression_parse(Expression *expression, const char *text, const PayoffNames *names, Error *error) {
  *expression = (Expression){0};
  TokenList tokens = {0};
  Operand result = {.type = TYPE_NULL};
  Status status;
  TRY(tokens_read(&tokens, text, error));
  expression->token_count = tokens.count;
  Parser parser = {.names = names, .out = expression, .token = tokens.items, .error = error};
  TRY(parse_or(&parser, &result));
  if (parser.token->kind != TOKEN_END)
    TRY(error_set(error, STATUS_CONFIG, "column %d: the expression ends before '%.60s'", parser.token->column,
                  parser.token->text));
  TRY(need_number(&parser, &result, 1, "a payoff"));
done:
  tokens_free(&tokens);
  return status;
}

void expression_free(Expression *expression) {
  for (int i = 0; i < expression->binding_count; i++) free(expression->bindings[i].text);
  free(expression->bindings);
  free(expression->columns);
  text_free(&expression->canonical);
  text_free(&expression->sql);
  *expression = (Expression){0};
}
