// Whole training runs through the CUDA operators, executed on this CPU: the goldens of every device.
#include "tests/cuda_on_cpu/grid.h"
#include "tests/engine/training_case.h"

#include <fstream>
#include <gtest/gtest.h>
#include <map>

namespace {

const char *const kCases[] = {"mlp_binary", "mlp_multiclass", "linear_regression", "mlp_wide"};

std::string golden(const std::string &wanted) {
  std::ifstream file(INGOT_SOURCE_DIR "/tests/golden/training.sha256");
  for (std::string digest, name; file >> digest >> name;) {
    if (name == wanted) return digest;
  }
  return "no golden";
}

RunOptions on_gpu() {
  RunOptions options;
  options.cuda = ingot_cuda_library();
  return options;
}

} // namespace

TEST(TrainingCuda, GivesTheGoldenDigests) {
  for (const char *name : kCases) {
    RunResult result = run_case(training_case(name), on_gpu());
    EXPECT_EQ(result.status, STATUS_OK) << result.message;
    EXPECT_EQ(result.digest, golden(name)) << name;
  }
}

TEST(TrainingCuda, MicroBatchesAndStreamedRowsGiveTheGoldenDigests) {
  for (const char *name : kCases) {
    RunOptions options = on_gpu();
    options.micro_batch = 256;
    EXPECT_EQ(run_case(training_case(name), options).digest, golden(name)) << name;
    options.stream = true;
    EXPECT_EQ(run_case(training_case(name), options).digest, golden(name)) << name << " streamed";
  }
}

TEST(TrainingCuda, BeginsOnOneDeviceAndGoesOnAtTheOther) {
  for (bool gpu_first : {false, true}) {
    RunOptions options = on_gpu();
    options.stop_after = 5;
    (gpu_first ? options.cuda_first_half_only : options.cuda_second_half_only) = true;
    EXPECT_EQ(run_case(training_case("mlp_binary"), options).digest, golden("mlp_binary")) << gpu_first;
  }
}

TEST(TrainingCuda, ADivergedStepIsNamedAndTheStateBeforeItSaved) {
  TrainingCase broken = training_case("mlp_binary");
  for (float &x : broken.values) x = x > 1.9f ? 3e38f : x;
  broken.config.model.norm = NORM_NONE;
  RunResult gpu = run_case(broken, on_gpu()), cpu = run_case(broken, {});
  EXPECT_EQ(gpu.status, STATUS_DIVERGED);
  EXPECT_EQ(gpu.message, cpu.message);
  EXPECT_EQ(gpu.digest, cpu.digest);
}

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
  for (int multiprocessors : {2, 132}) { // products are cut by how many there are
    cpu_grid::multiprocessors = multiprocessors;
    for (const char *name : kCases) add(training_case(name));
  }
  cpu_grid::multiprocessors = 2;
  for (int kernel = 0; kernel < library->kernel_count; kernel++)
    EXPECT_GT(launches[(size_t)kernel], 0u) << "never launched: " << library->kernel_name(kernel);
}
