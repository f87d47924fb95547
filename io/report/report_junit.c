// The report as JUnit's XML, which every CI server reads.
#include "io/report/report_junit.h"

#include "io/report/reasons.h"
#include "io/report/report_read.h"

#include <string.h>

// Text and attributes alike: escaped as HTML is, without the two code points that XML forbids beside
// controls.
static void text_xml(Text *text, const char *string) {
  Text valid = {0};
  text_put(&valid, "");
  for (const char *c = string; *c != '\0'; c++) {
    bool forbidden = strncmp(c, "\xef\xbf\xbe", 3) == 0 || strncmp(c, "\xef\xbf\xbf", 3) == 0;
    text_put_n(&valid, forbidden ? "\xef\xbf\xbd" : c, forbidden ? 3 : 1);
    c += forbidden ? 2 : 0;
  }
  text_html(text, valid.bytes);
  text_free(&valid);
}

static void case_open(Text *text, const char *kind, const char *name) {
  text_put(text, "    <testcase classname=\"eval.");
  text_xml(text, kind);
  text_put(text, "\" name=\"");
  text_xml(text, name);
  text_put(text, "\">\n");
}

static void case_close(Text *text) {
  text_put(text, "    </testcase>\n");
}

static void message(Text *text, const char *element, const char *prefix, const char *words) {
  text_add(text, "      <%s message=\"%s", element, prefix);
  text_xml(text, words);
  text_put(text, "\"/>\n");
}

static void result(Text *text, const char *result_name, const char *words) {
  if (strcmp(result_name, "fail") == 0) {
    message(text, "failure", "", words);
  } else if (strcmp(result_name, "not_applicable") == 0) {
    message(text, "skipped", "not asked", "");
  } else if (strcmp(result_name, "pass") != 0) {
    message(text, "skipped", "inconclusive: ", words);
  }
}

static void estimate_line(Text *text, const json_t *gate, const char *side, const char *title) {
  const json_t *estimate = report_at(gate, side);
  double scale = report_number(gate, "scale"), value = report_number(estimate, "value");
  scale = scale > 0 ? scale : 1;
  if (value != value) return;
  text_add(text, "%s: %.6g", title, value / scale);
  double low = report_number(estimate, "ci/0") / scale, high = report_number(estimate, "ci/1") / scale;
  if (low == low && high == high) text_add(text, " [%.6g, %.6g]", low, high);
  text_put(text, "\n");
}

// What the rule read: margin, both models, difference, each with its interval.
static void output(Text *text, const json_t *gate) {
  text_put(text, "      <system-out>rule: ");
  text_xml(text, report_string(gate, "rule"));
  double margin = report_scaled(gate, "margin");
  if (margin == margin) text_add(text, " %.6g", margin);
  text_put(text, *report_string(gate, "unit") != '\0' ? " " : "");
  text_xml(text, report_string(gate, "unit"));
  text_put(text, "\n");
  bool compared = json_is_object(report_at(gate, "champion"));
  estimate_line(text, gate, "champion", "champion");
  estimate_line(text, gate, "challenger", compared ? "challenger" : "this model");
  estimate_line(text, gate, "delta", "difference");
  if (*report_string(gate, "warning") != '\0') {
    text_put(text, "warning: ");
    text_xml(text, report_string(gate, "warning"));
    text_put(text, "\n");
  }
  text_put(text, "</system-out>\n");
}

static void gate_case(Text *text, const json_t *gate) {
  const char *kind = report_string(gate, "kind");
  case_open(text, *kind != '\0' ? kind : "guardrail", report_string(gate, "id"));
  result(text, report_string(gate, "result"), report_string(gate, "text"));
  output(text, gate);
  case_close(text);
}

static bool is_accepted(const char *state) {
  return strcmp(state, "SHIP") == 0 || strcmp(state, "FIRST") == 0 || strcmp(state, "IDENTICAL") == 0;
}

static void verdict_case(Text *text, const json_t *report) {
  const char *state = report_string(report, "verdict/state");
  case_open(text, "verdict", "verdict");
  if (!is_accepted(state)) {
    text_put(text, "      <failure message=\"");
    text_xml(text, state);
    text_put(text, ": ");
    text_xml(text, report_string(report, "verdict/sentence"));
    text_put(text, "\"/>\n");
  }
  text_put(text, "      <system-out>");
  text_xml(text, state);
  text_put(text, ": ");
  text_xml(text, report_string(report, "verdict/sentence"));
  text_put(text, "\n");
  if (*report_string(report, "verdict/warning") != '\0') {
    text_put(text, "warning: ");
    text_xml(text, report_string(report, "verdict/warning"));
    text_put(text, "\n");
  }
  report_reasons(text, report, "", text_xml);
  text_put(text, "</system-out>\n");
  case_close(text);
}

static bool has_result(const json_t *rule, const char *name) {
  const char *own = report_string(rule, "result");
  if (strcmp(name, "fail") == 0) return strcmp(own, "fail") == 0;
  return strcmp(own, "fail") != 0 && strcmp(own, "pass") != 0; // skipped
}

static size_t count(const json_t *report, const char *result_name) {
  static const char *const lists[] = {"gates", "checks"};
  size_t found = 0;
  for (int l = 0; l < 2; l++)
    for (size_t i = 0; i < report_size(report, lists[l]); i++)
      found += has_result(json_array_get(report_at(report, lists[l]), i), result_name);
  return found;
}

void report_junit(Text *text, const json_t *report) {
  size_t gates = report_size(report, "gates"), checks = report_size(report, "checks");
  size_t failures = count(report, "fail") + !is_accepted(report_string(report, "verdict/state"));
  text_put(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"");
  text_xml(text, report_string(report, "subject/name"));
  text_add(text, "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\">\n", 1 + gates + checks,
           failures, count(report, "skipped"));
  verdict_case(text, report);
  for (size_t i = 0; i < gates; i++) gate_case(text, json_array_get(report_at(report, "gates"), i));
  for (size_t i = 0; i < checks; i++) {
    const json_t *check = json_array_get(report_at(report, "checks"), i);
    case_open(text, "validity", report_string(check, "id"));
    result(text, report_string(check, "result"), report_string(check, "text"));
    case_close(text);
  }
  text_put(text, "  </testsuite>\n</testsuites>\n");
}
