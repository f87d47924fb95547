// What `ingot inspect` shows of a report: what it holds, or one number with its SQL and the rows behind it.
#ifndef INGOT_TOOLS_CLI_JUDGE_INSPECT_REPORT_H
#define INGOT_TOOLS_CLI_JUDGE_INSPECT_REPORT_H

#include "engine/shared/status.h"

// path: report.json or its folder. pointer NULL: a summary. 2 no such pointer; 65 files that are not what
// SHA256SUMS lists; 66 missing scores.
Status inspect_report(const char *path, const char *pointer, Error *error);

#endif
