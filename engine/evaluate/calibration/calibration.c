// The calibration part of a report.
#include "engine/evaluate/calibration/calibration.h"

#include "engine/evaluate/calibration/decomposition.h"
#include "engine/evaluate/metrics/facts.h"
#include "engine/evaluate/statistics/statistics.h"

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
