// What tests of the CUDA library's table share: an opened device and a kernel that adds 1.
#ifndef INGOT_TESTS_CUDA_LIBRARY_CASE_H
#define INGOT_TESTS_CUDA_LIBRARY_CASE_H

#include "kernels/cuda/grid.cuh"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace {

KERNEL_OF(64) add_one(int64_t *x, int64_t count) {
  for (int64_t i = grid_index(); i < count; i += grid_size()) x[i] += 1;
}

struct Library : testing::Test {
  void SetUp() override { ASSERT_EQ(0, library->open(&context, 0, message)) << message; }
  void TearDown() override { library->close(context); }
  int64_t *allocate(size_t count) {
    void *block = nullptr;
    EXPECT_EQ(0, library->allocate(context, &block, count * sizeof(int64_t), message)) << message;
    return (int64_t *)block;
  }
  int64_t value_of(const int64_t *x) {
    int64_t value = -1;
    EXPECT_EQ(0, library->copy_out(context, &value, x, sizeof value, message)) << message;
    return value;
  }
  void add_one_to(int64_t *x, KernelId id = KERNEL_norm_forward) {
    launch(context, id, add_one, dim3(1), 1, x, 1);
  }
  // Records `times` additions under a key, and runs them.
  void record(uint64_t key, int64_t *x, int times) {
    ASSERT_EQ(0, library->begin_step(context, message)) << message;
    for (int i = 0; i < times; i++) add_one_to(x);
    ASSERT_EQ(0, library->end_step(context, key, message)) << message;
  }
  bool says(const std::string &part) { return std::string(message).find(part) != std::string::npos; }

  const CudaLibrary *library = ingot_cuda_library();
  CudaContext *context = nullptr;
  char message[CUDA_MESSAGE] = "";
};

} // namespace

#endif
