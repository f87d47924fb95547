// The test-set ledger: which decisions a set of evaluation rows has already supported.
//
// An append-only file of JSON lines, {"evaluation", "decision", "state", "models"}: the digest of the rows
// (ids, labels, weights), the digest of what was decided (models, rules, business), the verdict. A decision
// that is repeated keeps its number and its line. The t-th decision on the same rows may spend alpha_t =
// alpha * 6 / (pi^2 t^2), which sums to alpha however many follow (Blum and Hardt 2015 on why reuse must
// cost).
#ifndef INGOT_IO_REPORT_LEDGER_H
#define INGOT_IO_REPORT_LEDGER_H

#include "engine/shared/status.h"
#include "engine/shared/tensor.h"

#include <stdbool.h>

typedef struct LedgerEntry {
  int64_t decisions_before;     // other decisions on these rows before this one
  bool repeated;                // this one has a line already
  uint8_t digest[DIGEST_BYTES]; // SHA-256 of the file's bytes before this decision's line
} LedgerEntry;

// Looks a decision up; a file that does not exist is empty. 65 names the line that is no ledger's.
Status ledger_find(LedgerEntry *entry, const char *path, const uint8_t evaluation[DIGEST_BYTES],
                   const uint8_t decision[DIGEST_BYTES], Error *error);

// Appends its line (flushed) unless it was there; makes the file where it is missing. 74 where that fails.
Status ledger_append(const char *path, const uint8_t evaluation[DIGEST_BYTES],
                     const uint8_t decision[DIGEST_BYTES], const char *state, const char *models,
                     Error *error);

double ledger_total_alpha(double confidence); // 1 - confidence to 15 decimals: 0.05, not 0.05 + 4e-17
double ledger_alpha(double alpha, int64_t decisions_before); // alpha_t

#endif
