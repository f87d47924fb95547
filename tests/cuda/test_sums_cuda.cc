// The sums that CUDA operators share against the rules as their text reads: R2 by a warp, R1's tree.
#include "tests/cuda/device_case.h"

#include "kernels/row_reduction/tree_sum.cuh"
#include "kernels/row_reduction/warp_sum.cuh"

namespace {

// sums[r] = R2 of the products of row r, a row to each group of one warp.
template <int GROUP, int HELD> KERNEL_OF(WARP) dot_rows(float *sums, const float *a, const float *b, int n) {
  int row = thread_index() / GROUP;
  RowShare<GROUP, HELD> share = {n};
  float sum = share.sum([=](float s, int, int j) { return x1_fma(a[row * n + j], b[row * n + j], s); });
  if (thread_index() % GROUP == 0) sums[row] = sum;
}

// One warp of a kernel on a stream of its own.
template <typename... Parameters, typename... Given>
void run_warp(void (*kernel)(Parameters...), const Given &...given) {
  CudaContext context = {};
  ASSERT_EQ(cudaStreamCreateWithFlags(&context.stream, cudaStreamNonBlocking), cudaSuccess);
  launch(&context, KERNEL_norm_forward, kernel, dim3(1), WARP, given...);
  EXPECT_EQ(context.failure, cudaSuccess);
  EXPECT_EQ(test_device::failure(context.stream), "");
  EXPECT_EQ(cudaStreamDestroy(context.stream), cudaSuccess);
}

template <int GROUP, int HELD> void check_dots(const Values &a, const Values &b, int n) {
  const int rows = WARP / GROUP;
  Values expected;
  for (int row = 0; row < rows; row++) expected.push_back(ref_r2(&a[row * n], &b[row * n], n));
  DeviceArray<float> sums(Values((size_t)rows)), da(a), db(b);
  run_warp(dot_rows<GROUP, HELD>, sums.at(), da.at(), db.at(), n);
  ASSERT_TRUE(same_bits(expected, sums.values())) << n << " elements, groups of " << GROUP;
}

template <int GROUP, int HELD> void check_rows(int n) {
  std::mt19937_64 random((uint64_t)n);
  const int64_t count = n * (WARP / GROUP);
  check_dots<GROUP, HELD>(values_of(random, count), values_of(random, count), n);
  check_dots<GROUP, HELD>(values_of(random, count, true), values_of(random, count, true), n);
  check_dots<GROUP, HELD>(Values((size_t)count, -1e-30f), Values((size_t)count, 1e-30f), n); // lanes of -0
}

KERNEL_OF(WARP) add_leaves(float *sums, const float *leaves, int64_t count) {
  TreeSum tree;
  tree.leaves = 0;
  for (int64_t i = 0; i < count; i++) tree_sum_add(&tree, leaves[i]);
  sums[thread_index()] = tree_sum_end(&tree);
}

} // namespace

TEST(SumsCuda, R2ByAWarp) {
  for (int n = 1; n <= 4; n++) check_rows<4, 1>(n);
  for (int n = 1; n <= 8; n++) check_rows<8, 1>(n);
  for (int n = 1; n <= 16; n++) check_rows<16, 1>(n);
  for (int n = 1; n <= 32; n++) check_rows<32, 1>(n);
  for (int n : {33, 63, 64}) check_rows<32, 2>(n);
  for (int n : {65, 127, 128, 129, 256}) check_rows<32, 8>(n);
  for (int n : {1, 31, 32, 33, 63, 64, 65, 127, 128, 129, 1000, 4096, 5003}) check_rows<32, 0>(n);
}

TEST(SumsCuda, TheTreeOfR1) {
  std::mt19937_64 random(81);
  for (int64_t count = 0; count < 140; count++) {
    SCOPED_TRACE(testing::Message() << "the tree of R1, " << count << " leaves");
    Values leaves = values_of(random, count);
    const float expected = count == 0 ? 0.0f : ref_tree(leaves.data(), count);
    DeviceArray<float> sums(Values(WARP, 0.0f)), device(leaves);
    run_warp(add_leaves, sums.at(), device.at(), count);
    ASSERT_TRUE(same_bits(Values(WARP, expected), sums.values()));
  }
}
