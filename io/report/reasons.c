// Sentences from the objects of gates: title, the end of the interval that decides, the margin, the unit.
#include "io/report/reasons.h"

#include "engine/evaluate/report_data.h"
#include "io/report/report_read.h"

#include <stdbool.h>
#include <string.h>

const char *report_metric_title(const json_t *report, const char *id) {
  for (size_t i = 0; i < report_size(report, "metrics"); i++) {
    const json_t *metric = json_array_get(report_at(report, "metrics"), i);
    if (strcmp(report_string(metric, "id"), id) == 0 && *report_string(metric, "label") != '\0')
      return report_string(metric, "label");
  }
  return id;
}

static bool is_rule(const json_t *gate, const char *rule) {
  return strcmp(report_string(gate, "rule"), rule) == 0;
}

static bool is_absolute(const json_t *gate) {
  return is_rule(gate, "at_least") || is_rule(gate, "at_most");
}

// What the rule read.
static const json_t *judged_of(const json_t *gate) {
  const json_t *judged = report_at(gate, "judged");
  return judged != NULL ? judged : report_at(gate, is_absolute(gate) ? "challenger" : "delta");
}

// ---- numbers ----

enum { MOST_DECIMALS = 12 };

// As in the tables, and no fewer than two significant digits.
static int decimals_of(const json_t *gate, double value) {
  if (value < 0) value = -value;
  bool money = report_number(gate, "scale") > 1;
  int decimals = money ? money_decimals(value) : metric_decimals(value);
  if (value >= 1 || value == 0) return decimals;
  double shifted = value;
  for (int i = 0; i < decimals; i++) shifted *= 10;
  for (; shifted < 9.95 && decimals < MOST_DECIMALS; shifted *= 10) decimals++;
  return decimals;
}

static void put_amount(Text *text, const json_t *gate, double value, int decimals) {
  format_fixed(text, value, value == 0 ? 0 : decimals, false);
  if (value != 0 && *report_string(gate, "unit") != '\0') text_add(text, " %s", report_string(gate, "unit"));
}

// Decimals at which two different numbers look different.
static int telling_decimals(const json_t *gate, double a, double b) {
  int decimals = decimals_of(gate, a);
  for (bool same = a != b; same && decimals < MOST_DECIMALS; decimals += same) {
    Text first = {0}, second = {0};
    format_fixed(&first, a, decimals, false);
    format_fixed(&second, b, decimals, false);
    same = strcmp(first.bytes, second.bytes) == 0;
    text_free(&first);
    text_free(&second);
  }
  return decimals;
}

// ---- rules ----

// "could be as low as -2,672 EUR, and must be above 0": which end of the interval decided, and the bound.
static void put_bound(Text *text, const json_t *gate, bool fails) {
  const json_t *judged = judged_of(gate);
  bool most = is_rule(gate, "at_most"), upper = most != fails;
  double end = report_number(judged, upper ? "ci/1" : "ci/0"), bound = report_number(gate, "margin");
  double scale = report_number(gate, "scale");
  scale = scale > 0 ? scale : 1;
  if (is_rule(gate, "not_worse") || is_rule(gate, "prove_safe")) bound = 0 - bound;
  int decimals = telling_decimals(gate, end / scale, bound / scale);
  if (fails)
    text_put(text, upper ? " is at most " : " is at least ");
  else
    text_put(text, upper ? " could be as high as " : " could be as low as ");
  put_amount(text, gate, end / scale, decimals);
  text_put(text, most                ? ", and must be at most "
                 : is_absolute(gate) ? ", and must be at least "
                                     : ", and must be above ");
  int own = decimals_of(gate, bound / scale);
  put_amount(text, gate, bound / scale, decimals > own ? decimals : own);
}

static void put_suspicion(Text *text, const json_t *gate) {
  double low = report_scaled(gate, "judged/ci/0"), bound = report_scaled(gate, "margin");
  if (low != low) low = report_scaled(gate, "delta/ci/0");
  int decimals = telling_decimals(gate, low, bound), own = decimals_of(gate, bound);
  text_put(text, ": the gain is at least ");
  put_amount(text, gate, low, decimals);
  text_put(text, ", and more than ");
  put_amount(text, gate, bound, own > decimals ? own : decimals);
  text_put(text, " is too good to be true; look for leakage of the target");
}

static void put_harm(Text *text, const json_t *gate) {
  double gain = report_scaled(gate, "delta/value");
  text_put(text, ": harm is shown, the gain is ");
  put_amount(text, gate, gain, decimals_of(gate, gain));
}

static void put_title(Text *text, const json_t *report, const json_t *gate) {
  const char *slice = report_string(gate, "slice"), *value = report_string(gate, "slice_value");
  const char *id = report_string(gate, "metric"), *title = report_metric_title(report, id);
  text_put(text, title == id && *slice == '\0' ? report_string(gate, "label") : title);
  if (*slice == '\0') return;
  text_add(text, *value != '\0' ? " where %s is %s" : " by %s", slice, value);
}

// False where the gate's object does not say enough for a sentence.
static bool put_sentence(Text *text, const json_t *report, const json_t *gate) {
  const json_t *judged = judged_of(gate);
  bool fails = strcmp(report_string(gate, "result"), "fail") == 0;
  double low = report_number(judged, "ci/0"), high = report_number(judged, "ci/1");
  bool known = low == low && high == high, margin = report_at(gate, "margin") != NULL;
  if (judged == NULL || *report_string(gate, "rule") == '\0') return false;
  put_title(text, report, gate);
  if (!margin) {
    text_put(text, ": a share of the champion's own value decides nothing where that value may be 0");
  } else if (json_is_true(report_at(gate, "too_few"))) {
    text_put(text, ": not enough data to prove it safe");
  } else if (!known) {
    double value = report_scaled(gate, is_absolute(gate) ? "challenger/value" : "delta/value");
    text_put(text, is_absolute(gate) ? ": " : ": the gain of ");
    put_amount(text, gate, value, decimals_of(gate, value));
    text_put(text, " has no interval, so it cannot be decided");
  } else if (is_rule(gate, "suspicious")) {
    put_suspicion(text, gate);
  } else if (is_rule(gate, "detect_harm")) {
    put_harm(text, gate);
  } else {
    text_put(text, is_absolute(gate) ? "" : ": the gain");
    put_bound(text, gate, fails);
  }
  return true;
}

// What follows "id: " in a reason; NULL where it does not begin with it.
static const char *after_id(const char *reason, const char *id) {
  size_t length = strlen(id);
  bool begins = length > 0 && strncmp(reason, id, length) == 0 && strncmp(reason + length, ": ", 2) == 0;
  return begins ? reason + length + 2 : NULL;
}

// The rule's own words with its title in the place of its id.
static bool put_clause(Text *text, const json_t *report, const json_t *gate, const char *reason) {
  const char *words = after_id(reason, report_string(gate, "id"));
  if (words == NULL) return false;
  put_title(text, report, gate);
  text_add(text, ": %s", words);
  return true;
}

// "validity.rows: words" without the id.
static bool put_check(Text *text, const json_t *report, const char *reason) {
  for (size_t i = 0; i < report_size(report, "checks"); i++) {
    const json_t *check = json_array_get(report_at(report, "checks"), i);
    const char *words = after_id(reason, report_string(check, "id"));
    if (words == NULL || strcmp(words, report_string(check, "text")) != 0) continue;
    text_put(text, words);
    return true;
  }
  return false;
}

void report_reason(Text *text, const json_t *report, size_t index) {
  const char *reason = report_string(json_array_get(report_at(report, "verdict/reason"), index), "");
  for (size_t i = 0; *reason != '\0' && i < report_size(report, "gates"); i++) {
    const json_t *gate = json_array_get(report_at(report, "gates"), i);
    if (strcmp(report_string(gate, "text"), reason) != 0) continue;
    if (put_sentence(text, report, gate) || put_clause(text, report, gate, reason)) return;
  }
  if (!put_check(text, report, reason)) text_put(text, reason);
  if (strcmp(reason, REASON_PARTIAL) == 0 && *report_string(report, "evaluation_set/coverage/text") != '\0')
    text_add(text, ": %s", report_string(report, "evaluation_set/coverage/text"));
}

// ---- rules to begin with ----

static bool has_metric(const json_t *report, const char *id) {
  for (size_t i = 0; i < report_size(report, "metrics"); i++) {
    const json_t *metric = json_array_get(report_at(report, "metrics"), i);
    if (strcmp(report_string(metric, "id"), id) == 0) return true;
  }
  return false;
}

void report_rules_to_paste(Text *text, const json_t *report, const char *indent) {
  static const char *const primaries[] = {"value", "log_loss", "rmse"};
  static const char *const guardrails[][2] = {
      {"auc", "0.01"}, {"log_loss", "0.005"}, {"accuracy", "0.01"}, {"mae", "2%"}};
  const char *primary = NULL;
  if (strcmp(report_string(report, "verdict/state"), "UNDECIDED") != 0) return;
  for (size_t i = 0; i < sizeof primaries / sizeof *primaries && primary == NULL; i++)
    if (has_metric(report, primaries[i])) primary = primaries[i];
  if (primary == NULL) return;
  text_add(text, "%sgates:\n%s  primary: {metric: %s, superior: 0}\n%s  guardrails:\n", indent, indent,
           primary, indent);
  int count = 0;
  for (size_t i = 0; i < sizeof guardrails / sizeof *guardrails && count < 2; i++) {
    if (!has_metric(report, guardrails[i][0]) || strcmp(guardrails[i][0], primary) == 0) continue;
    text_add(text, "%s    - {metric: %s, not_worse: %s}\n", indent, guardrails[i][0], guardrails[i][1]);
    count++;
  }
}

void report_reasons(Text *text, const json_t *report, const char *bullet, void (*put)(Text *, const char *)) {
  for (size_t i = 0; i < report_size(report, "verdict/reason"); i++) {
    Text reason = {0};
    report_reason(&reason, report, i);
    text_put(text, bullet);
    put(text, reason.bytes != NULL ? reason.bytes : "");
    text_put(text, "\n");
    text_free(&reason);
  }
}

void report_rows_needed(Text *text, const json_t *object) {
  const char *time = report_string(object, "rows_text");
  double needed = report_number(object, "rows_needed");
  if (!(needed > 0)) return;
  text_put(text, "needs about ");
  format_count(text, needed);
  text_add(text, " rows%s%s", *time != '\0' ? ": " : "", time);
}
