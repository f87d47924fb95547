// Private to io/run: what a verification knows while it goes on.
#ifndef INGOT_IO_RUN_VERIFY_PARTS_H
#define INGOT_IO_RUN_VERIFY_PARTS_H

#include "io/run/events.h"
#include "io/run/manifest.h"
#include "io/run/verify.h"
#include "io/shared/sums.h"

typedef struct Verification {
  const char *run;
  VerifyReport *report;
  Sums sums;          // the root's SHA256SUMS; empty where it cannot be read
  int sealed;         // it lists the log and the checkpoints: the run is finished, or nearly
  Manifest *manifest; // NULL where it was changed: then nothing is compared with it
  EventLog log;
  int has_log; // whole, and the chain holds
} Verification;

// One finding a path: the first, which is the most exact.
void verify_find(Verification *verification, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// The file against its line of the root's SHA256SUMS. Returns 1 where they agree; 0 with a finding, also
// where the line is missing.
int verify_file(Verification *verification, const char *path);

// --- verify_checkpoint.c: everything in checkpoints/
void verify_checkpoints(Verification *verification);

#endif
