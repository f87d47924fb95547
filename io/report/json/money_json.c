// Parts of report.json: the business definition with its policies, and curves.
#include "io/report/json/parts.h"
#include "io/report/json_text.h"
#include "io/report/report_read.h"

#include <string.h>

enum { PROFIT_STEPS = 100 };

// ---- business ----

static json_t *params_json(const BusinessConfig *business) {
  json_t *params = json_object();
  for (int i = 0; i < business->param_count; i++) {
    const Parameter *parameter = &business->params[i];
    json_object_set_new(params, parameter->name,
                        json_pack("{s:f,s:f,s:f}", "value", parameter->value, "low", parameter->low, "high",
                                  parameter->high));
  }
  return params;
}

static json_t *policy_json(const Policy *policy) {
  static const char *const kinds[] = {"best_on_validation", "threshold", "expected_gain"};
  Text text = {0};
  json_t *json = json_object();
  put_text(json, "kind", kinds[policy->kind]);
  if (policy->kind == POLICY_EXPECTED_GAIN) {
    put_text(json, "text", "act where the expected gain is positive");
    return json;
  }
  put_number(json, "threshold", policy->threshold);
  put(json, "act_below", json_boolean(policy->act_below));
  text_add(&text, "act where the score is %s %.6g%s", policy->act_below ? "below" : "at least",
           policy->threshold,
           policy->kind == POLICY_THRESHOLD ? "" : ", chosen on the validation rows and frozen");
  put_text(json, "text", text.bytes);
  text_free(&text);
  return json;
}

static json_t *policy_value_json(const char *name, const PolicyValue *policy, const MoneyReport *money) {
  double floor = (double)money->policies[money->best_trivial].value;
  double achievable = (double)money->policies[MONEY_ORACLE].value - floor;
  json_t *json =
      json_pack("{s:s,s:I,s:[I,I],s:I}", "name", name, "value", (json_int_t)policy->value, "ci",
                (json_int_t)policy->low, (json_int_t)policy->high, "acted", (json_int_t)policy->acted);
  put_number(json, "threshold", policy->threshold);
  if (achievable > 0) put_number(json, "share", ((double)policy->value - floor) / achievable);
  return json;
}

static json_t *policies_json(const ReportParts *parts) {
  const MoneyReport *money = &parts->challenger->money;
  json_t *policies = json_array();
  json_array_append_new(policies, policy_value_json("nobody", &money->policies[MONEY_NOBODY], money));
  json_array_append_new(policies, policy_value_json("everybody", &money->policies[MONEY_EVERYBODY], money));
  if (parts->champion != NULL) {
    json_array_append_new(
        policies, policy_value_json("champion", &parts->champion->money.policies[MONEY_MODEL], money));
  }
  json_array_append_new(policies, policy_value_json("challenger", &money->policies[MONEY_MODEL], money));
  json_array_append_new(policies, policy_value_json("oracle", &money->policies[MONEY_ORACLE], money));
  return policies;
}

static json_t *examples_json(const char *examples) {
  json_t *lines = json_array();
  for (const char *line = examples; line != NULL && *line != '\0';) {
    size_t length = strcspn(line, "\n");
    if (length > 0) json_array_append_new(lines, json_stringn(line, length));
    line += length + (line[length] == '\n');
  }
  return lines;
}

json_t *business_json(const ReportParts *parts) {
  const BusinessConfig *business = &parts->context->config->business;
  const MoneyReport *money = &parts->challenger->money;
  if (!money->present) return NULL;
  json_t *json = json_object();
  put_text(json, "unit", business->unit);
  put_text(json, "horizon", business->horizon);
  put_count(json, "scale", MONEY_SCALE);
  put_text(json, "act", business->act);
  put_text(json, "skip", business->skip);
  put(json, "params", params_json(business));
  put_text(json, "definition_digest", parts->context->definition);
  put(json, "policy", policy_json(&money->policy));
  put(json, "policies", policies_json(parts));
  put_number(json, "share_of_achievable", money->share_of_achievable);
  put_count(json, "value_of_threshold", money->value_of_threshold);
  put_count(json, "regret", money->regret);
  put(json, "over_trivial", estimate_json(&money->over_trivial, MONEY_SCALE));
  put_text(json, "best_trivial", money_policy_name(money->best_trivial));
  put(json, "examples", examples_json(parts->context->examples));
  return json;
}

// ---- curves ----

// Value where `share` of the rows is acted on: between two cuts a block of equal scores is taken in part.
static double value_at(const EvaluationReport *report, double share) {
  double wanted = share * (double)report->rows;
  for (int i = 1; i < report->point_count; i++) {
    const CurvePoint *a = &report->points[i - 1], *b = &report->points[i];
    if (a->acted > b->acted) a = b, b = &report->points[i - 1]; // acting below the threshold
    if (wanted < (double)a->acted || wanted > (double)b->acted) continue;
    double part = a->acted == b->acted ? 0 : (wanted - (double)a->acted) / (double)(b->acted - a->acted);
    return (double)a->value + part * (double)(b->value - a->value);
  }
  return __builtin_nan("");
}

static json_t *profit_of(const EvaluationReport *report) {
  json_t *values = json_array();
  for (int i = 0; i <= PROFIT_STEPS; i++) {
    double value = value_at(report, (double)i / PROFIT_STEPS);
    json_array_append_new(values, json_integer((json_int_t)value));
  }
  return values;
}

static json_t *profit_json(const ReportParts *parts) {
  if (!parts->challenger->money.present) return NULL;
  json_t *json = json_object(), *shares = json_array();
  for (int i = 0; i <= PROFIT_STEPS; i++) json_array_append_new(shares, json_real((double)i / PROFIT_STEPS));
  put(json, "x", shares);
  put_count(json, "scale", MONEY_SCALE);
  if (parts->champion != NULL) put(json, "champion", profit_of(parts->champion));
  put(json, "challenger", profit_of(parts->challenger));
  return json;
}

json_t *curves_json(const ReportParts *parts) {
  if (parts->challenger->point_count == 0) return NULL;
  json_t *json = json_object();
  put(json, "profit", profit_json(parts));
  put(json, "roc", roc_json(parts));
  put(json, "pr", pr_json(parts));
  return json;
}
