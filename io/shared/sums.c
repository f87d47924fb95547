// SHA256SUMS, written and read strictly.
#include "io/shared/sums.h"

#include "engine/shared/memory.h"
#include "io/shared/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sums_add(Sums *sums, const char *name, const uint8_t digest[DIGEST_BYTES]) {
  sums->lines = memory_grow(sums->lines, (size_t)sums->count + 1, sizeof *sums->lines);
  SumLine *line = &sums->lines[sums->count++];
  snprintf(line->name, sizeof line->name, "%s", name);
  memcpy(line->digest, digest, DIGEST_BYTES);
}

static int compare_lines(const void *a, const void *b) {
  return strcmp(((const SumLine *)a)->name, ((const SumLine *)b)->name);
}

char *sums_text(Sums *sums) {
  Text text = {0};
  if (sums->count > 1) qsort(sums->lines, (size_t)sums->count, sizeof *sums->lines, compare_lines);
  for (int i = 0; i < sums->count; i++) {
    char hex[DIGEST_HEX];
    sha256_hex(hex, sums->lines[i].digest);
    text_add(&text, "%s  %s\n", hex, sums->lines[i].name);
  }
  return text_take(&text);
}

const SumLine *sums_find(const Sums *sums, const char *name) {
  for (int i = 0; i < sums->count; i++) {
    if (strcmp(sums->lines[i].name, name) == 0) return &sums->lines[i];
  }
  return NULL;
}

// A relative path that stays below the folder.
static int safe_name(const char *name) {
  if (*name == '\0' || *name == '/' || strlen(name) >= TENSOR_NAME_MAX) return 0;
  for (const char *p = name; *p; p++) {
    if (*p <= ' ' || *p > '~' || *p == '\\') return 0;
  }
  return strstr(name, "..") == NULL;
}

// One line of the text, cut at its newline; 0 where it is not one of ours or not behind the line before.
static int read_line(Sums *sums, char *line) {
  uint8_t digest[DIGEST_BYTES];
  if (strlen(line) < DIGEST_HEX + 2 || line[DIGEST_HEX - 1] != ' ' || line[DIGEST_HEX] != ' ') return 0;
  line[DIGEST_HEX - 1] = '\0';
  const char *name = line + DIGEST_HEX + 1;
  if (!sha256_parse(digest, line) || !safe_name(name)) return 0;
  if (sums->count > 0 && strcmp(sums->lines[sums->count - 1].name, name) >= 0) return 0;
  sums_add(sums, name, digest);
  return 1;
}

Status sums_read(Sums *sums, const char *path, Error *error) {
  char *text;
  size_t length;
  *sums = (Sums){0};
  PASS(file_read(&text, &length, path, 64 << 20, error));
  Status status = STATUS_OK;
  char *line = text;
  for (int number = 1; line < text + length; number++) {
    char *end = memchr(line, '\n', (size_t)(text + length - line));
    if (end != NULL) *end = '\0';
    if (end == NULL || strlen(line) != (size_t)(end - line) || !read_line(sums, line)) {
      status = error_set(error, STATUS_DATA, "'%s' line %d is not a line of sha256sum in order of names",
                         path, number);
      break;
    }
    line = end + 1;
  }
  free(text);
  if (status != STATUS_OK) sums_free(sums);
  return status;
}

static Status check_line(const char *folder, const SumLine *line, Error *error) {
  uint8_t digest[DIGEST_BYTES];
  char *path = memory_format("%s/%s", folder, line->name);
  Status status = file_sha256(digest, NULL, path, -1, error);
  free(path);
  if (status == STATUS_MISSING) return error_set(error, STATUS_MISSING, "is missing: SHA256SUMS lists it");
  PASS(status);
  if (memcmp(line->digest, digest, DIGEST_BYTES) == 0) return STATUS_OK;
  char expected[DIGEST_HEX], found[DIGEST_HEX];
  sha256_hex(expected, line->digest);
  sha256_hex(found, digest);
  return error_set(error, STATUS_DATA, "was changed: its SHA-256 is %.12s..., SHA256SUMS lists %.12s...",
                   found, expected);
}

Status sums_check(char name[TENSOR_NAME_MAX], const char *folder, const char *const *needed, int count,
                  Error *error) {
  char *path = memory_format("%s/SHA256SUMS", folder);
  Sums sums = {0};
  Status status;
  snprintf(name, TENSOR_NAME_MAX, "SHA256SUMS");
  TRY(sums_read(&sums, path, error));
  for (int i = 0; i < count; i++) {
    if (sums_find(&sums, needed[i]) != NULL) continue;
    snprintf(name, TENSOR_NAME_MAX, "%s", needed[i]);
    TRY(error_set(error, STATUS_DATA, "is not listed in SHA256SUMS: it was added, or its line was removed"));
  }
  for (int i = 0; i < sums.count; i++) {
    snprintf(name, TENSOR_NAME_MAX, "%s", sums.lines[i].name);
    TRY(check_line(folder, &sums.lines[i], error));
  }
done:
  sums_free(&sums);
  free(path);
  return status;
}

void sums_free(Sums *sums) {
  free(sums->lines);
  *sums = (Sums){0};
}
