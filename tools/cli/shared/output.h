// What a command says: results to stdout, everything else to stderr.
#ifndef INGOT_TOOLS_CLI_SHARED_OUTPUT_H
#define INGOT_TOOLS_CLI_SHARED_OUTPUT_H

#include "engine/shared/status.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

void output_set_quiet(bool quiet);
void output_set_verbose(bool verbose);
void output_set_json(bool as_json);
bool output_is_json(void); // --json: the result on stdout is to be JSON

// Prints a result, with indent, and frees it. 65 where it is NULL: a name in it is no UTF-8.
Status print_json(json_t *json, Error *error);

// To stderr, unless quiet; a newline is added.
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

// The same under -v only: what was read and written on the way.
void say_more(const char *format, ...) __attribute__((format(printf, 1, 2)));

// The same for what -q does not silence: "ingot: warning: ...".
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

// A line on the terminal that the next one overwrites; nothing where stderr is none (or quiet).
bool output_is_terminal(void);
void say_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
void end_progress(void);

// 74 where stdout did not take everything (a full disk behind a redirection).
Status output_finish(Error *error);

// Bytes for people: "640 B", "1.5 MiB".
void bytes_text(char text[32], int64_t bytes);

#endif
