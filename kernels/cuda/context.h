// What an opened GPU is to the CUDA side: its stream, its workspace, recorded steps, and what went wrong.
#ifndef INGOT_KERNELS_CUDA_CONTEXT_H
#define INGOT_KERNELS_CUDA_CONTEXT_H

#include "kernels/cuda/library.h"

#include <cuda_runtime.h>

typedef enum KernelId {
#define KERNEL(name) KERNEL_##name,
#include "kernels/cuda/kernels.inc"
#undef KERNEL
  KERNEL_COUNT
} KernelId;

enum {
  CUDA_STEPS = 8,   // recorded steps a context keeps
  CUDA_STAGINGS = 2 // buffers for copies to the device
};

// One recorded step, and how often it launches each kernel.
typedef struct RecordedStep {
  uint64_t key;
  cudaGraphExec_t graph;
  uint64_t launches[KERNEL_COUNT];
} RecordedStep;

// Page-locked host memory on its way to the device.
typedef struct Staging {
  void *buffer;
  cudaEvent_t copied; // its last copy is done
} Staging;

struct FastProducts; // cublas.cu

struct CudaContext {
  int ordinal, multiprocessors;
  cudaStream_t stream;
  float *workspace; // partial results of products split over the summed axis
  size_t workspace_bytes;
  FastProducts *fast; // NULL in exact mode
  Staging staging[CUDA_STAGINGS];
  int next_staging;
  cudaEvent_t timer[2]; // where the timer was started and stopped
  cudaError_t failure;  // of the first launch that failed, in `failed`; KERNEL_COUNT: a recorded step
  KernelId failed;
  uint64_t launches[KERNEL_COUNT];
  uint64_t before_step[KERNEL_COUNT]; // launches when recording began
  RecordedStep steps[CUDA_STEPS];     // the oldest first
  int step_count;
};

// A kernel was enqueued; the first failure is kept for the next synchronise.
static inline void count_launch(CudaContext *context, KernelId id, cudaError_t status) {
  context->launches[id]++;
  if (status == cudaSuccess || context->failure != cudaSuccess) return;
  context->failure = status;
  context->failed = id;
}

// Blocks of `threads` for a grid-stride loop over `count` elements: enough to fill the device, no more.
static inline dim3 blocks_for(const CudaContext *context, int64_t count, int threads) {
  int64_t blocks = (count + threads - 1) / threads, most = 16 * (int64_t)context->multiprocessors;
  return dim3((unsigned)(blocks < most ? blocks : most));
}

#endif
