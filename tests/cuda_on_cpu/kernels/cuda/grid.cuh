// The names of kernels/cuda/grid.cuh for a grid of threads on a CPU, so that tests run every kernel, with
// checks that a GPU does not make.
#ifndef INGOT_KERNELS_CUDA_GRID_CUH
#define INGOT_KERNELS_CUDA_GRID_CUH

#include "kernels/cuda/context.h"
#include "tests/cuda_on_cpu/grid.h"

#include <tuple>

#define __global__
#define __device__
#define __host__
#define __shared__ static
#define __forceinline__ inline __attribute__((always_inline))
#define KERNEL_OF(threads) void
#define DEVICE_FUNCTION static inline __attribute__((always_inline, unused))

enum { WARP = 32 };

// Sixteen bytes that are read and written at aligned addresses only.
struct alignas(16) float4 {
  float x, y, z, w;
  float4() = default;
  float4(float x_, float y_, float z_, float w_) : x(x_), y(y_), z(z_), w(w_) {}
  float4(const float4 &other) {
    const float4 *from = cpu_grid::aligned(&other);
    x = from->x, y = from->y, z = from->z, w = from->w;
  }
  float4 &operator=(const float4 &other) {
    float4 *to = cpu_grid::aligned(this);
    to->x = other.x, to->y = other.y, to->z = other.z, to->w = other.w;
    return *this;
  }
};

DEVICE_FUNCTION int thread_index() {
  return cpu_grid::thread;
}
DEVICE_FUNCTION int thread_count() {
  return cpu_grid::block.threads;
}
DEVICE_FUNCTION int lane_index() {
  return cpu_grid::thread % WARP;
}
DEVICE_FUNCTION int warp_index() {
  return cpu_grid::thread / WARP;
}
DEVICE_FUNCTION int block_x() {
  return cpu_grid::block.x;
}
DEVICE_FUNCTION int block_y() {
  return cpu_grid::block.y;
}
DEVICE_FUNCTION int block_z() {
  return cpu_grid::block.z;
}
DEVICE_FUNCTION int block_count_x() {
  return (int)cpu_grid::block.blocks.x;
}
DEVICE_FUNCTION int block_count_z() {
  return (int)cpu_grid::block.blocks.z;
}
DEVICE_FUNCTION int64_t grid_index() {
  return (int64_t)cpu_grid::block.x * cpu_grid::block.threads + cpu_grid::thread;
}
DEVICE_FUNCTION int64_t grid_size() {
  return (int64_t)cpu_grid::block.blocks.x * cpu_grid::block.threads;
}

// Where a kernel calls from is the default of two more parameters.
DEVICE_FUNCTION void barrier(const char *file = __builtin_FILE(), int line = __builtin_LINE()) {
  cpu_grid::barrier({file, line});
}
DEVICE_FUNCTION float shuffle_xor(float x, int mask, const char *file = __builtin_FILE(),
                                  int line = __builtin_LINE()) {
  return cpu_grid::shuffle({file, line}, x, lane_index() ^ mask);
}

// Static storage, one for all blocks, for they run one after the other. `live` is the count once this block
// has touched the array, so one comparison finds a first touch and an index outside.
template <typename T, int N> struct alignas(16) SharedArray {
  T at[N];
  int live;
  T &operator[](int i) {
    if ((unsigned)i >= (unsigned)live) cpu_grid::touch(at, sizeof at, &live, N, i, i);
    return at[i];
  }
  float4 &vector(int i) {
    if (i % 4 != 0) cpu_grid::misaligned((char *)at + (int64_t)sizeof(T) * i);
    if ((unsigned)(i + 3) >= (unsigned)live) cpu_grid::touch(at, sizeof at, &live, N, i, (int64_t)i + 3);
    return *reinterpret_cast<float4 *>(&at[i]);
  }
};

DEVICE_FUNCTION void copy_async_16(float4 *to_shared, const float *from_global, int count) {
  cpu_grid::copy_async(to_shared, from_global, 4, count);
}
DEVICE_FUNCTION void copy_async_4(float *to_shared, const float *from_global, bool there) {
  cpu_grid::copy_async(to_shared, from_global, 1, there);
}
DEVICE_FUNCTION void copy_async_commit() {
  cpu_grid::copy_async_commit();
}
template <int pending> DEVICE_FUNCTION void copy_async_wait() {
  cpu_grid::copy_async_wait(pending);
}

DEVICE_FUNCTION void atomic_add(int64_t *to, int64_t x) {
  *to = (int64_t)((uint64_t)*to + (uint64_t)x);
}
DEVICE_FUNCTION void raise_flag(int32_t *flag) {
  *flag = 1;
}

static inline const char *name_of_kernel(KernelId id) {
  static const char *const names[] = {
#define KERNEL(name) #name,
#include "kernels/cuda/kernels.inc"
#undef KERNEL
  };
  return names[id];
}

template <typename... Parameters, typename... Given>
void launch(CudaContext *context, KernelId id, void (*kernel)(Parameters...), dim3 blocks, int threads,
            const Given &...given) {
  if (blocks.x == 0 || blocks.y == 0 || blocks.z == 0) return;
  std::tuple<Parameters...> arguments{static_cast<Parameters>(given)...};
  cudaError_t status = cpu_grid::enqueue(context->stream, name_of_kernel(id), blocks, threads,
                                         [=] { std::apply(kernel, arguments); });
  count_launch(context, id, status);
}

#endif
