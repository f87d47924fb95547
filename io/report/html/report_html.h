// report.html: one file without images or links to elsewhere, whole without its one script, a pure function
// of report.json.
#ifndef INGOT_IO_REPORT_HTML_REPORT_HTML_H
#define INGOT_IO_REPORT_HTML_REPORT_HTML_H

#include "io/shared/text.h"

#include <jansson.h>

// `report` as documented in io/report/report_json.h; what is absent is left out of the page. Below 300 kB for
// curves of 256 points. Every shown text is escaped; the content security policy allows this style sheet (by
// its SHA-256) and nothing else. Ids of rows are JSON pointers into report.json.
void report_html(Text *text, const json_t *report);

#endif
