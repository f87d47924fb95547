// Memory through the program: what `ingot plan` says is what a training takes, and where it is not there, a
// sentence says so.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <cstdlib>
#include <cstring>

#include "program.h"

namespace {

constexpr long long MIB = 1 << 20;

long long planned(const std::string &json, const std::string &part) {
  size_t at = json.find("\"" + part + "\":");
  EXPECT_NE(at, std::string::npos) << json;
  return at == std::string::npos ? 0 : atoll(json.c_str() + at + part.size() + strlen("\"\":"));
}

// What any process begins with here: the most that the one which starts it had.
long long own_peak() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * 1024LL;
}

class Memory : public testing::Test {
protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a sanitizer's own memory hides the program's";
#endif
    folder = test_folder();
    config = folder + "/case.yaml";
  }
  std::string plan(const std::vector<std::string> &sets) {
    Outcome said = with({"plan", config, "--json"}, sets);
    EXPECT_EQ(said.status, 0) << said.err;
    EXPECT_GT(planned(said.out, "peak"), planned(said.out, "sum")) << "a part of what the process takes";
    return said.out;
  }
  // The peak of the process is the planned one within 5 %.
  static void expect_planned(const Outcome &trained, const std::string &said, const std::string &run) {
    const long long peak = planned(said, "peak");
    EXPECT_EQ(trained.status, 0) << trained.err;
    EXPECT_GT(trained.peak, own_peak()) << "not the program's";
    EXPECT_LE(std::llabs(trained.peak - peak), peak / 20)
        << run << ": planned " << peak << ", measured " << trained.peak;
  }
  // Plans and trains. Returns the plan.
  std::string plan_and_train(const std::string &run, const std::vector<std::string> &sets) {
    const std::string said = plan(sets);
    expect_planned(with({"train", config, "--run", folder + "/" + run}, sets), said, run);
    return said;
  }
  static Outcome with(std::vector<std::string> arguments, const std::vector<std::string> &sets) {
    for (const std::string &set : sets) arguments.insert(arguments.end(), {"--set", set});
    return ingot(arguments);
  }
  std::string folder, config;
};

// 16 grains at once against one after the other: about 100 MiB of activations apart.
TEST_F(Memory, IsThePlannedOneAndFallsWithTheMicroBatch) {
  make_customers(folder, 6000);
  make_config(config,
              {"  batch: 4096", "  epochs: 1", "model: {kind: mlp, hidden: [512, 512, 512], norm: layer}"});
  const std::string all = plan_and_train("all", {"train.micro_batch=all"}),
                    one = plan_and_train("one", {"train.micro_batch=256"});
  EXPECT_EQ(digest_of(folder + "/all"), digest_of(folder + "/one"));
  EXPECT_GT(planned(all, "activations"), 14 * planned(one, "activations"));
  EXPECT_GT(planned(all, "peak") - planned(one, "peak"), 50 * MIB);
}

// Where the program and its libraries are most of it.
TEST_F(Memory, OfASmallJobIsThePlannedOne) {
  make_customers(folder, 2000);
  make_config(config);
  plan_and_train("policy", {});
  plan_and_train("linear", {"model={kind: linear}"});
  plan_and_train("sgd", {"model.hidden=[256, 128]", "train.optimizer.kind=sgd"});
  plan_and_train("tables", {"data.inputs=[{columns: [contract, internet, region], as: category, embed: 64}, "
                            "{column: customer, as: category, embed: 64}]"});
  plan_and_train("threads", {"machine.threads=4"});
}

// Parameters, of which a checkpoint is written, and read where a run goes on: to where they are, not beside.
TEST_F(Memory, OfALargeModelIsThePlannedOneAndResumesInIt) {
  make_customers(folder, 2000);
  make_config(config, {"  batch: 256", "  epochs: 6", "model: {kind: mlp, hidden: [1500, 1500]}"});
  const std::string said = plan_and_train("run", {}), run = folder + "/resumed";
  EXPECT_GT(planned(said, "sum"), 50 * MIB);
  ASSERT_EQ(interrupt_ingot({{"train", config, "--run", run}}, run, SIGTERM, 1), 143)
      << "it must be stopped in its middle";
  expect_planned(ingot({"resume", run}), said, "resumed");
  EXPECT_EQ(digest_of(run), digest_of(folder + "/run"));
}

TEST_F(Memory, OfManyRowsIsThePlannedOne) {
  make_customers(folder, 200000);
  make_config(config, {"  epochs: 1"});
  plan_and_train("memory", {});
  plan_and_train("stream", {"machine.residency=stream", "data.order=blocks"});
  plan_and_train("validation",
                 {"data.split={by: hash, key: customer, train: 0.1, validation: 0.8, test: 0.1}"});
}

TEST_F(Memory, OfCompressedRowsIsThePlannedOne) {
  make_customers(folder, 100000);
  for (const char *kind : {"gzip", "zstd"}) {
    Outcome imported = ingot(
        {"import", folder + "/customers.csv", "-f", "-o", folder + "/customers.h5", "--compress", kind});
    ASSERT_EQ(imported.status, 0) << imported.err;
    make_config(config, {"  epochs: 1"});
    plan_and_train(kind, {"machine.residency=stream", "data.order={blocks: {rows: 4096, window: 8}}"});
  }
}

// Runs under the limit: 69 and a sentence, never a crash, never a folder. What it said.
static std::string refused(Call call, const std::string &run) {
  Outcome outcome = run_ingot(call);
  EXPECT_EQ(outcome.status, 69) << call.arguments[0] << " " << call.memory_limit << ": " << outcome.err;
  EXPECT_NE(outcome.err.find("ingot: error: "), std::string::npos) << call.memory_limit << outcome.err;
  EXPECT_FALSE(exists(run)) << call.memory_limit;
  return outcome.err;
}

// The least address space in which this program and its libraries are loaded.
static long least_space() {
  Call call{{"--version"}};
  for (long kib = 8 << 10; kib <= 512 << 10; kib += 256) {
    call.memory_limit = kib << 10;
    if (run_ingot(call).status == 0) return call.memory_limit;
  }
  ADD_FAILURE() << "the program is not loaded in 512 MiB";
  return 0;
}

// Address space from too little for the data to too little for the trainer.
TEST_F(Memory, WhereItIsNotThereTheSentenceComesBeforeAnythingIsWritten) {
  make_customers(folder, 2000);
  make_config(config, {"model: {kind: mlp, hidden: [3000, 3000]}"});
  const long least = least_space();
  bool rule = false;
  for (const char *verb : {"train", "plan"}) {
    Call call{{verb, config, "--threads", "2"}};
    if (strcmp(verb, "train") == 0) call.arguments.insert(call.arguments.end(), {"--run", folder + "/run"});
    for (long more = 0; more <= 96 * MIB; more += more < 16 * MIB ? MIB / 2 : 2 * MIB) {
      call.memory_limit = least + more;
      const std::string said = refused(call, folder + "/run");
      rule |= said.find("training (parameters, activations and batches") != std::string::npos &&
              said.find("are left to this process by the limit on its address space (ulimit -v): lower "
                        "train.micro_batch") != std::string::npos;
    }
  }
  EXPECT_TRUE(rule);
}

// HDF5 takes memory for each column of a file; without it, it would call the file damaged, or crash.
TEST_F(Memory, WhereHdf5HasNoneTheFileIsNotBlamed) {
  std::string names = "left", values = "1";
  for (int i = 0; i < 2000; i++) names += ",x" + std::to_string(i), values += "," + std::to_string(i);
  write_file(folder + "/wide.csv", names + "\n" + values + "\n" + values + "\n");
  Outcome imported = ingot({"import", folder + "/wide.csv", "-q", "-o", folder + "/customers.h5"});
  ASSERT_EQ(imported.status, 0) << imported.err;
  make_config(config);
  const long least = least_space();
  bool opening = false;
  for (long more = 0; more <= 20 * MIB; more += MIB / 4) {
    Call call{{"check", config}};
    call.memory_limit = least + more;
    opening |= refused(call, folder + "/run").find("opening a file by HDF5 takes") != std::string::npos;
  }
  EXPECT_TRUE(opening);
}

} // namespace
