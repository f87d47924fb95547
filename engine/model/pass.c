// Forward and backward passes of the tabular model, an operator at a time.
#include "engine/model/model.h"

static int64_t widest_layer(const Model *model) {
  int64_t widest = model->layout.width;
  for (int i = 0; i < model->layer_count; i++) {
    if (model->layers[i].outputs > widest) widest = model->layers[i].outputs;
  }
  return widest;
}

void activations_take(Activations *activations, const Model *model, DeviceMemory *memory, int64_t rows,
                      int training) {
  *activations = (Activations){.x = device_memory_take(memory, rows * model->layout.width, sizeof(float))};
  activations->segments = device_memory_mirror(memory, model->layout.segment_count, sizeof(GatherSegment));
  for (int i = 0; i < model->layer_count; i++) {
    const Layer *layer = &model->layers[i];
    int64_t size = rows * layer->outputs;
    if (layer->gamma >= 0) {
      activations->z[i] = device_memory_take(memory, size, sizeof(float));
      activations->h[i] = device_memory_take(memory, size, sizeof(float));
      activations->r[i] = device_memory_take(memory, rows, sizeof(float));
    }
    if (training && activation_is_map(layer->activation))
      activations->u[i] = device_memory_take(memory, size, sizeof(float));
    activations->a[i] = device_memory_take(memory, size, sizeof(float));
  }
  if (training) {
    activations->dz = device_memory_take(memory, rows * widest_layer(model), sizeof(float));
    activations->dx = device_memory_take(memory, rows * widest_layer(model), sizeof(float));
  }
}

int gather_segment_add(GatherSegment *segments, int count, const InputSegment *input) {
  GatherSegment *last = count > 0 ? &segments[count - 1] : NULL;
  if (last != NULL && !input->is_category && last->table == NULL) {
    last->width += input->width;
    return count;
  }
  const int64_t offset = last != NULL ? last->offset + last->width : 0;
  segments[count] = (GatherSegment){.source = input->source, .offset = offset, .width = input->width};
  return count + 1;
}

Status activations_bind(Activations *activations, const Model *model, Device *device, const float *p,
                        int64_t *q, int32_t *flags, Error *error) {
  GatherSegment *segments = activations->segments.host;
  int count = 0;
  for (int s = 0; s < model->layout.segment_count; s++) {
    const InputSegment *input = &model->layout.segments[s];
    count = gather_segment_add(segments, count, input);
    if (input->is_category) {
      int tensor = model->embeddings[s];
      int64_t at = model->table.tensors[tensor].offset;
      segments[count - 1].table = p + at;
      segments[count - 1].q = q == NULL ? NULL : q + at;
      segments[count - 1].flag = flags == NULL ? NULL : flags + tensor;
    }
  }
  activations->segment_count = count;
  return mirror_send(device, &activations->segments, error);
}

static void drop(const Model *model, Device *device, float *a, int layer, const ModelBatch *batch,
                 const TrainingPass *pass) {
  if (model->dropout == 0.0) return;
  Dropout dropout = {.y = a,
                     .x = a,
                     .rows = batch->rows,
                     .columns = model->layers[layer].outputs,
                     .window = pass->window,
                     .seed = pass->seed,
                     .first_position = (uint32_t)batch->first_position,
                     .layer = (uint32_t)layer,
                     .threshold = (uint32_t)(model->dropout * 0x1p32),
                     .scale = (float)(1.0 / (1.0 - model->dropout))};
  device_dropout(device, &dropout);
}

static void forward_inputs(const Model *model, Device *device, Activations *activations,
                           const ModelBatch *batch) {
  InputsForward inputs = {.x = activations->x,
                          .values = batch->data.values,
                          .ids = batch->data.ids,
                          .rows_of = batch->rows_of,
                          .segments = activations->segments.device,
                          .segment_count = activations->segment_count,
                          .rows = batch->rows,
                          .value_count = model->layout.value_count,
                          .category_count = model->layout.category_count,
                          .width = model->layout.width};
  device_inputs_forward(device, &inputs);
}

static const float *input_of(const Activations *activations, int layer) {
  return layer == 0 ? activations->x : activations->a[layer - 1];
}

// What a block's last product or norm ends with; maps are operators of their own.
static ActivationKind fused_activation(const Layer *layer) {
  return activation_is_map(layer->activation) ? ACTIVATION_NONE : layer->activation;
}

// Where a norm lies between, the activation is the norm's.
static ActivationKind product_activation(const Layer *layer) {
  return layer->gamma >= 0 ? ACTIVATION_NONE : fused_activation(layer);
}

static int needs_input_gradient(const Model *model, int layer) {
  return layer > 0 || model->layout.category_count > 0;
}

Status model_each_product(const Model *model, int64_t rows, int training, ProductVisit visit, void *context,
                          Error *error) {
  for (int i = 0; i < model->layer_count; i++) {
    const Layer *layer = &model->layers[i];
    ProductShape shape = {PRODUCT_FORWARD, product_activation(layer), rows, layer->outputs, layer->inputs};
    PASS(visit(context, &shape, error));
    if (!training) continue;
    shape.activation = ACTIVATION_NONE;
    shape.kind = PRODUCT_BACKWARD_WEIGHT;
    PASS(visit(context, &shape, error));
    shape.kind = PRODUCT_BACKWARD_INPUT;
    if (needs_input_gradient(model, i)) PASS(visit(context, &shape, error));
  }
  return STATUS_OK;
}

static void forward_layer(const Model *model, Device *device, const float *p, Activations *activations, int i,
                          const ModelBatch *batch, const TrainingPass *pass) {
  const Layer *layer = &model->layers[i];
  const ParameterTensor *tensors = model->table.tensors;
  const int has_norm = layer->gamma >= 0;
  float *a = activations->a[i],
        *u = activations->u[i] != NULL ? activations->u[i] : a; // before and after the map
  LinearForward linear = {.y = has_norm ? activations->z[i] : u,
                          .x = input_of(activations, i),
                          .w = p + tensors[layer->weight].offset,
                          .bias = p + tensors[layer->bias].offset,
                          .rows = batch->rows,
                          .outputs = layer->outputs,
                          .inputs = layer->inputs,
                          .activation = product_activation(layer)};
  device_linear_forward(device, &linear);
  if (has_norm) {
    NormForward norm = {.y = u,
                        .h = activations->h[i],
                        .r = activations->r[i],
                        .x = activations->z[i],
                        .gamma = p + tensors[layer->gamma].offset,
                        .beta = p + tensors[layer->beta].offset,
                        .rows = batch->rows,
                        .columns = layer->outputs,
                        .activation = fused_activation(layer)};
    device_norm_forward(device, &norm);
  }
  if (activation_is_map(layer->activation)) {
    ActivationForward map = {a, u, batch->rows * layer->outputs, layer->activation};
    device_activation_forward(device, &map);
  }
  if (pass != NULL && !layer->is_output) drop(model, device, a, i, batch, pass);
}

void model_forward(const Model *model, Device *device, const float *p, Activations *activations,
                   const ModelBatch *batch, const TrainingPass *pass) {
  forward_inputs(model, device, activations, batch);
  for (int i = 0; i < model->layer_count; i++) forward_layer(model, device, p, activations, i, batch, pass);
}

// dz: gradient of a hidden block's result on entry, by way of ReLU already; of its linear layer's result on
// return.
static void backward_block(const Model *model, Device *device, const float *p, Activations *activations,
                           int i, const ModelBatch *batch, const TrainingPass *pass) {
  const Layer *layer = &model->layers[i];
  const ParameterTensor *tensors = model->table.tensors;
  int64_t rows = batch->rows, n = layer->outputs;
  float *dz = activations->dz;
  drop(model, device, dz, i, batch, pass);
  if (activation_is_map(layer->activation)) {
    ActivationBackward map = {dz, dz, activations->u[i], rows * n, layer->activation};
    device_activation_backward(device, &map);
  }
  if (layer->gamma < 0) return;
  NormBackwardWeight weight = {.qgamma = pass->q + tensors[layer->gamma].offset,
                               .qbeta = pass->q + tensors[layer->beta].offset,
                               .flag_gamma = pass->flags + layer->gamma,
                               .flag_beta = pass->flags + layer->beta,
                               .dy = dz,
                               .h = activations->h[i],
                               .rows = rows,
                               .columns = n,
                               .grain = pass->grain,
                               .quantiser = pass->quantiser};
  device_norm_backward_weight(device, &weight);
  NormBackwardInput input = {dz,   dz, p + tensors[layer->gamma].offset, activations->h[i], activations->r[i],
                             rows, n};
  device_norm_backward_input(device, &input);
}

// Weight gradients of a linear layer, and the gradient of what its input is an activation of into
// activations->dx.
static void backward_linear(const Model *model, Device *device, const float *p, Activations *activations,
                            int i, int64_t rows, const TrainingPass *pass) {
  const Layer *layer = &model->layers[i];
  const ParameterTensor *tensors = model->table.tensors;
  LinearBackwardWeight weight = {.qw = pass->q + tensors[layer->weight].offset,
                                 .qb = pass->q + tensors[layer->bias].offset,
                                 .flag_w = pass->flags + layer->weight,
                                 .flag_b = pass->flags + layer->bias,
                                 .dy = activations->dz,
                                 .x = input_of(activations, i),
                                 .rows = rows,
                                 .outputs = layer->outputs,
                                 .inputs = layer->inputs,
                                 .grain = pass->grain,
                                 .quantiser = pass->quantiser};
  device_linear_backward_weight(device, &weight);
  if (!needs_input_gradient(model, i)) return;
  LinearBackwardInput input = {.dx = activations->dx,
                               .dy = activations->dz,
                               .w = p + tensors[layer->weight].offset,
                               .x = input_of(activations, i),
                               .rows = rows,
                               .outputs = layer->outputs,
                               .inputs = layer->inputs,
                               .activation =
                                   i == 0 ? ACTIVATION_NONE : fused_activation(&model->layers[i - 1])};
  device_linear_backward_input(device, &input);
}

static void backward_embeddings(const Model *model, Device *device, const Activations *activations,
                                const float *dx, const ModelBatch *batch, const TrainingPass *pass) {
  if (model->layout.category_count == 0) return;
  EmbeddingBackward embedding = {.dx = dx,
                                 .ids = batch->data.ids,
                                 .rows_of = batch->rows_of,
                                 .segments = activations->segments.device,
                                 .segment_count = activations->segment_count,
                                 .rows = batch->rows,
                                 .category_count = model->layout.category_count,
                                 .width = model->layout.width,
                                 .quantiser = pass->embedding_quantiser};
  device_embedding_backward(device, &embedding);
}

static void loss_of_batch(const Model *model, Device *device, Activations *activations,
                          const ModelBatch *batch, const TrainingPass *pass) {
  Loss loss = {.dz = activations->dz,
               .sums = pass->sums,
               .flag = pass->flags + model->table.count,
               .z = activations->a[model->layer_count - 1],
               .targets = batch->data.targets,
               .weights = batch->data.weights,
               .rows_of = batch->rows_of,
               .rows = batch->rows,
               .outputs = model->layers[model->layer_count - 1].outputs,
               .loss_bound = pass->loss_bound,
               .kind = model->loss};
  device_loss(device, &loss);
}

void model_train(const Model *model, Device *device, const float *p, Activations *activations,
                 const ModelBatch *batch, const TrainingPass *pass) {
  model_forward(model, device, p, activations, batch, pass);
  loss_of_batch(model, device, activations, batch, pass);
  for (int i = model->layer_count - 1; i >= 0; i--) {
    if (!model->layers[i].is_output) backward_block(model, device, p, activations, i, batch, pass);
    backward_linear(model, device, p, activations, i, batch->rows, pass);
    float *swap = activations->dz;
    activations->dz = activations->dx;
    activations->dx = swap;
  }
  backward_embeddings(model, device, activations, activations->dz, batch, pass);
}

void model_scores(const Model *model, Device *device, const float *p, Activations *activations,
                  const ModelBatch *batch, float *scores) {
  model_forward(model, device, p, activations, batch, NULL);
  Scores of = {scores, activations->a[model->layer_count - 1], batch->rows,
               model->layers[model->layer_count - 1].outputs, model->loss};
  device_scores(device, &of);
}
