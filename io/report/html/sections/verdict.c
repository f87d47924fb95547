// The banner: what to do, what it is worth, why, and what would change it, readable in ten seconds.
#include "io/report/html/sections/cells.h"
#include "io/report/html/sections/section.h"
#include "io/report/reasons.h"
#include "io/report/report_read.h"

#include <stdio.h>
#include <string.h>

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

static const StateLook *look_of(const json_t *report) {
  static const StateLook UNKNOWN = {"", "wait", "No verdict", ICON_WAIT},
                         TORN = {"", "hold", "The rules say ship; the money says otherwise", ICON_STOP};
  const char *state = report_string(report, "verdict/state");
  if (*report_string(report, "verdict/warning") != '\0') return &TORN;
  for (size_t i = 0; i < sizeof LOOKS / sizeof *LOOKS; i++)
    if (!strcmp(LOOKS[i].state, state)) return &LOOKS[i];
  return &UNKNOWN;
}

// ---- figures ----

// The value (of the difference, where there are two models) of `rows` rows, with its interval.
static void figure_value(Text *text, const json_t *report, const json_t *estimate, double confidence,
                         const Money *money, double rows, const char *id) {
  double factor = rows / money->rows, value = report_number(estimate, "value") * factor;
  double low = report_number(estimate, "ci/0") * factor, high = report_number(estimate, "ci/1") * factor;
  Form form = form_money(money->scale, estimate_largest(estimate) * factor);
  form.sign = has_champion(report);
  text_add(text, "<dd id=\"%s\">", id);
  put_formed(text, value, &form);
  text_put(text, " ");
  text_html(text, money->unit);
  if (low == low && high == high) {
    text_put(text, "<small>");
    if (confidence == confidence)
      text_add(text, "%.4g %% interval by Holm ", confidence * 100);
    else
      put_confidence(text, report), text_put(text, " interval ");
    put_formed(text, low, &form);
    text_put(text, " to ");
    put_formed(text, high, &form);
    text_put(text, "</small>");
  }
  text_put(text, "</dd></div>\n");
}

// The interval of value that the primary rule was judged by, where that is another one (several challengers).
static const json_t *stricter_value(const json_t *report) {
  for (size_t i = 0; i < report_size(report, "gates"); i++) {
    const json_t *gate = json_array_get(report_at(report, "gates"), i);
    bool value = strcmp(report_string(gate, "metric"), "value") == 0;
    if (value && report_at(gate, "confidence") != NULL && report_at(gate, "judged") != NULL) return gate;
  }
  return NULL;
}

static void figures_value(Text *text, const json_t *report) {
  int index = value_index(report);
  char path[48];
  Money money = money_of(report);
  if (index < 0 || !(money.rows > 0)) return;
  snprintf(path, sizeof path, "metrics/%d/%s", index, has_champion(report) ? "delta" : "challenger");
  const json_t *strict = stricter_value(report),
               *estimate = strict != NULL ? report_at(strict, "judged") : report_at(report, path);
  double confidence = report_number(strict, "confidence");
  const char *words = has_champion(report) ? "Gain" : "Value";
  if (estimate == NULL) return;
  text_add(text, "<div><dt>%s per 1,000 rows</dt>", words);
  figure_value(text, report, estimate, confidence, &money, 1000, "verdict-per-1000");
  if (!(money.population > 0)) return;
  text_add(text, "<div><dt>%s per ", words);
  text_html(text, money.per);
  text_put(text, ", ");
  format_count(text, money.population);
  text_put(text, " rows</dt>");
  figure_value(text, report, estimate, confidence, &money, money.population, "verdict-per-population");
}

static void figures_risk(Text *text, const json_t *report) {
  double loss = report_number(report, "risk/probability_of_loss");
  if (loss != loss) return;
  text_add(text, "<div><dt>Chance that %s</dt><dd id=\"/risk/probability_of_loss\">",
           has_champion(report) ? "the challenger earns less than the champion" : "the model loses money");
  if (loss < 0.001 || loss > 0.99) { // no draw is a proof
    text_put(text, loss < 0.5 ? "below 0.1 %" : "above 99 %");
  } else {
    format_percent(text, loss, loss < 0.1 ? 1 : 0, false);
  }
  text_put(text, "<small>over rows and the ranges of the costs</small></dd></div>\n");
}

// The rule that needs most of them.
static void put_slowest_rule(Text *text, const json_t *report) {
  const char *id = report_string(report, "verdict/rows_needed_for");
  for (size_t i = 0; i < report_size(report, "gates"); i++) {
    const json_t *gate = json_array_get(report_at(report, "gates"), i);
    if (*id == '\0' || strcmp(report_string(gate, "id"), id) != 0) continue;
    text_put(text, "; for ");
    text_html(text, report_string(gate, "label"));
  }
}

static void figures_rows(Text *text, const json_t *report) {
  double needed = report_number(report, "verdict/rows_needed");
  if (!(needed > 0)) return;
  text_put(text, "<div><dt>Rows needed to be sure</dt><dd id=\"/verdict/rows_needed\">about ");
  format_count(text, needed);
  text_put(text, "<small>");
  text_html(text, report_string(report, "verdict/rows_text"));
  text_put(text, *report_string(report, "verdict/rows_text") != '\0' ? "; " : "");
  text_put(text, "evaluated: ");
  format_count(text, report_number(report, "evaluation_set/rows"));
  put_slowest_rule(text, report);
  text_put(text, "</small></dd></div>\n");
}

static void figures(Text *text, const json_t *report) {
  Text inside = {0};
  figures_value(&inside, report);
  figures_risk(&inside, report);
  figures_rows(&inside, report);
  if (inside.length > 0) text_add(text, "<dl class=\"figures\">%s</dl>\n", inside.bytes);
  text_free(&inside);
}

// ---- why, what would change it, and its price ----

static void put_flip(Text *text, const json_t *report, size_t index) {
  text_put(text, report_string(json_array_get(report_at(report, "verdict/flips_if"), index), "text"));
}

static void list(Text *text, const json_t *report, const char *title, const char *path,
                 void (*line)(Text *, const json_t *, size_t)) {
  if (report_size(report, path) == 0) return;
  text_add(text, "<div><h3>%s</h3><ul>", title);
  for (size_t i = 0; i < report_size(report, path); i++) {
    Text words = {0};
    line(&words, report, i);
    text_add(text, "<li id=\"/%s/%zu\">", path, i);
    text_html(text, words.bytes != NULL ? words.bytes : "");
    text_put(text, "</li>");
    text_free(&words);
  }
  text_put(text, "</ul></div>\n");
}

static void price(Text *text, const json_t *report, const char *side, const char *words, const Form *form) {
  char path[48];
  snprintf(path, sizeof path, "verdict/opportunity_loss/%s", side);
  text_add(text, "<div><dt>%s</dt><dd id=\"/%s\">", words, path);
  put_formed(text, report_number(report, path), form);
  text_put(text, " ");
  text_html(text, report_string(report, "business/unit"));
  text_put(text, "</dd></div>");
}

// A choice between two expected losses.
static void prices(Text *text, const json_t *report) {
  const json_t *loss = report_at(report, "verdict/opportunity_loss");
  double ship = report_number(loss, "ship"), hold = report_number(loss, "hold");
  if (ship != ship || hold != hold) return;
  Form form = form_money(report_number(loss, "scale"), ship > hold ? ship : hold);
  text_put(text, "<div><h3>The price of the choice</h3><dl class=\"choice\">");
  price(text, report, "ship", "If you ship", &form);
  price(text, report, "hold", "If you hold", &form);
  text_put(text,
           "</dl><p class=\"small\">What each choice is expected to lose on the judged rows, because it "
           "may be the wrong one.</p></div>\n");
}

static void warning(Text *text, const json_t *report) {
  const char *words = report_string(report, "verdict/warning");
  if (*words == '\0') return;
  text_put(text, "<p class=\"override\" id=\"/verdict/warning\" role=\"alert\"><strong>Warning.</strong> ");
  text_html(text, words);
  text_put(text, "</p>\n");
}

static void override(Text *text, const json_t *report) {
  if (!json_is_object(report_at(report, "verdict/override"))) return;
  text_put(text, "<p class=\"override\" id=\"/verdict/override\"><strong>Accepted all the same</strong> by ");
  text_html(text, report_string(report, "verdict/override/by"));
  text_put(text, ": ");
  text_html(text, report_string(report, "verdict/override/reason"));
  text_put(text, "</p>\n");
}

static void rules_to_paste(Text *text, const json_t *report) {
  Text rules = {0};
  report_rules_to_paste(&rules, report, "");
  if (rules.length > 0) {
    text_put(text, "<h3>To decide, put rules into the configuration, with margins of your own</h3><pre "
                   "id=\"rules-to-paste\" tabindex=\"0\">");
    text_html(text, rules.bytes);
    text_put(text, "</pre>\n");
  }
  text_free(&rules);
}

void write_verdict(Text *text, const json_t *report) {
  const StateLook *look = look_of(report);
  Text because = {0};
  text_add(text,
           "<section class=\"verdict %s pm ds mle\" id=\"/verdict\" aria-labelledby=\"verdict-state\">"
           "<h2 class=\"state\" id=\"verdict-state\"><svg viewBox=\"0 0 32 32\" aria-hidden=\"true\">%s</svg>"
           "<span>%s</span></h2>\n",
           look->style, look->icon, look->words);
  text_put(text, "<p class=\"sentence\" id=\"/verdict/sentence\">");
  text_html(text, report_string(report, "verdict/sentence"));
  text_put(text, "</p>\n");
  warning(text, report);
  override(text, report);
  figures(text, report);
  list(&because, report, "Why", "verdict/reason", report_reason);
  list(&because, report, "What would change it", "verdict/flips_if", put_flip);
  prices(&because, report);
  if (because.length > 0) text_add(text, "<div class=\"because\">%s</div>\n", because.bytes);
  text_free(&because);
  rules_to_paste(text, report);
  text_put(text, "</section>\n");
}
