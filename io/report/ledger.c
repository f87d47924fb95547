// Reads and appends the test-set ledger.
#include "io/report/ledger.h"

#include "engine/shared/memory.h"
#include "io/shared/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { LEDGER_BYTES_MAX = 1 << 26 };
static const double six_over_pi_squared = 0.60792710185402662866;

double ledger_total_alpha(double confidence) {
  const double decimals = 1e15; // a whole number: the division below rounds as reading "0.05" does
  return (double)(int64_t)((1 - confidence) * decimals + 0.5) / decimals;
}

double ledger_alpha(double alpha, int64_t decisions_before) {
  double t = (double)(decisions_before + 1);
  return alpha * six_over_pi_squared / (t * t);
}

// One line: 1 a decision on these rows, 2 this very decision, 0 one on other rows; -1 no line of a ledger.
static int kind_of(const char *line, size_t length, const char *evaluation, const char *decision) {
  json_t *json = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
  const char *rows = json_string_value(json_object_get(json, "evaluation")),
             *decided = json_string_value(json_object_get(json, "decision"));
  int kind = rows == NULL || decided == NULL  ? -1
             : strcmp(rows, evaluation) != 0  ? 0
             : strcmp(decided, decision) == 0 ? 2
                                              : 1;
  json_decref(json);
  return kind;
}

Status ledger_find(LedgerEntry *entry, const char *path, const uint8_t evaluation[DIGEST_BYTES],
                   const uint8_t decision[DIGEST_BYTES], Error *error) {
  char rows[DIGEST_HEX], decided[DIGEST_HEX], *bytes = NULL;
  size_t length = 0, at = 0;
  *entry = (LedgerEntry){0};
  sha256_hex(rows, evaluation);
  sha256_hex(decided, decision);
  if (access(path, F_OK) == 0) PASS(file_read(&bytes, &length, path, LEDGER_BYTES_MAX, error));
  Status status = STATUS_OK;
  for (int64_t number = 1; at < length && !entry->repeated; number++) {
    const char *end = memchr(bytes + at, '\n', length - at);
    size_t line = end == NULL ? length - at : (size_t)(end - bytes) - at;
    int kind = end == NULL ? -1 : kind_of(bytes + at, line, rows, decided);
    if (kind < 0) {
      TRY(error_set(error, STATUS_DATA, "%s:%lld: no line of a ledger: restore the file, it is append-only",
                    path, (long long)number));
    }
    entry->repeated = kind == 2;
    entry->decisions_before += kind == 1;
    if (!entry->repeated) at += line + 1;
  }
  sha256(entry->digest, bytes == NULL ? "" : bytes, at);
done:
  free(bytes);
  return status;
}

static Status append_line(int file, const char *path, const char *line, Error *error) {
  PASS(durable_append(&file_calls_system, file, path, line, strlen(line), error));
  if (fsync(file) == 0) return STATUS_OK;
  return error_set(error, STATUS_IO, "%s: the ledger cannot be flushed", path);
}

Status ledger_append(const char *path, const uint8_t evaluation[DIGEST_BYTES],
                     const uint8_t decision[DIGEST_BYTES], const char *state, const char *models,
                     Error *error) {
  char rows[DIGEST_HEX], decided[DIGEST_HEX];
  LedgerEntry entry;
  Status status;
  sha256_hex(rows, evaluation);
  sha256_hex(decided, decision);
  int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  json_t *json = json_pack("{s:s,s:s,s:s,s:s}", "evaluation", rows, "decision", decided, "state", state,
                           "models", models);
  char *text = json_dumps(json, JSON_COMPACT), *line = memory_format("%s\n", text == NULL ? "{}" : text);
  if (file < 0 || flock(file, LOCK_EX) != 0)
    TRY(error_set(error, STATUS_IO, "%s: the ledger cannot be written: %s", path, strerror(errno)));
  // Under the lock: another process may have written the same decision meanwhile.
  TRY(ledger_find(&entry, path, evaluation, decision, error));
  if (!entry.repeated) TRY(append_line(file, path, line, error));
done:
  if (file >= 0) close(file);
  free(line);
  free(text);
  json_decref(json);
  return status;
}
