// Money: what each policy is worth, and the profit curve with the operating point.
#include "io/report/html/plot.h"
#include "io/report/html/sections.h"
#include "io/report/report_read.h"

#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

bool has_money(const json_t *report) {
  return report_size(report, "business/policies") > 0;
}

typedef struct Money {
  const json_t *report, *business, *policies;
  const char *unit;
  double scale, rows, population; // population NaN: not scaled
  double least, most;             // of all values, with 0
  int decimals, thousand_decimals, population_decimals;
} Money;

static double magnitude(double value) {
  return value < 0 ? -value : value;
}

static Money money_of(const json_t *report) {
  Money money = {.report = report, .business = report_at(report, "business")};
  money.policies = report_at(money.business, "policies");
  money.unit = report_string(money.business, "unit");
  money.scale = report_number(money.business, "scale");
  money.scale = money.scale > 0 ? money.scale : 1;
  money.rows = report_number(report, "evaluation_set/rows");
  money.population = report_number(report, "scale/rows");
  double largest = 0;
  for (size_t i = 0; i < json_array_size(money.policies); i++) {
    double value = report_number(json_array_get(money.policies, i), "value") / money.scale;
    if (value < money.least) money.least = value;
    if (value > money.most) money.most = value;
    if (magnitude(value) > largest) largest = magnitude(value);
  }
  money.decimals = money_decimals(largest);
  money.thousand_decimals = money_decimals(largest * 1000 / money.rows);
  money.population_decimals = money_decimals(largest * money.population / money.rows);
  return money;
}

typedef struct PolicyWords {
  const char *name, *title, *note;
} PolicyWords;

static const PolicyWords POLICIES[] = {
    {"nobody", "Act on nobody", "what happens without a model"},
    {"everybody", "Act on everybody", "no model needed either"},
    {"champion", "Champion", "the model in use"},
    {"challenger", "Challenger", "the model that wants to replace it"},
    {"oracle", "Oracle", "acts exactly where it pays: out of reach"},
};

static void policy_title(Text *text, const char *name, bool compared) {
  for (size_t i = 0; i < sizeof POLICIES / sizeof *POLICIES; i++) {
    if (strcmp(POLICIES[i].name, name)) continue;
    bool alone = !compared && !strcmp(name, "challenger");
    text_add(text, "%s<small>%s</small>", alone ? "This model" : POLICIES[i].title,
             alone ? "its policy as frozen" : POLICIES[i].note);
    return;
  }
  text_html(text, name);
}

static void policy_row(Text *text, const Money *money, size_t index) {
  const json_t *policy = json_array_get(money->policies, index);
  const char *name = report_string(policy, "name");
  bool model = !strcmp(name, "champion") || !strcmp(name, "challenger");
  double value = report_number(policy, "value") / money->scale, acted = report_number(policy, "acted");
  double low = report_number(policy, "ci/0") / money->scale,
         high = report_number(policy, "ci/1") / money->scale;
  text_add(text, "<tr id=\"/business/policies/%zu\"%s><th scope=\"row\">", index,
           model ? " class=\"strong\"" : "");
  policy_title(text, name, has_champion(money->report));
  text_put(text, "</th>");
  cell_open(text, "", "wide");
  bar_svg(text, value, low, high, money->least, money->most, model ? name : "");
  text_put(text, "</td>");
  cell_open(text, "Acts on", "n");
  format_count(text, acted);
  text_put(text, "<small>");
  format_percent(text, acted / money->rows, 1, false);
  text_put(text, "</small></td>");
  cell_open(text, "Value", "n");
  format_fixed(text, value, money->decimals, false);
  if (low == low && high == high) {
    text_put(text, "<small>");
    format_fixed(text, low, money->decimals, false);
    text_put(text, " to ");
    format_fixed(text, high, money->decimals, false);
    text_put(text, "</small>");
  }
  text_put(text, "</td>");
  cell_open(text, "Per 1,000 rows", "n");
  format_fixed(text, value * 1000 / money->rows, money->thousand_decimals, false);
  text_put(text, "</td>");
  if (money->population > 0) {
    text_put(text, "<td class=\"n\" data-label=\"Per ");
    text_html(text, report_string(money->report, "scale/per"));
    text_put(text, "\">");
    format_fixed(text, value * money->population / money->rows, money->population_decimals, false);
    text_put(text, "</td>");
  }
  cell_open(text, "Achieved", "n");
  format_percent(text, report_number(policy, "share"), 1, false);
  text_put(text, "</td></tr>\n");
}

static void policy_table(Text *text, const Money *money) {
  text_put(text, "<table class=\"stack\"><thead><tr><th scope=\"col\">Policy</th><th scope=\"col\"></th>"
                 "<th scope=\"col\" class=\"n\">Acts on</th><th scope=\"col\" class=\"n\">Value, ");
  text_html(text, money->unit);
  text_put(text, "</th><th scope=\"col\" class=\"n\">Per 1,000 rows</th>");
  if (money->population > 0) {
    text_put(text, "<th scope=\"col\" class=\"n\">Per ");
    text_html(text, report_string(money->report, "scale/per"));
    text_put(text, " (");
    format_count(text, money->population);
    text_put(text, ")</th>");
  }
  text_put(text, "<th scope=\"col\" class=\"n\">Achieved</th></tr></thead><tbody>\n");
  for (size_t i = 0; i < json_array_size(money->policies); i++) policy_row(text, money, i);
  text_put(text, "</tbody></table>\n");
}

static void curve_add(Plot *plot, const Money *money, const char *name, const char *label) {
  const json_t *curve = report_at(money->report, "curves/profit");
  Series *series = &plot->series[plot->series_count];
  *series = (Series){.kind = SERIES_LINE, .label = label, .style = name};
  int x = report_numbers(series->x, PLOT_POINTS_MAX, curve, "x", 1);
  int y = report_numbers(series->y, PLOT_POINTS_MAX, curve, name, money->scale);
  series->count = x < y ? x : y;
  if (series->count) plot->series_count++;
}

static void mark_add(Plot *plot, const Money *money, const char *name) {
  for (size_t i = 0; i < json_array_size(money->policies); i++) {
    const json_t *policy = json_array_get(money->policies, i);
    if (strcmp(report_string(policy, "name"), name)) continue;
    Series *series = &plot->series[plot->series_count++];
    *series = (Series){.kind = SERIES_MARK, .style = name, .count = 1};
    series->label = !strcmp(name, "challenger") ? "operating point" : NULL;
    series->x[0] = report_number(policy, "acted") / money->rows;
    series->y[0] = report_number(policy, "value") / money->scale;
  }
}

static void profit_plot(Text *text, const Money *money) {
  bool compared = has_champion(money->report);
  char *y_title = memory_format("value on the test rows, %.40s", money->unit);
  Plot *plot = memory_get(1, sizeof *plot);
  plot->id = "plot-profit";
  plot->title = "Profit curve";
  plot->description =
      "Value of acting on the rows with the highest scores, by the share acted on. Left: nobody; "
      "right: everybody. The best point of a curve is known only after the fact.";
  plot->x = (Axis){"share of rows acted on, %", AXIS_PERCENT, true};
  plot->y = (Axis){y_title, AXIS_NUMBER, false};
  plot->zero = true;
  if (compared) curve_add(plot, money, "champion", "champion");
  curve_add(plot, money, "challenger", compared ? "challenger" : "this model");
  if (plot->series_count) {
    if (compared) mark_add(plot, money, "champion");
    mark_add(plot, money, "challenger");
    plot_figure(text, plot);
  }
  free(plot);
  free(y_title);
}

static void definition(Text *text, const Money *money) {
  const json_t *business = money->business, *value;
  const char *name;
  text_put(text, "<div><h3>How value is counted</h3><table class=\"facts-table\"><tbody>\n");
  const char *rows[][2] = {
      {"If we act", "act"}, {"If we do not", "skip"}, {"Policy", "policy/text"}, {"Horizon", "horizon"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (!*report_string(business, rows[i][1])) continue;
    text_add(text, "<tr><th scope=\"row\">%s</th><td id=\"/business/%s\">%s", rows[i][0], rows[i][1],
             i < 2 ? "<code>" : "");
    text_html(text, report_string(business, rows[i][1]));
    text_add(text, "%s</td></tr>\n", i < 2 ? "</code>" : "");
  }
  json_object_foreach((json_t *)report_at(business, "params"), name, value) {
    text_put(text, "<tr><th scope=\"row\"><code>:");
    text_html(text, name);
    text_add(text, "</code></th><td>%.6g", report_number(value, "value"));
    if (report_number(value, "low") < report_number(value, "high"))
      text_add(text, " <small>between %.6g and %.6g</small>", report_number(value, "low"),
               report_number(value, "high"));
    text_put(text, "</td></tr>\n");
  }
  text_put(text, "</tbody></table>\n");
  if (report_size(business, "examples")) {
    text_put(text, "<div class=\"note\">Are the signs right? For a typical row:<ul>");
    for (size_t i = 0; i < report_size(business, "examples"); i++) {
      text_put(text, "<li>");
      text_html(text, report_string(json_array_get(report_at(business, "examples"), i), ""));
      text_put(text, "</li>");
    }
    text_put(text, "</ul></div>\n");
  }
  text_put(text, "</div>\n");
}

void write_money(Text *text, const json_t *report) {
  Money money = money_of(report);
  text_put(text, "<p class=\"intro\">Value on the ");
  format_count(text, money.rows);
  text_put(text,
           " test rows, benefits positive and costs negative. Achieved: 0 % is the better of nobody and "
           "everybody, 100 % the oracle.</p>\n");
  policy_table(text, &money);
  for (size_t i = 0; i < report_size(money.business, "warnings"); i++) {
    text_put(text, "<div class=\"note warn\">");
    text_html(text, report_string(json_array_get(report_at(money.business, "warnings"), i), ""));
    text_put(text, "</div>\n");
  }
  text_put(text, "<div class=\"plots\">\n");
  profit_plot(text, &money);
  definition(text, &money);
  text_put(text, "</div>\n");
}
