// R1's tree in streaming form on a GPU: a thread's leaves come one after another, its open subtrees wait in a
// binary counter.
#ifndef INGOT_KERNELS_PRODUCT_TREE_COUNTER_CUH
#define INGOT_KERNELS_PRODUCT_TREE_COUNTER_CUH

#include "kernels/cuda/grid.cuh"
#include "kernels/shared/rules.h"

// VALUES sums at once, over up to 2^LEVELS leaves each. Before leaf n comes, level j holds a subtree of 2^j
// leaves for each bit j of n. Levels are indexed at run time and so lie in local memory on purpose: they are
// touched once a leaf.
template <int LEVELS, int VALUES> struct TreeCounter {
  float level[LEVELS > 0 ? LEVELS : 1][VALUES];

  // Takes leaf n. After the last one `value` is the tree over all of them.
  DEVICE_FUNCTION void take(TreeCounter &counter, float (&value)[VALUES], int64_t n, bool last) {
    if (LEVELS == 0) return;
    int j = 0;
    for (; last ? n >> j != 0 : (n >> j & 1) != 0; j++) {
      if ((n >> j & 1) == 0) continue;
#pragma unroll
      for (int v = 0; v < VALUES; v++) value[v] = x1_add(counter.level[j][v], value[v]);
    }
    if (last) return;
#pragma unroll
    for (int v = 0; v < VALUES; v++) counter.level[j][v] = value[v];
  }
};

#endif
