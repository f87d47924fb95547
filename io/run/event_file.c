// Appending to events.jsonl.
#include "io/run/event_file.h"

#include "engine/shared/memory.h"
#include "io/run/events.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// The bytes that stay, into the digest.
static Status take_over(EventFile *events, int64_t bytes, Error *error) {
  enum { CHUNK = 1 << 16 };
  char *chunk = memory_get(CHUNK, 1);
  Status status = STATUS_OK;
  while (events->bytes < bytes && status == STATUS_OK) {
    size_t want = bytes - events->bytes < CHUNK ? (size_t)(bytes - events->bytes) : CHUNK;
    ssize_t got = pread(events->file, chunk, want, events->bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      status = error_set(error, STATUS_IO, "cannot read '%s': %s", events->path, strerror(errno));
    } else if (got == 0) {
      status = error_set(error, STATUS_DATA,
                         "'%s' has %lld bytes, the checkpoint that is to be resumed was saved after %lld: "
                         "restore that file, or train in another folder",
                         events->path, (long long)events->bytes, (long long)bytes);
    } else {
      EVP_DigestUpdate(events->digest, chunk, (size_t)got);
      events->bytes += got;
    }
  }
  free(chunk);
  return status;
}

static Status cut(const EventFile *events, const FileCalls *calls, Error *error) {
  if (calls->truncate(events->file, events->bytes) == 0) return STATUS_OK;
  return error_set(error, STATUS_IO, "cannot cut '%s' to %lld bytes: %s", events->path,
                   (long long)events->bytes, strerror(errno));
}

static Status open_and_cut(EventFile *events, const FileCalls *calls, int64_t bytes,
                           const uint8_t digest[DIGEST_BYTES], Error *error) {
  uint8_t found[DIGEST_BYTES];
  events->file = calls->open(events->path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0);
  if (events->file < 0) {
    Status status = errno == ENOENT ? STATUS_DATA : STATUS_IO;
    return error_set(error, status, "cannot open '%s', which every run has: %s", events->path,
                     strerror(errno));
  }
  PASS(take_over(events, bytes, error));
  event_file_digest(found, events);
  if (bytes > 0 && memcmp(found, digest, DIGEST_BYTES) != 0) {
    return error_set(error, STATUS_DATA,
                     "the first %lld bytes of '%s' were changed after the checkpoint that is to be resumed "
                     "was saved: restore that file, or train in another folder",
                     (long long)bytes, events->path);
  }
  PASS(cut(events, calls, error));
  return event_file_flush(events, calls, error);
}

Status event_file_open(EventFile *events, const FileCalls *calls, const char *path, int64_t bytes,
                       const uint8_t digest[DIGEST_BYTES], Error *error) {
  *events = (EventFile){.path = memory_text(path), .file = -1, .digest = EVP_MD_CTX_new()};
  int begun = events->digest != NULL && EVP_DigestInit_ex(events->digest, EVP_sha256(), NULL) == 1;
  assert(begun);
  (void)begun;
  Status status = open_and_cut(events, calls, bytes, digest, error);
  if (status != STATUS_OK) event_file_close(events);
  return status;
}

Status event_file_append(EventFile *events, const FileCalls *calls, const Event *list, int count,
                         Error *error) {
  Text text = {0};
  Error ignored;
  for (int i = 0; i < count; i++) event_write(&text, &list[i]);
  Status status = durable_append(calls, events->file, events->path, text.bytes, text.length, error);
  if (status == STATUS_OK) {
    EVP_DigestUpdate(events->digest, text.bytes, text.length);
    events->bytes += (int64_t)text.length;
  } else {
    cut(events, calls, &ignored);
    error_prefix(error, "the log could not be written: remove the cause and resume the run");
  }
  text_free(&text);
  return status;
}

Status event_file_flush(EventFile *events, const FileCalls *calls, Error *error) {
  if (calls->fsync(events->file) == 0) return STATUS_OK;
  return error_set(error, STATUS_IO, "cannot flush '%s': %s", events->path, strerror(errno));
}

void event_file_digest(uint8_t digest[DIGEST_BYTES], const EventFile *events) {
  EVP_MD_CTX *copy = EVP_MD_CTX_new();
  unsigned size = DIGEST_BYTES;
  int done = copy != NULL && EVP_MD_CTX_copy_ex(copy, events->digest) == 1 &&
             EVP_DigestFinal_ex(copy, digest, &size) == 1;
  assert(done);
  (void)done;
  EVP_MD_CTX_free(copy);
}

void event_file_close(EventFile *events) {
  if (events->file >= 0) close(events->file);
  EVP_MD_CTX_free(events->digest);
  free(events->path);
  *events = (EventFile){.file = -1};
}
