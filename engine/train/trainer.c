// The training loop: batch, forward, backward, step, log, validate, checkpoint.
#include "engine/train/trainer.h"

#include "engine/shared/memory.h"
#include "engine/train/chain.h"
#include "engine/train/plan.h"
#include "engine/train/schedule.h"
#include "engine/train/trainer_state.h"

#include <stdlib.h>
#include <string.h>

// Values of a source's rows: the resident arrays and the row numbers, or rows read into the micro-batch.
static Status fetch_rows(Trainer *trainer, ModelBatch *batch, BatchSource *source, const int64_t *rows,
                         int64_t count, Error *error) {
  batch->rows = count;
  if (source->resident != NULL) {
    batch->data = source->resident;
    batch->rows_of = rows;
    return STATUS_OK;
  }
  batch->data = &trainer->micro;
  batch->rows_of = NULL;
  return source->read(source, &trainer->micro, rows, count, error);
}

// Adds up the gradients of one batch, micro-batch by micro-batch; micro-batches are whole grains.
static Status accumulate(Trainer *trainer, int64_t first, int64_t count, Error *error) {
  const Config *config = trainer->options.config;
  const NumericsConfig *numerics = &config->numerics;
  int64_t grains = (config->train.batch + numerics->grain - 1) / numerics->grain;
  TrainingPass pass = {.seed = config->seed,
                       .step = trainer->progress.step,
                       .grain = numerics->grain,
                       .loss_bound = plan_loss_bound(config->train.batch),
                       .quantiser = plan_quantiser(numerics->fraction_bits, grains),
                       .embedding_quantiser = plan_quantiser(numerics->fraction_bits, config->train.batch),
                       .q = trainer->q,
                       .flags = trainer->flags,
                       .sums = trainer->sums};
  row_order_read(trainer->rows, &trainer->order, trainer->progress.epoch, first, count);
  *trainer->sums = (BatchSums){0, 0};
  for (int64_t at = 0; at < count; at += trainer->micro_rows) {
    int64_t rows = count - at < trainer->micro_rows ? count - at : trainer->micro_rows;
    ModelBatch batch = {.first_position = at};
    PASS(fetch_rows(trainer, &batch, trainer->options.train, trainer->rows + at, rows, error));
    model_train(trainer->model, trainer->options.device, trainer->p, &trainer->activations, &batch, &pass);
  }
  return STATUS_OK;
}

// Gradients out of their sums, their norm and the clip factor.
static void finish_gradients(Trainer *trainer) {
  const ParameterTable *table = &trainer->model->table;
  Device *device = trainer->options.device;
  GradientFinish finish = {trainer->g, trainer->q, trainer->sums, table->size,
                           trainer->options.config->numerics.fraction_bits};
  device_gradient_finish(device, &finish);
  GradientNormBlocks blocks = {trainer->blocks, trainer->g, table->runs, table->count, table->block_count};
  device_gradient_norm_blocks(device, &blocks);
  GradientNormFinish norm = {.record = trainer->record,
                             .clip = trainer->clip,
                             .flag = trainer->flags + table->count + 1,
                             .blocks = trainer->blocks,
                             .block_count = table->block_count,
                             .sums = trainer->sums,
                             .clip_norm = (float)trainer->options.config->train.clip_norm};
  device_gradient_norm_finish(device, &norm);
}

static Status report_divergence(const Trainer *trainer, Error *error) {
  const ParameterTable *table = &trainer->model->table;
  const char *what = "the gradient norm";
  for (int i = table->count; i >= 0; i--) {
    if (trainer->flags[i]) what = i == table->count ? "a row's loss" : table->tensors[i].name;
  }
  return error_set(
      error, STATUS_DIVERGED,
      "step %llu was not taken: %s is not finite or an addend of its gradient is out of range; lower "
      "train.optimizer.learning_rate, set train.clip_norm, or lower numerics.fraction_bits; the state "
      "before that step is saved",
      (unsigned long long)trainer->progress.step, what);
}

// The optimizer; it reads the flags and does nothing once one is up.
static Status apply_gradients(Trainer *trainer, Error *error) {
  const ParameterTable *table = &trainer->model->table;
  const TrainConfig *train = &trainer->options.config->train;
  Progress *progress = &trainer->progress;
  double beta1_power = progress->beta1_power * train->optimizer.beta1;
  double beta2_power = progress->beta2_power * train->optimizer.beta2;
  OptimizerStep step = {.p = trainer->p,
                        .g = trainer->g,
                        .m = trainer->m,
                        .v = trainer->v,
                        .runs = table->runs,
                        .clip = trainer->clip,
                        .flags = trainer->flags,
                        .run_count = table->count,
                        .flag_count = table->count + 2,
                        .count = table->size};
  double rate = schedule_rate(train, progress->step, (uint64_t)trainer->total_steps);
  optimizer_scalars(&step, &train->optimizer, rate, beta1_power, beta2_power);
  if (train->optimizer.kind == OPTIMIZER_ADAMW)
    device_adamw_step(trainer->options.device, &step);
  else
    device_sgd_step(trainer->options.device, &step);
  for (int i = 0; i < table->count + 2; i++) {
    if (trainer->flags[i]) return report_divergence(trainer, error);
  }
  progress->beta1_power = beta1_power;
  progress->beta2_power = beta2_power;
  return STATUS_OK;
}

static void add_event(Trainer *trainer, Event event) {
  if (trainer->pending_count == trainer->pending_capacity) {
    trainer->pending_capacity = trainer->pending_capacity == 0 ? 256 : 2 * trainer->pending_capacity;
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

// One optimizer step: the batch at progress.step of the order.
static Status take_step(Trainer *trainer, Error *error) {
  Progress *progress = &trainer->progress;
  int64_t batch = trainer->options.config->train.batch;
  int64_t first = (int64_t)(progress->step % (uint64_t)trainer->steps_per_epoch) * batch;
  int64_t left = trainer->order.rows - first;
  PASS(accumulate(trainer, first, left < batch ? left : batch, error));
  finish_gradients(trainer);
  PASS(apply_gradients(trainer, error));
  uint64_t epoch = progress->epoch;
  progress->step++;
  progress->epoch = progress->step / (uint64_t)trainer->steps_per_epoch;
  chain_step(progress->chain, progress->step, trainer->record->loss, trainer->record->gradient_norm);
  add_event(trainer, (Event){.kind = EVENT_STEP,
                             .epoch = epoch,
                             .loss = trainer->record->loss,
                             .gradient_norm = trainer->record->gradient_norm});
  return STATUS_OK;
}

static Status score_validation(Trainer *trainer, Error *error) {
  BatchSource *source = trainer->options.validation;
  int64_t capacity = trainer->micro_rows;
  for (int64_t at = 0; at < source->rows; at += capacity) {
    int64_t rows = source->rows - at < capacity ? source->rows - at : capacity;
    for (int64_t i = 0; i < rows; i++) trainer->rows[i] = at + i;
    ModelBatch batch = {.first_position = 0};
    PASS(fetch_rows(trainer, &batch, source, trainer->rows, rows, error));
    model_scores(trainer->model, trainer->options.device, trainer->p, &trainer->activations, &batch,
                 trainer->scores + at * trainer->model->layout.outputs);
  }
  return STATUS_OK;
}

// The end of an epoch: the selection metric, the best so far, patience, a link of the chain.
static Status validate(Trainer *trainer, int *improved, Error *error) {
  *improved = 0;
  if (trainer->options.validation == NULL) return STATUS_OK;
  Progress *progress = &trainer->progress;
  const Selection *selection = &trainer->options.selection;
  double value, loss;
  PASS(score_validation(trainer, error));
  PASS(selection->value(selection->context, &value, &loss, trainer->scores, trainer->options.validation->rows,
                        trainer->model->layout.outputs, error));
  int first = progress->best != progress->best; // NaN
  *improved = first || (selection->higher_is_better ? value > progress->best : value < progress->best);
  if (*improved) {
    progress->best = value;
    progress->best_step = progress->step;
  }
  progress->patience = *improved ? 0 : progress->patience + 1;
  chain_validation(progress->chain, progress->step, value);
  add_event(trainer, (Event){.kind = EVENT_VALIDATION,
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
  Snapshot snapshot = {.step = progress->step,
                       .epoch = progress->epoch,
                       .model = &trainer->model_set,
                       .optimizer = &trainer->optimizer_set,
                       .is_best = is_best,
                       .best = progress->best,
                       .best_step = progress->best_step,
                       .is_final = trainer_finished(trainer)};
  trainer_digests(trainer, snapshot.model_digest, snapshot.state_digest);
  add_event(trainer, (Event){.kind = EVENT_CHECKPOINT, .epoch = progress->epoch});
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
  add_event(trainer, (Event){.kind = EVENT_END, .epoch = trainer->progress.epoch, .reason = reasons[end]});
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

Status trainer_run(Trainer *trainer, TrainEnd *end, Error *error) {
  while (!trainer_finished(trainer)) {
    if (must_stop(trainer, end)) {
      PASS(save(trainer, 0, error));
      return announce_end(trainer, *end, error);
    }
    Status step = take_step(trainer, error);
    if (step == STATUS_DIVERGED) return save_diverged(trainer, error);
    PASS(step);
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

static void start(Trainer *trainer) {
  const Config *config = trainer->options.config;
  Progress *progress = &trainer->progress;
  *progress = (Progress){.beta1_power = 1.0, .beta2_power = 1.0, .best = __builtin_nan("")};
  parameter_table_initialise(&trainer->model->table, trainer->options.device, trainer->p, config->seed);
  TensorSet parameters = {0};
  parameter_table_views(&trainer->model->table, &parameters, "", trainer->p);
  tensor_set_digest(trainer->origin_parameters, &parameters);
  tensor_set_free(&parameters);
  chain_start(progress->chain, config->numerics.id, config->bits_text, trainer->options.data_digest,
              trainer->origin_parameters);
  memcpy(trainer->origin_chain, progress->chain, DIGEST_BYTES);
  clock_gettime(CLOCK_MONOTONIC, &trainer->saved_at);
}

Status trainer_create(Trainer **trainer, const TrainerOptions *options, Error *error) {
  Trainer *made = memory_get(1, sizeof *made);
  Status status;
  TRY(prepare(made, options, error));
  plan_carve(made, NULL);
  TRY(arena_allocate(&made->arena, error));
  plan_carve(made, NULL);
  trainer_make_views(made);
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
  arena_free(&trainer->arena);
  free(trainer->pending);
  free(trainer);
}
