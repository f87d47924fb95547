// Scores rows a block at a time with the forward pass that training uses.
#include "engine/model/scorer.h"

#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

enum { SCORER_ROWS = 256 }; // rows of one forward pass: little beside what training took

struct Scorer {
  Model *model;
  Device *device;
  Arena arena;
  float *p;
  Activations activations;
};

static void carve(Scorer *scorer) {
  scorer->p = arena_take(&scorer->arena, scorer->model->table.size, sizeof(float));
  activations_take(&scorer->activations, scorer->model, &scorer->arena, SCORER_ROWS, 0);
}

Status scorer_create(Scorer **scorer, const TensorSet *tensors, const InputLayout *layout, Task task,
                     Device *device, Error *error) {
  Scorer *made = memory_get(1, sizeof *made);
  made->device = device;
  Status status;
  TRY(model_from_tensors(&made->model, tensors, layout, task, error));
  carve(made);
  TRY(arena_allocate(&made->arena, error));
  carve(made);
  const ParameterTable *table = &made->model->table;
  for (int i = 0; i < table->count; i++) {
    const TensorView *view = tensor_set_find(tensors, table->tensors[i].name);
    memcpy(made->p + table->tensors[i].offset, view->data, tensor_bytes(view));
  }
  *scorer = made;
  return STATUS_OK;
done:
  scorer_free(made);
  return status;
}

void scorer_run(Scorer *scorer, float *scores, const Batch *batch, int64_t rows) {
  const InputLayout *layout = &scorer->model->layout;
  for (int64_t at = 0; at < rows; at += SCORER_ROWS) {
    int64_t count = rows - at < SCORER_ROWS ? rows - at : SCORER_ROWS;
    Batch part = {.values = batch->values + at * layout->value_count,
                  .ids = batch->ids + at * layout->category_count};
    ModelBatch block = {.data = &part, .rows = count};
    model_scores(scorer->model, scorer->device, scorer->p, &scorer->activations, &block,
                 scores + at * layout->outputs);
  }
}

void scorer_free(Scorer *scorer) {
  if (scorer == NULL) return;
  model_free(scorer->model);
  arena_free(&scorer->arena);
  free(scorer);
}
