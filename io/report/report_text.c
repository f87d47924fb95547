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

static double scale_of(const json_t *object) {
  double scale = report_number(object, "scale");
  return scale > 0 ? scale : 1;
}

static void estimate_cell(Text *text, const json_t *row, const char *side, bool sign) {
  char path[48];
  Text inside = {0};
  double scale = scale_of(row);
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

static void leaderboard(Text *text, const json_t *report) {
  const json_t *board = report_at(report, "leaderboard");
  size_t count = report_size(board, "models");
  if (count == 0) return;
  text_put(text, "\nleaderboard, ");
  put_plain(text, report_string(board, "label"));
  text_put(text, "; models that share a letter cannot be separated\n");
  for (size_t i = 0; i < count; i++) {
    const json_t *model = json_array_get(report_at(board, "models"), i);
    Text value = {0};
    format_fixed(&value, report_number(model, "value/value") / scale_of(board), scale_of(board) > 1 ? 0 : 4,
                 false);
    cell(text, report_string(model, "group"), 4, false);
    cell(text, report_string(model, "name"), 40, false);
    cell(text, value.bytes, 14, true);
    text_put(text, "  ");
    put_plain(text, json_is_true(report_at(model, "champion")) ? "champion" : report_string(model, "state"));
    text_put(text, "\n");
    text_free(&value);
  }
}

// Only what asks for a decision: slices that harm was shown in.
static void slices(Text *text, const json_t *report) {
  for (size_t i = 0; i < report_size(report, "slices/items"); i++) {
    const json_t *item = json_array_get(report_at(report, "slices/items"), i);
    if (!json_is_true(report_at(item, "harm/shown"))) continue;
    text_put(text, "\nharm is shown where ");
    put_plain(text, report_string(item, "column"));
    text_put(text, " is ");
    put_plain(text, report_string(item, "value"));
    text_put(text, " (");
    put_plain(text, report_string(item, "harm/metric"));
    text_put(text, ", ");
    format_count(text, report_number(item, "rows"));
    text_put(text, " rows)\n");
  }
}

static void seeds(Text *text, const json_t *report) {
  const char *words = report_string(report, "stability/seeds/text");
  if (*words == '\0') return;
  text_put(text, json_is_true(report_at(report, "stability/seeds/warning")) ? "  warning: " : "  ");
  put_plain(text, words);
  text_put(text, "\n");
}

static void flips(Text *text, const json_t *report) {
  for (size_t i = 0; i < report_size(report, "verdict/flips_if"); i++) {
    text_put(text, "  ");
    put_plain(text, report_string(json_array_get(report_at(report, "verdict/flips_if"), i), "text"));
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
  flips(text, report);
  seeds(text, report);
  leaderboard(text, report);
  table(text, report, "gates", "rule", true);
  slices(text, report);
  money(text, report);
  table(text, report, "metrics", "metric", false);
}
