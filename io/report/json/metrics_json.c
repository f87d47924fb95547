// Parts of report.json: metrics, rules, validity checks, and the verdict with its sentence.
#include "io/report/json/parts.h"

#include "engine/evaluate/resample/replicates.h"
#include "io/report/json_text.h"
#include "io/report/report_read.h"

#include <string.h>

json_t *scaled_json(double value, double scale) {
  double shifted = value * scale;
  if (scale == 1 || !(shifted > -9e18 && shifted < 9e18)) return json_finite(shifted);
  return json_integer((json_int_t)(shifted < 0 ? shifted - 0.5 : shifted + 0.5));
}

json_t *estimate_json(const Estimate *estimate, double scale) {
  json_t *json = json_object();
  put(json, "value", scaled_json(estimate->value, scale));
  if (estimate->method == INTERVAL_NONE) return json;
  json_t *interval = json_array();
  json_array_append_new(interval, scaled_json(estimate->low, scale));
  json_array_append_new(interval, scaled_json(estimate->high, scale));
  put(json, "ci", interval);
  put_text(json, "method", interval_method_name(estimate->method));
  put_number(json, "p", estimate->p_value);
  return json;
}

static bool is_money(const Metric *metric) {
  return metric->id == METRIC_value;
}

double metric_scale(const Metric *metric) {
  return is_money(metric) ? MONEY_SCALE : 1;
}

static json_t *metric_json(const Metric *metric) {
  static const char *const directions[] = {"up", "down", "zero", "one"};
  json_t *json = json_object();
  put_text(json, "id", metric->name);
  put_text(json, "label", metric->title);
  put_text(json, "kind", is_money(metric) ? "business" : "model");
  put_text(json, "direction", directions[metric->direction]);
  put_text(json, "formula", metric->formula);
  put_text(json, "parameter", metric->parameter);
  if (is_money(metric)) put_count(json, "scale", MONEY_SCALE);
  return json;
}

// The difference; where it was resampled, with the Monte Carlo error of both ends.
static json_t *delta_json(const MetricDifference *both, const Comparison *comparison) {
  json_t *json = estimate_json(&both->delta, metric_scale(both->metric));
  const MetricReplicates *metric = replicates_of(comparison->replicates, both->metric);
  if (!interval_is_resampled(both->delta.method) || metric == NULL) return json;
  EndErrors errors =
      replicates_end_errors(comparison->replicates, metric, REPLICATE_DELTA, comparison->confidence);
  put(json, "ci_error", json_pack("[o,o]", json_finite(errors.low), json_finite(errors.high)));
  return json;
}

static bool is_thresholded(const Metric *metric) {
  switch (metric->id) {
  case METRIC_accuracy:
  case METRIC_precision:
  case METRIC_recall:
  case METRIC_specificity:
  case METRIC_balanced_accuracy:
  case METRIC_f1:
  case METRIC_mcc:
    return true;
  default:
    return false;
  }
}

static void threshold_words(Text *text, const EvaluationReport *report) {
  if (report->threshold > 1)
    text_put(text, "above every score");
  else
    text_add(text, "%.4g", report->threshold);
}

// "at the frozen threshold 0.31 (champion 0.28); decisions differ, see the confusion matrix": which predicted
// classes a metric is of.
static void put_threshold(json_t *json, const ReportParts *parts, const Metric *metric) {
  const EvaluationReport *own = parts->challenger, *champion = parts->champion;
  Text text = {0};
  if (own->task != TASK_BINARY || !is_thresholded(metric)) return;
  text_put(&text, "at the frozen threshold ");
  threshold_words(&text, own);
  if (champion != NULL && champion->threshold != own->threshold) {
    text_put(&text, " (champion ");
    threshold_words(&text, champion);
    text_put(&text, ")");
  }
  if (own->beside_threshold || (champion != NULL && champion->beside_threshold))
    text_put(&text, ", by which the policy does not decide: the confusion matrix is of its decisions");
  put_text(json, "at", text.bytes);
  text_free(&text);
}

json_t *metrics_json(const ReportParts *parts) {
  json_t *metrics = json_array();
  int count = parts->comparison != NULL ? parts->comparison->metric_count : parts->challenger->metric_count;
  for (int i = 0; i < count; i++) {
    const MetricDifference *both = parts->comparison != NULL ? &parts->comparison->metrics[i] : NULL;
    const MetricResult *one = both == NULL ? &parts->challenger->results[i] : NULL;
    const Metric *metric = both != NULL ? both->metric : one->metric;
    json_t *json = metric_json(metric);
    put_threshold(json, parts, metric);
    if (both != NULL) put(json, "champion", estimate_json(&both->champion, metric_scale(metric)));
    put(json, "challenger",
        estimate_json(both != NULL ? &both->challenger : &one->estimate, metric_scale(metric)));
    if (both != NULL) put(json, "delta", delta_json(both, parts->comparison));
    put_count(json, "n", both != NULL ? both->n : one->n);
    put_count(json, "events", both != NULL ? both->events : one->events);
    put_text(json, "note", both != NULL ? both->note : one->note);
    if (both != NULL ? both->few_events : one->few_events) put(json, "few_events", json_true());
    static const char *const totals[] = {"champion", "challenger", "delta"};
    for (int k = 0; is_money(metric) && k < 3; k++) put_population(json_object_get(json, totals[k]), parts);
    json_array_append_new(metrics, json);
  }
  return metrics;
}

// Adds what the rule judged: both models and the difference, or the one model.
static void put_judged(json_t *json, const ReportParts *parts, const Metric *metric) {
  for (int i = 0; parts->comparison != NULL && i < parts->comparison->metric_count; i++) {
    const MetricDifference *both = &parts->comparison->metrics[i];
    if (both->metric != metric) continue;
    put(json, "champion", estimate_json(&both->champion, metric_scale(metric)));
    put(json, "challenger", estimate_json(&both->challenger, metric_scale(metric)));
    put(json, "delta", estimate_json(&both->delta, metric_scale(metric)));
  }
  for (int i = 0; parts->comparison == NULL && i < parts->challenger->metric_count; i++) {
    const MetricResult *one = &parts->challenger->results[i];
    if (one->metric == metric) put(json, "challenger", estimate_json(&one->estimate, metric_scale(metric)));
  }
}

// Of several challengers tested at once: judged by an interval of a higher confidence.
static bool is_stricter(const GateOutcome *gate, const ReportParts *parts) {
  return parts->comparison != NULL && gate->confidence > parts->comparison->confidence;
}

static void put_label(json_t *json, const ReportParts *parts, const GateOutcome *gate) {
  Text label = {0};
  text_put(&label, gate->metric != NULL ? gate->metric->title : strchr(gate->id, '.') + 1);
  if (gate->group != NULL)
    text_add(&label, " where %s", gate->group);
  else if (gate->slice != NULL && gate->metric != NULL)
    text_add(&label, " by %s", gate->slice);
  if (is_stricter(gate, parts)) text_add(&label, " (%.4g %% interval by Holm)", gate->confidence * 100);
  put_text(json, "label", label.bytes);
  text_free(&label);
}

static json_t *gate_json(const ReportParts *parts, const GateOutcome *gate) {
  json_t *json = json_object();
  put_text(json, "id", gate->id);
  put_text(json, "kind", gate_kind_name(gate->kind));
  put_text(json, "metric", gate->metric != NULL ? gate->metric->name : strchr(gate->id, '.') + 1);
  put_text(json, "slice", gate->slice);
  put_text(json, "group", gate->group);
  put_text(json, "slice_value", gate->slice_value);
  if (gate->too_few) put(json, "too_few", json_true());
  put_label(json, parts, gate);
  put_text(json, "rule", gate_rule_names[gate->rule]);
  bool money = gate->metric != NULL && is_money(gate->metric);
  put(json, "margin", scaled_json(gate->margin, money ? MONEY_SCALE : 1));
  if (gate->relative) put(json, "relative", json_true());
  if (gate->warning)
    put_text(json, "warning", "the gain may be too good to be true; look for leakage of the target");
  if (money) {
    put_count(json, "scale", MONEY_SCALE);
    put_text(json, "unit", parts->context->config->business.unit);
  }
  if (gate->kind == GATE_SLICE && gate->metric != NULL)
    put(json, "delta", estimate_json(&gate->judged, metric_scale(gate->metric)));
  else if (gate->metric != NULL)
    put_judged(json, parts, gate->metric);
  if (gate->kind != GATE_SLICE && gate->judged.method != INTERVAL_NONE)
    put(json, "judged", estimate_json(&gate->judged, metric_scale(gate->metric)));
  if (is_stricter(gate, parts)) {
    put_number(json, "confidence", gate->confidence);
    put(json, "delta", estimate_json(&gate->judged, metric_scale(gate->metric)));
  }
  put_text(json, "result", gate_result_name(gate->result));
  put_rows_needed(json, parts, gate->rows_needed, parts->challenger->rows);
  put_text(json, "text", gate->text);
  return json;
}

json_t *gates_json(const ReportParts *parts) {
  json_t *gates = json_array();
  for (int i = 0; i < parts->verdict->gate_count; i++) {
    const GateOutcome *gate = &parts->verdict->gates[i];
    if (gate->kind != GATE_VALIDITY) json_array_append_new(gates, gate_json(parts, gate));
  }
  return gates;
}

json_t *check_json(const ValidityCheck *check) {
  char id[64];
  snprintf(id, sizeof id, "validity.%s.%s", check->id, check->role);
  json_t *json =
      json_pack("{s:s,s:s,s:s}", "id", id, "text", check->text, "result", gate_result_name(check->result));
  if (check->stated) put(json, "stated", json_true());
  return json;
}

json_t *checks_json(const ReportParts *parts) {
  json_t *checks = json_array();
  for (int i = 0; i < parts->verdict->gate_count; i++) {
    const GateOutcome *gate = &parts->verdict->gates[i];
    if (gate->kind != GATE_VALIDITY) continue;
    json_array_append_new(checks, check_json(gate->check));
  }
  return checks;
}

// ---- the sentence ----

// `by`: "" or what else names the interval.
static void interval_words(Text *text, const Estimate *estimate, int decimals, double confidence,
                           const char *by) {
  if (estimate->method == INTERVAL_NONE) return;
  text_add(text, " (%.4g %% interval%s ", confidence * 100, by);
  format_fixed(text, estimate->low, decimals, true);
  text_put(text, " to ");
  format_fixed(text, estimate->high, decimals, true);
  text_put(text, ")");
}

static double magnitude(double value) {
  return value < 0 ? -value : value;
}

// Better by 0.1 (0.05 to 0.15), or worse by 0.1 (0.05 to 0.15): the sign is in the word.
static void better_words(Text *text, Estimate *delta, const char *title, int decimals) {
  bool worse = delta->value < 0;
  if (worse) {
    double low = delta->low;
    delta->value = -delta->value, delta->low = -delta->high, delta->high = -low;
  }
  text_add(text, "In %s the challenger is %s by ", title, worse ? "worse" : "better");
  format_fixed(text, delta->value, decimals, false);
}

// The largest magnitude among a value and the ends of its interval.
static double largest_of(const Estimate *estimate) {
  double ends[2] = {magnitude(estimate->low), magnitude(estimate->high)};
  double largest = magnitude(estimate->value);
  for (int i = 0; i < 2 && estimate->method != INTERVAL_NONE; i++)
    if (ends[i] > largest) largest = ends[i];
  return largest;
}

// "worth 955 USD less than the champion (95 % interval 2,672 less to 762 more)": signs are words.
static void worth_words(Text *text, const Estimate *worth, const char *unit, const char *than,
                        double confidence, const char *by) {
  static const char *const words[] = {" more", " less"};
  int decimals = money_decimals(largest_of(worth));
  bool less = worth->value < 0;
  double near = less ? worth->high : worth->low, far = less ? worth->low : worth->high;
  bool mixed = near != 0 && (near < 0) != less;
  text_put(text, "worth ");
  format_fixed(text, magnitude(worth->value), decimals, false);
  text_add(text, " %s%s than %s", unit, words[less], than);
  if (worth->method == INTERVAL_NONE) return;
  text_add(text, " (%.4g %% interval%s ", confidence * 100, by);
  format_fixed(text, magnitude(mixed ? worth->low : near), decimals, false);
  if (mixed) text_put(text, words[1]);
  text_put(text, " to ");
  format_fixed(text, magnitude(mixed ? worth->high : far), decimals, false);
  text_add(text, "%s)", mixed ? words[0] : "");
}

static void rows_words(Text *text, int64_t rows) {
  text_put(text, " on ");
  format_count(text, (double)rows);
  text_put(text, " rows.");
}

// "The challenger is worth 1,234 EUR more than the champion (95 % interval 900 to 1,500) on 4,798 rows."
// With several challengers the interval is the one that the primary rule was judged by.
static void difference_words(Text *text, const ReportParts *parts, const MetricDifference *chosen) {
  const GateOutcome *strict = NULL;
  for (int i = 0; i < parts->verdict->gate_count; i++) {
    const GateOutcome *gate = &parts->verdict->gates[i];
    if (gate->metric == chosen->metric && is_stricter(gate, parts)) strict = gate;
  }
  Estimate delta = strict != NULL ? strict->judged : chosen->delta;
  double confidence = strict != NULL ? strict->confidence : parts->comparison->confidence;
  const char *by = strict != NULL ? " by Holm" : "";
  if (is_money(chosen->metric)) {
    text_put(text, "The challenger is ");
    worth_words(text, &delta, parts->context->config->business.unit, "the champion", confidence, by);
  } else {
    int decimals = metric_decimals(delta.value);
    better_words(text, &delta, chosen->metric->title, decimals);
    interval_words(text, &delta, decimals, confidence, by);
  }
  rows_words(text, parts->comparison->rows);
}

static void value_words(Text *text, const ReportParts *parts) {
  text_put(text, "The model's policy is ");
  worth_words(text, &parts->challenger->money.over_trivial, parts->context->config->business.unit,
              trivial_words(parts->challenger), parts->challenger->confidence, "");
  rows_words(text, parts->challenger->rows);
}

static const MetricDifference *deciding(const ReportParts *parts) {
  const char *primary =
      parts->context->config->gates.has_primary ? parts->context->config->gates.primary.metric : "";
  const MetricDifference *chosen =
      parts->comparison->metric_count > 0 ? &parts->comparison->metrics[0] : NULL;
  for (int i = 0; i < parts->comparison->metric_count; i++) {
    const MetricDifference *difference = &parts->comparison->metrics[i];
    if (is_money(difference->metric)) return difference;
    if (strcmp(difference->metric->name, primary) == 0) chosen = difference;
  }
  return chosen;
}

static void sentence(Text *text, const ReportParts *parts) {
  if (parts->verdict->state == VERDICT_IDENTICAL) {
    text_put(text, "Champion and challenger are the same model, bit for bit.");
  } else if (parts->comparison != NULL) {
    const MetricDifference *chosen = deciding(parts);
    if (chosen != NULL) difference_words(text, parts, chosen);
  } else if (parts->challenger->money.present) {
    value_words(text, parts);
  } else if (parts->challenger->metric_count > 0) {
    const MetricResult *first = &parts->challenger->results[0];
    text_add(text, "%s is ", first->metric->title);
    format_fixed(text, first->estimate.value, metric_decimals(first->estimate.value), false);
    rows_words(text, parts->challenger->rows);
  }
}

// " About 8,911 rows would decide it: about 3 more weeks of labels."
static void needed_words(Text *text, const json_t *verdict) {
  const char *time = report_string(verdict, "rows_text");
  text_put(text, " About ");
  format_count(text, report_number(verdict, "rows_needed"));
  text_add(text, " rows would decide it%s%s.", *time != '\0' ? ": " : "", time);
}

// Rules of model metrics may pass while the money is shown to be less: then the verdict carries this warning.
static void put_warning(json_t *json, const ReportParts *parts) {
  const MetricDifference *value = NULL;
  bool asked = false;
  for (int i = 0; parts->comparison != NULL && i < parts->comparison->metric_count; i++) {
    if (is_money(parts->comparison->metrics[i].metric)) value = &parts->comparison->metrics[i];
  }
  if (parts->verdict->state != VERDICT_SHIP || value == NULL || !(value->delta.high < 0)) return;
  for (int i = 0; i < parts->verdict->gate_count; i++) {
    const GateOutcome *gate = &parts->verdict->gates[i];
    asked = asked || (gate->metric == value->metric && gate->kind != GATE_SLICE);
  }
  Text text = {0};
  text_put(&text, "The rules say ship; the money says otherwise: on these rows the challenger is ");
  worth_words(&text, &value->delta, parts->context->config->business.unit, "the champion",
              parts->comparison->confidence, "");
  text_put(&text,
           asked ? ", which the rules allow." : ". No rule reads money: make value the primary metric.");
  put_text(json, "warning", text.bytes);
  text_free(&text);
}

json_t *verdict_json(const ReportParts *parts) {
  const Verdict *verdict = parts->verdict;
  Text text = {0};
  json_t *json = json_object(), *reasons = json_array();
  put_text(json, "state", verdict_state_name(verdict->state));
  sentence(&text, parts);
  for (int i = 0; i < verdict->reason_count; i++)
    json_array_append_new(reasons, json_string(verdict->reasons[i]));
  put(json, "reason", reasons);
  put(json, "flips_if", verdict_flips_json(parts));
  if (verdict->rows_needed > 0) {
    put_rows_needed(json, parts, verdict->rows_needed, parts->challenger->rows);
    put_text(json, "rows_needed_for", verdict->rows_needed_for);
    put(json, "for_challenger", json_boolean(verdict->for_challenger));
    needed_words(&text, json);
  }
  put_text(json, "sentence", text.bytes);
  text_free(&text);
  put_warning(json, parts);
  if (parts->context->override_by != NULL) {
    put(json, "override",
        json_pack("{s:s,s:s}", "by", parts->context->override_by, "reason", parts->context->override_reason));
  }
  if (verdict->loss_metric != NULL && is_money(verdict->loss_metric)) {
    json_t *loss =
        json_pack("{s:o,s:o,s:i}", "ship", scaled_json(verdict->loss_of_shipping, MONEY_SCALE), "hold",
                  scaled_json(verdict->loss_of_holding, MONEY_SCALE), "scale", (int)MONEY_SCALE);
    put_population_losses(loss, parts);
    put(json, "opportunity_loss", loss);
  }
  return json;
}
