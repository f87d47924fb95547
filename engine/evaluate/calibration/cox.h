// Calibration slope and intercept: logistic regression of the label on the logit of p (Cox 1958).
#ifndef INGOT_ENGINE_EVALUATE_CALIBRATION_COX_H
#define INGOT_ENGINE_EVALUATE_CALIBRATION_COX_H

#include "engine/evaluate/statistics/score_blocks.h"

// P(label = 1) = 1 / (1 + exp(-intercept - slope logit p)), p clipped as in log loss; perfect: 0 and 1.
// Standard errors are those of the sandwich estimator (White 1980), which holds for any calibration.
typedef struct CoxFit {
  bool converged; // false: scores all equal, one class, or classes that a score separates; then NaN below
  double intercept, slope;
  double intercept_error, slope_error;
} CoxFit;

CoxFit cox_fit(const EvaluationSet *set, const ScoreBlocks *blocks);

#endif
