// Scores rows a block at a time with the forward pass that training uses.
#include "engine/model/scorer.h"

#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

enum { SCORER_ROWS = 256 }; // rows of one forward pass: little beside what training took

struct Scorer {
  Model *model;
  DeviceMemory memory;
  Mirror p;
  float *values, *scores; // of one pass
  int32_t *ids;
  Activations activations;
};

static void take_memory(Scorer *scorer) {
  DeviceMemory *memory = &scorer->memory;
  const InputLayout *layout = &scorer->model->layout;
  scorer->p = device_memory_mirror(memory, scorer->model->table.size, sizeof(float));
  scorer->values = device_memory_take(memory, SCORER_ROWS * layout->value_count, sizeof(float));
  scorer->ids = device_memory_take(memory, SCORER_ROWS * layout->category_count, sizeof(int32_t));
  scorer->scores = device_memory_take(memory, SCORER_ROWS * layout->outputs, sizeof(float));
  activations_take(&scorer->activations, scorer->model, memory, SCORER_ROWS, 0);
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
  for (int64_t at = 0; at < rows; at += SCORER_ROWS) {
    int64_t count = rows - at < SCORER_ROWS ? rows - at : SCORER_ROWS;
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
