// Canonical JSON text: the same tree gives the same bytes, on every machine.
//
// Members in the order in which they were added, two blanks of indent, arrays of plain values on one line,
// binary64 as the first of 15, 16, 17 digits that reads back equal, one final newline.
#ifndef INGOT_IO_REPORT_JSON_TEXT_H
#define INGOT_IO_REPORT_JSON_TEXT_H

#include "engine/shared/status.h"
#include "io/shared/text.h"

#include <jansson.h>

void json_text(Text *text, const json_t *json);

// A number as JSON; NaN and infinity, which JSON lacks, become null.
json_t *json_finite(double value);

// Reads a file: rejects duplicate keys. Errors: 66 no such file, 65 not JSON (with the line).
Status json_text_read(json_t **json, const char *path, Error *error);

#endif
