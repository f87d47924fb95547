// Can you trust the probabilities? Reliability, slope and intercept, decomposition, and the noise floor.
#include "io/report/html/plots/plot.h"
#include "io/report/html/sections/cells.h"
#include "io/report/html/sections/section.h"
#include "io/report/report_read.h"

#include "engine/shared/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool present(const json_t *report) {
  return report_size(report, "calibration/challenger/predicted") > 0 ||
         report_size(report, "calibration/challenger/classes") > 0;
}

static void summary(Text *text, const json_t *report) {
  text_html(text, report_string(report, "calibration/summary"));
}

static bool is_regression(const json_t *report) {
  return strcmp(report_string(report, "task/kind"), "regression") == 0;
}

static void reliability(Text *text, const json_t *report, const char *side, const char *id,
                        const char *title) {
  char path[64];
  bool regression = is_regression(report);
  snprintf(path, sizeof path, "calibration/%s", side);
  const json_t *bins = report_at(report, path);
  Plot *plot = memory_get(1, sizeof *plot);
  *plot = (Plot){.id = id, .title = title, .diagonal = !regression};
  plot->description = regression ? "Rows in groups of equal size by prediction. A good model's mean "
                                   "prediction is the mean outcome."
                                 : "Rows in groups of equal size by score. On the dotted line the predicted "
                                   "probability is the observed rate; bars are intervals.";
  plot->x = regression ? axis_number("mean prediction") : axis_rate("predicted probability, %");
  plot->y = regression ? axis_number("mean outcome") : axis_rate("observed rate, %");
  const char *label = has_champion(report) ? side : "this model";
  Series *series = plot_add(plot, SERIES_POINTS, label, side, bins, "predicted", "observed", 1);
  if (series != NULL) {
    int low = report_numbers(series->low, PLOT_POINTS_MAX, bins, "low", 1);
    int high = report_numbers(series->high, PLOT_POINTS_MAX, bins, "high", 1);
    series->has_range = low == series->count && high == series->count;
  }
  plot_figure(text, plot);
  free(plot);
}

typedef struct CalibrationRow {
  const char *title, *note, *member;
  bool estimate;
} CalibrationRow;

static const CalibrationRow ROWS[] = {
    {"Mean distance", "of prediction and outcome in groups of equal size", "error", false},
    {"Its noise floor", "what a perfectly calibrated model of this size would show", "noise_floor/mean",
     false},
    {"Upper end of the floor", "95 of 100 perfectly calibrated models stay below", "noise_floor/q95", false},
    {"Slope", "1 is right; below 1 the scores are too extreme", "slope", true},
    {"Intercept", "0 is right; above 0 the scores are too low", "intercept", true},
    {"Miscalibration", "the part of the Brier score that calibration would win back", "decomposition/mcb",
     false},
    {"Discrimination", "what the scores tell apart", "decomposition/dsc", false},
    {"Uncertainty", "the Brier score of the mean rate", "decomposition/unc", false},
};

static void side_cell(Text *text, const json_t *report, const char *side, const char *title,
                      const CalibrationRow *row) {
  char base[64], id[128];
  snprintf(base, sizeof base, "/calibration/%s", side);
  const json_t *own = report_at(report, base + 1);
  Form form = {.scale = 1, .decimals = metric_decimals(report_number(own, row->member))};
  if (row->estimate) {
    cell_estimate(text, title, base, own, row->member, &form);
  } else {
    snprintf(id, sizeof id, "%s/%s", base, row->member);
    cell_number(text, title, report_at(own, row->member) != NULL ? id : NULL, report_number(own, row->member),
                &form);
  }
}

static void facts(Text *text, const json_t *report) {
  bool compared = has_champion(report);
  const Column columns[] = {
      {"Measure", false}, {compared ? "Champion" : NULL, true}, {challenger_title(report), true}};
  const json_t *challenger = report_at(report, "calibration/challenger");
  bool any = false;
  for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
    any |= report_at(challenger, ROWS[i].member) != NULL;
  if (!any) return;
  table_open(text, "stack quiet", "Measures of calibration", columns, sizeof columns / sizeof *columns);
  for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
    if (report_at(challenger, ROWS[i].member) == NULL) continue;
    text_add(text, "<tr><th scope=\"row\">%s<small>%s</small></th>", ROWS[i].title, ROWS[i].note);
    if (compared) side_cell(text, report, "champion", "Champion", &ROWS[i]);
    side_cell(text, report, "challenger", challenger_title(report), &ROWS[i]);
    text_put(text, "</tr>\n");
  }
  table_close(text);
}

// ---- several classes ----

enum { CLASS_PLOTS = 6 };

// Both models on one class; of a model that is alone, it.
static void class_plot(Text *text, const json_t *report, size_t k) {
  static const char *const sides[] = {"champion", "challenger"};
  const json_t *own = json_array_get(report_at(report, "calibration/challenger/classes"), k);
  char *id = memory_format("plot-calibration-class-%zu", k);
  char *title = memory_format("Calibration of the class %.60s", report_string(own, "class"));
  Plot *plot = memory_get(1, sizeof *plot);
  *plot =
      (Plot){.id = id,
             .title = title,
             .description = "Rows in groups of equal size by the probability of this class. On the dotted "
                            "line it is the observed rate; bars are intervals.",
             .x = axis_rate("predicted probability, %"),
             .y = axis_rate("observed rate, %"),
             .diagonal = true};
  for (size_t s = has_champion(report) ? 0 : 1; s < 2; s++) {
    char path[64];
    snprintf(path, sizeof path, "calibration/%s/classes", sides[s]);
    const json_t *bins = json_array_get(report_at(report, path), k);
    const char *label = has_champion(report) ? sides[s] : "this model";
    Series *series = plot_add(plot, SERIES_POINTS, label, sides[s], bins, "predicted", "observed", 1);
    if (series == NULL) continue;
    int low = report_numbers(series->low, PLOT_POINTS_MAX, bins, "low", 1);
    int high = report_numbers(series->high, PLOT_POINTS_MAX, bins, "high", 1);
    series->has_range = low == series->count && high == series->count;
  }
  plot_figure(text, plot);
  free(plot);
  free(title);
  free(id);
}

// The error of one model on one class beside what chance alone would show.
static void class_cells(Text *text, const json_t *report, const char *side, const char *title, size_t k) {
  char base[64], id[96];
  snprintf(base, sizeof base, "/calibration/%s/classes/%zu", side, k);
  const json_t *own = report_at(report, base + 1);
  Form form = {.scale = 1, .decimals = 4};
  snprintf(id, sizeof id, "%s/error", base);
  cell_number(text, title, id, report_number(own, "error"), &form);
  snprintf(id, sizeof id, "%s/noise_floor/mean", base);
  cell_number(text, "Noise floor", id, report_number(own, "noise_floor/mean"), &form);
  snprintf(id, sizeof id, "%s/noise_floor/q95", base);
  cell_number(text, "Its upper end", id, report_number(own, "noise_floor/q95"), &form);
}

static void class_table(Text *text, const json_t *report, size_t count) {
  bool compared = has_champion(report);
  const Column columns[] = {{"Class", false},
                            {compared ? "Champion" : NULL, true},
                            {compared ? "Noise floor" : NULL, true},
                            {compared ? "Its upper end" : NULL, true},
                            {challenger_title(report), true},
                            {"Noise floor", true},
                            {"Its upper end", true}};
  table_open(text, "stack quiet", "Calibration error by class", columns, sizeof columns / sizeof *columns);
  for (size_t k = 0; k < count; k++) {
    const json_t *own = json_array_get(report_at(report, "calibration/challenger/classes"), k);
    text_put(text, "<tr><th scope=\"row\">");
    text_html(text, report_string(own, "class"));
    text_put(text, "</th>");
    if (compared) class_cells(text, report, "champion", "Champion", k);
    class_cells(text, report, "challenger", challenger_title(report), k);
    text_put(text, "</tr>\n");
  }
  table_close(text);
}

static void by_class(Text *text, const json_t *report, size_t count) {
  text_put(text, "<div class=\"plots\">");
  for (size_t k = 0; k < count && k < CLASS_PLOTS; k++) class_plot(text, report, k);
  text_put(text, "</div>\n");
  put_paragraph(text, "small",
                "Mean distance of probability and rate in groups of equal size. The noise floor is what a "
                "perfectly calibrated model would show; 95 of 100 of these stay below its upper end.");
  class_table(text, report, count);
}

static void body(Text *text, const json_t *report) {
  size_t classes = report_size(report, "calibration/challenger/classes");
  if (classes > 0) {
    by_class(text, report, classes);
    return;
  }
  bool compared = has_champion(report);
  text_put(text, "<div class=\"plots\">");
  if (compared)
    reliability(text, report, "champion", "plot-calibration-champion", "Calibration of the champion");
  reliability(text, report, "challenger", "plot-calibration",
              compared ? "Calibration of the challenger" : "Calibration");
  text_put(text, "</div>\n");
  facts(text, report);
}

const Section section_calibration = {"calibration",
                                     "Can you trust the probabilities?",
                                     "Can you trust the predictions?",
                                     "ds",
                                     true,
                                     present,
                                     summary,
                                     body};
