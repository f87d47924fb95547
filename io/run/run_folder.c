// A run's folder: whose it is, how it is named, made and locked.
#include "io/run/run_parts.h"

#include "engine/shared/memory.h"
#include "io/config/write.h"
#include "io/shared/durable.h"
#include "io/shared/sums.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

char *run_default_path(const char *root, const char *name, const char *bits_text,
                       const uint8_t data_digest[DIGEST_BYTES]) {
  uint8_t digest[DIGEST_BYTES];
  char hex[DIGEST_HEX];
  size_t length = strlen(bits_text);
  uint8_t *bytes = memory_get(length + DIGEST_BYTES, 1);
  memcpy(bytes, bits_text, length);
  memcpy(bytes + length, data_digest, DIGEST_BYTES);
  sha256(digest, bytes, length + DIGEST_BYTES);
  sha256_hex(hex, digest);
  free(bytes);
  return memory_format("%s/%s-%.8s", root, name, hex);
}

Status run_lock(int *lock, const char *path, Error *error) {
  Status status = STATUS_OK;
  char *file = memory_format("%s/" RUN_LOCK, path);
  *lock = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (*lock < 0) {
    status = error_set(error, STATUS_IO, "cannot create '%s': %s", file, strerror(errno));
  } else if (flock(*lock, LOCK_EX | LOCK_NB) != 0) {
    status = errno == EWOULDBLOCK
                 ? error_set(error, STATUS_RETRYABLE,
                             "another process is working on the run '%s': wait for it, or stop it", path)
                 : error_set(error, STATUS_IO, "cannot lock '%s': %s", file, strerror(errno));
    close(*lock);
    *lock = -1;
  }
  free(file);
  return status;
}

static RunState not_a_run(Error *error, const char *path, const char *reason) {
  error_set(error, STATUS_EXISTS, "'%s' %s: name another folder, or move that one away", path, reason);
  return RUN_OTHER;
}

// Names a creation makes before manifest.json, and the temporary ones on the way.
static int from_creation(const char *name) {
  static const char *const ours[] = {RUN_LOCK,        RUN_CONFIG,      RUN_EVENTS,
                                     RUN_ENVIRONMENT, RUN_CHECKPOINTS, RUN_SUMS};
  for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
    if (strcmp(name, ours[i]) == 0) return 1;
  }
  return strncmp(name, ".tmp.", 5) == 0;
}

// A run that has begun has events or checkpoints: those are not given up with the manifest.
static int has_begun(const char *path) {
  char *folder = memory_format("%s/" RUN_CHECKPOINTS, path), *events = memory_format("%s/" RUN_EVENTS, path);
  struct stat about;
  char **names;
  int count;
  Error ignored;
  int begun = stat(events, &about) == 0 && about.st_size > 0;
  if (folder_names(&names, &count, folder, &ignored) == STATUS_OK && count > 0) begun = 1;
  folder_names_free(names, count);
  free(events);
  free(folder);
  return begun;
}

RunState run_folder_state(const char *path, Error *error) {
  char **names;
  int count, foreign = 0, locked = 0;
  Status status = folder_names(&names, &count, path, error);
  if (status == STATUS_MISSING) {
    struct stat about;
    return lstat(path, &about) == 0 ? not_a_run(error, path, "is not a folder") : RUN_ABSENT;
  }
  if (status != STATUS_OK) return RUN_OTHER;
  for (int i = 0; i < count; i++) {
    if (!from_creation(names[i])) foreign = 1;
    if (strcmp(names[i], RUN_LOCK) == 0) locked = 1;
  }
  folder_names_free(names, count);
  if (foreign || (count > 0 && !locked)) return not_a_run(error, path, "holds files that are not a run's");
  if (has_begun(path)) return not_a_run(error, path, "is a run that lost its manifest.json");
  return RUN_ABSENT;
}

static Status compare_inputs(RunState *state, const Manifest *manifest, const char *path,
                             const char *bits_text, const uint8_t data_digest[DIGEST_BYTES], Error *error) {
  *state = manifest->finished ? RUN_FINISHED : RUN_UNFINISHED;
  ConfigDifference difference = config_difference(manifest->bits, bits_text);
  if (difference.key != NULL) {
    *state = RUN_OTHER;
    error_set(error, STATUS_EXISTS,
              "'%s' is another run: its %s is %s, here it is %s; name another folder with --run, or none",
              path, difference.key, difference.left, difference.right);
  } else if (memcmp(manifest->data_digest, data_digest, DIGEST_BYTES) != 0) {
    char theirs[DIGEST_HEX], ours[DIGEST_HEX];
    sha256_hex(theirs, manifest->data_digest);
    sha256_hex(ours, data_digest);
    *state = RUN_OTHER;
    error_set(error, STATUS_EXISTS,
              "'%s' is a run over other data: its digest is %.12s, here it is %.12s (the files, the columns "
              "read or their rows differ); name another folder with --run, or none",
              path, theirs, ours);
  }
  config_difference_free(&difference);
  return STATUS_OK;
}

// A checkpoint of a finished run is there, and every byte of it is what the run's SHA256SUMS leads to.
static Status check_checkpoint(const Sums *sums, const char *path, uint64_t step, Error *error) {
  char name[CHECKPOINT_NAME_MAX], file[TENSOR_NAME_MAX];
  checkpoint_name(name, step);
  char *listing = memory_format(RUN_CHECKPOINTS "/%s/" RUN_SUMS, name);
  char *folder = memory_format("%s/" RUN_CHECKPOINTS "/%s", path, name);
  char *listing_path = memory_format("%s/%s", path, listing);
  const SumLine *line = sums_find(sums, listing);
  uint8_t digest[DIGEST_BYTES];
  Error ignored;
  Status status = STATUS_OK;
  if (access(folder, F_OK) != 0) {
    status = error_set(error, STATUS_MISSING,
                       "the run '%s' is finished, but %s, which its manifest.json names, is missing: restore "
                       "it, or train in another folder with --run",
                       path, name);
  } else if (line == NULL || file_sha256(digest, NULL, listing_path, -1, &ignored) != STATUS_OK ||
             memcmp(digest, line->digest, DIGEST_BYTES) != 0 ||
             sums_check(file, folder, NULL, 0, &ignored) != STATUS_OK) {
    status = error_set(error, STATUS_DATA,
                       "the run '%s' is finished, but %s is not the checkpoint that its SHA256SUMS lists: it "
                       "was changed or replaced (`ingot verify` names the file); restore it, or train in "
                       "another folder with --run",
                       path, name);
  }
  free(listing_path);
  free(folder);
  free(listing);
  return status;
}

// A finished run has the checkpoints that its manifest names.
static Status check_checkpoints(const Manifest *manifest, const char *path, Error *error) {
  Sums sums = {0};
  char *listing = memory_format("%s/" RUN_SUMS, path);
  Status status;
  TRY(sums_read(&sums, listing, error));
  for (int i = 0; i < manifest->step_count; i++)
    TRY(check_checkpoint(&sums, path, manifest->steps[i], error));
done:
  sums_free(&sums);
  free(listing);
  return status;
}

Status run_state(RunState *state, const char *path, const char *bits_text,
                 const uint8_t data_digest[DIGEST_BYTES], Error *error) {
  char *file = memory_format("%s/" RUN_MANIFEST, path);
  Manifest *manifest = NULL;
  *state = RUN_OTHER;
  Status status = manifest_read(&manifest, file, error);
  if (status == STATUS_OK) {
    status = compare_inputs(state, manifest, path, bits_text, data_digest, error);
    if (status == STATUS_OK && *state == RUN_FINISHED) status = check_checkpoints(manifest, path, error);
  } else if (status == STATUS_MISSING) {
    *state = run_folder_state(path, error);
    status = *state == RUN_OTHER && error->status == STATUS_IO ? STATUS_IO : STATUS_OK;
  }
  manifest_free(manifest);
  free(file);
  return status;
}
