// Private to engine/train: what a trainer is made of.
#ifndef INGOT_ENGINE_TRAIN_TRAINER_STATE_H
#define INGOT_ENGINE_TRAIN_TRAINER_STATE_H

#include "engine/model/model.h"
#include "engine/train/order.h"
#include "engine/train/trainer.h"

#include <time.h>

// What decides the next step besides parameters and moments.
typedef struct Progress {
  uint64_t step, epoch; // done so far
  double beta1_power, beta2_power;
  double best; // NaN: none yet
  uint64_t best_step;
  uint64_t patience; // validations since the best
  uint8_t chain[DIGEST_BYTES];
} Progress;

struct Trainer {
  TrainerOptions options;
  Model *model;
  RowOrder order;
  int64_t batch, micro_rows, steps_per_epoch, total_steps;
  uint64_t until_step; // 0 = none
  Arena arena;
  // One flat array each, the parameter table's layout.
  float *p, *g, *m, *v;
  int64_t *q;
  // One step.
  float *blocks, *clip;
  int32_t *flags; // tensors, loss, gradient norm
  BatchSums *sums;
  StepRecord *record;
  Activations activations;
  int64_t *rows; // [batch]
  Batch micro;   // rows of a source that is not resident
  float *scores; // [validation rows, K]
  // The state and its views.
  Progress progress;
  TensorSet model_set, optimizer_set;
  uint8_t origin_chain[DIGEST_BYTES], origin_parameters[DIGEST_BYTES];
  // Events not yet handed out; checkpoints by the clock.
  Event *pending;
  int pending_count, pending_capacity;
  uint64_t logged_step;
  struct timespec saved_at;
};

// Builds the views (trainer_model, trainer_optimizer) once the arrays exist.
void trainer_make_views(Trainer *trainer);

#endif
