// The grid of threads on a CPU finds what it promises to find: kernels that are right, each beside one that
// is wrong.
#include "kernels/cuda/grid.cuh"
#include "tests/cuda_on_cpu/memory.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <vector>

namespace {

enum { THREADS = 64, COUNT = 100 };

// Device memory of `count` elements.
template <typename T> struct DeviceArray {
  explicit DeviceArray(int count_) : count(count_) {
    EXPECT_EQ(cudaSuccess, cudaMalloc(&at, sizeof(T) * (size_t)count));
  }
  ~DeviceArray() { EXPECT_EQ(cudaSuccess, cudaFree(at)); }
  std::vector<T> values() const {
    cpu_grid::DeviceAccess access;
    return std::vector<T>(at, at + count);
  }
  void fill(T first, T step) {
    cpu_grid::DeviceAccess access;
    for (int i = 0; i < count; i++) at[i] = first + step * (T)i;
  }
  T *at;
  int count;
};

// The failure of a kernel, "" where there is none.
template <typename... Parameters, typename... Given>
std::string failure_of(void (*kernel)(Parameters...), dim3 blocks, int threads, const Given &...given) {
  cpu_grid::run("under_test", blocks, threads, [&] { kernel(given...); });
  std::string text;
  cpu_grid::take_failure(&text);
  return text;
}

bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

// ---- kernels ----

KERNEL_OF(THREADS) barrier_for_some(int some) {
  if (thread_index() < some) barrier();
}

KERNEL_OF(THREADS) two_barriers(int some) {
  if (thread_index() < some)
    barrier();
  else
    barrier();
}

// Neighbours change values through a shared array.
KERNEL_OF(THREADS) rotate(float *x, bool with_barrier, int shift) {
  __shared__ SharedArray<float, THREADS> tile;
  int i = block_x() * THREADS + thread_index();
  tile[thread_index()] = x[i];
  if (with_barrier) barrier();
  x[i] = tile[(thread_index() + shift) % THREADS];
}

KERNEL_OF(THREADS) index_shared(float *x, int index) {
  __shared__ SharedArray<float, 32> tile;
  tile[index] = 1;
  *x = tile[index];
}

KERNEL_OF(THREADS) vector_shared(float *x, int index) {
  __shared__ SharedArray<float, 32> tile;
  tile.vector(index) = float4{1, 2, 3, 4};
  float4 read = tile.vector(index);
  *x = read.w;
}

KERNEL_OF(THREADS) vector_member(int index) {
  __shared__ SharedArray<float, 32> tile;
  tile.vector(index).x = 1;
}

__attribute__((no_sanitize("alignment"))) // the grid finds it, sanitizer or not
KERNEL_OF(THREADS) vector_global(float *x, int index) {
  *reinterpret_cast<float4 *>(x + index) = float4{1, 2, 3, 4};
}

// What a block leaves in shared memory is not there for the next one.
KERNEL_OF(1) first_block_writes(float *x) {
  __shared__ SharedArray<float, 4> tile;
  __shared__ SharedArray<int32_t, 1> ticket;
  if (x[0] == 0.0f) tile[0] = 1;
  ticket[0] = 0;
  x[0] = tile[0];
}

KERNEL_OF(THREADS) copy_through(float *y, const float *x, bool in_fours, bool with_commit, bool with_wait) {
  __shared__ SharedArray<float, 4 * THREADS> tile;
  int i = 4 * thread_index();
  if (in_fours)
    copy_async_16(&tile.vector(i), x + i, 4);
  else
    for (int k = 0; k < 4; k++) copy_async_4(&tile[i + k], x + i + k, true);
  if (with_commit) copy_async_commit();
  if (with_wait) copy_async_wait<0>();
  barrier();
  for (int k = 0; k < 4; k++) y[i + k] = tile[4 * THREADS - 1 - i - k];
}

// Two groups; waiting for all but the newest brings the first.
KERNEL_OF(1) copy_two_groups(float *y, const float *x) {
  __shared__ SharedArray<float, 8> tile;
  for (int i = 0; i < 2; i++) {
    copy_async_16(&tile.vector(4 * i), x + 4 * i, 4);
    copy_async_commit();
  }
  copy_async_wait<1>();
  y[0] = tile[0];
  y[1] = tile[4];
  copy_async_wait<0>();
  y[2] = tile[4];
}

// Of four elements `count`, then one or none; what is not copied may not be there.
KERNEL_OF(1) copy_part(float *y, const float *x, int count, int number) {
  __shared__ SharedArray<float, 8> tile;
  copy_async_16(&tile.vector(0), x, count);
  copy_async_4(&tile[4], x + number, number == 0);
  copy_async_commit();
  copy_async_wait<0>();
  for (int k = 0; k < 5; k++) y[k] = tile[k];
}

KERNEL_OF(THREADS) sum_of_warp(float *y, int lanes_that_shuffle) {
  float x = (float)lane_index();
  if (lane_index() < lanes_that_shuffle) {
    for (int mask = 16; mask >= 1; mask /= 2) x += shuffle_xor(x, mask);
  }
  y[grid_index()] = x;
}

KERNEL_OF(THREADS) shuffle_by(float *y, int mask) {
  y[thread_index()] = shuffle_xor((float)thread_index(), mask);
}

KERNEL_OF(THREADS) write_global(float *x, int64_t count) {
  for (int64_t i = grid_index(); i < count; i += grid_size()) x[i] = (float)i;
}

KERNEL_OF(THREADS) last_writer(float *x) {
  x[0] = (float)block_x();
}

KERNEL_OF(THREADS) count_threads(int64_t *count) {
  atomic_add(count, 1);
}

// ---- tests ----

TEST(CudaOnCpu, DivergentBarrierIsFound) {
  EXPECT_EQ("", failure_of(barrier_for_some, dim3(2), THREADS, (int)THREADS));
  EXPECT_EQ("", failure_of(barrier_for_some, dim3(2), THREADS, 0));
  std::string text = failure_of(barrier_for_some, dim3(2), THREADS, 40);
  EXPECT_TRUE(has(text, "kernel under_test, block (")) << text;
  EXPECT_TRUE(has(text, "thread 0: divergent barrier: it is at the barrier of ")) << text;
  EXPECT_TRUE(has(text, "test_grid.cc:")) << text;
  EXPECT_TRUE(has(text, "but thread 40 has finished")) << text;
  EXPECT_EQ("", failure_of(two_barriers, dim3(1), THREADS, (int)THREADS));
  EXPECT_TRUE(has(failure_of(two_barriers, dim3(1), THREADS, 32), "but thread 32 is at the barrier of "));
}

TEST(CudaOnCpu, MissingBarrierShowsInSomeOrder) {
  for (bool with_barrier : {true, false}) {
    int wrong = 0;
    for (uint64_t seed = 0; seed < 4; seed++) {
      cpu_grid::seed(seed);
      DeviceArray<float> x(2 * THREADS);
      x.fill(0, 1);
      EXPECT_EQ("", failure_of(rotate, dim3(2), THREADS, x.at, with_barrier, 5));
      std::vector<float> got = x.values();
      for (int i = 0; i < 2 * THREADS; i++)
        wrong += got[i] != (float)(i / THREADS * THREADS + (i + 5) % THREADS);
    }
    EXPECT_EQ(with_barrier, wrong == 0);
  }
}

TEST(CudaOnCpu, SharedIndexOutsideIsFound) {
  DeviceArray<float> x(1);
  EXPECT_EQ("", failure_of(index_shared, dim3(1), 1, x.at, 31));
  for (int index : {-1, 32, 1 << 30})
    EXPECT_TRUE(has(failure_of(index_shared, dim3(1), 1, x.at, index),
                    "index " + std::to_string(index) + " of a shared array of 32"));
  EXPECT_EQ("", failure_of(vector_shared, dim3(1), 1, x.at, 28));
  EXPECT_EQ(4, x.values()[0]);
  EXPECT_TRUE(has(failure_of(vector_shared, dim3(1), 1, x.at, 32), "index 35 of a shared array of 32"));
  EXPECT_TRUE(has(failure_of(vector_shared, dim3(1), 1, x.at, -4), "index -4 of a shared array of 32"));
}

TEST(CudaOnCpu, MisalignedVectorIsFound) {
  DeviceArray<float> x(64);
  EXPECT_TRUE(has(failure_of(vector_shared, dim3(1), 1, x.at, 2), "not a multiple of 16"));
  EXPECT_TRUE(has(failure_of(vector_member, dim3(1), 1, 2), "not a multiple of 16"));
  EXPECT_EQ("", failure_of(vector_member, dim3(1), 1, 4));
  EXPECT_EQ("", failure_of(vector_global, dim3(1), 1, x.at, 4));
  EXPECT_TRUE(has(failure_of(vector_global, dim3(1), 1, x.at, 5), "not a multiple of 16"));
}

TEST(CudaOnCpu, SharedMemoryOfANewBlockIsNaN) {
  DeviceArray<float> x(1);
  x.fill(0, 0);
  EXPECT_EQ("", failure_of(first_block_writes, dim3(1), 1, x.at));
  EXPECT_EQ(1, x.values()[0]);
  EXPECT_EQ("", failure_of(first_block_writes, dim3(1), 1, x.at));
  EXPECT_NE(x.values()[0], x.values()[0]);
}

TEST(CudaOnCpu, MissingWaitOfACopyShows) {
  DeviceArray<float> x(4 * THREADS), y(4 * THREADS);
  x.fill(1, 1);
  for (int choice = 0; choice < 8; choice++) {
    const bool in_fours = choice & 4, with_commit = choice & 2, with_wait = choice & 1;
    EXPECT_EQ("", failure_of(copy_through, dim3(1), THREADS, y.at, x.at, in_fours, with_commit, with_wait));
    int wrong = 0;
    for (int i = 0; i < 4 * THREADS; i++) wrong += y.values()[i] != (float)(4 * THREADS - i);
    EXPECT_EQ(with_commit && with_wait ? 0 : 4 * THREADS, wrong);
  }
  EXPECT_EQ("", failure_of(copy_two_groups, dim3(1), 1, y.at, x.at));
  EXPECT_EQ(1, y.values()[0]);
  EXPECT_NE(5, y.values()[1]);
  EXPECT_EQ(5, y.values()[2]);
  EXPECT_TRUE(has(failure_of(copy_two_groups, dim3(1), 1, y.at, x.at + 1), "not a multiple of 16"));
}

TEST(CudaOnCpu, ZerosStandForWhatACopyDoesNotRead) {
  for (int count = -1; count <= 5; count++) {
    DeviceArray<float> x(std::max(1, std::min(count, 4))), y(5);
    x.fill(1, 1);
    EXPECT_EQ("", failure_of(copy_part, dim3(1), 1, y.at, x.at, count, count % 2 * 1000000));
    for (int k = 0; k < 4; k++) EXPECT_EQ(k < count ? k + 1 : 0, y.values()[k]) << count;
    EXPECT_EQ(count % 2 == 0, y.values()[4]);
  }
  DeviceArray<float> x(8), y(5);
  EXPECT_TRUE(has(failure_of(copy_part, dim3(1), 1, y.at, x.at + 1, 0, 0), "not a multiple of 16"));
}

TEST(CudaOnCpu, DivergentShuffleIsFound) {
  DeviceArray<float> y(2 * THREADS);
  EXPECT_EQ("", failure_of(sum_of_warp, dim3(2), THREADS, y.at, (int)WARP));
  for (float sum : y.values()) EXPECT_EQ(31 * 16, sum);
  std::string text = failure_of(sum_of_warp, dim3(2), THREADS, y.at, 31);
  EXPECT_TRUE(has(text, "divergent shuffle: it is at the shuffle of ")) << text;
  EXPECT_TRUE(has(text, "has finished")) << text;
}

TEST(CudaOnCpu, LaneOutsideIsFound) {
  DeviceArray<float> y(THREADS);
  EXPECT_EQ("", failure_of(shuffle_by, dim3(1), THREADS, y.at, 3));
  for (int i = 0; i < THREADS; i++) EXPECT_EQ(i ^ 3, y.values()[i]);
  cpu_grid::seed(0);
  EXPECT_TRUE(
      has(failure_of(shuffle_by, dim3(1), THREADS, y.at, 32), "shuffle from lane 32 of a warp of 32"));
  EXPECT_TRUE(has(failure_of(shuffle_by, dim3(1), 48, y.at, 16), "shuffle from lane 16 of a warp of 16"));
}

TEST(CudaOnCpu, GlobalAccessOutsideIsFound) {
  DeviceArray<float> x(COUNT);
  EXPECT_EQ("", failure_of(write_global, dim3(2), 32, x.at, (int64_t)COUNT));
  for (int i = 0; i < COUNT; i++) EXPECT_EQ(i, x.values()[i]);
  std::string text = failure_of(write_global, dim3(2), 32, x.at, (int64_t)COUNT + 1);
  EXPECT_EQ("kernel under_test: it wrote to memory 0 bytes after the end of a block of 400 bytes", text);
  text = failure_of(write_global, dim3(2), 32, x.at, (int64_t)10000);
  EXPECT_TRUE(has(text, "kernel under_test, block (")) << text;
  EXPECT_TRUE(has(text, "bytes after the end of a block of 400 bytes")) << text;
  float *nowhere = reinterpret_cast<float *>(64);
  EXPECT_TRUE(has(failure_of(write_global, dim3(1), 1, nowhere, (int64_t)1), "in no block of device memory"));
  EXPECT_EQ("", failure_of(write_global, dim3(2), 32, x.at, (int64_t)COUNT)); // all is well after a failure
}

TEST(CudaOnCpu, HostCodeMayNotTouchDeviceMemory) {
  if (!cpu_grid::device_is_closed_to_host()) GTEST_SKIP() << "this processor has no memory protection keys";
  DeviceArray<float> x(COUNT);
  EXPECT_EQ("", failure_of(write_global, dim3(1), 32, x.at, (int64_t)COUNT));
  EXPECT_DEATH(x.at[1] = 0, "host code touched memory inside a block of 400 bytes while no kernel runs");
}

TEST(CudaOnCpu, OrderOfBlocksIsSeeded) {
  DeviceArray<float> x(1);
  std::vector<float> last;
  for (uint64_t seed : {0, 1, 2, 3, 4}) {
    cpu_grid::seed(seed);
    EXPECT_EQ("", failure_of(last_writer, dim3(37), 1, x.at));
    last.push_back(x.values()[0]);
  }
  EXPECT_EQ(36, last[0]);
  EXPECT_NE(std::vector<float>(5, 36), last);
}

TEST(CudaOnCpu, EveryThreadRunsOnce) {
  DeviceArray<int64_t> count(1);
  for (int threads : {1, 31, 32, 33, 256, 1024}) {
    count.fill(0, 0);
    EXPECT_EQ("", failure_of(count_threads, dim3(3, 5, 7), threads, count.at));
    EXPECT_EQ(3 * 5 * 7 * threads, count.values()[0]);
  }
}

// ---- streams ----

struct Stream : testing::Test {
  void SetUp() override {
    ASSERT_EQ(cudaSuccess, cudaStreamCreateWithFlags(&context.stream, cudaStreamNonBlocking));
  }
  void TearDown() override { EXPECT_EQ(cudaSuccess, cudaStreamDestroy(context.stream)); }
  CudaContext context = {};
};

TEST_F(Stream, FailureIsReportedByTheNextWaitOnce) {
  DeviceArray<float> x(1);
  launch(&context, KERNEL_dropout, index_shared, dim3(1), 1, x.at, 99);
  launch(&context, KERNEL_norm_forward, write_global, dim3(1), 1, x.at, 1); // not run any more
  EXPECT_EQ(cudaErrorLaunchFailure, cudaStreamSynchronize(context.stream));
  EXPECT_TRUE(
      has(cudaGetErrorString(cudaErrorLaunchFailure), "kernel dropout, block (0,0,0), thread 0: index 99"));
  EXPECT_NE(0, x.values()[0]);
  EXPECT_EQ(cudaSuccess, cudaStreamSynchronize(context.stream));
  EXPECT_EQ(1u, context.launches[KERNEL_dropout]);
  launch(&context, KERNEL_norm_forward, write_global, dim3(1), 1025, x.at, 1);
  EXPECT_EQ(cudaErrorInvalidConfiguration, context.failure);
  EXPECT_EQ(KERNEL_norm_forward, context.failed);
}

TEST_F(Stream, RunsWhenWaitedFor) {
  DeviceArray<float> x(1);
  launch(&context, KERNEL_norm_forward, write_global, dim3(1), 1, x.at, 1);
  EXPECT_NE(0, x.values()[0]);
  EXPECT_EQ(cudaSuccess, cudaStreamSynchronize(context.stream));
  EXPECT_EQ(0, x.values()[0]);
}

TEST_F(Stream, GraphReplaysWhatWasCaptured) {
  DeviceArray<int64_t> count(1);
  count.fill(0, 0);
  cudaGraph_t graph;
  cudaGraphExec_t executable;
  ASSERT_EQ(cudaSuccess, cudaStreamBeginCapture(context.stream, cudaStreamCaptureModeThreadLocal));
  launch(&context, KERNEL_norm_forward, count_threads, dim3(2), 4, count.at);
  EXPECT_EQ(cudaErrorStreamCaptureUnsupported, cudaStreamSynchronize(context.stream));
  ASSERT_EQ(cudaSuccess, cudaStreamEndCapture(context.stream, &graph));
  ASSERT_EQ(cudaSuccess, cudaGraphInstantiate(&executable, graph, 0));
  ASSERT_EQ(cudaSuccess, cudaGraphDestroy(graph));
  EXPECT_EQ(cudaSuccess, cudaStreamSynchronize(context.stream));
  EXPECT_EQ(0, count.values()[0]);
  for (int i = 0; i < 3; i++) EXPECT_EQ(cudaSuccess, cudaGraphLaunch(executable, context.stream));
  EXPECT_EQ(cudaSuccess, cudaStreamSynchronize(context.stream));
  EXPECT_EQ(24, count.values()[0]);
  EXPECT_EQ(cudaSuccess, cudaGraphExecDestroy(executable));
}

TEST_F(Stream, PinnedMemoryIsReadLate) {
  DeviceArray<float> x(1);
  void *pinned;
  ASSERT_EQ(cudaSuccess, cudaMallocHost(&pinned, 4));
  float *staging = (float *)pinned, pageable = 3;
  *staging = 1;
  EXPECT_EQ(cudaSuccess, cudaMemcpyAsync(x.at, staging, 4, cudaMemcpyHostToDevice, context.stream));
  *staging = 2;
  EXPECT_EQ(cudaSuccess, cudaStreamSynchronize(context.stream));
  EXPECT_EQ(2, x.values()[0]);
  EXPECT_EQ(cudaSuccess, cudaMemcpyAsync(x.at, &pageable, 4, cudaMemcpyHostToDevice, context.stream));
  EXPECT_EQ(3, x.values()[0]);
  EXPECT_EQ(cudaErrorInvalidValue,
            cudaMemcpyAsync(x.at + 1, &pageable, 4, cudaMemcpyHostToDevice, context.stream));
  EXPECT_EQ(cudaSuccess, cudaFreeHost(pinned));
}

} // namespace
