// What kernels over all tensors at once look up: the tensor of a place in the flat arrays, and flags.
#ifndef INGOT_KERNELS_ROW_REDUCTION_TENSOR_RUNS_CUH
#define INGOT_KERNELS_ROW_REDUCTION_TENSOR_RUNS_CUH

#include "kernels/cuda/grid.cuh"
#include "kernels/row_reduction/row_reduction.h"

// The last run with start(run) <= place, or the first; run_count > 0. Starts ascend; of runs that start
// together only the last has elements.
template <typename Start>
DEVICE_FUNCTION TensorRun run_at(const TensorRun *runs, int64_t run_count, int64_t place, Start start) {
  int64_t low = 0, high = run_count;
  while (high - low > 1) {
    int64_t middle = low + (high - low) / 2;
    if (start(runs[middle]) <= place)
      low = middle;
    else
      high = middle;
  }
  return runs[low];
}

// Whether any flag is up. All threads of the block must come here.
DEVICE_FUNCTION bool block_any(const int32_t *flags, int64_t count) {
  __shared__ SharedArray<int32_t, 1> any;
  if (thread_index() == 0) any[0] = 0;
  barrier();
  for (int64_t i = thread_index(); i < count; i += thread_count()) {
    if (flags[i] != 0) any[0] = 1;
  }
  barrier();
  return any[0] != 0;
}

#endif
