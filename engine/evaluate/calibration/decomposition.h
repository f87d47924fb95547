// The Brier score in three parts, and what calibration error chance alone would show.
#ifndef INGOT_ENGINE_EVALUATE_CALIBRATION_DECOMPOSITION_H
#define INGOT_ENGINE_EVALUATE_CALIBRATION_DECOMPOSITION_H

#include "engine/evaluate/report_data.h"
#include "engine/evaluate/statistics/score_blocks.h"

// Brier = miscalibration - discrimination + uncertainty (CORP: Dimitriadis, Gneiting, Jordan 2021).
// Recalibrated probabilities are the isotonic regression of the label on the score by pooling adjacent
// violators.
BrierParts brier_parts(const EvaluationSet *set, const ScoreBlocks *blocks);

// Calibration error of a perfectly calibrated model with these scores: mean and 95th percentile (type 7) of
// 1,000 simulated ones. Replicate r draws labels by Philox4x32-10 with seed 0, counters (place / 4, 0, r,
// RANDOM_CALIBRATION * 2^24), word place mod 4. Up to 16,384 rows without weights: place is the row's in the
// order of scores, its label is 1 where word < p 2^32. Else the sum of a bin's labels is normal with its mean
// and variance: place is the bin's, and its quantile is (word + 1/2) 2^-32.
NoiseFloor noise_floor(const EvaluationSet *set, const ScoreBlocks *blocks, const CalibrationBin *bins,
                       int count);

#endif
