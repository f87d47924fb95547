// Files that survive a crash: written whole, flushed and checked, or not there at all.
//
// Every call that changes the disk goes through a table, so that a test can make the n-th one fail.
// Errors: 74 with path, reason and errno's text; 66 where a file to read does not exist.
#ifndef INGOT_IO_SHARED_DURABLE_H
#define INGOT_IO_SHARED_DURABLE_H

#include "engine/shared/status.h"
#include "engine/shared/tensor.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// The system calls used, with the system's own conventions (allocate: posix_fallocate, which returns the
// error).
typedef struct FileCalls {
  int (*open)(const char *path, int flags, mode_t mode);
  int (*allocate)(int file, off_t offset, off_t length);
  ssize_t (*write)(int file, const void *bytes, size_t count);
  int (*fsync)(int file);
  int (*close)(int file);
  int (*mkdir)(const char *path, mode_t mode);
  int (*rename)(const char *from, const char *to); // fails with EEXIST or ENOTEMPTY where `to` exists
  int (*replace)(const char *from, const char *to);
  int (*truncate)(int file, off_t length);
} FileCalls;

extern const FileCalls file_calls_system;

typedef struct FilePart {
  const void *bytes;
  size_t length;
} FilePart;

// Creates `path` (which must not exist), reserves its size, writes the parts, flushes. digest: SHA-256 of the
// bytes, or NULL. A file that failed is left for the caller to remove.
Status durable_write(uint8_t digest[DIGEST_BYTES], const FileCalls *calls, const char *path,
                     const FilePart *parts, int count, Error *error);

// Appends to an open file, in one go as far as the system allows; not flushed.
Status durable_append(const FileCalls *calls, int file, const char *path, const void *bytes, size_t length,
                      Error *error);

// Flushes a folder's entries.
Status durable_folder(const FileCalls *calls, const char *path, Error *error);

// The name under which `path` is written before it takes that name: .tmp.<name>.<pid> in the same folder;
// freed by free().
char *durable_fresh(const char *path);

// Puts new content under <folder>/<name> atomically, the old one or none before.
Status durable_replace(const FileCalls *calls, const char *folder, const char *name, const void *bytes,
                       size_t length, Error *error);

// A file that a user asked for, put there atomically. 73 where it exists, unless `force`.
Status file_write(const char *path, const void *bytes, size_t length, int force, Error *error);

// Makes a folder and its parents; those that exist are fine.
Status folder_make(const FileCalls *calls, const char *path, Error *error);

// Removes a folder with the files and folders in it; what does not exist is fine. Never follows links.
Status folder_remove(const char *path, Error *error);

// Names in a folder without "." and "..", byte order; freed by folder_names_free.
Status folder_names(char ***names, int *count, const char *path, Error *error);
void folder_names_free(char **names, int count);

// Whether two paths are one file, whatever links lead there; 0 where either does not exist.
int file_same(const char *path, const char *other);

// 73 where `output` is the file `input` (NULL: none): writing would replace what is read.
Status file_check_output(const char *output, const char *input, Error *error);

// 66 where the folder that `output` is to lie in does not exist.
Status file_check_folder(const char *output, Error *error);

// A whole plain file of at most `limit` bytes (65 beyond), with a NUL behind it; freed by free(). A link
// is 65.
Status file_read(char **bytes, size_t *length, const char *path, size_t limit, Error *error);

// SHA-256 of the first `limit` bytes of a plain file (limit < 0: all); bytes: how many it took.
Status file_sha256(uint8_t digest[DIGEST_BYTES], int64_t *bytes, const char *path, int64_t limit,
                   Error *error);

// Lower-case hex of a digest and back; sha256_parse returns 0 where the text is not 64 such digits.
int sha256_parse(uint8_t digest[DIGEST_BYTES], const char *hex);

#endif
