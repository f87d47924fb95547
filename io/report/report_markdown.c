// The report as Markdown.
#include "io/report/report_markdown.h"

#include "io/report/reasons.h"
#include "io/report/report_read.h"

#include <stdio.h>
#include <string.h>

enum { MOST_BYTES = 60000, LETTERS = 300, LINES = 12 };

static bool compared(const json_t *report) {
  return json_is_object(report_at(report, "subject/champion"));
}

// Where to end a text of which `length` bytes have room: after a sentence in their second half, else after a
// word there, else at that byte.
static size_t cut_at(const char *string, size_t length) {
  size_t word = 0, half = length / 2;
  for (size_t i = length; i > half; i--) {
    if (string[i] != ' ') continue;
    if (string[i - 1] == '.') return i;
    if (word == 0) word = i;
  }
  return word > 0 ? word : length;
}

// A text of the report, inert and cut where no person would read on.
static void put_cut(Text *text, const char *string) {
  char head[4 * LETTERS + 1];
  size_t length = 0;
  for (int letters = 0; string[length] != '\0'; length++) {
    if (((unsigned char)string[length] & 0xc0) == 0x80) continue;
    if (letters++ == LETTERS) break;
  }
  if (string[length] != '\0') length = cut_at(string, length);
  memcpy(head, string, length);
  head[length] = '\0';
  text_markdown(text, head);
  text_put(text, string[length] == '\0' ? "" : length > 0 && head[length - 1] == '.' ? " …" : "…");
}

static void put_name(Text *text, const json_t *json, const char *path) {
  put_cut(text, report_string(json, path));
}

// "0.8431 (0.82 to 0.86)" of an estimate; money in units.
static void estimate(Text *text, const json_t *object, const char *side, double scale, int decimals,
                     bool sign) {
  const json_t *own = report_at(object, side);
  scale = scale > 0 ? scale : 1;
  double value = report_number(own, "value") / scale;
  double low = report_number(own, "ci/0") / scale, high = report_number(own, "ci/1") / scale;
  if (own == NULL) return;
  format_fixed(text, value, decimals, sign);
  if (low != low || high != high) return;
  text_put(text, " (");
  format_fixed(text, low, decimals, sign);
  text_put(text, " to ");
  format_fixed(text, high, decimals, sign);
  text_put(text, ")");
}

// ---- the verdict ----

static void put_flip(Text *text, const json_t *report, size_t index) {
  text_put(text, report_string(json_array_get(report_at(report, "verdict/flips_if"), index), "text"));
}

static void lines(Text *text, const json_t *report, const char *path,
                  void (*line)(Text *, const json_t *, size_t)) {
  size_t count = report_size(report, path);
  for (size_t i = 0; i < count && i < LINES; i++) {
    Text words = {0};
    line(&words, report, i);
    text_put(text, "- ");
    put_cut(text, words.bytes != NULL ? words.bytes : "");
    text_put(text, "\n");
    text_free(&words);
  }
  if (count > LINES) text_add(text, "- and %zu more in report.html\n", count - LINES);
}

static void price(Text *text, const json_t *report) {
  double ship = report_scaled(report_at(report, "verdict/opportunity_loss"), "ship");
  double hold = report_scaled(report_at(report, "verdict/opportunity_loss"), "hold");
  if (ship != ship || hold != hold) return;
  int decimals = money_decimals(ship > hold ? ship : hold);
  text_put(text, "- expected loss if shipped ");
  format_fixed(text, ship, decimals, false);
  text_put(text, " ");
  put_name(text, report, "business/unit");
  text_put(text, ", if held ");
  format_fixed(text, hold, decimals, false);
  text_put(text, " ");
  put_name(text, report, "business/unit");
  text_put(text, "\n");
}

static void rules_to_paste(Text *text, const json_t *report) {
  Text rules = {0};
  report_rules_to_paste(&rules, report, "");
  if (rules.length > 0)
    text_add(text,
             "\nTo decide, put rules into the configuration, with margins of your own:\n\n```yaml\n%s```\n\n",
             rules.bytes);
  text_free(&rules);
}

static void verdict(Text *text, const json_t *report) {
  text_put(text, "## ");
  put_name(text, report, "verdict/state");
  text_put(text, ": ");
  put_name(text, report, "subject/name");
  text_put(text, "\n\n");
  put_name(text, report, "verdict/sentence");
  text_put(text, "\n\n");
  if (*report_string(report, "verdict/warning") != '\0') {
    text_put(text, "> **Warning.** ");
    put_name(text, report, "verdict/warning");
    text_put(text, "\n\n");
  }
  lines(text, report, "verdict/reason", report_reason);
  rules_to_paste(text, report);
  lines(text, report, "verdict/flips_if", put_flip);
  price(text, report);
  if (!json_is_object(report_at(report, "verdict/override"))) return;
  text_put(text, "- accepted all the same by ");
  put_name(text, report, "verdict/override/by");
  text_put(text, ": ");
  put_name(text, report, "verdict/override/reason");
  text_put(text, "\n");
}

// ---- tables ----

// Of an undecided rule, behind its result.
static void put_needed(Text *text, const json_t *row) {
  Text words = {0};
  report_rows_needed(&words, row);
  if (words.length > 0) text_put(text, ", ");
  put_cut(text, words.length > 0 ? words.bytes : "");
  text_free(&words);
}

static void rule_row(Text *text, const json_t *report, const json_t *rows, const json_t *row, bool results) {
  bool both = compared(report);
  double scale = report_number(row, "scale");
  int decimals = row_decimals(rows, row);
  text_put(text, "| ");
  put_name(text, row, "label");
  text_put(text, " | ");
  if (both) {
    estimate(text, row, "champion", scale, decimals, false);
    text_put(text, " | ");
  }
  estimate(text, row, "challenger", scale, decimals, false);
  if (both) {
    text_put(text, " | ");
    estimate(text, row, "delta", scale, decimals, true);
  }
  if (results) {
    text_put(text, " | ");
    put_name(text, row, "result");
    put_needed(text, row);
  }
  text_put(text, " |\n");
}

static void metric_table(Text *text, const json_t *report, const char *title, const char *list,
                         bool results) {
  bool both = compared(report);
  if (report_size(report, list) == 0) return;
  text_add(text, "\n### %s\n\n", title);
  text_put(text, both ? "| | Champion | Challenger | Difference, + is better |" : "| | This model |");
  text_put(text, results ? " Result |\n" : "\n");
  text_put(text, both ? "| --- | ---: | ---: | ---: |" : "| --- | ---: |");
  text_put(text, results ? " --- |\n" : "\n");
  for (size_t i = 0; i < report_size(report, list); i++)
    rule_row(text, report, report_at(report, list), json_array_get(report_at(report, list), i), results);
}

static void leaderboard(Text *text, const json_t *report) {
  const json_t *board = report_at(report, "leaderboard");
  double scale = report_number(board, "scale");
  int decimals = report_decimals(board, report_largest(report_at(board, "models"), "value/value"));
  if (report_size(board, "models") == 0) return;
  text_put(text, "\n### Leaderboard\n\n");
  put_name(text, board, "text");
  text_put(text, "\n\n| Rank | Model | Group | Value | Against the champion | Verdict |\n"
                 "| ---: | --- | --- | ---: | ---: | --- |\n");
  for (size_t i = 0; i < report_size(board, "models"); i++) {
    const json_t *model = json_array_get(report_at(board, "models"), i);
    text_put(text, "| ");
    format_count(text, report_number(model, "rank"));
    text_put(text, " | ");
    put_name(text, model, "name");
    text_put(text, json_is_true(report_at(model, "champion")) ? " (champion) | " : " | ");
    put_name(text, model, "group");
    text_put(text, " | ");
    estimate(text, model, "value", scale, decimals, false);
    text_put(text, " | ");
    estimate(text, model, "delta", scale, decimals, true);
    text_put(text, " | ");
    put_name(text, model, "state");
    text_put(text, " |\n");
  }
}

static void money(Text *text, const json_t *report) {
  const json_t *policies = report_at(report, "business/policies");
  if (json_array_size(policies) == 0) return;
  double scale = report_number(report, "business/scale");
  int decimals = report_decimals(report_at(report, "business"), report_largest(policies, "value"));
  text_put(text, "\n### Money\n\n| Policy | Acts on | Value, ");
  put_name(text, report, "business/unit");
  text_put(text, " |\n| --- | ---: | ---: |\n");
  for (size_t i = 0; i < json_array_size(policies); i++) {
    const json_t *policy = json_array_get(policies, i);
    text_put(text, "| ");
    put_cut(text, report_policy_name(report, policy));
    text_put(text, " | ");
    format_count(text, report_number(policy, "acted"));
    text_put(text, " | ");
    format_fixed(text, report_number(policy, "value") / scale, decimals, false);
    text_put(text, " |\n");
  }
  for (size_t i = 0; i < report_size(report, "business/warnings"); i++) {
    text_put(text, "\n> ");
    text_markdown(text, report_string(json_array_get(report_at(report, "business/warnings"), i), ""));
    text_put(text, "\n");
  }
}

static void agreement(Text *text, const json_t *report) {
  size_t count = report_size(report, "agreement/pairs");
  if (count == 0) return;
  text_put(text, "\n### Do the two kinds of metric agree?\n\n");
  put_name(text, report, "agreement/text");
  text_put(text, "\n\n| | Agrees with money | Chance of disagreement |\n| --- | --- | ---: |\n");
  for (size_t i = 0; i < count; i++) {
    const json_t *pair = json_array_get(report_at(report, "agreement/pairs"), i);
    text_put(text, "| ");
    put_name(text, pair, "label");
    const json_t *sign = report_at(pair, "same_sign"); // none where one of the two is 0
    text_put(text, json_is_true(sign) ? " | yes | " : sign == NULL ? " | no preference | " : " | no | ");
    format_percent(text, report_number(pair, "p_disagree"), 0, false);
    text_put(text, " |\n");
  }
  if (*report_string(report, "swap/text") == '\0') return;
  text_put(text, "\n");
  put_name(text, report, "swap/text");
  text_put(text, "\n");
}

static void ledger(Text *text, const json_t *report) {
  double before = report_number(report, "ledger/decisions_before");
  if (before == before) {
    text_put(text, " Decision ");
    format_count(text, before + 1);
    text_put(text, " on these rows.");
  } else {
    text_put(text,
             " Decisions on these rows before this one: `ledger.decisions_before` of environment.json.");
  }
}

static void links(Text *text, const json_t *report) {
  text_put(text, "\nRows: ");
  if (*report_string(report, "evaluation_set/coverage/text") != '\0')
    put_name(text, report, "evaluation_set/coverage/text");
  else
    format_count(text, report_number(report, "evaluation_set/rows"));
  text_put(text, ". Evaluation data: `");
  put_name(text, report, "evaluation_set/digest");
  text_put(text, "`.");
  if (compared(report)) ledger(text, report);
  text_put(text, "\n\nWhole report: [report.html](report.html), for "
                 "[product managers](report.html#pm), [data scientists](report.html#ds), "
                 "[ML engineers](report.html#mle); numbers: [report.json](report.json).\n");
}

// Adds a part where the comment still has room for it; else says what is missing, once.
static void add_part(Text *text, const Text *part, bool *cut) {
  if (part->length == 0) return;
  if (text->length + part->length <= MOST_BYTES) {
    text_put_n(text, part->bytes, part->length);
  } else if (!*cut) {
    *cut = true;
    text_put(text, "\nThis text was cut to fit a comment: the whole is in report.html.\n");
  }
}

static void rules(Text *text, const json_t *report) {
  metric_table(text, report, "Decision", "gates", true);
}

static void metrics(Text *text, const json_t *report) {
  metric_table(text, report, "Metrics", "metrics", false);
}

void report_markdown(Text *text, const json_t *report) {
  static void (*const parts[])(Text *, const json_t *) = {verdict,   rules,   leaderboard, money,
                                                          agreement, metrics, links};
  bool cut = false;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    Text part = {0};
    parts[i](&part, report);
    add_part(text, &part, &cut);
    text_free(&part);
  }
}
