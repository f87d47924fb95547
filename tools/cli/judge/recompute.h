// A finished report judged again from the scores beside it, and compared member by member.
#ifndef INGOT_TOOLS_CLI_JUDGE_RECOMPUTE_H
#define INGOT_TOOLS_CLI_JUDGE_RECOMPUTE_H

#include "engine/shared/status.h"

#include <jansson.h>

typedef struct Recomputation {
  char *difference; // JSON pointer of the first value that differs, and both values; NULL: none
  int compared;     // values compared
  json_t *unheard;  // names of members that need more than the scores: the data, the run, the ledger
} Recomputation;

// 0: every value that the scores decide is what the report says; 1: one differs. 65 where the folder is not
// what its SHA256SUMS lists, or its report cannot be judged again (expected_gain, a budget, clusters); 66
// missing.
Status report_recompute(Recomputation *made, const char *path, Error *error);
void recomputation_clear(Recomputation *made);

#endif
