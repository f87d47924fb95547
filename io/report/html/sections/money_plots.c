// The plots of money: value by policy, profit and capacity curves, and what each cost does to the gain.
#include "io/report/html/plots/plot.h"
#include "io/report/html/plots/rows_plot.h"
#include "io/report/html/plots/slider.h"
#include "io/report/html/sections/cells.h"
#include "io/report/html/sections/section.h"
#include "io/report/report_read.h"

#include "engine/shared/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void policy_plot(Text *text, const json_t *report, const Money *money) {
  char *axis = memory_format("value on the judged rows, %.40s", money->unit);
  RowsPlot *plot = memory_get(1, sizeof *plot);
  *plot = (RowsPlot){.id = "plot-policies",
                     .title = "Value of each policy",
                     .description =
                         "What the models reach, between what needs no model and what no model reaches.",
                     .kind = ROWS_BARS,
                     .label_title = "policy",
                     .confidence = report_confidence(report),
                     .axis = axis_number(axis)};
  for (size_t i = 0; i < report_size(money->business, "policies"); i++) {
    const json_t *policy = json_array_get(report_at(money->business, "policies"), i);
    const char *name = report_string(policy, "name");
    Row *row = rows_add(plot, report_policy_name(report, policy));
    if (row == NULL) break;
    row_estimate(row, policy, money->scale);
    if (!(row->low < row->high)) row->low = row->high = 0.0 / 0.0; // known exactly
    row->style = !strcmp(name, "champion") ? "champion" : !strcmp(name, "challenger") ? "challenger" : NULL;
  }
  rows_figure(text, plot);
  free(plot);
  free(axis);
}

// ---- curves ----

static void curve_series(Plot *plot, const json_t *report, const json_t *curve, double scale) {
  bool compared = has_champion(report);
  snprintf(plot->words, sizeof plot->words, "%.4g %% interval%s", report_confidence(report) * 100,
           compared ? " of the challenger" : "");
  plot_add_band(plot, plot->words, "challenger", curve, scale);
  if (compared) plot_add(plot, SERIES_LINE, "champion", "champion", curve, "x", "champion", scale);
  plot_add(plot, SERIES_LINE, compared ? "challenger" : "this model", "challenger", curve, "x", "challenger",
           scale);
}

static void operating_marks(Plot *plot, const json_t *report, const Money *money) {
  for (size_t i = 0; i < report_size(money->business, "policies"); i++) {
    const json_t *policy = json_array_get(report_at(money->business, "policies"), i);
    const char *name = report_string(policy, "name");
    bool challenger = !strcmp(name, "challenger");
    if ((!challenger && strcmp(name, "champion") != 0) || plot->series_count == PLOT_SERIES_MAX) continue;
    Series *series = &plot->series[plot->series_count++];
    *series = (Series){.kind = SERIES_MARK, .style = challenger ? "challenger" : "champion", .count = 1};
    series->label = challenger || !has_champion(report) ? "operating point" : NULL;
    series->x[0] = report_number(policy, "acted") / money->rows;
    series->y[0] = report_number(policy, "value") / money->scale;
  }
}

static void profit_plot(Text *text, const json_t *report, const Money *money) {
  const json_t *curve = report_at(report, "curves/profit");
  char *axis = memory_format("value on the judged rows, %.40s", money->unit);
  Plot *plot = memory_get(1, sizeof *plot);
  plot->id = "plot-profit";
  plot->title = "Profit curve";
  plot->description =
      "Value of acting on the rows with the highest scores, by the share acted on. Left: nobody; "
      "right: everybody. The best point of a curve is known only after the fact.";
  plot->x = axis_rate("share of rows acted on, %");
  plot->y = axis_number(axis);
  plot->zero = true;
  curve_series(plot, report, curve, money->scale);
  if (plot->series_count > 0) {
    bool slides = has_slider(report);
    operating_marks(plot, report, money);
    plot->moving = slides ? SLIDER_MARK : NULL;
    text_put(text, "<div>");
    plot_figure(text, plot);
    if (slides) write_slider(text, report, plot);
    text_put(text, "</div>\n");
  }
  free(plot);
  free(axis);
}

static void capacity_plot(Text *text, const json_t *report, const Money *money) {
  const json_t *curve = report_at(report, "curves/capacity");
  char *axis = memory_format("value on the judged rows, %.40s", money->unit);
  Plot *plot = memory_get(1, sizeof *plot);
  plot->id = "plot-capacity";
  plot->title = "What more capacity is worth";
  plot->description = "Value of the best use of at most so many actions.";
  plot->x = axis_number("capacity, rows");
  plot->y = axis_number(axis);
  plot->zero = true;
  curve_series(plot, report, curve, money->scale);
  plot_figure(text, plot);
  free(plot);
  free(axis);
}

// ---- sensitivity ----

static double base_of(const json_t *report, double scale) {
  double delta = report_number(report, "sensitivity/delta");
  if (delta == delta) return delta / scale;
  const json_t *metric = json_array_get(report_at(report, "metrics"), (size_t)value_index(report));
  return report_number(metric, has_champion(report) ? "delta/value" : "challenger/value") / scale;
}

static void tornado_text(Text *text, const json_t *report) {
  Text lines = {0};
  for (size_t i = 0; i < report_size(report, "sensitivity/items"); i++) {
    const char *words = report_string(json_array_get(report_at(report, "sensitivity/items"), i), "text");
    if (*words == '\0') continue;
    text_add(&lines, "<li id=\"/sensitivity/items/%zu/text\">", i);
    text_html(&lines, words);
    text_put(&lines, "</li>");
  }
  if (lines.length > 0) text_add(text, "<ul class=\"plain\">%s</ul>\n", lines.bytes);
  text_free(&lines);
}

static void tornado(Text *text, const json_t *report, const Money *money) {
  bool compared = has_champion(report);
  double scale = report_number(report, "sensitivity/scale");
  scale = scale > 0 ? scale : 1;
  char *axis =
      memory_format("gain over %s, %.40s", compared ? "the champion" : "acting without a model", money->unit);
  RowsPlot *plot = memory_get(1, sizeof *plot);
  *plot =
      (RowsPlot){.id = "plot-sensitivity",
                 .title = compared ? "What each cost does to the gain" : "What each cost does to the value",
                 .description = "One parameter at a time, from the low to the high end of its range; the "
                                "dashed line is the value as stated.",
                 .kind = ROWS_SPANS,
                 .label_title = "parameter",
                 .axis = axis_number(axis),
                 .base = base_of(report, scale),
                 .zero = true};
  for (size_t i = 0; i < report_size(report, "sensitivity/items"); i++) {
    const json_t *item = json_array_get(report_at(report, "sensitivity/items"), i);
    Row *row = rows_add(plot, report_string(item, "param"));
    if (row == NULL) break;
    row->low = report_number(item, "delta_low") / scale;
    row->high = report_number(item, "delta_high") / scale;
    snprintf(row->low_note, sizeof row->low_note, "%.4g", report_number(item, "low"));
    snprintf(row->high_note, sizeof row->high_note, "%.4g", report_number(item, "high"));
  }
  if (plot->count > 0 && is_finite(plot->base)) {
    text_put(text, "<div>");
    rows_figure(text, plot);
    tornado_text(text, report);
    put_paragraph(text, "small", report_string(report, "sensitivity/text"));
    text_put(text, "</div>\n");
  }
  free(plot);
  free(axis);
}

void write_money_plots(Text *text, const json_t *report) {
  Money money = money_of(report);
  text_put(text, "<div>");
  policy_plot(text, report, &money);
  tornado(text, report, &money);
  text_put(text, "</div>\n");
  profit_plot(text, report, &money);
  capacity_plot(text, report, &money);
}
