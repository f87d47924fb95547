// Equal-mass bins of the score, and the calibration error that they show.
#ifndef INGOT_ENGINE_EVALUATE_CALIBRATION_BINS_H
#define INGOT_ENGINE_EVALUATE_CALIBRATION_BINS_H

#include "engine/evaluate/report_data.h"
#include "engine/evaluate/statistics/score_blocks.h"

// At most CALIBRATION_BINS bins of rows in the order of their score, equal scores in one; those without
// weight are left out. Intervals of mean labels at `confidence`. Returns how many. Binary and regression.
int calibration_bins(CalibrationBin bins[CALIBRATION_BINS], const EvaluationSet *set,
                     const ScoreBlocks *blocks, double confidence);

// Sum over bins of weight share times |mean label - mean score|.
double calibration_error_of(const CalibrationBin *bins, int count);

// One class of several as a binary set, in arrays [rows]: labels 1 where the label is k, scores p(k).
EvaluationSet calibration_class_set(double *labels, double *scores, const EvaluationSet *set, int k);

// For several classes: the mean over classes of that of [label = class] against p(class).
double classwise_calibration_error(const EvaluationSet *set);

#endif
