// The products of a training run: each layer's, for every number of rows that a pass may have.
#include "engine/train/products.h"

// Products of passes over `count` rows, micro-batch by micro-batch: whole ones, and what remains.
static Status each_of_rows(const Trainer *trainer, int64_t count, int training, ProductVisit visit,
                           void *context, Error *error) {
  int64_t whole = count < trainer->micro_rows ? count : trainer->micro_rows;
  int64_t rest = count % trainer->micro_rows;
  if (whole > 0) PASS(model_each_product(trainer->model, whole, training, visit, context, error));
  if (rest == 0 || rest == whole) return STATUS_OK;
  return model_each_product(trainer->model, rest, training, visit, context, error);
}

static Status each_product(const Trainer *trainer, ProductVisit visit, void *context, Error *error) {
  const BatchSource *validation = trainer->options.validation;
  PASS(each_of_rows(trainer, trainer->batch, 1, visit, context, error));
  PASS(each_of_rows(trainer, trainer->options.train->rows % trainer->batch, 1, visit, context, error));
  return validation == NULL ? STATUS_OK : each_of_rows(trainer, validation->rows, 0, visit, context, error);
}

typedef struct Largest {
  const Device *device;
  size_t bytes;
} Largest;

static Status measure(void *context, const ProductShape *shape, Error *error) {
  (void)error;
  Largest *largest = context;
  size_t bytes = device_product_bytes(largest->device, shape);
  if (bytes > largest->bytes) largest->bytes = bytes;
  return STATUS_OK;
}

size_t products_bytes(const Trainer *trainer) {
  Error unused;
  Largest largest = {trainer->options.device, 0};
  each_product(trainer, measure, &largest, &unused);
  return largest.bytes;
}

static Status pin(void *context, const ProductShape *shape, Error *error) {
  return device_pin(context, shape, error);
}

Status products_pin(const Trainer *trainer, Error *error) {
  device_set_product_workspace(trainer->options.device, trainer->product_workspace, products_bytes(trainer));
  return each_product(trainer, pin, trainer->options.device, error);
}
