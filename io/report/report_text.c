// The report as plain text in columns.
#include "io/report/report_text.h"

#include "io/report/report_read.h"

#include <string.h>

enum { CELL = 34 };

// Characters of UTF-8, so that columns line up.
static int width_of(const char *string) {
  int width = 0;
  for (const char *c = string; *c != '\0'; c++) width += ((unsigned char)*c & 0xc0) != 0x80;
  return width;
}

// A text of the report; its control bytes are nothing to send to a terminal.
static void put_plain(Text *text, const char *string) {
  for (const char *c = string; *c != '\0'; c++) {
    bool control = (unsigned char)*c < ' ' || *c == 0x7f;
    text_put_n(text, control ? " " : c, 1);
  }
}

static void cell(Text *text, const char *string, int width, bool right) {
  int blanks = width - width_of(string);
  if (right && blanks > 0) text_add(text, "%*s", blanks, "");
  put_plain(text, string);
  if (!right && blanks > 0) text_add(text, "%*s", blanks, "");
}

static void estimate_cell(Text *text, const json_t *row, const char *side, bool sign) {
  char path[48];
  Text inside = {0};
  double scale = report_number(row, "scale");
  scale = scale > 0 ? scale : 1;
  strcat(strcpy(path, side), "/value");
  double value = report_number(row, path) / scale;
  strcat(strcpy(path, side), "/ci/0");
  double low = report_number(row, path) / scale;
  strcat(strcpy(path, side), "/ci/1");
  double high = report_number(row, path) / scale;
  int decimals = scale > 1 ? money_decimals(value < 0 ? -value : value) : metric_decimals(value);
  format_fixed(&inside, value, decimals, sign);
  if (low == low && high == high) {
    text_put(&inside, " [");
    format_fixed(&inside, low, decimals, sign);
    text_put(&inside, ", ");
    format_fixed(&inside, high, decimals, sign);
    text_put(&inside, "]");
  }
  cell(text, inside.bytes, CELL, true);
  text_free(&inside);
}

static void table(Text *text, const json_t *report, const char *list, const char *title, bool results) {
  bool both = json_is_object(report_at(report, "subject/champion"));
  size_t count = report_size(report, list);
  if (count == 0) return;
  text_put(text, "\n");
  cell(text, title, 20, false);
  if (both) cell(text, "champion", CELL, true);
  cell(text, both ? "challenger" : "this model", CELL, true);
  if (both) cell(text, "difference, + is better", CELL, true);
  text_put(text, "\n");
  for (size_t i = 0; i < count; i++) {
    const json_t *row = json_array_get(report_at(report, list), i);
    cell(text, report_string(row, "label"), 20, false);
    if (both) estimate_cell(text, row, "champion", false);
    estimate_cell(text, row, "challenger", false);
    if (both) estimate_cell(text, row, "delta", true);
    if (results) {
      text_put(text, "  ");
      put_plain(text, report_string(row, "result"));
    }
    text_put(text, "\n");
  }
}

static void money(Text *text, const json_t *report) {
  size_t count = report_size(report, "business/policies");
  double scale = report_number(report, "business/scale");
  if (count == 0) return;
  text_put(text, "\nmoney, ");
  put_plain(text, report_string(report, "business/unit"));
  text_put(text, "\n");
  for (size_t i = 0; i < count; i++) {
    const json_t *policy = json_array_get(report_at(report, "business/policies"), i);
    double value = report_number(policy, "value") / scale;
    Text acted = {0}, worth = {0};
    format_count(&acted, report_number(policy, "acted"));
    format_fixed(&worth, value, money_decimals(value < 0 ? -value : value), false);
    cell(text, report_policy_name(report, policy), 20, false);
    text_put(text, "acts on");
    cell(text, acted.bytes, 10, true);
    cell(text, worth.bytes, 17, true);
    text_put(text, "\n");
    text_free(&acted);
    text_free(&worth);
  }
}

void report_text(Text *text, const json_t *report) {
  put_plain(text, report_string(report, "verdict/state"));
  text_put(text, "  ");
  put_plain(text, report_string(report, "verdict/sentence"));
  text_put(text, "\n");
  report_reasons(text, report, "  ", put_plain);
  table(text, report, "gates", "rule", true);
  money(text, report);
  table(text, report, "metrics", "metric", false);
}
