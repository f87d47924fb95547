// Loads a checkpoint's model and scores rows with it, a window of rows at a time.
#include "tools/cli/judge/trained_model.h"

#include "engine/model/scorer.h"
#include "engine/shared/memory.h"
#include "io/config/load.h"

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

Status trained_model_open(TrainedModel *model, const char *argument, const char *which,
                          const DeviceChoice *device, Error *error) {
  char *path = NULL, reason[DEVICE_TEXT];
  Status status;
  *model = (TrainedModel){0};
  TRY(checkpoint_find(&path, argument, which, error));
  TRY(checkpoint_load(&model->checkpoint, path, CHECKPOINT_MODEL, error));
  TRY(load_config(model, error));
  TRY(preprocess_from_tensors(&model->preprocess, &model->checkpoint->tensors, error));
  TRY(device_open(&model->device, reason, device, error));
done:
  free(path);
  if (status != STATUS_OK) trained_model_close(model);
  return status;
}

// One window: raw columns, model inputs, scores.
static Status score_window(double *scores, TextList *extra, const TrainedModel *model, Scorer *scorer,
                           Dataset *dataset, const int64_t *rows, int64_t count, Error *error) {
  const InputLayout *layout = preprocess_layout(model->preprocess);
  Frame *frame = NULL;
  Batch batch = {.values = memory_get((size_t)(count * layout->value_count), sizeof(float)),
                 .ids = memory_get((size_t)(count * layout->category_count), sizeof(int32_t))};
  float *raw = memory_get((size_t)(count * layout->outputs), sizeof(float));
  Status status;
  TRY(dataset_model_frame(&frame, extra, dataset, model->preprocess, rows, count, error));
  status = preprocess_apply(model->preprocess, &batch, frame, NULL, count, 0, error);
  if (status != STATUS_OK) TRY(error_prefix(error, "%s", dataset_path(dataset, rows[0])));
  TRY(scorer_run(scorer, raw, &batch, count, error));
  int regression = preprocess_task(model->preprocess) == TASK_REGRESSION;
  for (int64_t i = 0; i < count * layout->outputs; i++) {
    scores[i] = regression ? preprocess_target(model->preprocess, (double)raw[i]) : (double)raw[i];
  }
done:
  frame_free(frame);
  free(batch.values);
  free(batch.ids);
  free(raw);
  return status;
}

Status trained_model_scores(double **scores, TextList *extra, const TrainedModel *model, Dataset *dataset,
                            const int64_t *rows, int64_t count, Error *error) {
  const InputLayout *layout = preprocess_layout(model->preprocess);
  Scorer *scorer = NULL;
  double *made = memory_get((size_t)(count * layout->outputs), sizeof *made);
  Status status;
  TRY(scorer_create(&scorer, &model->checkpoint->tensors, layout, preprocess_task(model->preprocess),
                    model->device, error));
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
