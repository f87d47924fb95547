// R2 by the threads of a warp, and the rows of a matrix shared out to groups of threads.
//
// DESIGN. Lane j of R2 takes the elements j, j + 64, ...: thread t of a warp keeps lanes t and t + 32, so it
// reads columns t, t + 32, t + 64, ... in turn for one lane and the other, and a warp reads 128 neighbouring
// bytes. The tree's first addition is the thread's own, the others are exchanges (a + b is b + a). Rows
// shorter than a warp go to groups of fewer threads: lanes without an element are +0 and drop out.
#ifndef INGOT_KERNELS_ROW_REDUCTION_WARP_SUM_CUH
#define INGOT_KERNELS_ROW_REDUCTION_WARP_SUM_CUH

#include "kernels/cuda/grid.cuh"
#include "kernels/shared/rules.h"

// The end of R2 over the lanes t (`low`) and t + 32 (`high`) of each thread t: every thread of a group gets
// the sum. GROUP: a power of two up to 32; with fewer than 32 only lanes below GROUP have elements. All
// threads of the warp must come here.
template <int GROUP> DEVICE_FUNCTION float warp_r2_join(float low, float high) {
  float sum = x1_add(x1_add(low, 0.0f), x1_add(high, 0.0f)); // -0 becomes +0
#pragma unroll
  for (int h = GROUP / 2; h >= 1; h /= 2) sum = x1_add(sum, shuffle_xor(sum, h));
  return sum;
}

// What one thread of a group has of a row: columns t, t + GROUP, ...; HELD of them at most where values are
// kept in registers, any number where HELD is 0. Its members must be called by all threads of a warp; a row
// beyond the last has no columns. Functions get (e, j): number of the value, and column; with HELD 0, e only
// tells the lane.
template <int GROUP, int HELD> struct RowShare {
  static_assert(GROUP == WARP || HELD == 1, "a thread of a small group has one element");
  int columns;

  template <typename F> __device__ __forceinline__ void each(F use) const {
    const int t = thread_index() % GROUP;
    if constexpr (HELD > 0) {
#pragma unroll
      for (int e = 0; e < HELD; e++) {
        if (t + GROUP * e < columns) use(e, t + GROUP * e);
      }
    } else { // pairs of elements, counted beforehand so that reads of several overlap
      const int mine = t < columns ? (columns - t + GROUP - 1) / GROUP : 0;
#pragma unroll 8
      for (int pair = 0; pair < mine / 2; pair++) {
        use(0, t + 2 * GROUP * pair);
        use(1, t + 2 * GROUP * pair + GROUP);
      }
      if (mine % 2 == 1) use(0, t + GROUP * (mine - 1));
    }
  }

  // R2 of a row: s = add(s, e, j) takes one element into its lane's sum s.
  template <typename F> __device__ __forceinline__ float sum(F add) const {
    float low = 0.0f, high = 0.0f;
    each([&](int e, int j) {
      float &lane = e % 2 == 0 ? low : high;
      lane = add(lane, e, j);
    });
    return warp_r2_join<GROUP>(low, high);
  }
};

// value(e, j) of a row's share: computed once and kept, or with HELD 0 computed whenever it is asked for.
template <int HELD, typename F> struct RowValues {
  F value;
  float at[HELD > 0 ? HELD : 1];

  template <int GROUP>
  __device__ __forceinline__ RowValues(const RowShare<GROUP, HELD> &share, F value_) : value(value_), at{} {
    if constexpr (HELD > 0) share.each([&](int e, int j) { at[e] = value(e, j); });
  }
  __device__ __forceinline__ float operator()(int e, int j) const {
    if constexpr (HELD > 0) return at[e];
    return value(e, j);
  }
};

template <int GROUP, int HELD, typename F> RowValues(const RowShare<GROUP, HELD> &, F) -> RowValues<HELD, F>;

enum { ROW_THREADS = 128 };

// Operation: what a thread does with its share of each row, `operation.row(arguments, row, share)`, and in
// the end, all threads of the block together, `operation.finish(arguments)`.
template <typename Operation, typename Arguments, int GROUP, int HELD>
KERNEL_OF(ROW_THREADS)
row_kernel(Arguments s, int64_t rows, int columns) {
  constexpr int at_once = ROW_THREADS / GROUP;
  Operation operation;
  for (int64_t first = (int64_t)block_x() * at_once; first < rows;
       first += (int64_t)block_count_x() * at_once) {
    int64_t row = first + thread_index() / GROUP;
    RowShare<GROUP, HELD> share = {row < rows ? columns : 0};
    operation.row(s, row, share);
  }
  operation.finish(s);
}

template <typename Operation, int GROUP, int HELD, typename Arguments>
void launch_row_kernel(CudaContext *context, KernelId id, const Arguments &s, int64_t rows, int64_t columns) {
  launch(context, id, row_kernel<Operation, Arguments, GROUP, HELD>,
         blocks_for(context, rows * GROUP, ROW_THREADS), ROW_THREADS, s, rows, (int)columns);
}

// Rows of up to 2048 columns are read from memory once and kept in registers.
template <typename Operation, typename Arguments>
void launch_rows(CudaContext *context, KernelId id, const Arguments &s, int64_t rows, int64_t columns) {
  if (columns <= 4)
    launch_row_kernel<Operation, 4, 1>(context, id, s, rows, columns);
  else if (columns <= 8)
    launch_row_kernel<Operation, 8, 1>(context, id, s, rows, columns);
  else if (columns <= 16)
    launch_row_kernel<Operation, 16, 1>(context, id, s, rows, columns);
  else if (columns <= 32)
    launch_row_kernel<Operation, 32, 1>(context, id, s, rows, columns);
  else if (columns <= 64)
    launch_row_kernel<Operation, 32, 2>(context, id, s, rows, columns);
  else if (columns <= 128)
    launch_row_kernel<Operation, 32, 4>(context, id, s, rows, columns);
  else if (columns <= 256)
    launch_row_kernel<Operation, 32, 8>(context, id, s, rows, columns);
  else if (columns <= 512)
    launch_row_kernel<Operation, 32, 16>(context, id, s, rows, columns);
  else if (columns <= 1024)
    launch_row_kernel<Operation, 32, 32>(context, id, s, rows, columns);
  else if (columns <= 2048)
    launch_row_kernel<Operation, 32, 64>(context, id, s, rows, columns);
  else
    launch_row_kernel<Operation, 32, 0>(context, id, s, rows, columns);
}

#endif
