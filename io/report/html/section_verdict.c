// The banner: what to do, what it is worth, and why, readable in ten seconds.
#include "engine/shared/memory.h"
#include "io/report/html/plot.h"
#include "io/report/html/sections.h"
#include "io/report/report_read.h"

#include <stdlib.h>
#include <string.h>

bool has_champion(const json_t *report) {
  return json_is_object(report_at(report, "subject/champion"));
}

void cell_open(Text *text, const char *label, const char *style) {
  text_add(text, "<td class=\"%s\" data-label=\"", style);
  text_html(text, label);
  text_put(text, "\">");
}

void cell_interval(Text *text, const char *label, const json_t *object, const char *path, int decimals,
                   bool sign) {
  char member[160];
  double low, high;
  cell_open(text, label, "n");
  strcpy(member, path);
  strcat(member, "/value");
  double scale = report_number(object, "scale");
  scale = scale > 0 ? scale : 1;
  format_fixed(text, report_number(object, member) / scale, decimals, sign);
  strcpy(member, path);
  strcat(member, "/ci/0");
  low = report_number(object, member) / scale;
  member[strlen(member) - 1] = '1';
  high = report_number(object, member) / scale;
  if (low == low && high == high) {
    text_put(text, "<small>");
    format_fixed(text, low, decimals, sign);
    text_put(text, " to ");
    format_fixed(text, high, decimals, sign);
    text_put(text, "</small>");
  }
  text_put(text, "</td>");
}

typedef struct StateLook {
  const char *state, *style, *words, *icon;
} StateLook;

#define ICON_DISC "<circle class=\"icon-fill\" cx=\"16\" cy=\"16\" r=\"15\"/>"
#define ICON_CHECK ICON_DISC "<path class=\"icon-line\" d=\"M9 16.5l5 5 9-10\"/>"
#define ICON_STOP ICON_DISC "<path class=\"icon-line\" d=\"M10 16h12\"/>"
#define ICON_WAIT                                                                                            \
  ICON_DISC "<path class=\"icon-line\" d=\"M12 12a4 4 0 1 1 5 4.6c-.8.4-1 1-1 2.2M16 23.4v.1\"/>"

static const StateLook LOOKS[] = {
    {"SHIP", "ship", "Ship the challenger", ICON_CHECK},
    {"FIRST", "ship", "First model: the absolute rules pass", ICON_CHECK},
    {"IDENTICAL", "same", "Identical: both are the same model", ICON_CHECK},
    {"HOLD", "hold", "Hold", ICON_STOP},
    {"NOT_COMPARABLE", "hold", "Not comparable", ICON_STOP},
    {"INCONCLUSIVE", "wait", "Inconclusive", ICON_WAIT},
    {"UNDECIDED", "wait", "Undecided: no rules were given", ICON_WAIT},
    {"EVALUATED", "same", "Evaluated", ICON_CHECK},
};

static const StateLook *look_of(const char *state) {
  static const StateLook UNKNOWN = {"", "wait", "No verdict", ICON_WAIT};
  for (size_t i = 0; i < sizeof LOOKS / sizeof *LOOKS; i++)
    if (!strcmp(LOOKS[i].state, state)) return &LOOKS[i];
  return &UNKNOWN;
}

static void figure(Text *text, const char *term, double value, int decimals, bool sign, const char *unit,
                   const char *id) {
  text_put(text, "<div><dt>");
  text_html(text, term);
  text_add(text, "</dt><dd id=\"%s\">", id);
  format_fixed(text, value, decimals, sign);
  text_put(text, *unit ? " " : "");
  text_html(text, unit);
}

static const json_t *find_metric(const json_t *report, const char *id) {
  for (size_t i = 0; i < report_size(report, "metrics"); i++) {
    const json_t *metric = json_array_get(report_at(report, "metrics"), i);
    if (!strcmp(report_string(metric, "id"), id)) return metric;
  }
  return NULL;
}

// What the difference in value (or, without a champion, the value) comes to at the user's scale.
static void figure_value(Text *text, const json_t *report) {
  const json_t *metric = find_metric(report, "value");
  if (!metric) return;
  const char *side = has_champion(report) ? "delta" : "challenger";
  double rows = report_number(report, "evaluation_set/rows"),
         population = report_number(report, "scale/rows");
  double scale = report_number(metric, "scale"), factor = 1 / (scale > 0 ? scale : 1);
  bool scaled = population > 0 && rows > 0;
  if (scaled) factor *= population / rows;
  const json_t *object = report_at(metric, side);
  double value = report_number(object, "value") * factor;
  double low = report_number(object, "ci/0") * factor, high = report_number(object, "ci/1") * factor;
  int decimals = money_decimals(value < 0 ? -value : value);
  char *term = memory_format("%s%s%.60s", has_champion(report) ? "Challenger minus champion" : "Value",
                             scaled ? ", per " : ", on the test rows",
                             scaled ? report_string(report, "scale/per") : "");
  figure(text, term, value, decimals, has_champion(report), report_string(report, "business/unit"),
         "figure-value");
  if (low == low && high == high) {
    text_put(text, "<small>95 % interval ");
    format_fixed(text, low, decimals, has_champion(report));
    text_put(text, " to ");
    format_fixed(text, high, decimals, has_champion(report));
    text_put(text, "</small>");
  }
  text_put(text, "</dd></div>\n");
  free(term);
}

static void figure_loss(Text *text, const json_t *report) {
  const json_t *loss = report_at(report, "verdict/opportunity_loss");
  if (!loss) return;
  double ship = report_scaled(loss, "ship"), hold = report_scaled(loss, "hold");
  double largest = ship > hold ? ship : hold;
  figure(text, "Expected cost of a wrong choice", ship, money_decimals(largest), false,
         report_string(report, "business/unit"), "figure-loss");
  text_put(text, " if shipped<small>");
  format_fixed(text, hold, money_decimals(largest), false);
  text_put(text, " ");
  text_html(text, report_string(report, "business/unit"));
  text_put(text, " if held, on the test rows</small></dd></div>\n");
}

static void figures(Text *text, const json_t *report) {
  Text inside = {0};
  figure_value(&inside, report);
  figure_loss(&inside, report);
  double needed = report_number(report, "verdict/rows_needed"),
         rows = report_number(report, "evaluation_set/rows");
  if (needed > 0) {
    figure(&inside, "Rows needed to be sure", needed, 0, false, "", "figure-rows");
    text_put(&inside, "<small>evaluated: ");
    format_count(&inside, rows);
    text_put(&inside, "</small></dd></div>\n");
  }
  if (inside.length) text_add(text, "<dl class=\"figures\">%s</dl>\n", inside.bytes);
  text_free(&inside);
}

void write_verdict(Text *text, const json_t *report) {
  const char *state = report_string(report, "verdict/state");
  const StateLook *look = look_of(state);
  text_add(text,
           "<div class=\"verdict %s\" id=\"/verdict\" role=\"status\"><div class=\"state\">"
           "<svg viewBox=\"0 0 32 32\" aria-hidden=\"true\">%s</svg><span>%s</span></div>\n",
           look->style, look->icon, look->words);
  text_put(text, "<p class=\"sentence\" id=\"/verdict/sentence\">");
  text_html(text, report_string(report, "verdict/sentence"));
  text_put(text, "</p>\n");
  if (report_size(report, "verdict/reason")) {
    text_put(text, "<ul>");
    for (size_t i = 0; i < report_size(report, "verdict/reason"); i++) {
      text_put(text, "<li>");
      text_html(text, report_string(json_array_get(report_at(report, "verdict/reason"), i), ""));
      text_put(text, "</li>");
    }
    text_put(text, "</ul>\n");
  }
  figures(text, report);
  text_put(text, "</div>\n");
}
