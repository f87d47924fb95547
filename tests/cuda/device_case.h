// What tests of CUDA operators share: arrays in the device's memory between guards, and a run of one operator
// under several orders of threads.
#ifndef INGOT_TESTS_CUDA_DEVICE_CASE_H
#define INGOT_TESTS_CUDA_DEVICE_CASE_H

#include "tests/kernels/random_values.h"

#include "kernels/cuda/context.h"
#include "tests/cuda/test_device.h"

// Every test says by SCOPED_TRACE which shape it runs, for failures of the device, which show anywhere.
//
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
    SCOPED_TRACE(ingot_cuda_library()->kernel_name(id));
    test_device::set_thread_order(seed);
    op(&context, &arguments);
    EXPECT_EQ(context.failure, cudaSuccess);
    EXPECT_EQ(context.launches[id], before + 1);
    EXPECT_EQ(test_device::failure(context.stream), "");
  }
};

using test_device::thread_orders;

// An array in device memory: it begins `shift` elements behind an address aligned to 64 bytes, with guards
// before it, and behind it where the device watches none of its own.
template <typename T> class DeviceArray {
public:
  explicit DeviceArray(const std::vector<T> &values, int shift = 0)
      : front((64 / sizeof(T) + (size_t)shift) * sizeof(T)), count(values.size()) {
    std::vector<unsigned char> bytes(front + count * sizeof(T) + test_device::unwatched, GUARD);
    if (count > 0) std::memcpy(&bytes[front], values.data(), count * sizeof(T));
    block = static_cast<unsigned char *>(test_device::allocate(bytes.size()));
    test_device::copy_in(block, bytes.data(), bytes.size());
  }
  DeviceArray(const DeviceArray &) = delete;
  ~DeviceArray() {
    expect_guard(0, front, "before");
    expect_guard(front + count * sizeof(T), test_device::unwatched, "behind");
    test_device::release(block);
  }
  T *at() { return reinterpret_cast<T *>(block + front); }
  std::vector<T> values() const {
    std::vector<T> copy(count);
    test_device::copy_out(copy.data(), block + front, count * sizeof(T));
    return copy;
  }

private:
  enum { GUARD = 0x5a };
  void expect_guard(size_t at, size_t bytes, const char *where) const {
    std::vector<unsigned char> found(bytes, GUARD);
    if (bytes > 0) test_device::copy_out(found.data(), block + at, bytes);
    for (size_t i = 0; i < bytes; i++) {
      if (found[i] == GUARD) continue;
      ADD_FAILURE() << "written " << where << " an array: byte " << i << " of " << bytes;
      return;
    }
  }
  size_t front, count; // bytes, elements
  unsigned char *block;
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
