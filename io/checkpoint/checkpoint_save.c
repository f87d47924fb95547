// Saving: the commit protocol, what stays of older checkpoints, and what dead processes left.
#include "io/checkpoint/checkpoint_check.h"
#include "io/checkpoint/checkpoint_state.h"

#include "engine/shared/memory.h"
#include "io/shared/sums.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES = 3 };

static void host_name(char host[65]) {
  if (gethostname(host, 64) != 0 || host[0] == '\0') snprintf(host, 65, "localhost");
  host[64] = '\0';
}

// <folder>/.tmp.<purpose><step name>.<host>.<pid>
static char *temporary_path(const CheckpointStore *store, const char *purpose, uint64_t step) {
  char name[CHECKPOINT_NAME_MAX], host[65];
  checkpoint_name(name, step);
  host_name(host);
  return memory_format("%s/.tmp.%s%s.%s.%ld", store->folder, purpose, name, host, (long)getpid());
}

static char *final_path(const CheckpointStore *store, uint64_t step) {
  char name[CHECKPOINT_NAME_MAX];
  checkpoint_name(name, step);
  return memory_format("%s/%s", store->folder, name);
}

static Status make_folder(const CheckpointStore *store, const char *path, Error *error) {
  if (store->calls->mkdir(path, 0777) == 0) return STATUS_OK;
  if (errno == EEXIST) { // left by an earlier process with our number
    PASS(folder_remove(path, error));
    if (store->calls->mkdir(path, 0777) == 0) return STATUS_OK;
  }
  return error_set(error, STATUS_IO, "cannot make the folder '%s': %s", path, strerror(errno));
}

static CheckpointState state_of(const CheckpointStore *store, const Snapshot *snapshot) {
  CheckpointState state = store->constants;
  state.step = snapshot->step;
  state.epoch = snapshot->epoch;
  memcpy(state.model_digest, snapshot->model_digest, DIGEST_BYTES);
  memcpy(state.state_digest, snapshot->state_digest, DIGEST_BYTES);
  state.best = snapshot->best;
  state.best_step = snapshot->best_step;
  state.is_best = snapshot->is_best != 0;
  state.is_final = snapshot->is_final != 0;
  return state;
}

static Status write_text(Sums *sums, const CheckpointStore *store, const char *folder, const char *name,
                         const char *text, Error *error) {
  uint8_t digest[DIGEST_BYTES];
  char *path = memory_format("%s/%s", folder, name);
  Status status = durable_write(digest, store->calls, path, &(FilePart){text, strlen(text)}, 1, error);
  if (status == STATUS_OK && sums != NULL) sums_add(sums, name, digest);
  free(path);
  return status;
}

static Status write_tensors(Sums *sums, const CheckpointStore *store, const char *folder, const char *name,
                            const TensorSet *set, Error *error) {
  uint8_t digest[DIGEST_BYTES];
  char *path = memory_format("%s/%s", folder, name);
  Status status = safetensors_write(digest, store->calls, path, set, error);
  if (status == STATUS_OK) sums_add(sums, name, digest);
  free(path);
  return status;
}

// All files of the checkpoint, SHA256SUMS last; *listing is its text.
static Status write_files(char **listing, const CheckpointStore *store, const char *folder,
                          const Snapshot *snapshot, Error *error) {
  Sums sums = {0};
  Status status;
  CheckpointState state = state_of(store, snapshot);
  char *text = checkpoint_state_text(&state);
  TRY(write_tensors(&sums, store, folder, "model.safetensors", snapshot->model, error));
  TRY(write_tensors(&sums, store, folder, "optimizer.safetensors", snapshot->optimizer, error));
  TRY(write_text(&sums, store, folder, "state.json", text, error));
  *listing = sums_text(&sums);
  TRY(write_text(NULL, store, folder, "SHA256SUMS", *listing, error));
  TRY(durable_folder(store->calls, folder, error));
done:
  free(text);
  sums_free(&sums);
  return status;
}

// What the disk now holds is what was meant.
static Status read_back(const char *path, const char *listing, Error *error) {
  char *file = memory_format("%s/SHA256SUMS", path), *text = NULL;
  size_t length = 0;
  Status status;
  TRY(file_read(&text, &length, file, 1 << 20, error));
  if (strcmp(text, listing) != 0) {
    status = error_set(error, STATUS_IO, "'%s' reads back with other bytes than were written", file);
    goto done;
  }
  TRY(checkpoint_check_first(path, error));
done:
  free(text);
  free(file);
  return status == STATUS_OK ? STATUS_OK : (error->status = STATUS_IO);
}

static Status rename_folder(const CheckpointStore *store, const char *from, const char *to, Error *error) {
  if (store->calls->rename(from, to) == 0) return STATUS_OK;
  return error_set(error, STATUS_IO, "cannot rename '%s' to '%s': %s", from, to, strerror(errno));
}

static Status commit(const CheckpointStore *store, const char *path, const Snapshot *snapshot, Error *error) {
  char *temporary = temporary_path(store, "", snapshot->step), *listing = NULL;
  Error ignored;
  Status status;
  TRY(make_folder(store, temporary, error));
  TRY(write_files(&listing, store, temporary, snapshot, error));
  TRY(rename_folder(store, temporary, path, error));
  TRY(durable_folder(store->calls, store->folder, error));
  TRY(read_back(path, listing, error));
done:
  if (status != STATUS_OK) folder_remove(temporary, &ignored);
  free(listing);
  free(temporary);
  return status;
}

// Out of sight first, so that a folder with our name is always whole.
static Status set_aside(const CheckpointStore *store, uint64_t step, Error *error) {
  char *path = final_path(store, step), *aside = temporary_path(store, "old-", step);
  Status status;
  TRY(folder_remove(aside, error));
  TRY(rename_folder(store, path, aside, error));
  TRY(folder_remove(aside, error));
done:
  free(aside);
  free(path);
  return status;
}

// A folder of this step is there: *saved where it holds this state; out of the way where it is damaged.
static Status meet_existing(int *saved, const CheckpointStore *store, const char *path,
                            const Snapshot *snapshot, Error *error) {
  struct stat about;
  CheckpointState state;
  *saved = 0;
  if (lstat(path, &about) != 0) return STATUS_OK;
  if (checkpoint_check_first(path, error) != STATUS_OK ||
      checkpoint_state_read(&state, path, error) != STATUS_OK) {
    return set_aside(store, snapshot->step, error);
  }
  if (memcmp(state.state_digest, snapshot->state_digest, DIGEST_BYTES) == 0) {
    *saved = 1;
    return durable_folder(store->calls, store->folder, error); // an earlier flush of it may have failed
  }
  char theirs[DIGEST_HEX], ours[DIGEST_HEX];
  sha256_hex(theirs, state.state_digest);
  sha256_hex(ours, snapshot->state_digest);
  return error_set(error, STATUS_EXISTS,
                   "'%s' already holds another state (%.12s, this one is %.12s): the same step must have the "
                   "same state; move that folder away or train in another one",
                   path, theirs, ours);
}

// keep[i] for the steps of a folder (ascending).
static void choose_kept(char *keep, const CheckpointStore *store, const uint64_t *steps, int count,
                        uint64_t saved) {
  int last = store->keep_last > 1 ? store->keep_last : 1;
  int best = store->keep_best > 1 ? store->keep_best : 1;
  int unchecked = 1; // besides the one just saved, the newest that verifies stays
  Error ignored;
  for (int i = count - 1; i >= 0; i--) {
    CheckpointState state;
    char *path = final_path(store, steps[i]);
    if (steps[i] == saved || last > 0) keep[i] = 1;
    last--;
    if (best > 0 && checkpoint_state_read(&state, path, &ignored) == STATUS_OK && state.is_best) {
      keep[i] = 1;
      best--;
    }
    if (unchecked && steps[i] != saved && checkpoint_check_first(path, &ignored) == STATUS_OK) {
      keep[i] = 1;
      unchecked = 0;
    }
    free(path);
  }
}

static Status remove_older(const CheckpointStore *store, uint64_t saved, Error *error) {
  uint64_t *steps;
  int count;
  PASS(checkpoint_steps(&steps, &count, store->folder, error));
  char *keep = memory_get((size_t)count, 1);
  Status status = STATUS_OK;
  choose_kept(keep, store, steps, count, saved);
  for (int i = 0; i < count && status == STATUS_OK; i++) {
    if (!keep[i]) status = set_aside(store, steps[i], error);
  }
  free(keep);
  free(steps);
  if (status == STATUS_OK) return STATUS_OK;
  return error_prefix(error, "step %llu is saved, but an older checkpoint could not be removed",
                      (unsigned long long)saved);
}

// Says what is left where a save failed.
static Status not_saved(const CheckpointStore *store, uint64_t step, Error *error) {
  uint64_t *steps = NULL;
  int count = 0;
  Error reason = *error, ignored;
  checkpoint_steps(&steps, &count, store->folder, &ignored);
  while (count > 0 && steps[count - 1] >= step) count--;
  if (count > 0) {
    error_set(error, reason.status,
              "the checkpoint of step %llu was not saved: %s; the previous one, step %llu, is kept: remove "
              "the cause (is the disk full?) and resume the run",
              (unsigned long long)step, reason.text, (unsigned long long)steps[count - 1]);
  } else {
    error_set(error, reason.status,
              "the checkpoint of step %llu was not saved: %s; there is none before it: remove the cause (is "
              "the disk full?) and start the run again",
              (unsigned long long)step, reason.text);
  }
  free(steps);
  return reason.status;
}

Status checkpoint_save(CheckpointStore *store, const Snapshot *snapshot, Error *error) {
  char *path = final_path(store, snapshot->step);
  int saved;
  Status status;
  TRY(meet_existing(&saved, store, path, snapshot, error));
  if (!saved) TRY(commit(store, path, snapshot, error));
done:
  free(path);
  if (status != STATUS_OK) return not_saved(store, snapshot->step, error);
  store->constants.has_parent = true;
  store->constants.parent_step = snapshot->step;
  return remove_older(store, snapshot->step, error);
}

// Whether the process in a name still exists says nothing here: it may be a zombie, or another one by now.
Status checkpoint_clean(const char *folder, Error *error) {
  char **names;
  int count;
  PASS(folder_names(&names, &count, folder, error));
  Status status = STATUS_OK;
  for (int i = 0; i < count && status == STATUS_OK; i++) {
    if (strncmp(names[i], ".tmp.", 5) != 0) continue;
    char *path = memory_format("%s/%s", folder, names[i]);
    status = folder_remove(path, error);
    free(path);
  }
  folder_names_free(names, count);
  return status;
}
