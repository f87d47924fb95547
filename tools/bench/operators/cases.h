// The list of what `ingot bench` measures, and the choice from it by name.
#ifndef INGOT_TOOLS_BENCH_OPERATORS_CASES_H
#define INGOT_TOOLS_BENCH_OPERATORS_CASES_H

#include "tools/bench/operators/arguments.h"

typedef struct OperatorCase {
  const char *group;
  OperatorWork work;
} OperatorCase;

enum { CASE_NAME = 80 };

extern const OperatorCase operator_cases[];
int operator_case_count(void);

// "linear_forward 1024x256x256": the operator and its sizes.
void operator_case_name(char name[CASE_NAME], const OperatorCase *c);

// Whether `name` is the case's group, operator or name.
int operator_case_is(const OperatorCase *c, const char *name);

// Names of the groups, in the order of the list; NULL behind the last.
const char *operator_group(int number);

#endif
