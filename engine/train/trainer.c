// The training loop: batch, forward, backward, step, log, validate, checkpoint.
#include "engine/train/trainer.h"

#include "engine/shared/memory.h"
#include "engine/train/chain.h"
#include "engine/train/device_rows.h"
#include "engine/train/plan.h"
#include "engine/train/products.h"
#include "engine/train/trainer_state.h"

#include <stdlib.h>
#include <string.h>

enum { EVENTS_AT_FIRST = 65536 };

void trainer_add_event(Trainer *trainer, Event event) {
  if (trainer->pending_count == trainer->pending_capacity) {
    trainer->pending_capacity *= 2;
    trainer->pending =
        memory_grow(trainer->pending, (size_t)trainer->pending_capacity, sizeof *trainer->pending);
  }
  event.step = trainer->progress.step;
  memcpy(event.chain, trainer->progress.chain, DIGEST_BYTES);
  trainer->pending[trainer->pending_count++] = event;
}

static Status flush_events(Trainer *trainer, Error *error) {
  int count = trainer->pending_count;
  trainer->pending_count = 0;
  trainer->logged_step = trainer->progress.step;
  return count == 0 ? STATUS_OK
                    : trainer->options.events.events(trainer->options.events.context, trainer->pending, count,
                                                     error);
}

// The end of an epoch: the selection metric, the best so far, patience, a link of the chain.
static Status validate(Trainer *trainer, int *improved, Error *error) {
  *improved = 0;
  if (trainer->options.validation == NULL) return STATUS_OK;
  Progress *progress = &trainer->progress;
  const Selection *selection = &trainer->options.selection;
  double value, loss;
  PASS(steps_score_validation(trainer, error));
  PASS(selection->value(selection->context, &value, &loss, trainer->scores.host,
                        trainer->options.validation->rows, trainer->model->layout.outputs, error));
  int first = progress->best != progress->best; // NaN
  *improved = first || (selection->higher_is_better ? value > progress->best : value < progress->best);
  if (*improved) {
    progress->best = value;
    progress->best_step = progress->step;
  }
  progress->patience = *improved ? 0 : progress->patience + 1;
  chain_validation(progress->chain, progress->step, value);
  trainer_add_event(trainer, (Event){.kind = EVENT_VALIDATION,
                                     .epoch = progress->epoch - 1,
                                     .value = value,
                                     .validation_loss = loss,
                                     .improved = *improved});
  return flush_events(trainer, error);
}

static int out_of_patience(const Trainer *trainer) {
  int64_t patience = trainer->options.config->train.patience_epochs;
  return trainer->options.validation != NULL && patience > 0 &&
         trainer->progress.patience >= (uint64_t)patience;
}

int trainer_finished(const Trainer *trainer) {
  return trainer->progress.step >= (uint64_t)trainer->total_steps || out_of_patience(trainer);
}

static Status save(Trainer *trainer, int is_best, Error *error) {
  const Progress *progress = &trainer->progress;
  PASS(trainer_fetch_state(trainer, error));
  Snapshot snapshot = {.step = progress->step,
                       .epoch = progress->epoch,
                       .model = &trainer->model_set,
                       .optimizer = &trainer->optimizer_set,
                       .is_best = is_best,
                       .best = progress->best,
                       .best_step = progress->best_step,
                       .is_final = trainer_finished(trainer)};
  trainer_digests(trainer, snapshot.model_digest, snapshot.state_digest);
  trainer_add_event(trainer, (Event){.kind = EVENT_CHECKPOINT, .epoch = progress->epoch});
  PASS(flush_events(trainer, error));
  clock_gettime(CLOCK_MONOTONIC, &trainer->saved_at);
  return trainer->options.checkpoints.save(trainer->options.checkpoints.context, &snapshot, error);
}

static int checkpoint_due(const Trainer *trainer, int epoch_ended) {
  const CheckpointConfig *every = &trainer->options.config->checkpoint;
  const Progress *progress = &trainer->progress;
  if (every->every_steps > 0 && progress->step % (uint64_t)every->every_steps == 0) return 1;
  if (every->every_epochs > 0 && epoch_ended && progress->epoch % (uint64_t)every->every_epochs == 0)
    return 1;
  if (every->every_minutes <= 0) return 0;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)(now.tv_sec - trainer->saved_at.tv_sec) >= every->every_minutes * 60.0;
}

static Status log_when_due(Trainer *trainer, Error *error) {
  uint64_t interval = (uint64_t)trainer->options.config->log_every_steps;
  return trainer->progress.step - trainer->logged_step >= interval ? flush_events(trainer, error) : STATUS_OK;
}

static Status announce_end(Trainer *trainer, TrainEnd end, Error *error) {
  static const char *const reasons[] = {"epochs", "early_stop", "signal", "until"};
  trainer_add_event(trainer,
                    (Event){.kind = EVENT_END, .epoch = trainer->progress.epoch, .reason = reasons[end]});
  return flush_events(trainer, error);
}

// Training stopped being finite: keep the state before that step, and the sentence.
static Status save_diverged(Trainer *trainer, Error *error) {
  Error kept = *error;
  Status saved = save(trainer, 0, error);
  if (saved != STATUS_OK) return error_prefix(error, "%s; and then", kept.text);
  *error = kept;
  return kept.status;
}

static int must_stop(const Trainer *trainer, TrainEnd *end) {
  const TrainerOptions *options = &trainer->options;
  *end = END_SIGNAL;
  if (options->stop != NULL && *options->stop != 0) return 1;
  *end = END_UNTIL;
  return trainer->until_step > 0 && trainer->progress.step >= trainer->until_step;
}

static int64_t smaller(int64_t a, int64_t b) {
  return a < b ? a : b;
}

// Steps that may be taken before anything else is due: the end of the epoch, the log, a checkpoint, a stop.
static int64_t steps_at_once(const Trainer *trainer) {
  const CheckpointConfig *every = &trainer->options.config->checkpoint;
  int64_t step = (int64_t)trainer->progress.step;
  int64_t steps = trainer->steps_per_epoch - step % trainer->steps_per_epoch;
  steps = smaller(steps, device_window(trainer->options.device));
  steps = smaller(steps, trainer->options.config->log_every_steps - (step - (int64_t)trainer->logged_step));
  if (every->every_steps > 0) steps = smaller(steps, every->every_steps - step % every->every_steps);
  if (trainer->until_step > 0) steps = smaller(steps, (int64_t)trainer->until_step - step);
  return steps < 1 ? 1 : steps;
}

Status trainer_run(Trainer *trainer, TrainEnd *end, Error *error) {
  while (!trainer_finished(trainer)) {
    if (must_stop(trainer, end)) {
      PASS(save(trainer, 0, error));
      return announce_end(trainer, *end, error);
    }
    Status steps = steps_take(trainer, steps_at_once(trainer), error);
    if (steps == STATUS_DIVERGED) return save_diverged(trainer, error);
    PASS(steps);
    int improved = 0, epoch_ended = trainer->progress.step % (uint64_t)trainer->steps_per_epoch == 0;
    if (epoch_ended) PASS(validate(trainer, &improved, error));
    PASS(log_when_due(trainer, error));
    if (improved || trainer_finished(trainer) || checkpoint_due(trainer, epoch_ended)) {
      PASS(save(trainer, improved, error));
    }
  }
  *end = trainer->progress.step >= (uint64_t)trainer->total_steps ? END_EPOCHS : END_EARLY_STOP;
  return announce_end(trainer, *end, error);
}

static Status prepare(Trainer *trainer, const TrainerOptions *options, Error *error) {
  const Config *config = options->config;
  trainer->options = *options;
  trainer->memory.device = options->device;
  PASS(model_create(&trainer->model, &config->model, options->layout, config->data.target.task, error));
  PASS(plan_settle(trainer, error));
  trainer->order = (RowOrder){.rows = options->train->rows, .seed = config->seed};
  if (config->data.order == ORDER_BLOCKS) {
    trainer->order.block_rows = config->data.block_rows;
    trainer->order.block_window = config->data.block_window;
  }
  return STATUS_OK;
}

Status trainer_plan(TrainerPlan *plan, const TrainerOptions *options, Error *error) {
  Trainer trainer = {0};
  Status status = prepare(&trainer, options, error);
  if (status == STATUS_OK) plan_carve(&trainer, plan);
  model_free(trainer.model);
  return status;
}

// Everything that must be on the device before the first step.
static Status fill_device(Trainer *trainer, Error *error) {
  const ParameterTable *table = &trainer->model->table;
  Device *device = trainer->options.device;
  memcpy(trainer->runs.host, table->runs, trainer->runs.bytes);
  PASS(mirror_send(device, &trainer->runs, error));
  PASS(activations_bind(&trainer->activations, trainer->model, device, trainer->p.device, trainer->q,
                        trainer->flags.device, error));
  PASS(device_rows_load(&trainer->train_rows, trainer, error));
  if (trainer->options.validation != NULL) PASS(device_rows_load(&trainer->validation_rows, trainer, error));
  return parameter_table_initialise(table, device, &trainer->p, trainer->options.config->seed, error);
}

static void start(Trainer *trainer) {
  const Config *config = trainer->options.config;
  Progress *progress = &trainer->progress;
  *progress = (Progress){.beta1_power = 1.0, .beta2_power = 1.0, .best = __builtin_nan("")};
  TensorSet parameters = {0};
  parameter_table_views(&trainer->model->table, &parameters, "", trainer->p.host);
  tensor_set_digest(trainer->origin_parameters, &parameters);
  tensor_set_free(&parameters);
  chain_start(progress->chain, config->numerics.id, config->bits_text, trainer->options.data_digest,
              trainer->origin_parameters);
  memcpy(trainer->origin_chain, progress->chain, DIGEST_BYTES);
  clock_gettime(CLOCK_MONOTONIC, &trainer->saved_at);
}

// Room for the events between two looks at the log, so that a step does not allocate.
static void make_events(Trainer *trainer) {
  int64_t steps = smaller(trainer->options.config->log_every_steps, trainer->total_steps);
  trainer->pending_capacity = (int)smaller(steps, EVENTS_AT_FIRST) + 4; // validation, checkpoint, end
  trainer->pending = memory_get((size_t)trainer->pending_capacity, sizeof *trainer->pending);
}

Status trainer_create(Trainer **trainer, const TrainerOptions *options, Error *error) {
  Trainer *made = memory_get(1, sizeof *made);
  Status status;
  TRY(prepare(made, options, error));
  plan_carve(made, NULL);
  TRY(device_memory_allocate(&made->memory, error));
  plan_carve(made, NULL);
  TRY(products_pin(made, error));
  trainer_make_views(made);
  make_events(made);
  TRY(fill_device(made, error));
  start(made);
  *trainer = made;
  return STATUS_OK;
done:
  trainer_free(made);
  return status;
}

void trainer_set_until(Trainer *trainer, uint64_t step) {
  trainer->until_step = step;
}

uint64_t trainer_step(const Trainer *trainer) {
  return trainer->progress.step;
}

void trainer_origin(const Trainer *trainer, uint8_t chain[DIGEST_BYTES], uint8_t parameters[DIGEST_BYTES]) {
  memcpy(chain, trainer->origin_chain, DIGEST_BYTES);
  memcpy(parameters, trainer->origin_parameters, DIGEST_BYTES);
}

void trainer_free(Trainer *trainer) {
  if (trainer == NULL) return;
  model_free(trainer->model);
  tensor_set_free(&trainer->model_set);
  tensor_set_free(&trainer->optimizer_set);
  device_memory_free(&trainer->memory);
  free(trainer->pending);
  free(trainer);
}
