// How often intervals of money hold the truth where rows compete for a capacity, or hang together.
#ifndef INGOT_TOOLS_DEV_COVERAGE_MONEY_COVERAGE_H
#define INGOT_TOOLS_DEV_COVERAGE_MONEY_COVERAGE_H

#include <stdint.h>

// What a data set asks of its intervals.
typedef enum MoneyQuestion {
  MONEY_OF_MODEL,      // the challenger's value
  MONEY_OF_DIFFERENCE, // challenger less champion
  MONEY_OVER_TRIVIAL,  // challenger less the best policy without a model
  MONEY_OF_ORACLE,
  MONEY_QUESTIONS
} MoneyQuestion;

extern const char *const money_question_names[MONEY_QUESTIONS];

enum { MONEY_CASES = 6 };
extern const char *const money_case_names[MONEY_CASES];

typedef struct MoneyCoverage {
  int64_t sets, hits[MONEY_QUESTIONS];
} MoneyCoverage;

// `sets` data sets of n rows of a case, two models each, 95 % intervals. The same counts on every machine.
MoneyCoverage coverage_of_money(int money_case, int64_t n, int64_t sets);

#endif
