// The program with a GPU: the same digests and files as on a CPU, and a sentence where a GPU cannot be used.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "program.h"

namespace {

class Gpu : public testing::Test {
protected:
  void SetUp() override {
    folder = test_folder();
    make_customers(folder, 3000);
    make_config(folder + "/small.yaml");
  }
  Outcome with_gpu(const std::vector<std::string> &arguments,
                   const std::vector<std::string> &environment = {}) {
    Call call{arguments};
    call.environment = environment;
    call.with_gpu = true;
    return run_ingot(call);
  }
  // Trains where no GPU can be used: 69, a sentence with all of `words`, and no run.
  void expect_refused(const std::string &device, const std::vector<std::string> &environment,
                      const std::vector<std::string> &words) {
    Outcome outcome = with_gpu({"train", config(), "--run", run("refused"), "--device", device}, environment);
    EXPECT_EQ(outcome.status, 69) << outcome.err;
    for (const std::string &word : words)
      EXPECT_NE(outcome.err.find(word), std::string::npos) << word << " is not in: " << outcome.err;
    EXPECT_FALSE(exists(run("refused")));
  }
  std::string config() { return folder + "/small.yaml"; }
  std::string run(const std::string &name) { return folder + "/" + name; }
  std::string folder;
};

} // namespace

TEST_F(Gpu, DoctorTestsItsArithmetic) {
  Outcome outcome = with_gpu({"doctor"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  for (const char *line :
       {"cuda:0\n", "grid of threads on a CPU", "  self-test passed\n", "x1-draft", "because a GPU is there"})
    EXPECT_NE(outcome.out.find(line), std::string::npos) << line << " is not in: " << outcome.out;
}

TEST_F(Gpu, DoctorSaysWhyNoneCanBeUsed) {
  Outcome outcome = with_gpu({"doctor"}, {"INGOT_GRID_DEVICE=no_driver"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("none can be used: no NVIDIA driver is installed"), std::string::npos)
      << outcome.out;
  EXPECT_NE(outcome.out.find("--device auto\n  cpu"), std::string::npos) << outcome.out;
}

TEST_F(Gpu, DoctorNamesAFailureOnce) {
  Outcome outcome = with_gpu({"doctor"}, {"INGOT_GRID_DEVICE=small"});
  EXPECT_NE(outcome.out.find("cannot be used: cuda:0: "), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find("micro_batch"), std::string::npos) << outcome.out;
}

TEST_F(Gpu, TrainsReproducesAndScoresToTheSameBits) {
  std::string expected = train(config(), run("cpu"));
  Outcome outcome = with_gpu({"train", config(), "--run", run("gpu"), "--device", "cuda:0"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(digest_of(run("gpu")), expected);
  const std::string environment = read_file(run("gpu/environment.json"));
  EXPECT_NE(environment.find(
                "\"gpu\": \"cuda:0, grid of threads on a CPU, sm_00, CUDA driver 13.0, runtime 13.0\""),
            std::string::npos)
      << environment;
  EXPECT_EQ(environment.find("\"threads\""), std::string::npos) << environment;
  EXPECT_EQ(with_gpu({"reproduce", run("cpu"), "--device", "cuda"}).status, 0);
  EXPECT_EQ(ingot({"reproduce", run("gpu"), "--device", "cpu"}).status, 0);
  std::string data = folder + "/customers.h5";
  EXPECT_EQ(ingot({"predict", run("cpu"), data, "-o", run("cpu.csv"), "--device", "cpu"}).status, 0);
  EXPECT_EQ(with_gpu({"predict", run("cpu"), data, "-o", run("gpu.csv"), "--device", "cuda:0"}).status, 0);
  EXPECT_EQ(read_file(run("cpu.csv")), read_file(run("gpu.csv")));
}

TEST_F(Gpu, ARunThatBeganThereGoesOnOnACpu) {
  std::string expected = train(config(), run("cpu"), {"--set", "checkpoint.every={steps: 1}"});
  Call call{
      {"train", config(), "--run", run("gpu"), "--device", "cuda:0", "--set", "checkpoint.every={steps: 1}"}};
  call.with_gpu = true;
  pid_t process = start_ingot(call, run("first"));
  for (int i = 0; i < 3000 && !exists(run("gpu/checkpoints/step-00000001")); i++)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  kill(process, SIGTERM);
  ASSERT_EQ(finish(process), 143) << read_file(run("first.err"));
  Outcome outcome = ingot({"resume", run("gpu"), "--device", "cpu"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(digest_of(run("gpu")), expected);
}

TEST_F(Gpu, OneThatCannotBeUsedIsASentence) {
  expect_refused("cuda", {"INGOT_GRID_DEVICE=no_driver"}, {"no NVIDIA driver is installed", "--device cpu"});
  expect_refused("cuda", {"INGOT_GRID_DEVICE=old_driver"}, {"too old", "CUDA 11.4", "13.0", "newer driver"});
  expect_refused("cuda", {"INGOT_GRID_DEVICE=no_device"}, {"finds no GPU"});
  expect_refused("cuda:3", {}, {"there is no device cuda:3", "cuda:0"});
  expect_refused("cuda:0", {"INGOT_GRID_DEVICE=small"}, {"bytes of device memory", "are free"});
  expect_refused("cuda:0", {"INGOT_GRID_DEVICE=no_image"},
                 {"no kernel image is available", "this build has no code for this GPU", "INGOT_CUDA_ARCHS"});
}

// What fails in the middle of a run: 69 where memory lacks, 70 where the program is at fault.
TEST_F(Gpu, FailuresWhileTrainingHaveTheirExitCode) {
  for (auto [device, status, words] :
       {std::tuple("no_graphs", 69, "making a recorded step ready: out of memory; end other programs"),
        std::tuple("misaligned", 70,
                   "a recorded step was not started: misaligned address; this is a mistake")}) {
    SCOPED_TRACE(device);
    Outcome outcome = with_gpu({"train", config(), "--run", run(device), "--device", "cuda:0"},
                               {std::string("INGOT_GRID_DEVICE=") + device});
    EXPECT_EQ(outcome.status, status) << outcome.err;
    EXPECT_NE(outcome.err.find(words), std::string::npos) << outcome.err;
  }
}

TEST_F(Gpu, AutoFallsBackButNotWhereAGpuIsDemanded) {
  Outcome outcome = with_gpu({"train", config(), "--run", run("auto")}, {"INGOT_GRID_DEVICE=no_driver"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("device: cpu"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find(" (auto: no GPU here, ingot doctor says why)\n"), std::string::npos)
      << outcome.err;
  EXPECT_EQ(outcome.err.find("no NVIDIA driver"), std::string::npos) << outcome.err;
  expect_refused("auto", {"INGOT_GRID_DEVICE=no_driver", "CUDA_VISIBLE_DEVICES=0"},
                 {"CUDA_VISIBLE_DEVICES is set"});
  expect_refused("auto", {"INGOT_GRID_DEVICE=no_device", "SLURM_JOB_GPUS=0"}, {"SLURM_JOB_GPUS is set"});
}

// With INGOT_CUDA=OFF none is built, wherever the toolkit is.
TEST_F(Gpu, SetupPromisesNoLibrary) {
  for (auto [name, line] :
       {std::pair("nvcc", "true"), std::pair("dpkg-query", "echo install ok installed")}) {
    write_file(folder + "/" + name, std::string("#!/bin/sh\n") + line + "\n");
    ASSERT_EQ(system(("chmod +x " + folder + "/" + name).c_str()), 0);
  }
  std::string command =
      "PATH=" + folder + ":$PATH " INGOT_SOURCE_DIR "/tools/setup.sh run > " + folder + "/said";
  ASSERT_EQ(system(command.c_str()), 0);
  EXPECT_NE(read_file(folder + "/said").find("the GPU library can be built"), std::string::npos)
      << read_file(folder + "/said");
}

TEST_F(Gpu, ThePlanCountsTheWorkspace) {
  const std::string plan = with_gpu({"plan", config(), "--device", "cuda:0"}).out;
  EXPECT_NE(plan.find("workspace of the GPU         33554432"), std::string::npos) << plan;
  EXPECT_EQ(ingot({"plan", config(), "--device", "cpu"}).out.find("workspace"), std::string::npos);
}

TEST_F(Gpu, OptionsOfACpuAreSaidToBeIgnored) {
  for (auto [option, value] : {std::pair("--threads", "2"), std::pair("--isa", "portable")}) {
    Outcome outcome = with_gpu({"plan", config(), "--device", "cuda:0", option, value});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NE(outcome.err.find("on a GPU they are ignored"), std::string::npos) << outcome.err;
  }
  EXPECT_EQ(with_gpu({"plan", config(), "--device", "cuda:0"}).err.find("ignored"), std::string::npos);
}

TEST_F(Gpu, FastModeIsNotToldToTakeACpu) {
  Outcome outcome =
      with_gpu({"train", config(), "--run", run("f1"), "--device", "cuda", "--set", "numerics.id=f1"},
               {"INGOT_GRID_DEVICE=no_driver"});
  EXPECT_EQ(outcome.status, 69) << outcome.err;
  EXPECT_NE(outcome.err.find("no NVIDIA driver"), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.err.find("--device cpu"), std::string::npos) << outcome.err;
}

TEST_F(Gpu, AnUnknownDeviceIsNamed) {
  Outcome outcome = ingot({"train", config(), "--run", run("tpu"), "--device", "tpu"});
  EXPECT_EQ(outcome.status, 2) << outcome.err;
  EXPECT_NE(outcome.err.find("--device tpu: it takes auto, cpu, cuda or cuda:N"), std::string::npos)
      << outcome.err;
}
