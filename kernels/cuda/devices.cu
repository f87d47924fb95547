// Which GPUs there are, what they are, and why one cannot be used.
#include "kernels/cuda/calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int major_of(int version) {
  return version / 1000;
}
static int minor_of(int version) {
  return version % 1000 / 10;
}

static void say_driver(char *message) {
  int driver = 0, runtime = 0;
  cudaDriverGetVersion(&driver);
  cudaRuntimeGetVersion(&runtime);
  if (driver == 0) {
    snprintf(
        message, CUDA_MESSAGE,
        "no NVIDIA driver is installed (libcuda.so.1 was not found): install one for CUDA %d.%d or later",
        major_of(runtime), minor_of(runtime));
  } else {
    snprintf(
        message, CUDA_MESSAGE,
        "the NVIDIA driver is too old: it is for CUDA %d.%d, this build needs %d.%d: install a newer driver",
        major_of(driver), minor_of(driver), major_of(runtime), minor_of(runtime));
  }
}

int cuda_device_count(char *message) {
  int count = 0;
  cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaSuccess && count > 0) return count;
  const char *visible = getenv("CUDA_VISIBLE_DEVICES");
  if (status == cudaErrorInsufficientDriver) {
    say_driver(message);
  } else if (status != cudaSuccess && status != cudaErrorNoDevice) {
    cuda_say(message, status, "the NVIDIA driver cannot be used");
  } else if (visible != NULL) {
    snprintf(message, CUDA_MESSAGE, "the NVIDIA driver shows no GPU: CUDA_VISIBLE_DEVICES is \"%.100s\"",
             visible);
  } else {
    snprintf(message, CUDA_MESSAGE, "the NVIDIA driver finds no GPU on this machine");
  }
  return 0;
}

int cuda_facts(CudaFacts *facts, int ordinal, char *message) {
  cudaDeviceProp properties;
  int current = 0;
  CUDA_CHECK(message, cudaGetDeviceProperties(&properties, ordinal), "device %d", ordinal);
  memset(facts, 0, sizeof *facts);
  snprintf(facts->name, sizeof facts->name, "%s", properties.name);
  facts->major = properties.major;
  facts->minor = properties.minor;
  facts->multiprocessors = properties.multiProcessorCount;
  CUDA_CHECK(message, cudaDriverGetVersion(&facts->driver_version), "version of the driver");
  CUDA_CHECK(message, cudaRuntimeGetVersion(&facts->runtime_version), "version of the runtime");
  CUDA_CHECK(message, cudaGetDevice(&current), "current device");
  CUDA_CHECK(message, cudaSetDevice(ordinal), "device %d", ordinal);
  CUDA_CHECK(message, cudaMemGetInfo(&facts->memory_free, &facts->memory_total), "memory of device %d",
             ordinal);
  CUDA_CHECK(message, cudaSetDevice(current), "device %d", current);
  return 0;
}
