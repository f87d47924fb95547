// Training: from a configuration, rows and a device to parameters, by way of one loop that is the whole
// story.
//
// Life: trainer_create, perhaps trainer_restore, trainer_run, trainer_free. Everything large is allocated by
// trainer_create, so that no step can fail for memory. What decides the next step, and nothing else, is in
// trainer_state: the state digest of numerics x1.
#ifndef INGOT_ENGINE_TRAIN_TRAINER_H
#define INGOT_ENGINE_TRAIN_TRAINER_H

#include "engine/device/device.h"
#include "engine/preprocess/batch_source.h"
#include "engine/shared/config.h"
#include "engine/train/sinks.h"

#include <signal.h>

// The selection metric on the validation rows: scores [rows, K] in row order, of a model of this task.
typedef struct Selection {
  void *context;
  int higher_is_better;
  // required. value: the metric (never NaN); loss: the mean log loss or squared error, for the log.
  Status (*value)(void *context, double *value, double *loss, const float *scores, int64_t rows, int outputs,
                  Error *error);
} Selection;

typedef struct TrainerOptions {
  const Config *config;
  Device *device;
  const InputLayout *layout;
  BatchSource *train;
  BatchSource *validation;     // NULL: no validation, no early stopping
  Selection selection;         // with validation
  const TensorSet *preprocess; // goes into model.safetensors and the digests
  uint8_t data_digest[DIGEST_BYTES];
  EventSink events;
  CheckpointSink checkpoints;
  const volatile sig_atomic_t *stop; // not 0: save at the next step boundary and return; NULL: never
} TrainerOptions;

typedef enum TrainEnd { END_EPOCHS, END_EARLY_STOP, END_SIGNAL, END_UNTIL } TrainEnd;

typedef struct Trainer Trainer;

// Bytes a trainer takes, by purpose; `ingot plan` prints them.
typedef struct TrainerPlan {
  int64_t parameters;  // how many
  int64_t micro_batch; // rows, as resolved
  int64_t steps_per_epoch, total_steps;
  int64_t useful_ranks;    // ceil(batch / grain)
  size_t parameter_bytes;  // parameters, gradients, moments, accumulators
  size_t activation_bytes; // grows with micro_batch; in fast mode with the workspace of products
  size_t batch_bytes;      // row numbers, and rows where the source is not resident
  size_t validation_bytes;
  size_t host_bytes; // of all these: in this process's memory, not a GPU's
} TrainerPlan;

Status trainer_plan(TrainerPlan *plan, const TrainerOptions *options, Error *error);

// Takes one step and what a validation and a checkpoint take beside, hands nothing out, and lets all of it
// go: so that the process's peak is that of a training before there is one. What it finds wrong (it fails as
// trainer_create and trainer_run do) a training would find.
Status trainer_rehearse(const TrainerOptions *options, Error *error);

Status trainer_create(Trainer **trainer, const TrainerOptions *options, Error *error);

// Views of what trainer_restore takes over, by name: a checkpoint read to there is in memory once. What is
// read and not restored leaves a trainer that is good for nothing.
void trainer_places(const Trainer *trainer, TensorSet *places);

// Takes over the state of a checkpoint (tensors of both files, at their places or elsewhere). 65 where a
// tensor is missing or misshapen; 78 where the checkpoint's bits config or data differ.
Status trainer_restore(Trainer *trainer, const TensorSet *tensors, Error *error);

// trainer_run saves and returns once this many steps are done; 0 = never, as before the first call.
void trainer_set_until(Trainer *trainer, uint64_t step);

// Runs to the end, a signal, the step of trainer_set_until, or 3 (diverged: the state before that step is
// saved).
Status trainer_run(Trainer *trainer, TrainEnd *end, Error *error);

uint64_t trainer_step(const Trainer *trainer);
int trainer_finished(const Trainer *trainer); // nothing is left to do

// Views of the state as trainer_run left it (as of the last save), valid until it runs on: model (parameters
// and preprocessing), optimizer (moments and state tensors); and their digests.
const TensorSet *trainer_model(const Trainer *trainer);
const TensorSet *trainer_optimizer(const Trainer *trainer);
void trainer_digests(const Trainer *trainer, uint8_t model[DIGEST_BYTES], uint8_t state[DIGEST_BYTES]);

// h(0) of the chain and the digest of the initial parameters, for the manifest.
void trainer_origin(const Trainer *trainer, uint8_t chain[DIGEST_BYTES], uint8_t parameters[DIGEST_BYTES]);

void trainer_free(Trainer *trainer);

#endif
