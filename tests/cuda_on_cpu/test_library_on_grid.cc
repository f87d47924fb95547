// The CUDA library's table where only the grid of threads shows it: the device described, failures provoked.
#include "tests/cuda/library_case.h"

namespace {

KERNEL_OF(64) out_of_range(int64_t *x) {
  __shared__ SharedArray<float, 8> tile;
  tile[8] = (float)x[0];
}

struct LibraryOnGrid : Library {};

} // namespace

TEST_F(LibraryOnGrid, DescribesDevices) {
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
  EXPECT_EQ(CUDA_UNAVAILABLE, library->open(&none, 1, message));
  EXPECT_EQ(nullptr, none);
  library->close(nullptr);
}

TEST_F(LibraryOnGrid, KernelFailuresNameTheKernel) {
  int64_t *x = allocate(1);
  launch(context, KERNEL_dropout, out_of_range, dim3(1), 1, x);
  EXPECT_EQ(CUDA_MISTAKE, library->synchronise(context, message));
  EXPECT_TRUE(says("kernel dropout, block (0,0,0), thread 0: index 8 of a shared array of 8")) << message;
  EXPECT_EQ(0, library->synchronise(context, message)) << message;
  launch(context, KERNEL_sgd_step, add_one, dim3(1), 2000, x, 1);
  launch(context, KERNEL_norm_forward, add_one, dim3(1), 3000, x, 1);
  int64_t value;
  EXPECT_NE(0, library->copy_out(context, &value, x, sizeof value, message));
  EXPECT_TRUE(says("kernel sgd_step was not started: invalid configuration argument")) << message;
  library->release(context, x);
}

TEST_F(LibraryOnGrid, FailedRecordingsAreNotKept) {
  int64_t *x = allocate(1);
  ASSERT_EQ(0, library->begin_step(context, message));
  launch(context, KERNEL_sgd_step, add_one, dim3(1), 2000, x, 1);
  EXPECT_EQ(CUDA_MISTAKE, library->end_step(context, 1, message));
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
