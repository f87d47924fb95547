// An open run: its sinks, and its end.
#include "io/run/run.h"

#include "engine/shared/memory.h"
#include "io/run/run_parts.h"
#include "io/shared/sums.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Run *run_new(const char *path) {
  Run *run = memory_get(1, sizeof *run);
  run->path = memory_text(path);
  run->checkpoints = memory_format("%s/" RUN_CHECKPOINTS, path);
  run->calls = &file_calls_system;
  run->lock = -1;
  run->events.file = -1;
  return run;
}

void run_prepare_store(Run *run, const Config *config, const uint8_t code_digest[DIGEST_BYTES],
                       const char *version) {
  CheckpointState *constants = &run->store.constants;
  run->store.folder = run->checkpoints;
  run->store.keep_last = config->checkpoint.keep_last;
  run->store.keep_best = config->checkpoint.keep_best;
  run->store.calls = run->calls;
  snprintf(constants->numerics, sizeof constants->numerics, "%s", run->manifest->numerics);
  snprintf(constants->version, sizeof constants->version, "%s", version);
  memcpy(constants->code_digest, code_digest, DIGEST_BYTES);
}

void run_use_calls(Run *run, const FileCalls *calls) {
  run->calls = run->store.calls = calls;
}

const char *run_path(const Run *run) {
  return run->path;
}

const Manifest *run_manifest(const Run *run) {
  return run->manifest;
}

static Status take_events(void *context, const Event *events, int count, Error *error) {
  Run *run = context;
  return event_file_append(&run->events, run->calls, events, count, error);
}

EventSink run_events(Run *run) {
  return (EventSink){run, take_events};
}

// The log first: a checkpoint names the bytes of it that led to its state.
static Status take_checkpoint(void *context, const Snapshot *snapshot, Error *error) {
  Run *run = context;
  PASS(event_file_flush(&run->events, run->calls, error));
  run->store.constants.events_bytes = run->events.bytes;
  event_file_digest(run->store.constants.events_digest, &run->events);
  return checkpoint_save(&run->store, snapshot, error);
}

CheckpointSink run_checkpoints(Run *run) {
  return (CheckpointSink){run, take_checkpoint};
}

static Status read_state(ManifestState *state, const Run *run, const char *which, Error *error) {
  char *path = NULL;
  Checkpoint *checkpoint = NULL;
  Status status;
  TRY(checkpoint_find(&path, run->path, which, error));
  TRY(checkpoint_load(&checkpoint, path, CHECKPOINT_ALL, error));
  const TensorView *chain = tensor_set_find(&checkpoint->tensors, "state.chain");
  if (chain == NULL || tensor_bytes(chain) != DIGEST_BYTES) {
    TRY(error_set(error, STATUS_DATA, "the checkpoint '%s' has no tensor state.chain of %d bytes", path,
                  DIGEST_BYTES));
  }
  state->step = checkpoint->state.step;
  state->epoch = checkpoint->state.epoch;
  state->best = checkpoint->state.best;
  memcpy(state->model_digest, checkpoint->state.model_digest, DIGEST_BYTES);
  memcpy(state->state_digest, checkpoint->state.state_digest, DIGEST_BYTES);
  memcpy(state->chain, chain->data, DIGEST_BYTES);
done:
  checkpoint_free(checkpoint);
  free(path);
  return status;
}

// Root lines of the checkpoints: each one's own SHA256SUMS, which lists the rest.
static Status add_checkpoints(Sums *sums, const Run *run, Error *error) {
  Status status = STATUS_OK;
  for (int i = 0; i < run->manifest->step_count && status == STATUS_OK; i++) {
    char step[CHECKPOINT_NAME_MAX];
    uint8_t digest[DIGEST_BYTES];
    checkpoint_name(step, run->manifest->steps[i]);
    char *name = memory_format(RUN_CHECKPOINTS "/%s/" RUN_SUMS, step);
    char *path = memory_format("%s/%s", run->path, name);
    status = file_sha256(digest, NULL, path, -1, error);
    if (status == STATUS_OK) sums_add(sums, name, digest);
    free(path);
    free(name);
  }
  return status;
}

// SHA256SUMS first: manifest.json says `finished` only once everything is listed, and what was interrupted
// between the two is resumed and finished again.
static Status seal(Run *run, Error *error) {
  Sums sums = {0};
  uint8_t digest[DIGEST_BYTES];
  char *listing = NULL, *manifest = manifest_text(run->manifest);
  Status status;
  sums_add(&sums, RUN_CONFIG, run->config_digest);
  event_file_digest(digest, &run->events);
  sums_add(&sums, RUN_EVENTS, digest);
  sha256(digest, manifest, strlen(manifest));
  sums_add(&sums, RUN_MANIFEST, digest);
  TRY(add_checkpoints(&sums, run, error));
  listing = sums_text(&sums);
  TRY(durable_replace(run->calls, run->path, RUN_SUMS, listing, strlen(listing), error));
  TRY(durable_replace(run->calls, run->path, RUN_MANIFEST, manifest, strlen(manifest), error));
done:
  sums_free(&sums);
  free(listing);
  free(manifest);
  return status;
}

Status run_finish(Run *run, const char *end, Error *error) {
  Manifest *manifest = run->manifest;
  PASS(event_file_flush(&run->events, run->calls, error));
  free(manifest->steps);
  manifest->steps = NULL;
  PASS(checkpoint_steps(&manifest->steps, &manifest->step_count, run->checkpoints, error));
  PASS(read_state(&manifest->final, run, "last", error));
  PASS(read_state(&manifest->selected, run, "best", error));
  free(manifest->end);
  manifest->end = memory_text(end);
  manifest->finished = 1;
  Status status = seal(run, error);
  if (status == STATUS_OK)
    run_environment_end(run, manifest->final.step, end);
  else
    manifest->finished = 0;
  return status;
}

void run_close(Run *run) {
  if (run == NULL) return;
  int open = run->environment != NULL && run->lock >= 0 && !run->manifest->finished;
  if (open) run_environment_end(run, run->store.constants.parent_step, "interrupted");
  json_decref(run->environment);
  event_file_close(&run->events);
  manifest_free(run->manifest);
  if (run->lock >= 0) close(run->lock);
  free(run->checkpoints);
  free(run->path);
  free(run);
}
