// Reads report.json for the renderers: absent or mistyped members read as "nothing", never as a crash.
#ifndef INGOT_IO_REPORT_REPORT_READ_H
#define INGOT_IO_REPORT_REPORT_READ_H

#include "io/shared/text.h"

#include <jansson.h>
#include <stdbool.h>

// The member at a path of keys and array indices such as "business/policies/0"; NULL if absent or null.
const json_t *report_at(const json_t *json, const char *path);
const char *report_string(const json_t *json, const char *path); // "" if absent or no string
double report_number(const json_t *json, const char *path);      // NaN if absent or no number
size_t report_size(const json_t *json, const char *path);        // items of an array; 0 if none

// A number of an object that may carry "scale" (money in integers): number / scale.
double report_scaled(const json_t *object, const char *path);

// Numbers of an array (each divided by `scale`), at most `most`; returns how many.
int report_numbers(double *numbers, int most, const json_t *json, const char *path, double scale);

// What people call a policy of business/policies; without a champion there is no challenger.
const char *report_policy_name(const json_t *report, const json_t *policy);

// Numbers for people: thousands separated by commas, U+2212 for minus, "–" for NaN; `sign` puts a plus.
void format_fixed(Text *text, double value, int decimals, bool sign);
void format_count(Text *text, double value);

// As a percentage with `decimals`.
void format_percent(Text *text, double value, int decimals, bool sign);

// Decimals that suit a table of money with this largest magnitude: 0 from 10,000, else 2.
int money_decimals(double largest);

// Decimals for a metric of this magnitude: 4 below 10, fewer above.
int metric_decimals(double magnitude);

#endif
