// The tabular model: its layers and parameters, from a configuration or from a checkpoint's tensors.
#include "engine/model/model.h"

#include "engine/shared/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Gains of initial weights (x1 choices): PyTorch's default for the output layer and embeddings.
static const double gain_output = 1.0, gain_embedding = 1.0;

// Of hidden layers, by activation: He et al. 2015 for ReLU and what is shaped like it, LeCun et al. 1998 for
// tanh.
static const struct {
  const char *name;
  double gain;
} activations[ACTIVATION_COUNT] = {
    [ACTIVATION_RELU] = {"relu", 6.0},
    [ACTIVATION_GELU] = {"gelu", 6.0},
    [ACTIVATION_SILU] = {"silu", 6.0},
    [ACTIVATION_TANH] = {"tanh", 3.0},
};

LossKind loss_of_task(Task task) {
  return task == TASK_BINARY ? LOSS_BINARY : task == TASK_MULTICLASS ? LOSS_MULTICLASS : LOSS_SQUARED;
}

static void add_tensor(Model *model, const char *kind, int index, const char *part, ParameterTensor tensor) {
  snprintf(tensor.name, sizeof tensor.name, "%s.%d.%s", kind, index, part);
  parameter_table_add(&model->table, &tensor);
}

static void add_vector(Model *model, const char *kind, int index, const char *part, int64_t n,
                       InitialKind initial) {
  add_tensor(model, kind, index, part, (ParameterTensor){.rank = 1, .shape = {n, 1}, .initial = initial});
}

static void add_matrix(Model *model, const char *kind, int index, int64_t rows, int64_t columns,
                       double gain) {
  ParameterTensor tensor = {
      .rank = 2, .shape = {rows, columns}, .initial = INITIAL_UNIFORM, .gain = gain, .fan_in = columns};
  add_tensor(model, kind, index, "weight", tensor);
}

static int find(const Model *model, const char *kind, int index, const char *part) {
  char name[64];
  snprintf(name, sizeof name, "%s.%d.%s", kind, index, part);
  return parameter_table_find(&model->table, name);
}

static void copy_layout(Model *model, const InputLayout *layout) {
  model->layout = *layout;
  size_t count = (size_t)layout->segment_count;
  model->layout.segments = memory_get(count, sizeof *layout->segments);
  memcpy(model->layout.segments, layout->segments, count * sizeof *layout->segments);
  model->embeddings = memory_get(count, sizeof *model->embeddings);
}

static void add_parameters(Model *model, int with_norm) {
  for (int s = 0; s < model->layout.segment_count; s++) {
    const InputSegment *segment = &model->layout.segments[s];
    if (segment->is_category) {
      add_matrix(model, "embeddings", segment->source, segment->table_rows, segment->width, gain_embedding);
    }
  }
  for (int i = 0; i < model->layer_count; i++) {
    const Layer *layer = &model->layers[i];
    double gain = layer->is_output ? gain_output : activations[model->activation].gain;
    add_matrix(model, "layers", i, layer->outputs, layer->inputs, gain);
    add_vector(model, "layers", i, "bias", layer->outputs, INITIAL_ZERO);
    if (with_norm && !layer->is_output) {
      add_vector(model, "norms", i, "weight", layer->outputs, INITIAL_ONE);
      add_vector(model, "norms", i, "bias", layer->outputs, INITIAL_ZERO);
    }
  }
  parameter_table_finish(&model->table);
}

// Tensor numbers are known only after sorting.
static void resolve_parameters(Model *model) {
  for (int s = 0; s < model->layout.segment_count; s++) {
    const InputSegment *segment = &model->layout.segments[s];
    model->embeddings[s] = segment->is_category ? find(model, "embeddings", segment->source, "weight") : -1;
  }
  for (int i = 0; i < model->layer_count; i++) {
    Layer *layer = &model->layers[i];
    layer->weight = find(model, "layers", i, "weight");
    layer->bias = find(model, "layers", i, "bias");
    layer->gamma = find(model, "norms", i, "weight");
    layer->beta = find(model, "norms", i, "bias");
  }
}

Status model_create(Model **model, const ModelConfig *config, const InputLayout *layout, Task task,
                    Error *error) {
  int hidden = config->kind == MODEL_LINEAR ? 0 : config->hidden_count;
  if (hidden >= MODEL_LAYERS_MAX) {
    return error_set(error, STATUS_CONFIG, "model.hidden has %d layers: at most %d are supported", hidden,
                     MODEL_LAYERS_MAX - 1);
  }
  if (layout->segment_count < 1 || layout->segment_count > MODEL_INPUTS_MAX) {
    return error_set(error, STATUS_CONFIG, "the model has %d inputs: name 1 to %d under data.inputs",
                     layout->segment_count, MODEL_INPUTS_MAX);
  }
  Model *made = memory_get(1, sizeof *made);
  made->loss = loss_of_task(task);
  made->activation = config->activation;
  made->dropout = config->kind == MODEL_LINEAR ? 0.0 : config->dropout;
  made->layer_count = hidden + 1;
  int64_t inputs = layout->width;
  for (int i = 0; i < made->layer_count; i++) {
    int is_output = i == hidden;
    int64_t outputs = is_output ? layout->outputs : config->hidden[i];
    made->layers[i] = (Layer){.inputs = inputs,
                              .outputs = outputs,
                              .is_output = is_output,
                              .activation = is_output ? ACTIVATION_NONE : config->activation};
    inputs = outputs;
  }
  copy_layout(made, layout);
  add_parameters(made, config->kind == MODEL_MLP && config->norm == NORM_LAYER);
  resolve_parameters(made);
  *model = made;
  return STATUS_OK;
}

static const char activation_name[] = "model.activation";

void model_views(const Model *model, TensorSet *set, float *p) {
  parameter_table_views(&model->table, set, "", p);
  if (!activation_is_map(model->activation)) return;
  const char *name = activations[model->activation].name;
  int64_t length = (int64_t)strlen(name);
  tensor_set_add(set, activation_name, DTYPE_U8, 1, &length, (char *)(uintptr_t)name);
}

// ACTIVATION_NONE where the tensor names none that is a map.
static ActivationKind activation_of_tensors(const TensorSet *tensors) {
  const TensorView *view = tensor_set_find(tensors, activation_name);
  if (view == NULL) return ACTIVATION_RELU;
  for (int kind = ACTIVATION_RELU + 1; kind < ACTIVATION_COUNT; kind++) {
    const char *name = activations[kind].name;
    if (view->dtype == DTYPE_U8 && tensor_bytes(view) == strlen(name) &&
        memcmp(view->data, name, strlen(name)) == 0)
      return (ActivationKind)kind;
  }
  return ACTIVATION_NONE;
}

// The configuration a checkpoint's tensors speak of: hidden widths, activation, and whether there are norms.
static void config_of_tensors(ModelConfig *config, int widths[MODEL_LAYERS_MAX], const TensorSet *tensors) {
  memset(config, 0, sizeof *config);
  config->kind = MODEL_MLP;
  config->hidden = widths;
  for (int i = 0; i < MODEL_LAYERS_MAX; i++) {
    char name[64];
    snprintf(name, sizeof name, "layers.%d.weight", i);
    const TensorView *weight = tensor_set_find(tensors, name);
    if (weight == NULL) break;
    widths[config->hidden_count++] = (int)weight->shape[0];
  }
  if (config->hidden_count > 0) config->hidden_count--; // the output layer
  config->activation = activation_of_tensors(tensors);
  config->norm = tensor_set_find(tensors, "norms.0.weight") != NULL ? NORM_LAYER : NORM_NONE;
}

Status model_from_tensors(Model **model, const TensorSet *tensors, const InputLayout *layout, Task task,
                          Error *error) {
  int widths[MODEL_LAYERS_MAX];
  ModelConfig config;
  Model *made = NULL;
  config_of_tensors(&config, widths, tensors);
  if (config.activation == ACTIVATION_NONE) {
    return error_set(
        error, STATUS_DATA,
        "the checkpoint's tensor '%s' names no activation that this version of ingot knows: score with "
        "the version that trained it",
        activation_name);
  }
  PASS(model_create(&made, &config, layout, task, error));
  for (int i = 0; i < made->table.count; i++) {
    const ParameterTensor *tensor = &made->table.tensors[i];
    const TensorView *view = tensor_set_find(tensors, tensor->name);
    int same = view != NULL && view->dtype == DTYPE_F32 && view->rank == tensor->rank &&
               tensor_elements(view) == tensor->count && view->shape[0] == tensor->shape[0];
    if (!same) {
      error_set(error, STATUS_DATA,
                "the checkpoint's tensor '%s' is missing or has another shape than its preprocessing says",
                tensor->name);
      model_free(made);
      return STATUS_DATA;
    }
  }
  *model = made;
  return STATUS_OK;
}

void model_free(Model *model) {
  if (model == NULL) return;
  parameter_table_free(&model->table);
  free(model->layout.segments);
  free(model->embeddings);
  free(model);
}
