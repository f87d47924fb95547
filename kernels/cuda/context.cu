// An opened GPU: its stream and memory, and copies in stream order.
//
// Copies to the device go through page-locked buffers, so that the caller's memory is free on return and the
// copy overlaps with what the host does next; a buffer is filled again once its last copy is done.
#include "kernels/cuda/calls.h"
#include "kernels/cuda/cublas.h"

#include <stdlib.h>
#include <string.h>

static const size_t STAGING_BYTES = (size_t)4 << 20; // of each buffer

static int create_staging(CudaContext *context, char *message) {
  for (Staging &staging : context->staging) {
    CUDA_CHECK(message, cudaMallocHost(&staging.buffer, STAGING_BYTES), "%zu bytes of page-locked memory",
               STAGING_BYTES);
    CUDA_CHECK(message, cudaEventCreateWithFlags(&staging.copied, cudaEventDisableTiming), "event");
  }
  return 0;
}

static int create_parts(CudaContext *context, char *message) {
  CUDA_CHECK(message, cudaSetDevice(context->ordinal), "device %d", context->ordinal);
  CUDA_CHECK(
      message,
      cudaDeviceGetAttribute(&context->multiprocessors, cudaDevAttrMultiProcessorCount, context->ordinal),
      "number of multiprocessors");
  CUDA_CHECK(message, cudaStreamCreateWithFlags(&context->stream, cudaStreamNonBlocking), "stream");
  void *workspace;
  int failed = cuda_allocate(context, &workspace, CUDA_WORKSPACE, message);
  if (failed) return failed;
  context->workspace = (float *)workspace;
  context->workspace_bytes = CUDA_WORKSPACE;
  for (cudaEvent_t &event : context->timer)
    CUDA_CHECK(message, cudaEventCreateWithFlags(&event, cudaEventDefault), "event");
  return create_staging(context, message);
}

int cuda_open(CudaContext **opened, int ordinal, char *message) {
  CudaContext *context = (CudaContext *)calloc(1, sizeof *context);
  if (context == NULL) return cuda_say(message, cudaErrorMemoryAllocation, "host memory of a context");
  context->ordinal = ordinal;
  int failed = create_parts(context, message);
  if (failed) {
    cuda_close(context);
  } else {
    *opened = context;
  }
  return failed;
}

// What was never made is NULL, which CUDA takes but for streams and events. Failures have nobody to go to.
void cuda_close(CudaContext *context) {
  if (context == NULL) return;
  if (context->stream != NULL) cudaStreamSynchronize(context->stream);
  cuda_forget_steps(context);
  cuda_fast_close(context);
  for (Staging &staging : context->staging) {
    if (staging.copied != NULL) cudaEventDestroy(staging.copied);
    cudaFreeHost(staging.buffer);
  }
  for (cudaEvent_t event : context->timer) {
    if (event != NULL) cudaEventDestroy(event);
  }
  cudaFree(context->workspace);
  if (context->stream != NULL) cudaStreamDestroy(context->stream);
  free(context);
}

int cuda_allocate(CudaContext *context, void **block, size_t bytes, char *message) {
  cudaError_t status = cudaMalloc(block, bytes > 0 ? bytes : 1);
  if (status == cudaErrorMemoryAllocation) {
    size_t left = 0, total = 0;
    cudaGetLastError(); // this failure is reported here, not by the next launch
    cudaMemGetInfo(&left, &total);
    return cuda_say(message, status, "%zu bytes of device memory were asked for, %zu of %zu are free", bytes,
                    left, total);
  }
  CUDA_CHECK(message, status, "%zu bytes of device memory", bytes);
  status = cudaMemsetAsync(*block, 0, bytes, context->stream);
  if (status == cudaSuccess) return 0;
  cudaFree(*block);
  return cuda_say(message, status, "zeroing %zu bytes of device memory", bytes);
}

// Recorded steps may point into the block.
void cuda_release(CudaContext *context, void *block) {
  if (block == NULL) return;
  cudaStreamSynchronize(context->stream); // what is under way may use it; a failure comes again
  cuda_forget_steps(context);
  cudaFree(block);
}

int cuda_copy_in(CudaContext *context, void *to, const void *from, size_t bytes, char *message) {
  for (size_t at = 0; at < bytes; at += STAGING_BYTES) {
    size_t part = bytes - at < STAGING_BYTES ? bytes - at : STAGING_BYTES;
    Staging *staging = &context->staging[context->next_staging];
    context->next_staging = (context->next_staging + 1) % CUDA_STAGINGS;
    CUDA_CHECK(message, cudaEventSynchronize(staging->copied), "waiting for an earlier copy to the device");
    memcpy(staging->buffer, (const char *)from + at, part);
    CUDA_CHECK(
        message,
        cudaMemcpyAsync((char *)to + at, staging->buffer, part, cudaMemcpyHostToDevice, context->stream),
        "copying %zu bytes to the device", bytes);
    CUDA_CHECK(message, cudaEventRecord(staging->copied, context->stream), "event");
  }
  return 0;
}

int cuda_copy_out(CudaContext *context, void *to, const void *from, size_t bytes, char *message) {
  CUDA_CHECK(message, cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, context->stream),
             "copying %zu bytes from the device", bytes);
  return cuda_synchronise(context, message);
}

int cuda_synchronise(CudaContext *context, char *message) {
  cudaError_t status = cudaStreamSynchronize(context->stream);
  int failed = cuda_launch_failure(context, message);
  if (failed) return failed;
  CUDA_CHECK(message, status, "work on the device failed");
  return 0;
}

int cuda_start_timer(CudaContext *context, char *message) {
  CUDA_CHECK(message, cudaEventRecord(context->timer[0], context->stream), "event");
  return 0;
}

int cuda_stop_timer(CudaContext *context, double *seconds, char *message) {
  float milliseconds = 0;
  CUDA_CHECK(message, cudaEventRecord(context->timer[1], context->stream), "event");
  int failed = cuda_synchronise(context, message);
  if (failed) return failed;
  CUDA_CHECK(message, cudaEventElapsedTime(&milliseconds, context->timer[0], context->timer[1]), "timer");
  *seconds = 1e-3 * (double)milliseconds;
  return 0;
}
