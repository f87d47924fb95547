// Model quality: metrics with intervals, ROC and PR, gains, the confusion matrix, the learning curve.
#include "io/report/html/plots/plot.h"
#include "io/report/html/sections/cells.h"
#include "io/report/html/sections/section.h"
#include "io/report/report_read.h"

#include "engine/shared/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES_SHOWN = 30, GAINS_SHOWN = 40 };

static bool present(const json_t *report) {
  return report_size(report, "metrics") > 0;
}

static bool is_model_metric(const json_t *metric) {
  return !strcmp(report_string(metric, "kind"), "model");
}

// "AUC 0.8431 (+0.0042) · Log loss ..." for the first three.
static void summary(Text *text, const json_t *report) {
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

// ---- metrics ----

static void metric_title(Text *text, const json_t *metric) {
  const char *direction = report_string(metric, "direction");
  text_put(text, "<th scope=\"row\">");
  text_html(text, report_string(metric, "label"));
  text_add(text, "<small>%s",
           !strcmp(direction, "down")   ? "lower is better"
           : !strcmp(direction, "zero") ? "nearer to 0 is better"
           : !strcmp(direction, "one")  ? "nearer to 1 is better"
                                        : "higher is better");
  if (*report_string(metric, "note") != '\0') text_put(text, "; ");
  text_html(text, report_string(metric, "note"));
  if (*report_string(metric, "at") != '\0') text_put(text, "; ");
  text_html(text, report_string(metric, "at"));
  text_put(text, json_is_true(report_at(metric, "few_events")) ? "; fewer than 20 positive rows" : "");
  text_put(text, "</small></th>");
}

static void metric_row(Text *text, const json_t *report, size_t index, bool compared) {
  const json_t *metric = json_array_get(report_at(report, "metrics"), index);
  Form form = form_of(metric, row_largest(metric)), difference = form_signed(form);
  char base[48], id[64];
  snprintf(base, sizeof base, "/metrics/%zu", index);
  text_add(text, "<tr id=\"%s\">", base);
  metric_title(text, metric);
  if (compared) cell_estimate(text, "Champion", base, metric, "champion", &form);
  cell_estimate(text, challenger_title(report), base, metric, "challenger", &form);
  if (compared) {
    cell_estimate(text, "Difference", base, metric, "delta", &difference);
    cell_open(text, "", "wide", NULL);
    if (report_size(metric, "delta/ci") > 0)
      interval_svg(text, report_number(metric, "delta/value"), report_number(metric, "delta/ci/0"),
                   report_number(metric, "delta/ci/1"), 0.0 / 0.0,
                   "Difference with its interval around no difference");
    text_put(text, "</td>");
    snprintf(id, sizeof id, "%s/delta/p", base);
    cell_open(text, "p", "n", report_at(metric, "delta/p") != NULL ? id : NULL);
    put_p(text, report_number(metric, "delta/p"));
    text_put(text, "</td>");
  }
  text_put(text, "</tr>\n");
}

static void metric_table(Text *text, const json_t *report, bool compared) {
  const Column columns[] = {{"Metric", false},
                            {compared ? "Champion" : NULL, true},
                            {challenger_title(report), true},
                            {compared ? "Difference, + is better" : NULL, true},
                            {compared ? "Around no difference" : NULL, false},
                            {compared ? "p" : NULL, true}};
  table_open(text, "stack quiet", "Model metrics", columns, sizeof columns / sizeof *columns);
  for (size_t i = 0; i < report_size(report, "metrics"); i++) {
    const json_t *metric = json_array_get(report_at(report, "metrics"), i);
    if (is_model_metric(metric)) metric_row(text, report, i, compared);
  }
  table_close(text);
}

// ---- curves ----

static void xy_plot(Text *text, const json_t *report, const char *curve, Plot *plot) {
  bool compared = has_champion(report);
  char path[64];
  snprintf(path, sizeof path, "curves/%s/champion", curve);
  if (compared) plot_add(plot, SERIES_LINE, "champion", "champion", report_at(report, path), "x", "y", 1);
  snprintf(path, sizeof path, "curves/%s/challenger", curve);
  plot_add(plot, SERIES_LINE, compared ? "challenger" : "this model", "challenger", report_at(report, path),
           "x", "y", 1);
  plot_figure(text, plot);
}

static void curves(Text *text, const json_t *report) {
  Plot *plot = memory_get(1, sizeof *plot);
  *plot = (Plot){.id = "plot-roc",
                 .title = "ROC curve",
                 .description = "How many positives are found at each rate of false alarms. The dotted line "
                                "is guessing.",
                 .x = axis_rate("false positive rate, %"),
                 .y = axis_rate("true positive rate, %"),
                 .diagonal = true};
  xy_plot(text, report, "roc", plot);
  *plot = (Plot){.id = "plot-pr",
                 .title = "Precision and recall",
                 .description = "How many of those selected are positive, by the share of positives found.",
                 .x = axis_rate("recall, %"),
                 .y = axis_rate("precision, %")};
  xy_plot(text, report, "pr", plot);
  free(plot);
}

static void learning(Text *text, const json_t *report) {
  const json_t *curve = report_at(report, "learning");
  double chosen = report_number(curve, "chosen");
  char *x = memory_format("%.40s", *report_string(curve, "unit") ? report_string(curve, "unit") : "epoch");
  char *y = memory_format("%.60s", *report_string(curve, "metric") ? report_string(curve, "metric") : "loss");
  Plot *plot = memory_get(1, sizeof *plot);
  *plot = (Plot){.id = "plot-learning",
                 .title = "Learning curve",
                 .description = "The metric during training; the model judged here is the marked one.",
                 .x = axis_number(x),
                 .y = axis_number(y)};
  plot_add(plot, SERIES_LINE, "training rows", "train", curve, "x", "train", 1);
  const Series *validation =
      plot_add(plot, SERIES_LINE, "validation rows", "challenger", curve, "x", "validation", 1);
  for (int i = 0; validation != NULL && i < validation->count; i++) {
    if (validation->x[i] != chosen) continue;
    Series *mark = &plot->series[plot->series_count++];
    *mark = (Series){.kind = SERIES_MARK, .label = "chosen", .style = "challenger", .count = 1};
    mark->x[0] = chosen, mark->y[0] = validation->y[i];
    break;
  }
  plot_figure(text, plot);
  free(plot);
  free(x);
  free(y);
}

// ---- tables ----

static void gains_row(Text *text, const json_t *report, size_t index, const Form *money) {
  const json_t *row = json_array_get(report_at(report, "gains/challenger"), index);
  Form count = {.scale = 1}, percent = form_percent(1), lift = {.scale = 1, .decimals = 2};
  double top = report_number(row, "top");
  char base[48], id[80];
  snprintf(base, sizeof base, "/gains/challenger/%zu", index);
  text_add(text, "<tr id=\"%s\"><th scope=\"row\">top ", base);
  format_percent(text, top, top < 0.1 && top * 100 != (int)(top * 100) ? 1 : 0, false);
  text_put(text, "</th>");
  struct {
    const char *member, *title;
    const Form *form;
  } cells[] = {
      {"rows", "Rows", &count},       {"events", "Positive", &count}, {"precision", "Precision", &percent},
      {"capture", "Found", &percent}, {"lift", "Lift", &lift},        {"value", "Value", money}};
  for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
    if (cells[i].form == NULL) continue;
    snprintf(id, sizeof id, "%s/%s", base, cells[i].member);
    cell_number(text, cells[i].title, id, report_number(row, cells[i].member), cells[i].form);
  }
  text_put(text, "</tr>\n");
}

static void gains(Text *text, const json_t *report) {
  size_t count = report_size(report, "gains/challenger");
  double scale = report_number(report, "gains/scale");
  if (count == 0) return;
  char *value = memory_format("Value, %.40s", report_string(report, "business/unit"));
  const Column columns[] = {{"Highest scores", false},
                            {"Rows", true},
                            {"Positive", true},
                            {"Precision", true},
                            {"Found", true},
                            {"Lift", true},
                            {scale > 0 ? value : NULL, true}};
  Form money = form_money(scale, report_largest(report_at(report, "gains/challenger"), "value"));
  text_put(text, "<h3>Gains");
  text_put(text, has_champion(report) ? " of the challenger</h3>\n" : "</h3>\n");
  table_open(text, "stack quiet", "Gains by share of the rows", columns, sizeof columns / sizeof *columns);
  for (size_t i = 0; i < count && i < GAINS_SHOWN; i++) gains_row(text, report, i, scale > 0 ? &money : NULL);
  table_close(text);
  free(value);
}

static void confusion_row(Text *text, const json_t *confusion, size_t index, size_t count) {
  const json_t *row = json_array_get(report_at(confusion, "counts"), index);
  text_put(text, "<tr><th scope=\"row\">");
  text_html(text, report_string(json_array_get(report_at(confusion, "classes"), index), ""));
  text_put(text, "</th>");
  for (size_t j = 0; j < count; j++) {
    text_add(text, "<td id=\"/confusion/counts/%zu/%zu\"%s>", index, j, index == j ? " class=\"hit\"" : "");
    format_count(text, report_number(json_array_get(row, j), ""));
    text_put(text, "</td>");
  }
  text_put(text, "</tr>\n");
}

// What a column holds: rows predicted to be of a class or, of decisions, those that are acted on.
static void confusion_column(Text *text, const json_t *confusion, size_t index) {
  const char *decision = report_string(json_array_get(report_at(confusion, "decisions"), index), "");
  text_put(text, "<th scope=\"col\">");
  text_html(text, *decision != '\0'
                      ? decision
                      : report_string(json_array_get(report_at(confusion, "classes"), index), ""));
  text_put(text, "</th>");
}

static void confusion_table(Text *text, const json_t *report) {
  const json_t *confusion = report_at(report, "confusion"), *classes = report_at(confusion, "classes");
  size_t count = json_array_size(classes);
  bool decided = report_size(confusion, "decisions") > 0;
  if (count == 0 || count > CLASSES_SHOWN) return;
  text_put(text, "<div id=\"/confusion\"><h3>");
  text_put(text, decided ? "Confusion matrix of the decisions" : "Confusion matrix at the operating point");
  text_put(
      text,
      "</h3><div class=\"wide-table\" tabindex=\"0\" role=\"group\" aria-label=\"Confusion matrix\"><table "
      "class=\"confusion\"><caption>Rows: what was true. Columns: what the ");
  text_put(text, has_champion(report) ? "challenger" : "model");
  text_put(text, decided ? "'s policy does" : " said");
  text_put(text, ".</caption><thead><tr><th scope=\"col\">true class</th>");
  for (size_t i = 0; i < count; i++) confusion_column(text, confusion, i);
  text_put(text, "</tr></thead><tbody>\n");
  for (size_t i = 0; i < count; i++) confusion_row(text, confusion, i, count);
  text_put(text, "</tbody></table></div></div>\n");
}

// Whether the models differ in what they say, whoever is right.
static void homogeneity(Text *text, const json_t *report) {
  const char *words = report_string(report, "homogeneity/text");
  if (*words == '\0') return;
  put_heading(text, "How often each class is predicted");
  text_put(text, "<p id=\"/homogeneity/text\">");
  text_html(text, words);
  text_put(text, "</p>\n");
}

static void body(Text *text, const json_t *report) {
  bool compared = has_champion(report);
  text_put(text, "<p class=\"intro\">");
  put_confidence(text, report);
  text_put(text, compared ? " intervals below the values; differences are paired on the same rows.</p>\n"
                          : " intervals below the values.</p>\n");
  metric_table(text, report, compared);
  text_put(text, "<div class=\"plots\">");
  curves(text, report);
  learning(text, report);
  confusion_table(text, report);
  text_put(text, "</div>\n");
  homogeneity(text, report);
  gains(text, report);
  write_inputs(text, report);
}

const Section section_quality = {"quality", "Model quality", NULL, "ds", true, present, summary, body};
