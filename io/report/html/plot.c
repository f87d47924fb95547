// Inline SVG figures. Coordinates have one decimal; colours come from the page's style sheet by class.
#include "io/report/html/plot.h"

#include "io/report/report_read.h"

#include <string.h>

enum { WIDTH = 480, HEIGHT = 320, LEFT = 62, RIGHT = 14, TOP = 34, BOTTOM = 50 };

typedef struct Scale {
  double least, most, step;
  int decimals;
  double from, to; // pixels
} Scale;

static double pixel(const Scale *scale, double value) {
  double share = (value - scale->least) / (scale->most - scale->least);
  share = share < -0.02 ? -0.02 : share > 1.02 ? 1.02 : share;
  return scale->from + share * (scale->to - scale->from);
}

static bool is_finite(double value) {
  return value - value == 0;
}

// A step of 1, 2 or 5 times a power of ten that gives at most `most` intervals.
static double nice_step(double range, int most, int *decimals) {
  double step = 1;
  *decimals = 0;
  if (!(range > 0) || !is_finite(range)) return 1;
  while (range / step > most) step *= 10;
  while (range / step <= most / 10.0 && *decimals < 12) {
    step /= 10;
    (*decimals)++;
  }
  // step is the smallest power of ten with at most `most` intervals; nothing smaller fits
  if (range / (step / 5) <= most && *decimals < 12) {
    step /= 5;
    (*decimals) += step < 1;
  } else if (range / (step / 2) <= most && *decimals < 12) {
    step /= 2;
    (*decimals) += step < 1;
  }
  return step;
}

static double step_down(double value, double step) {
  double n = (double)(long long)(value / step);
  if (n * step > value) n -= 1;
  return n * step;
}

static void widen(double *least, double *most, double value) {
  if (!is_finite(value)) return;
  if (value < *least) *least = value;
  if (value > *most) *most = value;
}

static Scale fit(const Plot *plot, bool vertical) {
  const Axis *axis = vertical ? &plot->y : &plot->x;
  double least = 1e300, most = -1e300;
  for (int s = 0; s < plot->series_count; s++) {
    const Series *series = &plot->series[s];
    for (int i = 0; i < series->count; i++) {
      widen(&least, &most, vertical ? series->y[i] : series->x[i]);
      if (vertical && series->has_range) {
        widen(&least, &most, series->low[i]);
        widen(&least, &most, series->high[i]);
      }
    }
  }
  if (vertical && plot->zero) widen(&least, &most, 0);
  if (axis->unit_interval || least > most) {
    least = 0;
    most = 1;
  }
  if (least == most) {
    least -= 1;
    most += 1;
  }
  Scale scale = {0};
  scale.step = nice_step(most - least, 6, &scale.decimals);
  bool huge = (most > 9e15 * scale.step) || (least < -9e15 * scale.step);
  scale.least = axis->unit_interval || huge ? least : step_down(least, scale.step);
  scale.most = axis->unit_interval || huge ? most : -step_down(-most, scale.step);
  scale.from = vertical ? HEIGHT - BOTTOM : LEFT;
  scale.to = vertical ? TOP : WIDTH - RIGHT;
  return scale;
}

static void tick_text(Text *text, const Scale *scale, const Axis *axis, double value) {
  if (axis->format == AXIS_PERCENT) {
    format_fixed(text, value * 100, scale->decimals > 2 ? scale->decimals - 2 : 0, false);
  } else if (scale->step >= 1e6) {
    format_fixed(text, value / 1e6, 0, false);
    text_put(text, value == 0 ? "" : "M");
  } else if (scale->step >= 1e4) {
    format_fixed(text, value / 1e3, 0, false);
    text_put(text, value == 0 ? "" : "k");
  } else {
    format_fixed(text, value, scale->decimals, false);
  }
}

static void draw_axes(Text *text, const Plot *plot, const Scale *x, const Scale *y) {
  int x_ticks = (int)((x->most - x->least) / x->step + 0.5),
      y_ticks = (int)((y->most - y->least) / y->step + 0.5);
  for (int i = 0; i <= y_ticks && i <= 20; i++) {
    double value = y->least + i * y->step, at = pixel(y, value);
    text_add(text, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT, WIDTH - RIGHT,
             at, at);
    text_add(text, "<text class=\"tick end\" x=\"%d\" y=\"%.1f\">", LEFT - 8, at + 4);
    tick_text(text, y, &plot->y, value);
    text_put(text, "</text>");
  }
  for (int i = 0; i <= x_ticks && i <= 20; i++) {
    double value = x->least + i * x->step, at = pixel(x, value);
    text_add(text, "<text class=\"tick middle\" x=\"%.1f\" y=\"%d\">", at, HEIGHT - BOTTOM + 18);
    tick_text(text, x, &plot->x, value);
    text_put(text, "</text>");
  }
  double base = pixel(y, plot->zero ? 0 : y->least);
  text_add(text, "<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT, WIDTH - RIGHT,
           base, base);
  text_add(text, "<text class=\"name middle\" x=\"%d\" y=\"%d\">", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10);
  text_html(text, plot->x.title);
  text_add(text, "</text><text class=\"name middle\" transform=\"translate(13 %d) rotate(-90)\">",
           (TOP + HEIGHT - BOTTOM) / 2);
  text_html(text, plot->y.title);
  text_put(text, "</text>\n");
}

static void draw_line(Text *text, const Series *series, const Scale *x, const Scale *y) {
  text_add(text, "<polyline class=\"line %s\" points=\"", series->style);
  for (int i = 0; i < series->count; i++)
    if (is_finite(series->x[i]) && is_finite(series->y[i]))
      text_add(text, "%s%.1f,%.1f", i ? " " : "", pixel(x, series->x[i]), pixel(y, series->y[i]));
  text_put(text, "\"/>\n");
}

static void draw_points(Text *text, const Series *series, const Scale *x, const Scale *y) {
  for (int i = 0; i < series->count; i++) {
    if (!is_finite(series->x[i]) || !is_finite(series->y[i])) continue;
    double px = pixel(x, series->x[i]), py = pixel(y, series->y[i]);
    if (series->has_range && is_finite(series->low[i]) && is_finite(series->high[i]))
      text_add(text, "<line class=\"whisker %s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>",
               series->style, px, px, pixel(y, series->low[i]), pixel(y, series->high[i]));
    if (series->kind == SERIES_MARK)
      text_add(text, "<line class=\"drop %s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%d\"/>", series->style,
               px, px, py, HEIGHT - BOTTOM);
    text_add(text, "<circle class=\"dot %s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%s\"/>", series->style, px, py,
             series->kind == SERIES_MARK ? "5" : "3.5");
  }
  text_put(text, "\n");
}

static int letters(const char *string) {
  int count = 0;
  for (; *string; string++) count += ((unsigned char)*string & 0xc0) != 0x80;
  return count;
}

// Keys in a row above the plot.
static void draw_legend(Text *text, const Plot *plot) {
  int at = LEFT;
  for (int s = 0; s < plot->series_count; s++) {
    const Series *series = &plot->series[s];
    if (!series->label || !series->count) continue;
    if (series->kind == SERIES_LINE) {
      text_add(text, "<line class=\"line %s\" x1=\"%d\" x2=\"%d\" y1=\"16\" y2=\"16\"/>", series->style, at,
               at + 22);
    } else {
      text_add(text, "<circle class=\"dot %s\" cx=\"%d\" cy=\"16\" r=\"4\"/>", series->style, at + 11);
    }
    text_add(text, "<text class=\"key\" x=\"%d\" y=\"20\">", at + 28);
    text_html(text, series->label);
    text_put(text, "</text>");
    at += 28 + 8 * letters(series->label) + 16;
  }
  text_put(text, "\n");
}

static void draw_svg(Text *text, const Plot *plot) {
  Scale x = fit(plot, false), y = fit(plot, true);
  text_add(text, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"%s-t %s-d\"><title id=\"%s-t\">",
           WIDTH, HEIGHT, plot->id, plot->id, plot->id);
  text_html(text, plot->title);
  text_add(text, "</title><desc id=\"%s-d\">", plot->id);
  text_html(text, plot->description);
  text_put(text, "</desc>\n");
  draw_axes(text, plot, &x, &y);
  if (plot->diagonal)
    text_add(text, "<line class=\"diagonal\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", x.from,
             pixel(&y, x.least), x.to, pixel(&y, x.most));
  for (int s = 0; s < plot->series_count; s++) {
    if (plot->series[s].kind == SERIES_LINE) {
      draw_line(text, &plot->series[s], &x, &y);
    } else {
      draw_points(text, &plot->series[s], &x, &y);
    }
  }
  draw_legend(text, plot);
  text_put(text, "</svg>\n");
}

// Six significant digits, as a table of numbers needs them.
static void cell(Text *text, double value) {
  if (is_finite(value)) {
    text_add(text, "<td>%.6g</td>", value);
  } else {
    text_put(text, "<td>–</td>");
  }
}

static void data_table(Text *text, const Plot *plot) {
  // The heading of a percentage says %: so do its numbers.
  double x_unit = plot->x.format == AXIS_PERCENT ? 100 : 1, y_unit = plot->y.format == AXIS_PERCENT ? 100 : 1;
  text_put(text, "<details class=\"data\"><summary>Numbers of this plot</summary><div class=\"tables\">\n");
  for (int s = 0; s < plot->series_count; s++) {
    const Series *series = &plot->series[s];
    if (!series->count) continue;
    text_put(text, "<table class=\"points\"><caption>");
    text_html(text, series->label ? series->label : "");
    text_put(text, "</caption><thead><tr><th scope=\"col\">");
    text_html(text, plot->x.title);
    text_put(text, "</th><th scope=\"col\">");
    text_html(text, plot->y.title);
    text_put(text, series->has_range ? "</th><th scope=\"col\">low</th><th scope=\"col\">high" : "");
    text_put(text, "</th></tr></thead><tbody>\n");
    for (int i = 0; i < series->count; i++) {
      text_put(text, "<tr>");
      cell(text, series->x[i] * x_unit);
      cell(text, series->y[i] * y_unit);
      if (series->has_range) {
        cell(text, series->low[i] * y_unit);
        cell(text, series->high[i] * y_unit);
      }
      text_put(text, "</tr>\n");
    }
    text_put(text, "</tbody></table>\n");
  }
  text_put(text, "</div></details>\n");
}

void plot_figure(Text *text, const Plot *plot) {
  text_add(text, "<figure id=\"%s\"><figcaption><strong>", plot->id);
  text_html(text, plot->title);
  text_put(text, "</strong> ");
  text_html(text, plot->description);
  text_put(text, "</figcaption>\n");
  draw_svg(text, plot);
  data_table(text, plot);
  text_put(text, "</figure>\n");
}

void interval_svg(Text *text, double value, double low, double high, double margin, const char *description) {
  double least = 0, most = 0;
  widen(&least, &most, value);
  widen(&least, &most, low);
  widen(&least, &most, high);
  widen(&least, &most, margin);
  if (!is_finite(value) || least == most) return;
  Scale scale = {.least = least, .most = most, .from = 6, .to = 154};
  text_put(text, "<svg class=\"interval\" viewBox=\"0 0 160 24\" role=\"img\"><title>");
  text_html(text, description);
  text_add(text,
           "</title><line class=\"grid\" x1=\"0\" x2=\"160\" y1=\"12\" y2=\"12\"/>"
           "<line class=\"zero\" x1=\"%.1f\" x2=\"%.1f\" y1=\"4\" y2=\"20\"/>",
           pixel(&scale, 0), pixel(&scale, 0));
  if (is_finite(margin) && margin != 0)
    text_add(text, "<line class=\"margin\" x1=\"%.1f\" x2=\"%.1f\" y1=\"1\" y2=\"23\"/>",
             pixel(&scale, margin), pixel(&scale, margin));
  if (is_finite(low) && is_finite(high))
    text_add(text, "<line class=\"span\" x1=\"%.1f\" x2=\"%.1f\" y1=\"12\" y2=\"12\"/>", pixel(&scale, low),
             pixel(&scale, high));
  text_add(text, "<circle class=\"dot challenger\" cx=\"%.1f\" cy=\"12\" r=\"4.5\"/></svg>",
           pixel(&scale, value));
}

void bar_svg(Text *text, double value, double low, double high, double least, double most,
             const char *style) {
  if (!is_finite(value) || !(least < most)) return;
  Scale scale = {.least = least, .most = most, .from = 4, .to = 196};
  double zero = pixel(&scale, 0), end = pixel(&scale, value);
  text_add(text,
           "<svg class=\"bar\" viewBox=\"0 0 200 20\" aria-hidden=\"true\"><rect class=\"fill %s\" "
           "x=\"%.1f\" y=\"4\" "
           "width=\"%.1f\" height=\"12\" rx=\"2\"/>",
           style, zero < end ? zero : end, zero < end ? end - zero : zero - end);
  if (is_finite(low) && is_finite(high))
    text_add(text, "<line class=\"error\" x1=\"%.1f\" x2=\"%.1f\" y1=\"10\" y2=\"10\"/>", pixel(&scale, low),
             pixel(&scale, high));
  text_add(text, "<line class=\"zero\" x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"20\"/></svg>", zero, zero);
}
