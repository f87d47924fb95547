// junit.xml: a test case for each rule and check, and one for the verdict. A pure function of the JSON.
#ifndef INGOT_IO_REPORT_REPORT_JUNIT_H
#define INGOT_IO_REPORT_REPORT_JUNIT_H

#include "io/shared/text.h"

#include <jansson.h>

// Class names are eval.verdict, eval.primary, eval.guardrail, eval.validity, eval.slice. A rule that fails is
// a <failure>, one that cannot tell is <skipped message="inconclusive: ...">, one that was not asked is
// <skipped message="not asked">; difference and interval are in <system-out>. JUnit has no third state, so
// the verdict is a failure unless it is SHIP, FIRST or IDENTICAL. Well-formed XML 1.0 whatever the names.
void report_junit(Text *text, const json_t *report);

#endif
