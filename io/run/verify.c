// Verifying a run: the listing, the manifest, the log and its chain; checkpoints are next door.
#include "io/run/verify.h"

#include "engine/shared/memory.h"
#include "engine/train/chain.h"
#include "io/run/run_policy.h"
#include "io/run/verify_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void verify_find(Verification *verification, const char *path, const char *format, ...) {
  VerifyReport *report = verification->report;
  for (int i = 0; i < report->finding_count; i++) {
    if (strcmp(report->findings[i].path, path) == 0) return;
  }
  char text[1024];
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof text, format, list);
  va_end(list);
  report->findings =
      memory_grow(report->findings, (size_t)report->finding_count + 1, sizeof *report->findings);
  report->findings[report->finding_count++] = (VerifyFinding){memory_text(path), memory_text(text)};
}

int verify_file(Verification *verification, const char *path) {
  uint8_t digest[DIGEST_BYTES];
  Error error = {0};
  const SumLine *line = sums_find(&verification->sums, path);
  char *file = memory_format("%s/%s", verification->run, path);
  Status status = file_sha256(digest, NULL, file, -1, &error);
  int same = status == STATUS_OK && line != NULL && memcmp(line->digest, digest, DIGEST_BYTES) == 0;
  free(file);
  verification->report->files++;
  if (status == STATUS_MISSING) {
    verify_find(verification, path, "is missing");
  } else if (status != STATUS_OK) {
    verify_find(verification, path, "%s", error.text);
  } else if (line == NULL && verification->sums.count > 0) {
    verify_find(verification, path, "is not listed in SHA256SUMS: it was added, or its line was removed");
  } else if (!same && verification->sums.count > 0) {
    char expected[DIGEST_HEX], found[DIGEST_HEX];
    sha256_hex(expected, line->digest);
    sha256_hex(found, digest);
    verify_find(verification, path, "was changed: its SHA-256 is %.12s..., SHA256SUMS lists %.12s...", found,
                expected);
  }
  return same;
}

static void read_sums(Verification *verification) {
  Error error = {0};
  char *path = memory_format("%s/SHA256SUMS", verification->run);
  Status status = sums_read(&verification->sums, path, &error);
  free(path);
  verification->report->files++;
  verification->sealed = sums_find(&verification->sums, "events.jsonl") != NULL;
  if (status == STATUS_MISSING) {
    verify_find(verification, "SHA256SUMS", "is missing");
  } else if (status != STATUS_OK || verification->sums.count == 0) {
    verify_find(verification, "SHA256SUMS", "%s", status == STATUS_OK ? "is empty" : error.text);
  }
}

// A listing that is ahead of manifest.json is what an end that was interrupted leaves.
static int interrupted_end(const Verification *verification, const char *path) {
  Manifest *manifest = NULL;
  Error ignored;
  int ahead =
      verification->sealed && manifest_read(&manifest, path, &ignored) == STATUS_OK && !manifest->finished;
  manifest_free(manifest);
  return ahead;
}

static void read_manifest(Verification *verification) {
  Error error = {0};
  char *path = memory_format("%s/manifest.json", verification->run);
  uint8_t digest[DIGEST_BYTES];
  int found = verification->report->finding_count;
  if (!verify_file(verification, "manifest.json")) {
    VerifyReport *report = verification->report;
    if (report->finding_count > found && interrupted_end(verification, path)) {
      free(report->findings[found].text);
      report->findings[found].text = memory_text(
          "is of an unfinished run, SHA256SUMS of a finished one: it was changed, or the run was interrupted "
          "at its very end; `ingot resume` completes that");
    }
  } else if (manifest_read(&verification->manifest, path, &error) != STATUS_OK) {
    verify_find(verification, "manifest.json", "%s", error.text);
  }
  free(path);
  Manifest *manifest = verification->manifest;
  if (manifest == NULL) return;
  verification->report->finished = manifest->finished;
  sha256(digest, manifest->bits, strlen(manifest->bits));
  if (memcmp(digest, manifest->config_digest, DIGEST_BYTES) != 0) {
    verify_find(verification, "manifest.json", "config.digest is not the SHA-256 of config.bits");
  }
  chain_start(digest, manifest->numerics, manifest->bits, manifest->data_digest, manifest->origin_parameters);
  if (memcmp(digest, manifest->origin_chain, DIGEST_BYTES) != 0) {
    verify_find(verification, "manifest.json",
                "origin.chain does not follow from numerics, config.bits, data.digest and origin.parameters");
  }
}

// Where the log ends in a finished run.
static void check_end(Verification *verification) {
  const Manifest *manifest = verification->manifest;
  const EventLog *log = &verification->log;
  if (verification->log.torn && verification->sealed) {
    verify_find(verification, "events.jsonl", "ends in a line without its newline");
  }
  if (!manifest->finished) return;
  const Event *last = log->count == 0 ? NULL : &log->events[log->count - 1];
  if (last == NULL || last->kind != EVENT_END || last->step != manifest->final.step ||
      memcmp(last->chain, manifest->final.chain, DIGEST_BYTES) != 0) {
    verify_find(verification, "events.jsonl",
                "does not end with the chain that manifest.json names for step %llu",
                (unsigned long long)manifest->final.step);
  }
}

static void check_log(Verification *verification) {
  Error error = {0};
  char *path = memory_format("%s/events.jsonl", verification->run);
  Status status = event_log_read(&verification->log, path, &error);
  free(path);
  if (!verification->sealed) verification->report->files++;
  if (status == STATUS_MISSING) {
    verify_find(verification, "events.jsonl", "is missing");
  } else if (status != STATUS_OK) {
    verify_find(verification, "events.jsonl", "%s", error.text);
  } else if (verification->manifest != NULL) {
    int64_t wrong = event_log_first_break(&verification->log, verification->manifest->origin_chain);
    verification->has_log = wrong < 0;
    if (wrong >= 0) {
      verify_find(verification, "events.jsonl",
                  "line %lld (step %llu) was changed, or one before it was removed: its link does not follow "
                  "from the chain before it",
                  (long long)wrong + 1, (unsigned long long)verification->log.events[wrong].step);
    } else {
      check_end(verification);
    }
  }
  verification->report->events = verification->log.count;
  if (verification->sealed) verify_file(verification, "events.jsonl");
}

// Chosen after the run was sealed, it has a digest of its own; a run without business has none.
static void check_policy(Verification *verification) {
  RunPolicy policy;
  Error error = {0};
  Status status = run_policy_read(&policy, verification->run, &error);
  if (status == STATUS_MISSING) return;
  verification->report->files++;
  const Manifest *manifest = verification->manifest;
  if (status != STATUS_OK) {
    verify_find(verification, "policy.json", "%s", error.text);
  } else if (manifest != NULL && manifest->finished &&
             memcmp(policy.model, manifest->selected.model_digest, DIGEST_BYTES) != 0) {
    verify_find(verification, "policy.json", "was chosen for another model than manifest.json selects");
  }
}

// Reports are written after the run was sealed, each with a listing of its own.
static void check_reports(Verification *verification) {
  static const char *const needed[] = {"report.json"};
  char **names = NULL;
  int count = 0;
  Error error = {0};
  if (folder_names(&names, &count, verification->run, &error) != STATUS_OK) return;
  for (int i = 0; i < count; i++) {
    char name[TENSOR_NAME_MAX], *folder = memory_format("%s/%s", verification->run, names[i]);
    struct stat about;
    if (strncmp(names[i], "report", strlen("report")) == 0 && stat(folder, &about) == 0 &&
        S_ISDIR(about.st_mode) && sums_check(name, folder, needed, 1, &error) != STATUS_OK) {
      char *path = memory_format("%s/%s", names[i], name);
      verify_find(verification, path, "%s", error.text);
      free(path);
    }
    free(folder);
  }
  folder_names_free(names, count);
}

static int is_run(const char *run) {
  static const char *const names[] = {"manifest.json", "SHA256SUMS"};
  int found = 0;
  for (int i = 0; i < 2; i++) {
    char *path = memory_format("%s/%s", run, names[i]);
    found |= access(path, F_OK) == 0;
    free(path);
  }
  return found;
}

static const char *covered_sentence(const Verification *verification) {
  if (verification->sealed) {
    return "covered: every byte of config.yaml, manifest.json, events.jsonl, checkpoints/ and policy.json, "
           "and "
           "what the SHA256SUMS of report/ lists; other files of the run are not covered";
  }
  return "covered: config.yaml, manifest.json, checkpoints/, and events.jsonl up to the newest checkpoint "
         "(behind it: the chain alone), and what the SHA256SUMS of report/ lists; other files of the run are "
         "not covered";
}

Status run_verify(VerifyReport *report, const char *run, Error *error) {
  *report = (VerifyReport){0};
  Verification verification = {.run = run, .report = report};
  if (!is_run(run)) {
    return error_set(error, STATUS_MISSING,
                     "'%s' is not a run's folder: it has no manifest.json; `ingot list` shows the runs", run);
  }
  read_sums(&verification);
  read_manifest(&verification);
  verify_file(&verification, "config.yaml");
  check_policy(&verification);
  check_reports(&verification);
  check_log(&verification);
  verify_checkpoints(&verification);
  report->covered = memory_text(covered_sentence(&verification));
  event_log_free(&verification.log);
  manifest_free(verification.manifest);
  sums_free(&verification.sums);
  if (report->finding_count == 0) return STATUS_OK;
  return error_set(error, STATUS_NO, "%s/%s: %s", run, report->findings[0].path, report->findings[0].text);
}

void verify_report_free(VerifyReport *report) {
  for (int i = 0; i < report->finding_count; i++) {
    free(report->findings[i].path);
    free(report->findings[i].text);
  }
  free(report->findings);
  free(report->covered);
  *report = (VerifyReport){0};
}
