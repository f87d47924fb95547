// The leaderboard of several challengers: order, intervals, and which models cannot be separated.
#include "io/report/html/plots/rows_plot.h"
#include "io/report/html/sections/cells.h"
#include "io/report/html/sections/section.h"
#include "io/report/report_read.h"

#include "engine/shared/memory.h"

#include <stdio.h>
#include <stdlib.h>

static bool present(const json_t *report) {
  return report_size(report, "leaderboard/models") > 0;
}

static const json_t *model_at(const json_t *report, size_t index) {
  return json_array_get(report_at(report, "leaderboard/models"), index);
}

static void model_row(Text *text, const json_t *report, size_t index, const Form *form) {
  const json_t *model = model_at(report, index);
  const Form count = {.scale = 1}, difference = form_signed(*form);
  char base[64], id[96];
  snprintf(base, sizeof base, "/leaderboard/models/%zu", index);
  text_add(text, "<tr id=\"%s\"%s>", base,
           json_is_true(report_at(model, "champion")) ? " class=\"strong\"" : "");
  snprintf(id, sizeof id, "%s/rank", base);
  cell_number(text, "Rank", id, report_number(model, "rank"), &count);
  text_put(text, "<th scope=\"row\">");
  text_html(text, report_string(model, "name"));
  text_put(text, json_is_true(report_at(model, "champion")) ? "<small>champion</small></th>" : "</th>");
  cell_open(text, "Group", "n", NULL);
  text_html(text, report_string(model, "group"));
  text_put(text, "</td>");
  cell_estimate(text, "Value", base, model, "value", form);
  cell_estimate(text, "Against the champion", base, model, "delta", &difference);
  snprintf(id, sizeof id, "%s/p_holm", base);
  cell_open(text, "p (Holm)", "n", report_number(model, "p_holm") >= 0 ? id : NULL);
  put_p(text, report_number(model, "p_holm"));
  text_put(text, "</td>");
  cell_text(text, "Verdict", NULL, report_string(model, "state"));
  text_put(text, "</tr>\n");
}

static void plot(Text *text, const json_t *report, double scale, const char *unit) {
  char *axis = memory_format("%.60s%s%.40s", report_string(report, "leaderboard/label"),
                             scale > 1 ? ", " : "", scale > 1 ? unit : "");
  RowsPlot *rows = memory_get(1, sizeof *rows);
  *rows = (RowsPlot){.id = "plot-leaderboard",
                     .title = "Every model with its interval",
                     .description = "On the same rows. Models that share a letter cannot be separated.",
                     .kind = ROWS_DOTS,
                     .label_title = "model",
                     .note_title = "group",
                     .confidence = report_confidence(report),
                     .axis = axis_number(axis)};
  for (size_t i = 0; i < report_size(report, "leaderboard/models"); i++) {
    const json_t *model = model_at(report, i);
    Row *row = rows_add(rows, report_string(model, "name"));
    if (row == NULL) break;
    row->style = json_is_true(report_at(model, "champion")) ? "champion" : "challenger";
    row_estimate(row, report_at(model, "value"), scale);
    snprintf(row->note, sizeof row->note, "%.8s", report_string(model, "group"));
  }
  rows_figure(text, rows);
  free(rows);
  free(axis);
}

static void body(Text *text, const json_t *report) {
  static const Column columns[] = {
      {"Rank", true},     {"Model", false},  {"Group", true}, {"Value", true}, {"Against the champion", true},
      {"p (Holm)", true}, {"Verdict", false}};
  const json_t *board = report_at(report, "leaderboard");
  Form form = form_of(board, report_largest(report_at(board, "models"), "value/value"));
  put_paragraph(text, "intro", report_string(board, "text"));
  table_open(text, "stack quiet", "Models by rank", columns, sizeof columns / sizeof *columns);
  for (size_t i = 0; i < report_size(board, "models"); i++) model_row(text, report, i, &form);
  table_close(text);
  text_put(text, "<div class=\"plots\">");
  plot(text, report, form.scale, report_string(report, "business/unit"));
  text_put(text, "</div>\n");
}

const Section section_leaderboard = {"leaderboard", "Leaderboard", NULL, "pm ds", false, present, NULL, body};
