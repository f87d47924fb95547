// The folder of a small comparison, in which a fuzzer replaces report.json.
#ifndef INGOT_TESTS_FUZZ_JUDGED_FOLDER_H
#define INGOT_TESTS_FUZZ_JUDGED_FOLDER_H

#include <jansson.h>
#include <stddef.h>

// Makes it on the first call; scores of two challengers and a champion, and a report of them.
const char *judged_folder(void);

// The whole report that was written; the caller's.
json_t *judged_folder_report(void);

// Makes report.json these bytes, and SHA256SUMS list them.
void judged_folder_replace(const void *bytes, size_t length);

#endif
