// The tests' device as a grid of threads on this CPU.
#include "tests/cuda/test_device.h"
#include "tests/cuda_on_cpu/grid.h"
#include "tests/cuda_on_cpu/memory.h"

#include <cstring>
#include <gtest/gtest.h>

namespace test_device {

const size_t unwatched = 0;

void *allocate(size_t bytes) {
  void *block = cpu_grid::device_allocate(bytes);
  EXPECT_NE(block, nullptr) << bytes << " bytes";
  return block;
}

void release(void *block) {
  EXPECT_TRUE(cpu_grid::device_release(block));
}

void copy_in(void *to, const void *from, size_t bytes) {
  cpu_grid::DeviceAccess access;
  std::memcpy(to, from, bytes);
}

void copy_out(void *to, const void *from, size_t bytes) {
  cpu_grid::DeviceAccess access;
  std::memcpy(to, from, bytes);
}

const std::vector<uint64_t> &thread_orders() {
  static const std::vector<uint64_t> seeds = {0, 1, 7};
  return seeds;
}

void set_thread_order(uint64_t seed) {
  cpu_grid::seed(seed);
}

} // namespace test_device
