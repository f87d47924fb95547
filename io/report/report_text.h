// The report as a terminal shows it: verdict, what would flip it, leaderboard, rules, harmed slices, money,
// metrics. A pure function of the JSON.
#ifndef INGOT_IO_REPORT_REPORT_TEXT_H
#define INGOT_IO_REPORT_REPORT_TEXT_H

#include "io/shared/text.h"

#include <jansson.h>

void report_text(Text *text, const json_t *report);

#endif
