// The report as Markdown.
#include "io/report/report_markdown.h"

#include "io/report/report_read.h"

#include <string.h>

static bool compared(const json_t *report) {
  return json_is_object(report_at(report, "subject/champion"));
}

// "0.8431 (0.82 to 0.86)" of an estimate; money in units.
static void estimate(Text *text, const json_t *object, const char *side, bool sign) {
  char path[48];
  double scale = report_number(object, "scale");
  scale = scale > 0 ? scale : 1;
  strcat(strcpy(path, side), "/value");
  double value = report_number(object, path) / scale;
  strcat(strcpy(path, side), "/ci/0");
  double low = report_number(object, path) / scale;
  strcat(strcpy(path, side), "/ci/1");
  double high = report_number(object, path) / scale;
  int decimals = scale > 1 ? money_decimals(value < 0 ? -value : value) : metric_decimals(value);
  format_fixed(text, value, decimals, sign);
  if (low != low || high != high) return;
  text_put(text, " (");
  format_fixed(text, low, decimals, sign);
  text_put(text, " to ");
  format_fixed(text, high, decimals, sign);
  text_put(text, ")");
}

static void verdict(Text *text, const json_t *report) {
  text_put(text, "## ");
  text_markdown(text, report_string(report, "verdict/state"));
  text_put(text, ": ");
  text_markdown(text, report_string(report, "subject/name"));
  text_put(text, "\n\n");
  text_markdown(text, report_string(report, "verdict/sentence"));
  text_put(text, "\n\n");
  report_reasons(text, report, "- ", text_markdown);
}

static void metric_table(Text *text, const json_t *report, const char *title, const char *list,
                         bool results) {
  bool both = compared(report);
  if (report_size(report, list) == 0) return;
  text_add(text, "\n### %s\n\n", title);
  text_put(text, both ? "| | Champion | Challenger | Difference, + is better |" : "| | This model |");
  text_put(text, results ? " Result |\n" : "\n");
  text_put(text, both ? "| --- | ---: | ---: | ---: |" : "| --- | ---: |");
  text_put(text, results ? " --- |\n" : "\n");
  for (size_t i = 0; i < report_size(report, list); i++) {
    const json_t *row = json_array_get(report_at(report, list), i);
    text_put(text, "| ");
    text_markdown(text, report_string(row, "label"));
    text_put(text, " | ");
    if (both) {
      estimate(text, row, "champion", false);
      text_put(text, " | ");
    }
    estimate(text, row, "challenger", false);
    if (both) {
      text_put(text, " | ");
      estimate(text, row, "delta", true);
    }
    if (results) text_add(text, " | %s", report_string(row, "result"));
    text_put(text, " |\n");
  }
}

static void money(Text *text, const json_t *report) {
  const json_t *policies = report_at(report, "business/policies");
  if (json_array_size(policies) == 0) return;
  double scale = report_number(report, "business/scale");
  text_put(text, "\n### Money\n\n| Policy | Acts on | Value, ");
  text_markdown(text, report_string(report, "business/unit"));
  text_put(text, " |\n| --- | ---: | ---: |\n");
  for (size_t i = 0; i < json_array_size(policies); i++) {
    const json_t *policy = json_array_get(policies, i);
    double value = report_number(policy, "value") / scale;
    text_put(text, "| ");
    text_markdown(text, report_policy_name(report, policy));
    text_put(text, " | ");
    format_count(text, report_number(policy, "acted"));
    text_put(text, " | ");
    format_fixed(text, value, money_decimals(value < 0 ? -value : value), false);
    text_put(text, " |\n");
  }
}

void report_markdown(Text *text, const json_t *report) {
  verdict(text, report);
  metric_table(text, report, "Decision", "gates", true);
  money(text, report);
  metric_table(text, report, "Metrics", "metrics", false);
  text_put(text, "\nRows: ");
  format_count(text, report_number(report, "evaluation_set/rows"));
  text_put(text, ". Evaluation data: `");
  text_markdown(text, report_string(report, "evaluation_set/digest"));
  text_put(text, "`.\n");
}
