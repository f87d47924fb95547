// Business payoffs: what acting and not acting on each row is worth, evaluated once and frozen as integers.
//
// business.act and business.skip are expressions (io/payoff/expression.h) over the columns of the evaluation
// rows, the reserved name `label` (regression: and `score`, the prediction) and the parameters of
// business.params. A payoff of v units is the integer
// v * 10^6 (product in binary64), rounded to the nearest, ties to even. Benefits are positive, costs
// negative.
#ifndef INGOT_IO_PAYOFF_PAYOFF_H
#define INGOT_IO_PAYOFF_PAYOFF_H

#include "engine/preprocess/frame.h"
#include "engine/shared/config.h"
#include "engine/shared/status.h"
#include "engine/shared/tensor.h"

enum { PAYOFF_SCALE = 1000000 }; // integers a unit

// The rows judged. Label by task: binary and regression `target` (binary: 0 or 1); multiclass `classes`
// (index of each row's class) and `class_names`. frame may have 0 rows: then only the definition is checked.
typedef struct PayoffRows {
  const Frame *frame; // raw columns; missing values as in frame.h
  Task task;
  const double *target;
  const double *score; // regression: the predictions, which act and skip may use as `score`; else NULL
  const int32_t *classes;
  const char *const *class_names;
  int class_count;
  const char *const *row_ids; // for messages; NULL = row numbers from 1
} PayoffRows;

typedef struct Payoffs {
  int64_t *act, *skip;         // [rows] millionths of the unit; the sum of all magnitudes is below 2^62
  char *act_text, *skip_text;  // canonical expressions
  char definition[DIGEST_HEX]; // SHA-256 of the lines unit=, act=, skip=, param.<name>= (value as C99 hex
                               // float)
} Payoffs;

// Errors: 78 the definition (names the key, the place and the remedy); 65 a
// row's payoff that is NULL or beyond the range (names the first three rows), payoffs that would all round to
// 0. *payoffs is then empty.
Status payoff_evaluate(Payoffs *payoffs, const BusinessConfig *business, const PayoffRows *rows,
                       Error *error);
// The digest of costs of several classes: lines unit=, cost.<truth>.<decision>= in byte order.
void payoff_digest_costs(char definition[DIGEST_HEX], const BusinessConfig *business);

void payoff_free(Payoffs *payoffs);
void payoff_forget_values(Payoffs *payoffs); // act and skip; texts and digest stay

// One expression of the section, as `key` ("capacity.cost", "act"): [rows] millionths, freed by free(). What
// acting takes from a budget is known before the outcome and never negative: capacity.cost may not use
// `label` (78), and a negative value is 65. Errors as payoff_evaluate.
Status payoff_expression(int64_t **values, const BusinessConfig *business, const char *text, const char *key,
                         const PayoffRows *rows, Error *error);

// Names of the columns of rows->frame that the section's expressions use.
Status payoff_columns(TextList *names, const BusinessConfig *business, const PayoffRows *rows, Error *error);

// Whether an expression uses the parameter :name.
bool payoff_uses(const char *expression, const char *name);

// Checks act or skip of a target that is binary or a number, without rows. frame NULL: any name may be a
// column, of numbers or texts. 78: error->text is the sentence, *column its
// place in the text (bytes, from 1; 0: nowhere).
Status payoff_check(int *column, const char *text, const BusinessConfig *business, Task task,
                    const Frame *frame, Error *error);

// Up to four sentences, one a line, that let a reader check the signs: the payoffs of rows made of column
// medians (most frequent value of a category), such as
//   "Churn = Yes, we act: +195.39 USD (MonthlyCharges 70.35)"
// outcome names the target column, positive the text of label 1 (binary); each may be NULL. Regression: of a
// prediction that is right.
Status payoff_examples(char **text, const BusinessConfig *business, const PayoffRows *rows,
                       const char *outcome, const char *positive, Error *error);

#endif
