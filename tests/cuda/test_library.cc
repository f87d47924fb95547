// The CUDA library's table: memory, copies, steps recorded and replayed.
#include "tests/cuda/library_case.h"

#include <numeric>

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
  EXPECT_EQ(CUDA_UNAVAILABLE, library->allocate(context, &block, facts.memory_free + 1, message));
  EXPECT_TRUE(says(std::to_string(facts.memory_free + 1) + " bytes of device memory were asked for"))
      << message;
  EXPECT_TRUE(says(std::to_string(facts.memory_free) + " of ")) << message;
  EXPECT_TRUE(says("end other programs")) << message;
  EXPECT_FALSE(says("micro_batch")) << message; // opening a device needs memory too
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

// The device's clock stands still before its work is done, and stopping it waits for that.
TEST_F(Library, TheTimerWaitsForTheWorkBetween) {
  int64_t *x = allocate(1);
  double seconds = -1;
  EXPECT_NE(0, library->stop_timer(context, &seconds, message)); // never started
  EXPECT_EQ(-1, seconds);
  for (int times = 1; times < 3; times++) {
    ASSERT_EQ(0, library->start_timer(context, message)) << message;
    for (int i = 0; i < 100; i++) add_one_to(x);
    ASSERT_EQ(0, library->stop_timer(context, &seconds, message)) << message;
    EXPECT_GT(seconds, 0);
    EXPECT_EQ(100 * times, value_of(x));
  }
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
