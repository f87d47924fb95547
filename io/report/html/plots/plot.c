// Inline SVG figures. Coordinates have one decimal; colours come from the page's style sheet by class.
#include "io/report/html/plots/plot.h"

#include "io/report/report_read.h"

#include <string.h>

enum { LEFT = 52, RIGHT = 14, TOP = 28, BOTTOM = 44, TABLE_ROWS = 51 };

typedef struct Frame {
  Scale x, y;
  int width, height;
} Frame;

// ---- parts of every figure ----

void figure_open(Text *text, const char *id, const char *title, const char *description) {
  text_add(text, "<figure id=\"%s\"><figcaption><strong>", id);
  text_html(text, title);
  text_put(text, "</strong> ");
  text_html(text, description);
  text_put(text, "</figcaption>\n");
}

void figure_svg_open(Text *text, const char *id, const char *title, const char *description, int width,
                     int height) {
  text_add(text, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"%s-t %s-d\"><title id=\"%s-t\">",
           width, height, id, id, id);
  text_html(text, title);
  text_add(text, "</title><desc id=\"%s-d\">", id);
  text_html(text, description);
  text_put(text, "</desc>\n");
}

void figure_table_open(Text *text, const char *title) {
  text_put(text, "<details class=\"data\"><summary>Numbers of this plot</summary><div class=\"tables\" "
                 "tabindex=\"0\" role=\"group\" aria-label=\"Numbers: ");
  text_html(text, title);
  text_put(text, "\">\n");
}

void figure_table_close(Text *text) {
  text_put(text, "</div></details></figure>\n");
}

void figure_key(Text *text, const char *shape, const char *style, const char *label) {
  text_add(text, "<li><svg viewBox=\"0 0 24 12\" aria-hidden=\"true\">");
  text_add(text, shape, style);
  text_put(text, "</svg>");
  text_html(text, label);
  text_put(text, "</li>");
}

// ---- series ----

static Series *series_new(Plot *plot, SeriesKind kind, const char *label, const char *style) {
  Series *series = &plot->series[plot->series_count];
  memset(series, 0, sizeof *series);
  series->kind = kind, series->label = label, series->style = style;
  return series;
}

Series *plot_add(Plot *plot, SeriesKind kind, const char *label, const char *style, const json_t *curve,
                 const char *x, const char *y, double scale) {
  if (plot->series_count == PLOT_SERIES_MAX) return NULL;
  Series *series = series_new(plot, kind, label, style);
  int x_count = report_numbers(series->x, PLOT_POINTS_MAX, curve, x, 1);
  int y_count = report_numbers(series->y, PLOT_POINTS_MAX, curve, y, scale);
  series->count = x_count < y_count ? x_count : y_count;
  if (series->count == 0) return NULL;
  plot->series_count++;
  return series;
}

Series *plot_add_band(Plot *plot, const char *label, const char *style, const json_t *curve, double scale) {
  Series *series = plot_add(plot, SERIES_BAND, label, style, curve, "x", "low", scale);
  if (series == NULL) return NULL;
  memcpy(series->low, series->y, sizeof series->low);
  int high = report_numbers(series->high, PLOT_POINTS_MAX, curve, "high", scale);
  if (high < series->count) series->count = high;
  if (series->count == 0) plot->series_count--;
  return series->count == 0 ? NULL : series;
}

// ---- the drawing ----

static void range_of(double *least, double *most, const Plot *plot, bool vertical) {
  for (int s = 0; s < plot->series_count; s++) {
    const Series *series = &plot->series[s];
    bool ranged = series->has_range || series->kind == SERIES_BAND;
    if (vertical && series->kind == SERIES_COLUMNS) continue;
    for (int i = 0; i < series->count; i++) {
      widen(least, most, vertical ? series->y[i] : series->x[i]);
      if (!vertical || !ranged) continue;
      widen(least, most, series->low[i]);
      widen(least, most, series->high[i]);
    }
  }
}

static Frame frame_of(const Plot *plot) {
  Frame frame = {.width = plot->small ? 300 : 440, .height = plot->small ? 200 : 300};
  double least, most;
  widen_start(&least, &most, &plot->x);
  range_of(&least, &most, plot, false);
  frame.x = scale_fit(least, most, plot->x.unit_interval, plot->small ? 4 : 6, LEFT, frame.width - RIGHT);
  widen_start(&least, &most, &plot->y);
  range_of(&least, &most, plot, true);
  if (plot->zero) widen(&least, &most, 0);
  frame.y = scale_fit(least, most, plot->y.unit_interval, plot->small ? 4 : 6, frame.height - BOTTOM, TOP);
  return frame;
}

static void draw_axes(Text *text, const Plot *plot, const Frame *frame) {
  const Scale *x = &frame->x, *y = &frame->y;
  int right = frame->width - RIGHT;
  for (int i = 0; i <= scale_steps(y); i++) {
    double value = y->least + i * y->step, at = scale_pixel(y, value);
    text_add(text, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT, right, at, at);
    text_add(text, "<text class=\"tick end\" x=\"%d\" y=\"%.1f\">", LEFT - 7, at + 4);
    scale_tick(text, y, plot->y.format, value);
    text_put(text, "</text>");
  }
  for (int i = 0; i <= scale_steps(x); i++) {
    double value = x->least + i * x->step;
    text_add(text, "<text class=\"tick middle\" x=\"%.1f\" y=\"%d\">", scale_pixel(x, value),
             frame->height - BOTTOM + 16);
    scale_tick(text, x, plot->x.format, value);
    text_put(text, "</text>");
  }
  double base = scale_pixel(y, plot->zero ? 0 : y->least);
  text_add(text, "<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT, right, base,
           base);
  text_add(text, "<text class=\"name end\" x=\"%d\" y=\"%d\">", right, frame->height - 8);
  text_html_cut(text, plot->x.title, 60);
  text_add(text, "</text><text class=\"name\" x=\"2\" y=\"13\">");
  text_html_cut(text, plot->y.title, 60);
  text_put(text, "</text>\n");
}

static void put_point(Text *text, const Frame *frame, double x, double y) {
  if (is_finite(x) && is_finite(y))
    text_add(text, "%.1f,%.1f ", scale_pixel(&frame->x, x), scale_pixel(&frame->y, y));
}

static void draw_line(Text *text, const Series *series, const Frame *frame) {
  text_add(text, "<polyline class=\"line %s\" points=\"", series->style);
  for (int i = 0; i < series->count; i++) put_point(text, frame, series->x[i], series->y[i]);
  text_put(text, "\"/>\n");
}

static void draw_band(Text *text, const Series *series, const Frame *frame) {
  text_add(text, "<polygon class=\"band %s\" points=\"", series->style);
  for (int i = 0; i < series->count; i++) put_point(text, frame, series->x[i], series->low[i]);
  for (int i = series->count - 1; i >= 0; i--) put_point(text, frame, series->x[i], series->high[i]);
  text_put(text, "\"/>\n");
}

static void draw_points(Text *text, const Series *series, const Frame *frame) {
  const Scale *x = &frame->x, *y = &frame->y;
  for (int i = 0; i < series->count; i++) {
    if (!is_finite(series->x[i]) || !is_finite(series->y[i])) continue;
    double px = scale_pixel(x, series->x[i]), py = scale_pixel(y, series->y[i]);
    if (series->has_range && is_finite(series->low[i]) && is_finite(series->high[i]))
      text_add(text, "<line class=\"whisker %s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>",
               series->style, px, px, scale_pixel(y, series->low[i]), scale_pixel(y, series->high[i]));
    if (series->kind == SERIES_MARK)
      text_add(text, "<line class=\"drop %s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%d\"/>", series->style,
               px, px, py, frame->height - BOTTOM);
    text_add(text, "<circle class=\"dot %s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%s\"/>", series->style, px, py,
             series->kind == SERIES_MARK ? "5" : "3.5");
  }
  text_put(text, "\n");
}

// Columns reach a quarter of the height at the largest share.
static void draw_columns(Text *text, const Series *series, const Frame *frame) {
  double most = 0, base = frame->height - BOTTOM;
  for (int i = 0; i < series->count; i++)
    if (series->y[i] > most) most = series->y[i];
  for (int i = 0; i < series->count; i++) {
    if (!is_finite(series->x[i]) || !(series->y[i] > 0)) continue;
    double height = series->y[i] / most * (base - TOP) / 4;
    text_add(text, "<rect class=\"column\" x=\"%.1f\" y=\"%.1f\" width=\"8\" height=\"%.1f\"/>",
             scale_pixel(&frame->x, series->x[i]) - 4, base - height, height);
  }
  text_put(text, "\n");
}

static void draw_series(Text *text, const Series *series, const Frame *frame) {
  static void (*const draw[])(Text *, const Series *, const Frame *) = {
      [SERIES_LINE] = draw_line, [SERIES_POINTS] = draw_points,   [SERIES_MARK] = draw_points,
      [SERIES_BAND] = draw_band, [SERIES_COLUMNS] = draw_columns,
  };
  draw[series->kind](text, series, frame);
}

static void draw_legend(Text *text, const Plot *plot) {
  static const char *const shapes[] = {
      [SERIES_LINE] = "<line class=\"line %s\" x1=\"1\" x2=\"23\" y1=\"6\" y2=\"6\"/>",
      [SERIES_POINTS] = "<circle class=\"dot %s\" cx=\"12\" cy=\"6\" r=\"4\"/>",
      [SERIES_MARK] = "<circle class=\"dot %s\" cx=\"12\" cy=\"6\" r=\"5\"/>",
      [SERIES_BAND] = "<rect class=\"band %s\" x=\"1\" y=\"1\" width=\"22\" height=\"10\"/>",
      [SERIES_COLUMNS] = "<rect class=\"column %s\" x=\"8\" y=\"1\" width=\"8\" height=\"10\"/>",
  };
  bool open = false;
  for (int s = 0; s < plot->series_count; s++) {
    const Series *series = &plot->series[s];
    if (series->label == NULL) continue;
    if (!open) text_put(text, "<ul class=\"legend\">");
    open = true;
    figure_key(text, shapes[series->kind], series->style, series->label);
  }
  if (open) text_put(text, "</ul>\n");
}

// ---- the numbers ----

static bool in_table(const Series *series) {
  return series->kind != SERIES_MARK;
}

// Do all series stand at the same places, so that one table holds them?
static bool share_places(const Plot *plot) {
  const Series *first = NULL;
  for (int s = 0; s < plot->series_count; s++) {
    const Series *series = &plot->series[s];
    if (!in_table(series)) continue;
    if (first == NULL) first = series;
    if (series->count != first->count) return false;
    if (memcmp(series->x, first->x, (size_t)series->count * sizeof *series->x) != 0) return false;
  }
  return true;
}

static void series_heads(Text *text, const Plot *plot, const Series *series) {
  const char *title = series->kind == SERIES_COLUMNS ? "" : plot->y.title;
  text_put(text, "<th scope=\"col\">");
  text_html(text, series->label != NULL ? series->label : title);
  if (series->kind == SERIES_BAND) {
    text_put(text, ", low</th><th scope=\"col\">high</th>");
  } else {
    text_put(text,
             series->has_range ? "</th><th scope=\"col\">low</th><th scope=\"col\">high</th>" : "</th>");
  }
}

static void series_cells(Text *text, const Plot *plot, const Series *series, int i) {
  AxisFormat format = series->kind == SERIES_COLUMNS ? AXIS_PERCENT : plot->y.format;
  double cells[3] = {series->y[i], series->low[i], series->high[i]};
  bool band = series->kind == SERIES_BAND, ranged = band || series->has_range;
  for (int c = band ? 1 : 0; c < (ranged ? 3 : 1); c++) {
    text_put(text, "<td>");
    scale_cell(text, format, cells[c]);
    text_put(text, "</td>");
  }
}

// A table of the series [from, to), which share their places.
static void points_table(Text *text, const Plot *plot, int from, int to) {
  const Series *places = NULL;
  text_put(text, "<table class=\"points\"><caption>");
  text_html(text, plot->y.title);
  text_put(text, "</caption><thead><tr><th scope=\"col\">");
  text_html(text, plot->x.title);
  text_put(text, "</th>");
  for (int s = from; s < to; s++) {
    if (!in_table(&plot->series[s])) continue;
    if (places == NULL) places = &plot->series[s];
    series_heads(text, plot, &plot->series[s]);
  }
  text_put(text, "</tr></thead><tbody>\n");
  int step = places == NULL ? 1 : (places->count - 1) / TABLE_ROWS + 1;
  for (int i = 0; places != NULL && i < places->count; i += step) {
    if (i + step >= places->count) i = places->count - 1; // the last is always there
    text_put(text, "<tr><td>");
    scale_cell(text, plot->x.format, places->x[i]);
    text_put(text, "</td>");
    for (int s = from; s < to; s++)
      if (in_table(&plot->series[s])) series_cells(text, plot, &plot->series[s], i);
    text_put(text, "</tr>\n");
  }
  text_put(text, "</tbody></table>\n");
}

static void data_tables(Text *text, const Plot *plot) {
  figure_table_open(text, plot->title);
  if (share_places(plot)) {
    points_table(text, plot, 0, plot->series_count);
  } else {
    for (int s = 0; s < plot->series_count; s++)
      if (in_table(&plot->series[s])) points_table(text, plot, s, s + 1);
  }
  figure_table_close(text);
}

void plot_place(double place[2], const Plot *plot, double x, double y) {
  Frame frame = frame_of(plot);
  place[0] = scale_pixel(&frame.x, x);
  place[1] = scale_pixel(&frame.y, y);
}

// Hidden by the style sheet until a script says otherwise.
static void draw_moving(Text *text, const Plot *plot, const Frame *frame) {
  if (plot->moving == NULL) return;
  text_add(text,
           "<g id=\"%s\" class=\"moving\"><line x1=\"0\" x2=\"0\" y1=\"%d\" y2=\"%d\"/>"
           "<circle cx=\"0\" cy=\"0\" r=\"6\"/></g>\n",
           plot->moving, TOP, frame->height - BOTTOM);
}

void plot_figure(Text *text, const Plot *plot) {
  if (plot->series_count == 0) return;
  Frame frame = frame_of(plot);
  figure_open(text, plot->id, plot->title, plot->description);
  draw_legend(text, plot);
  figure_svg_open(text, plot->id, plot->title, plot->description, frame.width, frame.height);
  draw_axes(text, plot, &frame);
  if (plot->diagonal)
    text_add(text, "<line class=\"diagonal\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
             frame.x.from, scale_pixel(&frame.y, frame.x.least), frame.x.to,
             scale_pixel(&frame.y, frame.x.most));
  for (int s = 0; s < plot->series_count; s++) draw_series(text, &plot->series[s], &frame);
  draw_moving(text, plot, &frame);
  text_put(text, "</svg>\n");
  data_tables(text, plot);
}

// ---- in table cells ----

void interval_svg(Text *text, double value, double low, double high, double margin, const char *description) {
  double least = 0, most = 0;
  widen(&least, &most, value);
  widen(&least, &most, low);
  widen(&least, &most, high);
  widen(&least, &most, margin);
  if (!is_finite(value) || least == most) return;
  Scale scale = {.least = least, .most = most, .from = 6, .to = 154};
  double zero = scale_pixel(&scale, 0), bound = scale_pixel(&scale, margin);
  text_put(text, "<svg class=\"interval\" viewBox=\"0 0 160 24\" role=\"img\"><title>");
  text_html(text, description);
  text_add(text,
           "</title><line class=\"grid\" x1=\"0\" x2=\"160\" y1=\"12\" y2=\"12\"/>"
           "<line class=\"zero\" x1=\"%.1f\" x2=\"%.1f\" y1=\"4\" y2=\"20\"/>",
           zero, zero);
  if (is_finite(margin) && margin != 0)
    text_add(text, "<line class=\"margin\" x1=\"%.1f\" x2=\"%.1f\" y1=\"1\" y2=\"23\"/>", bound, bound);
  if (is_finite(low) && is_finite(high))
    text_add(text, "<line class=\"span\" x1=\"%.1f\" x2=\"%.1f\" y1=\"12\" y2=\"12\"/>",
             scale_pixel(&scale, low), scale_pixel(&scale, high));
  text_add(text, "<circle class=\"dot challenger\" cx=\"%.1f\" cy=\"12\" r=\"4.5\"/></svg>",
           scale_pixel(&scale, value));
}
