// R1's tree over leaves that come in ascending order: a binary counter of partial sums.
#ifndef INGOT_KERNELS_ROW_REDUCTION_TREE_SUM_CUH
#define INGOT_KERNELS_ROW_REDUCTION_TREE_SUM_CUH

#include "kernels/cuda/grid.cuh"

// After n leaves, partial[l] is the sum of 2^l of them for every bit l of n, higher bits further left.
struct TreeSum {
  float partial[48];
  int64_t leaves;
};

DEVICE_FUNCTION void tree_sum_add(TreeSum *tree, float leaf) {
  int level = 0;
  for (int64_t n = tree->leaves; n % 2 == 1; n /= 2) leaf = x1_add(tree->partial[level++], leaf);
  tree->partial[level] = leaf;
  tree->leaves++;
}

// T([0, leaves)): the shorter parts on the right are joined first. No leaves: +0.
DEVICE_FUNCTION float tree_sum_end(const TreeSum *tree) {
  float sum = 0.0f;
  int level = 0, any = 0;
  for (int64_t n = tree->leaves; n > 0; n /= 2, level++) {
    if (n % 2 == 0) continue;
    sum = any ? x1_add(tree->partial[level], sum) : tree->partial[level];
    any = 1;
  }
  return sum;
}

#endif
