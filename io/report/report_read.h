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

// Decimals of every amount of money that stands beside others, by the largest magnitude among them, in units:
// none from 1,000 on, cents below, and below 1 as many as show two digits of it (at most 6).
int money_decimals(double largest);

// Decimals for a metric of this magnitude: 4 below 10, fewer above.
int metric_decimals(double magnitude);

// The largest magnitude of the number at `path` in the items of an array, as stored; 0 without any.
double report_largest(const json_t *list, const char *path);

// Decimals of the numbers of an object by the largest of them, as stored: money where it carries "scale".
int report_decimals(const json_t *object, double largest);

double estimate_largest(const json_t *estimate); // magnitude of its value and the ends of its interval

// What decides the decimals of a row with champion, challenger and delta: the larger of the two models, as
// stored; the difference where it has neither.
double row_largest(const json_t *row);

// Decimals of a row among the others of its table: amounts of money in all its rows have the same.
int row_decimals(const json_t *rows, const json_t *row);

#endif
