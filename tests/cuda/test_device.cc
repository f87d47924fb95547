// The tests' device as the first GPU, through the CUDA library's own table; and the start of the tests on it:
// exit 77 with the reason where there is none.
#include "tests/cuda/test_device.h"

#include "kernels/cuda/library.h"

#include <cstdio>
#include <gtest/gtest.h>

namespace {

// One context for the memory of all tests; it ends with the program.
struct Gpu {
  const CudaLibrary *library = ingot_cuda_library();
  CudaContext *context = nullptr;
  char message[CUDA_MESSAGE] = "";

  // Fails the test where a call did not return 0; reported as the library says it.
  void check(int failed, const char *what) {
    if (failed) ADD_FAILURE() << what << ": " << message;
  }
};

Gpu gpu;

} // namespace

namespace test_device {

const size_t unwatched = 64;

void *allocate(size_t bytes) {
  void *block = nullptr;
  gpu.check(gpu.library->allocate(gpu.context, &block, bytes, gpu.message), "allocate");
  return block;
}

void release(void *block) {
  gpu.library->release(gpu.context, block);
}

void copy_in(void *to, const void *from, size_t bytes) {
  if (to == nullptr) return; // failed in allocate
  gpu.check(gpu.library->copy_in(gpu.context, to, from, bytes, gpu.message), "copy_in");
  gpu.check(gpu.library->synchronise(gpu.context, gpu.message), "copy_in");
}

void copy_out(void *to, const void *from, size_t bytes) {
  if (from == nullptr) return;
  gpu.check(gpu.library->copy_out(gpu.context, to, from, bytes, gpu.message), "copy_out");
}

const std::vector<uint64_t> &thread_orders() {
  static const std::vector<uint64_t> seeds = {0};
  return seeds;
}

void set_thread_order(uint64_t) {}

} // namespace test_device

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  if (gpu.library->device_count(gpu.message) == 0) {
    printf("no GPU here: Skipped\n%s\n", gpu.message); // as tools/dev/summarise_tests.py reads a reason
    return 77;
  }
  if (gpu.library->open(&gpu.context, 0, gpu.message) != 0) {
    printf("cuda:0 cannot be used: %s\n", gpu.message);
    return 1;
  }
  return RUN_ALL_TESTS();
}
