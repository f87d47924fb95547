// verify: recomputes every digest of a run and names what was changed.
//
// Covered in a finished run: every byte of config.yaml, manifest.json, events.jsonl, checkpoints/ and
// policy.json. In an unfinished one: config.yaml, manifest.json, checkpoints/, and events.jsonl up to the
// newest checkpoint; what comes behind is checked by the chain alone. Of report/, and
// folders whose name begins so, every file that their SHA256SUMS lists. environment.json is outside.
#ifndef INGOT_IO_RUN_VERIFY_H
#define INGOT_IO_RUN_VERIFY_H

#include "engine/shared/status.h"
#include "engine/shared/tensor.h"

typedef struct VerifyFinding {
  char *path; // relative to the run
  char *text; // one sentence: what, where, and what was expected
} VerifyFinding;

typedef struct VerifyReport {
  VerifyFinding *findings;
  int finding_count;
  int finished;
  int checkpoints, files, tensors; // checked
  int64_t events;
  char numerics[16]; // id of the digests: x1, f1
  int has_digests;   // recomputed: the state of the final (or newest whole) checkpoint, at `step`
  int has_model;     // the model of the selected one, at `model_step` (unfinished: of the newest whole one)
  uint64_t step, model_step;
  uint8_t model_digest[DIGEST_BYTES], state_digest[DIGEST_BYTES];
  char *covered; // a sentence on what was covered
} VerifyReport;

// 0: nothing changed; 1: error->text holds the first finding; 66: `run` is not a run's folder.
Status run_verify(VerifyReport *report, const char *run, Error *error);
void verify_report_free(VerifyReport *report);

#endif
