// The tree of report.json: who was judged on what; the parts are in files of their own.
#include "io/report/json/panels_json.h"

#include "engine/evaluate/resample/replicates.h"
#include "io/report/json_text.h"
#include "io/report/report_read.h"

#include <string.h>

void put_text(json_t *object, const char *key, const char *text) {
  if (text != NULL && text[0] != '\0') json_object_set_new(object, key, json_string(text));
}

void put_number(json_t *object, const char *key, double number) {
  if (number - number == 0) json_object_set_new(object, key, json_real(number));
}

void put_count(json_t *object, const char *key, int64_t count) {
  json_object_set_new(object, key, json_integer(count));
}

void put(json_t *object, const char *key, json_t *value) {
  if (value != NULL) json_object_set_new(object, key, value);
}

static json_t *subject_json(const ReportSubject *subject) {
  json_t *json = json_object();
  put_text(json, "name", subject->name);
  put_text(json, "kind", subject->kind);
  put_text(json, "checkpoint", subject->checkpoint);
  put_text(json, "model_digest", subject->model_digest);
  put_text(json, "state_digest", subject->state_digest);
  put_text(json, "config_digest", subject->config_digest);
  put_text(json, "data_digest", subject->data_digest);
  put_text(json, "predictions_digest", subject->predictions_digest);
  put_text(json, "report_digest", subject->report_digest);
  if (subject->has_seed) json_object_set_new(json, "seed", json_integer((json_int_t)subject->seed));
  if (subject->predictions != NULL) {
    put_text(json, "predictions", subject->predictions);
    put_number(json, "threshold", subject->policy.threshold);
    put(json, "act_below", json_boolean(subject->policy.act_below));
    if (subject->threshold_kept) put(json, "threshold_kept", json_true());
  }
  if (subject->check_count == 0) return json;
  json_t *checks = json_array();
  for (int i = 0; i < subject->check_count; i++)
    json_array_append_new(checks, check_json(&subject->checks[i]));
  put(json, "checks", checks);
  return json;
}

static json_t *subjects_json(const ReportParts *parts) {
  const ReportContext *context = parts->context;
  json_t *json = json_object();
  put_text(json, "name", context->challenger.name);
  put_text(json, "goal", context->config->goal);
  put_text(json, "owner", context->config->owner);
  put(json, "challenger", subject_json(&context->challenger));
  if (parts->comparison != NULL) put(json, "champion", subject_json(&context->champion));
  if (context->other_count == 0) return json;
  json_t *others = json_array();
  for (int i = 0; i < context->other_count; i++)
    json_array_append_new(others, subject_json(&context->others[i]));
  put(json, "others", others);
  return json;
}

static json_t *task_json(const ReportParts *parts) {
  static const char *const kinds[] = {"binary", "multiclass", "regression"};
  json_t *json = json_object();
  put_text(json, "kind", kinds[parts->challenger->task]);
  put_text(json, "target", parts->context->target);
  put_text(json, "positive", parts->context->positive);
  return json;
}

// "1,499 of 2,000 rows, 75 %": the rows that all models scored, of those that the one with the most did.
static json_t *coverage_json(int64_t rows, int64_t scored) {
  json_t *json = json_object();
  Text text = {0};
  put_count(json, "rows", rows);
  put_count(json, "of", scored);
  format_count(&text, (double)rows);
  text_put(&text, " of ");
  format_count(&text, (double)scored);
  text_put(&text, " rows, ");
  format_percent(&text, (double)rows / (double)scored, 0, false);
  put_taken(json, "text", &text);
  return json;
}

static json_t *set_json(const ReportParts *parts) {
  const EvaluationReport *report = parts->challenger;
  char digest[DIGEST_HEX];
  json_t *json = json_object();
  sha256_hex(digest, parts->context->rows_digest);
  put_count(json, "rows", report->rows);
  if (report->task == TASK_BINARY) put_count(json, "events", report->positives);
  put_number(json, "mean_label", report->mean_label);
  put_text(json, "part", parts->context->part);
  if (parts->context->partial) {
    put(json, "partial", json_true());
    put(json, "coverage", coverage_json(report->rows, parts->context->scored));
  }
  put_text(json, "digest", digest);
  const Panels *panels = parts->context->panels;
  if (panels != NULL && panels->stability.from != NULL && !panels->stability.by_row)
    put(json, "period", json_pack("{s:s,s:s}", "from", panels->stability.from, "to", panels->stability.to));
  return json;
}

static json_t *confusion_json(const ReportParts *parts) {
  const EvaluationReport *report = parts->challenger;
  const ReportContext *context = parts->context;
  if (report->confusion == NULL || context->class_names == NULL || context->class_count != report->classes)
    return NULL;
  json_t *classes = json_array(), *counts = json_array(), *by_class = json_array();
  for (int i = 0; i < report->classes; i++) {
    json_t *row = json_array();
    for (int j = 0; j < report->classes; j++) {
      json_array_append_new(row, json_finite(report->confusion[i * report->classes + j]));
    }
    json_array_append_new(counts, row);
    json_array_append_new(classes, json_string(context->class_names[i]));
    const ClassResult *result = &report->by_class[i];
    json_array_append_new(by_class, json_pack("{s:f,s:f,s:f,s:f}", "support", result->support, "precision",
                                              result->precision, "recall", result->recall, "f1", result->f1));
  }
  json_t *json = json_pack("{s:o,s:o,s:o,s:s}", "classes", classes, "counts", counts, "by_class", by_class,
                           "of", report->of_decisions ? "decisions" : "predictions");
  if (report->of_decisions) {
    bool below = parts->challenger->money.policy.act_below;
    put(json, "decisions", json_pack("[s,s]", below ? "act" : "do not act", below ? "do not act" : "act"));
  }
  return json;
}

static json_t *bootstrap_json(const ReportParts *parts) {
  const Replicates *replicates =
      parts->comparison != NULL ? parts->comparison->replicates : parts->challenger->replicates;
  if (replicates == NULL) return NULL;
  const char *unit = parts->context->config->evaluate_cluster[0] == '\0' ? "row" : "cluster";
  json_t *json = json_pack("{s:s,s:i,s:s,s:s,s:i}", "kind", "poisson", "replicates", replicates->count, "rng",
                           "philox4x32-10", "unit", unit, "groups", JACKKNIFE_BLOCKS);
  put_count(json, "seed", (int64_t)replicates->seed);
  return json;
}

static json_t *method_json(const ReportParts *parts) {
  json_t *json =
      json_pack("{s:f,s:s,s:s,s:I}", "confidence", parts->challenger->confidence, "ties", "block", "sums",
                "exact, rounded once", "clipped_rows", (json_int_t)parts->challenger->clipped);
  put(json, "bootstrap", bootstrap_json(parts));
  return json;
}

static json_t *lineage_json(const ReportParts *parts) {
  json_t *json = json_object();
  char tool[64] = "ingot ";
  strncat(tool, parts->context->version, sizeof tool - strlen(tool) - 1);
  put_text(json, "tool", tool);
  put_text(json, "commit", parts->context->commit);
  put_text(json, "numerics", parts->context->config->numerics.id);
  put_text(json, "command", parts->context->command);
  return json;
}

// No times: those are of the machine, and stand in environment.json.
static json_t *operations_json(const ReportParts *parts) {
  const ReportOperations *operations = parts->context->operations;
  if (operations == NULL) return NULL;
  json_t *json = json_object();
  Text text = {0};
  put_count(json, "parameters", operations->parameters);
  put_count(json, "inputs", operations->inputs);
  put_count(json, "model_bytes", operations->model_bytes);
  put_text(json, "numerics", parts->context->config->numerics.id);
  format_count(&text, (double)operations->checked_rows);
  text_put(&text, operations->checked_rows == 1 ? " row was scored twice"
                                                : " rows were scored twice, in pieces of other sizes");
  if (operations->different_rows == 0) {
    text_put(&text, ": the same bytes");
  } else {
    text_put(&text, ": ");
    format_count(&text, (double)operations->different_rows);
    text_put(&text, " with another result");
  }
  put_taken(json, "determinism", &text);
  return json;
}

static json_t *card_json(const ReportParts *parts) {
  const Config *config = parts->context->config;
  json_t *json = json_object();
  put_text(json, "goal", config->goal);
  put_text(json, "owner", config->owner);
  put_text(json, "intended_use", config->card.intended_use);
  put_text(json, "limits", config->card.limits);
  if (json_object_size(json) > 0) return json;
  json_decref(json);
  return NULL;
}

static json_t *scale_json(const ReportParts *parts) {
  const BusinessConfig *business = &parts->context->config->business;
  if (!business->present || !(business->population_rows > 0)) return NULL;
  json_t *json = json_object();
  put_number(json, "rows", business->population_rows);
  put_text(json, "per", business->population_per);
  return json;
}

json_t *report_json(const ReportContext *context, const EvaluationReport *challenger,
                    const EvaluationReport *champion, const Comparison *comparison, const Verdict *verdict) {
  ReportParts parts = {context, challenger, champion, comparison, verdict};
  json_t *json = json_object();
  put_text(json, "schema", "eval-report/1");
  put(json, "verdict", verdict_json(&parts));
  put(json, "subject", subjects_json(&parts));
  put(json, "leaderboard", leaderboard_json(&parts));
  put(json, "task", task_json(&parts));
  put(json, "evaluation_set", set_json(&parts));
  put(json, "business", business_json(&parts));
  put(json, "scale", scale_json(&parts));
  put(json, "sensitivity", sensitivity_json(&parts));
  put(json, "risk", risk_json(&parts));
  put(json, "gates", gates_json(&parts));
  put(json, "checks", checks_json(&parts));
  put(json, "rules_changed", rules_changed_json(&parts));
  put(json, "ledger", ledger_json(&parts));
  put(json, "metrics", metrics_json(&parts));
  put(json, "agreement", agreement_json(&parts));
  put(json, "swap", swap_json(&parts));
  put(json, "slices", slices_json(&parts));
  put(json, "fairness", fairness_json(&parts));
  put(json, "confusion", confusion_json(&parts));
  put(json, "homogeneity", homogeneity_json(&parts));
  put(json, "gains", gains_json(&parts));
  put(json, "calibration", calibration_json(&parts));
  put(json, "curves", curves_json(&parts));
  put(json, "importance", importance_json(&parts));
  put(json, "dependence", dependence_json(&parts));
  put(json, "learning", learning_json(&parts));
  put(json, "stability", stability_json(&parts));
  put(json, "data", data_json(&parts));
  put(json, "drift", drift_json(&parts));
  put(json, "operations", operations_json(&parts));
  put(json, "card", card_json(&parts));
  put(json, "method", method_json(&parts));
  put(json, "methods", methods_json(&parts));
  put(json, "lineage", lineage_json(&parts));
  return json;
}

json_t *report_json_refused(const ReportContext *context, const char *reason) {
  ReportParts parts = {.context = context};
  json_t *json = json_object(), *subject = json_object();
  put_text(subject, "name", context->challenger.name);
  put(subject, "challenger", subject_json(&context->challenger));
  put(subject, "champion", subject_json(&context->champion));
  put_text(json, "schema", "eval-report/1");
  put(json, "verdict",
      json_pack("{s:s,s:s,s:[s]}", "state", "NOT_COMPARABLE", "sentence",
                "These two models cannot be compared: nothing is decided.", "reason", reason));
  put(json, "subject", subject);
  put(json, "lineage", lineage_json(&parts));
  return json;
}
