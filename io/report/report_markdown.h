// report.md: verdict, decision table, leaderboard, money and agreement for a comment on a pull request.
// Always below 64 kB: a part that does not fit is left out, which a sentence says. A pure function of the
// JSON.
#ifndef INGOT_IO_REPORT_REPORT_MARKDOWN_H
#define INGOT_IO_REPORT_REPORT_MARKDOWN_H

#include "io/shared/text.h"

#include <jansson.h>

void report_markdown(Text *text, const json_t *report);

#endif
