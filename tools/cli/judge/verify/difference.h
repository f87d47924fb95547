// Two reports member by member: the first value that differs, and members that could not be made again.
#ifndef INGOT_TOOLS_CLI_JUDGE_VERIFY_DIFFERENCE_H
#define INGOT_TOOLS_CLI_JUDGE_VERIFY_DIFFERENCE_H

#include <jansson.h>
#include <stdbool.h>

// A member that was not made again, with everything below it.
typedef struct Unmade {
  char *pointer; // "/drift"
  char *needs;   // what it takes
  bool taken;    // the report's own value was used to make others: it is compared for its form alone
} Unmade;

typedef struct Difference {
  char *text; // pointer and both values; NULL: none
  int compared;
  Unmade *unmade;
  int unmade_count;
} Difference;

void difference_except(Difference *difference, const char *pointer, const char *needs, bool taken);

// `said` is the report, `found` what was made again; at any depth what only one of them has is a difference,
// unless it is one of the exceptions.
void difference_find(Difference *difference, const json_t *said, const json_t *found);

// Sets the text unless one is there.
void difference_note(Difference *difference, const char *format, ...) __attribute__((format(printf, 2, 3)));

// {needs: [members]} of the exceptions that the report has.
json_t *difference_unmade(const Difference *difference, const json_t *report);
void difference_clear(Difference *difference);

#endif
