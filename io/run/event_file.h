// Private to io/run: events.jsonl while it is being written, with the digest of its bytes so far.
#ifndef INGOT_IO_RUN_EVENT_FILE_H
#define INGOT_IO_RUN_EVENT_FILE_H

#include "engine/train/sinks.h"
#include "io/shared/durable.h"

#include <openssl/evp.h>

typedef struct EventFile {
  char *path;
  int file;           // -1: not open
  int64_t bytes;      // whole lines written
  EVP_MD_CTX *digest; // of them
} EventFile;

// Opens the file, which exists, and cuts it to its first `bytes` bytes: a torn line goes with what is behind.
// 65 where it is shorter, or where those bytes do not have the digest (not looked at where bytes is 0).
Status event_file_open(EventFile *events, const FileCalls *calls, const char *path, int64_t bytes,
                       const uint8_t digest[DIGEST_BYTES], Error *error);

// Appends lines. Where that fails, the file is cut back to whole lines.
Status event_file_append(EventFile *events, const FileCalls *calls, const Event *list, int count,
                         Error *error);

Status event_file_flush(EventFile *events, const FileCalls *calls, Error *error);
void event_file_digest(uint8_t digest[DIGEST_BYTES], const EventFile *events);
void event_file_close(EventFile *events);

#endif
