// A finished report judged again, from its models and their data or from the scores beside it, and compared
// member by member.
#ifndef INGOT_TOOLS_CLI_JUDGE_VERIFY_RECOMPUTE_H
#define INGOT_TOOLS_CLI_JUDGE_VERIFY_RECOMPUTE_H

#include "engine/shared/status.h"

#include <jansson.h>

typedef struct Recomputation {
  char *difference;     // JSON pointer of the first value that differs, and both values; NULL: none
  int compared;         // values compared
  int reopened, models; // how many of the models were scored again where they came from
  json_t *unmade;       // {what it takes: [members that were not made again]}
} Recomputation;

// Models are opened where environment.json says they came from; where they are gone, or are others by now,
// their stored scores count, and what needs more than these is in `unmade`. 0: every other value is what the
// report says; 1: one differs. 65 where the folder is not what its SHA256SUMS lists, or its report cannot be
// judged again; 66 missing.
Status report_recompute(Recomputation *made, const char *path, Error *error);
void recomputation_clear(Recomputation *made);

#endif
