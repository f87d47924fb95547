// What a judgement in money hangs on: the parameters of the business, and the risk of deciding by it.
#ifndef INGOT_TOOLS_CLI_JUDGE_STAKES_H
#define INGOT_TOOLS_CLI_JUDGE_STAKES_H

#include "engine/evaluate/evaluate.h"
#include "tools/cli/judge/models/judged_model.h"

// Fills sensitivity and risk of report->money, which is the challenger's: of its value over the champion's,
// or (champion NULL) over the best policy that needs no model. `delta`: the difference in units with its
// standard error. Nothing is done without money, or where a parameter has a range and the columns of the
// payoffs are not known (a finished report).
Status stakes_of(EvaluationReport *report, const Estimate *delta, const JudgedModel *champion,
                 const JudgedModel *challenger, const BusinessConfig *business, Error *error);

#endif
