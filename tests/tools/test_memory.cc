// Memory through the program: what `ingot plan` says is what a training takes, and where it is not there, a
// sentence says so.
#include <gtest/gtest.h>

#include <algorithm>
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

class Memory : public testing::Test {
protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a sanitizer's own memory hides the program's";
#endif
    folder = test_folder();
  }
  // Plans and trains; the peak of the process is the planned one within 5 % or 8 MiB. Returns the plan.
  std::string plan_and_train(const std::string &run, const std::vector<std::string> &sets) {
    std::vector<std::string> plan = {"plan", folder + "/case.yaml", "--json"},
                             train = {"train", folder + "/case.yaml", "--run", folder + "/" + run};
    for (const std::string &set : sets) {
      plan.insert(plan.end(), {"--set", set});
      train.insert(train.end(), {"--set", set});
    }
    Outcome said = ingot(plan), trained = ingot(train);
    EXPECT_EQ(said.status, 0) << said.err;
    EXPECT_EQ(trained.status, 0) << trained.err;
    const long long peak = planned(said.out, "peak"), off = std::llabs(trained.peak - peak);
    EXPECT_LE(off, std::max(peak / 20, 8 * MIB))
        << run << ": planned " << peak << ", measured " << trained.peak;
    EXPECT_GT(peak, planned(said.out, "sum")) << "what is planned is a part of what the process takes";
    return said.out;
  }
  std::string folder;
};

// 16 grains at once against one after the other: about 100 MiB of activations apart.
TEST_F(Memory, IsThePlannedOneAndFallsWithTheMicroBatch) {
  make_customers(folder, 6000);
  make_config(folder + "/case.yaml",
              {"  batch: 4096", "  epochs: 1", "model: {kind: mlp, hidden: [512, 512, 512], norm: layer}"});
  const std::string all = plan_and_train("all", {"train.micro_batch=all"}),
                    one = plan_and_train("one", {"train.micro_batch=256"});
  EXPECT_EQ(digest_of(folder + "/all"), digest_of(folder + "/one"));
  EXPECT_GT(planned(all, "activations"), 14 * planned(one, "activations"));
  EXPECT_GT(planned(all, "peak") - planned(one, "peak"), 50 * MIB);
}

// Parameters, of which a checkpoint is written and read again.
TEST_F(Memory, OfALargeModelIsThePlannedOne) {
  make_customers(folder, 2000);
  make_config(folder + "/case.yaml", {"  epochs: 1", "model: {kind: mlp, hidden: [1500, 1500]}"});
  EXPECT_GT(planned(plan_and_train("run", {}), "sum"), 50 * MIB);
}

TEST_F(Memory, OfManyRowsIsThePlannedOne) {
  make_customers(folder, 200000);
  make_config(folder + "/case.yaml", {"  epochs: 1"});
  plan_and_train("memory", {});
  plan_and_train("stream", {"machine.residency=stream", "data.order=blocks"});
  plan_and_train("validation",
                 {"data.split={by: hash, key: customer, train: 0.1, validation: 0.8, test: 0.1}"});
}

// Address space from too little for the data to too little for the trainer: never a crash, never a folder.
TEST_F(Memory, WhereItIsNotThereTheSentenceComesBeforeAnythingIsWritten) {
  make_customers(folder, 2000);
  make_config(folder + "/case.yaml", {"model: {kind: mlp, hidden: [3000, 3000]}"});
  bool rule = false;
  for (const char *verb : {"train", "plan"}) {
    for (long kib = 24 << 10; kib <= 128 << 10; kib += 1 << 10) {
      Call call{{verb, folder + "/case.yaml", "--threads", "2"}};
      if (strcmp(verb, "train") == 0) call.arguments.insert(call.arguments.end(), {"--run", folder + "/run"});
      call.memory_limit = kib << 10;
      Outcome outcome = run_ingot(call);
      if (outcome.status == 127) continue; // the system had no room to load it
      // 65: HDF5, which does not say why it could not read.
      EXPECT_TRUE(outcome.status == 69 || outcome.status == 65)
          << verb << " " << kib << ": " << outcome.status;
      EXPECT_NE(outcome.err.find("ingot: error: "), std::string::npos) << verb << " " << kib << outcome.err;
      EXPECT_FALSE(exists(folder + "/run")) << kib;
      rule |=
          outcome.err.find("training (parameters, activations and batches") != std::string::npos &&
          outcome.err.find("are left to this process by the limit on its address space (ulimit -v): lower "
                           "train.micro_batch") != std::string::npos;
    }
  }
  EXPECT_TRUE(rule);
}

} // namespace
