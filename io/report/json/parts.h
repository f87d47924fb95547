// Private to io/report/json: the parts of report.json, and small helpers to build them.
#ifndef INGOT_IO_REPORT_JSON_PARTS_H
#define INGOT_IO_REPORT_JSON_PARTS_H

#include "io/report/report_json.h"
#include "io/shared/text.h"

// Everything a part can need; champion and comparison are NULL for one model.
typedef struct ReportParts {
  const ReportContext *context;
  const EvaluationReport *challenger, *champion;
  const Comparison *comparison;
  const Verdict *verdict;
} ReportParts;

// Adds a member where it exists: a text that is not empty, a number that is finite, any tree but NULL.
void put_text(json_t *object, const char *key, const char *text);
void put_number(json_t *object, const char *key, double number);
void put_count(json_t *object, const char *key, int64_t count);
void put(json_t *object, const char *key, json_t *value);

// A number, or money in millionths (scale MONEY_SCALE) as an integer; null where it is not finite.
json_t *scaled_json(double value, double scale);

// 1, or MONEY_SCALE for the metric that is money.
double metric_scale(const Metric *metric);

// {"value", "ci", "method"[, "p"]}; scale 1, or MONEY_SCALE: then integers.
json_t *estimate_json(const Estimate *estimate, double scale);

json_t *ledger_json(const ReportParts *parts);
json_t *rules_changed_json(const ReportParts *parts);
json_t *leaderboard_json(const ReportParts *parts);
json_t *metrics_json(const ReportParts *parts);
json_t *gates_json(const ReportParts *parts);
// {"id", "text", "result"}, and "stated" where it is a statement.
json_t *check_json(const ValidityCheck *check);
json_t *checks_json(const ReportParts *parts);
json_t *verdict_json(const ReportParts *parts);

// The best policy that needs no model, for people: "acting on nobody".
const char *trivial_words(const EvaluationReport *report);

// "The parts are split by the order of the rows: the share of positives goes from 3 % ..." Returns the share
// in the last tenth of all rows over that in the first; NaN and no words where the rows are in no order of
// time.
double change_words(Text *text, const ReportParts *parts);

// Adds "rows_needed", and "rows_text" ("about 3 more weeks of labels") where it is known how fast rows come:
// a decision on `rows` of the judged rows (all of them, or a slice) needs `needed` of their kind; 0: nothing.
void put_rows_needed(json_t *object, const ReportParts *parts, int64_t needed, int64_t rows);

// A total over the judged rows for `rows` others, in the same integers; 0 beyond them.
int64_t rescaled_total(int64_t total, double rows, int64_t judged);

// Adds "population" to a total in money {"value"[, "ci"]}: the same scaled to business.population. Nothing
// without a population, or for NULL.
void put_population(json_t *total, const ReportParts *parts);

// Adds "population": {"ship", "hold"} to verdict.opportunity_loss likewise.
void put_population_losses(json_t *loss, const ReportParts *parts);

json_t *sensitivity_json(const ReportParts *parts);
json_t *risk_json(const ReportParts *parts);
json_t *verdict_flips_json(const ReportParts *parts); // verdict.flips_if
json_t *business_json(const ReportParts *parts);
json_t *curves_json(const ReportParts *parts);
json_t *roc_json(const ReportParts *parts); // with the next one a part of curves_json
json_t *pr_json(const ReportParts *parts);
json_t *gains_json(const ReportParts *parts);
json_t *homogeneity_json(const ReportParts *parts);
json_t *calibration_json(const ReportParts *parts);
json_t *methods_json(const ReportParts *parts);

#endif
