// The device that tests of CUDA operators run on, behind a few functions with two versions: a grid of threads
// on this CPU (tests/cuda_on_cpu/test_device.cc) and a GPU (test_device.cc).
#ifndef INGOT_TESTS_CUDA_TEST_DEVICE_H
#define INGOT_TESTS_CUDA_TEST_DEVICE_H

#include <cuda_runtime.h>
#include <stddef.h>
#include <stdint.h>
#include <string>
#include <vector>

namespace test_device {

// Memory aligned to 256 bytes. Copies are done on return; what fails in one fails the test.
void *allocate(size_t bytes);
void release(void *block);
void copy_in(void *to, const void *from, size_t bytes);
void copy_out(void *to, const void *from, size_t bytes);

// Bytes behind an array that a test must watch itself: 0 where the device watches its blocks.
extern const size_t unwatched;

// The seeds of the orders of threads that no operator may show, the first 0; one where threads order
// themselves.
const std::vector<uint64_t> &thread_orders();
void set_thread_order(uint64_t seed);

// Waits for the stream; what went wrong in it, "" where nothing did.
inline std::string failure(cudaStream_t stream) {
  cudaError_t status = cudaStreamSynchronize(stream);
  return status == cudaSuccess ? "" : cudaGetErrorString(status);
}

} // namespace test_device

#endif
