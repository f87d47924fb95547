// The decision that a comparison is: what it costs of the evaluation rows, by the test-set ledger.
#ifndef INGOT_TOOLS_CLI_JUDGE_DECISION_H
#define INGOT_TOOLS_CLI_JUDGE_DECISION_H

#include "io/report/ledger.h"
#include "tools/cli/judge/judgement.h"

typedef struct Decision {
  char *ledger; // the file; NULL: none can be kept
  bool spends;  // gates.ledger names it: the decision is judged at `confidence`
  double confidence;
  LedgerEntry entry;
  uint8_t rows[DIGEST_BYTES], key[DIGEST_BYTES];
} Decision;

// Looks the comparison up: in gates.ledger, else in the user's own ledger ($XDG_STATE_HOME/ingot, else
// ~/.local/state/ingot), which is only shown and whose faults are only said. Without a champion nothing is
// decided: ledger is NULL.
Status decision_open(Decision *decision, const Judgement *judgement, Error *error);

// The same for a finished report: nothing is said or written, and where gates.ledger does not know the
// decision (any more), what judgement->recall says of it counts.
Status decision_recall(Decision *decision, const Judgement *judgement, Error *error);

// Writes its line once the report is written, and warns of rows that have decided often.
Status decision_record(const Decision *decision, VerdictState state, const Judgement *judgement,
                       Error *error);

void decision_close(Decision *decision);

#endif
