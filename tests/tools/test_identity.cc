// One state digest for a configuration, data and seed, whatever else differs; another one for other bits.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "program.h"

namespace fs = std::filesystem;

namespace {

class Identity : public testing::Test {
protected:
  void SetUp() override {
    folder = test_folder();
    make_customers(folder, 5000);
    make_config(folder + "/small.yaml");
    expected = train(folder + "/small.yaml", folder + "/expected");
    ASSERT_EQ(expected.substr(0, 3), "x1:");
    ASSERT_EQ(expected.size(), 3 + 64 + 1u);
  }
  std::string trained(const std::vector<std::string> &options) {
    return train(folder + "/small.yaml", folder + "/run" + std::to_string(runs++), options);
  }
  std::string folder, expected;
  int runs = 0;
};

TEST_F(Identity, Threads) {
  for (const char *threads : {"1", "2", "3"}) EXPECT_EQ(trained({"--threads", threads}), expected) << threads;
}

TEST_F(Identity, InstructionSets) {
  int tried = 0;
  for (const char *isa : {"portable", "avx2", "avx512"}) {
    Outcome outcome = ingot({"check", folder + "/small.yaml", "--isa", isa});
    if (outcome.status == 69) continue; // this processor lacks it, and says so
    EXPECT_EQ(trained({"--isa", isa}), expected) << isa;
    tried++;
  }
  EXPECT_GE(tried, 1);
}

TEST_F(Identity, MicroBatches) {
  for (const char *rows : {"256", "512", "all", "auto"}) {
    EXPECT_EQ(trained({"--set", std::string("train.micro_batch=") + rows}), expected) << rows;
  }
}

TEST_F(Identity, LocaleTimeZoneFolderAndUmask) {
  Call call{{"train", "small.yaml", "--run", "elsewhere"}};
  call.environment = {"LC_ALL=de_DE.UTF-8", "LANG=de_DE.UTF-8", "TZ=Asia/Kathmandu"};
  call.folder = folder;
  call.umask = 0077;
  Outcome outcome = run_ingot(call);
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(digest_of(folder + "/elsewhere"), expected);
}

TEST_F(Identity, DataPath) {
  fs::create_directories(folder + "/other place");
  fs::rename(folder + "/customers.h5", folder + "/other place/renamed.h5");
  EXPECT_EQ(trained({"--set", "data.file=" + folder + "/other place/renamed.h5"}), expected);
}

// In memory or streamed, for both orders of rows.
TEST_F(Identity, Residency) {
  for (const char *order : {"full", "blocks"}) {
    make_config(folder + "/small.yaml");
    std::string text = read_file(folder + "/small.yaml");
    size_t at = text.find("  split:");
    text.insert(at, std::string("  order: ") + order + "\n");
    write_file(folder + "/small.yaml", text);
    std::string memory = trained({"--set", "machine.residency=memory"});
    EXPECT_EQ(trained({"--set", "machine.residency=stream"}), memory) << order;
    EXPECT_EQ(memory == expected, std::string(order) == "full");
  }
}

TEST_F(Identity, FreeKeysAreFree) {
  for (const char *set : {"name=renamed", "goal=another", "owner=somebody", "log.every_steps=3",
                          "checkpoint.keep.last=5", "machine.threads=2", "train.micro_batch=256"}) {
    EXPECT_EQ(trained({"--set", set}), expected) << set;
  }
}

TEST_F(Identity, BitsKeysAreNot) {
  for (const char *set :
       {"seed=8", "train.epochs=2", "train.batch=512", "model.dropout=0.2", "numerics.grain=128",
        "numerics.fraction_bits=39", "train.optimizer.learning_rate=4e-3", "train.clip_norm=2",
        "data.split.salt=other", "select.metric=log_loss"}) {
    EXPECT_NE(trained({"--set", set}), expected) << set;
  }
}

} // namespace
