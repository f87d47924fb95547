// A run's folder: runs/<name>-<8 hex>/ with config.yaml, manifest.json, events.jsonl, environment.json and
// checkpoints/.
//
// A new run:      run_state (RUN_ABSENT), run_create, the sinks to the trainer, run_finish, run_close.
// An old one:     run_state (RUN_UNFINISHED), run_resume, trainer_restore, ... the same.
// A process that has it open holds an exclusive lock (.lock): a second one gets 170. The root's SHA256SUMS
// lists config.yaml and manifest.json from the start; run_finish adds events.jsonl and the SHA256SUMS of
// every checkpoint, so that then every byte is covered. environment.json is outside every digest.
#ifndef INGOT_IO_RUN_RUN_H
#define INGOT_IO_RUN_RUN_H

#include "engine/shared/config.h"
#include "engine/train/sinks.h"
#include "io/checkpoint/checkpoint.h"
#include "io/run/manifest.h"

typedef enum RunState {
  RUN_ABSENT,     // nothing there, or a creation that did not get to its manifest
  RUN_OTHER,      // other inputs, or not a run's folder: error->text says which (status 73)
  RUN_UNFINISHED, // to be resumed
  RUN_FINISHED
} RunState;

// RUN_OTHER: why the folder differs is in error->text, though the call itself succeeds (0). 65 where the
// folder has a manifest.json that cannot be read, 66 where a finished run lacks a checkpoint that it names,
// 74 where the folder cannot be read.
Status run_state(RunState *state, const char *path, const char *bits_text,
                 const uint8_t data_digest[DIGEST_BYTES], Error *error);

// <root>/<name>-<8 hex>: hex of SHA-256(bits config | data digest). Freed by free().
char *run_default_path(const char *root, const char *name, const char *bits_text,
                       const uint8_t data_digest[DIGEST_BYTES]);

// The machine's part: goes into environment.json, one session a process.
typedef struct RunEnvironment {
  const char *version; // of the program
  const char *device;  // "cpu", "cuda"
  const char *gpu;     // its ordinal, model, driver and runtime, which stand for what follows; NULL: a CPU
  const char *isa;     // as resolved: portable, avx2, avx512
  int threads;         // as resolved
  const TextList *overrides; // --set of this session; NULL: none
} RunEnvironment;

typedef struct RunInputs {
  const Config *config;
  const char *config_text; // config.yaml: resolved, complete
  uint8_t data_digest[DIGEST_BYTES];
  const ManifestFile *files;
  int file_count;
  int64_t rows, part_rows[PART_COUNT];
  uint8_t origin_chain[DIGEST_BYTES], origin_parameters[DIGEST_BYTES]; // trainer_origin
  const ProductPins *pins;                                             // numerics f1: device_pins; else NULL
} RunInputs;

typedef struct Run Run;

// Makes the folder (and its parents). 73 where a run is already there, 170 where another process holds it.
Status run_create(Run **run, const char *path, const RunInputs *inputs, const RunEnvironment *environment,
                  Error *error);

// Takes an unfinished run up again: removes leftovers, loads the newest checkpoint that verifies (*checkpoint
// NULL where there is none: start from the beginning), and cuts events.jsonl back to it; newer checkpoints,
// which do not verify, are moved to the run's root as damaged-<name>.<n>. *note: sentences for the user, or
// NULL. `config` gives the checkpoint's keep rules,
// `places` (or NULL) where its tensors are read to. 65 where manifest.json or the log was changed or no
// checkpoint loads, 78 where it is that of another configuration or other data, 170 where another process
// holds the run.
Status run_resume(Run **run, Checkpoint **checkpoint, char **note, const char *path, const Config *config,
                  const RunEnvironment *environment, const TensorSet *places, Error *error);

const char *run_path(const Run *run);
const Manifest *run_manifest(const Run *run);
EventSink run_events(Run *run);
CheckpointSink run_checkpoints(Run *run);

// The run is done: final and selected checkpoint into the manifest, SHA256SUMS over everything. `end` is the
// reason, as in the end event.
Status run_finish(Run *run, const char *end, Error *error);
void run_close(Run *run); // NULL is fine

// From now on all changes of the disk go through these calls: fault injection.
void run_use_calls(Run *run, const FileCalls *calls);

#endif
