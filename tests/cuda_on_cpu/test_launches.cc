// Launches counted over golden runs on the grid of threads, whose size can be chosen.
#include "tests/cuda/golden_case.h"
#include "tests/cuda_on_cpu/grid.h"

// A kernel that no golden run launches is tested by nobody's digest.
TEST(TrainingCuda, GoldenRunsLaunchEveryKernel) {
  const CudaLibrary *library = ingot_cuda_library();
  std::vector<uint64_t> launches((size_t)library->kernel_count, 0);
  auto add = [&](const TrainingCase &c) {
    RunResult result = run_case(c, on_gpu());
    ASSERT_EQ(result.status, STATUS_OK) << result.message;
    EXPECT_EQ(result.digest, golden(c.name));
    for (size_t i = 0; i < launches.size(); i++) launches[i] += result.launches[i];
  };
  for (int multiprocessors : {2, 8, 132}) { // products are cut by how many there are
    cpu_grid::multiprocessors = multiprocessors;
    for (const char *name : kCases) add(training_case(name));
  }
  cpu_grid::multiprocessors = 2;
  RunOptions fast = on_gpu(); // its kernels have no golden: bits of f1 are one model of GPU's
  fast.fast = true;
  fast.operands = FAST_BF16;
  RunResult result = run_case(training_case("mlp_binary"), fast);
  ASSERT_EQ(result.status, STATUS_OK) << result.message;
  for (size_t i = 0; i < launches.size(); i++) launches[i] += result.launches[i];
  for (int kernel = 0; kernel < library->kernel_count; kernel++)
    EXPECT_GT(launches[(size_t)kernel], 0u) << "never launched: " << library->kernel_name(kernel);
}
