// Neighbouring elements of an array in one access where address and count allow, else one by one.
#ifndef INGOT_KERNELS_CUDA_PACK_CUH
#define INGOT_KERNELS_CUDA_PACK_CUH

#include "kernels/cuda/grid.cuh"

template <typename T, int N> struct alignas(sizeof(T) * N) Pack { T at[N]; };

template <typename T, int N> DEVICE_FUNCTION bool pack_is_whole(const T *address, int count) {
  return count == N && (uintptr_t)address % sizeof(Pack<T, N>) == 0;
}

// from[0..count), count <= N; zeros behind it.
template <int N, typename T> DEVICE_FUNCTION Pack<T, N> pack_load(const T *from, int count) {
  Pack<T, N> pack = {};
  if (pack_is_whole<T, N>(from, count)) {
    pack = *reinterpret_cast<const Pack<T, N> *>(from);
  } else {
#pragma unroll
    for (int c = 0; c < N; c++) {
      if (c < count) pack.at[c] = from[c];
    }
  }
  return pack;
}

template <typename T, int N> DEVICE_FUNCTION void pack_store(T *to, const Pack<T, N> &pack, int count) {
  if (pack_is_whole<T, N>(to, count)) {
    *reinterpret_cast<Pack<T, N> *>(to) = pack;
  } else {
#pragma unroll
    for (int c = 0; c < N; c++) {
      if (c < count) to[c] = pack.at[c];
    }
  }
}

// use(at, n) for the packs [at, at + n) of [0, count), shared out over the grid; n = N but for the last one.
template <int N, typename F> DEVICE_FUNCTION void each_pack(int64_t count, F use) {
  for (int64_t at = N * grid_index(); at < count; at += N * grid_size()) {
    use(at, count - at < N ? (int)(count - at) : N);
  }
}

// Blocks for each_pack.
static inline dim3 blocks_for_packs(const CudaContext *context, int64_t count, int pack, int threads) {
  return blocks_for(context, (count + pack - 1) / pack, threads);
}

#endif
