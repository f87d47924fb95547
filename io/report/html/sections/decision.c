// The decision table: each rule, what it read, and its result; validity checks and changed rules.
#include "io/report/html/plots/plot.h"
#include "io/report/html/sections/cells.h"
#include "io/report/html/sections/section.h"
#include "io/report/report_read.h"

#include <stdio.h>
#include <string.h>

static bool present(const json_t *report) {
  return report_size(report, "gates") > 0 || report_size(report, "checks") > 0;
}

static bool is_rule(const json_t *gate, const char *rule) {
  return strcmp(report_string(gate, "rule"), rule) == 0;
}

typedef struct RuleWords {
  const char *rule, *words;
  bool margin; // the words end with it
} RuleWords;

static const RuleWords RULES[] = {
    {"superior", "must be better by more than ", true},
    {"not_worse", "may be worse by less than ", true},
    {"at_least", "must be at least ", true},
    {"at_most", "must be at most ", true},
    {"suspicious", "too good to be true beyond ", true},
    {"equal", "must be equal", false},
    {"detect_harm", "must not show harm", false},
    {"prove_safe", "must be safe within ", true},
};

// "must be better", "may be worse by less than 0.01", ...
static void rule_words(Text *text, const json_t *gate) {
  double margin = report_scaled(gate, "margin"), relative = report_number(gate, "relative");
  if (is_rule(gate, "superior") && margin == 0) {
    text_put(text, "must be better");
    return;
  }
  for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++) {
    if (!is_rule(gate, RULES[i].rule)) continue;
    text_put(text, RULES[i].words);
    if (!RULES[i].margin || margin != margin) return;
    text_add(text, "%.6g ", margin);
    text_html(text, report_string(gate, "unit"));
  }
  if (relative != relative) return;
  text_put(text, "(");
  format_percent(text, relative, 1, false);
  text_put(text, " of the champion)");
}

static void gate_interval(Text *text, const json_t *gate) {
  double scale = report_number(gate, "scale"), margin = report_scaled(gate, "margin");
  scale = scale > 0 ? scale : 1;
  const json_t *delta = report_at(gate, "delta");
  bool absolute = is_rule(gate, "at_least") || is_rule(gate, "at_most"); // margins of the metric itself
  cell_open(text, "", "wide", NULL);
  if (delta != NULL) {
    interval_svg(text, report_number(delta, "value") / scale, report_number(delta, "ci/0") / scale,
                 report_number(delta, "ci/1") / scale,
                 is_rule(gate, "not_worse") ? -margin
                 : absolute                 ? 0.0 / 0.0
                                            : margin,
                 "Difference with its interval; the full line is no difference, the dashed line the margin");
  }
  text_put(text, "</td>");
}

static void gate_row(Text *text, const json_t *report, size_t index, bool compared) {
  const json_t *gate = json_array_get(report_at(report, "gates"), index);
  Form form = form_of(gate, row_largest(gate));
  form.decimals = row_decimals(report_at(report, "gates"), gate);
  Form difference = form_signed(form);
  bool money = report_number(gate, "scale") > 1;
  char base[48];
  snprintf(base, sizeof base, "/gates/%zu", index);
  text_add(text, "<tr id=\"%s\"><th scope=\"row\">", base);
  text_html(text, report_string(gate, "label"));
  if (money) text_put(text, ", ");
  text_html(text, money ? report_string(gate, "unit") : "");
  text_put(text, "<small>");
  rule_words(text, gate);
  text_put(text, "</small></th>");
  if (compared) cell_estimate(text, "Champion", base, gate, "champion", &form);
  cell_estimate(text, challenger_title(report), base, gate, "challenger", &form);
  if (compared) {
    cell_estimate(text, "Difference", base, gate, "delta", &difference);
    gate_interval(text, gate);
  }
  cell_open(text, "Result", "n wrap", NULL);
  const char *warning = report_string(gate, "warning"), *result = report_string(gate, "result");
  put_result(text, *warning != '\0' && strcmp(result, "pass") == 0 ? "warning" : result);
  if (*warning != '\0') {
    text_put(text, "<small>");
    text_html(text, warning);
    text_put(text, "</small>");
  }
  write_rows_needed(text, base, gate);
  text_put(text, "</td></tr>\n");
}

static void gates(Text *text, const json_t *report) {
  bool compared = has_champion(report);
  const Column columns[] = {{"Rule", false},
                            {compared ? "Champion" : NULL, true},
                            {challenger_title(report), true},
                            {compared ? "Difference" : NULL, true},
                            {compared ? "Against the margin" : NULL, false},
                            {"Result", true}};
  if (report_size(report, "gates") == 0) return;
  text_put(text, compared
                     ? "<p class=\"intro\">Every rule reads the interval of the difference, never the point. "
                       "Differences are turned so that positive is better for the challenger.</p>\n"
                     : "<p class=\"intro\">Every rule reads the interval, never the point.</p>\n");
  table_open(text, "stack quiet", "Rules and their results", columns, sizeof columns / sizeof *columns);
  for (size_t i = 0; i < report_size(report, "gates"); i++) gate_row(text, report, i, compared);
  table_close(text);
}

static void check_items(Text *text, const json_t *checks, const char *path) {
  for (size_t i = 0; i < json_array_size(checks); i++) {
    const json_t *check = json_array_get(checks, i);
    text_add(text, "<li id=\"%s/%zu\">", path, i);
    put_result(text, report_string(check, "result"));
    text_put(text, " ");
    text_html(text, report_string(check, "text"));
    text_put(text, "</li>\n");
  }
}

// Of both models, then of the challengers that the report is not about.
static void checks(Text *text, const json_t *report) {
  if (report_size(report, "checks") == 0) return;
  put_heading(text, "Validity");
  text_put(text, "<ul class=\"checks\">\n");
  check_items(text, report_at(report, "checks"), "/checks");
  for (size_t i = 0; i < report_size(report, "subject/others"); i++) {
    char path[48];
    snprintf(path, sizeof path, "/subject/others/%zu/checks", i);
    check_items(text, report_at(report, path + 1), path);
  }
  text_put(text, "</ul>\n");
}

static void changes(Text *text, const json_t *report) {
  static const Column columns[] = {{"Rule", false}, {"In the champion's report", false}, {"Now", false}};
  if (report_size(report, "rules_changed") == 0) return;
  put_heading(text, "Rules changed since the champion's report");
  table_open(text, "stack quiet", "Changed rules", columns, sizeof columns / sizeof *columns);
  for (size_t i = 0; i < report_size(report, "rules_changed"); i++) {
    const json_t *change = json_array_get(report_at(report, "rules_changed"), i);
    text_add(text, "<tr id=\"/rules_changed/%zu\"><th scope=\"row\">", i);
    text_html(text, report_string(change, "id"));
    text_put(text, "</th>");
    cell_text(text, "Champion's report", NULL, report_string(change, "from"));
    cell_text(text, "Now", NULL, report_string(change, "to"));
    text_put(text, "</tr>\n");
  }
  table_close(text);
}

static void body(Text *text, const json_t *report) {
  gates(text, report);
  checks(text, report);
  changes(text, report);
}

const Section section_decision = {"decision", "Decision table", NULL, "pm ds mle",
                                  false,      present,          NULL, body};
