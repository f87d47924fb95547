// Stability: the spread of training seeds, value over time, and how many decisions change.
#include "io/report/html/plots/rows_plot.h"
#include "io/report/html/sections/cells.h"
#include "io/report/html/sections/section.h"
#include "io/report/report_read.h"

#include "engine/shared/memory.h"

#include <stdio.h>
#include <stdlib.h>

static bool present(const json_t *report) {
  return json_is_object(report_at(report, "stability"));
}

static void summary(Text *text, const json_t *report) {
  const char *seeds = report_string(report, "stability/seeds/text");
  text_html(text, *seeds != '\0' ? seeds : report_string(report, "stability/flips/text"));
}

static double scale_of(const json_t *object) {
  double scale = report_number(object, "scale");
  return scale > 0 ? scale : 1;
}

static void seed_plot(Text *text, const json_t *report, const json_t *seeds, const char *unit) {
  double values[ROWS_MAX], scale = scale_of(seeds);
  char labels[ROWS_MAX][32];
  int count = report_numbers(values, ROWS_MAX, seeds, "values", scale);
  char *axis =
      memory_format("%s%.40s", scale > 1 ? "value on the judged rows, " : "metric", scale > 1 ? unit : "");
  RowsPlot *plot = memory_get(1, sizeof *plot);
  *plot =
      (RowsPlot){.id = "plot-seeds",
                 .title = "The same configuration, other seeds",
                 .description = "How much the result moves where only the random numbers of training change.",
                 .kind = ROWS_DOTS,
                 .label_title = "training",
                 .axis = axis_number(axis)};
  for (int i = 0; i < count; i++) {
    const json_t *seed = json_array_get(report_at(seeds, "seeds"), (size_t)i);
    snprintf(labels[i], sizeof labels[i], "seed %lld",
             seed != NULL ? (long long)json_integer_value(seed) : (long long)i + 1);
    Row *row = rows_add(plot, labels[i]);
    row->value = values[i];
    row->style = "challenger";
  }
  rows_figure(text, plot);
  const json_t *metric = json_array_get(report_at(report, "metrics"), (size_t)value_index(report));
  Form form = form_of(seeds, report_number(seeds, "spread/value")), gain = form_signed(form);
  Facts facts = facts_open(text, NULL, "Spread of the seeds");
  fact_number(text, "Spread", "/stability/seeds/spread", report_number(seeds, "spread/value"), &form,
              scale > 1 ? unit : "", "standard deviation over the seeds");
  if (scale > 1)
    fact_number(text, "Gain over the champion", NULL, report_number(metric, "delta/value"), &gain, unit, "");
  facts_close(text, &facts);
  free(plot);
  free(axis);
}

// One metric in blocks of time: its difference, or its value where there is one model.
static void block_plot(Text *text, const json_t *report, const char *id, const char *member,
                       const char *label, double scale) {
  const json_t *blocks = report_at(report, "stability/blocks");
  const char *unit = report_string(report, "business/unit");
  bool compared = has_champion(report);
  char *title = memory_format("Over time: %.60s", *label != '\0' ? label : "value");
  char *axis = memory_format("%s%.60s%s%.40s", compared ? "difference in " : "",
                             *label != '\0' ? label : "value", scale > 1 ? ", " : "", scale > 1 ? unit : "");
  RowsPlot *plot = memory_get(1, sizeof *plot);
  *plot =
      (RowsPlot){.id = id,
                 .title = title,
                 .description = compared ? "Blocks of time, each with its interval. Right of the line the "
                                           "challenger is better."
                                         : "Blocks of time, each with its interval.",
                 .kind = ROWS_DOTS,
                 .label_title = "block",
                 .note_title = "rows",
                 .confidence = report_confidence(report),
                 .axis = axis_number(axis),
                 .zero = compared};
  for (size_t i = 0; i < report_size(blocks, "items"); i++) {
    const json_t *item = json_array_get(report_at(blocks, "items"), i), *own = report_at(item, member);
    Row *row = own != NULL ? rows_add(plot, report_string(item, "label")) : NULL;
    if (row == NULL) continue;
    row_estimate(row, own, scale);
    row->style = "challenger";
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

static void blocks(Text *text, const json_t *report) {
  const json_t *own = report_at(report, "stability/blocks");
  block_plot(text, report, "plot-blocks", has_champion(report) ? "delta" : "value",
             report_string(own, "label"), scale_of(own));
  block_plot(text, report, "plot-blocks-primary", "primary", report_string(own, "primary"), 1);
}

static void body(Text *text, const json_t *report) {
  const json_t *seeds = report_at(report, "stability/seeds"), *flips = report_at(report, "stability/flips");
  const char *unit = report_string(report, "business/unit");
  Form count = {.scale = 1};
  text_put(text, "<div class=\"plots\">");
  if (report_size(seeds, "values") > 0) {
    text_put(text, "<div>");
    seed_plot(text, report, seeds, unit);
    text_put(text, "</div>\n");
  }
  blocks(text, report);
  text_put(text, "</div>\n");
  if (!json_is_object(flips)) return;
  put_heading(text, "Decisions that change");
  put_paragraph(text, "", report_string(flips, "text"));
  Facts facts = facts_open(text, NULL, "Decisions that change");
  fact_number(text, "Rows", "/stability/flips/rows", report_number(flips, "rows"), &count, "", "");
  Form percent = form_percent(1);
  fact_number(text, "Share of all rows", "/stability/flips/rate", report_number(flips, "rate"), &percent, "",
              "");
  facts_close(text, &facts);
}

const Section section_stability = {"stability", "Stability", NULL, "ds mle", true, present, summary, body};
