// A model out of a checkpoint, ready to score raw columns.
#ifndef INGOT_TOOLS_CLI_JUDGE_MODELS_TRAINED_MODEL_H
#define INGOT_TOOLS_CLI_JUDGE_MODELS_TRAINED_MODEL_H

#include "engine/device/device_choice.h"
#include "engine/model/scorer.h"
#include "engine/preprocess/preprocess.h"
#include "io/checkpoint/checkpoint.h"
#include "io/data/dataset.h"

typedef struct TrainedModel {
  Checkpoint *checkpoint;
  Config *config; // of its run; NULL where the checkpoint lies alone
  char *run;      // the run's folder; NULL likewise
  Preprocess *preprocess;
  Device *device;
} TrainedModel;

// argument: a run's folder or a checkpoint's; which: "", "best", "last" or a step. Of a
// finished run "" and "best" are what its manifest selects (66 where that is gone); 65 where the checkpoint
// is of another configuration or other data than its run.
Status trained_model_open(TrainedModel *model, const char *argument, const char *which,
                          const DeviceChoice *device, Error *error);

// scores [count, K] of rows of a dataset: probabilities, or predictions in the target's unit. *extra (may be
// NULL) receives names of columns that the model does not read.
Status trained_model_scores(double **scores, TextList *extra, const TrainedModel *model, Dataset *dataset,
                            const int64_t *rows, int64_t count, Error *error);

// A scorer of the model, and its scores [frame->rows, K] of raw columns. The model must outlive the scorer.
Status trained_model_scorer(Scorer **scorer, const TrainedModel *model, Error *error);
Status trained_model_frame_scores(double *scores, const TrainedModel *model, Scorer *scorer,
                                  const Frame *frame, Error *error);

void trained_model_close(TrainedModel *model);

#endif
