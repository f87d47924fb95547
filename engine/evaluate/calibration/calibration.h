// Whether probabilities can be trusted: everything a report says about calibration.
#ifndef INGOT_ENGINE_EVALUATE_CALIBRATION_CALIBRATION_H
#define INGOT_ENGINE_EVALUATE_CALIBRATION_CALIBRATION_H

#include "engine/evaluate/report_data.h"
#include "engine/evaluate/statistics/score_blocks.h"

// Fills bins and calibration_error (binary and regression); binary: slope, intercept, Brier's parts, noise
// floor. report->confidence is there.
void calibration_of(EvaluationReport *report, const EvaluationSet *set, const ScoreBlocks *blocks);

// Multiclass: fills class_calibration and the means over the classes; nothing beyond CALIBRATED_CLASSES.
void class_calibration_of(EvaluationReport *report, const EvaluationSet *set);

#endif
