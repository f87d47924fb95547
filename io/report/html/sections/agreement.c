// Do the two kinds of metric agree? Which metric prefers which model, where they differ, and whom it
// concerns.
#include "io/report/html/plots/rows_plot.h"
#include "io/report/html/sections/cells.h"
#include "io/report/html/sections/section.h"
#include "io/report/report_read.h"

#include "engine/shared/memory.h"

#include <stdio.h>
#include <stdlib.h>

static bool present(const json_t *report) {
  return report_size(report, "agreement/pairs") > 0 || json_is_object(report_at(report, "swap"));
}

static const char *preferred(double delta) {
  return delta > 0 ? "challenger" : delta < 0 ? "champion" : delta == 0 ? "neither" : "";
}

static void pair_row(Text *text, const json_t *report, size_t index, bool chances) {
  const json_t *pair = json_array_get(report_at(report, "agreement/pairs"), index);
  double model = report_number(pair, "model_delta"), business = report_number(pair, "business_delta");
  Form model_form = {.scale = 1, .decimals = metric_decimals(model), .sign = true};
  Form percent = form_percent(0);
  char base[64];
  const json_t *sign = report_at(pair, "same_sign"); // none where one of the two is 0
  bool same = json_is_true(sign);
  int length = snprintf(base, sizeof base, "/agreement/pairs/%zu", index);
  text_add(text, "<tr id=\"%s\"><th scope=\"row\">", base);
  text_html(text, report_string(pair, "label"));
  text_put(text, "</th>");
  snprintf(base + length, sizeof base - (size_t)length, "/model_delta");
  cell_number(text, "Difference", base, model, &model_form);
  cell_text(text, "It prefers", NULL, preferred(model));
  cell_text(text, "Money prefers", NULL, preferred(business));
  cell_open(text, "", "", NULL);
  text_add(text, "<span class=\"pill %s\">%s</span></td>",
           same           ? "pass"
           : sign == NULL ? ""
                          : "unknown",
           same           ? "agree"
           : sign == NULL ? "no preference"
                          : "disagree");
  snprintf(base + length, sizeof base - (size_t)length, "/p_disagree");
  if (chances) cell_number(text, "Chance of disagreement", base, report_number(pair, "p_disagree"), &percent);
  text_put(text, "</tr>\n");
}

static void pairs(Text *text, const json_t *report) {
  bool chances = report_number(report, "agreement/pairs/0/p_disagree") >= 0; // there was a bootstrap
  const Column columns[] = {{"Model metric", false},   {"Difference, + is better", true},
                            {"It prefers", false},     {"Money prefers", false},
                            {"Do they agree?", false}, {chances ? "Chance of disagreement" : NULL, true}};
  size_t count = report_size(report, "agreement/pairs");
  if (count == 0) return;
  table_open(text, "stack quiet", "Each model metric beside money", columns,
             sizeof columns / sizeof *columns);
  for (size_t i = 0; i < count; i++) pair_row(text, report, i, chances);
  table_close(text);
  if (!chances) return;
  text_put(text, "<p class=\"small\">Chance of disagreement: the share of resamples of the rows in which the "
                 "metric and money prefer different models.</p>\n");
}

// ---- where on the score axis ----

// What a band counts beside its bar.
typedef struct BandNote {
  const char *member, *title;
} BandNote;

static void band_plot(Text *text, const json_t *report, const char *member, const char *id, const char *title,
                      const char *axis, double scale, BandNote note) {
  const char *by = report_string(report, "agreement/axis");
  by = *by != '\0' ? by : "champion's score";
  char *label = memory_format("band of the %.60s", by);
  char *description =
      memory_format("Rows in bands by the %.60s; the bars add up to the whole difference. Right of "
                    "the line the challenger is better.",
                    by);
  RowsPlot *plot = memory_get(1, sizeof *plot);
  *plot = (RowsPlot){.id = id,
                     .title = title,
                     .description = description,
                     .kind = ROWS_BARS,
                     .label_title = label,
                     .note_title = note.title,
                     .axis = axis_number(axis)};
  for (size_t i = 0; i < report_size(report, "agreement/bands"); i++) {
    const json_t *band = json_array_get(report_at(report, "agreement/bands"), i);
    Row *row = rows_add(plot, report_string(band, "label"));
    if (row == NULL) break;
    row->value = report_number(band, member) / scale;
    row->style = row->value < 0 ? "champion" : "challenger";
    double count = report_number(band, note.member);
    if (count == count) snprintf(row->note, sizeof row->note, "%.0f", count);
  }
  rows_figure(text, plot);
  free(plot);
  free(description);
  free(label);
}

static void bands(Text *text, const json_t *report) {
  if (report_size(report, "agreement/bands") == 0) return;
  double scale = report_number(report, "agreement/scale");
  const char *metric = report_string(report, "agreement/metric");
  const char *name = report_string(report, "agreement/label");
  bool decided = report_at(report, "agreement/bands/0/swapped") != NULL;
  const BandNote changed = {"swapped", "changed"}, rows = {"rows", "rows"},
                 positives = {"positives", "positives"};
  if (*name == '\0') metric = "auc", name = "AUC";
  char *axis = memory_format("difference in value, %.40s", report_string(report, "business/unit"));
  char *title = memory_format("Where the difference in %.40s lies", name);
  char *difference = memory_format("difference in %.40s", name);
  bool positive = report_at(report, "agreement/bands/0/positives") != NULL;
  text_put(text, "<div class=\"plots\">");
  band_plot(text, report, metric, "plot-bands-auc", title, difference, 1, positive ? positives : rows);
  if (scale > 0) {
    band_plot(text, report, "value", "plot-bands-value", "Where the difference in money lies", axis, scale,
              decided ? changed : rows);
  }
  text_put(text, "</div>\n");
  free(difference);
  free(title);
  free(axis);
}

// ---- whose decisions change ----

typedef struct SwapRow {
  const char *title, *rows, *positives, *gain;
} SwapRow;

static void swap_row(Text *text, const json_t *swap, const SwapRow *row, const Form *money) {
  Form count = {.scale = 1}, percent = form_percent(1);
  char id[48];
  double rows = report_number(swap, row->rows), positives = report_number(swap, row->positives);
  text_add(text, "<tr><th scope=\"row\">%s</th>", row->title);
  snprintf(id, sizeof id, "/swap/%s", row->rows);
  cell_number(text, "Rows", id, rows, &count);
  snprintf(id, sizeof id, "/swap/%s", row->positives);
  if (*row->positives == '\0') {
    text_put(text, "<td></td><td></td><td></td></tr>\n");
    return;
  }
  cell_number(text, "Positive rows", id, positives, &count);
  cell_number(text, "Rate", NULL, rows > 0 ? positives / rows : 0.0 / 0.0, &percent);
  snprintf(id, sizeof id, "/swap/%s", row->gain);
  cell_number(text, "Worth", id, report_number(swap, row->gain), money);
  text_put(text, "</tr>\n");
}

// A share or, of few rows, "1 of 3".
static void share_cell(Text *text, const char *title, const char *id, double share, double part, double rows,
                       bool few) {
  Form percent = form_percent(0);
  char counts[64];
  snprintf(counts, sizeof counts, "%.0f of %.0f", part, rows);
  cell_open(text, title, "n", id);
  if (few)
    text_put(text, counts);
  else
    put_formed(text, share, &percent);
  text_put(text, "</td>");
}

static void swap_features(Text *text, const json_t *swap) {
  static const Column columns[] = {
      {"Input", false}, {"Share of those who come in", true}, {"Share of those who go out", true}};
  bool few = json_is_true(report_at(swap, "few"));
  if (report_size(swap, "features") == 0) return;
  put_heading(text, "What marks them");
  if (few)
    put_paragraph(text, "small", "Not enough data for shares: fewer than 20 rows came in or went out.");
  table_open(text, "stack quiet", "Inputs that mark the swap set", columns, sizeof columns / sizeof *columns);
  for (size_t i = 0; i < report_size(swap, "features"); i++) {
    const json_t *feature = json_array_get(report_at(swap, "features"), i);
    char id[64];
    text_add(text, "<tr id=\"/swap/features/%zu\"><th scope=\"row\">", i);
    text_html(text, report_string(feature, "column"));
    text_put(text, ": ");
    text_html(text, report_string(feature, "value"));
    text_put(text, "</th>");
    snprintf(id, sizeof id, "/swap/features/%zu/in_share", i);
    share_cell(text, "Come in", id, report_number(feature, "in_share"), report_number(feature, "in_rows"),
               report_number(swap, "in"), few);
    snprintf(id, sizeof id, "/swap/features/%zu/out_share", i);
    share_cell(text, "Go out", id, report_number(feature, "out_share"), report_number(feature, "out_rows"),
               report_number(swap, "out"), few);
    text_put(text, "</tr>\n");
  }
  table_close(text);
}

static void swap_set(Text *text, const json_t *report) {
  static const SwapRow rows[] = {{"Only the challenger acts: they come in", "in", "in_positives", "in_gain"},
                                 {"Only the champion acts: they go out", "out", "out_positives", "out_gain"},
                                 {"Both act", "both", "", ""},
                                 {"Neither acts", "neither", "", ""}};
  const json_t *swap = report_at(report, "swap");
  if (!json_is_object(swap)) return;
  char *worth = memory_format("Worth of acting, %.40s", report_string(report, "business/unit"));
  bool money = report_number(swap, "scale") > 0;
  const Column columns[] = {{"Decision", false},
                            {"Rows", true},
                            {"Positive rows", true},
                            {"Rate", true},
                            {money ? worth : "Worth", true}};
  double in = report_number(swap, "in_gain"), out = report_number(swap, "out_gain"),
         p = report_number(swap, "p");
  Form form = form_signed(form_money(report_number(swap, "scale"), in > out ? in : out));
  put_heading(text, "Whose decisions change");
  put_paragraph(text, "", report_string(swap, "text"));
  table_open(text, "stack quiet", "The swap set", columns, sizeof columns / sizeof *columns);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) swap_row(text, swap, &rows[i], &form);
  table_close(text);
  if (p == p) {
    text_put(text, "<p class=\"small\">Positive rates of those who come in and those who go out: p "
                   "<span id=\"/swap/p\">");
    text_put(text, p < 0.001 ? "" : "= ");
    put_p(text, p);
    text_put(text, *report_string(swap, "test") != '\0' ? "</span>, " : "</span>");
    text_html(text, report_string(swap, "test"));
    text_put(text, "</p>\n");
  }
  swap_features(text, swap);
  free(worth);
}

static void body(Text *text, const json_t *report) {
  put_paragraph(text, "intro", report_string(report, "agreement/text"));
  pairs(text, report);
  bands(text, report);
  swap_set(text, report);
}

const Section section_agreement = {
    "agreement", "Do the two kinds of metric agree?", NULL, "pm ds", false, present, NULL, body};
