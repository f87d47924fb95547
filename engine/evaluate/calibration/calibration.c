// The calibration part of a report.
#include "engine/evaluate/calibration/calibration.h"

#include "engine/evaluate/calibration/bins.h"
#include "engine/evaluate/calibration/decomposition.h"
#include "engine/evaluate/metrics/facts.h"
#include "engine/evaluate/statistics/statistics.h"
#include "engine/shared/exact_sum.h"
#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

void calibration_of(EvaluationReport *report, const EvaluationSet *set, const ScoreBlocks *blocks) {
  CalibrationBins bins = calibration_bins_of(set, report->confidence);
  report->bin_count = bins.count;
  memcpy(report->bins, bins.bins, sizeof bins.bins);
  report->calibration_error = bins.error;
  if (set->task != TASK_BINARY) return;
  CoxFit fit = cox_of(set);
  report->calibration_slope =
      estimate_symmetric(INTERVAL_WALD, fit.slope, fit.slope_error, 0, report->confidence);
  report->calibration_intercept =
      estimate_symmetric(INTERVAL_WALD, fit.intercept, fit.intercept_error, 0, report->confidence);
  report->calibration_slope.p_value = report->calibration_intercept.p_value = __builtin_nan("");
  report->brier_parts = brier_parts(set, blocks);
  report->noise_floor = noise_floor(set, blocks, report->bins, report->bin_count);
}

void class_calibration_of(EvaluationReport *report, const EvaluationSet *set) {
  if (set->classes > CALIBRATED_CLASSES) return;
  double *labels = memory_get((size_t)set->rows, sizeof *labels);
  double *scores = memory_get((size_t)set->rows, sizeof *scores);
  ExactSum errors = {{0}, 0, 0}, floors = {{0}, 0, 0};
  report->class_calibration = memory_get((size_t)set->classes, sizeof *report->class_calibration);
  for (int k = 0; k < set->classes; k++) {
    ClassCalibration *of = &report->class_calibration[k];
    EvaluationSet one = calibration_class_set(labels, scores, set, k);
    ScoreBlocks *blocks = score_blocks_new(&one);
    of->bin_count = calibration_bins(of->bins, &one, blocks, report->confidence);
    of->error = calibration_error_of(of->bins, of->bin_count);
    of->noise_floor = noise_floor(&one, blocks, of->bins, of->bin_count);
    exact_sum_add(&errors, of->error);
    exact_sum_add(&floors, of->noise_floor.mean);
    score_blocks_free(blocks);
  }
  report->calibration_error = exact_sum_value(&errors) / set->classes;
  report->noise_floor = (NoiseFloor){exact_sum_value(&floors) / set->classes, __builtin_nan("")};
  free(labels);
  free(scores);
}
