// A champion and its challengers, judged together: what compare does, and evaluate with the report of a
// comparison.
#ifndef INGOT_TOOLS_CLI_JUDGE_CONTEST_H
#define INGOT_TOOLS_CLI_JUDGE_CONTEST_H

#include "tools/cli/judge/judgement.h"

typedef struct ContestChoices {
  JudgeChoices judge;
  Override override;
  const char *output, *inconclusive;
  bool intersect;
} ContestChoices;

// The champion is arguments[0]. Models that cannot be compared: 65, and a report that says why.
Status contest_judge(const ContestChoices *choices, char **arguments, int count, Error *error);

// Whether a report is about more than one model.
bool contest_is_in(const json_t *report);

// All of its models again, from the scores in its folder, by other rules or costs where `choices` give them.
Status contest_judge_again(const ContestChoices *choices, const json_t *report, const char *folder,
                           Error *error);

#endif
