// What a CUDA kernel of this project sees of a GPU, by name: launch, indices, barrier, shuffles, shared
// arrays, asynchronous copies, integer atomics.
//
// Kernels use these names only, so that tests can run the same source on a grid of threads on a CPU
// (tests/cuda_on_cpu holds the other version of this header).
#ifndef INGOT_KERNELS_CUDA_GRID_CUH
#define INGOT_KERNELS_CUDA_GRID_CUH

#include "kernels/cuda/context.h"

#include <cuda_pipeline_primitives.h>

// A kernel with at most `threads` threads a block, as: KERNEL_OF(256) fill(float *x, int64_t count) {...}
#define KERNEL_OF(threads) __global__ void __launch_bounds__(threads)
#define DEVICE_FUNCTION static __device__ __forceinline__

enum { WARP = 32 };

DEVICE_FUNCTION int thread_index() {
  return (int)threadIdx.x;
}
DEVICE_FUNCTION int thread_count() {
  return (int)blockDim.x;
}
DEVICE_FUNCTION int lane_index() {
  return (int)threadIdx.x % WARP;
}
DEVICE_FUNCTION int warp_index() {
  return (int)threadIdx.x / WARP;
}
DEVICE_FUNCTION int block_x() {
  return (int)blockIdx.x;
}
DEVICE_FUNCTION int block_y() {
  return (int)blockIdx.y;
}
DEVICE_FUNCTION int block_z() {
  return (int)blockIdx.z;
}
DEVICE_FUNCTION int block_count_x() {
  return (int)gridDim.x;
}
DEVICE_FUNCTION int block_count_z() {
  return (int)gridDim.z;
}
// Number of this thread in a one-dimensional grid, and how many there are: a grid-stride loop's start and
// step.
DEVICE_FUNCTION int64_t grid_index() {
  return (int64_t)blockIdx.x * blockDim.x + threadIdx.x;
}
DEVICE_FUNCTION int64_t grid_size() {
  return (int64_t)gridDim.x * blockDim.x;
}

// Every thread of the block must come here.
DEVICE_FUNCTION void barrier() {
  __syncthreads();
}

// The value of lane (lane ^ mask) of a whole warp.
DEVICE_FUNCTION float shuffle_xor(float x, int mask) {
  return __shfl_xor_sync(0xffffffffu, x, mask);
}

// __shared__ SharedArray<float, 1024> tile; aligned for 16-byte access; vector(i): elements i..i+3, i % 4 ==
// 0.
template <typename T, int N> struct alignas(16) SharedArray {
  T at[N];
  __device__ __forceinline__ T &operator[](int i) { return at[i]; }
  __device__ __forceinline__ float4 &vector(int i) { return *reinterpret_cast<float4 *>(&at[i]); }
};

// 4 elements, or 1, from global to shared memory, both addresses aligned to so many: started, grouped, and
// waited for until at most `pending` groups are under way; then a barrier makes them visible to the block.
// Only the first `count` elements are read, +0 stands for the others.
DEVICE_FUNCTION void copy_async_16(float4 *to_shared, const float *from_global, int count) {
  int bytes = count >= 4 ? 16 : count > 0 ? 4 * count : 0;
  asm volatile(
      "cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"((unsigned)__cvta_generic_to_shared(to_shared)),
      "l"(from_global), "r"(bytes)
      : "memory");
}
DEVICE_FUNCTION void copy_async_4(float *to_shared, const float *from_global, bool there) {
  int bytes = there ? 4 : 0;
  asm volatile(
      "cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"((unsigned)__cvta_generic_to_shared(to_shared)),
      "l"(from_global), "r"(bytes)
      : "memory");
}
DEVICE_FUNCTION void copy_async_commit() {
  __pipeline_commit();
}
template <int pending> DEVICE_FUNCTION void copy_async_wait() {
  __pipeline_wait_prior(pending);
}

DEVICE_FUNCTION void atomic_add(int64_t *to, int64_t x) {
  atomicAdd(reinterpret_cast<unsigned long long *>(to), (unsigned long long)x);
}
// Flags are only ever set to 1, so that no order shows.
DEVICE_FUNCTION void raise_flag(int32_t *flag) {
  *reinterpret_cast<volatile int32_t *>(flag) = 1;
}

// Enqueues a kernel; the first failure of the context is kept for the next synchronise. An empty grid is
// nothing.
template <typename... Parameters, typename... Given>
void launch(CudaContext *context, KernelId id, void (*kernel)(Parameters...), dim3 blocks, int threads,
            const Given &...given) {
  if (blocks.x == 0 || blocks.y == 0 || blocks.z == 0) return;
  cudaLaunchConfig_t config = {};
  config.gridDim = blocks;
  config.blockDim = dim3((unsigned)threads);
  config.stream = context->stream;
  cudaError_t status = cudaLaunchKernelEx(&config, kernel, Parameters(given)...);
  count_launch(context, id, status);
}

#endif
