// Fairness: rates by group with intervals, and their differences and ratios.
#include "io/report/html/sections/cells.h"
#include "io/report/html/sections/section.h"
#include "io/report/report_read.h"

#include <stdio.h>
#include <string.h>

enum { GROUPS_MAX = 24, RATES = 4 };

static const char *const RATE_IDS[RATES] = {"selection_rate", "tpr", "fpr", "ppv"};
static const char *const RATE_TITLES[RATES] = {"Selected", "True positive rate", "False positive rate",
                                               "Precision"};

static void group_row(Text *text, const json_t *report, size_t index) {
  const json_t *group = json_array_get(report_at(report, "fairness/groups"), index);
  Form count = {.scale = 1}, percent = form_percent(1);
  const char *note = report_string(group, "note");
  char base[48], id[64];
  snprintf(base, sizeof base, "/fairness/groups/%zu", index);
  snprintf(id, sizeof id, "%s/rows", base);
  text_add(text, "<tr id=\"%s\"><th scope=\"row\">", base);
  text_html(text, report_string(group, "value"));
  text_put(text, "</th>");
  cell_number(text, "Rows", id, report_number(group, "rows"), &count);
  if (*note != '\0') {
    text_add(text, "<td class=\"n\" colspan=\"%d\">", RATES);
    text_html(text, note);
    text_put(text, "</td>");
  }
  for (int i = 0; i < RATES && *note == '\0'; i++)
    cell_estimate(text, RATE_TITLES[i], base, group, RATE_IDS[i], &percent);
  text_put(text, "</tr>\n");
}

static const char *measure_title(const char *measure) {
  for (int i = 0; i < RATES; i++)
    if (strcmp(RATE_IDS[i], measure) == 0) return RATE_TITLES[i];
  return measure;
}

static void comparison_row(Text *text, const json_t *report, size_t index) {
  const json_t *comparison = json_array_get(report_at(report, "fairness/comparisons"), index);
  Form difference = form_signed(form_percent(1)), ratio = {.scale = 1, .decimals = 2};
  const char *rule = report_string(comparison, "four_fifths");
  char base[48];
  snprintf(base, sizeof base, "/fairness/comparisons/%zu", index);
  text_add(text, "<tr id=\"%s\"><th scope=\"row\">", base);
  text_html(text, measure_title(report_string(comparison, "measure")));
  text_put(text, "<small>");
  text_html(text, report_string(comparison, "group"));
  text_put(text, " against ");
  text_html(text, report_string(comparison, "reference"));
  text_put(text, "</small></th>");
  cell_estimate(text, "Difference", base, comparison, "difference", &difference);
  cell_estimate(text, "Ratio", base, comparison, "ratio", &ratio);
  cell_open(text, "Four fifths", "n", NULL);
  if (*rule != '\0') {
    bool flag = strcmp(rule, "flag") == 0;
    text_add(text, "<span class=\"pill %s\">%s</span>", flag ? "unknown" : "pass",
             flag ? "look again" : "passes");
  }
  text_put(text, "</td></tr>\n");
}

void write_fairness(Text *text, const json_t *report) {
  static const Column groups[] = {{"Group", false},
                                  {"Rows", true},
                                  {"Selected", true},
                                  {"True positive rate", true},
                                  {"False positive rate", true},
                                  {"Precision", true}};
  static const Column comparisons[] = {
      {"Measure", false}, {"Difference", true}, {"Ratio", true}, {"Four-fifths rule", true}};
  if (report_size(report, "fairness/groups") == 0) return;
  text_put(text, "<h3>Fairness by ");
  text_html(text, report_string(report, "fairness/column"));
  text_put(text, "</h3>\n");
  put_paragraph(text, "intro", report_string(report, "fairness/text"));
  table_open(text, "stack quiet", "Rates by group", groups, sizeof groups / sizeof *groups);
  for (size_t i = 0; i < report_size(report, "fairness/groups") && i < GROUPS_MAX; i++)
    group_row(text, report, i);
  table_close(text);
  if (report_size(report, "fairness/comparisons") == 0) return;
  table_open(text, "stack", "Groups against the reference", comparisons,
             sizeof comparisons / sizeof *comparisons);
  for (size_t i = 0; i < report_size(report, "fairness/comparisons") && i < 2 * GROUPS_MAX; i++)
    comparison_row(text, report, i);
  table_close(text);
}
