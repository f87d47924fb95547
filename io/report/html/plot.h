// A plot as inline SVG: axes with names and units, gentle grid, lines and points, a legend, a description.
#ifndef INGOT_IO_REPORT_HTML_PLOT_H
#define INGOT_IO_REPORT_HTML_PLOT_H

#include "io/shared/text.h"

#include <stdbool.h>

enum { PLOT_POINTS_MAX = 256, PLOT_SERIES_MAX = 6 };

typedef enum SeriesKind { SERIES_LINE, SERIES_POINTS, SERIES_MARK } SeriesKind;
typedef enum AxisFormat { AXIS_NUMBER, AXIS_PERCENT } AxisFormat;

// MARK is one point with a vertical line down to the axis. `style` is a CSS class: champion, challenger.
typedef struct Series {
  SeriesKind kind;
  const char *label, *style; // label NULL: not in the legend
  double x[PLOT_POINTS_MAX], y[PLOT_POINTS_MAX], low[PLOT_POINTS_MAX], high[PLOT_POINTS_MAX];
  int count;
  bool has_range; // POINTS: vertical bars from low to high
} Series;

typedef struct Axis {
  const char *title; // with the unit
  AxisFormat format;
  bool unit_interval; // exactly 0..1; else from the data
} Axis;

typedef struct Plot {
  const char *id, *title, *description;
  Axis x, y;
  Series series[PLOT_SERIES_MAX];
  int series_count;
  bool diagonal; // the line y = x
  bool zero;     // 0 belongs to the y axis, with a line
} Plot;

// <figure> with the SVG, its title and description, and the numbers in a folded table.
void plot_figure(Text *text, const Plot *plot);

// The interval [low, high] around value against a margin, as a small SVG for a table cell.
void interval_svg(Text *text, double value, double low, double high, double margin, const char *description);

// A horizontal bar from 0 to value on the scale [least, most] (which holds 0), with an interval or NaN.
void bar_svg(Text *text, double value, double low, double high, double least, double most, const char *style);

#endif
