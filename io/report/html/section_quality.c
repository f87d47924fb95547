// Model quality: metrics with intervals, ROC, confusion matrix; and the calibration of the predictions.
#include "io/report/html/plot.h"
#include "io/report/html/sections.h"
#include "io/report/report_read.h"

#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

bool has_quality(const json_t *report) {
  return report_size(report, "metrics") > 0;
}

static bool is_model_metric(const json_t *metric) {
  return !strcmp(report_string(metric, "kind"), "model");
}

// "AUC 0.8431 (+0.0042) · Log loss ..." for the first three.
void summarise_quality(Text *text, const json_t *report) {
  int shown = 0;
  for (size_t i = 0; i < report_size(report, "metrics") && shown < 3; i++) {
    const json_t *metric = json_array_get(report_at(report, "metrics"), i);
    double value = report_number(metric, "challenger/value"), delta = report_number(metric, "delta/value");
    if (!is_model_metric(metric)) continue;
    text_put(text, shown++ ? " · " : "");
    text_html(text, report_string(metric, "label"));
    text_put(text, " ");
    format_fixed(text, value, metric_decimals(value), false);
    if (delta != delta) continue;
    text_put(text, " (");
    format_fixed(text, delta, metric_decimals(value), true);
    text_put(text, ")");
  }
}

static void metric_row(Text *text, const json_t *metric, size_t index, bool compared) {
  double reference = report_number(metric, "challenger/value"), p = report_number(metric, "delta/p");
  int decimals = metric_decimals(reference);
  bool down = !strcmp(report_string(metric, "direction"), "down");
  text_add(text, "<tr id=\"/metrics/%zu\"><th scope=\"row\">", index);
  text_html(text, report_string(metric, "label"));
  text_add(text, "<small>%s</small></th>", down ? "lower is better" : "higher is better");
  if (compared) cell_interval(text, "Champion", metric, "champion", decimals, false);
  cell_interval(text, compared ? "Challenger" : "This model", metric, "challenger", decimals, false);
  if (compared) {
    cell_interval(text, "Difference", metric, "delta", decimals, true);
    cell_open(text, "", "wide");
    if (report_size(metric, "delta/ci"))
      interval_svg(text, report_number(metric, "delta/value"), report_number(metric, "delta/ci/0"),
                   report_number(metric, "delta/ci/1"), 0.0 / 0.0,
                   "Difference with its interval around no difference");
    text_put(text, "</td>");
    cell_open(text, "p", "n");
    if (p < 0.001) {
      text_put(text, "&lt; 0.001");
    } else if (p == p) {
      format_fixed(text, p, 3, false);
    }
    text_put(text, "</td>");
  }
  text_put(text, "</tr>\n");
}

static void metric_table(Text *text, const json_t *report, bool compared) {
  text_put(text, "<table class=\"stack\"><thead><tr><th scope=\"col\">Metric</th>");
  text_put(text,
           compared
               ? "<th scope=\"col\" class=\"n\">Champion</th><th scope=\"col\" class=\"n\">Challenger</th>"
                 "<th scope=\"col\" class=\"n\">Difference, + is better</th><th scope=\"col\"></th>"
                 "<th scope=\"col\" class=\"n\">p</th>"
               : "<th scope=\"col\" class=\"n\">This model</th>");
  text_put(text, "</tr></thead><tbody>\n");
  for (size_t i = 0; i < report_size(report, "metrics"); i++) {
    const json_t *metric = json_array_get(report_at(report, "metrics"), i);
    if (is_model_metric(metric)) metric_row(text, metric, i, compared);
  }
  text_put(text, "</tbody></table>\n");
}

static void xy_add(Plot *plot, const json_t *report, const char *curve, const char *side, const char *label) {
  char path[64];
  Series *series = &plot->series[plot->series_count];
  *series = (Series){.kind = SERIES_LINE, .label = label, .style = side};
  strcpy(path, curve);
  strcat(strcat(path, "/"), side);
  const json_t *points = report_at(report, path);
  int x = report_numbers(series->x, PLOT_POINTS_MAX, points, "x", 1);
  int y = report_numbers(series->y, PLOT_POINTS_MAX, points, "y", 1);
  series->count = x < y ? x : y;
  if (series->count) plot->series_count++;
}

static void roc_plot(Text *text, const json_t *report, bool compared) {
  Plot *plot = memory_get(1, sizeof *plot);
  plot->id = "plot-roc";
  plot->title = "ROC curve";
  plot->description =
      "How many positives are found at each rate of false alarms. The dotted line is guessing.";
  plot->x = (Axis){"false positive rate, %", AXIS_PERCENT, true};
  plot->y = (Axis){"true positive rate, %", AXIS_PERCENT, true};
  plot->diagonal = true;
  if (compared) xy_add(plot, report, "curves/roc", "champion", "champion");
  xy_add(plot, report, "curves/roc", "challenger", compared ? "challenger" : "this model");
  if (plot->series_count) plot_figure(text, plot);
  free(plot);
}

static void confusion_table(Text *text, const json_t *report) {
  const json_t *confusion = report_at(report, "confusion"), *classes = report_at(confusion, "classes");
  size_t count = json_array_size(classes);
  if (!count || count > 30) return;
  text_put(
      text,
      "<div id=\"/confusion\"><h3>Confusion matrix at the operating point</h3><table class=\"confusion\">"
      "<caption>Rows: what was true. Columns: what the ");
  text_put(text, has_champion(report) ? "challenger" : "model");
  text_put(text, " said.</caption><thead><tr><td></td>");
  for (size_t i = 0; i < count; i++) {
    text_put(text, "<th scope=\"col\">");
    text_html(text, report_string(json_array_get(classes, i), ""));
    text_put(text, "</th>");
  }
  text_put(text, "</tr></thead><tbody>\n");
  for (size_t i = 0; i < count; i++) {
    const json_t *row = json_array_get(report_at(confusion, "counts"), i);
    text_put(text, "<tr><th scope=\"row\">");
    text_html(text, report_string(json_array_get(classes, i), ""));
    text_put(text, "</th>");
    for (size_t j = 0; j < count; j++) {
      text_put(text, i == j ? "<td class=\"hit\">" : "<td>");
      format_count(text, report_number(json_array_get(row, j), ""));
      text_put(text, "</td>");
    }
    text_put(text, "</tr>\n");
  }
  text_put(text, "</tbody></table></div>\n");
}

void write_quality(Text *text, const json_t *report) {
  bool compared = has_champion(report);
  text_put(text, "<p class=\"intro\">95 % intervals below the values");
  text_put(text, compared ? "; differences are paired on the same rows.</p>\n" : ".</p>\n");
  metric_table(text, report, compared);
  text_put(text, "<div class=\"plots\">\n");
  roc_plot(text, report, compared);
  confusion_table(text, report);
  text_put(text, "</div>\n");
}

bool has_calibration(const json_t *report) {
  return report_size(report, "calibration/challenger/predicted") > 0;
}

void summarise_calibration(Text *text, const json_t *report) {
  text_html(text, report_string(report, "calibration/summary"));
}

static void calibration_add(Plot *plot, const json_t *report, const char *side, const char *label) {
  char path[64] = "calibration/";
  const json_t *table = report_at(report, strcat(path, side));
  Series *series = &plot->series[plot->series_count];
  *series = (Series){.kind = SERIES_POINTS, .label = label, .style = side};
  int x = report_numbers(series->x, PLOT_POINTS_MAX, table, "predicted", 1);
  int y = report_numbers(series->y, PLOT_POINTS_MAX, table, "observed", 1);
  int low = report_numbers(series->low, PLOT_POINTS_MAX, table, "low", 1);
  int high = report_numbers(series->high, PLOT_POINTS_MAX, table, "high", 1);
  series->count = x < y ? x : y;
  series->has_range = low == series->count && high == series->count;
  if (series->count) plot->series_count++;
}

void write_calibration(Text *text, const json_t *report) {
  bool compared = has_champion(report),
       regression = !strcmp(report_string(report, "task/kind"), "regression");
  Plot *plot = memory_get(1, sizeof *plot);
  text_put(text, "<div class=\"plots\">\n");
  for (int side = compared ? 0 : 1; side < 2; side++) {
    const char *name = side ? "challenger" : "champion";
    *plot = (Plot){.id = side ? "plot-calibration" : "plot-calibration-champion", .diagonal = true};
    plot->title = !compared ? "Calibration"
                  : side    ? "Calibration of the challenger"
                            : "Calibration of the champion";
    plot->description = regression
                            ? "Rows in groups of equal size by prediction. On the dotted line the mean "
                              "prediction is the mean outcome."
                            : "Rows in groups of equal size by score. On the dotted line the predicted "
                              "probability is the observed rate.";
    plot->x = regression ? (Axis){"mean prediction", AXIS_NUMBER, false}
                         : (Axis){"predicted probability, %", AXIS_PERCENT, true};
    plot->y = regression ? (Axis){"mean outcome", AXIS_NUMBER, false}
                         : (Axis){"observed rate, %", AXIS_PERCENT, true};
    plot->diagonal = !regression;
    calibration_add(plot, report, name, !compared ? "this model" : name);
    if (plot->series_count) plot_figure(text, plot);
  }
  text_put(text, "</div>\n");
  free(plot);
}
