// Failed calls of the CUDA runtime as sentences with a remedy.
#include "kernels/cuda/calls.h"
#include "kernels/cuda/cublas.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static CudaFailure failure_of(cudaError_t status) {
  switch (status) {
  case cudaErrorMemoryAllocation:
  case cudaErrorInsufficientDriver:
  case cudaErrorNoDevice:
  case cudaErrorInvalidDevice:
  case cudaErrorDevicesUnavailable:
  case cudaErrorNoKernelImageForDevice:
    return CUDA_UNAVAILABLE;
  case cudaErrorInvalidValue:
  case cudaErrorInvalidConfiguration:
  case cudaErrorIllegalAddress:
  case cudaErrorMisalignedAddress:
  case cudaErrorLaunchFailure:
  case cudaErrorStreamCaptureUnsupported:
    return CUDA_MISTAKE;
  default:
    return CUDA_MAY_PASS;
  }
}

static const char *remedy_of(cudaError_t status) {
  switch (status) {
  case cudaErrorMemoryAllocation:
    return "; end other programs that use this GPU's or this machine's memory";
  case cudaErrorNoKernelImageForDevice:
    return "; this build has no code for this GPU: build it with INGOT_CUDA_ARCHS set to the GPU's compute "
           "capability";
  case cudaErrorDevicesUnavailable:
    return "; another process may hold the GPU in exclusive mode: nvidia-smi lists processes";
  case cudaErrorECCUncorrectable:
    return "; the GPU's memory has an error: see nvidia-smi -q -d ECC, and use another GPU";
  case cudaErrorIllegalAddress:
  case cudaErrorMisalignedAddress:
  case cudaErrorLaunchFailure:
    return "; this is a mistake of this program: compute-sanitizer names the place, please report it";
  default:
    return "";
  }
}

int cuda_say(char *message, cudaError_t status, const char *format, ...) {
  char what[CUDA_MESSAGE / 2];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  snprintf(message, CUDA_MESSAGE, "%s: %s%s", what, cudaGetErrorString(status), remedy_of(status));
  return failure_of(status);
}

const char *cuda_kernel_name(int kernel) {
  static const char *const names[] = {
#define KERNEL(name) #name,
#include "kernels/cuda/kernels.inc"
#undef KERNEL
  };
  return names[kernel];
}

int cuda_launch_failure(CudaContext *context, char *message) {
  cudaError_t failure = context->failure;
  if (failure == cudaSuccess) return cuda_fast_failure(context, message);
  context->failure = cudaSuccess;
  if (context->failed == KERNEL_COUNT) return cuda_say(message, failure, "a recorded step was not started");
  return cuda_say(message, failure, "kernel %s was not started", cuda_kernel_name(context->failed));
}
