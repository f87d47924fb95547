// From values to pixels: an axis with round steps, and the words of its ticks.
#ifndef INGOT_IO_REPORT_HTML_PLOTS_SCALE_H
#define INGOT_IO_REPORT_HTML_PLOTS_SCALE_H

#include "io/shared/text.h"

#include <stdbool.h>

typedef enum AxisFormat { AXIS_NUMBER, AXIS_PERCENT } AxisFormat;

// An axis as a plot asks for it.
typedef struct Axis {
  const char *title; // with the unit
  AxisFormat format;
  bool unit_interval; // exactly 0..1; else from the data
  double least, most; // where least < most: values that the axis holds beside the data
} Axis;

Axis axis_number(const char *title); // as far as the data go
Axis axis_rate(const char *title);   // 0 to 100 %

typedef struct Scale {
  double least, most, step;
  int decimals;
  double from, to; // pixels of least and most
} Scale;

bool is_finite(double value);

// Begins the range of an axis: [1e300, -1e300], or what it must hold.
void widen_start(double *least, double *most, const Axis *axis);

// Grows [least, most] by a value; NaN and infinities do not count.
void widen(double *least, double *most, double value);

// A scale over [least, most] with at most `ticks` steps, the ends moved out to whole steps unless `exact`.
Scale scale_fit(double least, double most, bool exact, int ticks, double from, double to);
int scale_steps(const Scale *scale); // ticks are least + i * step for 0 <= i <= steps
double scale_pixel(const Scale *scale, double value);
void scale_tick(Text *text, const Scale *scale, AxisFormat format, double value);

// A number for a table of a plot: six significant digits, percentages times 100; "–" for NaN.
void scale_cell(Text *text, AxisFormat format, double value);

// The text escaped for HTML and cut to this many letters with "…".
void text_html_cut(Text *text, const char *string, int letters);

#endif
