// Verifying checkpoints: their files, their tensors, and how they agree with the manifest and the log.
#include "engine/shared/memory.h"
#include "io/checkpoint/checkpoint.h"
#include "io/checkpoint/checkpoint_check.h"
#include "io/run/verify_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// One checkpoint: its path as findings name it, and as it is opened.
typedef struct Subject {
  Verification *verification;
  char *name, *path;
} Subject;

static void find(const Subject *subject, const char *file, const char *sentence) {
  char *path = memory_format("%s/%s", subject->name, file);
  verify_find(subject->verification, path, "%s", sentence);
  free(path);
}

static void complain(void *context, const char *file, const char *sentence) {
  find(context, file, sentence);
}

// The log's bytes up to a checkpoint, which state.json holds the digest of.
static void check_log_part(const Subject *subject, const CheckpointState *state) {
  Verification *verification = subject->verification;
  uint8_t digest[DIGEST_BYTES];
  int64_t bytes;
  Error ignored;
  char *path = memory_format("%s/events.jsonl", verification->run);
  Status status = file_sha256(digest, &bytes, path, state->events_bytes, &ignored);
  free(path);
  if (status != STATUS_OK) return; // named already
  if (bytes < state->events_bytes || memcmp(digest, state->events_digest, DIGEST_BYTES) != 0) {
    verify_find(verification, "events.jsonl",
                "its first %lld bytes were changed: their SHA-256 is not the one in %s/state.json",
                (long long)state->events_bytes, subject->name);
  }
}

static int tensor_holds(const TensorSet *tensors, const char *name, const void *bytes, size_t length) {
  const TensorView *tensor = tensor_set_find(tensors, name);
  return tensor != NULL && tensor_bytes(tensor) == length && memcmp(tensor->data, bytes, length) == 0;
}

// Whether the chain was at some event of this step what the checkpoint has.
static int log_has(const EventLog *log, uint64_t step, const TensorSet *tensors) {
  for (int64_t i = 0; i < log->count; i++) {
    if (log->events[i].step == step &&
        tensor_holds(tensors, "state.chain", log->events[i].chain, DIGEST_BYTES))
      return 1;
  }
  return 0;
}

// That the state belongs to this run; only then its log is this run's.
static int check_origin(const Subject *subject, const Checkpoint *checkpoint) {
  const Verification *verification = subject->verification;
  const Manifest *manifest = verification->manifest;
  const TensorSet *tensors = &checkpoint->tensors;
  const char *sentence = NULL;
  if (manifest == NULL) return 1;
  if (!tensor_holds(tensors, "state.config", manifest->bits, strlen(manifest->bits))) {
    sentence = "state.config is not the configuration in manifest.json";
  } else if (!tensor_holds(tensors, "state.data", manifest->data_digest, DIGEST_BYTES)) {
    sentence = "state.data is not the data digest in manifest.json";
  } else if (verification->has_log && checkpoint->state.step > 0 &&
             !log_has(&verification->log, checkpoint->state.step, tensors)) {
    sentence = "state.chain is not the chain that events.jsonl has at its step";
  }
  if (sentence != NULL) find(subject, "optimizer.safetensors", sentence);
  return sentence == NULL;
}

static void check_manifest_state(const Subject *subject, const Checkpoint *checkpoint,
                                 const ManifestState *expected, const char *key) {
  const CheckpointState *state = &checkpoint->state;
  if (expected->step != state->step) return;
  if (memcmp(expected->model_digest, state->model_digest, DIGEST_BYTES) == 0 &&
      memcmp(expected->state_digest, state->state_digest, DIGEST_BYTES) == 0 &&
      tensor_holds(&checkpoint->tensors, "state.chain", expected->chain, DIGEST_BYTES)) {
    return;
  }
  char sentence[128];
  snprintf(sentence, sizeof sentence, "holds another state than manifest.json names as %s", key);
  find(subject, "state.json", sentence);
}

// Called in the order of steps, so that what stays is the last.
static void take_digests(Verification *verification, const Checkpoint *checkpoint) {
  const Manifest *manifest = verification->manifest;
  VerifyReport *report = verification->report;
  report->has_digests = 1;
  snprintf(report->numerics, sizeof report->numerics, "%s", checkpoint->state.numerics);
  report->step = checkpoint->state.step;
  memcpy(report->state_digest, checkpoint->state.state_digest, DIGEST_BYTES);
  // Without its manifest nobody knows which checkpoint a run selected.
  if (manifest == NULL || (manifest->finished && manifest->selected.step != checkpoint->state.step)) return;
  report->has_model = 1;
  report->model_step = checkpoint->state.step;
  memcpy(report->model_digest, checkpoint->state.model_digest, DIGEST_BYTES);
}

// Loading recomputes both digests from the tensors.
static void check_state(const Subject *subject) {
  Verification *verification = subject->verification;
  const Manifest *manifest = verification->manifest;
  Checkpoint *checkpoint = NULL;
  Error error = {0};
  if (checkpoint_load(&checkpoint, subject->path, CHECKPOINT_ALL, &error) != STATUS_OK) {
    find(subject, "state.json", error.text);
    return;
  }
  if (check_origin(subject, checkpoint)) check_log_part(subject, &checkpoint->state);
  if (manifest != NULL && manifest->finished) {
    check_manifest_state(subject, checkpoint, &manifest->final, "final");
    check_manifest_state(subject, checkpoint, &manifest->selected, "selected");
  }
  verification->report->tensors += checkpoint->tensors.count;
  take_digests(verification, checkpoint);
  checkpoint_free(checkpoint);
}

// A run in progress may have removed it since the folder was listed.
static int is_gone(const Subject *subject) {
  return !subject->verification->sealed && access(subject->path, F_OK) != 0;
}

static void check_checkpoint(Verification *verification, uint64_t step) {
  char name[CHECKPOINT_NAME_MAX];
  checkpoint_name(name, step);
  Subject subject = {verification, memory_format("checkpoints/%s", name),
                     memory_format("%s/checkpoints/%s", verification->run, name)};
  char *listing = memory_format("%s/SHA256SUMS", subject.name);
  // A listing that was changed says nothing about the files it lists: it is the finding.
  int trusted = !verification->sealed || verify_file(verification, listing);
  int before = verification->report->finding_count;
  if (trusted) {
    verification->report->files += verification->sealed ? 3 : 4;
    if (checkpoint_check(subject.path, complain, &subject) == 0) check_state(&subject);
  }
  if (is_gone(&subject)) {
    while (verification->report->finding_count > before) {
      VerifyFinding *last = &verification->report->findings[--verification->report->finding_count];
      free(last->path);
      free(last->text);
    }
  }
  verification->report->checkpoints++;
  free(listing);
  free(subject.path);
  free(subject.name);
}

// Names in checkpoints/ that are not a checkpoint's.
static void check_names(Verification *verification, char **names, int count, const uint64_t *steps,
                        int step_count) {
  for (int i = 0; i < count; i++) {
    int ours = !verification->sealed && strncmp(names[i], ".tmp.", 5) == 0;
    for (int j = 0; j < step_count && !ours; j++) {
      char name[CHECKPOINT_NAME_MAX];
      checkpoint_name(name, steps[j]);
      ours = strcmp(name, names[i]) == 0;
    }
    if (ours) continue;
    char *path = memory_format("checkpoints/%s", names[i]);
    verify_find(verification, path, "was added: it is not a checkpoint");
    free(path);
  }
}

// What the root's listing names and is not there; what is neither listed nor ours is named as well.
static void check_listed(Verification *verification) {
  static const char *const root[] = {"config.yaml", "events.jsonl", "manifest.json"};
  for (int i = 0; i < verification->sums.count; i++) {
    const char *name = verification->sums.lines[i].name;
    int known = strncmp(name, "checkpoints/", strlen("checkpoints/")) == 0;
    for (int j = 0; j < 3; j++) known |= strcmp(name, root[j]) == 0;
    char *path = memory_format("%s/%s", verification->run, name);
    if (access(path, F_OK) != 0) verify_find(verification, name, "is missing");
    free(path);
    if (!known) verify_find(verification, "SHA256SUMS", "lists '%s', which no run has", name);
  }
}

// What manifest.json of a finished run says there is.
static void check_kept(Verification *verification, const uint64_t *steps, int step_count) {
  const Manifest *manifest = verification->manifest;
  if (manifest == NULL || !manifest->finished) return;
  if (!verification->sealed) {
    verify_find(verification, "SHA256SUMS", "lacks the lines that a finished run has: they were removed");
  }
  for (int i = 0; i < manifest->step_count; i++) {
    int there = 0;
    for (int j = 0; j < step_count; j++) there |= steps[j] == manifest->steps[i];
    if (there) continue;
    char name[CHECKPOINT_NAME_MAX];
    checkpoint_name(name, manifest->steps[i]);
    char *path = memory_format("checkpoints/%s", name);
    verify_find(verification, path, "is missing: manifest.json names it");
    free(path);
  }
}

void verify_checkpoints(Verification *verification) {
  char *folder = memory_format("%s/checkpoints", verification->run), **names = NULL;
  uint64_t *steps = NULL;
  int name_count = 0, step_count = 0;
  Error error = {0};
  Status status;
  TRY(folder_names(&names, &name_count, folder, &error));
  TRY(checkpoint_steps(&steps, &step_count, folder, &error));
  check_names(verification, names, name_count, steps, step_count);
  for (int i = 0; i < step_count; i++) check_checkpoint(verification, steps[i]);
  check_kept(verification, steps, step_count);
done:
  if (status != STATUS_OK) verify_find(verification, "checkpoints", "%s", error.text);
  check_listed(verification);
  folder_names_free(names, name_count);
  free(steps);
  free(folder);
}
