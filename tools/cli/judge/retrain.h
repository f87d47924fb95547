// Training the challenger's configuration again with other seeds: how much of its result is chance.
#ifndef INGOT_TOOLS_CLI_JUDGE_RETRAIN_H
#define INGOT_TOOLS_CLI_JUDGE_RETRAIN_H

#include "engine/evaluate/panels/stability.h"
#include "tools/cli/judge/judgement.h"

#define RETRAIN_OPTION(choices)                                                                              \
  NUMBER(0, "retrain", "N", &(choices)->retrain, 2, SEEDS_MOST,                                              \
         "train the same configuration with N other seeds and show how far they move the result")

// --retrain needs a finished run, by its folder and its selected checkpoint (2); 66 where there is none.
Status retrain_check(const JudgeChoices *choices, const char *argument, Error *error);

// Trains challenger `chosen` with the seeds after its own, each into <run>/retrained/seed-<seed> (where it is
// found finished, or gone on with), judges all on the rows of sets[chosen], and fills stability->seeds. 130
// or 143 where a signal ended it: the same command goes on. sets: as judgement.c has them, the champion last.
Status retrain(Stability *stability, const Judgement *judgement, int chosen, const EvaluationSet *sets,
               Error *error);

#endif
