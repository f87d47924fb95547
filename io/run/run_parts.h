// Private to io/run: what an open run is made of, its folder and its environment.
#ifndef INGOT_IO_RUN_RUN_PARTS_H
#define INGOT_IO_RUN_RUN_PARTS_H

#include "io/run/event_file.h"
#include "io/run/run.h"

#include <jansson.h>
#include <time.h>

// The names at a run's root that creation makes, manifest.json last.
#define RUN_LOCK ".lock"
#define RUN_CONFIG "config.yaml"
#define RUN_EVENTS "events.jsonl"
#define RUN_ENVIRONMENT "environment.json"
#define RUN_CHECKPOINTS "checkpoints"
#define RUN_SUMS "SHA256SUMS"
#define RUN_MANIFEST "manifest.json"

struct Run {
  char *path, *checkpoints;
  const FileCalls *calls;
  int lock; // -1: not held
  Manifest *manifest;
  uint8_t config_digest[DIGEST_BYTES]; // of config.yaml, as listed since the run began
  EventFile events;
  CheckpointStore store;
  json_t *environment;
  struct timespec opened;
};

// --- run.c

// Nothing open yet; run_close frees it.
Run *run_new(const char *path);

// How checkpoints are saved; after the manifest is there.
void run_prepare_store(Run *run, const Config *config, const uint8_t code_digest[DIGEST_BYTES],
                       const char *version);

// --- run_folder.c

// Takes the lock of an existing folder: 170 where another process has it.
Status run_lock(int *lock, const char *path, Error *error);

// Whether a folder can become a run's: RUN_ABSENT, or RUN_OTHER with the reason in error->text.
RunState run_folder_state(const char *path, Error *error);

// --- run_environment.c: environment.json; errors of reading it are nobody's concern

void run_environment_begin(Run *run, const RunEnvironment *environment, uint64_t step);
Status run_environment_write(Run *run, Error *error);
void run_environment_end(Run *run, uint64_t step, const char *end);

#endif
