// A slider over the thresholds of a report: what acting above, or below, another one would have been worth.
#ifndef INGOT_IO_REPORT_HTML_PLOTS_SLIDER_H
#define INGOT_IO_REPORT_HTML_PLOTS_SLIDER_H

#include "io/report/html/plots/plot.h"

extern const char SLIDER_MARK[]; // the `moving` of the plot whose mark it moves

// Whether the report has what the slider shows.
bool has_slider(const json_t *report);

// The control, hidden until REPORT_SCRIPT (script.h) shows it. `plot` is the profit curve, whose x is the
// share of rows acted on and whose y is the value in units.
void write_slider(Text *text, const json_t *report, const Plot *plot);

#endif
