// Reasons of a verdict as sentences for people; what the rule wrote stays in report.json.
#ifndef INGOT_IO_REPORT_REASONS_H
#define INGOT_IO_REPORT_REASONS_H

#include "io/shared/text.h"

#include <jansson.h>

// The reason verdict/reason/`index` as a sentence, plain text: of a rule, from its object in gates, such as
// "Value of the policy: the gain could be as low as −2,672 EUR, and must be above 0"; any other as it is.
void report_reason(Text *text, const json_t *report, size_t index);

// The reasons, a line each behind `bullet`; `put` makes a text inert.
void report_reasons(Text *text, const json_t *report, const char *bullet, void (*put)(Text *, const char *));

// "needs about 4,100 rows: about 3 more weeks of labels" of an object with "rows_needed", plain text; nothing
// without it.
void report_rows_needed(Text *text, const json_t *object);

// The rules to begin with where a report has none: a block of YAML over metrics that the report has, each
// line behind `indent`; nothing where the verdict is not UNDECIDED.
void report_rules_to_paste(Text *text, const json_t *report, const char *indent);

// The title of a metric of the report by its id; the id where the report has no such metric.
const char *report_metric_title(const json_t *report, const char *id);

#endif
