// What tests of CUDA operators share: an opened device on a CPU, arrays in its memory between guards, and a
// run of one operator under several orders of threads.
#ifndef INGOT_TESTS_CUDA_DEVICE_CASE_H
#define INGOT_TESTS_CUDA_DEVICE_CASE_H

#include "tests/kernels/random_values.h"

#include "kernels/cuda/context.h"
#include "tests/cuda_on_cpu/grid.h"
#include "tests/cuda_on_cpu/memory.h"

#include <string>

// A stream on a device of so few multiprocessors that grids must stride.
struct DeviceCase : testing::Test {
  CudaContext context = {};

  DeviceCase() {
    context.multiprocessors = 1;
    EXPECT_EQ(cudaStreamCreateWithFlags(&context.stream, cudaStreamNonBlocking), cudaSuccess);
  }
  ~DeviceCase() override { EXPECT_EQ(cudaStreamDestroy(context.stream), cudaSuccess); }

  // One launch of kernel `id`, its threads in the order of a seed (0: ascending).
  template <typename Arguments>
  void run(void (*op)(CudaContext *, const Arguments *), const Arguments &arguments, KernelId id,
           uint64_t seed) {
    const uint64_t before = context.launches[id];
    cpu_grid::seed(seed);
    op(&context, &arguments);
    EXPECT_EQ(context.failure, cudaSuccess);
    EXPECT_EQ(context.launches[id], before + 1);
    cudaStreamSynchronize(context.stream);
    std::string failure;
    char beside[256];
    EXPECT_EQ(cpu_grid::take_failure(&failure), cudaSuccess) << failure;
    EXPECT_FALSE(cpu_grid::device_overwritten(beside, sizeof beside)) << beside;
  }
};

// Orders of threads that every operator must not show.
inline const std::vector<uint64_t> &thread_orders() {
  static const std::vector<uint64_t> seeds = {0, 1, 7};
  return seeds;
}

// An array in device memory: it begins `shift` elements behind an address aligned to 64 bytes, with guards
// before it, and the device's own behind it.
template <typename T> class DeviceArray {
public:
  explicit DeviceArray(const std::vector<T> &values, int shift = 0) : count(values.size()) {
    front = 64 / sizeof(T) + (size_t)shift;
    block = static_cast<T *>(cpu_grid::device_allocate((front + count) * sizeof(T)));
    cpu_grid::DeviceAccess access;
    std::memset((void *)block, 0x5a, front * sizeof(T));
    for (size_t i = 0; i < count; i++) block[front + i] = values[i];
  }
  DeviceArray(const DeviceArray &) = delete;
  ~DeviceArray() {
    {
      cpu_grid::DeviceAccess access;
      const unsigned char *bytes = reinterpret_cast<const unsigned char *>(block);
      for (size_t i = 0; i < front * sizeof(T); i++) {
        if (bytes[i] != 0x5a) {
          ADD_FAILURE() << "written before an array: byte " << i << " of " << front * sizeof(T);
          break;
        }
      }
    }
    EXPECT_TRUE(cpu_grid::device_release(block));
  }
  T *at() { return block + front; }
  std::vector<T> values() const {
    cpu_grid::DeviceAccess access;
    return std::vector<T>(block + front, block + front + count);
  }

private:
  size_t front, count;
  T *block;
};

// Runs an operator as the portable CPU table has it.
template <typename Arguments>
void run_portable(void (*Operators::*op)(const Arguments *, int64_t, int64_t), const Arguments &arguments,
                  int64_t tasks) {
  (operators_cpu("portable")->*op)(&arguments, 0, tasks);
}

// Sizes around a pack, a warp, two warps, a block, and beyond.
inline const std::vector<int64_t> &odd_sizes() {
  static const std::vector<int64_t> sizes = {1,   2,   3,   4,    5,    7,    8,    31,  32,
                                             33,  63,  64,  65,   127,  128,  129,  255, 256,
                                             257, 511, 513, 1000, 1023, 1024, 1025, 5000};
  return sizes;
}

#endif
