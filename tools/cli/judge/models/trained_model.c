// Loads a checkpoint's model and scores rows with it, a window of rows at a time.
#include "tools/cli/judge/models/trained_model.h"

#include "engine/shared/memory.h"
#include "io/config/load.h"
#include "io/run/manifest.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WINDOW = 65536 }; // rows whose raw columns are in memory at once

// The folder that holds <folder>/checkpoints/<checkpoint>; "." where the path is too short to say.
static char *run_of(const char *checkpoint) {
  size_t length = strlen(checkpoint);
  for (int names = 0; names < 2; names++) {
    while (length > 0 && checkpoint[length - 1] == '/') length--;
    while (length > 0 && checkpoint[length - 1] != '/') length--;
  }
  while (length > 1 && checkpoint[length - 1] == '/') length--;
  return length == 0 ? memory_text(".") : memory_text_n(checkpoint, length);
}

static Status load_config(TrainedModel *model, Error *error) {
  const char *path = model->checkpoint->config_path;
  if (access(path, F_OK) != 0) return STATUS_OK;
  PASS(config_load(&model->config, NULL, path, NULL, 0, error));
  char *absolute = realpath(model->checkpoint->path, NULL);
  model->run =
      run_of(strstr(model->checkpoint->path, "checkpoints/") != NULL ? model->checkpoint->path : absolute);
  free(absolute);
  return STATUS_OK;
}

// Of a finished run the best is what its manifest selects, whatever the checkpoints say of themselves.
static Status find_checkpoint(char **path, const char *argument, const char *which, Error *error) {
  char *manifest_path = memory_format("%s/manifest.json", argument), name[CHECKPOINT_NAME_MAX];
  Manifest *manifest = NULL;
  Status status = STATUS_OK;
  *path = NULL;
  if (access(manifest_path, F_OK) == 0 && (which[0] == '\0' || strcmp(which, "best") == 0))
    TRY(manifest_read(&manifest, manifest_path, error));
  if (manifest == NULL || !manifest->finished) {
    TRY(checkpoint_find(path, argument, which, error));
    goto done;
  }
  checkpoint_name(name, manifest->selected.step);
  *path = memory_format("%s/checkpoints/%s", argument, name);
  if (access(*path, F_OK) != 0) {
    TRY(error_set(error, STATUS_MISSING,
                  "'%s' is missing: manifest.json names it as the selected checkpoint; restore it, or name "
                  "another with --checkpoint",
                  *path));
  }
done:
  manifest_free(manifest);
  free(manifest_path);
  return status;
}

// The checkpoint must be of the run whose configuration and policy it is used with.
static Status check_run(const TrainedModel *model, Error *error) {
  if (model->run == NULL) return STATUS_OK;
  char *path = memory_format("%s/manifest.json", model->run);
  const CheckpointState *state = &model->checkpoint->state;
  Manifest *manifest = NULL;
  Status status;
  TRY(manifest_read(&manifest, path, error));
  status = checkpoint_match(model->checkpoint, manifest->bits, manifest->data_digest, error);
  if (status != STATUS_OK) TRY(error->status = STATUS_DATA); // the run is not whole
  if (strcmp(model->config->bits_text, manifest->bits) != 0) {
    TRY(error_set(error, STATUS_DATA,
                  "'%s' was changed: it is not the configuration in manifest.json; restore it, or give other "
                  "rules with --config",
                  model->checkpoint->config_path));
  }
  if (manifest->finished && state->step == manifest->selected.step &&
      memcmp(state->model_digest, manifest->selected.model_digest, DIGEST_BYTES) != 0) {
    TRY(error_set(error, STATUS_DATA, "'%s' was changed: it is not the model that manifest.json selects",
                  model->checkpoint->path));
  }
done:
  manifest_free(manifest);
  free(path);
  return status;
}

Status trained_model_open(TrainedModel *model, const char *argument, const char *which,
                          const DeviceChoice *device, Error *error) {
  char *path = NULL, reason[DEVICE_TEXT];
  Status status;
  *model = (TrainedModel){0};
  TRY(find_checkpoint(&path, argument, which, error));
  TRY(checkpoint_load(&model->checkpoint, path, CHECKPOINT_ALL, error));
  TRY(load_config(model, error));
  TRY(check_run(model, error));
  TRY(preprocess_from_tensors(&model->preprocess, &model->checkpoint->tensors, error));
  TRY(device_open(&model->device, reason, device, error));
done:
  free(path);
  if (status != STATUS_OK) trained_model_close(model);
  return status;
}

Status trained_model_scorer(Scorer **scorer, const TrainedModel *model, Error *error) {
  return scorer_create(scorer, &model->checkpoint->tensors, preprocess_layout(model->preprocess),
                       preprocess_task(model->preprocess), model->device, error);
}

Status trained_model_frame_scores(double *scores, const TrainedModel *model, Scorer *scorer,
                                  const Frame *frame, Error *error) {
  const InputLayout *layout = preprocess_layout(model->preprocess);
  int64_t count = frame->rows;
  Batch batch = {.values = memory_get((size_t)(count * layout->value_count), sizeof(float)),
                 .ids = memory_get((size_t)(count * layout->category_count), sizeof(int32_t))};
  float *raw = memory_get((size_t)(count * layout->outputs), sizeof(float));
  Status status;
  TRY(preprocess_apply(model->preprocess, &batch, frame, NULL, count, 0, error));
  TRY(scorer_run(scorer, raw, &batch, count, error));
  int regression = preprocess_task(model->preprocess) == TASK_REGRESSION;
  for (int64_t i = 0; i < count * layout->outputs; i++) {
    scores[i] = regression ? preprocess_target(model->preprocess, (double)raw[i]) : (double)raw[i];
  }
done:
  free(batch.values);
  free(batch.ids);
  free(raw);
  return status;
}

// One window: raw columns, then scores.
static Status score_window(double *scores, TextList *extra, const TrainedModel *model, Scorer *scorer,
                           Dataset *dataset, const int64_t *rows, int64_t count, Error *error) {
  Frame *frame = NULL;
  Status status;
  TRY(dataset_model_frame(&frame, extra, dataset, model->preprocess, rows, count, error));
  status = trained_model_frame_scores(scores, model, scorer, frame, error);
  if (status == STATUS_DATA) error_prefix(error, "%s", dataset_path(dataset, rows[0]));
done:
  frame_free(frame);
  return status;
}

Status trained_model_scores(double **scores, TextList *extra, const TrainedModel *model, Dataset *dataset,
                            const int64_t *rows, int64_t count, Error *error) {
  const InputLayout *layout = preprocess_layout(model->preprocess);
  Scorer *scorer = NULL;
  double *made = memory_get((size_t)(count * layout->outputs), sizeof *made);
  Status status;
  TRY(trained_model_scorer(&scorer, model, error));
  for (int64_t at = 0; at < count; at += WINDOW) {
    int64_t window = count - at < WINDOW ? count - at : WINDOW;
    TRY(score_window(made + at * layout->outputs, at == 0 ? extra : NULL, model, scorer, dataset, rows + at,
                     window, error));
  }
  *scores = made;
  made = NULL;
done:
  free(made);
  scorer_free(scorer);
  return status;
}

void trained_model_close(TrainedModel *model) {
  device_free(model->device);
  preprocess_free(model->preprocess);
  checkpoint_free(model->checkpoint);
  config_free(model->config);
  free(model->run);
  *model = (TrainedModel){0};
}
