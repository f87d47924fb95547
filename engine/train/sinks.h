// What the training loop hands out while it runs: events of the log and checkpoints. tools/ plugs io in.
#ifndef INGOT_ENGINE_TRAIN_SINKS_H
#define INGOT_ENGINE_TRAIN_SINKS_H

#include "engine/shared/status.h"
#include "engine/shared/tensor.h"

#include <stdint.h>

typedef enum EventKind { EVENT_STEP, EVENT_VALIDATION, EVENT_CHECKPOINT, EVENT_END } EventKind;

typedef struct Event {
  EventKind kind;
  uint64_t step;               // optimizer steps done when it happened: after step t this is t + 1
  uint64_t epoch;              // the epoch of that step, from 0
  float loss, gradient_norm;   // EVENT_STEP
  double value;                // EVENT_VALIDATION: the selection metric
  double validation_loss;      // EVENT_VALIDATION
  int improved;                // EVENT_VALIDATION: a new best
  const char *reason;          // EVENT_END: "epochs", "early_stop", "signal"
  uint8_t chain[DIGEST_BYTES]; // the head of the chain after this event
} Event;

typedef struct EventSink {
  void *context;
  // required. Called in order; a batch of steps at once every log interval.
  Status (*events)(void *context, const Event *events, int count, Error *error);
} EventSink;

// A checkpoint in memory: views that stay valid during the call.
typedef struct Snapshot {
  uint64_t step, epoch;
  const TensorSet *model;     // parameters and fitted preprocessing: model.safetensors, the model digest
  const TensorSet *optimizer; // moments and state tensors: optimizer.safetensors; both: the state digest
  uint8_t model_digest[DIGEST_BYTES], state_digest[DIGEST_BYTES];
  int is_best; // the selection metric reached a new best at this step
  double best; // best value of the selection metric so far (NaN: none yet)
  uint64_t best_step;
  int is_final;
} Snapshot;

typedef struct CheckpointSink {
  void *context;
  // required. On failure nothing older is lost, and the message says so.
  Status (*save)(void *context, const Snapshot *snapshot, Error *error);
} CheckpointSink;

#endif
