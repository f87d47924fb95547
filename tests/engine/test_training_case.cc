// Synthetic training cases in memory: data, configuration, and one run to its digest.
#include "training_case.h"

#include <gtest/gtest.h>

namespace {

// A plain generator of its own, so that the data depend on nothing under test.
struct Lcg {
  uint64_t state;
  double next() {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (double)(state >> 33) * 0x1p-31;
  }
};

void fill_rows(TrainingCase *c, int values, int categories, int classes) {
  Lcg random{42};
  for (int64_t i = 0; i < c->rows + c->validation_rows; i++) {
    double signal = 0;
    for (int v = 0; v < values; v++) {
      double x = random.next() * 4 - 2;
      c->values.push_back((float)x);
      signal += (v % 2 == 0 ? x : -0.5 * x * x);
    }
    for (int k = 0; k < categories; k++) {
      int id = (int)(random.next() * 7);
      c->ids.push_back(id);
      signal += id == 3 ? 1.0 : 0.0;
    }
    double noisy = signal + random.next() - 0.5;
    c->targets.push_back(classes == 0   ? (float)(noisy * 0.5)
                         : classes == 2 ? (noisy > 0 ? 1.0f : 0.0f)
                                        : (float)((int)(noisy + 100) % classes));
    c->weights.push_back(i % 5 == 0 ? 0.5f : 1.0f);
  }
}

void set_layout(TrainingCase *c, int values, int categories, int outputs) {
  // Numeric and category inputs in turn: the order of the input vector is the configuration's.
  c->segments.push_back({0, 0, 2, 0});
  for (int k = 0; k < categories; k++) c->segments.push_back({1, k, 3 + k, 7});
  c->segments.push_back({0, 2, values - 2, 0});
  int width = values;
  for (int k = 0; k < categories; k++) width += 3 + k;
  c->layout = {nullptr, (int)c->segments.size(), values, categories, width, outputs};
}

void set_config(TrainingCase *c, Task task, OptimizerKind optimizer) {
  Config *config = &c->config;
  config->seed = 11;
  config->numerics = {const_cast<char *>("x1"), 128, 40, FAST_TF32};
  config->data.target.task = task;
  config->model.kind = c->hidden.empty() ? MODEL_LINEAR : MODEL_MLP;
  config->model.activation = ACTIVATION_RELU;
  config->model.norm = NORM_LAYER;
  config->model.dropout = 0.1;
  config->train.batch = 600;
  config->train.epochs = 3;
  config->train.optimizer = {optimizer, 0.01, 0.01, 0.9, 0.999, 1e-8, 0.9};
  config->train.schedule = {SCHEDULE_COSINE, 2, 0.1};
  config->train.clip_norm = 1.0;
  config->checkpoint.every_epochs = 1;
  config->log_every_steps = 2;
}

Status read_rows(BatchSource *base, Batch *out, const int64_t *rows, int64_t count, Error *) {
  CaseSource *s = (CaseSource *)base;
  for (int64_t i = 0; i < count; i++) {
    int64_t r = rows[i];
    memcpy(out->values + i * s->values, s->batch->values + r * s->values, sizeof(float) * (size_t)s->values);
    memcpy(out->ids + i * s->categories, s->batch->ids + r * s->categories,
           sizeof(int32_t) * (size_t)s->categories);
    out->targets[i] = s->batch->targets[r];
    out->weights[i] = s->batch->weights[r];
  }
  return STATUS_OK;
}

Status select_value(void *context, double *value, double *loss, const float *scores, int64_t rows,
                    int outputs, Error *) {
  const float *targets = (const float *)context;
  double sum = 0;
  for (int64_t i = 0; i < rows; i++) {
    double d = outputs == 1 ? (double)scores[i] - (double)targets[i]
                            : 1.0 - (double)scores[i * outputs + (int)targets[i]];
    sum += d * d;
  }
  *value = *loss = sum / (double)rows;
  return STATUS_OK;
}

Status take_events(void *context, const Event *events, int count, Error *) {
  auto *all = (std::vector<Event> *)context;
  all->insert(all->end(), events, events + count);
  return STATUS_OK;
}

// The last snapshot, its tensors copied: what a checkpoint on disk would hold.
struct Saved {
  std::vector<std::vector<unsigned char>> bytes;
  TensorSet set{};
  std::string state, model;
  ~Saved() { tensor_set_free(&set); }
};

std::string hex_of(const uint8_t *digest) {
  char hex[DIGEST_HEX];
  sha256_hex(hex, digest);
  return hex;
}

Status take_snapshot(void *context, const Snapshot *snapshot, Error *) {
  Saved *saved = (Saved *)context;
  tensor_set_free(&saved->set);
  saved->bytes.clear();
  for (const TensorSet *set : {snapshot->model, snapshot->optimizer}) {
    for (int i = 0; i < set->count; i++) {
      const TensorView &t = set->items[i];
      saved->bytes.emplace_back((unsigned char *)t.data, (unsigned char *)t.data + tensor_bytes(&t));
      tensor_set_add(&saved->set, t.name, t.dtype, t.rank, t.shape, saved->bytes.back().data());
    }
  }
  saved->state = hex_of(snapshot->state_digest);
  saved->model = hex_of(snapshot->model_digest);
  return STATUS_OK;
}

} // namespace

TrainingCase training_case(const std::string &name, int64_t rows) {
  TrainingCase c;
  c.name = name;
  bool wide = name == "mlp_wide";
  ActivationKind map = name == "mlp_gelu"   ? ACTIVATION_GELU
                       : name == "mlp_silu" ? ACTIVATION_SILU
                       : name == "mlp_tanh" ? ACTIVATION_TANH
                                            : ACTIVATION_NONE;
  int classes = name == "mlp_binary" || wide ? 2 : name == "mlp_multiclass" || map ? 4 : 0;
  if (classes != 0) c.hidden = {48, 70}; // 70: more than one round of the 64 lanes
  if (wide) c.hidden = {1100, 6}, c.rows = 300;
  if (map) c.hidden = {20, 17};
  if (rows > 0) c.rows = rows;
  fill_rows(&c, 5, 2, classes);
  set_layout(&c, 5, 2, classes == 4 ? 4 : 1);
  set_config(&c,
             classes == 2   ? TASK_BINARY
             : classes == 4 ? TASK_MULTICLASS
                            : TASK_REGRESSION,
             classes == 0 ? OPTIMIZER_SGD : OPTIMIZER_ADAMW);
  if (wide) c.config.train.epochs = 1;
  if (map) c.config.model.activation = map;
  if (map > ACTIVATION_GELU) c.config.model.norm = NORM_NONE;
  if (map > ACTIVATION_SILU) c.config.model.dropout = 0;
  if (classes == 4) {
    c.config.data.order = ORDER_BLOCKS;
    c.config.data.block_rows = 64;
    c.config.data.block_window = 5;
  }
  return c;
}

CaseSource case_source(const Batch *batch, int64_t rows, bool streamed) {
  return {{rows, read_rows, streamed ? nullptr : batch}, batch, 5, 2};
}

RunResult run_case(const TrainingCase &given, const RunOptions &options) {
  TrainingCase c = given;
  RunResult result;
  Error error{};
  c.layout.segments = c.segments.data();
  c.config.model.hidden = c.hidden.data();
  c.config.model.hidden_count = (int)c.hidden.size();
  c.config.bits_text = const_cast<char *>(c.bits.c_str());
  Batch train{c.values.data(), c.ids.data(), c.targets.data(), c.weights.data()};
  Batch validation{train.values + c.rows * c.layout.value_count, train.ids + c.rows * c.layout.category_count,
                   train.targets + c.rows, train.weights + c.rows};
  CaseSource sources[2] = {case_source(&train, c.rows, options.stream),
                           case_source(&validation, c.validation_rows, options.stream)};
  if (options.fast) c.config.numerics.id = const_cast<char *>("f1");
  c.config.numerics.product = options.operands;
  Saved saved;
  TrainerOptions to{};
  to.config = &c.config;
  to.layout = &c.layout;
  to.train = &sources[0].base;
  to.validation = &sources[1].base;
  to.selection = {validation.targets, 0, select_value};
  to.events = {&result.events, take_events};
  to.checkpoints = {&saved, take_snapshot};
  for (int part = 0; part < (options.stop_after > 0 ? 2 : 1); part++) {
    bool second = part == 1;
    c.config.train.micro_batch =
        second && options.micro_batch_after != 0 ? options.micro_batch_after : options.micro_batch;
    int threads = second && options.threads_after != 0 ? options.threads_after : options.threads;
    Device *device = nullptr;
    Trainer *trainer = nullptr;
    const CudaLibrary *cuda =
        (second ? options.cuda_first_half_only : options.cuda_second_half_only) ? nullptr : options.cuda;
    result.status = cuda != nullptr ? device_create_from_library(&device, cuda, 0, &error)
                    : options.operators != nullptr
                        ? device_create_with(&device, options.operators, threads, &error)
                        : device_create(&device, options.isa, threads, &error);
    if (options.fast && result.status == STATUS_OK) {
      result.status = device_make_fast(device, options.operands, &error);
      if (result.status == STATUS_OK && second && !options.new_pins_after) {
        ProductPins pins = *device_pins(device);
        pins.items = result.pins.data(), pins.count = (int)result.pins.size();
        result.status = device_use_pins(device, &pins, &error);
      }
    }
    to.device = device;
    TrainEnd end{};
    if (result.status == STATUS_OK) result.status = trainer_plan(&result.plan, &to, &error);
    if (result.status == STATUS_OK) result.status = trainer_create(&trainer, &to, &error);
    if (result.status == STATUS_OK && !second) trainer_set_until(trainer, options.stop_after);
    if (result.status == STATUS_OK && second) result.status = trainer_restore(trainer, &saved.set, &error);
    if (result.status == STATUS_OK) result.status = trainer_run(trainer, &end, &error);
    if (trainer != nullptr) result.steps = trainer_step(trainer);
    trainer_free(trainer);
    const ProductPins *pins = device == nullptr ? nullptr : device_pins(device);
    if (pins != nullptr) result.pins.assign(pins->items, pins->items + pins->count);
    if (cuda != nullptr && device != nullptr) {
      result.launches.resize((size_t)cuda->kernel_count);
      device_add_launches(result.launches.data(), device);
    }
    device_free(device);
    if (result.status != STATUS_OK) break;
  }
  result.message = error.text;
  result.digest = saved.state;
  result.model_digest = saved.model;
  return result;
}
