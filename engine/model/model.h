// The tabular model: input vector, hidden blocks, output layer; forward and backward over a micro-batch.
//
// A hidden block is linear -> [layer norm] -> activation -> [dropout]; the linear model has no blocks.
// Parameters by name: embeddings.<j>.weight [rows, width], layers.<i>.weight [out, in] and .bias,
// norms.<i>.weight and .bias (gamma, beta); the output layer is the last of `layers`. An activation other
// than ReLU is named by the tensor `model.activation`, so that a checkpoint's tensors say all that scoring
// needs.
#ifndef INGOT_ENGINE_MODEL_MODEL_H
#define INGOT_ENGINE_MODEL_MODEL_H

#include "engine/device/device_memory.h"
#include "engine/device/fast.h"
#include "engine/model/parameters.h"
#include "engine/preprocess/batch_source.h"
#include "engine/shared/config.h"

enum { MODEL_LAYERS_MAX = 64, MODEL_INPUTS_MAX = 4096 };

typedef struct Layer {
  int64_t inputs, outputs;
  int weight, bias; // tensors of the table
  int gamma, beta;  // tensors of the table, -1 without norm
  int is_output;
  ActivationKind activation;
} Layer;

typedef struct Model {
  ParameterTable table;
  Layer layers[MODEL_LAYERS_MAX];
  int layer_count;
  InputLayout layout; // segments owned by the model
  int *embeddings;    // [segment_count]: tensor of a category segment, -1 for numeric ones
  LossKind loss;
  ActivationKind activation; // of the hidden layers
  double dropout;
} Model;

// What a forward pass writes and its backward pass reads, for up to `rows` rows, on the device.
typedef struct Activations {
  Mirror segments;            // GatherSegment: where inputs come from and gradients go
  int64_t segment_count;      // of them; numeric inputs side by side share one
  float *x;                   // [m, D]
  float *z[MODEL_LAYERS_MAX]; // [m, outputs] what a norm reads, NULL without norm
  float *h[MODEL_LAYERS_MAX]; // [m, outputs] normalised, NULL without norm
  float *r[MODEL_LAYERS_MAX]; // [m]
  float *u[MODEL_LAYERS_MAX]; // [m, outputs] what an activation that is a map is applied to; training only
  float *a[MODEL_LAYERS_MAX]; // [m, outputs] after activation and dropout; of the last layer: the model's
                              // outputs
  float *dz, *dx;             // [m, widest layer] gradients on their way back; training only
} Activations;

// One micro-batch as the model sees it; pointers are the device's.
typedef struct ModelBatch {
  Batch data;             // arrays that rows_of points into
  const int64_t *rows_of; // [rows], NULL = rows 0, 1, ...
  int64_t rows;
  int64_t first_position; // position in the batch of row 0
} ModelBatch;

// What a training pass needs beyond the batch; pointers are the device's.
typedef struct TrainingPass {
  const StepWindow *window;
  uint64_t seed;
  int64_t grain;
  int64_t loss_bound;
  Quantiser quantiser; // for everything but embeddings
  Quantiser embedding_quantiser;
  int64_t *q;     // flat accumulators, the table's layout
  int32_t *flags; // [table.count + 2]: tensors, loss, gradient norm
  BatchSums *sums;
} TrainingPass;

LossKind loss_of_task(Task task);

// 78 where the model is too deep, or has no inputs or too many.
Status model_create(Model **model, const ModelConfig *config, const InputLayout *layout, Task task,
                    Error *error);

// The same for prediction, the shape read from tensors of a checkpoint; 65 where they do not make a model.
Status model_from_tensors(Model **model, const TensorSet *tensors, const InputLayout *layout, Task task,
                          Error *error);
void model_free(Model *model);

// Views of what a checkpoint holds of the model: its parameters, flat array `p`, and its activation.
void model_views(const Model *model, TensorSet *set, float *p);

// Takes (or only measures) activations for `rows` rows.
void activations_take(Activations *activations, const Model *model, DeviceMemory *memory, int64_t rows,
                      int training);

// Adds an input to the `count` segments so far and returns how many there are now, the input's the last:
// numeric inputs side by side are one run of values. The caller sets the table of a category before the next
// call.
int gather_segment_add(GatherSegment *segments, int count, const InputSegment *input);

// Ties activations to a model's parameters p and, for training, accumulators q and flags (else NULL); once.
Status activations_bind(Activations *activations, const Model *model, Device *device, const float *p,
                        int64_t *q, int32_t *flags, Error *error);

// Calls `visit` for every product of a pass over so many rows, the first failure ends it.
typedef Status (*ProductVisit)(void *context, const ProductShape *shape, Error *error);
Status model_each_product(const Model *model, int64_t rows, int training, ProductVisit visit, void *context,
                          Error *error);

// Model outputs z [rows, K] end up in activations->a[layer_count - 1]. pass NULL: no dropout.
void model_forward(const Model *model, Device *device, const float *p, Activations *activations,
                   const ModelBatch *batch, const TrainingPass *pass);

// Forward, loss, backward; gradients are added to pass->q, loss and weights to pass->sums.
void model_train(const Model *model, Device *device, const float *p, Activations *activations,
                 const ModelBatch *batch, const TrainingPass *pass);

// Scores (probabilities or predictions) [rows, K] of a forward pass, on the device.
void model_scores(const Model *model, Device *device, const float *p, Activations *activations,
                  const ModelBatch *batch, float *scores);

#endif
