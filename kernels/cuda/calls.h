// The functions behind CudaLibrary, and how failed calls of the CUDA runtime become sentences.
#ifndef INGOT_KERNELS_CUDA_CALLS_H
#define INGOT_KERNELS_CUDA_CALLS_H

#include "kernels/cuda/context.h"

// Writes a sentence to `message` and returns the CudaFailure: what could not be done, the runtime's words,
// and what to do where that is known.
int cuda_say(char *message, cudaError_t status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// The same for a call's status; 0, and nothing written, for cudaSuccess.
#define CUDA_CHECK(message, call, ...)                                                                       \
  do {                                                                                                       \
    cudaError_t status_ = (call);                                                                            \
    if (status_ != cudaSuccess) return cuda_say(message, status_, __VA_ARGS__);                              \
  } while (0)

const char *cuda_kernel_name(int kernel);

// devices.cu
int cuda_device_count(char *message);
int cuda_facts(CudaFacts *facts, int ordinal, char *message);

// context.cu
int cuda_open(CudaContext **context, int ordinal, char *message);
void cuda_close(CudaContext *context);
int cuda_allocate(CudaContext *context, void **block, size_t bytes, char *message);
void cuda_release(CudaContext *context, void *block);
int cuda_copy_in(CudaContext *context, void *to, const void *from, size_t bytes, char *message);
int cuda_copy_out(CudaContext *context, void *to, const void *from, size_t bytes, char *message);
int cuda_synchronise(CudaContext *context, char *message);
int cuda_start_timer(CudaContext *context, char *message);
int cuda_stop_timer(CudaContext *context, double *seconds, char *message);

// steps.cu
int cuda_replay(CudaContext *context, uint64_t key);
int cuda_begin_step(CudaContext *context, char *message);
int cuda_end_step(CudaContext *context, uint64_t key, char *message);
void cuda_forget_steps(CudaContext *context);

// Reports a launch that failed since the last call; 0 if none did.
int cuda_launch_failure(CudaContext *context, char *message);

#endif
