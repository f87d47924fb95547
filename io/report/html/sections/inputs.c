// What the model makes of its inputs: importance by shuffling, and the mean score along the first six.
#include "io/report/html/plots/plot.h"
#include "io/report/html/plots/rows_plot.h"
#include "io/report/html/sections/cells.h"
#include "io/report/html/sections/section.h"
#include "io/report/report_read.h"

#include "engine/shared/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPENDENCE_SHOWN = 6, IMPORTANCE_SHOWN = 20 };

static void importance_plot(Text *text, const json_t *report, const char *member, const char *id,
                            const char *title, const char *axis, double scale) {
  RowsPlot *plot = memory_get(1, sizeof *plot);
  *plot = (RowsPlot){.id = id,
                     .title = title,
                     .description = "What is lost when one input is shuffled among the rows.",
                     .kind = ROWS_BARS,
                     .label_title = "input",
                     .confidence = report_confidence(report),
                     .axis = axis_number(axis)};
  for (size_t i = 0; i < report_size(report, "importance/items") && i < IMPORTANCE_SHOWN; i++) {
    const json_t *item = json_array_get(report_at(report, "importance/items"), i);
    if (!json_is_object(report_at(item, member))) continue;
    Row *row = rows_add(plot, report_string(item, "input"));
    row_estimate(row, report_at(item, member), scale);
    row->style = "challenger";
  }
  rows_figure(text, plot);
  free(plot);
}

static void importance(Text *text, const json_t *report) {
  size_t count = report_size(report, "importance/items");
  double scale = report_number(report, "importance/scale");
  if (count == 0) return;
  char *money = memory_format("loss of value, %.40s", report_string(report, "business/unit"));
  put_heading(text, "Which inputs matter");
  put_paragraph(text, "intro", report_string(report, "importance/text"));
  text_put(text, "<div class=\"plots\">");
  importance_plot(text, report, "log_loss", "plot-importance", "Importance for the probabilities",
                  "rise of log loss", 1);
  importance_plot(text, report, "value", "plot-importance-value", "Importance for money", money,
                  scale > 0 ? scale : 1);
  text_put(text, "</div>\n");
  if (count > IMPORTANCE_SHOWN)
    text_add(text, "<p class=\"small\">%zu further inputs are in report.json.</p>\n",
             count - IMPORTANCE_SHOWN);
  free(money);
}

// ---- dependence ----

static void numeric_dependence(Text *text, const json_t *item, const char *id, const char *input,
                               AxisFormat format, const double range[2]) {
  const char *y = format == AXIS_PERCENT ? "mean score, %" : "mean score";
  Plot *plot = memory_get(1, sizeof *plot);
  *plot = (Plot){.id = id,
                 .title = input,
                 .description = "Mean score by value.",
                 .x = axis_number(input),
                 .y = {y, format, false, range[0], range[1]},
                 .small = true};
  plot_add(plot, SERIES_COLUMNS, "share of rows, %", "", item, "x", "share", 1);
  plot_add(plot, SERIES_LINE, y, "challenger", item, "x", "score", 1);
  plot_figure(text, plot);
  free(plot);
}

static void category_dependence(Text *text, const json_t *item, const char *id, const char *input,
                                AxisFormat format, const double range[2]) {
  const char *y = format == AXIS_PERCENT ? "mean score, %" : "mean score";
  double scores[ROWS_MAX], shares[ROWS_MAX];
  int count = report_numbers(scores, ROWS_MAX, item, "score", 1);
  int share_count = report_numbers(shares, ROWS_MAX, item, "share", 1);
  RowsPlot *plot = memory_get(1, sizeof *plot);
  *plot = (RowsPlot){.id = id,
                     .title = input,
                     .description = "Mean score by value.",
                     .kind = ROWS_DOTS,
                     .label_title = input,
                     .note_title = "rows, %",
                     .axis = {y, format, false, range[0], range[1]},
                     .small = true};
  for (size_t i = 0; i < report_size(item, "labels") && i < 12 && (int)i < count; i++) {
    Row *row = rows_add(plot, report_string(json_array_get(report_at(item, "labels"), i), ""));
    row->value = scores[i];
    row->style = "challenger";
    if ((int)i < share_count) snprintf(row->note, sizeof row->note, "%.0f", shares[i] * 100);
  }
  rows_figure(text, plot);
  free(plot);
}

// One axis for all of them, so that they can be compared; a percentage begins at 0.
static void range_of(double range[2], const json_t *report, AxisFormat format) {
  double scores[PLOT_POINTS_MAX];
  range[0] = format == AXIS_PERCENT ? 0 : 1e300;
  range[1] = format == AXIS_PERCENT ? 0 : -1e300;
  for (size_t i = 0; i < report_size(report, "dependence") && i < DEPENDENCE_SHOWN; i++) {
    const json_t *item = json_array_get(report_at(report, "dependence"), i);
    int count = report_numbers(scores, PLOT_POINTS_MAX, item, "score", 1);
    for (int j = 0; j < count; j++) widen(&range[0], &range[1], scores[j]);
  }
}

static void dependence(Text *text, const json_t *report) {
  size_t count = report_size(report, "dependence");
  if (count == 0) return;
  AxisFormat format = strcmp(report_string(report, "task/kind"), "regression") ? AXIS_PERCENT : AXIS_NUMBER;
  double range[2];
  range_of(range, report, format);
  put_heading(text, "How the score depends on them");
  text_put(text, "<p class=\"small\">Mean score when every row takes the value; all on one scale.</p>\n");
  text_put(text, "<div class=\"plots small\">");
  for (size_t i = 0; i < count && i < DEPENDENCE_SHOWN; i++) {
    const json_t *item = json_array_get(report_at(report, "dependence"), i);
    const char *input = report_string(item, "input");
    char id[48];
    snprintf(id, sizeof id, "plot-dependence-%zu", i);
    if (report_size(item, "labels") > 0) {
      category_dependence(text, item, id, input, format, range);
    } else {
      numeric_dependence(text, item, id, input, format, range);
    }
  }
  text_put(text, "</div>\n");
}

void write_inputs(Text *text, const json_t *report) {
  importance(text, report);
  dependence(text, report);
}
