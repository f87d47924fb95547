// Taking an unfinished run up again.
#include "io/run/run_parts.h"

#include "engine/shared/memory.h"
#include "io/shared/sums.h"
#include "io/shared/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// Temporary files of processes that are gone: we hold the lock.
static Status remove_leftovers(const Run *run, Error *error) {
  char **names;
  int count;
  PASS(folder_names(&names, &count, run->path, error));
  Status status = STATUS_OK;
  for (int i = 0; i < count && status == STATUS_OK; i++) {
    if (strncmp(names[i], ".tmp.", 5) != 0) continue;
    char *path = memory_format("%s/%s", run->path, names[i]);
    status = folder_remove(path, error);
    free(path);
  }
  folder_names_free(names, count);
  return status == STATUS_OK ? checkpoint_clean(run->checkpoints, error) : status;
}

// The manifest that SHA256SUMS lists, or that of a finished run where the end came before manifest.json was
// replaced.
static Status read_manifest(Run *run, Error *error) {
  char *file = memory_format("%s/" RUN_MANIFEST, run->path),
       *sums_file = memory_format("%s/" RUN_SUMS, run->path);
  Sums sums = {0};
  uint8_t digest[DIGEST_BYTES];
  Status status;
  TRY(manifest_read(&run->manifest, file, error));
  TRY(sums_read(&sums, sums_file, error));
  TRY(file_sha256(digest, NULL, file, -1, error));
  const SumLine *config = sums_find(&sums, RUN_CONFIG), *manifest = sums_find(&sums, RUN_MANIFEST);
  int finishing = sums_find(&sums, RUN_EVENTS) != NULL;
  if (config == NULL || manifest == NULL ||
      (!finishing && memcmp(manifest->digest, digest, DIGEST_BYTES) != 0)) {
    TRY(error_set(
        error, STATUS_DATA,
        "'%s' was changed: its SHA-256 is not the one in '%s'; restore it, or train in another folder", file,
        sums_file));
  }
  if (run->manifest->finished) {
    TRY(error_set(error, STATUS_RETRYABLE, "the run '%s' was finished in the meantime: look again",
                  run->path));
  }
  memcpy(run->config_digest, config->digest, DIGEST_BYTES);
done:
  if (status == STATUS_MISSING) status = error->status = STATUS_DATA; // it is there, but not whole
  sums_free(&sums);
  free(sums_file);
  free(file);
  return status;
}

// Moves a checkpoint that does not verify out of checkpoints/ to the run's root, where it is outside of what
// verify covers: nothing is lost, and its step can be saved again.
static Status set_aside(const Run *run, uint64_t step, Text *note, Error *error) {
  char name[CHECKPOINT_NAME_MAX], *to = NULL;
  checkpoint_name(name, step);
  char *from = memory_format("%s/%s", run->checkpoints, name);
  int number = 1, result;
  do {
    free(to);
    to = memory_format("%s/damaged-%s.%d", run->path, name, number++);
    result = run->calls->rename(from, to);
  } while (result != 0 && (errno == EEXIST || errno == ENOTEMPTY) && number < 100);
  Status status = STATUS_OK;
  if (result == 0)
    text_add(note, "\nmoved it to '%s'", to);
  else
    status = error_set(error, STATUS_IO, "cannot rename '%s' to '%s': %s", from, to, strerror(errno));
  free(from);
  free(to);
  return status;
}

static Status set_aside_newer(const Run *run, uint64_t loaded, Text *note, Error *error) {
  uint64_t *steps;
  int count;
  PASS(checkpoint_steps(&steps, &count, run->checkpoints, error));
  Status status = STATUS_OK;
  for (int i = 0; i < count && status == STATUS_OK; i++) {
    if (steps[i] > loaded) status = set_aside(run, steps[i], note, error);
  }
  free(steps);
  return status;
}

// The newest whole checkpoint, which must be this run's, and the log cut back to it.
static Status go_back(Run *run, Checkpoint **checkpoint, char **note, const TensorSet *places, Error *error) {
  Text notes = {0};
  char *skipped = NULL, *events = memory_format("%s/" RUN_EVENTS, run->path);
  static const uint8_t none[DIGEST_BYTES];
  Status status;
  TRY(checkpoint_load_newest(checkpoint, &skipped, run->checkpoints, places, error));
  const CheckpointState *state = *checkpoint == NULL ? NULL : &(*checkpoint)->state;
  if (state != NULL)
    TRY(checkpoint_match(*checkpoint, run->manifest->bits, run->manifest->data_digest, error));
  TRY(event_file_open(&run->events, run->calls, events, state == NULL ? 0 : state->events_bytes,
                      state == NULL ? none : state->events_digest, error));
  if (skipped != NULL) {
    text_put(&notes, skipped);
    TRY(set_aside_newer(run, state->step, &notes, error));
    *note = text_take(&notes);
  }
  if (state != NULL) {
    run->store.constants.has_parent = true;
    run->store.constants.parent_step = state->step;
  }
done:
  text_free(&notes);
  free(skipped);
  free(events);
  return status;
}

Status run_resume(Run **run, Checkpoint **checkpoint, char **note, const char *path, const Config *config,
                  const RunEnvironment *environment, const TensorSet *places, Error *error) {
  Run *made = run_new(path);
  uint8_t code[DIGEST_BYTES];
  Status status;
  *run = NULL;
  *checkpoint = NULL;
  *note = NULL;
  TRY(run_lock(&made->lock, path, error));
  TRY(read_manifest(made, error));
  TRY(remove_leftovers(made, error));
  TRY(file_sha256(code, NULL, "/proc/self/exe", -1, error));
  run_prepare_store(made, config, code, environment->version);
  TRY(go_back(made, checkpoint, note, places, error));
  run_environment_begin(made, environment, *checkpoint == NULL ? 0 : (*checkpoint)->state.step);
  TRY(run_environment_write(made, error));
  *run = made;
  made = NULL;
done:
  run_close(made);
  if (status == STATUS_OK) return STATUS_OK;
  checkpoint_free(*checkpoint);
  free(*note);
  *checkpoint = NULL;
  *note = NULL;
  return status;
}
