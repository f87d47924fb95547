// Paths into report.json, and numbers as people read them.
#include "io/report/report_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const json_t *report_at(const json_t *json, const char *path) {
  char key[128];
  while (json && *path) {
    size_t length = strcspn(path, "/");
    if (length >= sizeof key) return NULL;
    memcpy(key, path, length);
    key[length] = '\0';
    json = json_is_array(json) ? json_array_get(json, strtoul(key, NULL, 10)) : json_object_get(json, key);
    path += length + (path[length] == '/');
  }
  return json_is_null(json) ? NULL : json;
}

const char *report_string(const json_t *json, const char *path) {
  const char *string = json_string_value(report_at(json, path));
  return string ? string : "";
}

double report_number(const json_t *json, const char *path) {
  const json_t *number = report_at(json, path);
  return json_is_number(number) ? json_number_value(number) : 0.0 / 0.0;
}

size_t report_size(const json_t *json, const char *path) {
  return json_array_size(report_at(json, path));
}

double report_scaled(const json_t *object, const char *path) {
  double scale = report_number(object, "scale");
  return report_number(object, path) / (scale > 0 ? scale : 1);
}

int report_numbers(double *numbers, int most, const json_t *json, const char *path, double scale) {
  const json_t *array = report_at(json, path);
  int count = 0;
  for (size_t i = 0; i < json_array_size(array) && count < most; i++) {
    double value = report_number(json_array_get(array, i), "");
    numbers[count++] = value / scale;
  }
  return count;
}

const char *report_policy_name(const json_t *report, const json_t *policy) {
  static const char *const names[][2] = {{"nobody", "act on nobody"},
                                         {"everybody", "act on everybody"},
                                         {"random", "at random"},
                                         {"half", "threshold 0.5"},
                                         {"same_for_all", "the same for all"},
                                         {"best_threshold", "best threshold"}};
  const char *name = report_string(policy, "name");
  bool alone = !json_is_object(report_at(report, "subject/champion"));
  if (alone && strcmp(name, "challenger") == 0) return "this model";
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(names[i][0], name) == 0) return names[i][1];
  return name;
}

void format_fixed(Text *text, double value, int decimals, bool sign) {
  char digits[400];
  if (value - value != 0) {
    text_put(text, value != value ? "–" : value < 0 ? "−∞" : "∞");
    return;
  }
  snprintf(digits, sizeof digits, "%.*f", decimals, value < 0 ? -value : value);
  bool zero = strspn(digits, "0.") == strlen(digits);
  text_put(text, zero ? "" : value < 0 ? "−" : sign ? "+" : "");
  size_t whole = strcspn(digits, ".");
  for (size_t i = 0; i < whole; i++) {
    if (i && (whole - i) % 3 == 0) text_put(text, ",");
    text_put_n(text, digits + i, 1);
  }
  text_put(text, digits + whole);
}

void format_count(Text *text, double value) {
  format_fixed(text, value, 0, false);
}

void format_percent(Text *text, double value, int decimals, bool sign) {
  format_fixed(text, value * 100, decimals, sign);
  if (value == value) text_put(text, " %");
}

enum { CENTS = 2, MOST_MONEY_DECIMALS = 6 };

int money_decimals(double largest) {
  int decimals = CENTS;
  if (largest >= 1000) return 0;
  for (double shown = largest * 100; shown > 0 && shown < 9.95 && decimals < MOST_MONEY_DECIMALS; shown *= 10)
    decimals++;
  return decimals;
}

static double larger(double largest, double value) {
  if (value < 0) value = -value;
  return value > largest ? value : largest; // NaN is never larger
}

double report_largest(const json_t *list, const char *path) {
  double largest = 0;
  for (size_t i = 0; i < json_array_size(list); i++)
    largest = larger(largest, report_number(json_array_get(list, i), path));
  return largest;
}

double estimate_largest(const json_t *estimate) {
  double ends = larger(larger(0, report_number(estimate, "ci/0")), report_number(estimate, "ci/1"));
  return larger(ends, report_number(estimate, "value"));
}

int report_decimals(const json_t *object, double largest) {
  double scale = report_number(object, "scale");
  largest = larger(0, largest);
  return scale > 1 ? money_decimals(largest / scale) : metric_decimals(largest);
}

double row_largest(const json_t *row) {
  double largest =
      larger(larger(0, report_number(row, "champion/value")), report_number(row, "challenger/value"));
  return largest > 0 ? largest : larger(0, report_number(row, "delta/value"));
}

int row_decimals(const json_t *rows, const json_t *row) {
  double largest = row_largest(row);
  bool money = report_number(row, "scale") > 1;
  for (size_t i = 0; money && i < json_array_size(rows); i++) {
    const json_t *other = json_array_get(rows, i);
    if (report_number(other, "scale") > 1) largest = larger(largest, row_largest(other));
  }
  return report_decimals(row, largest);
}

int metric_decimals(double magnitude) {
  if (magnitude < 0) magnitude = -magnitude;
  return magnitude < 10 || magnitude != magnitude ? 4 : magnitude < 100 ? 3 : magnitude < 1000 ? 2 : 1;
}
