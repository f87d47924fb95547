// What happens at every cut of the score, and at shares of the rows.
#ifndef INGOT_ENGINE_EVALUATE_STATISTICS_CURVES_H
#define INGOT_ENGINE_EVALUATE_STATISTICS_CURVES_H

#include "engine/evaluate/report_data.h"
#include "engine/evaluate/statistics/score_blocks.h"

// Fills report->points: at most CURVE_POINTS cuts, evenly spread over the blocks; binary.
void cuts_of(EvaluationReport *report, const EvaluationSet *set, const ScoreBlocks *blocks);

// Fills report->gains; binary. A share that cuts a block of equal scores takes it in part.
void gains_of(EvaluationReport *report, const EvaluationSet *set, const ScoreBlocks *blocks);

#endif
