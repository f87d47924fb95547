// The parameter table: from one list of (name, shape, initial values) come allocation, gradients, moments,
// checkpoint entries and weight decay.
//
// All parameters are one flat array; each tensor starts at a multiple of 16 elements, the gaps stay 0. The
// table is sorted by byte order of names: that is the "tensor order" of numerics x1.
#ifndef INGOT_ENGINE_MODEL_PARAMETERS_H
#define INGOT_ENGINE_MODEL_PARAMETERS_H

#include "engine/device/device_memory.h"
#include "engine/shared/tensor.h"

typedef enum InitialKind { INITIAL_UNIFORM, INITIAL_ZERO, INITIAL_ONE } InitialKind;

typedef struct ParameterTensor {
  char name[64];
  int rank;         // 1 or 2
  int64_t shape[2]; // a linear weight is [out, in], an embedding [rows, width]
  InitialKind initial;
  double gain; // uniform: bound = (float)sqrt(gain / fan_in)
  int64_t fan_in;
  int64_t offset, count; // in the flat array, elements
} ParameterTensor;

typedef struct ParameterTable {
  ParameterTensor *tensors;
  TensorRun *runs; // the same order
  int count, capacity;
  int64_t size;        // of the flat array, elements
  int64_t block_count; // of R6
} ParameterTable;

// Adds a tensor; names must be unique. After the last one: parameter_table_finish sorts and lays out.
void parameter_table_add(ParameterTable *table, const ParameterTensor *tensor);
void parameter_table_finish(ParameterTable *table);
void parameter_table_free(ParameterTable *table);

// Index of a tensor, -1 if absent.
int parameter_table_find(const ParameterTable *table, const char *name);

// Initial values of every tensor (R5, kind 1) into the flat array p, on the device and on the host.
Status parameter_table_initialise(const ParameterTable *table, Device *device, const Mirror *p, uint64_t seed,
                                  Error *error);

// Views of a flat array by tensor, names prefixed ("" or "moment1.").
void parameter_table_views(const ParameterTable *table, TensorSet *set, const char *prefix, float *flat);

#endif
