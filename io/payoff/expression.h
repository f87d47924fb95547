// Parses a payoff expression: names resolved, types checked, canonical text, and the SQL that computes it.
//
// Language (SQL scalar syntax): numbers, 'texts', columns, "quoted columns", :parameters, label; + - * /,
// comparisons, AND OR NOT, BETWEEN, IN (...), IS [NOT] NULL, CASE; abs, round (one argument), min and max (at
// least two), coalesce, ifnull, nullif, iif. Precedence is SQLite's.
//
// Refused with status 78, the place and the remedy: text compared with a number (false on every row),
// arithmetic on text, division of two integers (SQL drops the fraction), a text value that its column does
// not have, unknown names (the nearest one is proposed), `score` (the payoff judges the policy and may not
// see what it sees), and everything that is not in the language.
#ifndef INGOT_IO_PAYOFF_EXPRESSION_H
#define INGOT_IO_PAYOFF_EXPRESSION_H

#include "engine/preprocess/frame.h"
#include "engine/shared/config.h"
#include "engine/shared/status.h"
#include "io/shared/text.h"

// What names stand for. `label` is a column of its own: numbers 0 and 1 (binary, whole), numbers (regression)
// or a category (multiclass).
typedef struct PayoffNames {
  const Frame *frame;  // NULL: columns are not known yet; any name may be one, and the SQL is not to be run
  const Column *label; // NULL: not known yet where the expression is used
  const Column *score; // NULL: what the expression may not see
  bool label_whole;
  const Parameter *params;
  int param_count;
} PayoffNames;

// A value bound to ?1, ?2, ...: a number, or a text where text is not NULL.
typedef struct Binding {
  double number;
  char *text;
} Binding;

typedef struct Expression {
  Text canonical;         // tokens joined by single blanks, keywords in upper case
  Text sql;               // the same with columns c0, c1, ... and values bound
  const Column **columns; // c0, c1, ...: each column used, once
  int column_count;
  Binding *bindings;
  int binding_count;
  int token_count;
} Expression;

// 78: the sentence begins with its place, "column N: ".
Status expression_parse(Expression *expression, const char *text, const PayoffNames *names, Error *error);
void expression_free(Expression *expression);

// True for the functions of the language, whatever the case of the letters; all are deterministic.
bool expression_allows_function(const char *name);

#endif
