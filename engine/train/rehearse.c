// A training's memory, taken as it takes it: one step, the state as a checkpoint has it, and a validation.
#include "engine/train/trainer_state.h"

static Status drop_events(void *context, const Event *events, int count, Error *error) {
  (void)context, (void)events, (void)count, (void)error;
  return STATUS_OK;
}

static Status drop_checkpoint(void *context, const Snapshot *snapshot, Error *error) {
  (void)context, (void)snapshot, (void)error;
  return STATUS_OK;
}

// The metric of scores that say nothing: to score the rows themselves takes no memory that a step does not.
static Status select_blindly(Trainer *trainer, Error *error) {
  const Selection *selection = &trainer->options.selection;
  int64_t rows = trainer->options.validation->rows;
  int outputs = trainer->model->layout.outputs;
  float *scores = trainer->scores.host;
  double value, loss;
  for (int64_t i = 0; i < rows * outputs; i++) scores[i] = outputs == 1 ? 0.5f : 1.0f / (float)outputs;
  return selection->value(selection->context, &value, &loss, scores, rows, outputs, error);
}

Status trainer_rehearse(const TrainerOptions *options, Error *error) {
  TrainerOptions alone = *options;
  Trainer *trainer = NULL;
  TrainEnd end;
  Status status;
  alone.events = (EventSink){NULL, drop_events};
  alone.checkpoints = (CheckpointSink){NULL, drop_checkpoint};
  TRY(trainer_create(&trainer, &alone, error));
  trainer_set_until(trainer, 1);
  TRY(trainer_run(trainer, &end, error));
  if (alone.validation != NULL) TRY(select_blindly(trainer, error));
done:
  trainer_free(trainer);
  return status;
}
