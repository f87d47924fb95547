// A plot of x and y as inline SVG: axes with names and units, gentle grid, a legend, a description, its
// numbers.
#ifndef INGOT_IO_REPORT_HTML_PLOTS_PLOT_H
#define INGOT_IO_REPORT_HTML_PLOTS_PLOT_H

#include "io/report/html/plots/scale.h"

#include <jansson.h>

enum { PLOT_POINTS_MAX = 256, PLOT_SERIES_MAX = 6 };

// MARK is one point with a vertical line down to the axis; BAND the area between low and high; COLUMNS are
// shares in 0..1, drawn small along the x axis on a scale of their own.
typedef enum SeriesKind { SERIES_LINE, SERIES_POINTS, SERIES_MARK, SERIES_BAND, SERIES_COLUMNS } SeriesKind;

// `style` is a CSS class: champion, challenger, ...
typedef struct Series {
  SeriesKind kind;
  const char *label, *style; // label NULL: not in the legend
  double x[PLOT_POINTS_MAX], y[PLOT_POINTS_MAX], low[PLOT_POINTS_MAX], high[PLOT_POINTS_MAX];
  int count;
  bool has_range; // POINTS: vertical bars from low to high
} Series;

typedef struct Plot {
  const char *id, *title, *description;
  Axis x, y;
  Series series[PLOT_SERIES_MAX];
  int series_count;
  bool small;         // one of many: a flatter frame
  bool diagonal;      // the line y = x
  bool zero;          // 0 belongs to the y axis, with a line
  const char *moving; // id of a mark that a script may show and move; NULL: none
  char words[64];     // of a label made for this plot
} Plot;

// Adds a series with the arrays x and y of a curve object (y also "low" and "high" for a band), y divided by
// `scale`; none where an array is missing. Returns it, or NULL.
Series *plot_add(Plot *plot, SeriesKind kind, const char *label, const char *style, const json_t *curve,
                 const char *x, const char *y, double scale);
Series *plot_add_band(Plot *plot, const char *label, const char *style, const json_t *curve, double scale);

// Where a plot of these series shows the point (x, y), in the coordinates of its SVG.
void plot_place(double place[2], const Plot *plot, double x, double y);

// <figure> with the SVG, its title and description, and the numbers in a folded table. Nothing where the plot
// has no series.
void plot_figure(Text *text, const Plot *plot);

// The parts that every figure has: caption and legend before the SVG, the folded table after it.
void figure_open(Text *text, const char *id, const char *title, const char *description);
void figure_svg_open(Text *text, const char *id, const char *title, const char *description, int width,
                     int height);
void figure_table_open(Text *text, const char *title);
void figure_table_close(Text *text);

// A key of the legend, an <li>; `shape` is what stands before the words.
void figure_key(Text *text, const char *shape, const char *style, const char *label);

// The interval [low, high] around value against a margin (NaN: none), as a small SVG for a table cell.
void interval_svg(Text *text, double value, double low, double high, double margin, const char *description);

#endif
