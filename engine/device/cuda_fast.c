// Fast mode of a GPU: which algorithms its products are pinned to.
#include "engine/device/cuda_parts.h"
#include "engine/shared/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static CudaDevice *cuda_of(Device *device) {
  return (CudaDevice *)device;
}

static Status make_fast(Device *device, FastOperands operands, Error *error) {
  char message[CUDA_MESSAGE];
  CudaDevice *cuda = cuda_of(device);
  if (cuda->is_fast) return STATUS_OK;
  int version = cuda->library->fast_version(message);
  if (version == 0 || cuda->library->fast_open(cuda->context, operands, message) != 0) {
    return error_set(error, STATUS_UNAVAILABLE,
                     "cuda:%d (%s) has no fast mode: %s; numerics.id: x1 needs no cuBLASLt", cuda->ordinal,
                     cuda->facts.name, message);
  }
  cuda->is_fast = 1;
  cuda->operands = operands;
  cuda->library = cuda->library->fast;
  cuda->pins.version = version;
  snprintf(cuda->pins.device, sizeof cuda->pins.device, "%s", cuda->facts.name);
  return STATUS_OK;
}

static const ProductPins *pins(const Device *device) {
  const CudaDevice *cuda = (const CudaDevice *)device;
  return cuda->is_fast ? &cuda->pins : NULL;
}

static Status use_pins(Device *device, const ProductPins *given, Error *error) {
  CudaDevice *cuda = cuda_of(device);
  char theirs[24], ours[24];
  fast_version_text(theirs, given->version);
  fast_version_text(ours, cuda->pins.version);
  if (given->version != cuda->pins.version) {
    return error_set(
        error, STATUS_UNAVAILABLE,
        "the run's algorithms are those of cuBLASLt %s, here it is %s: numerics f1 keeps its bits "
        "within one version; install cuBLASLt %s, or train a new run",
        theirs, ours, theirs);
  }
  if (strcmp(given->device, cuda->pins.device) != 0) {
    return error_set(
        error, STATUS_UNAVAILABLE,
        "the run's algorithms were chosen for a GPU '%s', cuda:%d is '%s': numerics f1 keeps its "
        "bits on one model of GPU; take one of those, or train a new run",
        given->device, cuda->ordinal, cuda->pins.device);
  }
  PinnedProduct *items = memory_get((size_t)given->count, sizeof *items);
  for (int i = 0; i < given->count; i++) items[i] = given->items[i];
  free(cuda->pins.items);
  cuda->pins.items = items;
  cuda->pins.count = given->count;
  cuda->pins_are_given = 1;
  return STATUS_OK;
}

static PinnedProduct *find(ProductPins *of, const ProductShape *shape) {
  for (int i = 0; i < of->count; i++) {
    if (same_shape_of_product(&of->items[i].shape, shape)) return &of->items[i];
  }
  return NULL;
}

static Status pin(Device *device, const ProductShape *shape, Error *error) {
  char message[CUDA_MESSAGE];
  CudaDevice *cuda = cuda_of(device);
  PinnedProduct *found = find(&cuda->pins, shape), made = {.shape = *shape};
  if (!product_is_fast(shape)) return STATUS_OK;
  if (found == NULL && cuda->pins_are_given) {
    return error_set(
        error, STATUS_UNAVAILABLE,
        "the run has no algorithm for products of %lld rows, %lld outputs and %lld inputs: in numerics "
        "f1 bits depend on train.micro_batch; take that of the run",
        (long long)shape->rows, (long long)shape->outputs, (long long)shape->inputs);
  }
  PinnedProduct *product = found == NULL ? &made : found;
  if (cuda->library->fast_pin(cuda->context, shape, product->algorithm, found != NULL, message) != 0) {
    return error_set(error, STATUS_UNAVAILABLE, "cuda:%d (%s): %s", cuda->ordinal, cuda->facts.name, message);
  }
  if (found != NULL) return STATUS_OK;
  cuda->pins.items = memory_grow(cuda->pins.items, (size_t)cuda->pins.count + 1, sizeof *cuda->pins.items);
  cuda->pins.items[cuda->pins.count++] = made;
  return STATUS_OK;
}

static size_t product_bytes(const Device *device, const ProductShape *shape) {
  return fast_product_bytes(shape, ((const CudaDevice *)device)->operands);
}

static void set_workspace(Device *device, void *workspace, size_t bytes) {
  cuda_of(device)->library->fast_workspace(cuda_of(device)->context, workspace, bytes);
}

const FastInterface cuda_fast_interface = {make_fast, pins, use_pins, pin, product_bytes, set_workspace};
