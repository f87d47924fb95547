// Methods: formula, interval and source of each number shown.
#include "io/report/html/sections/cells.h"
#include "io/report/html/sections/section.h"
#include "io/report/report_read.h"

static bool present(const json_t *report) {
  return report_size(report, "methods") > 0 || report_size(report, "metrics") > 0;
}

static void method_row(Text *text, const json_t *method, const char *list, size_t index) {
  const char *interval = report_string(method, "interval_text"), *source = report_string(method, "source");
  const char *interval_source = report_string(method, "interval_source");
  if (*interval == '\0') interval = report_string(method, "interval");
  if (*interval == '\0') interval = report_string(method, "delta/method");
  text_add(text, "<tr><th scope=\"row\">");
  text_html(text, report_string(method, "label"));
  text_add(text, "</th><td id=\"/%s/%zu/formula\"><code>", list, index);
  text_html(text, report_string(method, "formula"));
  text_put(text, "</code></td>");
  cell_text(text, "Interval", NULL, interval);
  cell_open(text, "Source", "", NULL);
  text_html(text, source);
  text_put(text, *source != '\0' && *interval_source != '\0' ? "; " : "");
  text_html(text, interval_source);
  text_put(text, "</td>");
  text_put(text, "</tr>\n");
}

static void settings(Text *text, const json_t *report) {
  const json_t *method = report_at(report, "method");
  Form count = {.scale = 1}, percent = form_percent(0), alpha = {.scale = 1, .decimals = 3};
  Facts facts = facts_open(text, NULL, "Settings of the methods");
  fact_number(text, "Confidence", "/method/confidence", report_number(method, "confidence"), &percent, "",
              "");
  fact_number(text, "Alpha", "/method/alpha", report_number(method, "alpha"), &alpha, "", "");
  fact_text(text, "Multiplicity", "/method/multiplicity", report_string(method, "multiplicity"));
  fact_text(text, "Bootstrap", "/method/bootstrap/kind", report_string(method, "bootstrap/kind"));
  fact_number(text, "Replicates", "/method/bootstrap/replicates",
              report_number(method, "bootstrap/replicates"), &count, "", "");
  fact_text(text, "Resampled", "/method/bootstrap/unit", report_string(method, "bootstrap/unit"));
  fact_text(text, "Random numbers", "/method/bootstrap/rng", report_string(method, "bootstrap/rng"));
  fact_number(text, "Seed", "/method/bootstrap/seed", report_number(method, "bootstrap/seed"), &count, "",
              "");
  fact_number(text, "Rows whose score was clipped", "/method/clipped_rows",
              report_number(method, "clipped_rows"), &count, "", "");
  facts_close(text, &facts);
}

static void body(Text *text, const json_t *report) {
  static const Column columns[] = {
      {"Number", false}, {"Formula", false}, {"Interval", false}, {"Source", false}};
  const char *list = report_size(report, "methods") > 0 ? "methods" : "metrics";
  table_open(text, "stack quiet methods", "Methods", columns, sizeof columns / sizeof *columns);
  for (size_t i = 0; i < report_size(report, list); i++)
    method_row(text, json_array_get(report_at(report, list), i), list, i);
  table_close(text);
  settings(text, report);
  text_put(text,
           "<p class=\"intro\">Sums are exact and rounded once, so no order of rows, threads or batches "
           "changes a digit. Money is counted in millionths of the unit as integers. Equal scores are one "
           "block.</p>\n");
}

const Section section_methods = {"methods", "Methods", NULL, "ds mle", true, present, NULL, body};
