// Lineage and reproduction: digests, rows, the exact command; and the methods behind the numbers.
#include "io/report/html/sections.h"
#include "io/report/report_read.h"

#include <string.h>

bool has_lineage(const json_t *report) {
  return report_at(report, "lineage") != NULL;
}

void summarise_lineage(Text *text, const json_t *report) {
  text_html(text, report_string(report, "lineage/tool"));
  if (*report_string(report, "lineage/numerics")) {
    text_put(text, " · numerics ");
    text_html(text, report_string(report, "lineage/numerics"));
  }
}

static void fact(Text *text, const json_t *report, const char *title, const char *path) {
  const json_t *value = report_at(report, path);
  if (!value || (json_is_string(value) && !json_string_length(value))) return;
  bool code =
      json_is_string(value) && (strstr(path, "digest") || strstr(path, "sha256") || strstr(path, "commit"));
  text_put(text, "<tr><th scope=\"row\">");
  text_html(text, title);
  text_add(text, "</th><td id=\"/%s\">%s", path, code ? "<code>" : "");
  if (json_is_string(value)) {
    text_html(text, json_string_value(value));
  } else if (json_is_number(value)) {
    format_count(text, json_number_value(value));
  }
  text_add(text, "%s</td></tr>\n", code ? "</code>" : "");
}

static void subject(Text *text, const json_t *report, const char *side, const char *title) {
  static const char *const FACTS[][2] = {{"Name", "name"},
                                         {"Model", "kind"},
                                         {"Checkpoint", "checkpoint"},
                                         {"Model digest", "model_digest"},
                                         {"State digest", "state_digest"},
                                         {"Training configuration", "config_digest"},
                                         {"Training data", "data_digest"},
                                         {"Predictions", "predictions_digest"},
                                         {"Seed", "seed"}};
  text_add(text, "<h3>%s</h3><table class=\"facts-table\"><tbody>\n", title);
  for (size_t i = 0; i < sizeof FACTS / sizeof *FACTS; i++) {
    char path[96] = "subject/";
    strcat(strcat(strcat(path, side), "/"), FACTS[i][1]);
    fact(text, report, FACTS[i][0], path);
  }
  text_put(text, "</tbody></table>\n");
}

void write_lineage(Text *text, const json_t *report) {
  bool compared = has_champion(report);
  if (compared) subject(text, report, "champion", "Champion");
  subject(text, report, "challenger", compared ? "Challenger" : "Model");
  text_put(text, "<h3>Evaluation</h3><table class=\"facts-table\"><tbody>\n");
  fact(text, report, "Rows", "evaluation_set/rows");
  fact(text, report, "Positive rows", "evaluation_set/events");
  fact(text, report, "Part of the split", "evaluation_set/part");
  fact(text, report, "Evaluation data", "evaluation_set/digest");
  fact(text, report, "Business definition", "business/definition_digest");
  fact(text, report, "Owner", "subject/owner");
  fact(text, report, "Program", "lineage/tool");
  fact(text, report, "Numerics", "lineage/numerics");
  text_put(text, "</tbody></table>\n");
  if (!*report_string(report, "lineage/command")) return;
  text_put(text, "<h3>Reproduce this report</h3><p>Runs and files by their names, without "
                 "their folders.</p><pre id=\"/lineage/command\">");
  text_html(text, report_string(report, "lineage/command"));
  text_put(text, "</pre>\n");
}

bool has_methods(const json_t *report) {
  return report_size(report, "metrics") > 0;
}

void write_methods(Text *text, const json_t *report) {
  text_put(text, "<table class=\"facts-table\"><tbody>\n");
  for (size_t i = 0; i < report_size(report, "metrics"); i++) {
    const json_t *metric = json_array_get(report_at(report, "metrics"), i);
    text_put(text, "<tr><th scope=\"row\">");
    text_html(text, report_string(metric, "label"));
    text_put(text, "</th><td>");
    text_html(text, report_string(metric, "formula"));
    if (*report_string(metric, "delta/method")) {
      text_put(text, "<small>interval of the difference: ");
      text_html(text, report_string(metric, "delta/method"));
      text_put(text, "</small>");
    }
    text_put(text, "</td></tr>\n");
  }
  text_put(text,
           "</tbody></table>\n<p class=\"intro\">Sums are exact and rounded once, so no order of rows, "
           "threads or batches changes a digit. Money is counted in millionths of the unit as integers. "
           "Equal scores are one block.</p>\n");
}
