// Private to io/report/json: the parts of report.json that tell of rows, groups, time and data.
#ifndef INGOT_IO_REPORT_JSON_PANELS_JSON_H
#define INGOT_IO_REPORT_JSON_PANELS_JSON_H

#include "io/report/json/parts.h"
#include "io/shared/text.h"

json_t *agreement_json(const ReportParts *parts);
json_t *swap_json(const ReportParts *parts);
json_t *slices_json(const ReportParts *parts);
json_t *fairness_json(const ReportParts *parts);
json_t *stability_json(const ReportParts *parts);
json_t *data_json(const ReportParts *parts);
json_t *drift_json(const ReportParts *parts);
json_t *importance_json(const ReportParts *parts);
json_t *dependence_json(const ReportParts *parts);
json_t *learning_json(const ReportParts *parts);

// Puts a finished text as the member "text" and frees it.
void put_taken(json_t *object, const char *key, Text *text);

// "+1,234 USD", "−0.0031": a difference of a metric, in the unit of money where it is value.
void put_difference(Text *text, const Metric *metric, double difference, const ReportParts *parts);

#endif
