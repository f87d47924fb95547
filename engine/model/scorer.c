// Scores rows a block at a time with the forward pass that training uses.
#include "engine/model/scorer.h"

#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

enum { LEAST_ROWS = 256 };                          // of one pass: little beside what training took
static const size_t most_bytes = (size_t)256 << 20; // that more rows may take

struct Scorer {
  Model *model;
  DeviceMemory memory;
  int64_t rows; // of one pass
  Mirror p;
  float *values, *scores; // of one pass
  int32_t *ids;
  Activations activations;
};

static void take_memory(Scorer *scorer) {
  DeviceMemory *memory = &scorer->memory;
  const InputLayout *layout = &scorer->model->layout;
  scorer->p = device_memory_mirror(memory, scorer->model->table.size, sizeof(float));
  scorer->values = device_memory_take(memory, scorer->rows * layout->value_count, sizeof(float));
  scorer->ids = device_memory_take(memory, scorer->rows * layout->category_count, sizeof(int32_t));
  scorer->scores = device_memory_take(memory, scorer->rows * layout->outputs, sizeof(float));
  activations_take(&scorer->activations, scorer->model, memory, scorer->rows, 0);
}

// The rows that suit the device, fewer where they take much memory; takes nothing.
static void settle_rows(Scorer *scorer) {
  const DeviceMemory none = scorer->memory;
  scorer->rows = device_pass_rows(none.device);
  for (;; scorer->rows /= 2) {
    take_memory(scorer);
    size_t bytes = device_memory_bytes(&scorer->memory);
    scorer->memory = none;
    if (scorer->rows <= LEAST_ROWS || bytes <= most_bytes) return;
  }
}

static Status load_parameters(Scorer *scorer, const TensorSet *tensors, Error *error) {
  const ParameterTable *table = &scorer->model->table;
  Device *device = scorer->memory.device;
  for (int i = 0; i < table->count; i++) {
    const TensorView *view = tensor_set_find(tensors, table->tensors[i].name);
    memcpy((float *)scorer->p.host + table->tensors[i].offset, view->data, tensor_bytes(view));
  }
  PASS(mirror_send(device, &scorer->p, error));
  return activations_bind(&scorer->activations, scorer->model, device, scorer->p.device, NULL, NULL, error);
}

Status scorer_create(Scorer **scorer, const TensorSet *tensors, const InputLayout *layout, Task task,
                     Device *device, Error *error) {
  Scorer *made = memory_get(1, sizeof *made);
  Status status;
  made->memory.device = device;
  TRY(model_from_tensors(&made->model, tensors, layout, task, error));
  settle_rows(made);
  take_memory(made);
  TRY(device_memory_allocate(&made->memory, error));
  take_memory(made);
  TRY(load_parameters(made, tensors, error));
  *scorer = made;
  return STATUS_OK;
done:
  scorer_free(made);
  return status;
}

// One pass: `count` rows of the batch from row `at`.
static Status run_block(Scorer *scorer, float *scores, const Batch *batch, int64_t at, int64_t count,
                        Error *error) {
  const InputLayout *layout = &scorer->model->layout;
  Device *device = scorer->memory.device;
  size_t value_bytes = (size_t)(count * layout->value_count) * sizeof(float);
  size_t id_bytes = (size_t)(count * layout->category_count) * sizeof(int32_t);
  size_t score_bytes = (size_t)(count * layout->outputs) * sizeof(float);
  PASS(device_copy_in(device, scorer->values, batch->values + at * layout->value_count, value_bytes, error));
  PASS(device_copy_in(device, scorer->ids, batch->ids + at * layout->category_count, id_bytes, error));
  ModelBatch block = {.data = {.values = scorer->values, .ids = scorer->ids}, .rows = count};
  model_scores(scorer->model, device, scorer->p.device, &scorer->activations, &block, scorer->scores);
  return device_copy_out(device, scores + at * layout->outputs, scorer->scores, score_bytes, error);
}

Status scorer_run(Scorer *scorer, float *scores, const Batch *batch, int64_t rows, Error *error) {
  for (int64_t at = 0; at < rows; at += scorer->rows) {
    int64_t count = rows - at < scorer->rows ? rows - at : scorer->rows;
    PASS(run_block(scorer, scores, batch, at, count, error));
  }
  return STATUS_OK;
}

void scorer_free(Scorer *scorer) {
  if (scorer == NULL) return;
  model_free(scorer->model);
  device_memory_free(&scorer->memory);
  free(scorer);
}
