// Money: what each policy is worth, the operating point, and how value is counted.
#include "io/report/html/sections/cells.h"
#include "io/report/html/sections/section.h"
#include "io/report/report_read.h"

#include <stdio.h>
#include <string.h>

static bool present(const json_t *report) {
  return report_size(report, "business/policies") > 0;
}

typedef struct PolicyWords {
  const char *name, *title, *note;
} PolicyWords;

static const PolicyWords POLICIES[] = {
    {"nobody", "Act on nobody", "what happens without a model"},
    {"everybody", "Act on everybody", "no model needed either"},
    {"random", "At random", "as many rows as the challenger, drawn blindly"},
    {"champion", "Champion", "the model in use"},
    {"challenger", "Challenger", "the model that wants to replace it"},
    {"half", "Threshold 0.5", "the usual default"},
    {"same_for_all", "The same for all", "no model needed"},
    {"best_threshold", "Best threshold", "known only after the fact: optimistic"},
    {"oracle", "Oracle", "acts exactly where it pays: out of reach"},
};

static void policy_title(Text *text, const char *name, bool compared) {
  for (size_t i = 0; i < sizeof POLICIES / sizeof *POLICIES; i++) {
    if (strcmp(POLICIES[i].name, name)) continue;
    bool alone = !compared && !strcmp(name, "challenger");
    text_add(text, "%s<small>%s</small>", alone ? "This model" : POLICIES[i].title,
             alone ? "its policy as frozen" : POLICIES[i].note);
    return;
  }
  text_html(text, name);
}

static double largest_value(const Money *money) {
  return report_largest(report_at(money->business, "policies"), "value");
}

typedef struct PolicyForms {
  Form total, thousand, population, share;
} PolicyForms;

static PolicyForms forms_of(const Money *money) {
  double largest = largest_value(money);
  PolicyForms forms = {form_money(money->scale, largest),
                       form_money(money->scale, largest * 1000 / money->rows),
                       form_money(money->scale, largest * money->population / money->rows), form_percent(1)};
  return forms;
}

// What the policy is worth on the population, with its interval.
static void population_cell(Text *text, const Money *money, const json_t *policy, const char *base,
                            const Form *form) {
  if (!(money->population > 0)) return;
  if (json_is_object(report_at(policy, "population"))) {
    cell_estimate(text, "On the population", base, policy, "population", form);
  } else {
    double value = report_number(policy, "value") * money->population / money->rows;
    cell_number(text, "On the population", NULL, value, form);
  }
}

static void policy_row(Text *text, const json_t *report, const Money *money, size_t index,
                       const PolicyForms *forms) {
  const json_t *policy = json_array_get(report_at(money->business, "policies"), index);
  const char *name = report_string(policy, "name");
  bool model = !strcmp(name, "champion") || !strcmp(name, "challenger");
  double value = report_number(policy, "value"), acted = report_number(policy, "acted");
  double low = report_number(policy, "ci/0"), high = report_number(policy, "ci/1");
  char base[64];
  int length = snprintf(base, sizeof base, "/business/policies/%zu", index);
  text_add(text, "<tr id=\"%s\"%s><th scope=\"row\">", base, model ? " class=\"strong\"" : "");
  policy_title(text, name, has_champion(report));
  if (json_is_true(report_at(policy, "beyond_capacity")))
    text_put(text, "<small>beyond the capacity</small>");
  text_put(text, "</th>");
  snprintf(base + length, sizeof base - (size_t)length, "/acted");
  cell_open(text, "Acts on", "n", base);
  format_count(text, acted);
  text_put(text, "<small>");
  format_percent(text, acted / money->rows, 1, false);
  text_put(text, "</small></td>");
  snprintf(base + length, sizeof base - (size_t)length, "/value");
  cell_open(text, "Value", "n", base);
  put_formed(text, value, &forms->total);
  if (low < high) {
    text_put(text, "<small>");
    put_formed(text, low, &forms->total);
    text_put(text, " to ");
    put_formed(text, high, &forms->total);
    text_put(text, "</small>");
  }
  text_put(text, "</td>");
  cell_number(text, "Per 1,000 rows", NULL, value * 1000 / money->rows, &forms->thousand);
  base[length] = '\0';
  population_cell(text, money, policy, base, &forms->population);
  snprintf(base + length, sizeof base - (size_t)length, "/share");
  cell_number(text, "Achieved", base, report_number(policy, "share"), &forms->share);
  text_put(text, "</tr>\n");
}

// The difference of the two models, below them.
static void difference_row(Text *text, const json_t *report, const Money *money, const PolicyForms *forms) {
  int index = value_index(report);
  const json_t *metric = json_array_get(report_at(report, "metrics"), (size_t)index);
  double value = report_number(metric, "delta/value");
  Form total = form_signed(forms->total), thousand = form_signed(forms->thousand),
       population = form_signed(forms->population);
  char base[48];
  if (value != value) return;
  snprintf(base, sizeof base, "/metrics/%d", index);
  text_add(text,
           "<tr class=\"strong sum\" id=\"%s\"><th scope=\"row\">Challenger less champion</th><td></td>",
           base);
  cell_estimate(text, "Value", base, metric, "delta", &total);
  cell_number(text, "Per 1,000 rows", NULL, value * 1000 / money->rows, &thousand);
  if (money->population > 0)
    cell_number(text, "On the population", NULL, value * money->population / money->rows, &population);
  text_put(text, "<td></td></tr>\n");
}

static void policy_table(Text *text, const json_t *report, const Money *money) {
  Text value = {0}, population = {0};
  PolicyForms forms = forms_of(money);
  text_add(&value, "Value, %.60s", money->unit);
  text_add(&population, "Per %.60s (", money->per);
  format_count(&population, money->population);
  text_put(&population, ")");
  const Column columns[] = {{"Policy", false},
                            {"Acts on", true},
                            {value.bytes, true},
                            {"Per 1,000 rows", true},
                            {money->population > 0 ? population.bytes : NULL, true},
                            {"Achieved", true}};
  table_open(text, "stack quiet", "Value of each policy", columns, sizeof columns / sizeof *columns);
  for (size_t i = 0; i < report_size(money->business, "policies"); i++)
    policy_row(text, report, money, i, &forms);
  difference_row(text, report, money, &forms);
  table_close(text);
  text_free(&value);
  text_free(&population);
}

// ---- the operating point ----

static void capacity(Text *text, const json_t *business) {
  const char *words = report_string(business, "capacity/text");
  fact_text(text, "Capacity", "/business/capacity/text", words);
  if (*words != '\0') return;
  Form count = {.scale = 1}, percent = form_percent(1);
  double budget = report_number(business, "capacity/budget");
  fact_number(text, "Capacity", "/business/capacity/rows", report_number(business, "capacity/rows"), &count,
              "rows", "");
  fact_number(text, "Capacity", "/business/capacity/fraction", report_number(business, "capacity/fraction"),
              &percent, "of the rows", "");
  fact_number(text, "Budget", "/business/capacity/budget", budget, &count, report_string(business, "unit"),
              "");
}

static void operating_point(Text *text, const json_t *report, const Money *money) {
  const json_t *business = money->business;
  Form form = form_money(money->scale, largest_value(money)), percent = form_percent(1);
  Facts facts = facts_open(text, "The operating point", "The operating point");
  fact_text(text, "Policy", "/business/policy/text", report_string(business, "policy/text"));
  capacity(text, business);
  fact_number(text, "Share of the achievable", "/business/share_of_achievable",
              report_number(business, "share_of_achievable"), &percent, "",
              "0 % is the best that needs no model, 100 % the oracle");
  fact_number(text, "Worth of the threshold", "/business/value_of_threshold",
              report_number(business, "value_of_threshold"), &form, money->unit,
              "against a threshold of 0.5");
  fact_number(text, "Left on the table", "/business/regret", report_number(business, "regret"), &form,
              money->unit, "the best threshold, known only after the fact, less this one");
  fact_text(text, "Break-even", "/business/break_even/text", report_string(business, "break_even/text"));
  const char *risk = report_string(report, "risk/text");
  fact_number(text, "Value at risk", "/risk/value_at_risk", report_number(report, "risk/value_at_risk"),
              &form, money->unit,
              *risk != '\0' ? risk : "in 95 of 100 draws of rows and costs the gain is above this");
  facts_close(text, &facts);
}

static void examples(Text *text, const json_t *business) {
  if (report_size(business, "examples") == 0) return;
  text_put(text, "<div class=\"note\">Are the signs right? For a typical row:<ul>");
  for (size_t i = 0; i < report_size(business, "examples"); i++) {
    text_add(text, "<li id=\"/business/examples/%zu\">", i);
    text_html(text, report_string(json_array_get(report_at(business, "examples"), i), ""));
    text_put(text, "</li>");
  }
  text_put(text, "</ul></div>\n");
}

static void parameter(Text *text, const char *name, const json_t *value) {
  text_put(text, "<tr><th scope=\"row\"><code>:");
  text_html(text, name);
  text_add(text, "</code></th><td>%.6g", report_number(value, "value"));
  if (report_number(value, "low") < report_number(value, "high"))
    text_add(text, " <small>between %.6g and %.6g</small>", report_number(value, "low"),
             report_number(value, "high"));
  text_put(text, "</td></tr>\n");
}

// TRUTH: {DECISION: cost}, a line each.
static void costs(Text *text, const json_t *business) {
  static const Column columns[] = {{"True class", false}, {"Decision", false}, {"Cost", true}};
  const char *truth, *decision;
  json_t *row, *cost;
  if (json_object_size(report_at(business, "costs")) == 0) return;
  table_open(text, "", "What decisions cost", columns, sizeof columns / sizeof *columns);
  json_object_foreach((json_t *)report_at(business, "costs"), truth, row) {
    json_object_foreach(row, decision, cost) {
      text_put(text, "<tr><th scope=\"row\">");
      text_html(text, truth);
      text_put(text, "</th>");
      cell_text(text, "", NULL, decision);
      cell_open(text, "", "n", NULL);
      text_add(text, "%.6g</td></tr>\n", report_number(cost, ""));
    }
  }
  table_close(text);
}

static void definition(Text *text, const json_t *business) {
  const json_t *value;
  const char *name;
  Facts facts = facts_open(text, "How value is counted", "How value is counted");
  fact_code(text, "If we act", "/business/act", report_string(business, "act"));
  fact_code(text, "If we do not", "/business/skip", report_string(business, "skip"));
  fact_text(text, "Horizon", "/business/horizon", report_string(business, "horizon"));
  json_object_foreach((json_t *)report_at(business, "params"), name, value) parameter(text, name, value);
  facts_close(text, &facts);
  costs(text, business);
  examples(text, business);
}

static void body(Text *text, const json_t *report) {
  Money money = money_of(report);
  text_put(text, "<p class=\"intro\">Value on the ");
  format_count(text, money.rows);
  text_put(text,
           " judged rows, benefits positive and costs negative. Achieved: 0 % is the best that needs no "
           "model, 100 % the oracle.</p>\n");
  for (size_t i = 0; i < report_size(money.business, "warnings"); i++) {
    text_add(text, "<p class=\"note warn\" id=\"/business/warnings/%zu\">", i);
    text_html(text, report_string(json_array_get(report_at(money.business, "warnings"), i), ""));
    text_put(text, "</p>\n");
  }
  policy_table(text, report, &money);
  text_put(text, "<div class=\"plots\">");
  write_money_plots(text, report);
  text_put(text, "</div>\n<div class=\"plots\"><div>");
  operating_point(text, report, &money);
  text_put(text, "</div><div>");
  definition(text, money.business);
  text_put(text, "</div></div>\n");
}

const Section section_money = {"money", "Money", NULL, "pm", false, present, NULL, body};
