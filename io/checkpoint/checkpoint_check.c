// Comparing a checkpoint's folder with its SHA256SUMS.
#include "io/checkpoint/checkpoint_check.h"

#include "engine/shared/memory.h"
#include "io/shared/sums.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const files[] = {"model.safetensors", "optimizer.safetensors", "state.json"};
enum { FILE_COUNT = sizeof files / sizeof files[0] };

typedef struct Check {
  const char *path;
  CheckpointComplaint *complain;
  void *context;
  int complaints;
} Check;

static void complain(Check *check, const char *file, const char *sentence) {
  check->complaints++;
  check->complain(check->context, file, sentence);
}

static int is_ours(const char *name) {
  for (int i = 0; i < FILE_COUNT; i++) {
    if (strcmp(name, files[i]) == 0) return 1;
  }
  return 0;
}

// The names in the folder against those it must have.
static void check_names(Check *check, char **names, int count) {
  for (int i = 0; i < count; i++) {
    if (is_ours(names[i]) || strcmp(names[i], "SHA256SUMS") == 0) continue;
    complain(check, names[i], "was added: a checkpoint has no such file");
  }
}

static void check_file(Check *check, const Sums *sums, const char *name) {
  uint8_t digest[DIGEST_BYTES];
  Error error = {0};
  char *path = memory_format("%s/%s", check->path, name);
  Status status = file_sha256(digest, NULL, path, -1, &error);
  const SumLine *line = sums_find(sums, name);
  if (status == STATUS_MISSING) {
    complain(check, name, "is missing");
  } else if (status != STATUS_OK) {
    complain(check, name, error.text);
  } else if (line == NULL) {
    complain(check, name, "is not listed in SHA256SUMS");
  } else if (memcmp(line->digest, digest, DIGEST_BYTES) != 0) {
    complain(check, name, "was changed, or its line in SHA256SUMS was: its SHA-256 is another than listed");
  }
  free(path);
}

static void check_files(Check *check) {
  Sums sums;
  Error error = {0};
  char *path = memory_format("%s/SHA256SUMS", check->path);
  Status status = sums_read(&sums, path, &error);
  if (status == STATUS_MISSING) {
    complain(check, "SHA256SUMS", "is missing");
  } else if (status != STATUS_OK) {
    complain(check, "SHA256SUMS", error.text);
  } else {
    for (int i = 0; i < FILE_COUNT; i++) check_file(check, &sums, files[i]);
    for (int i = 0; i < sums.count; i++) {
      if (!is_ours(sums.lines[i].name)) complain(check, "SHA256SUMS", "lists a file that is none of ours");
    }
  }
  sums_free(&sums);
  free(path);
}

int checkpoint_check(const char *path, CheckpointComplaint *complaint, void *context) {
  Check check = {path, complaint, context, 0};
  char **names;
  int count;
  Error error = {0};
  if (folder_names(&names, &count, path, &error) != STATUS_OK) {
    complain(&check, ".", error.text);
    return check.complaints;
  }
  check_names(&check, names, count);
  check_files(&check);
  folder_names_free(names, count);
  return check.complaints;
}

typedef struct First {
  char *text;
} First;

static void keep_first(void *context, const char *file, const char *sentence) {
  First *first = context;
  if (first->text == NULL) first->text = memory_format("%s %s", file, sentence);
}

Status checkpoint_check_first(const char *path, Error *error) {
  First first = {0};
  if (checkpoint_check(path, keep_first, &first) == 0) return STATUS_OK;
  error_set(error, STATUS_DATA, "the checkpoint '%s' is damaged: %s", path, first.text);
  free(first.text);
  return STATUS_DATA;
}
