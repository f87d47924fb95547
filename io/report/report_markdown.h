// report.md: verdict, decision table and money for a pull request; far below 64 kB. A pure function of the
// JSON.
#ifndef INGOT_IO_REPORT_REPORT_MARKDOWN_H
#define INGOT_IO_REPORT_REPORT_MARKDOWN_H

#include "io/shared/text.h"

#include <jansson.h>

void report_markdown(Text *text, const json_t *report);

#endif
