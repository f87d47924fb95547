// Fast mode (numerics f1) through the program: runs that repeat, go on and are proved by the algorithms they
// began with, and a sentence where they cannot.
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>

#include "program.h"

namespace fs = std::filesystem;

namespace {

class Fast : public testing::Test {
protected:
  void SetUp() override {
    folder = test_folder();
    make_customers(folder, 3000);
    make_config(folder + "/small.yaml", {"numerics: {id: f1}"});
  }
  // The program beside which the grid lies, which is a GPU with cuBLASLt.
  Outcome gpu(const std::vector<std::string> &arguments, const std::string &cublaslt = "") {
    Call call{arguments};
    call.with_gpu = true;
    if (!cublaslt.empty()) call.environment = {"INGOT_CUBLASLT=" + cublaslt};
    return run_ingot(call);
  }
  std::string trained(const std::string &run, const std::vector<std::string> &options = {},
                      const std::string &cublaslt = "") {
    std::vector<std::string> arguments{"train", config(), "--run", folder + "/" + run, "--device", "cuda:0"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    Outcome outcome = gpu(arguments, cublaslt);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return digest_of(folder + "/" + run);
  }
  void expect_refused(const Outcome &outcome, int status, const std::vector<std::string> &words) {
    EXPECT_EQ(outcome.status, status) << outcome.err;
    for (const std::string &word : words)
      EXPECT_NE(outcome.err.find(word), std::string::npos) << word << " is not in: " << outcome.err;
  }
  // A run of 12 epochs that a signal ended after its first checkpoints.
  void interrupt(const std::string &run) {
    Call call{{"train", config(), "--run", run, "--device", "cuda:0", "--set", "train.epochs=12", "--set",
               "checkpoint.every={steps: 2}"}};
    call.with_gpu = true;
    ASSERT_EQ(interrupt_ingot(call, run, SIGTERM, 2), 143);
  }
  void replace(const std::string &path, const std::string &from, const std::string &to) {
    std::string text = read_file(path);
    ASSERT_NE(text.find(from), std::string::npos);
    write_file(path, text.replace(text.find(from), from.size(), to));
  }
  std::string config() { return folder + "/small.yaml"; }
  std::string folder;
};

} // namespace

TEST_F(Fast, RunsRepeatAndAreProvedByTheirAlgorithms) {
  const std::string run = folder + "/run", digest = trained("run");
  EXPECT_EQ(digest.substr(0, 3), "f1:");
  EXPECT_EQ(trained("again"), digest);
  EXPECT_EQ(trained("streamed", {"--set", "machine.residency=stream"}), digest);
  EXPECT_NE(trained("bf16", {"--set", "numerics.product=bf16"}), digest);
  EXPECT_NE(trained("exact", {"--set", "numerics.id=x1"}).substr(3), digest.substr(3));
  EXPECT_NE(trained("other", {}, "other_choice"), digest); // other algorithms, other bits
  EXPECT_NE(read_file(run + "/manifest.json").find("\"cublaslt\": 990100"), std::string::npos);
  EXPECT_EQ(read_file(folder + "/exact/manifest.json").find("cublaslt"), std::string::npos);
  EXPECT_EQ(gpu({"verify", run}).status, 0);
  EXPECT_NE(ingot({"inspect", run}).out.find("final state  " + digest), std::string::npos);
  EXPECT_NE(ingot({"list", folder}).out.find(digest.substr(0, 15)), std::string::npos);
  for (const char *cublaslt : {"", "other_choice"}) {
    Outcome outcome = gpu({"reproduce", run, "--device", "cuda"}, cublaslt);
    EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  }
}

TEST_F(Fast, AnInterruptedRunGoesOnWithItsAlgorithms) {
  const std::vector<std::string> options{"--set", "train.epochs=12"};
  const std::string whole = trained("whole", options), run = folder + "/run";
  interrupt(run);
  Outcome outcome = gpu({"resume", run, "--device", "cuda:0"}, "other_choice");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(digest_of(run), whole);
  EXPECT_EQ(gpu({"verify", run}).status, 0);
  EXPECT_EQ(read_file(run + "/manifest.json").find("\"device\": \"NVIDIA"), std::string::npos);
}

TEST_F(Fast, AnotherVersionOrDeviceIsRefused) {
  const std::string run = folder + "/run", finished = folder + "/finished";
  trained("finished");
  interrupt(run);
  const auto before = contents_under(run);
  const std::vector<std::string> versions{"cuBLASLt 99.1.0", "here it is 99.1.5", "install cuBLASLt 99.1.0",
                                          "new run"};
  expect_refused(gpu({"resume", run, "--device", "cuda:0"}, "other_version"), 69, versions);
  expect_refused(gpu({"reproduce", finished, "--device", "cuda:0"}, "other_version"), 69, versions);
  expect_refused(gpu({"resume", run, "--device", "cuda:0"}, "other_device"), 69,
                 {"the run's algorithm for the ", "cannot be used here: architecture mismatch"});
  expect_refused(ingot({"resume", run, "--device", "cpu"}), 69, {"numerics.id f1 is the fast mode of GPUs"});
  EXPECT_TRUE(contents_under(run) == before) << "a refused run is as it was";
  replace(finished + "/manifest.json", "grid of threads on a CPU", "NVIDIA H100 80GB HBM3");
  expect_refused(gpu({"reproduce", finished, "--device", "cuda:0"}), 69,
                 {"'NVIDIA H100 80GB HBM3'", "cuda:0 is 'grid of threads on a CPU'", "take one of those"});
  ASSERT_EQ(gpu({"resume", run, "--device", "cuda:0"}).status, 0);
}

TEST_F(Fast, AlgorithmsThatWereChangedAreFound) {
  const std::string run = folder + "/run", manifest = run + "/manifest.json";
  trained("run");
  const std::string whole = read_file(manifest);
  replace(manifest, "\"algorithm\": \"0", "\"algorithm\": \"1");
  Outcome changed = gpu({"verify", run});
  EXPECT_EQ(changed.status, 1);
  EXPECT_NE(changed.out.find("CHANGED  manifest.json"), std::string::npos) << changed.out;
  expect_refused(gpu({"reproduce", run, "--device", "cuda:0"}), 69, {"cannot be used here: invalid value"});
  write_file(manifest, whole);
  for (const auto &change :
       std::vector<std::pair<std::string, std::string>>{{"\"algorithm\": \"0", "\"algorithm\": \""},
                                                        {"\"forward\"", "\"sideways\""},
                                                        {"\"relu\": false", "\"relu\": 2"},
                                                        {"\"products\"", "\"produce\""},
                                                        {"990100", "-1"}}) {
    replace(manifest, change.first, change.second);
    expect_refused(gpu({"reproduce", run, "--device", "cuda:0"}), 65,
                   {"manifest.json", "is not a run's manifest"});
    write_file(manifest, whole);
  }
}

TEST_F(Fast, ACpuIsRefusedAndNothingWritten) {
  const std::string run = folder + "/run",
                    sentence = "numerics.id f1 is the fast mode of GPUs, and a CPU has none";
  expect_refused(ingot({"train", config(), "--run", run, "--device", "cpu"}), 69,
                 {sentence, "numerics.id: x1"});
  expect_refused(ingot({"train", config(), "--run", run, "--isa", "portable"}), 69,
                 {sentence, "--device auto (an instruction set is named)"});
  for (const char *verb : {"check", "plan"})
    expect_refused(ingot({verb, config(), "--device", "cpu"}), 69, {sentence});
  Call no_driver{{"train", config(), "--run", run}, {"INGOT_GRID_DEVICE=no_driver"}};
  no_driver.with_gpu = true;
  expect_refused(run_ingot(no_driver), 69, {sentence, "--device auto (no GPU here, ingot doctor says why)"});
  EXPECT_FALSE(exists(run));
  EXPECT_EQ(ingot({"check", config(), "--no-data"}).status, 0);
}

// A program and its GPU in a folder of their own: there is no cuBLASLt, or one that lacks what is called.
TEST_F(Fast, AMissingOrOldCublasLtIsASentence) {
  const fs::path gpu_folder = fs::path(INGOT_GPU_BINARY).parent_path(), there = folder + "/there";
  fs::create_directory(there);
  fs::copy(gpu_folder / "ingot", there / "ingot");
  fs::copy(gpu_folder / "libingot_cuda.so", there / "libingot_cuda.so");
  auto trains = [&](const std::string &id) {
    const std::string err = folder + "/err",
                      command = "LD_LIBRARY_PATH=" + there.string() + " " + there.string() + "/ingot train " +
                                config() + " --run " + folder + "/run_" + id +
                                " --device cuda:0 --set numerics.id=" + id + " >/dev/null 2>" + err;
    const int status = std::system(command.c_str());
    return Outcome{WEXITSTATUS(status), "", read_file(err), 0};
  };
  expect_refused(trains("f1"), 69,
                 {"has no fast mode: libcublasLt.so.99 was not found", "LD_LIBRARY_PATH", "numerics.id: x1"});
  fs::copy(gpu_folder / "libingot_cuda.so", there / "libcublasLt.so.99");
  expect_refused(trains("f1"), 69,
                 {"libcublasLt.so.99 is too old: it has no cublasLtCreate", "install cuBLAS 99.1"});
  EXPECT_FALSE(exists(folder + "/run_f1"));
  EXPECT_EQ(trains("x1").status, 0); // exact mode does not look for it
}

TEST_F(Fast, AShapeThatCublasLtDoesNotTakeIsASentence) {
  expect_refused(gpu({"train", config(), "--run", folder + "/run", "--device", "cuda:0"}, "no_algorithm"), 69,
                 {"no algorithm without split sums for the forward product of 1024 rows, 24 outputs"});
  EXPECT_FALSE(exists(folder + "/run"));
}

// The micro-batch decides bits in f1, and there alone.
TEST_F(Fast, TheMicroBatchIsABitsKey) {
  const std::string run = folder + "/run", digest = trained("run");
  const std::vector<std::string> bits{"check", config(), "--bits"};
  EXPECT_NE(ingot(bits).out.find("train.micro_batch=auto\n"), std::string::npos);
  EXPECT_NE(ingot(bits).out.find("numerics.product=tf32\n"), std::string::npos);
  Outcome exact = ingot({"check", config(), "--bits", "--set", "numerics.id=x1"});
  EXPECT_EQ(exact.out.find("micro_batch"), std::string::npos) << exact.out;
  EXPECT_EQ(exact.out.find("numerics.product"), std::string::npos) << exact.out;
  EXPECT_NE(trained("small", {"--set", "train.micro_batch=256"}), digest);
  expect_refused(gpu({"train", config(), "--run", run, "--set", "train.micro_batch=256"}), 73,
                 {"its train.micro_batch is auto, here it is 256"});
  expect_refused(gpu({"reproduce", run, "--device", "cuda", "--set", "train.micro_batch=256"}), 69,
                 {"no algorithm for products of 256 rows", "take that of the run"});
  expect_refused(ingot({"check", config(), "--set", "numerics.id=x1", "--set", "numerics.product=bf16"}), 78,
                 {"numerics.product applies only where numerics.id is f1"});
}

TEST_F(Fast, NumericsDoNotMix) {
  const std::string run = folder + "/run", exact = folder + "/exact";
  trained("run");
  expect_refused(gpu({"train", config(), "--run", run, "--set", "numerics.id=x1"}), 73,
                 {"its numerics.id is f1, here it is x1"});
  make_config(config());
  Call call{{"train", config(), "--run", exact, "--device", "cuda:0", "--set", "train.epochs=12", "--set",
             "checkpoint.every={steps: 2}"}};
  call.with_gpu = true;
  ASSERT_EQ(interrupt_ingot(call, exact, SIGTERM, 2), 143);
  fs::remove_all(exact + "/checkpoints");
  fs::copy(run + "/checkpoints", exact + "/checkpoints", fs::copy_options::recursive);
  expect_refused(gpu({"resume", exact, "--device", "cuda:0"}), 78, {"numerics.id is f1, here it is x1"});
}

// Weights are weights: scores are those of x1 on every device.
TEST_F(Fast, ScoresAreExactOnEveryDevice) {
  const std::string run = folder + "/run", data = folder + "/customers.h5", cpu = folder + "/cpu.csv",
                    other = folder + "/gpu.csv";
  trained("run");
  EXPECT_EQ(ingot({"predict", run, data, "-o", cpu, "--device", "cpu"}).status, 0);
  EXPECT_EQ(gpu({"predict", run, data, "-o", other, "--device", "cuda:0"}, "fails").status, 0);
  EXPECT_EQ(read_file(cpu), read_file(other));
  EXPECT_LE(ingot({"evaluate", run, "-o", folder + "/report"}).status, 20);
  EXPECT_NE(read_file(folder + "/report/report.json").find("\"numerics\": \"f1\""), std::string::npos);
}

TEST_F(Fast, DoctorSaysWhereThereIsOne) {
  EXPECT_NE(gpu({"doctor"}).out.find("  fast mode    cuBLASLt 99.1.0 (numerics f1"), std::string::npos);
  EXPECT_NE(ingot({"doctor"}).out.find("  fast mode    no: numerics f1 is that of GPUs"), std::string::npos);
  EXPECT_NE(gpu({"doctor", "--json"}).out.find("\"cublaslt\": \"99.1.0\""), std::string::npos);
}
