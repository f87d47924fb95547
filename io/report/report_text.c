// The report as plain text in columns.
#include "io/report/report_text.h"

#include "io/report/reasons.h"
#include "io/report/report_read.h"

#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

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

// ---- columns as wide as their widest cell ----

enum { MOST_COLUMNS = 5 };

typedef struct Grid {
  Text (*rows)[MOST_COLUMNS];
  size_t count;
} Grid;

// The empty cells of a further row, until the next is added.
static Text *grid_row(Grid *grid) {
  grid->rows = memory_grow(grid->rows, grid->count + 1, sizeof *grid->rows);
  return memset(grid->rows[grid->count++], 0, sizeof *grid->rows);
}

static const char *cell_of(const Grid *grid, size_t row, int column) {
  const char *bytes = grid->rows[row][column].bytes;
  return bytes != NULL ? bytes : "";
}

static void put_blanks(Text *text, int count) {
  if (count > 0) text_add(text, "%*s", count, "");
}

static void put_row(Text *text, const Grid *grid, size_t row, const int *widths, const char *aligns) {
  int owed = 0; // blanks that are written only before a further cell
  for (int i = 0; aligns[i] != '\0'; i++) {
    const char *cell = cell_of(grid, row, i);
    int blanks = widths[i] - width_of(cell);
    if (*cell != '\0') {
      put_blanks(text, owed + (aligns[i] == 'r' ? blanks : 0));
      put_plain(text, cell);
      owed = aligns[i] == 'r' ? 0 : blanks;
    } else {
      owed += blanks;
    }
    owed += widths[i] > 0 ? 2 : 0;
  }
  text_put(text, "\n");
}

// Writes and frees the rows; `aligns` has an l or r a column.
static void grid_put(Text *text, Grid *grid, const char *aligns) {
  int widths[MOST_COLUMNS] = {0};
  for (size_t row = 0; row < grid->count; row++) {
    for (int i = 0; i < MOST_COLUMNS; i++) {
      int width = width_of(cell_of(grid, row, i));
      if (width > widths[i]) widths[i] = width;
    }
  }
  for (size_t row = 0; row < grid->count; row++) put_row(text, grid, row, widths, aligns);
  for (size_t row = 0; row < grid->count; row++) {
    for (int i = 0; i < MOST_COLUMNS; i++) text_free(&grid->rows[row][i]);
  }
  free(grid->rows);
}

// ---- tables ----

static double scale_of(const json_t *object) {
  double scale = report_number(object, "scale");
  return scale > 0 ? scale : 1;
}

static void put_estimate(Text *cell, const json_t *row, const char *side, int decimals, bool sign) {
  const json_t *estimate = report_at(row, side);
  double scale = scale_of(row), value = report_number(estimate, "value") / scale;
  double low = report_number(estimate, "ci/0") / scale, high = report_number(estimate, "ci/1") / scale;
  format_fixed(cell, value, decimals, sign);
  if (low != low || high != high) return;
  text_put(cell, " [");
  format_fixed(cell, low, decimals, sign);
  text_put(cell, ", ");
  format_fixed(cell, high, decimals, sign);
  text_put(cell, "]");
}

static void table(Text *text, const json_t *report, const char *list, const char *title, bool results) {
  bool both = json_is_object(report_at(report, "subject/champion"));
  Grid grid = {0};
  if (report_size(report, list) == 0) return;
  Text *head = grid_row(&grid);
  text_put(&head[0], title);
  text_put(&head[1], both ? "champion" : "");
  text_put(&head[2], both ? "challenger" : "this model");
  text_put(&head[3], both ? "difference, + is better" : "");
  for (size_t i = 0; i < report_size(report, list); i++) {
    const json_t *row = json_array_get(report_at(report, list), i);
    int decimals = row_decimals(report_at(report, list), row);
    Text *cells = grid_row(&grid);
    text_put(&cells[0], report_string(row, "label"));
    if (both) put_estimate(&cells[1], row, "champion", decimals, false);
    put_estimate(&cells[2], row, "challenger", decimals, false);
    if (both) put_estimate(&cells[3], row, "delta", decimals, true);
    if (!results) continue;
    text_put(&cells[4], report_string(row, "result"));
    if (report_number(row, "rows_needed") > 0) text_put(&cells[4], ", ");
    report_rows_needed(&cells[4], row);
  }
  text_put(text, "\n");
  grid_put(text, &grid, "lrrrl");
}

static void leaderboard(Text *text, const json_t *report) {
  const json_t *board = report_at(report, "leaderboard");
  int decimals = report_decimals(board, report_largest(report_at(board, "models"), "value/value"));
  Grid grid = {0};
  if (report_size(board, "models") == 0) return;
  text_put(text, "\nleaderboard, ");
  put_plain(text, report_string(board, "label"));
  text_put(text, "; models that share a letter cannot be separated\n");
  for (size_t i = 0; i < report_size(board, "models"); i++) {
    const json_t *model = json_array_get(report_at(board, "models"), i);
    bool champion = json_is_true(report_at(model, "champion"));
    Text *cells = grid_row(&grid);
    text_put(&cells[0], report_string(model, "group"));
    text_put(&cells[1], report_string(model, "name"));
    format_fixed(&cells[2], report_number(model, "value/value") / scale_of(board), decimals, false);
    text_put(&cells[3], champion ? "champion" : report_string(model, "state"));
  }
  grid_put(text, &grid, "llrl");
}

// Only what asks for a decision: slices that harm was shown in, a line each.
static void slices(Text *text, const json_t *report) {
  bool first = true;
  for (size_t i = 0; i < report_size(report, "slices/items"); i++) {
    const json_t *item = json_array_get(report_at(report, "slices/items"), i);
    if (!json_is_true(report_at(item, "harm/shown"))) continue;
    text_put(text, first ? "\nharm is shown where " : "harm is shown where ");
    first = false;
    put_plain(text, report_string(item, "column"));
    text_put(text, " is ");
    put_plain(text, report_string(item, "value"));
    text_put(text, " (");
    put_plain(text, report_metric_title(report, report_string(item, "harm/metric")));
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
  const json_t *business = report_at(report, "business");
  int decimals = report_decimals(business, report_largest(report_at(business, "policies"), "value"));
  double scale = scale_of(business);
  Grid grid = {0};
  if (report_size(report, "business/policies") == 0) return;
  text_put(text, "\nmoney, ");
  put_plain(text, report_string(report, "business/unit"));
  text_put(text, "\n");
  for (size_t i = 0; i < report_size(report, "business/policies"); i++) {
    const json_t *policy = json_array_get(report_at(report, "business/policies"), i);
    Text *cells = grid_row(&grid);
    text_put(&cells[0], report_policy_name(report, policy));
    text_put(&cells[1], "acts on");
    format_count(&cells[2], report_number(policy, "acted"));
    format_fixed(&cells[3], report_number(policy, "value") / scale, decimals, false);
  }
  grid_put(text, &grid, "llrr");
}

static void rules_to_paste(Text *text, const json_t *report) {
  Text rules = {0};
  report_rules_to_paste(&rules, report, "    ");
  if (rules.length > 0)
    text_add(text, "  to decide, put rules into the configuration, with margins of your own:\n\n%s",
             rules.bytes);
  text_free(&rules);
}

void report_text(Text *text, const json_t *report) {
  put_plain(text, report_string(report, "verdict/state"));
  text_put(text, "  ");
  put_plain(text, report_string(report, "verdict/sentence"));
  text_put(text, "\n");
  if (*report_string(report, "verdict/warning") != '\0') {
    text_put(text, "  WARNING: ");
    put_plain(text, report_string(report, "verdict/warning"));
    text_put(text, "\n");
  }
  report_reasons(text, report, "  ", put_plain);
  rules_to_paste(text, report);
  flips(text, report);
  seeds(text, report);
  leaderboard(text, report);
  table(text, report, "gates", "rule", true);
  slices(text, report);
  money(text, report);
  table(text, report, "metrics", "metric", false);
}
