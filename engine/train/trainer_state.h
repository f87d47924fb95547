// Private to engine/train: what a trainer is made of.
#ifndef INGOT_ENGINE_TRAIN_TRAINER_STATE_H
#define INGOT_ENGINE_TRAIN_TRAINER_STATE_H

#include "engine/model/model.h"
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

// A source as the device sees it.
typedef struct DeviceRows {
  BatchSource *source;
  int resident; // held by the device: `all` are its rows
  Batch all;
} DeviceRows;

// A micro-batch on its way from a source to the device.
typedef struct RowStage {
  Mirror values, ids, targets, weights;
} RowStage;

struct Trainer {
  TrainerOptions options;
  Model *model;
  RowOrder order;
  int64_t batch, micro_rows, steps_per_epoch, total_steps;
  uint64_t until_step; // 0 = none
  DeviceMemory memory;
  // One flat array each, the parameter table's layout. What a checkpoint holds has a host copy.
  Mirror p, m, v; // float
  float *g;
  int64_t *q;
  // One step, on the device.
  float *blocks, *clip;
  BatchSums *sums;
  int64_t *rows_of; // [batch]
  Activations activations;
  void *product_workspace; // fast mode
  Mirror runs;             // TensorRun [table.count]
  Mirror flags;            // int32 [table.count + 2]: tensors, loss, gradient norm
  Mirror window;           // StepWindow
  // Rows.
  DeviceRows train_rows, validation_rows;
  RowStage stage;       // for a source that the device does not hold
  int64_t *stage_order; // [micro_rows], host
  Mirror scores;        // float [validation rows, K]
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

// Takes `count` steps (one epoch's, at most device_window), and reads what they left: progress, chain,
// events. 3 where one was not taken: progress stands before it.
Status steps_take(Trainer *trainer, int64_t count, Error *error);

// Scores of the validation rows, on the host in trainer->scores.
Status steps_score_validation(Trainer *trainer, Error *error);

// Remembers an event until the log is written.
void trainer_add_event(Trainer *trainer, Event event);

// The device's state into the host's copies, and back.
Status trainer_fetch_state(Trainer *trainer, Error *error);
Status trainer_send_state(Trainer *trainer, Error *error);

// Builds the views (trainer_model, trainer_optimizer) once the arrays exist.
void trainer_make_views(Trainer *trainer);

#endif
