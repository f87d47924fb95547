// The golden digests of shapes around every edge (tests/kernels/edges.h) through the CUDA operators.
#include "tests/cuda/test_device.h"
#include "tests/kernels/edges.h"

#include <gtest/gtest.h>

#include "kernels/cuda/library.h"

namespace {

class CudaDevice : public EdgeDevice {
public:
  CudaDevice() { EXPECT_EQ(library->open(&context, 0, message), 0) << message; }
  ~CudaDevice() override {
    clear();
    library->close(context);
  }
  void *place(const void *bytes, size_t length) override {
    blocks.push_back(test_device::allocate(length));
    test_device::copy_in(blocks.back(), bytes, length);
    return blocks.back();
  }
  void fetch(void *to, const void *from, size_t length) override { test_device::copy_out(to, from, length); }
  void clear() override {
    for (void *block : blocks) test_device::release(block);
    blocks.clear();
  }
#define OPERATOR(name, Arguments, least)                                                                     \
  void name(const Arguments &s) override {                                                                   \
    library->name(context, &s);                                                                              \
    EXPECT_EQ(library->synchronise(context, message), 0) << message;                                         \
  }
#include "kernels/operators.inc"
#undef OPERATOR

private:
  const CudaLibrary *library = ingot_cuda_library();
  CudaContext *context = nullptr;
  std::vector<void *> blocks;
  char message[CUDA_MESSAGE] = "";
};

} // namespace

TEST(EdgesCuda, GiveTheGoldenDigests) {
  auto goldens = edge_goldens();
  ASSERT_EQ(goldens.size(), edge_groups().size());
  for (const EdgeGroup &group : edge_groups()) {
    CudaDevice device;
    test_device::set_thread_order(group.name[0]);
    EXPECT_EQ(edge_digest(group, device), goldens[group.name]) << group.name;
  }
}
