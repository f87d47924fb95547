// Parts of report.json: what the parameters of the business do to the decision, what would flip it, and its
// risk.
#include "io/report/json/parts.h"
#include "io/report/json_text.h"
#include "io/report/report_read.h"

#include <string.h>

static const Parameter *parameter_of(const ReportParts *parts, const SensitivityItem *item) {
  return &parts->context->config->business.params[item->parameter];
}

// A value of a parameter, with the unit where it is an amount.
static void value_words(Text *text, const ReportParts *parts, const Parameter *parameter, double value) {
  const char *unit = parts->context->config->business.unit;
  bool amount = parameter->unit[0] != '\0' && strcmp(parameter->unit, unit) == 0;
  double size = parameter->high < 0 ? -parameter->low : parameter->high;
  if (amount)
    format_fixed(text, value, money_decimals(size), false);
  else
    text_add(text, "%.4g", value);
  if (amount) text_add(text, " %s", unit);
}

// "The challenger wins while offer is below 72.50 USD; it is 60.00 USD."
static void flip_words(Text *text, const ReportParts *parts, const SensitivityItem *item) {
  const Parameter *parameter = parameter_of(parts, item);
  bool wins = parts->challenger->money.sensitivity.delta > 0;
  if (parts->comparison != NULL)
    text_put(text, wins ? "The challenger wins while " : "The challenger would win if ");
  else
    text_add(text, "The model %s worth more than %s %s ", wins ? "is" : "would be",
             trivial_words(parts->challenger), wins ? "while" : "if");
  text_add(text, "%s %s %s ", parameter->name, wins ? "is" : "were", item->wins_above ? "above" : "below");
  value_words(text, parts, parameter, item->flips_at);
  text_put(text, "; it is ");
  value_words(text, parts, parameter, item->value);
  text_put(text, ".");
}

static bool has_flip(const SensitivityItem *item) {
  return item->flips_at == item->flips_at;
}

static void item_words(Text *text, const ReportParts *parts, const SensitivityItem *item) {
  const Parameter *parameter = parameter_of(parts, item);
  if (has_flip(item)) {
    flip_words(text, parts, item);
    return;
  }
  text_add(text, "No value of %s from ", parameter->name);
  value_words(text, parts, parameter, item->low);
  text_put(text, " to ");
  value_words(text, parts, parameter, item->high);
  text_add(text, ", nor one up to %d times as far, changes who wins.", SENSITIVITY_REACH);
}

json_t *sensitivity_json(const ReportParts *parts) {
  const Sensitivity *sensitivity = &parts->challenger->money.sensitivity;
  if (sensitivity->count == 0 && sensitivity->left_out == 0) return NULL;
  json_t *items = json_array();
  for (int i = 0; i < sensitivity->count; i++) {
    const SensitivityItem *item = &sensitivity->items[i];
    Text text = {0};
    json_t *json = json_pack("{s:s,s:f,s:f,s:f,s:I,s:I}", "param", parameter_of(parts, item)->name, "value",
                             item->value, "low", item->low, "high", item->high, "delta_low",
                             (json_int_t)item->delta_low, "delta_high", (json_int_t)item->delta_high);
    put_number(json, "flips_at", item->flips_at);
    item_words(&text, parts, item);
    put_text(json, "text", text.bytes);
    text_free(&text);
    json_array_append_new(items, json);
  }
  json_t *json =
      json_pack("{s:i,s:I,s:o,s:I}", "scale", (int)MONEY_SCALE, "delta", (json_int_t)sensitivity->delta,
                "items", items, "evaluations", (json_int_t)sensitivity->evaluations);
  Text text = {0};
  text_put(&text, "Policies stay as they were frozen; one parameter moves at a time.");
  if (sensitivity->left_out > 0)
    text_add(&text, " %d parameter%s left out: %lld evaluations of the payoffs are enough for so many rows.",
             sensitivity->left_out, sensitivity->left_out == 1 ? " is" : "s are",
             (long long)sensitivity->evaluations);
  put_text(json, "text", text.bytes);
  text_free(&text);
  return json;
}

json_t *verdict_flips_json(const ReportParts *parts) {
  const Sensitivity *sensitivity = &parts->challenger->money.sensitivity;
  json_t *flips = NULL;
  for (int i = 0; i < sensitivity->count; i++) {
    const SensitivityItem *item = &sensitivity->items[i];
    if (!has_flip(item)) continue;
    if (flips == NULL) flips = json_array();
    Text text = {0};
    flip_words(&text, parts, item);
    json_array_append_new(flips, json_pack("{s:s,s:f,s:f,s:s}", "param", parameter_of(parts, item)->name,
                                           "from", item->value, "to", item->flips_at, "text", text.bytes));
    text_free(&text);
  }
  return flips;
}

json_t *risk_json(const ReportParts *parts) {
  const Risk *risk = &parts->challenger->money.risk;
  const BusinessConfig *business = &parts->context->config->business;
  if (risk->draws == 0) return NULL;
  json_t *json = json_pack("{s:i,s:f,s:I,s:i}", "scale", (int)MONEY_SCALE, "probability_of_loss",
                           risk->probability_of_loss, "value_at_risk", (json_int_t)risk->value_at_risk,
                           "draws", risk->draws);
  double population = business->population_rows;
  if (population > 0)
    put_count(json, "population_value_at_risk",
              rescaled_total(risk->value_at_risk, population, parts->challenger->rows));
  Text text = {0};
  format_percent(&text, risk->probability_of_loss, 1, false);
  text_add(
      &text,
      " of %d draws of the parameters and the rows make %s a loss%s%s; in the worst 5 %% the difference is ",
      risk->draws, parts->comparison != NULL ? "the change" : "the model",
      business->horizon[0] ? " over " : "", business->horizon);
  double worst = (double)risk->value_at_risk / MONEY_SCALE;
  format_fixed(&text, worst, money_decimals(worst < 0 ? -worst : worst), true);
  text_add(&text, " %s or less.", business->unit);
  put_text(json, "text", text.bytes);
  text_free(&text);
  return json;
}
