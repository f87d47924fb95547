// A plot of one row a thing (policy, slice, input, ...): bars from zero, dots with intervals, or spans.
#ifndef INGOT_IO_REPORT_HTML_PLOTS_ROWS_PLOT_H
#define INGOT_IO_REPORT_HTML_PLOTS_ROWS_PLOT_H

#include "io/report/html/plots/scale.h"

#include <jansson.h>

enum { ROWS_MAX = 60 };

// SPANS run from low to high, split at the plot's base: what the two ends of a parameter do.
typedef enum RowsKind { ROWS_BARS, ROWS_DOTS, ROWS_SPANS } RowsKind;

typedef struct Row {
  const char *label;
  bool heading;
  const char *style;                // a CSS class; NULL: neutral
  double value, low, high;          // NaN: not drawn
  double tick;                      // a mark of its own, such as a noise floor; NaN: none
  char note[32];                    // at the right end, UTF-8; "": none
  char low_note[24], high_note[24]; // SPANS: at the ends
} Row;

typedef struct RowsPlot {
  const char *id, *title, *description;
  RowsKind kind;
  const char *label_title; // heading of the labels
  const char *tick_label;  // what ticks are; NULL: no row has one
  const char *note_title;  // heading of the notes; NULL: none
  double confidence;       // of the whiskers, for the legend; 0: no row has any
  Axis axis;
  double base; // SPANS
  bool zero;   // 0 belongs to the axis
  bool small;  // one of many: a narrower frame
  Row rows[ROWS_MAX];
  int count;
} RowsPlot;

// A heading above the rows that follow; it takes a row.
void rows_add_heading(RowsPlot *plot, const char *label);

// A further row whose numbers are NaN; NULL where ROWS_MAX are there.
Row *rows_add(RowsPlot *plot, const char *label);

// Value and interval of an estimate object divided by `scale`.
void row_estimate(Row *row, const json_t *estimate, double scale);

// <figure> with SVG and the numbers in a folded table; nothing without rows.
void rows_figure(Text *text, const RowsPlot *plot);

#endif
