// What tests of fast products share: a device in fast mode, operators run on it and beside it the exact ones,
// and the bound on their difference.
#ifndef INGOT_TESTS_CUDA_FAST_CASE_H
#define INGOT_TESTS_CUDA_FAST_CASE_H

#include "tests/cuda/device_case.h"

#include "kernels/cuda/cublas.h"

#include <cmath>
#include <gtest/gtest.h>

// A machine with a GPU need not have cuBLASLt; the grid's lies beside it.
#define SKIP_WITHOUT_CUBLASLT(version, message)                                                              \
  do {                                                                                                       \
    if ((version) != 0) break;                                                                               \
    ASSERT_NE(test_device::unwatched, 0u) << message;                                                        \
    GTEST_SKIP() << message;                                                                                 \
  } while (0)

struct FastCase : DeviceCase {
  std::mt19937_64 random{7};
  char message[CUDA_MESSAGE] = "";

  void SetUp() override {
    SKIP_WITHOUT_CUBLASLT(cuda_fast_version(message), message);
    room.reset(new DeviceArray<float>(Values((size_t)8 << 20))); // cuBLAS's own
    context.workspace = room->at();
    context.workspace_bytes = (size_t)32 << 20;
  }
  void TearDown() override {
    cuda_fast_close(&context);
    workspace.reset();
    room.reset();
  }
  void open(FastOperands operands) {
    cuda_fast_close(&context);
    ASSERT_EQ(cuda_fast_open(&context, operands, message), 0) << message;
  }
  // One shape of product and exactly the memory it needs.
  void pin(const ProductShape &shape) {
    uint64_t algorithm[FAST_WORDS];
    ASSERT_EQ(cuda_fast_pin(&context, &shape, algorithm, 0, message), 0) << message;
    workspace.reset(
        new DeviceArray<char>(std::vector<char>(fast_product_bytes(&shape, fast_operands(&context)))));
    cuda_fast_workspace(&context, workspace->at(), fast_product_bytes(&shape, fast_operands(&context)));
  }
  void finish() {
    EXPECT_EQ(context.failure, cudaSuccess);
    EXPECT_EQ(cuda_fast_failure(&context, message), 0) << message;
    EXPECT_EQ(test_device::failure(context.stream), "");
  }
  // All 24 bits of a number are in use, so that rounding shows.
  Values numbers(int64_t count) {
    Values values((size_t)count);
    for (float &x : values) x = (float)((int64_t)(random() >> 39) - (1 << 24)) * 0x1p-24f;
    return values;
  }

  std::unique_ptr<DeviceArray<float>> room;
  std::unique_ptr<DeviceArray<char>> workspace;
};

// The most by which a fast sum and an exact one can differ; magnitudes: the sum of |a||b|, end: what is added
// after the sum. kernels/README.md derives it.
inline double fast_bound(FastOperands operands, int64_t terms, double magnitudes, double end = 0) {
  const double u = operands == FAST_TF32 ? 0x1p-10 : 0x1p-8, n = (double)terms;
  const double fast = 2 * u + u * u + (1 + u) * (1 + u) * n * 0x1p-22;
  const double leaf = std::min(n, 256.0), levels = std::ceil(std::log2(std::max(1.0, std::ceil(n / 256))));
  const double depth = (leaf + levels + 1) * 0x1p-24, exact = depth / (1 - depth);
  const double ends =
      0x1p-23 * ((1 + fast + exact) * magnitudes + std::fabs(end)); // both roundings of + bias
  return (fast + exact) * magnitudes + ends;
}

#endif
