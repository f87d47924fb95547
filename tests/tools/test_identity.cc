// One state digest for a configuration, data and seed, whatever else differs; another one for other bits.
#include <gtest/gtest.h>

#include <langinfo.h>
#include <locale.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "program.h"

namespace fs = std::filesystem;

extern "C" const char *__lsan_default_suppressions();
extern "C" const char *__lsan_default_suppressions() {
  return "leak:__argz_add_sep";
}

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

TEST_F(Identity, TimeZoneFolderAndUmask) {
  Call call{{"train", "small.yaml", "--run", "elsewhere"}};
  call.environment = {"TZ=Asia/Kathmandu"};
  call.folder = folder;
  call.umask = 0077;
  Outcome outcome = run_ingot(call);
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(digest_of(folder + "/elsewhere"), expected);
}

// A locale that writes 0,5 and sorts by its own rules, made here: import, training and report are the same
// bytes.
TEST_F(Identity, Locale) {
  const std::string locales = folder + "/locales", name = "de_DE.UTF-8";
  fs::create_directory(locales);
  std::string make = "localedef -i de_DE -f UTF-8 '" + locales + "/" + name + "' >/dev/null 2>&1";
  if (system(make.c_str()) != 0) GTEST_SKIP() << "localedef makes no " << name << " here";
  setenv("LOCPATH", locales.c_str(), 1);
  setenv("ASAN_OPTIONS", "detect_leaks=0", 1); // glibc never frees the parts of LOCPATH, there as here
  locale_t made = newlocale(LC_ALL_MASK, name.c_str(), nullptr);
  ASSERT_NE(made, (locale_t) nullptr);
  EXPECT_STREQ(nl_langinfo_l(RADIXCHAR, made), ",");
  freelocale(made);
  auto there = [&](std::vector<std::string> arguments) {
    Outcome outcome = run_ingot({arguments, {"LOCPATH=" + locales, "LC_ALL=" + name, "LANG=" + name}});
    EXPECT_LE(outcome.status, 20) << outcome.err;
    return outcome;
  };
  there({"import", folder + "/customers.csv", "-o", folder + "/there.h5"});
  EXPECT_TRUE(read_file(folder + "/there.h5") == read_file(folder + "/customers.h5"));
  there({"train", folder + "/small.yaml", "--run", folder + "/there"});
  EXPECT_EQ(digest_of(folder + "/there"), expected);
  EXPECT_EQ(there({"evaluate", folder + "/there", "-o", folder + "/report"}).out,
            ingot({"evaluate", folder + "/expected", "-o", folder + "/report here"}).out);
  EXPECT_TRUE(read_file(folder + "/report/predictions.h5") ==
              read_file(folder + "/report here/predictions.h5"));
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

// Trained, verified, reproduced, and scored with on any instruction set.
TEST_F(Identity, Activations) {
  for (const std::string activation : {"gelu", "silu", "tanh"}) {
    const std::string run = folder + "/" + activation, set = "model.activation=" + activation;
    const std::string digest = train(folder + "/small.yaml", run, {"--set", set});
    EXPECT_NE(digest, expected);
    EXPECT_EQ(
        trained({"--set", set, "--isa", "portable", "--threads", "2", "--set", "train.micro_batch=256"}),
        digest);
    EXPECT_EQ(ingot({"verify", run}).status, 0);
    EXPECT_EQ(ingot({"reproduce", run}).status, 0);
    std::string scores[2];
    for (const std::string isa : {"auto", "portable"}) {
      Outcome said =
          ingot({"predict", run, folder + "/customers.h5", "-o", folder + "/" + isa + ".csv", "--isa", isa});
      ASSERT_EQ(said.status, 0) << said.err;
      scores[isa == "auto"] = read_file(folder + "/" + isa + ".csv");
      ASSERT_EQ(unlink((folder + "/" + isa + ".csv").c_str()), 0);
    }
    EXPECT_EQ(scores[0], scores[1]);
  }
}

// The same rows in compressed chunks are the same data.
TEST_F(Identity, CompressedFiles) {
  for (const char *kind : {"gzip", "lz4", "zstd"}) {
    Outcome import = ingot(
        {"import", folder + "/customers.csv", "-o", folder + "/customers.h5", "--force", "--compress", kind});
    ASSERT_EQ(import.status, 0) << import.err;
    for (const char *residency : {"memory", "stream"})
      EXPECT_EQ(trained({"--set", std::string("machine.residency=") + residency}), expected)
          << kind << residency;
  }
  EXPECT_EQ(ingot({"import", folder + "/customers.csv", "-o", folder + "/x.h5", "--compress", "lzo"}).status,
            2);
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
        "data.split.salt=other", "select.metric=log_loss", "model.activation=tanh"}) {
    EXPECT_NE(trained({"--set", set}), expected) << set;
  }
}

} // namespace
