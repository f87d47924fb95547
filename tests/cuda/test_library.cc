// The CUDA library's table on a device that is this CPU: memory, copies, steps recorded and replayed,
// failures.
#include "kernels/cuda/grid.cuh"
#include "tests/cuda_on_cpu/memory.h"

#include <gtest/gtest.h>
#include <numeric>
#include <vector>

namespace {

KERNEL_OF(64) add_one(int64_t *x, int64_t count) {
  for (int64_t i = grid_index(); i < count; i += grid_size()) x[i] += 1;
}

KERNEL_OF(64) out_of_range(int64_t *x) {
  __shared__ SharedArray<float, 8> tile;
  tile[8] = (float)x[0];
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

TEST_F(Library, DescribesDevices) {
  CudaFacts facts;
  EXPECT_EQ(CUDA_INTERFACE, library->interface);
  EXPECT_EQ(1, library->device_count(message));
  ASSERT_EQ(0, library->facts(&facts, 0, message));
  EXPECT_STREQ("grid of threads on a CPU", facts.name);
  EXPECT_GT(facts.memory_free, 0u);
  EXPECT_LT(facts.memory_free, facts.memory_total); // the workspace
  EXPECT_NE(0, library->facts(&facts, 1, message));
  EXPECT_TRUE(says("device 1: invalid device ordinal")) << message;
  CudaContext *none = nullptr;
  EXPECT_NE(0, library->open(&none, 1, message));
  EXPECT_EQ(nullptr, none);
  library->close(nullptr);
}

TEST_F(Library, MemoryIsZeroedAndAligned) {
  for (size_t count : {(size_t)1, (size_t)33, (size_t)1000}) {
    int64_t *x = allocate(count);
    EXPECT_EQ(0u, (uintptr_t)x % 256);
    std::vector<int64_t> got(count, -1);
    ASSERT_EQ(0, library->copy_out(context, got.data(), x, count * sizeof *x, message));
    EXPECT_EQ(std::vector<int64_t>(count, 0), got);
    library->release(context, x);
  }
  library->release(context, nullptr);
}

TEST_F(Library, OutOfMemorySaysHowMuch) {
  void *block;
  CudaFacts facts;
  ASSERT_EQ(0, library->facts(&facts, 0, message));
  EXPECT_NE(0, library->allocate(context, &block, facts.memory_free + 1, message));
  EXPECT_TRUE(says(std::to_string(facts.memory_free + 1) + " bytes of device memory were asked for"))
      << message;
  EXPECT_TRUE(says(std::to_string(facts.memory_free) + " of ")) << message;
  EXPECT_EQ(0, library->synchronise(context, message)) << message;
}

// More than both buffers hold; the source changes at once.
TEST_F(Library, CopiesInLeaveTheSourceFree) {
  const size_t count = (9u << 20) / sizeof(int64_t) + 3;
  std::vector<int64_t> given(count), got(count);
  int64_t *x = allocate(count);
  std::iota(given.begin(), given.end(), 5);
  const std::vector<int64_t> expected = given;
  ASSERT_EQ(0, library->copy_in(context, x, given.data(), count * sizeof *x, message)) << message;
  given.assign(count, -1);
  ASSERT_EQ(0, library->copy_in(context, x, expected.data(), sizeof *x, message)) << message;
  ASSERT_EQ(0, library->copy_out(context, got.data(), x, count * sizeof *x, message)) << message;
  EXPECT_TRUE(expected == got);
  EXPECT_EQ(0, library->copy_in(context, x, given.data(), 0, message));
  library->release(context, x);
}

TEST_F(Library, StepsAreReplayed) {
  int64_t *x = allocate(1);
  EXPECT_EQ(0, library->replay(context, 7));
  record(7, x, 2);
  EXPECT_EQ(2, value_of(x));
  EXPECT_EQ(1, library->replay(context, 7));
  EXPECT_EQ(1, library->replay(context, 7));
  EXPECT_EQ(0, library->replay(context, 8));
  EXPECT_EQ(6, value_of(x));
  add_one_to(x, KERNEL_sgd_step);
  EXPECT_EQ(7, value_of(x));
  EXPECT_EQ(6u, library->kernel_launches(context, KERNEL_norm_forward));
  EXPECT_EQ(1u, library->kernel_launches(context, KERNEL_sgd_step));
  EXPECT_STREQ("norm_forward", library->kernel_name(KERNEL_norm_forward));
  library->release(context, x);
}

TEST_F(Library, TheOldestStepGoesFirst) {
  int64_t *x = allocate(1);
  for (int key = 0; key < CUDA_STEPS; key++) record((uint64_t)key, x, 1);
  record(0, x, 10); // replaced, and the newest now
  record(CUDA_STEPS, x, 1);
  int64_t before = value_of(x);
  EXPECT_EQ(0, library->replay(context, 1));
  EXPECT_EQ(1, library->replay(context, 0));
  EXPECT_EQ(before + 10, value_of(x));
  for (int key = 2; key <= CUDA_STEPS; key++) EXPECT_EQ(1, library->replay(context, (uint64_t)key));
  EXPECT_EQ(before + 10 + CUDA_STEPS - 1, value_of(x));
  library->release(context, x);
}

// A recorded step may point into what is released.
TEST_F(Library, ReleaseForgetsSteps) {
  int64_t *x = allocate(1), *y = allocate(1);
  record(1, x, 1);
  library->release(context, y);
  EXPECT_EQ(0, library->replay(context, 1));
  library->release(context, x);
}

TEST_F(Library, KernelFailuresNameTheKernel) {
  int64_t *x = allocate(1);
  launch(context, KERNEL_dropout, out_of_range, dim3(1), 1, x);
  EXPECT_NE(0, library->synchronise(context, message));
  EXPECT_TRUE(says("kernel dropout, block (0,0,0), thread 0: index 8 of a shared array of 8")) << message;
  EXPECT_EQ(0, library->synchronise(context, message)) << message;
  launch(context, KERNEL_sgd_step, add_one, dim3(1), 2000, x, 1);
  launch(context, KERNEL_norm_forward, add_one, dim3(1), 3000, x, 1);
  int64_t value;
  EXPECT_NE(0, library->copy_out(context, &value, x, sizeof value, message));
  EXPECT_TRUE(says("kernel sgd_step was not started: invalid configuration argument")) << message;
  library->release(context, x);
}

TEST_F(Library, FailedRecordingsAreNotKept) {
  int64_t *x = allocate(1);
  ASSERT_EQ(0, library->begin_step(context, message));
  launch(context, KERNEL_sgd_step, add_one, dim3(1), 2000, x, 1);
  EXPECT_NE(0, library->end_step(context, 1, message));
  EXPECT_TRUE(says("kernel sgd_step was not started")) << message;
  EXPECT_EQ(0, library->replay(context, 1));
  ASSERT_EQ(0, library->begin_step(context, message));
  EXPECT_NE(0, library->synchronise(context, message)); // would never be recorded
  EXPECT_TRUE(says("capturing")) << message;
  EXPECT_NE(0, library->begin_step(context, message));
  EXPECT_TRUE(says("recording a step")) << message;
  EXPECT_EQ(0, library->end_step(context, 2, message));
  library->release(context, x);
}

} // namespace
