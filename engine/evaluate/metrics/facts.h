// What several metrics need of the same rows, computed once, when it is first asked for.
#ifndef INGOT_ENGINE_EVALUATE_METRICS_FACTS_H
#define INGOT_ENGINE_EVALUATE_METRICS_FACTS_H

#include "engine/evaluate/calibration/cox.h"
#include "engine/evaluate/report_data.h"

// Quantiles of the absolute error, as numerics demands (Hyndman and Fan's type 7); with weights Akinshin's
// 2023 weighted type 7, which is the same for equal weights.
typedef struct ErrorQuantiles {
  double median, p90;
} ErrorQuantiles;

// Equal-mass bins of the score; `confidence` is that of their intervals.
typedef struct CalibrationBins {
  int count;
  CalibrationBin bins[CALIBRATION_BINS];
  double error, confidence;
} CalibrationBins;

// Of set->facts where they are there (threads may ask at once), else computed anew. Binary sets need blocks.
CoxFit cox_of(const EvaluationSet *set);
ErrorQuantiles error_quantiles_of(const EvaluationSet *set);
CalibrationBins calibration_bins_of(const EvaluationSet *set, double confidence);
// DeLong's standard error of the AUC, and of the difference of two (the facts are those of the challenger).
double area_error_of(const EvaluationSet *set);
double areas_error_of(const EvaluationSet *champion, const EvaluationSet *challenger);

// confusion[classes, classes] (label, predicted class), classes = 2 for binary sets.
void confusion_into(double *confusion, const EvaluationSet *set);

// How many threads share the work on a set; 1 where starting them would take longer.
int evaluation_threads(const EvaluationSet *set);

#endif
