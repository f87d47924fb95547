// Axes with steps of 1, 2 or 5 times a power of ten.
#include "io/report/html/plots/scale.h"

#include "engine/shared/memory.h"
#include "io/report/report_read.h"

#include <stdlib.h>

Axis axis_number(const char *title) {
  return (Axis){.title = title};
}

Axis axis_rate(const char *title) {
  return (Axis){.title = title, .format = AXIS_PERCENT, .unit_interval = true};
}

bool is_finite(double value) {
  return value - value == 0;
}

void widen_start(double *least, double *most, const Axis *axis) {
  bool given = axis->least < axis->most;
  *least = given ? axis->least : 1e300;
  *most = given ? axis->most : -1e300;
}

void widen(double *least, double *most, double value) {
  if (!is_finite(value)) return;
  if (value < *least) *least = value;
  if (value > *most) *most = value;
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

Scale scale_fit(double least, double most, bool exact, int ticks, double from, double to) {
  Scale scale = {.from = from, .to = to};
  if (exact || least > most) {
    least = 0;
    most = 1;
    exact = true;
  }
  if (least == most) {
    double room = least > 10 ? least / 10 : least < -10 ? -least / 10 : 1;
    least -= room;
    most += room;
  }
  scale.step = nice_step(most - least, ticks, &scale.decimals);
  bool huge = (most > 9e15 * scale.step) || (least < -9e15 * scale.step);
  scale.least = exact || huge ? least : step_down(least, scale.step);
  scale.most = exact || huge ? most : -step_down(-most, scale.step);
  return scale;
}

int scale_steps(const Scale *scale) {
  double steps = (scale->most - scale->least) / scale->step + 0.5;
  return steps < 20 ? (int)steps : 20;
}

double scale_pixel(const Scale *scale, double value) {
  double share = (value - scale->least) / (scale->most - scale->least);
  share = share < -0.02 ? -0.02 : share > 1.02 ? 1.02 : share;
  return scale->from + share * (scale->to - scale->from);
}

void scale_tick(Text *text, const Scale *scale, AxisFormat format, double value) {
  if (format == AXIS_PERCENT) {
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

void scale_cell(Text *text, AxisFormat format, double value) {
  if (format == AXIS_PERCENT) value *= 100;
  if (!is_finite(value)) {
    text_put(text, "–");
  } else if (value >= 1e5 || value <= -1e5) {
    format_fixed(text, value, 0, false);
  } else {
    text_add(text, value < 0 ? "−%.6g" : "%.6g", value < 0 ? -value : value);
  }
}

void text_html_cut(Text *text, const char *string, int letters) {
  size_t length = 0;
  for (; string[length] != '\0'; length++) {
    if (((unsigned char)string[length] & 0xc0) == 0x80) continue;
    if (letters-- == 0) break;
  }
  char *head = memory_text_n(string, length);
  text_html(text, head);
  free(head);
  if (string[length] != '\0') text_put(text, "…");
}
