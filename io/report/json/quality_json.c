// Parts of report.json: the quality of the scores (ROC and precision-recall curves, gains, calibration) and
// the methods behind the metrics shown.
#include "io/report/json/parts.h"
#include "io/report/json_text.h"
#include "io/report/report_read.h"

// ---- curves ----

typedef json_t *CurveOf(const EvaluationReport *report);

static json_t *roc_of(const EvaluationReport *report) {
  const CurvePoint *all = &report->points[report->point_count - 1];
  json_t *x = json_array(), *y = json_array();
  for (int i = 0; i < report->point_count; i++) {
    const CurvePoint *point = &report->points[i];
    json_array_append_new(x, json_finite(point->false_positives / all->false_positives));
    json_array_append_new(y, json_finite(point->true_positives / all->true_positives));
  }
  return json_pack("{s:o,s:o}", "x", x, "y", y);
}

// Precision by recall; the cut above every score has no precision and is left out.
static json_t *pr_of(const EvaluationReport *report) {
  const CurvePoint *all = &report->points[report->point_count - 1];
  json_t *x = json_array(), *y = json_array();
  for (int i = 1; i < report->point_count; i++) {
    const CurvePoint *point = &report->points[i];
    double taken = point->true_positives + point->false_positives;
    json_array_append_new(x, json_finite(point->true_positives / all->true_positives));
    json_array_append_new(y, json_finite(point->true_positives / taken));
  }
  return json_pack("{s:o,s:o}", "x", x, "y", y);
}

static json_t *of_models(const ReportParts *parts, CurveOf *curve) {
  json_t *json = json_object();
  if (parts->champion != NULL) put(json, "champion", curve(parts->champion));
  put(json, "challenger", curve(parts->challenger));
  return json;
}

json_t *roc_json(const ReportParts *parts) {
  return of_models(parts, roc_of);
}

json_t *pr_json(const ReportParts *parts) {
  return of_models(parts, pr_of);
}

// ---- gains ----

static json_t *gains_of_model(const EvaluationReport *report) {
  json_t *rows = json_array();
  for (int i = 0; i < report->gains_count; i++) {
    const GainsRow *gains = &report->gains[i];
    json_t *row = json_object();
    put_number(row, "top", gains->top);
    put_number(row, "rows", gains->rows);
    put_number(row, "events", gains->events);
    put_number(row, "precision", gains->precision);
    put_number(row, "lift", gains->lift);
    put_number(row, "capture", gains->capture);
    if (report->money.present) put_count(row, "value", gains->value);
    json_array_append_new(rows, row);
  }
  return rows;
}

json_t *gains_json(const ReportParts *parts) {
  if (parts->challenger->gains_count == 0) return NULL;
  json_t *json = of_models(parts, gains_of_model);
  if (parts->challenger->money.present) put_count(json, "scale", MONEY_SCALE);
  return json;
}

// ---- classes ----

// "The two models predict the classes at different rates (Stuart and Maxwell's test, p < 0.001)."
json_t *homogeneity_json(const ReportParts *parts) {
  const Homogeneity *test = parts->comparison == NULL ? NULL : &parts->comparison->homogeneity;
  if (test == NULL || test->df == 0) return NULL;
  Text text = {0};
  json_t *json = json_object();
  bool differ = test->p_value <= 1 - parts->comparison->confidence;
  put_text(json, "test", "stuart_maxwell");
  put_number(json, "statistic", test->statistic);
  put_count(json, "df", test->df);
  put_number(json, "p", test->p_value);
  text_put(&text, differ ? "The two models predict the classes at different rates"
                         : "It is not shown that the two models predict the classes at different rates");
  text_put(&text, " (test of Stuart and Maxwell, p ");
  text_put(&text, test->p_value < 0.001 ? "< 0.001" : "");
  if (!(test->p_value < 0.001)) format_fixed(&text, test->p_value, 3, false);
  text_put(&text, ").");
  put_text(json, "text", text.bytes);
  text_free(&text);
  return json;
}

// ---- calibration ----

// Groups of equal size: mean prediction, mean outcome with its interval, rows.
static json_t *groups_json(const CalibrationBin *bins, int count, double error) {
  json_t *predicted = json_array(), *observed = json_array(), *low = json_array(), *high = json_array();
  json_t *rows = json_array();
  for (int i = 0; i < count; i++) {
    const CalibrationBin *bin = &bins[i];
    json_array_append_new(predicted, json_finite(bin->mean_score));
    json_array_append_new(observed, json_finite(bin->mean_label));
    json_array_append_new(low, json_finite(bin->low));
    json_array_append_new(high, json_finite(bin->high));
    json_array_append_new(rows, json_integer(bin->rows));
  }
  return json_pack("{s:o,s:o,s:o,s:o,s:o,s:f}", "predicted", predicted, "observed", observed, "low", low,
                   "high", high, "rows", rows, "error", error);
}

// Each class against all others, and the means over the classes.
static json_t *classes_json(const EvaluationReport *report, const ReportContext *context) {
  json_t *classes = json_array();
  for (int k = 0; k < report->classes; k++) {
    const ClassCalibration *of = &report->class_calibration[k];
    json_t *json = groups_json(of->bins, of->bin_count, of->error);
    if (context->class_names != NULL && k < context->class_count)
      put_text(json, "class", context->class_names[k]);
    put(json, "noise_floor",
        json_pack("{s:f,s:f}", "mean", of->noise_floor.mean, "q95", of->noise_floor.q95));
    json_array_append_new(classes, json);
  }
  return json_pack("{s:o,s:f,s:{s:f}}", "classes", classes, "error", report->calibration_error, "noise_floor",
                   "mean", report->noise_floor.mean);
}

static json_t *bins_json(const EvaluationReport *report, const ReportContext *context) {
  if (report->class_calibration != NULL) return classes_json(report, context);
  json_t *json = groups_json(report->bins, report->bin_count, report->calibration_error);
  if (report->task != TASK_BINARY) return json;
  const BrierParts *brier = &report->brier_parts;
  if (report->calibration_slope.method != INTERVAL_NONE) {
    put(json, "slope", estimate_json(&report->calibration_slope, 1));
    put(json, "intercept", estimate_json(&report->calibration_intercept, 1));
  }
  put(json, "noise_floor",
      json_pack("{s:f,s:f}", "mean", report->noise_floor.mean, "q95", report->noise_floor.q95));
  put(json, "decomposition",
      json_pack("{s:f,s:f,s:f}", "mcb", brier->miscalibration, "dsc", brier->discrimination, "unc",
                brier->uncertainty));
  return json;
}

json_t *calibration_json(const ReportParts *parts) {
  const EvaluationReport *report = parts->challenger;
  bool several = report->class_calibration != NULL;
  if (report->bin_count == 0 && !several) return NULL;
  Text text = {0};
  json_t *json = json_object();
  text_put(&text, "mean distance of prediction and outcome in groups of equal size");
  text_put(&text, several ? ", over the classes: " : ": ");
  format_fixed(&text, report->calibration_error, metric_decimals(report->calibration_error), false);
  if (report->task == TASK_BINARY || several) {
    text_put(&text, "; a perfectly calibrated model would show ");
    format_fixed(&text, report->noise_floor.mean, metric_decimals(report->noise_floor.mean), false);
    text_put(&text, " on these rows by chance");
  }
  put_text(json, "summary", text.bytes);
  text_free(&text);
  if (parts->champion != NULL) put(json, "champion", bins_json(parts->champion, parts->context));
  put(json, "challenger", bins_json(report, parts->context));
  return json;
}

// ---- methods ----

static json_t *method_of(const Metric *metric, IntervalMethod interval) {
  json_t *json = json_object();
  put_text(json, "id", metric->name);
  put_text(json, "label", metric->title);
  put_text(json, "formula", metric->formula);
  put_text(json, "source", metric->source);
  if (interval == INTERVAL_NONE) return json;
  put_text(json, "interval", interval_method_name(interval));
  put_text(json, "interval_text", interval_method_text(interval));
  put_text(json, "interval_source", interval_method_source(interval));
  return json;
}

json_t *methods_json(const ReportParts *parts) {
  json_t *methods = json_array();
  for (int i = 0; parts->comparison != NULL && i < parts->comparison->metric_count; i++) {
    const MetricDifference *both = &parts->comparison->metrics[i];
    json_array_append_new(methods, method_of(both->metric, both->delta.method));
  }
  for (int i = 0; parts->comparison == NULL && i < parts->challenger->metric_count; i++) {
    const MetricResult *one = &parts->challenger->results[i];
    json_array_append_new(methods, method_of(one->metric, one->estimate.method));
  }
  return methods;
}
