// AUC with ties, and its DeLong standard errors.
//
// DeLong, DeLong and Clarke-Pearson 1988 on placement values, by midranks (Sun and Xu 2014): of a positive
// row the share of negatives below it (equal ones count half), of a negative one the share of positives above
// it. With weights, shares and variances are weighted.
#ifndef INGOT_ENGINE_EVALUATE_STATISTICS_DELONG_H
#define INGOT_ENGINE_EVALUATE_STATISTICS_DELONG_H

#include "engine/evaluate/statistics/score_blocks.h"

// Share of (positive, negative) pairs ordered rightly. NaN without one of the classes.
double auc_of(const ScoreBlocks *blocks);

// placements[row] of every row; freed by free().
double *placements_of(const ScoreBlocks *blocks, const EvaluationSet *set);

// Standard error of the AUC, and of the difference of two (to - from are placements). NaN with fewer than two
// rows of a class.
double delong_error_of(const ScoreBlocks *blocks, const EvaluationSet *set);
double delong_error_of_difference(const double *to, const double *from, const EvaluationSet *set);

#endif
