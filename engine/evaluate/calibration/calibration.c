// The calibration part of a report.
#include "engine/evaluate/calibration/calibration.h"

#include "engine/evaluate/calibration/bins.h"
#include "engine/evaluate/calibration/decomposition.h"
#include "engine/evaluate/formulas/facts.h"
#include "engine/evaluate/statistics/statistics.h"

void calibration_of(EvaluationReport *report, const EvaluationSet *set, const ScoreBlocks *blocks) {
  report->bin_count = calibration_bins(report->bins, set, blocks, report->confidence);
  report->calibration_error = calibration_error_of(report->bins, report->bin_count);
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
