// Data: rows and label rates by part, missing values, and drift against training with its noise floor.
#include "io/report/html/plots/rows_plot.h"
#include "io/report/html/sections/cells.h"
#include "io/report/html/sections/section.h"
#include "io/report/report_read.h"

#include "engine/shared/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DRIFT_SHOWN = 32 };

static bool present(const json_t *report) {
  return json_is_object(report_at(report, "data")) || report_size(report, "drift/items") > 0;
}

static void summary(Text *text, const json_t *report) {
  const char *drift = report_string(report, "drift/text");
  text_html(text, *drift != '\0' ? drift : report_string(report, "data/text"));
}

static void parts(Text *text, const json_t *report) {
  bool binary = report_number(report, "data/parts/0/positives") >= 0;
  const Column columns[] = {
      {"Part", false}, {"Rows", true}, {binary ? "Positive" : NULL, true}, {binary ? "Rate" : NULL, true}};
  Form count = {.scale = 1}, percent = form_percent(1);
  if (report_size(report, "data/parts") == 0) return;
  table_open(text, "stack quiet", "Rows of each part", columns, sizeof columns / sizeof *columns);
  for (size_t i = 0; i < report_size(report, "data/parts"); i++) {
    const json_t *part = json_array_get(report_at(report, "data/parts"), i);
    double rows = report_number(part, "rows"), positives = report_number(part, "positives");
    char id[48];
    text_add(text, "<tr id=\"/data/parts/%zu\"><th scope=\"row\">", i);
    text_html(text, report_string(part, "name"));
    text_put(text, "</th>");
    snprintf(id, sizeof id, "/data/parts/%zu/rows", i);
    cell_number(text, "Rows", id, rows, &count);
    snprintf(id, sizeof id, "/data/parts/%zu/positives", i);
    if (binary) {
      cell_number(text, "Positive", id, positives, &count);
      cell_number(text, "Rate", NULL, rows > 0 ? positives / rows : 0.0 / 0.0, &percent);
    }
    text_put(text, "</tr>\n");
  }
  table_close(text);
}

static void missing(Text *text, const json_t *report) {
  static const Column columns[] = {{"Column", false}, {"In training", true}, {"In the judged rows", true}};
  Form percent = form_percent(2);
  if (report_size(report, "data/missing") == 0) return;
  put_heading(text, "Missing values");
  table_open(text, "stack quiet", "Missing values", columns, sizeof columns / sizeof *columns);
  for (size_t i = 0; i < report_size(report, "data/missing") && i < DRIFT_SHOWN; i++) {
    const json_t *column = json_array_get(report_at(report, "data/missing"), i);
    char id[48];
    text_add(text, "<tr id=\"/data/missing/%zu\"><th scope=\"row\">", i);
    text_html(text, report_string(column, "column"));
    text_put(text, "</th>");
    snprintf(id, sizeof id, "/data/missing/%zu/train", i);
    cell_number(text, "Training", id, report_number(column, "train"), &percent);
    snprintf(id, sizeof id, "/data/missing/%zu/judged", i);
    cell_number(text, "Judged", id, report_number(column, "judged"), &percent);
    text_put(text, "</tr>\n");
  }
  table_close(text);
}

// ---- drift ----

static const json_t *drift_at(const json_t *report, size_t index) {
  return json_array_get(report_at(report, "drift/items"), index);
}

static void drift_plot(Text *text, const json_t *report) {
  RowsPlot *plot = memory_get(1, sizeof *plot);
  *plot =
      (RowsPlot){.id = "plot-drift",
                 .title = "Distance from the training rows",
                 .description = "Population stability index of each column. Without any drift it would be "
                                "about as large as its noise floor.",
                 .kind = ROWS_BARS,
                 .label_title = "column",
                 .tick_label = "noise floor",
                 .note_title = "times floor",
                 .axis = axis_number("population stability index")};
  for (size_t i = 0; i < report_size(report, "drift/items"); i++) {
    const json_t *item = drift_at(report, i);
    Row *row = i < DRIFT_SHOWN ? rows_add(plot, report_string(item, "column")) : NULL;
    if (row == NULL) break;
    row->value = report_number(item, "psi");
    row->tick = report_number(item, "floor");
    row->style = strcmp(report_string(item, "kind"), "input") == 0 ? NULL : "challenger";
    double ratio = report_number(item, "ratio");
    if (ratio == ratio) snprintf(row->note, sizeof row->note, "%.1f", ratio);
  }
  rows_figure(text, plot);
  free(plot);
}

static void drift_row(Text *text, const json_t *report, size_t index) {
  static const char *const members[] = {"psi", "floor", "ratio", "p_adjusted", "ks", "wasserstein", "js"};
  static const char *const titles[] = {"PSI", "Floor",       "Ratio",         "p (Holm)",
                                       "KS",  "Wasserstein", "Jensen-Shannon"};
  const json_t *item = drift_at(report, index);
  text_add(text, "<tr id=\"/drift/items/%zu\"><th scope=\"row\">", index);
  text_html(text, report_string(item, "column"));
  text_put(text, "<small>");
  text_html(text, report_string(item, "kind"));
  text_put(text, "</small></th>");
  for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
    char id[64];
    double value = report_number(item, members[i]);
    Form form = {.scale = 1, .decimals = strcmp(members[i], "ratio") == 0 ? 1 : 4};
    snprintf(id, sizeof id, "/drift/items/%zu/%s", index, members[i]);
    cell_open(text, titles[i], "n", value == value ? id : NULL);
    if (strcmp(members[i], "p_adjusted") == 0) {
      put_p(text, value);
    } else {
      put_formed(text, value, &form);
    }
    text_put(text, "</td>");
  }
  text_put(text, "</tr>\n");
}

static void drift(Text *text, const json_t *report) {
  static const Column columns[] = {
      {"Column", false},  {"PSI", true}, {"Noise floor", true},        {"Ratio", true},
      {"p (Holm)", true}, {"KS", true},  {"Wasserstein, in sd", true}, {"Jensen-Shannon", true}};
  size_t count = report_size(report, "drift/items");
  if (count == 0) return;
  put_heading(text, "Drift");
  text_put(text, "<div class=\"plots\">");
  drift_plot(text, report);
  text_put(text, "</div>\n");
  table_open(text, "stack quiet", "Measures of drift", columns, sizeof columns / sizeof *columns);
  for (size_t i = 0; i < count && i < DRIFT_SHOWN; i++) drift_row(text, report, i);
  table_close(text);
  put_paragraph(text, "small", report_string(report, "drift/binning"));
  double rows = report_number(report, "drift/training_rows");
  if (rows > 0) {
    text_put(text, "<p class=\"small\">Measured against <span id=\"/drift/training_rows\">");
    format_count(text, rows);
    text_put(text, "</span> rows of training.</p>\n");
  }
  if (count > DRIFT_SHOWN)
    text_add(text, "<p class=\"small\">%zu further columns are in report.json.</p>\n", count - DRIFT_SHOWN);
}

static void body(Text *text, const json_t *report) {
  put_paragraph(text, "intro", report_string(report, "data/text"));
  parts(text, report);
  missing(text, report);
  drift(text, report);
}

const Section section_data = {"data", "Data", NULL, "mle", true, present, summary, body};
