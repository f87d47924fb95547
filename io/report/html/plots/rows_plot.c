// Horizontal rows on one axis, their labels at the left.
#include "io/report/html/plots/rows_plot.h"

#include "io/report/html/plots/plot.h"
#include "io/report/report_read.h"

#include <stdio.h>
#include <string.h>

enum { RIGHT = 22, NOTE = 62, TOP = 6, BOTTOM = 44, ROW = 25, NOTE_LETTER = 7, NOTE_MOST = 11 };

static const double nothing = 0.0 / 0.0;

Row *rows_add(RowsPlot *plot, const char *label) {
  if (plot->count == ROWS_MAX) return NULL;
  Row *row = &plot->rows[plot->count++];
  *row = (Row){.label = label, .value = nothing, .low = nothing, .high = nothing, .tick = nothing};
  return row;
}

void row_estimate(Row *row, const json_t *estimate, double scale) {
  row->value = report_number(estimate, "value") / scale;
  row->low = report_number(estimate, "ci/0") / scale;
  row->high = report_number(estimate, "ci/1") / scale;
}

void rows_add_heading(RowsPlot *plot, const char *label) {
  Row *row = rows_add(plot, label);
  if (row != NULL) row->heading = true;
}

static int width_of(const RowsPlot *plot) {
  return plot->small ? 300 : 440;
}

static int left_of(const RowsPlot *plot) {
  return plot->small ? 112 : 152;
}

static int right_of(const RowsPlot *plot) {
  return width_of(plot) - RIGHT - (plot->note_title != NULL ? NOTE : 0);
}

// Room that the note at this side of a span needs beside it.
static int note_room(const RowsPlot *plot, bool left) {
  size_t longest = 0;
  for (int i = 0; plot->kind == ROWS_SPANS && i < plot->count; i++) {
    const Row *row = &plot->rows[i];
    bool falls = row->low > row->high;
    size_t length = strlen(left != falls ? row->low_note : row->high_note);
    if (length > longest) longest = length;
  }
  return longest > 0 ? 8 + NOTE_LETTER * (longest < NOTE_MOST ? (int)longest : NOTE_MOST) : 0;
}

static Scale scale_of(const RowsPlot *plot) {
  double least, most;
  widen_start(&least, &most, &plot->axis);
  for (int i = 0; i < plot->count; i++) {
    const Row *row = &plot->rows[i];
    widen(&least, &most, row->value);
    widen(&least, &most, row->low);
    widen(&least, &most, row->high);
    widen(&least, &most, row->tick);
  }
  if (plot->zero || plot->kind == ROWS_BARS) widen(&least, &most, 0);
  if (plot->kind == ROWS_SPANS) widen(&least, &most, plot->base);
  int ticks = plot->small ? 3 : plot->note_title != NULL ? 4 : 5; // what there is room for
  return scale_fit(least, most, plot->axis.unit_interval, ticks, left_of(plot) + note_room(plot, true),
                   right_of(plot) - note_room(plot, false));
}

static void vertical(Text *text, const char *style, double x, double from, double to) {
  text_add(text, "<line class=\"%s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>", style, x, x, from,
           to);
}

static void horizontal(Text *text, const char *style, double from, double to, double y) {
  if (is_finite(from) && is_finite(to))
    text_add(text, "<line class=\"%s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>", style, from, to, y,
             y);
}

static void draw_axis(Text *text, const RowsPlot *plot, const Scale *scale) {
  int bottom = TOP + plot->count * ROW;
  for (int i = 0; i <= scale_steps(scale); i++) {
    double value = scale->least + i * scale->step, at = scale_pixel(scale, value);
    vertical(text, "grid", at, TOP, bottom);
    text_add(text, "<text class=\"tick middle\" x=\"%.1f\" y=\"%d\">", at, bottom + 16);
    scale_tick(text, scale, plot->axis.format, value);
    text_put(text, "</text>");
  }
  if (scale->least <= 0 && scale->most >= 0) vertical(text, "axis", scale_pixel(scale, 0), TOP, bottom);
  if (plot->kind == ROWS_SPANS) vertical(text, "base", scale_pixel(scale, plot->base), TOP, bottom);
  text_add(text, "<text class=\"name end\" x=\"%d\" y=\"%d\">", right_of(plot), bottom + BOTTOM - 8);
  text_html_cut(text, plot->axis.title, 60);
  text_put(text, "</text>");
  if (plot->note_title != NULL) {
    text_add(text, "<text class=\"name end\" x=\"%d\" y=\"%d\">", width_of(plot) - 2, bottom + 16);
    text_html_cut(text, plot->note_title, 14);
    text_put(text, "</text>");
  }
  text_put(text, "\n");
}

static void draw_bar(Text *text, const Scale *scale, const char *style, double from, double to, double y) {
  double a = scale_pixel(scale, from), b = scale_pixel(scale, to);
  if (!is_finite(from) || !is_finite(to)) return;
  text_add(text, "<rect class=\"fill %s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"12\" rx=\"2\"/>",
           style, a < b ? a : b, y - 6, a < b ? b - a : a - b);
}

static void draw_span(Text *text, const RowsPlot *plot, const Row *row, const Scale *scale, double y) {
  draw_bar(text, scale, "low", plot->base, row->low, y);
  draw_bar(text, scale, "high", plot->base, row->high, y);
  const double ends[2] = {row->low, row->high};
  const char *notes[2] = {row->low_note, row->high_note};
  bool falls = row->low > row->high;
  for (int i = 0; i < 2; i++) {
    if (!is_finite(ends[i]) || notes[i][0] == '\0') continue;
    bool left = (i == 0) != falls;
    text_add(text, "<text class=\"tick%s\" x=\"%.1f\" y=\"%.1f\">", left ? " end" : "",
             scale_pixel(scale, ends[i]) + (left ? -4 : 4), y + 4);
    text_html(text, notes[i]);
    text_put(text, "</text>");
  }
}

static void draw_row(Text *text, const RowsPlot *plot, int index, const Scale *scale) {
  const Row *row = &plot->rows[index];
  const char *style = row->style != NULL ? row->style : "plain";
  double y = TOP + index * ROW + ROW / 2.0;
  text_add(text, "<text class=\"row end%s\" x=\"%d\" y=\"%.1f\">", row->heading ? " heading" : "",
           left_of(plot) - 8, y + 4);
  text_html_cut(text, row->label, plot->small ? 16 : 22);
  text_put(text, "</text>");
  if (plot->kind == ROWS_SPANS) {
    draw_span(text, plot, row, scale, y);
  } else {
    if (plot->kind == ROWS_BARS) draw_bar(text, scale, style, 0, row->value, y);
    horizontal(text, plot->kind == ROWS_BARS ? "error" : "reach", scale_pixel(scale, row->low),
               scale_pixel(scale, row->high), y);
    if (plot->kind == ROWS_DOTS && is_finite(row->value))
      text_add(text, "<circle class=\"dot %s\" cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\"/>", style,
               scale_pixel(scale, row->value), y);
  }
  if (is_finite(row->tick)) vertical(text, "floor", scale_pixel(scale, row->tick), y - 9, y + 9);
  if (plot->note_title != NULL && row->note[0] != '\0') {
    text_add(text, "<text class=\"tick end\" x=\"%d\" y=\"%.1f\">", width_of(plot) - 2, y + 4);
    text_html(text, row->note);
    text_put(text, "</text>");
  }
  text_put(text, "\n");
}

static void draw_legend(Text *text, const RowsPlot *plot) {
  if (plot->kind != ROWS_SPANS && plot->tick_label == NULL && !(plot->confidence > 0)) return;
  text_put(text, "<ul class=\"legend\">");
  if (plot->kind == ROWS_SPANS) {
    figure_key(text, "<rect class=\"fill %s\" x=\"1\" y=\"1\" width=\"22\" height=\"10\"/>", "low",
               "at the low end");
    figure_key(text, "<rect class=\"fill %s\" x=\"1\" y=\"1\" width=\"22\" height=\"10\"/>", "high",
               "at the high end");
  }
  if (plot->confidence > 0) {
    char words[40];
    snprintf(words, sizeof words, "%.4g %% interval", plot->confidence * 100);
    figure_key(text, "<line class=\"%s\" x1=\"1\" x2=\"23\" y1=\"6\" y2=\"6\"/>",
               plot->kind == ROWS_BARS ? "error" : "reach", words);
  }
  if (plot->tick_label != NULL)
    figure_key(text, "<line class=\"%s\" x1=\"12\" x2=\"12\" y1=\"0\" y2=\"12\"/>", "floor",
               plot->tick_label);
  text_put(text, "</ul>\n");
}

static void head(Text *text, const char *title) {
  text_put(text, "<th scope=\"col\">");
  text_html(text, title);
  text_put(text, "</th>");
}

static void number_cell(Text *text, const RowsPlot *plot, double value) {
  text_put(text, "<td>");
  scale_cell(text, plot->axis.format, value);
  text_put(text, "</td>");
}

static void data_table(Text *text, const RowsPlot *plot) {
  bool spans = plot->kind == ROWS_SPANS;
  const char *group = "";
  figure_table_open(text, plot->title);
  text_put(text, "<table class=\"points rows\"><caption>");
  text_html(text, plot->axis.title);
  text_put(text, "</caption><thead><tr>");
  head(text, plot->label_title);
  if (!spans) head(text, "value");
  head(text, spans ? "at the low end" : "low");
  head(text, spans ? "at the high end" : "high");
  if (plot->tick_label != NULL) head(text, plot->tick_label);
  text_put(text, "</tr></thead><tbody>\n");
  for (int i = 0; i < plot->count; i++) {
    const Row *row = &plot->rows[i];
    if (row->heading) {
      group = row->label;
      continue;
    }
    text_put(text, "<tr><th scope=\"row\">");
    text_html(text, group);
    text_put(text, *group != '\0' ? ": " : "");
    text_html(text, row->label);
    text_put(text, "</th>");
    if (!spans) number_cell(text, plot, row->value);
    number_cell(text, plot, row->low);
    number_cell(text, plot, row->high);
    if (plot->tick_label != NULL) number_cell(text, plot, row->tick);
    text_put(text, "</tr>\n");
  }
  text_put(text, "</tbody></table>\n");
  figure_table_close(text);
}

void rows_figure(Text *text, const RowsPlot *plot) {
  if (plot->count == 0) return;
  Scale scale = scale_of(plot);
  figure_open(text, plot->id, plot->title, plot->description);
  draw_legend(text, plot);
  figure_svg_open(text, plot->id, plot->title, plot->description, width_of(plot),
                  TOP + plot->count * ROW + BOTTOM);
  draw_axis(text, plot, &scale);
  for (int i = 0; i < plot->count; i++) draw_row(text, plot, i, &scale);
  text_put(text, "</svg>\n");
  data_table(text, plot);
}
