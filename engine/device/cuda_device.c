// A GPU as a device: the CUDA library, loaded when one is asked for, and its context.
#include "engine/device/cuda_parts.h"
#include "engine/shared/memory.h"

#include <stdio.h>
#include <stdlib.h>

static const CudaDevice *cuda_of(const Device *device) {
  return (const CudaDevice *)device;
}

// A failed call of the library as an Error: the device is named once, here.
static Status failed(const Device *device, int failure, const char *message, Error *error) {
  Status status = failure == CUDA_UNAVAILABLE ? STATUS_UNAVAILABLE
                  : failure == CUDA_MISTAKE   ? STATUS_BUG
                                              : STATUS_RETRYABLE;
  return error_set(error, status, "cuda:%d (%s): %s", cuda_of(device)->ordinal, cuda_of(device)->facts.name,
                   message);
}

// The function of a device that is a call of the library, with these arguments before the message.
#define LIBRARY_CALL(name, parameters, ...)                                                                  \
  static Status name parameters {                                                                            \
    const CudaDevice *cuda = cuda_of(device);                                                                \
    char message[CUDA_MESSAGE];                                                                              \
    int failure = cuda->library->name(__VA_ARGS__, message);                                                 \
    return failure == 0 ? STATUS_OK : failed(device, failure, message, error);                               \
  }

// ---- memory ----

static size_t free_bytes(const Device *device) {
  CudaFacts now;
  char message[CUDA_MESSAGE];
  const CudaDevice *cuda = cuda_of(device);
  return cuda->library->facts(&now, cuda->ordinal, message) == 0 ? now.memory_free : 0;
}

static void release(Device *device, void *block) {
  cuda_of(device)->library->release(cuda_of(device)->context, block);
}

LIBRARY_CALL(allocate, (Device * device, void **block, size_t bytes, Error *error), cuda->context, block,
             bytes)
LIBRARY_CALL(copy_in, (Device * device, void *to, const void *from, size_t bytes, Error *error),
             cuda->context, to, from, bytes)
LIBRARY_CALL(copy_out, (Device * device, void *to, const void *from, size_t bytes, Error *error),
             cuda->context, to, from, bytes)
LIBRARY_CALL(synchronise, (Device * device, Error *error), cuda->context)

// ---- the device's clock ----

LIBRARY_CALL(start_timer, (Device * device, Error *error), cuda->context)
LIBRARY_CALL(stop_timer, (Device * device, double *seconds, Error *error), cuda->context, seconds)

// ---- recorded steps ----

static int replay(Device *device, uint64_t key) {
  return cuda_of(device)->library->replay(cuda_of(device)->context, key);
}

LIBRARY_CALL(begin_step, (Device * device, Error *error), cuda->context)
LIBRARY_CALL(end_step, (Device * device, uint64_t key, Error *error), cuda->context, key)

#define OPERATOR(name, Arguments, least)                                                                     \
  static void cuda_##name(Device *device, const Arguments *arguments) {                                      \
    cuda_of(device)->library->name(cuda_of(device)->context, arguments);                                     \
  }
#include "kernels/operators.inc"
#undef OPERATOR

// ---- life ----

static void cuda_free(Device *device) {
  cuda_of(device)->library->close(cuda_of(device)->context);
  free(cuda_of(device)->pins.items);
  free(device);
}

static const char *cuda_isa(const Device *device) {
  return cuda_of(device)->isa;
}

static int cuda_threads(const Device *device) {
  (void)device;
  return 1;
}

static void describe(char text[DEVICE_TEXT], const Device *device) {
  const CudaDevice *cuda = cuda_of(device);
  const int driver = cuda->facts.driver_version, runtime = cuda->facts.runtime_version;
  snprintf(text, DEVICE_TEXT, "cuda:%d, %s, %s, CUDA driver %d.%d, runtime %d.%d", cuda->ordinal,
           cuda->facts.name, cuda->isa, driver / 1000, driver % 1000 / 10, runtime / 1000,
           runtime % 1000 / 10);
}

static const DeviceInterface interface = {
    .kind = "cuda",
    .window = STEP_WINDOW,
    .pass_rows = 16384,
    .own_bytes = CUDA_WORKSPACE,
    .free = cuda_free,
    .isa = cuda_isa,
    .threads = cuda_threads,
    .describe = describe,
    .free_bytes = free_bytes,
    .allocate = allocate,
    .release = release,
    .copy_in = copy_in,
    .copy_out = copy_out,
    .synchronise = synchronise,
    .start_timer = start_timer,
    .stop_timer = stop_timer,
    .replay = replay,
    .begin_step = begin_step,
    .end_step = end_step,
    .fast = &cuda_fast_interface,
#define OPERATOR(name, Arguments, least) .name = cuda_##name,
#include "kernels/operators.inc"
#undef OPERATOR
};

static Status check_ordinal(const CudaLibrary *library, int ordinal, Error *error) {
  char message[CUDA_MESSAGE] = "";
  int count = library->device_count(message);
  if (count == 0) {
    return error_set(error, STATUS_UNAVAILABLE, "no GPU can be used: %s", message);
  }
  if (ordinal >= 0 && ordinal < count) return STATUS_OK;
  return error_set(error, STATUS_UNAVAILABLE,
                   "there is no device cuda:%d: this machine has cuda:0 to cuda:%d", ordinal, count - 1);
}

Status device_create_from_library(Device **device, const CudaLibrary *library, int ordinal, Error *error) {
  char message[CUDA_MESSAGE];
  PASS(check_ordinal(library, ordinal, error));
  CudaDevice *made = memory_get(1, sizeof *made);
  made->base.interface = &interface;
  made->library = library;
  made->ordinal = ordinal;
  int refused = library->facts(&made->facts, ordinal, message) != 0 ||
                library->open(&made->context, ordinal, message) != 0;
  if (refused) {
    free(made);
    return error_set(error, STATUS_UNAVAILABLE, "cuda:%d: %s", ordinal, message);
  }
  snprintf(made->isa, sizeof made->isa, "sm_%d%d", made->facts.major % 100, made->facts.minor % 10);
  if (device_self_test(&made->base, error) == STATUS_OK) {
    *device = &made->base;
    return STATUS_OK;
  }
  device_free(&made->base);
  return error->status =
             STATUS_UNAVAILABLE; // whatever failed: nothing is lost, and there may be other devices
}

Status device_create_cuda(Device **device, int ordinal, Error *error) {
  const CudaLibrary *library;
  PASS(cuda_library_load(&library, error));
  return device_create_from_library(device, library, ordinal, error);
}

void device_add_launches(uint64_t *launches, const Device *device) {
  const CudaDevice *cuda = cuda_of(device);
  for (int i = 0; i < cuda->library->kernel_count; i++)
    launches[i] += cuda->library->kernel_launches(cuda->context, i);
}
