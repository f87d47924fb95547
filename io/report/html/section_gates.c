// The decision table: each rule, what it read, and its result.
#include "io/report/html/plot.h"
#include "io/report/html/sections.h"
#include "io/report/report_read.h"

#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

bool has_gates(const json_t *report) {
  return report_size(report, "gates") > 0;
}

static const char *result_words(const char *result) {
  return !strcmp(result, "pass")             ? "passes"
         : !strcmp(result, "fail")           ? "fails"
         : !strcmp(result, "not_applicable") ? "not asked"
                                             : "cannot tell";
}

static const char *result_style(const char *result) {
  return !strcmp(result, "pass") ? "pass" : !strcmp(result, "fail") ? "fail" : "unknown";
}

// "better by more than 0", "worse by at most 0.01", ...
static void rule_words(Text *text, const json_t *gate) {
  const char *rule = report_string(gate, "rule"), *unit = report_string(gate, "unit");
  double margin = report_scaled(gate, "margin");
  text_put(text, !strcmp(rule, "superior") ? margin == 0 ? "must be better" : "must be better by more than "
                 : !strcmp(rule, "not_worse") ? "may be worse by less than "
                 : !strcmp(rule, "at_least")  ? "must be at least "
                 : !strcmp(rule, "at_most")   ? "must be at most "
                                              : "");
  if (!strcmp(rule, "superior") && margin == 0) return;
  if (margin == margin) text_add(text, "%.6g", margin);
  text_put(text, *unit && margin == margin ? " " : "");
  text_html(text, margin == margin ? unit : "");
}

static void gate_interval(Text *text, const json_t *gate) {
  double scale = report_number(gate, "scale");
  scale = scale > 0 ? scale : 1;
  const json_t *delta = report_at(gate, "delta");
  const char *rule = report_string(gate, "rule");
  double margin = report_scaled(gate, "margin");
  cell_open(text, "", "wide");
  if (delta)
    interval_svg(text, report_number(delta, "value") / scale, report_number(delta, "ci/0") / scale,
                 report_number(delta, "ci/1") / scale, !strcmp(rule, "not_worse") ? -margin : margin,
                 "Difference with its interval; the full line is no difference, the dashed line the margin");
  text_put(text, "</td>");
}

static void gate_row(Text *text, const json_t *gate, size_t index, bool compared) {
  double scale = report_number(gate, "scale"), reference = report_number(gate, "challenger/value");
  int decimals = scale > 1 ? money_decimals((reference < 0 ? -reference : reference) / scale)
                           : metric_decimals(reference);
  const char *result = report_string(gate, "result");
  text_add(text, "<tr id=\"/gates/%zu\"><th scope=\"row\">", index);
  text_html(text, report_string(gate, "label"));
  if (scale > 1 && *report_string(gate, "unit")) {
    text_put(text, ", ");
    text_html(text, report_string(gate, "unit"));
  }
  text_put(text, "<small>");
  rule_words(text, gate);
  text_put(text, "</small></th>");
  if (compared) cell_interval(text, "Champion", gate, "champion", decimals, false);
  cell_interval(text, compared ? "Challenger" : "This model", gate, "challenger", decimals, false);
  if (compared) {
    cell_interval(text, "Difference", gate, "delta", decimals, true);
    gate_interval(text, gate);
  }
  cell_open(text, "Result", "n");
  text_add(text, "<span class=\"pill %s\">%s</span></td></tr>\n", result_style(result), result_words(result));
}

void write_gates(Text *text, const json_t *report) {
  bool compared = has_champion(report);
  text_put(text, compared
                     ? "<p class=\"intro\">Every rule reads the interval of the difference, never the point. "
                       "Differences are turned so that positive is better for the challenger.</p>\n"
                     : "<p class=\"intro\">Every rule reads the interval, never the point.</p>\n");
  text_put(text, "<table class=\"stack\"><thead><tr><th scope=\"col\">Rule</th>");
  text_put(text,
           compared
               ? "<th scope=\"col\" class=\"n\">Champion</th><th scope=\"col\" class=\"n\">Challenger</th>"
                 "<th scope=\"col\" class=\"n\">Difference</th><th scope=\"col\">Against the margin</th>"
               : "<th scope=\"col\" class=\"n\">This model</th>");
  text_put(text, "<th scope=\"col\" class=\"n\">Result</th></tr></thead><tbody>\n");
  for (size_t i = 0; i < report_size(report, "gates"); i++)
    gate_row(text, json_array_get(report_at(report, "gates"), i), i, compared);
  text_put(text, "</tbody></table>\n");
  if (!report_size(report, "checks")) return;
  text_put(text, "<h3>Validity</h3><table class=\"facts-table\"><tbody>\n");
  for (size_t i = 0; i < report_size(report, "checks"); i++) {
    const json_t *check = json_array_get(report_at(report, "checks"), i);
    const char *result = report_string(check, "result");
    text_add(text, "<tr id=\"/checks/%zu\"><td>", i);
    text_html(text, report_string(check, "text"));
    text_add(text, "</td><td class=\"n\"><span class=\"pill %s\">%s</span></td></tr>\n", result_style(result),
             result_words(result));
  }
  text_put(text, "</tbody></table>\n");
}
