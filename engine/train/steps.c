// Optimizer steps on the device, a window of them at a time, and what they leave behind.
//
// The operators of a step are the same each time: what changes stands in the StepWindow. So a device that
// holds the rows records a step once for each size of batch and replays it; the host looks when the window is
// done.
#include "engine/train/chain.h"
#include "engine/train/device_rows.h"
#include "engine/train/plan.h"
#include "engine/train/schedule.h"
#include "engine/train/trainer_state.h"

#include <string.h>

// Adds up the gradients of one batch of `count` rows, micro-batch by micro-batch; micro-batches are whole
// grains.
static Status accumulate(Trainer *trainer, const StepScalars *scalars, int64_t count, Error *error) {
  const Config *config = trainer->options.config;
  const NumericsConfig *numerics = &config->numerics;
  int64_t grains = (config->train.batch + numerics->grain - 1) / numerics->grain;
  TrainingPass pass = {.window = trainer->window.device,
                       .seed = config->seed,
                       .grain = numerics->grain,
                       .loss_bound = plan_loss_bound(config->train.batch),
                       .quantiser = plan_quantiser(numerics->fraction_bits, grains),
                       .embedding_quantiser = plan_quantiser(numerics->fraction_bits, config->train.batch),
                       .q = trainer->q,
                       .flags = trainer->flags.device,
                       .sums = trainer->sums};
  for (int64_t at = 0; at < count; at += trainer->micro_rows) {
    int64_t rows = count - at < trainer->micro_rows ? count - at : trainer->micro_rows;
    ModelBatch batch;
    PASS(device_rows_batch(&batch, &trainer->train_rows, trainer, scalars, at, rows, error));
    model_train(trainer->model, trainer->options.device, trainer->p.device, &trainer->activations, &batch,
                &pass);
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
  GradientNormBlocks blocks = {trainer->blocks, trainer->g, trainer->runs.device, table->count,
                               table->block_count};
  device_gradient_norm_blocks(device, &blocks);
  GradientNormFinish norm = {.window = trainer->window.device,
                             .clip = trainer->clip,
                             .flags = trainer->flags.device,
                             .blocks = trainer->blocks,
                             .block_count = table->block_count,
                             .flag_count = table->count + 2,
                             .sums = trainer->sums,
                             .clip_norm = (float)trainer->options.config->train.clip_norm};
  device_gradient_norm_finish(device, &norm);
}

// The optimizer; it reads the flags and does nothing once one is up.
static void apply_gradients(Trainer *trainer) {
  const ParameterTable *table = &trainer->model->table;
  const OptimizerConfig *optimizer = &trainer->options.config->train.optimizer;
  OptimizerStep step = {.p = trainer->p.device,
                        .g = trainer->g,
                        .m = trainer->m.device,
                        .v = trainer->v.device,
                        .runs = trainer->runs.device,
                        .window = trainer->window.device,
                        .clip = trainer->clip,
                        .flags = trainer->flags.device,
                        .run_count = table->count,
                        .flag_count = table->count + 2,
                        .count = table->size};
  optimizer_scalars(&step, optimizer);
  if (optimizer->kind == OPTIMIZER_ADAMW)
    device_adamw_step(trainer->options.device, &step);
  else
    device_sgd_step(trainer->options.device, &step);
}

// All operators of one step, on a batch of `count` rows.
static Status enqueue_operators(Trainer *trainer, const StepScalars *scalars, int64_t count, Error *error) {
  StepBegin begin = {trainer->window.device, trainer->sums};
  device_step_begin(trainer->options.device, &begin);
  if (trainer->train_rows.resident) {
    BatchRows rows = {trainer->rows_of, trainer->window.device, count, trainer->order};
    device_batch_rows(trainer->options.device, &rows);
  }
  PASS(accumulate(trainer, scalars, count, error));
  finish_gradients(trainer);
  apply_gradients(trainer);
  return STATUS_OK;
}

// One step; rows that the device does not hold are read in its middle, which cannot be recorded.
static Status enqueue_step(Trainer *trainer, const StepScalars *scalars, Error *error) {
  Device *device = trainer->options.device;
  int64_t batch = trainer->options.config->train.batch, left = trainer->order.rows - scalars->first;
  int64_t count = left < batch ? left : batch;
  // Steps of this trainer (no other has its window) and of this many rows, fewer than 2^23.
  uint64_t key = (uint64_t)((uintptr_t)trainer->window.device >> 6) << 23 | (uint64_t)count;
  if (!trainer->train_rows.resident) return enqueue_operators(trainer, scalars, count, error);
  if (device_replay(device, key)) return STATUS_OK;
  PASS(device_begin_step(device, error));
  Status status = enqueue_operators(trainer, scalars, count, error);
  Status ended = device_end_step(device, key, error);
  return status != STATUS_OK ? status : ended;
}

// Scalars of the next `count` steps; all rounded once from binary64.
static void fill_window(Trainer *trainer, int64_t count) {
  const TrainConfig *train = &trainer->options.config->train;
  StepWindow *window = trainer->window.host;
  double beta1_power = trainer->progress.beta1_power, beta2_power = trainer->progress.beta2_power;
  window->current = -1;
  for (int64_t i = 0; i < count; i++) {
    uint64_t step = trainer->progress.step + (uint64_t)i, epoch_steps = (uint64_t)trainer->steps_per_epoch;
    beta1_power *= train->optimizer.beta1;
    beta2_power *= train->optimizer.beta2;
    window->scalars[i] =
        (StepScalars){.first = (int64_t)(step % epoch_steps) * train->batch,
                      .step = (uint32_t)step,
                      .epoch = (uint32_t)(step / epoch_steps),
                      .learning_rate = (float)schedule_rate(train, step, (uint64_t)trainer->total_steps),
                      .correction1 = (float)(1.0 / (1.0 - beta1_power)),
                      .correction2 = (float)(1.0 / (1.0 - beta2_power))};
  }
}

static Status report_divergence(const Trainer *trainer, Error *error) {
  const ParameterTable *table = &trainer->model->table;
  const int32_t *flags = trainer->flags.host;
  const char *what = "the gradient norm";
  for (int i = table->count; i >= 0; i--) {
    if (flags[i]) what = i == table->count ? "a row's loss" : table->tensors[i].name;
  }
  return error_set(
      error, STATUS_DIVERGED,
      "step %llu was not taken: %s is not finite or an addend of its gradient is out of range; lower "
      "train.optimizer.learning_rate, set train.clip_norm, or lower numerics.fraction_bits; the state "
      "before that step is saved",
      (unsigned long long)trainer->progress.step, what);
}

// What one taken step changes on the host.
static void commit_step(Trainer *trainer, const StepRecord *record) {
  const OptimizerConfig *optimizer = &trainer->options.config->train.optimizer;
  Progress *progress = &trainer->progress;
  uint64_t epoch = progress->epoch;
  progress->beta1_power *= optimizer->beta1;
  progress->beta2_power *= optimizer->beta2;
  progress->step++;
  progress->epoch = progress->step / (uint64_t)trainer->steps_per_epoch;
  chain_step(progress->chain, progress->step, record->loss, record->gradient_norm);
  trainer_add_event(trainer, (Event){.kind = EVENT_STEP,
                                     .epoch = epoch,
                                     .loss = record->loss,
                                     .gradient_norm = record->gradient_norm});
}

Status steps_take(Trainer *trainer, int64_t count, Error *error) {
  Device *device = trainer->options.device;
  StepWindow *window = trainer->window.host;
  fill_window(trainer, count);
  PASS(mirror_send(device, &trainer->window, error));
  for (int64_t i = 0; i < count; i++) PASS(enqueue_step(trainer, &window->scalars[i], error));
  PASS(mirror_fetch(device, &trainer->window, error));
  for (int64_t i = 0; i < count; i++) {
    if (!window->records[i].taken) {
      PASS(mirror_fetch(device, &trainer->flags, error));
      return report_divergence(trainer, error);
    }
    commit_step(trainer, &window->records[i]);
  }
  return STATUS_OK;
}

Status steps_score_validation(Trainer *trainer, Error *error) {
  int64_t total = trainer->options.validation->rows;
  float *scores = trainer->scores.device;
  for (int64_t at = 0; at < total; at += trainer->micro_rows) {
    int64_t rows = total - at < trainer->micro_rows ? total - at : trainer->micro_rows;
    ModelBatch batch;
    PASS(device_rows_in_order(&batch, &trainer->validation_rows, trainer, at, rows, error));
    model_scores(trainer->model, trainer->options.device, trainer->p.device, &trainer->activations, &batch,
                 scores + at * trainer->model->layout.outputs);
  }
  return mirror_fetch(trainer->options.device, &trainer->scores, error);
}
