// Durable writing, reading and hashing of files.
#include "io/shared/durable.h"

#include "engine/shared/memory.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int system_open(const char *path, int flags, mode_t mode) {
  return open(path, flags, mode);
}

// Where the file system knows no flags (EINVAL), rename alone is as safe: our `to` is a folder with files in
// it, over which rename fails.
static int system_rename(const char *from, const char *to) {
  int result = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
  return result != 0 && (errno == EINVAL || errno == ENOSYS) ? rename(from, to) : result;
}

const FileCalls file_calls_system = {.open = system_open,
                                     .allocate = posix_fallocate,
                                     .write = write,
                                     .fsync = fsync,
                                     .close = close,
                                     .mkdir = mkdir,
                                     .rename = system_rename,
                                     .replace = rename,
                                     .truncate = ftruncate};

static Status io_error(Error *error, const char *what, const char *path, int number) {
  return error_set(error, STATUS_IO, "cannot %s '%s': %s", what, path, strerror(number));
}

static EVP_MD_CTX *digest_start(void) {
  EVP_MD_CTX *digest = EVP_MD_CTX_new();
  int done = digest != NULL && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1;
  assert(done);
  (void)done;
  return digest;
}

static void digest_end(uint8_t out[DIGEST_BYTES], EVP_MD_CTX *digest) {
  unsigned size = DIGEST_BYTES;
  EVP_DigestFinal_ex(digest, out, &size);
  EVP_MD_CTX_free(digest);
}

Status durable_append(const FileCalls *calls, int file, const char *path, const void *bytes, size_t length,
                      Error *error) {
  const char *at = bytes;
  while (length > 0) {
    ssize_t written = calls->write(file, at, length < (1u << 30) ? length : 1u << 30);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return io_error(error, "write", path, errno);
    if (written == 0) return io_error(error, "write", path, ENOSPC);
    at += written;
    length -= (size_t)written;
  }
  return STATUS_OK;
}

static Status write_parts(const FileCalls *calls, int file, const char *path, const FilePart *parts,
                          int count, Error *error) {
  off_t total = 0;
  for (int i = 0; i < count; i++) total += (off_t)parts[i].length;
  int refused = total > 0 ? calls->allocate(file, 0, total) : 0;
  if (refused != 0 && refused != EOPNOTSUPP && refused != EINVAL) {
    return io_error(error, "reserve space for", path, refused);
  }
  for (int i = 0; i < count; i++)
    PASS(durable_append(calls, file, path, parts[i].bytes, parts[i].length, error));
  return calls->fsync(file) == 0 ? STATUS_OK : io_error(error, "flush", path, errno);
}

Status durable_write(uint8_t digest[DIGEST_BYTES], const FileCalls *calls, const char *path,
                     const FilePart *parts, int count, Error *error) {
  int file = calls->open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (file < 0) return io_error(error, "create", path, errno);
  Status status = write_parts(calls, file, path, parts, count, error);
  if (calls->close(file) != 0 && status == STATUS_OK) status = io_error(error, "close", path, errno);
  if (digest == NULL || status != STATUS_OK) return status;
  EVP_MD_CTX *context = digest_start();
  for (int i = 0; i < count; i++) EVP_DigestUpdate(context, parts[i].bytes, parts[i].length);
  digest_end(digest, context);
  return STATUS_OK;
}

Status durable_folder(const FileCalls *calls, const char *path, Error *error) {
  int folder = calls->open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (folder < 0) return io_error(error, "open the folder", path, errno);
  Status status = calls->fsync(folder) == 0 ? STATUS_OK : io_error(error, "flush the folder", path, errno);
  if (calls->close(folder) != 0 && status == STATUS_OK) {
    status = io_error(error, "close the folder", path, errno);
  }
  return status;
}

char *durable_fresh(const char *path) {
  const char *slash = strrchr(path, '/');
  int folder = slash == NULL ? 0 : (int)(slash + 1 - path);
  return memory_format("%.*s.tmp.%s.%ld", folder, path, path + folder, (long)getpid());
}

Status durable_replace(const FileCalls *calls, const char *folder, const char *name, const void *bytes,
                       size_t length, Error *error) {
  char *path = memory_format("%s/%s", folder, name);
  char *fresh = durable_fresh(path);
  Status status;
  unlink(fresh); // of an earlier process with our number: whoever writes here holds the lock
  TRY(durable_write(NULL, calls, fresh, &(FilePart){bytes, length}, 1, error));
  if (calls->replace(fresh, path) != 0) {
    status = io_error(error, "replace", path, errno);
    goto done;
  }
  TRY(durable_folder(calls, folder, error));
done:
  if (status != STATUS_OK) unlink(fresh);
  free(fresh);
  free(path);
  return status;
}

Status file_write(const char *path, const void *bytes, size_t length, int force, Error *error) {
  const char *slash = strrchr(path, '/');
  if (!force && access(path, F_OK) == 0)
    return error_set(error, STATUS_EXISTS, "%s exists; give another name, or --force to replace it", path);
  char *folder = slash == NULL ? memory_text(".") : memory_text_n(path, (size_t)(slash - path));
  Status status = durable_replace(&file_calls_system, folder[0] == '\0' ? "/" : folder,
                                  slash == NULL ? path : slash + 1, bytes, length, error);
  free(folder);
  return status;
}

static int remove_entry(const char *path, const struct stat *about, int type, struct FTW *walk) {
  (void)about, (void)type, (void)walk;
  return remove(path);
}

Status folder_remove(const char *path, Error *error) {
  if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT) return STATUS_OK;
  return io_error(error, "remove", path, errno);
}

static int compare_names(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

Status folder_names(char ***names, int *count, const char *path, Error *error) {
  *names = NULL;
  *count = 0;
  DIR *folder = opendir(path);
  if (folder == NULL) {
    if (errno != ENOENT && errno != ENOTDIR) return io_error(error, "open the folder", path, errno);
    return error_set(error, STATUS_MISSING, "there is no folder '%s'", path);
  }
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    *names = memory_grow(*names, (size_t)*count + 1, sizeof **names);
    (*names)[(*count)++] = memory_text(entry->d_name);
  }
  closedir(folder);
  if (*count > 1) qsort(*names, (size_t)*count, sizeof **names, compare_names);
  return STATUS_OK;
}

void folder_names_free(char **names, int count) {
  for (int i = 0; i < count; i++) free(names[i]);
  free(names);
}

int file_same(const char *path, const char *other) {
  struct stat one, two;
  return stat(path, &one) == 0 && stat(other, &two) == 0 && one.st_dev == two.st_dev &&
         one.st_ino == two.st_ino;
}

Status file_check_output(const char *output, const char *input, Error *error) {
  if (input == NULL || !file_same(output, input)) return STATUS_OK;
  return error_set(error, STATUS_EXISTS, "'%s' is read by this command ('%s'): give another name with -o",
                   output, input);
}

Status file_check_folder(const char *output, Error *error) {
  struct stat about;
  const char *slash = strrchr(output, '/');
  if (slash == NULL || slash == output) return STATUS_OK;
  char *folder = memory_text_n(output, (size_t)(slash - output));
  Status status = stat(folder, &about) == 0 && S_ISDIR(about.st_mode)
                      ? STATUS_OK
                      : error_set(error, STATUS_MISSING,
                                  "'%s': there is no folder '%s': make it first, or "
                                  "give another name with -o",
                                  output, folder);
  free(folder);
  return status;
}

// Opens a plain file; O_NONBLOCK so that a pipe in its place cannot hang us. flags: O_NOFOLLOW or 0.
static Status open_plain(int *file, int64_t *size, const char *path, int flags, Error *error) {
  *file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags);
  if (*file < 0) {
    if (errno == ELOOP) {
      return error_set(error, STATUS_DATA, "'%s' is a link: put the file itself in its place", path);
    }
    if (errno == ENOENT || errno == ENOTDIR) {
      return error_set(error, STATUS_MISSING, "there is no file '%s'", path);
    }
    return io_error(error, "open", path, errno);
  }
  struct stat about;
  if (fstat(*file, &about) == 0 && S_ISREG(about.st_mode)) {
    *size = about.st_size;
    return STATUS_OK;
  }
  close(*file);
  return error_set(error, STATUS_DATA, "'%s' is not a plain file", path);
}

// read() until `length` bytes or the end of the file came; -1 where it failed.
static ssize_t read_full(int file, char *bytes, size_t length) {
  size_t have = 0;
  while (have < length) {
    ssize_t got = read(file, bytes + have, length - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    have += (size_t)got;
  }
  return (ssize_t)have;
}

Status file_read(char **bytes, size_t *length, const char *path, size_t limit, Error *error) {
  int file;
  int64_t size;
  *bytes = NULL;
  PASS(open_plain(&file, &size, path, O_NOFOLLOW, error));
  Status status = STATUS_OK;
  if ((uint64_t)size > limit) {
    status = error_set(error, STATUS_DATA, "'%s' has %lld bytes, more than the %zu that such a file may have",
                       path, (long long)size, limit);
    goto done;
  }
  *bytes = memory_get((size_t)size + 1, 1);
  ssize_t got = read_full(file, *bytes, (size_t)size);
  if (got < 0) status = io_error(error, "read", path, errno);
  *length = got < 0 ? 0 : (size_t)got;
done:
  close(file);
  if (status != STATUS_OK) {
    free(*bytes);
    *bytes = NULL;
  }
  return status;
}

Status file_sha256(uint8_t digest[DIGEST_BYTES], int64_t *bytes, const char *path, int64_t limit,
                   Error *error) {
  enum { CHUNK = 1 << 16 }; // on the stack: what is freed between others stays the process's
  int file;
  int64_t size, taken = 0;
  PASS(open_plain(&file, &size, path, 0, error));
  Status status = STATUS_OK;
  char chunk[CHUNK];
  EVP_MD_CTX *context = digest_start();
  for (;;) {
    size_t want = limit >= 0 && limit - taken < CHUNK ? (size_t)(limit - taken) : CHUNK;
    ssize_t got = read_full(file, chunk, want);
    if (got < 0) {
      status = io_error(error, "read", path, errno);
      break;
    }
    if (got == 0) break;
    EVP_DigestUpdate(context, chunk, (size_t)got);
    taken += got;
  }
  digest_end(digest, context);
  close(file);
  if (bytes != NULL) *bytes = taken;
  return status;
}

static int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int sha256_parse(uint8_t digest[DIGEST_BYTES], const char *hex) {
  if (strlen(hex) != DIGEST_HEX - 1) return 0;
  for (int i = 0; i < DIGEST_BYTES; i++) {
    int high = hex_value(hex[2 * i]), low = hex_value(hex[2 * i + 1]);
    if (high < 0 || low < 0) return 0;
    digest[i] = (uint8_t)(high << 4 | low);
  }
  return 1;
}

static Status make_folder(const FileCalls *calls, const char *path, Error *error) {
  struct stat about;
  if (stat(path, &about) == 0 && S_ISDIR(about.st_mode)) return STATUS_OK;
  if (calls->mkdir(path, 0777) == 0 || errno == EEXIST) return STATUS_OK;
  return error_set(error, STATUS_IO, "cannot make the folder '%s': %s", path, strerror(errno));
}

Status folder_make(const FileCalls *calls, const char *path, Error *error) {
  char *part = memory_text(path);
  Status status = STATUS_OK;
  for (char *slash = part; status == STATUS_OK && (slash = strchr(slash + 1, '/')) != NULL;) {
    *slash = '\0';
    status = make_folder(calls, part, error);
    *slash = '/';
  }
  if (status == STATUS_OK) status = make_folder(calls, part, error);
  free(part);
  return status;
}
