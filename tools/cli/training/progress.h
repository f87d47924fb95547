// What a person sees while a model is trained: a line that moves on a terminal, a line an epoch elsewhere.
#ifndef INGOT_TOOLS_CLI_TRAINING_PROGRESS_H
#define INGOT_TOOLS_CLI_TRAINING_PROGRESS_H

#include "engine/train/sinks.h"

#include <time.h>

typedef struct Progress {
  EventSink next;          // where events go first
  const char *metric_name; // of validation events
  int64_t rows;            // training rows
  int64_t batch;
  int64_t steps_per_epoch, total_steps;
  uint64_t first_step; // done before this process
  uint64_t last_step;  // seen
  float last_loss;
  struct timespec begun;
} Progress;

// Starts the clock.
void progress_start(Progress *progress);

// The sink to give to the trainer.
EventSink progress_events(Progress *progress);

#endif
