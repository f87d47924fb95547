// Loading: by folder, the newest that verifies, or by name.
#include "io/checkpoint/checkpoint.h"

#include "engine/shared/memory.h"
#include "io/checkpoint/checkpoint_check.h"
#include "io/shared/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void checkpoint_name(char name[CHECKPOINT_NAME_MAX], uint64_t step) {
  snprintf(name, CHECKPOINT_NAME_MAX, "step-%08" PRIu64, step);
}

// The step of a folder's name, where it is exactly the name that step has.
static int step_of_name(uint64_t *step, const char *name) {
  char again[CHECKPOINT_NAME_MAX];
  if (strncmp(name, "step-", 5) != 0 || name[5] < '0' || name[5] > '9') return 0;
  *step = strtoull(name + 5, NULL, 10);
  checkpoint_name(again, *step);
  return strcmp(again, name) == 0;
}

static int compare_steps(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

Status checkpoint_steps(uint64_t **steps, int *count, const char *folder, Error *error) {
  char **names;
  int name_count;
  *steps = NULL;
  *count = 0;
  PASS(folder_names(&names, &name_count, folder, error));
  *steps = memory_get((size_t)name_count, sizeof **steps);
  for (int i = 0; i < name_count; i++) {
    if (step_of_name(&(*steps)[*count], names[i])) ++*count;
  }
  folder_names_free(names, name_count);
  if (*count > 1) qsort(*steps, (size_t)*count, sizeof **steps, compare_steps);
  return STATUS_OK;
}

void checkpoint_free(Checkpoint *checkpoint) {
  if (checkpoint == NULL) return;
  tensor_set_free(&checkpoint->tensors);
  safetensors_free(&checkpoint->model);
  safetensors_free(&checkpoint->optimizer);
  free(checkpoint->path);
  free(checkpoint->config_path);
  free(checkpoint);
}

static Status load_tensors(SafeTensors *tensors, const char *folder, const char *name,
                           const TensorSet *places, Error *error) {
  char *path = memory_format("%s/%s", folder, name);
  Status status = safetensors_read_into(tensors, path, places, error);
  free(path);
  return status;
}

// The tensors against state.json: what sums over files cannot see is a pair that belongs to two states.
static Status check_digests(const Checkpoint *checkpoint, CheckpointParts parts, Error *error) {
  uint8_t digest[DIGEST_BYTES];
  const CheckpointState *state = &checkpoint->state;
  tensor_set_digest(digest, &checkpoint->model.set);
  if (memcmp(digest, state->model_digest, DIGEST_BYTES) != 0) {
    return error_set(error, STATUS_DATA,
                     "the checkpoint '%s' is damaged: model.safetensors has another digest than state.json "
                     "says",
                     checkpoint->path);
  }
  if (parts == CHECKPOINT_MODEL) return STATUS_OK;
  tensor_set_digest(digest, &checkpoint->tensors);
  const TensorView *step = tensor_set_find(&checkpoint->tensors, "state.step");
  if (memcmp(digest, state->state_digest, DIGEST_BYTES) != 0 || step == NULL || tensor_bytes(step) != 8 ||
      memcmp(step->data, &state->step, 8) != 0) {
    return error_set(error, STATUS_DATA,
                     "the checkpoint '%s' is damaged: its tensors have another state digest or step than "
                     "state.json says",
                     checkpoint->path);
  }
  return STATUS_OK;
}

static Status load_into(Checkpoint **checkpoint, const char *path, CheckpointParts parts,
                        const TensorSet *places, Error *error) {
  Checkpoint *made = memory_get(1, sizeof *made);
  Status status;
  made->path = memory_text(path);
  made->config_path = memory_format("%s/../../config.yaml", path);
  TRY(checkpoint_check_first(path, error));
  TRY(checkpoint_state_read(&made->state, path, error));
  TRY(load_tensors(&made->model, path, "model.safetensors", places, error));
  if (parts == CHECKPOINT_ALL)
    TRY(load_tensors(&made->optimizer, path, "optimizer.safetensors", places, error));
  tensor_set_add_all(&made->tensors, &made->model.set);
  tensor_set_add_all(&made->tensors, &made->optimizer.set);
  tensor_set_sort(&made->tensors);
  TRY(check_digests(made, parts, error));
  *checkpoint = made;
  return STATUS_OK;
done:
  checkpoint_free(made);
  *checkpoint = NULL;
  return status;
}

Status checkpoint_load(Checkpoint **checkpoint, const char *path, CheckpointParts parts, Error *error) {
  return load_into(checkpoint, path, parts, NULL, error);
}

Status checkpoint_load_newest(Checkpoint **checkpoint, char **note, const char *folder,
                              const TensorSet *places, Error *error) {
  uint64_t *steps;
  int count;
  Text skipped = {0};
  *checkpoint = NULL;
  *note = NULL;
  PASS(checkpoint_steps(&steps, &count, folder, error));
  Status status = STATUS_OK;
  for (int i = count - 1; i >= 0; i--) {
    char name[CHECKPOINT_NAME_MAX];
    checkpoint_name(name, steps[i]);
    char *path = memory_format("%s/%s", folder, name);
    status = load_into(checkpoint, path, CHECKPOINT_ALL, places, error);
    free(path);
    if (status == STATUS_OK || status == STATUS_UNAVAILABLE) break;
    text_add(&skipped, "%spassed over %s: %s", skipped.length ? "\n" : "", name, error->text);
  }
  free(steps);
  if (skipped.length > 0) *note = text_take(&skipped);
  if (status == STATUS_OK || status == STATUS_UNAVAILABLE) return status;
  return error_set(error, STATUS_DATA, "no checkpoint in '%s' can be loaded; the newest that failed: %.900s",
                   folder, *note);
}

static int exists(const char *folder, const char *name) {
  char *path = memory_format("%s/%s", folder, name);
  int there = access(path, F_OK) == 0;
  free(path);
  return there;
}

// The step of a run's checkpoints that `which` names; 0 where none does.
static int choose_step(uint64_t *step, const char *folder, const uint64_t *steps, int count,
                       const char *which) {
  Error ignored;
  if (which[0] >= '0' && which[0] <= '9') {
    char *end;
    *step = strtoull(which, &end, 10);
    for (int i = 0; i < count; i++) {
      if (steps[i] == *step && *end == '\0') return 1;
    }
    return 0;
  }
  if (count == 0) return 0;
  *step = steps[count - 1];
  if (strcmp(which, "last") == 0) return 1;
  for (int i = count - 1; i >= 0; i--) {
    CheckpointState state;
    char name[CHECKPOINT_NAME_MAX];
    checkpoint_name(name, steps[i]);
    char *path = memory_format("%s/%s", folder, name);
    int best = checkpoint_state_read(&state, path, &ignored) == STATUS_OK && state.is_best;
    free(path);
    if (!best) continue;
    *step = steps[i];
    break;
  }
  return which[0] == '\0' || strcmp(which, "best") == 0;
}

static Status find_in_run(char **path, const char *run, const char *which, Error *error) {
  uint64_t *steps = NULL, step;
  int count;
  char name[CHECKPOINT_NAME_MAX], *folder = memory_format("%s/checkpoints", run);
  Status status;
  TRY(checkpoint_steps(&steps, &count, folder, error));
  if (choose_step(&step, folder, steps, count, which)) {
    checkpoint_name(name, step);
    *path = memory_format("%s/%s", folder, name);
  } else if (count == 0) {
    status = error_set(error, STATUS_MISSING, "the run '%s' has no checkpoint yet: train it first", run);
  } else {
    status = error_set(error, STATUS_MISSING,
                       "the run '%s' has no checkpoint '%s': it has %d, the newest of step %llu; name one by "
                       "its step, 'best' or 'last'",
                       run, which, count, (unsigned long long)steps[count - 1]);
  }
done:
  free(steps);
  free(folder);
  return status;
}

Status checkpoint_find(char **path, const char *argument, const char *which, Error *error) {
  *path = NULL;
  if (exists(argument, "model.safetensors") || exists(argument, "SHA256SUMS")) {
    if (!exists(argument, "checkpoints")) {
      *path = memory_text(argument);
      return STATUS_OK;
    }
  }
  if (exists(argument, "checkpoints")) return find_in_run(path, argument, which, error);
  return error_set(
      error, STATUS_MISSING,
      "'%s' is neither a run's folder nor a checkpoint's: a run holds checkpoints/, a checkpoint "
      "model.safetensors",
      argument);
}
