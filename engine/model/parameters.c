// The parameter table.
#include "engine/model/parameters.h"

#include "engine/shared/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 16 }; // elements: one line

void parameter_table_add(ParameterTable *table, const ParameterTensor *tensor) {
  if (table->count == table->capacity) {
    table->capacity = table->capacity == 0 ? 16 : 2 * table->capacity;
    table->tensors = memory_grow(table->tensors, (size_t)table->capacity, sizeof *table->tensors);
  }
  table->tensors[table->count++] = *tensor;
}

static int compare_names(const void *a, const void *b) {
  return strcmp(((const ParameterTensor *)a)->name, ((const ParameterTensor *)b)->name);
}

void parameter_table_finish(ParameterTable *table) {
  qsort(table->tensors, (size_t)table->count, sizeof *table->tensors, compare_names);
  table->runs = memory_get((size_t)table->count, sizeof *table->runs);
  for (int i = 0; i < table->count; i++) {
    ParameterTensor *tensor = &table->tensors[i];
    tensor->count = tensor->shape[0] * (tensor->rank == 2 ? tensor->shape[1] : 1);
    tensor->offset = table->size;
    table->runs[i] = (TensorRun){tensor->offset, tensor->count, table->block_count, tensor->rank >= 2};
    table->size += (tensor->count + ALIGN - 1) / ALIGN * ALIGN;
    table->block_count += (tensor->count + X1_NORM_BLOCK - 1) / X1_NORM_BLOCK;
  }
}

void parameter_table_free(ParameterTable *table) {
  free(table->tensors);
  free(table->runs);
  memset(table, 0, sizeof *table);
}

int parameter_table_find(const ParameterTable *table, const char *name) {
  for (int i = 0; i < table->count; i++) {
    if (strcmp(table->tensors[i].name, name) == 0) return i;
  }
  return -1;
}

Status parameter_table_initialise(const ParameterTable *table, Device *device, const Mirror *p, uint64_t seed,
                                  Error *error) {
  for (int i = 0; i < table->count; i++) {
    const ParameterTensor *tensor = &table->tensors[i];
    float *w = (float *)p->host + tensor->offset;
    for (int64_t e = 0; e < tensor->count; e++) w[e] = tensor->initial == INITIAL_ONE ? 1.0f : 0.0f;
  }
  PASS(mirror_send(device, p, error));
  for (int i = 0; i < table->count; i++) {
    const ParameterTensor *tensor = &table->tensors[i];
    if (tensor->initial != INITIAL_UNIFORM) continue;
    float bound = (float)__builtin_sqrt(tensor->gain / (double)tensor->fan_in);
    Initialise initialise = {(float *)p->device + tensor->offset, tensor->count, seed, (uint32_t)i, bound};
    device_initialise(device, &initialise);
  }
  return mirror_fetch(device, p, error);
}

void parameter_table_views(const ParameterTable *table, TensorSet *set, const char *prefix, float *flat) {
  for (int i = 0; i < table->count; i++) {
    const ParameterTensor *tensor = &table->tensors[i];
    char name[TENSOR_NAME_MAX];
    snprintf(name, sizeof name, "%s%s", prefix, tensor->name);
    tensor_set_add(set, name, DTYPE_F32, tensor->rank, tensor->shape, flat + tensor->offset);
  }
}
