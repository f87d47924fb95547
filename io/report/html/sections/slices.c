// Who gains and who loses: differences by slice, shown harm, and what each slice could have shown.
#include "io/report/html/plots/rows_plot.h"
#include "io/report/html/sections/cells.h"
#include "io/report/html/sections/section.h"
#include "io/report/report_read.h"

#include "engine/shared/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLICE_METRICS = 3, SLICES_SHOWN = 28 };

static bool present(const json_t *report) {
  return report_size(report, "slices/items") > 0 || report_size(report, "fairness/groups") > 0;
}

static void summary(Text *text, const json_t *report) {
  size_t count = report_size(report, "slices/items"), harmed = 0;
  for (size_t i = 0; i < count; i++)
    harmed += json_is_true(report_at(json_array_get(report_at(report, "slices/items"), i), "harm/shown"));
  if (count == 0) return;
  text_add(text, "%zu slices, ", count);
  text_add(text, harmed == 0 ? "none shows harm" : harmed == 1 ? "1 shows harm" : "%zu show harm", harmed);
}

static const json_t *item_at(const json_t *report, size_t index) {
  return json_array_get(report_at(report, "slices/items"), index);
}

// Of very many slices the first are shown, and each that harm is shown in.
static bool is_listed(const json_t *report, size_t index) {
  return index < SLICES_SHOWN || json_is_true(report_at(item_at(report, index), "harm/shown"));
}

// Index of the metric `id` in an item, or -1; of a slice with too few events only the counts are shown.
static int metric_index(const json_t *item, const char *id) {
  if (json_is_true(report_at(item, "few"))) return -1;
  for (size_t i = 0; i < report_size(item, "metrics"); i++) {
    const json_t *metric = json_array_get(report_at(item, "metrics"), i);
    if (strcmp(report_string(metric, "id"), id) == 0) return (int)i;
  }
  return -1;
}

// The metrics that any item has, in the order of their first appearance; returns how many.
static int metrics_of(const json_t *report, const json_t *found[SLICE_METRICS]) {
  int count = 0;
  for (size_t i = 0; i < report_size(report, "slices/items"); i++) {
    for (size_t j = 0; j < report_size(item_at(report, i), "metrics"); j++) {
      const json_t *metric = json_array_get(report_at(item_at(report, i), "metrics"), j);
      bool known = false;
      for (int k = 0; k < count; k++)
        known |= strcmp(report_string(found[k], "id"), report_string(metric, "id")) == 0;
      if (!known && count < SLICE_METRICS) found[count++] = metric;
    }
  }
  return count;
}

// The largest value of a metric over the slices, so that a column has one form.
static double largest_of(const json_t *report, const char *id) {
  double largest = 0;
  for (size_t i = 0; i < report_size(report, "slices/items"); i++) {
    int at = metric_index(item_at(report, i), id);
    const json_t *metrics = report_at(item_at(report, i), "metrics");
    double value = report_number(at < 0 ? NULL : json_array_get(metrics, (size_t)at), "challenger/value");
    if (value < 0) value = -value;
    if (value > largest) largest = value;
  }
  return largest;
}

// ---- the forest ----

static void forest(Text *text, const json_t *report, const json_t *metric, int index) {
  static const char *const ids[SLICE_METRICS] = {"plot-slices", "plot-slices-2", "plot-slices-3"};
  bool money = report_number(metric, "scale") > 1, compared = has_champion(report);
  const char *unit = report_string(report, "business/unit"), *label = report_string(metric, "label");
  char *title = memory_format("%s by slice: %.60s", compared ? "Difference" : "Value", label);
  char *axis = memory_format("%s%.60s%s%.40s", compared ? "difference in " : "", label, money ? ", " : "",
                             money ? unit : "");
  const char *column = "";
  RowsPlot *plot = memory_get(1, sizeof *plot);
  *plot = (RowsPlot){.id = ids[index],
                     .title = title,
                     .description = compared ? "Right of the line the challenger is better. An interval that "
                                               "holds 0 shows neither gain nor harm."
                                             : "With its interval, on the rows of the slice.",
                     .kind = ROWS_DOTS,
                     .label_title = "slice",
                     .note_title = "rows",
                     .confidence = report_confidence(report),
                     .axis = axis_number(axis),
                     .zero = compared};
  for (size_t i = 0; i < report_size(report, "slices/items"); i++) {
    const json_t *item = item_at(report, i);
    int at = is_listed(report, i) ? metric_index(item, report_string(metric, "id")) : -1;
    const json_t *own = at < 0 ? NULL : json_array_get(report_at(item, "metrics"), (size_t)at);
    double scale = report_number(own, "scale");
    if (at >= 0 && strcmp(column, report_string(item, "column")) != 0)
      rows_add_heading(plot, column = report_string(item, "column"));
    Row *row = at < 0 ? NULL : rows_add(plot, report_string(item, "value"));
    if (row == NULL) continue;
    row_estimate(row, report_at(own, compared ? "delta" : "challenger"), scale > 0 ? scale : 1);
    row->style = row->high < 0 && compared ? "champion" : "challenger";
    Text rows = {0};
    format_count(&rows, report_number(item, "rows"));
    snprintf(row->note, sizeof row->note, "%s", rows.bytes);
    text_free(&rows);
  }
  rows_figure(text, plot);
  free(plot);
  free(axis);
  free(title);
}

// ---- the table ----

static void harm_cell(Text *text, const json_t *item, const char *base) {
  double p = report_number(item, "harm/p_adjusted");
  char id[96];
  snprintf(id, sizeof id, "%s/harm", base);
  cell_open(text, "Harm", "n wrap", json_is_object(report_at(item, "harm")) ? id : NULL);
  if (json_is_object(report_at(item, "harm"))) {
    bool shown = json_is_true(report_at(item, "harm/shown")), untold = report_number(item, "rows_needed") > 0;
    text_add(text, "<span class=\"pill %s\">%s</span>",
             shown    ? "fail"
             : untold ? "unknown"
                      : "",
             shown    ? "shown"
             : untold ? "cannot tell"
                      : "not shown");
    write_rows_needed(text, base, item);
    if (p == p) {
      text_put(text, "<small>adjusted p ");
      put_p(text, p);
      text_put(text, "</small>");
    }
  } else {
    text_put(text, "<small>");
    text_html(text, report_string(item, "note"));
    text_put(text, "</small>");
  }
  text_put(text, "</td>");
}

static void detectable_cell(Text *text, const json_t *report, const json_t *item, const char *base) {
  const json_t *detectable = report_at(item, "detectable");
  double value = report_number(detectable, "value");
  Form form = form_of(detectable, report_largest(report_at(report, "slices/items"), "detectable/value"));
  char id[96];
  snprintf(id, sizeof id, "%s/detectable", base);
  cell_open(text, "Could have shown", "n wrap", detectable != NULL ? id : NULL);
  if (value == value) {
    put_formed(text, value, &form);
    text_put(text, form.scale > 1 ? " " : "");
    text_html(text, form.scale > 1 ? report_string(report, "business/unit") : "");
  }
  text_put(text, "</td>");
}

static void slice_row(Text *text, const json_t *report, size_t index, const json_t *const metrics[],
                      int metric_count) {
  const json_t *item = item_at(report, index);
  Form count = {.scale = 1};
  char base[48], id[96];
  snprintf(base, sizeof base, "/slices/items/%zu", index);
  text_add(text, "<tr id=\"%s\"><th scope=\"row\">", base);
  text_html(text, report_string(item, "value"));
  text_put(text, "<small>");
  text_html(text, report_string(item, "column"));
  text_put(text, "</small></th>");
  snprintf(id, sizeof id, "%s/rows", base);
  cell_open(text, "Rows", "n", id);
  put_formed(text, report_number(item, "rows"), &count);
  if (report_number(item, "events") >= 0 && strcmp(report_string(report, "task/kind"), "binary") == 0) {
    text_put(text, "<small>");
    format_count(text, report_number(item, "events"));
    text_put(text, " positive</small>");
  }
  text_put(text, "</td>");
  for (int i = 0; i < metric_count; i++) {
    int at = metric_index(item, report_string(metrics[i], "id"));
    const json_t *metric = at < 0 ? NULL : json_array_get(report_at(item, "metrics"), (size_t)at);
    const char *side = has_champion(report) ? "delta" : "challenger";
    Form form = form_of(metrics[i], largest_of(report, report_string(metrics[i], "id")));
    form.sign = has_champion(report);
    snprintf(id, sizeof id, "%s/metrics/%d", base, at);
    cell_estimate(text, report_string(metrics[i], "label"), id, metric, side, &form);
  }
  harm_cell(text, item, base);
  if (has_champion(report)) detectable_cell(text, report, item, base);
  text_put(text, "</tr>\n");
}

static void body(Text *text, const json_t *report) {
  const json_t *metrics[SLICE_METRICS];
  size_t items = report_size(report, "slices/items");
  int count = metrics_of(report, metrics), columns_used = 0;
  Column columns[SLICE_METRICS + 4];
  bool compared = has_champion(report);
  put_paragraph(text, "intro", report_string(report, "slices/text"));
  if (items > 0) {
    text_put(text, "<div class=\"plots\">");
    for (int i = 0; i < count; i++) forest(text, report, metrics[i], i);
    text_put(text, "</div>\n");
    columns[columns_used++] = (Column){"Slice", false};
    columns[columns_used++] = (Column){"Rows", true};
    for (int i = 0; i < count; i++)
      columns[columns_used++] = (Column){report_string(metrics[i], "label"), true};
    columns[columns_used++] = (Column){compared ? "Harm" : "Note", true};
    if (compared) columns[columns_used++] = (Column){"Could have shown", true};
    table_open(text, "stack", has_champion(report) ? "Differences by slice, + is better" : "Values by slice",
               columns, columns_used);
    size_t shown = 0;
    for (size_t i = 0; i < items && shown < ROWS_MAX; i++) {
      if (!is_listed(report, i)) continue;
      slice_row(text, report, i, metrics, count);
      shown++;
    }
    table_close(text);
    if (items > shown)
      text_add(text, "<p class=\"small\">%zu further slices are in report.json.</p>\n", items - shown);
  }
  write_fairness(text, report);
}

const Section section_slices = {"slices", "Who gains and who loses", NULL, "pm ds", true, present, summary,
                                body};
