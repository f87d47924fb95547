// Carving and sizing a trainer's memory: the same code plans and allocates.
#include "engine/train/plan.h"

#include "engine/train/device_rows.h"
#include "engine/train/products.h"

#include <stdbool.h>

static const size_t auto_micro_bytes = (size_t)64 << 20; // what `micro_batch: auto` lets activations take

static int ceil_log2(int64_t n) {
  int bits = 0;
  while (((int64_t)1 << bits) < n) bits++;
  return bits;
}

static double power_of_two(int exponent) {
  double power = 1.0;
  for (; exponent > 0; exponent--) power *= 2.0;
  for (; exponent < 0; exponent++) power *= 0.5;
  return power;
}

Quantiser plan_quantiser(int fraction_bits, int64_t addends) {
  return (Quantiser){power_of_two(fraction_bits),
                     (float)power_of_two(62 - fraction_bits - ceil_log2(addends))};
}

int64_t plan_loss_bound(int64_t batch) {
  return (int64_t)1 << (62 - ceil_log2(batch));
}

static int64_t whole_grains(int64_t rows, int64_t grain) {
  return (rows + grain - 1) / grain * grain;
}

static size_t activation_bytes(const Model *model, Device *device, int64_t rows) {
  DeviceMemory measure = {.device = device};
  Activations activations;
  activations_take(&activations, model, &measure, rows, 1);
  return device_memory_bytes(&measure);
}

// The largest whole number of grains whose activations stay within the limit; at least one.
static int64_t auto_micro_rows(const Trainer *trainer, int64_t all, int64_t grain) {
  int64_t rows = all;
  while (rows > grain && activation_bytes(trainer->model, trainer->options.device, rows) > auto_micro_bytes) {
    rows = whole_grains(rows / 2, grain);
  }
  return rows;
}

Status plan_settle(Trainer *trainer, Error *error) {
  const Config *config = trainer->options.config;
  int64_t rows = trainer->options.train->rows, grain = config->numerics.grain;
  if (rows < 1) return error_set(error, STATUS_DATA, "the training part has no rows: check data.split");
  trainer->batch = config->train.batch < rows ? config->train.batch : rows;
  trainer->steps_per_epoch = (rows + config->train.batch - 1) / config->train.batch;
  trainer->total_steps = trainer->steps_per_epoch * config->train.epochs;
  if (trainer->total_steps >> 32 != 0) {
    return error_set(error, STATUS_CONFIG, "%lld steps: at most 2^32 - 1 are supported; raise train.batch",
                     (long long)trainer->total_steps);
  }
  int64_t all = whole_grains(trainer->batch, grain);
  int64_t micro = config->train.micro_batch;
  if (micro == MICRO_BATCH_AUTO) micro = auto_micro_rows(trainer, all, grain);
  if (micro == MICRO_BATCH_ALL || micro > all) micro = all;
  trainer->micro_rows = micro;
  device_rows_settle(&trainer->train_rows, trainer->options.train, trainer);
  device_rows_settle(&trainer->validation_rows, trainer->options.validation, trainer);
  return STATUS_OK;
}

static void carve_parameters(Trainer *trainer) {
  DeviceMemory *memory = &trainer->memory;
  const ParameterTable *table = &trainer->model->table;
  int has_second_moment = trainer->options.config->train.optimizer.kind == OPTIMIZER_ADAMW;
  trainer->p = device_memory_mirror(memory, table->size, sizeof(float));
  trainer->g = device_memory_take(memory, table->size, sizeof(float));
  trainer->m = device_memory_mirror(memory, table->size, sizeof(float));
  trainer->v = device_memory_mirror(memory, has_second_moment ? table->size : 0, sizeof(float));
  trainer->q = device_memory_take(memory, table->size, sizeof(int64_t));
  trainer->blocks = device_memory_take(memory, table->block_count, sizeof(float));
  trainer->clip = device_memory_take(memory, 1, sizeof(float));
  trainer->sums = device_memory_take(memory, 1, sizeof(BatchSums));
  trainer->runs = device_memory_mirror(memory, table->count, sizeof(TensorRun));
  trainer->flags = device_memory_mirror(memory, table->count + 2, sizeof(int32_t));
  trainer->window = device_memory_mirror(memory, 1, sizeof(StepWindow));
}

static void carve_stage(Trainer *trainer) {
  DeviceMemory *memory = &trainer->memory;
  const InputLayout *layout = trainer->options.layout;
  int64_t rows = trainer->micro_rows;
  trainer->stage.values = device_memory_mirror(memory, rows * layout->value_count, sizeof(float));
  trainer->stage.ids = device_memory_mirror(memory, rows * layout->category_count, sizeof(int32_t));
  trainer->stage.targets = device_memory_mirror(memory, rows, sizeof(float));
  trainer->stage.weights = device_memory_mirror(memory, rows, sizeof(float));
  trainer->stage_order = device_memory_mirror(memory, rows, sizeof(int64_t)).host;
}

static void carve_batches(Trainer *trainer) {
  int validates = trainer->options.validation != NULL;
  trainer->rows_of = device_memory_take(&trainer->memory, trainer->batch, sizeof(int64_t));
  device_rows_take(&trainer->train_rows, trainer);
  if (validates) device_rows_take(&trainer->validation_rows, trainer);
  if (!trainer->train_rows.resident || (validates && !trainer->validation_rows.resident))
    carve_stage(trainer);
}

static size_t grown(const Trainer *trainer, size_t *mark) {
  size_t all = device_memory_bytes(&trainer->memory), bytes = all - *mark;
  *mark = all;
  return bytes;
}

void plan_carve(Trainer *trainer, TrainerPlan *plan) {
  TrainerPlan unused;
  if (plan == NULL) plan = &unused;
  const Model *model = trainer->model;
  size_t mark = 0;
  *plan = (TrainerPlan){.micro_batch = trainer->micro_rows,
                        .steps_per_epoch = trainer->steps_per_epoch,
                        .total_steps = trainer->total_steps};
  for (int i = 0; i < model->table.count; i++) plan->parameters += model->table.tensors[i].count;
  plan->useful_ranks = whole_grains(trainer->batch, trainer->options.config->numerics.grain) /
                       trainer->options.config->numerics.grain;
  carve_parameters(trainer);
  plan->parameter_bytes = grown(trainer, &mark);
  activations_take(&trainer->activations, model, &trainer->memory, trainer->micro_rows, 1);
  trainer->product_workspace = device_memory_take(&trainer->memory, (int64_t)products_bytes(trainer), 1);
  plan->activation_bytes = grown(trainer, &mark);
  carve_batches(trainer);
  plan->batch_bytes = grown(trainer, &mark);
  if (trainer->options.validation != NULL) {
    int64_t scores = trainer->options.validation->rows * model->layout.outputs;
    trainer->scores = device_memory_mirror(&trainer->memory, scores, sizeof(float));
  }
  plan->validation_bytes = grown(trainer, &mark);
  bool on_host = device_shares_host_memory(trainer->options.device);
  plan->host_bytes = on_host ? device_memory_bytes(&trainer->memory) : trainer->memory.host.size;
}
