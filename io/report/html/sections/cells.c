// Cells, facts and words of the page.
#include "io/report/html/sections/cells.h"

#include "io/report/reasons.h"
#include "io/report/report_read.h"

#include <stdio.h>
#include <string.h>

static double magnitude(double value) {
  return value < 0 ? -value : value;
}

// ---- forms ----

Form form_money(double scale, double largest) {
  scale = scale > 0 ? scale : 1;
  return (Form){.scale = scale, .decimals = money_decimals(magnitude(largest) / scale)};
}

Form form_of(const json_t *object, double largest) {
  double scale = report_number(object, "scale");
  return (Form){.scale = scale > 1 ? scale : 1, .decimals = report_decimals(object, largest)};
}

Form form_percent(int decimals) {
  return (Form){.scale = 1, .decimals = decimals, .percent = true};
}

Form form_signed(Form form) {
  form.sign = true;
  return form;
}

void put_formed(Text *text, double value, const Form *form) {
  if (form->percent) {
    format_percent(text, value, form->decimals, form->sign);
  } else {
    format_fixed(text, value / form->scale, form->decimals, form->sign);
  }
}

// ---- words of the report ----

bool has_champion(const json_t *report) {
  return json_is_object(report_at(report, "subject/champion"));
}

const char *challenger_title(const json_t *report) {
  return has_champion(report) ? "Challenger" : "This model";
}

double report_confidence(const json_t *report) {
  double confidence = report_number(report, "method/confidence");
  return confidence > 0 ? confidence : 0.95;
}

void put_confidence(Text *text, const json_t *report) {
  text_add(text, "%.4g %%", report_confidence(report) * 100);
}

void put_p(Text *text, double p) {
  if (p < 0.001) {
    text_put(text, "&lt; 0.001");
  } else if (p == p) {
    format_fixed(text, p, 3, false);
  }
}

void put_result(Text *text, const char *result) {
  static const char *const looks[][3] = {{"pass", "pass", "passes"},
                                         {"fail", "fail", "fails"},
                                         {"not_applicable", "", "not asked"},
                                         {"warning", "unknown", "passes, look again"}};
  const char *const *look = (const char *const[]){"", "unknown", "cannot tell"};
  for (size_t i = 0; i < sizeof looks / sizeof *looks; i++)
    if (strcmp(looks[i][0], result) == 0) look = looks[i];
  text_add(text, "<span class=\"pill %s\">%s</span>", look[1], look[2]);
}

void put_paragraph(Text *text, const char *style, const char *words) {
  if (*words == '\0') return;
  text_add(text, "<p class=\"%s\">", style);
  text_html(text, words);
  text_put(text, "</p>\n");
}

void put_heading(Text *text, const char *title) {
  text_put(text, "<h3>");
  text_html(text, title);
  text_put(text, "</h3>\n");
}

int value_index(const json_t *report) {
  for (size_t i = 0; i < report_size(report, "metrics"); i++) {
    const json_t *metric = json_array_get(report_at(report, "metrics"), i);
    if (strcmp(report_string(metric, "id"), "value") == 0) return (int)i;
  }
  return -1;
}

// ---- tables ----

void table_open(Text *text, const char *style, const char *caption, const Column *columns, int count) {
  text_add(text, "<table class=\"%s\"><caption>", style);
  text_html(text, caption);
  text_put(text, "</caption><thead><tr>");
  for (int i = 0; i < count; i++) {
    if (columns[i].title == NULL) continue;
    text_add(text, "<th scope=\"col\"%s>", columns[i].number ? " class=\"n\"" : "");
    text_html(text, columns[i].title);
    text_put(text, "</th>");
  }
  text_put(text, "</tr></thead><tbody>\n");
}

void table_close(Text *text) {
  text_put(text, "</tbody></table>\n");
}

static void put_id(Text *text, const char *id) {
  if (id == NULL || *id == '\0') return;
  text_put(text, " id=\"");
  for (; *id != '\0'; id++) {
    const char one[] = {*id == ' ' ? '_' : *id, '\0'}; // an id has no blanks
    text_html(text, one);
  }
  text_put(text, "\"");
}

void cell_open(Text *text, const char *label, const char *style, const char *id) {
  text_put(text, "<td");
  if (*style != '\0') text_add(text, " class=\"%s\"", style);
  put_id(text, id);
  if (*label != '\0') {
    text_put(text, " data-label=\"");
    text_html(text, label);
    text_put(text, "\"");
  }
  text_put(text, ">");
}

void cell_text(Text *text, const char *label, const char *id, const char *value) {
  cell_open(text, label, "", id);
  text_html(text, value);
  text_put(text, "</td>");
}

void cell_number(Text *text, const char *label, const char *id, double value, const Form *form) {
  cell_open(text, label, "n", value == value ? id : NULL); // "–" is no member of the report
  put_formed(text, value, form);
  text_put(text, "</td>");
}

void cell_estimate(Text *text, const char *label, const char *base, const json_t *object, const char *member,
                   const Form *form) {
  const json_t *estimate = report_at(object, member);
  char id[POINTER_MAX];
  if (estimate == NULL) {
    text_put(text, "<td></td>");
    return;
  }
  snprintf(id, sizeof id, "%s/%s", base, member);
  cell_open(text, label, "n", id);
  put_formed(text, report_number(estimate, "value"), form);
  double low = report_number(estimate, "ci/0"), high = report_number(estimate, "ci/1");
  if (low < high) { // of width 0: known exactly
    text_put(text, "<small");
    snprintf(id, sizeof id, "%s/%s/ci", base, member);
    put_id(text, id);
    text_put(text, ">");
    put_formed(text, low, form);
    text_put(text, " to ");
    put_formed(text, high, form);
    text_put(text, "</small>");
  }
  text_put(text, "</td>");
}

void write_rows_needed(Text *text, const char *base, const json_t *object) {
  char id[POINTER_MAX];
  Text words = {0};
  report_rows_needed(&words, object);
  snprintf(id, sizeof id, "%s/rows_needed", base);
  if (words.length > 0) {
    text_put(text, "<small");
    put_id(text, id);
    text_put(text, ">");
    text_html(text, words.bytes);
    text_put(text, "</small>");
  }
  text_free(&words);
}

// ---- facts ----

Facts facts_open(Text *text, const char *heading, const char *caption) {
  Facts facts = {.before = text->length};
  if (heading != NULL) put_heading(text, heading);
  text_put(text, "<table class=\"facts-table quiet\"><caption>");
  text_html(text, caption);
  text_put(text, "</caption><tbody>\n");
  facts.empty = text->length;
  return facts;
}

void facts_close(Text *text, const Facts *facts) {
  if (text->length > facts->empty) {
    table_close(text);
    return;
  }
  text->length = facts->before;
  text->bytes[text->length] = '\0';
}

static void fact_open(Text *text, const char *title, const char *pointer) {
  text_put(text, "<tr><th scope=\"row\">");
  text_html(text, title);
  text_put(text, "</th><td");
  put_id(text, pointer);
  text_put(text, ">");
}

void fact_text(Text *text, const char *title, const char *pointer, const char *value) {
  if (*value == '\0') return;
  fact_open(text, title, pointer);
  text_html(text, value);
  text_put(text, "</td></tr>\n");
}

void fact_code(Text *text, const char *title, const char *pointer, const char *value) {
  if (*value == '\0') return;
  fact_open(text, title, pointer);
  text_put(text, "<code>");
  text_html(text, value);
  text_put(text, "</code></td></tr>\n");
}

void fact_number(Text *text, const char *title, const char *pointer, double value, const Form *form,
                 const char *unit, const char *note) {
  if (value != value) return;
  fact_open(text, title, pointer);
  put_formed(text, value, form);
  text_put(text, *unit != '\0' ? " " : "");
  text_html(text, unit);
  if (*note != '\0') {
    text_put(text, " <small>");
    text_html(text, note);
    text_put(text, "</small>");
  }
  text_put(text, "</td></tr>\n");
}

// ---- money ----

Money money_of(const json_t *report) {
  Money money = {.business = report_at(report, "business"), .per = report_string(report, "scale/per")};
  money.unit = report_string(money.business, "unit");
  money.scale = report_number(money.business, "scale");
  money.scale = money.scale > 0 ? money.scale : 1;
  money.rows = report_number(report, "evaluation_set/rows");
  money.population = report_number(report, "scale/rows");
  return money;
}
