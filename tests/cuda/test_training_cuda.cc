// Whole training runs through the CUDA operators: the goldens of every device.
#include "tests/cuda/golden_case.h"

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
