// JSON pointers (RFC 6901) into report.json, as the HTML report uses them for ids.
#ifndef INGOT_IO_REPORT_SQL_REPORT_POINTER_H
#define INGOT_IO_REPORT_SQL_REPORT_POINTER_H

#include "engine/shared/config.h"
#include "engine/shared/status.h"
#include "io/shared/text.h"

#include <jansson.h>
#include <stdbool.h>

enum { POINTER_DEPTH = 16 };

// keys[0..count): the unescaped steps of a pointer, owned; values[i] is what the first i steps lead to.
typedef struct ReportPointer {
  TextList keys;
  const json_t *values[POINTER_DEPTH + 1];
} ReportPointer;

// A '#' in front, as in a link, is dropped. 2: nothing is there; names the nearest pointer that exists.
Status report_pointer_read(ReportPointer *pointer, const json_t *report, const char *text, Error *error);
void report_pointer_free(ReportPointer *pointer);

#endif
