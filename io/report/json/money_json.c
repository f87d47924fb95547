// Parts of report.json: the business definition with its policies, and curves.
#include "io/report/json/parts.h"
#include "io/report/json_text.h"
#include "io/report/report_read.h"

#include <string.h>

// ---- business ----

static json_t *params_json(const BusinessConfig *business) {
  json_t *params = json_object();
  for (int i = 0; i < business->param_count; i++) {
    const Parameter *parameter = &business->params[i];
    json_t *json =
        json_pack("{s:f,s:f,s:f}", "value", parameter->value, "low", parameter->low, "high", parameter->high);
    put_text(json, "unit", parameter->unit);
    json_object_set_new(params, parameter->name, json);
  }
  return params;
}

// TRUTH: {DECISION: cost}, as configured.
static json_t *costs_json(const CostList *costs) {
  json_t *json = costs->count > 0 ? json_object() : NULL;
  for (int i = 0; i < costs->count; i++) {
    const Cost *cost = &costs->items[i];
    if (json_object_get(json, cost->truth) == NULL) json_object_set_new(json, cost->truth, json_object());
    json_object_set_new(json_object_get(json, cost->truth), cost->decision, json_real(cost->amount));
  }
  return json;
}

static void policy_words(Text *text, const Policy *policy, bool kept) {
  if (policy->kind == POLICY_CAPACITY) {
    text_add(text, "act on the %s scores, as many as the capacity allows",
             policy->act_below ? "lowest" : "highest");
    return;
  }
  text_add(text, "act where the score is %s %.6g%s", policy->act_below ? "below" : "at least",
           policy->threshold,
           kept ? ", kept from the report that is decided again: not chosen by these costs"
           : policy->kind == POLICY_BEST_ON_VALIDATION ? ", chosen on the validation rows and frozen"
           : policy->kind == POLICY_FROZEN             ? ", as the run has stored it"
                                                       : "");
}

// Where the capacity cuts: rows of larger key are acted on, of this key the share take / size.
static json_t *cut_json(const PolicyCut *cut) {
  if (!cut->limited) return NULL;
  return json_pack("{s:f,s:I,s:I}", "key", cut->key, "take", (json_int_t)cut->take, "size",
                   (json_int_t)cut->size);
}

static json_t *policy_json(const MoneyReport *money, bool kept) {
  static const char *const kinds[] = {"best_on_validation", "threshold", "expected_gain", "capacity",
                                      "frozen"};
  const Policy *policy = &money->policy;
  Text text = {0};
  json_t *json = json_object();
  put_text(json, "kind", kinds[policy->kind]);
  if (policy->kind == POLICY_EXPECTED_GAIN) {
    text_put(&text, "act where the expected gain is positive");
  } else {
    put_number(json, "threshold", policy->threshold);
    put(json, "act_below", json_boolean(policy->act_below));
    policy_words(&text, policy, kept);
  }
  if (money->capacity.limited && policy->kind != POLICY_CAPACITY)
    text_put(&text, ", best first up to the capacity");
  put(json, "cut", cut_json(&money->cut));
  put_text(json, "text", text.bytes);
  text_free(&text);
  return json;
}

static json_t *capacity_json(const ReportParts *parts) {
  const CapacityConfig *capacity = &parts->context->config->business.capacity;
  const char *unit = parts->context->config->business.unit;
  if (!parts->challenger->money.capacity.limited) return NULL;
  Text text = {0};
  json_t *json = json_object();
  if (capacity->rows > 0) {
    put_count(json, "rows", capacity->rows);
    text_add(&text, "at most %lld of the rows judged", (long long)capacity->rows);
  } else if (capacity->fraction > 0) {
    put_number(json, "fraction", capacity->fraction);
    text_add(&text, "at most %.6g %% of the rows", capacity->fraction * 100);
  } else {
    put_number(json, "budget", capacity->budget);
    put_text(json, "cost", capacity->cost);
    text_add(&text, "at most %.6g %s spent on the rows judged", capacity->budget, unit);
  }
  put_text(json, "text", text.bytes);
  text_free(&text);
  return json;
}

int64_t rescaled_total(int64_t total, double rows, int64_t judged) {
  double value = (double)total * (rows / (double)judged);
  if (!(value > -9e18 && value < 9e18)) return 0;
  return (int64_t)(value < 0 ? value - 0.5 : value + 0.5);
}

void put_population(json_t *total, const ReportParts *parts) {
  double population = parts->context->config->business.population_rows;
  const json_t *value = json_object_get(total, "value"), *interval = json_object_get(total, "ci");
  if (!(population > 0) || !json_is_integer(value)) return;
  json_t *json = json_object(), *ends = json_array();
  int64_t rows = parts->challenger->rows;
  put_count(json, "value", rescaled_total(json_integer_value(value), population, rows));
  for (size_t i = 0; i < json_array_size(interval); i++) {
    int64_t end = json_integer_value(json_array_get(interval, i));
    json_array_append_new(ends, json_integer(rescaled_total(end, population, rows)));
  }
  put(json, "ci", json_array_size(ends) > 0 ? json_incref(ends) : NULL);
  json_decref(ends);
  put(total, "population", json);
}

void put_population_losses(json_t *loss, const ReportParts *parts) {
  static const char *const names[] = {"ship", "hold"};
  double population = parts->context->config->business.population_rows;
  if (!(population > 0)) return;
  json_t *json = json_object();
  for (int i = 0; i < 2; i++) {
    int64_t value = json_integer_value(json_object_get(loss, names[i]));
    put_count(json, names[i], rescaled_total(value, population, parts->challenger->rows));
  }
  put(loss, "population", json);
}

static json_t *policy_value_json(const ReportParts *parts, const char *name, const MoneyReport *money,
                                 MoneyPolicy which) {
  const PolicyValue *policy = &money->policies[which];
  double floor = (double)money->policies[money->best_trivial].value;
  double achievable = (double)money->policies[MONEY_ORACLE].value - floor;
  json_t *json =
      json_pack("{s:s,s:I,s:[I,I],s:I}", "name", name, "value", (json_int_t)policy->value, "ci",
                (json_int_t)policy->low, (json_int_t)policy->high, "acted", (json_int_t)policy->acted);
  put_number(json, "threshold", policy->threshold);
  if (parts->context->config->business.capacity.budget > 0) put_count(json, "spent", policy->spent);
  if (achievable > 0 && !policy->beyond_capacity)
    put_number(json, "share", ((double)policy->value - floor) / achievable);
  if (policy->beyond_capacity) put(json, "beyond_capacity", json_true());
  put_count(json, "per_1000", rescaled_total(policy->value, 1000, parts->challenger->rows));
  put_population(json, parts);
  return json;
}

static json_t *policies_json(const ReportParts *parts) {
  static const struct {
    const char *name;
    MoneyPolicy policy;
  } rows[] = {{"nobody", MONEY_NOBODY},
              {"everybody", MONEY_EVERYBODY},
              {"random", MONEY_RANDOM},
              {"champion", MONEY_MODEL},
              {"challenger", MONEY_MODEL},
              {"half", MONEY_HALF},
              {"best_threshold", MONEY_BEST_THRESHOLD},
              {"oracle", MONEY_ORACLE}};
  json_t *policies = json_array();
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    bool champion = strcmp(rows[i].name, "champion") == 0;
    if (champion && parts->champion == NULL) continue;
    const MoneyReport *money = champion ? &parts->champion->money : &parts->challenger->money;
    if (!money->policies[rows[i].policy].present) continue;
    bool same = rows[i].policy == MONEY_NOBODY && parts->challenger->task == TASK_MULTICLASS;
    json_array_append_new(
        policies, policy_value_json(parts, same ? "same_for_all" : rows[i].name, money, rows[i].policy));
  }
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

// "Acting pays where at least 23.5 % of those acted on have Churn = Yes."
static json_t *break_even_json(const ReportParts *parts) {
  const MoneyReport *money = &parts->challenger->money;
  const ReportContext *context = parts->context;
  double precision = money->break_even;
  if (precision != precision) return NULL;
  Text text = {0};
  bool below = money->policy.act_below;
  text_put(&text, "Acting pays where at least ");
  format_percent(&text, precision, 1, false);
  if (context->positive != NULL)
    text_add(&text, " of those acted on have %s%s %s %s.", below ? "another " : "", context->target,
             below ? "than" : "=", context->positive);
  else
    text_add(&text, " of those acted on have label %d.", below ? 0 : 1);
  json_t *json = json_pack("{s:f}", "precision", precision);
  put_text(json, "text", text.bytes);
  text_free(&text);
  return json;
}

// ---- warnings ----

static void amount_words(Text *text, const ReportParts *parts, int64_t millionths) {
  double units = (double)millionths / MONEY_SCALE, size = units < 0 ? -units : units;
  format_fixed(text, units, money_decimals(size), false);
  text_add(text, " %s", parts->context->config->business.unit);
}

const char *trivial_words(const EvaluationReport *report) {
  MoneyPolicy trivial = report->money.best_trivial;
  if (report->task == TASK_MULTICLASS) return "deciding the same for every row";
  return trivial == MONEY_NOBODY      ? "acting on nobody"
         : trivial == MONEY_EVERYBODY ? "acting on everybody"
                                      : "choosing rows blindly";
}

static void warn_if_worse(json_t *warnings, const ReportParts *parts, const char *who,
                          const EvaluationReport *report, MoneyPolicy policy) {
  const MoneyReport *money = &report->money;
  const PolicyValue *value = &money->policies[policy], *trivial = &money->policies[money->best_trivial];
  if (!value->present || value->value >= trivial->value) return;
  Text text = {0};
  text_add(&text, "%s is worth ", who);
  amount_words(&text, parts, value->value);
  text_add(&text, ", less than %s, which needs no model: ", trivial_words(report));
  amount_words(&text, parts, trivial->value);
  text_put(&text, ".");
  json_array_append_new(warnings, json_string(text.bytes));
  text_free(&text);
}

// Rows in the order of time whose positives became half as many again, or fewer by as much.
static void warn_of_change(json_t *warnings, const ReportParts *parts) {
  Text text = {0};
  double ratio = change_words(&text, parts);
  const Panels *panels = parts->context->panels;
  for (int i = 0; text.length > 0 && i < panels->part_count; i++) {
    const DataPart *part = &panels->parts[i];
    text_add(&text, "%s%s rows ", i == 0 ? " By part: " : ", ", part->name);
    format_percent(&text, (double)part->positives / (double)part->rows, 0, false);
  }
  if (text.length > 0) text_put(&text, ". What was learned of early rows may not hold for late ones.");
  if (ratio >= 1.5 || ratio <= 1 / 1.5) json_array_append_new(warnings, json_string(text.bytes));
  text_free(&text);
}

// A threshold that was best by other costs is not what these would choose.
static void warn_of_kept(json_t *warnings, const ReportSubject *subject) {
  Text text = {0};
  if (!subject->threshold_kept) return;
  text_add(
      &text,
      "%s keeps the threshold of the report that is decided again, %.6g: it was not chosen by these costs, "
      "for the report holds no scores of validation rows. Compare the runs themselves to have it chosen "
      "again.",
      subject->name, subject->policy.threshold);
  json_array_append_new(warnings, json_string(text.bytes));
  text_free(&text);
}

static json_t *warnings_json(const ReportParts *parts) {
  const MoneyReport *money = &parts->challenger->money;
  json_t *warnings = json_array();
  const char *who = parts->champion == NULL ? "This model" : "The challenger";
  warn_if_worse(warnings, parts, who, parts->challenger, MONEY_MODEL);
  if (parts->champion != NULL) warn_if_worse(warnings, parts, "The champion", parts->champion, MONEY_MODEL);
  bool cuts_at_half = money->policy.kind == POLICY_THRESHOLD && money->policy.threshold == 0.5;
  if (!cuts_at_half && money->policy.kind != POLICY_CAPACITY) // a capacity takes no threshold
    warn_if_worse(warnings, parts, "The default threshold of 0.5", parts->challenger, MONEY_HALF);
  if (parts->champion != NULL) warn_of_kept(warnings, &parts->context->champion);
  warn_of_kept(warnings, &parts->context->challenger);
  warn_of_change(warnings, parts);
  if (money->never_loses != money->never_gains) {
    json_array_append_new(
        warnings,
        json_string(money->never_loses
                        ? "Acting loses on no row: no model is needed to choose. If that is not so, a "
                          "sign is wrong: benefits are positive, costs negative."
                        : "Acting gains on no row: nothing can be chosen. If that is not so, a sign is "
                          "wrong: benefits are positive, costs negative."));
  }
  return warnings;
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
  put(json, "costs", costs_json(&business->costs));
  put(json, "params", params_json(business));
  put_text(json, "definition_digest", parts->context->definition);
  if (parts->challenger->task == TASK_BINARY)
    put(json, "policy", policy_json(money, parts->context->challenger.threshold_kept));
  put(json, "capacity", capacity_json(parts));
  put(json, "policies", policies_json(parts));
  put_number(json, "share_of_achievable", money->share_of_achievable);
  if (money->policies[MONEY_HALF].present) put_count(json, "value_of_threshold", money->value_of_threshold);
  if (money->policies[MONEY_BEST_THRESHOLD].present) put_count(json, "regret", money->regret);
  json_t *over = estimate_json(&money->over_trivial, MONEY_SCALE);
  put_population(over, parts);
  put(json, "over_trivial", over);
  bool same = parts->challenger->task == TASK_MULTICLASS;
  put_text(json, "best_trivial", same ? "same_for_all" : money_policy_name(money->best_trivial));
  put(json, "break_even", break_even_json(parts));
  put(json, "examples", examples_json(parts->context->examples));
  json_t *warnings = warnings_json(parts);
  put(json, "warnings", json_array_size(warnings) > 0 ? json_incref(warnings) : NULL);
  json_decref(warnings);
  return json;
}

// ---- curves ----

static json_t *integers_json(const int64_t *values, int count) {
  json_t *json = json_array();
  for (int i = 0; i < count; i++) json_array_append_new(json, json_integer(values[i]));
  return json;
}

// The champion stands beside it; its rows, and so its x, are the same.
static json_t *curve_json(const MoneyCurve *challenger, const MoneyCurve *champion) {
  if (challenger->count == 0) return NULL;
  int count = challenger->count;
  json_t *json = json_object(), *x = json_array();
  for (int i = 0; i < count; i++) json_array_append_new(x, json_finite(challenger->x[i]));
  put(json, "x", x);
  put_count(json, "scale", MONEY_SCALE);
  if (champion != NULL && champion->count == count)
    put(json, "champion", integers_json(champion->value, count));
  put(json, "challenger", integers_json(challenger->value, count));
  put(json, "low", integers_json(challenger->low, count));
  put(json, "high", integers_json(challenger->high, count));
  return json;
}

// What each cut of the challenger's score is worth, as far as a capacity of rows goes; not where the policy
// cuts something else, or spends a budget.
static json_t *threshold_json(const EvaluationReport *report) {
  const MoneyReport *money = &report->money;
  json_t *thresholds = json_array(), *acted = json_array(), *values = json_array();
  for (int i = 0; i < report->point_count; i++) {
    const CurvePoint *point = &report->points[i];
    if (money->capacity.limited && point->acted > money->capacity.limit) continue;
    json_array_append_new(thresholds, json_finite(point->threshold));
    json_array_append_new(acted, json_integer(point->acted));
    json_array_append_new(values, json_integer(point->value));
  }
  return json_pack("{s:o,s:o,s:o,s:i}", "threshold", thresholds, "acted", acted, "challenger", values,
                   "scale", (int)MONEY_SCALE);
}

json_t *curves_json(const ReportParts *parts) {
  if (parts->challenger->point_count == 0) return NULL;
  json_t *json = json_object();
  const MoneyReport *money = &parts->challenger->money;
  const MoneyReport *champion = parts->champion == NULL ? NULL : &parts->champion->money;
  put(json, "profit", curve_json(&money->profit, champion == NULL ? NULL : &champion->profit));
  bool cuts = money->present && money->policy.kind != POLICY_EXPECTED_GAIN &&
              !(parts->context->config->business.capacity.budget > 0);
  if (cuts) put(json, "threshold", threshold_json(parts->challenger));
  put(json, "capacity", curve_json(&money->by_capacity, champion == NULL ? NULL : &champion->by_capacity));
  put(json, "roc", roc_json(parts));
  put(json, "pr", pr_json(parts));
  return json;
}
