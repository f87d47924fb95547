// The state of a trainer as named tensors: views, digests, and the way back from a checkpoint.
#include "engine/train/trainer_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void add_state(TensorSet *set, const char *name, DType dtype, int64_t count, void *data) {
  char full[TENSOR_NAME_MAX];
  snprintf(full, sizeof full, "state.%s", name);
  tensor_set_add(set, full, dtype, 1, &count, data);
}

void trainer_make_views(Trainer *trainer) {
  const ParameterTable *table = &trainer->model->table;
  Progress *progress = &trainer->progress;
  model_views(trainer->model, &trainer->model_set, trainer->p.host);
  if (trainer->options.preprocess != NULL)
    tensor_set_add_all(&trainer->model_set, trainer->options.preprocess);
  TensorSet *set = &trainer->optimizer_set;
  if (trainer->options.config->train.optimizer.kind == OPTIMIZER_ADAMW) {
    parameter_table_views(table, set, "moment1.", trainer->m.host);
    parameter_table_views(table, set, "moment2.", trainer->v.host);
  } else {
    parameter_table_views(table, set, "momentum.", trainer->m.host);
  }
  char *bits = trainer->options.config->bits_text;
  add_state(set, "step", DTYPE_U64, 1, &progress->step);
  add_state(set, "epoch", DTYPE_U64, 1, &progress->epoch);
  add_state(set, "beta1_power", DTYPE_F64, 1, &progress->beta1_power);
  add_state(set, "beta2_power", DTYPE_F64, 1, &progress->beta2_power);
  add_state(set, "best", DTYPE_F64, 1, &progress->best);
  add_state(set, "best_step", DTYPE_U64, 1, &progress->best_step);
  add_state(set, "patience", DTYPE_U64, 1, &progress->patience);
  add_state(set, "chain", DTYPE_U8, DIGEST_BYTES, progress->chain);
  add_state(set, "config", DTYPE_U8, (int64_t)strlen(bits), bits);
  add_state(set, "data", DTYPE_U8, DIGEST_BYTES, trainer->options.data_digest);
  tensor_set_sort(&trainer->model_set);
  tensor_set_sort(set);
}

Status trainer_fetch_state(Trainer *trainer, Error *error) {
  Device *device = trainer->options.device;
  PASS(mirror_fetch(device, &trainer->p, error));
  PASS(mirror_fetch(device, &trainer->m, error));
  return mirror_fetch(device, &trainer->v, error);
}

Status trainer_send_state(Trainer *trainer, Error *error) {
  Device *device = trainer->options.device;
  PASS(mirror_send(device, &trainer->p, error));
  PASS(mirror_send(device, &trainer->m, error));
  return mirror_send(device, &trainer->v, error);
}

const TensorSet *trainer_model(const Trainer *trainer) {
  return &trainer->model_set;
}
const TensorSet *trainer_optimizer(const Trainer *trainer) {
  return &trainer->optimizer_set;
}

void trainer_digests(const Trainer *trainer, uint8_t model[DIGEST_BYTES], uint8_t state[DIGEST_BYTES]) {
  TensorSet all = {0};
  tensor_set_add_all(&all, &trainer->model_set);
  tensor_set_add_all(&all, &trainer->optimizer_set);
  tensor_set_digest(model, &trainer->model_set);
  tensor_set_digest(state, &all);
  tensor_set_free(&all);
}

static int same_tensor(const TensorView *a, const TensorView *b) {
  return tensor_same_shape(a, b) && memcmp(a->data, b->data, tensor_bytes(a)) == 0;
}

// What a checkpoint must share with this run: bits config, data, activation, fitted preprocessing.
static int must_match(const TensorView *mine) {
  return strcmp(mine->name, "state.config") == 0 || strcmp(mine->name, "state.data") == 0 ||
         strcmp(mine->name, "model.activation") == 0 || strncmp(mine->name, "preprocess.", 11) == 0;
}

static Status check_set(const TensorSet *mine, const TensorSet *tensors, Error *error) {
  for (int i = 0; i < mine->count; i++) {
    const TensorView *theirs = tensor_set_find(tensors, mine->items[i].name);
    if (theirs == NULL) {
      return error_set(error, STATUS_DATA, "the checkpoint lacks the tensor '%s'", mine->items[i].name);
    }
    if (must_match(&mine->items[i])) {
      if (same_tensor(&mine->items[i], theirs)) continue;
      return error_set(
          error, STATUS_CONFIG,
          "the checkpoint belongs to another run: its '%s' differs from this configuration and data",
          mine->items[i].name);
    }
    if (!tensor_same_shape(&mine->items[i], theirs)) {
      return error_set(error, STATUS_DATA,
                       "the checkpoint's tensor '%s' has another type or shape than this model's",
                       mine->items[i].name);
    }
  }
  return STATUS_OK;
}

static void add_places(TensorSet *places, const TensorSet *mine) {
  for (int i = 0; i < mine->count; i++) {
    const TensorView *item = &mine->items[i];
    if (!must_match(item))
      tensor_set_add(places, item->name, item->dtype, item->rank, item->shape, item->data);
  }
}

void trainer_places(const Trainer *trainer, TensorSet *places) {
  add_places(places, &trainer->model_set);
  add_places(places, &trainer->optimizer_set);
  tensor_set_sort(places);
}

static void take_set(TensorSet *mine, const TensorSet *tensors) {
  for (int i = 0; i < mine->count; i++) {
    if (must_match(&mine->items[i])) continue;
    const TensorView *theirs = tensor_set_find(tensors, mine->items[i].name);
    if (theirs->data != mine->items[i].data) memcpy(mine->items[i].data, theirs->data, tensor_bytes(theirs));
  }
}

Status trainer_restore(Trainer *trainer, const TensorSet *tensors, Error *error) {
  PASS(check_set(&trainer->optimizer_set, tensors, error));
  PASS(check_set(&trainer->model_set, tensors, error));
  take_set(&trainer->optimizer_set, tensors);
  take_set(&trainer->model_set, tensors);
  PASS(trainer_send_state(trainer, error));
  trainer->logged_step = trainer->progress.step;
  if (trainer->progress.step > (uint64_t)trainer->total_steps) {
    return error_set(error, STATUS_DATA,
                     "the checkpoint is at step %" PRIu64 ", beyond the %lld of this configuration",
                     trainer->progress.step, (long long)trainer->total_steps);
  }
  return STATUS_OK;
}
