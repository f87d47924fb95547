// Bad input: each a sentence and an exit code, and nothing lost.
#include <gtest/gtest.h>

#include "program.h"

namespace {

class BadInput : public testing::Test {
protected:
  void SetUp() override {
    folder = test_folder();
    make_customers(folder, 2000);
    make_config(folder + "/small.yaml");
  }
  // Training fails with this code, this in its message, and leaves no run.
  void refused(int status, const std::string &sentence, const std::vector<std::string> &more = {}) {
    std::vector<std::string> arguments = {"train", folder + "/small.yaml", "--run", folder + "/run"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    Outcome outcome = ingot(arguments);
    EXPECT_EQ(outcome.status, status) << outcome.err;
    EXPECT_NE(outcome.err.find(sentence), std::string::npos) << outcome.err;
    EXPECT_FALSE(exists(folder + "/run"));
  }
  void import_instead(const std::string &csv) {
    write_file(folder + "/customers.csv", csv);
    ASSERT_EQ(ingot({"import", folder + "/customers.csv", "-o", folder + "/customers.h5", "--force"}).status,
              0);
  }
  std::string folder;
};

TEST_F(BadInput, CommandLine) {
  EXPECT_EQ(ingot({}).status, 2);
  Outcome verb = ingot({"trian"});
  EXPECT_EQ(verb.status, 2);
  EXPECT_NE(verb.err.find("did you mean 'train'?"), std::string::npos) << verb.err;
  Outcome option = ingot({"train", "x.yaml", "--thread", "2", "--isaa", "avx2"});
  EXPECT_EQ(option.status, 2);
  EXPECT_NE(option.err.find("did you mean --isa?"), std::string::npos) << option.err;
  EXPECT_EQ(ingot({"train"}).status, 2);
  EXPECT_EQ(ingot({"train", "--run"}).status, 2);
  EXPECT_EQ(ingot({"predict", "a", "b", "-o", "c.csv", "--top", "0"}).status, 2);
  EXPECT_EQ(ingot({"--version"}).status, 0);
  for (const char *name : {"import", "check", "plan", "train", "resume", "list", "verify", "reproduce",
                           "inspect", "evaluate", "compare", "predict"}) {
    Outcome help = ingot({name, "-h"});
    EXPECT_EQ(help.status, 0) << name;
    EXPECT_NE(help.out.find("Examples:"), std::string::npos) << name;
  }
}

TEST_F(BadInput, Configuration) {
  refused(78, "epoch", {"--set", "train.epoch=5"});
  refused(78, "train.epochs", {"--set", "train.epochs=many"});
  refused(66, "nothing.yaml", {"--set", "data.file=" + folder + "/nothing.yaml"});
  Outcome missing = ingot({"train", folder + "/no.yaml"});
  EXPECT_EQ(missing.status, 66) << missing.err;
  // Options are named as they were typed, and are usage.
  refused(2, "--isa avx1024: ", {"--isa", "avx1024"});
  refused(2, "--threads 300: ", {"--threads", "300"});
  refused(2, "--threads 2x: ", {"--threads", "2x"});
  refused(2, "--seed abc: ", {"--seed", "abc"});
  refused(2, "--seed 18446744073709551616: ", {"--seed", "18446744073709551616"});
  refused(2, "--device gpu: ", {"--device", "gpu"});
  refused(78, "machine.threads is 300", {"--set", "machine.threads=300"});
}

TEST_F(BadInput, DataFiles) {
  std::string whole = read_file(folder + "/customers.h5");
  write_file(folder + "/customers.h5", "customer,tenure\n1,2\n");
  refused(65, "customers.h5");
  for (size_t length : {(size_t)0, (size_t)100, whole.size() / 2, whole.size() - 1}) {
    write_file(folder + "/customers.h5", whole.substr(0, length));
    refused(65, "customers.h5");
  }
}

TEST_F(BadInput, Columns) {
  refused(65, "gone", {"--set", "data.target.column=gone"});
  refused(65, "customer", {"--set", "data.split.key=customers"});
  refused(65, "perhaps", {"--set", "data.target.positive=perhaps"});
}

TEST_F(BadInput, OneClass) {
  std::string csv = "customer,tenure,charge,contract,internet,calls,region,left\n";
  for (int i = 0; i < 50; i++) csv += std::to_string(i) + ",3,50.5,monthly,dsl,4,north,yes\n";
  import_instead(csv);
  refused(65, "left");
}

TEST_F(BadInput, LabelsThatAreMissing) {
  std::string csv = "customer,tenure,charge,contract,internet,calls,region,left\n";
  for (int i = 0; i < 60; i++) {
    csv += std::to_string(i) + ",3,50.5,monthly,dsl,4,north," +
           (i == 17      ? ""
            : i % 2 == 0 ? "yes"
                         : "no") +
           "\n";
  }
  import_instead(csv);
  refused(65, "left");
}

TEST_F(BadInput, ImportLeavesNothingBehind) {
  const std::pair<const char *, const char *> cases[] = {
      {"a,b\n1,2\n3\n", ":3: error:"},
      {"a,b\n1,\"2\n", ": error:"},
      {"a,b\n1,\xff\n", ":2: error:"},
      {"a,a\n1,2\n", ":1: error:"},
      {"", ":1: error:"},
      {"a,b\n", ": error:"},
      {"a,b\n1,2\"3\n", ":2: error:"},
      {"a,b\n1,\"2\"3\n", ":2: error:"},
      {"a,\n1,2\n", ":1: error:"},
      {"label,b\n1,2\n", "reserved"},
  };
  for (auto [csv, sentence] : cases) {
    write_file(folder + "/bad.csv", csv);
    Outcome outcome = ingot({"import", folder + "/bad.csv", "-o", folder + "/bad.h5"});
    EXPECT_EQ(outcome.status, 65) << csv << outcome.err;
    EXPECT_NE(outcome.err.find(sentence), std::string::npos) << csv << outcome.err;
    EXPECT_FALSE(exists(folder + "/bad.h5")) << csv;
  }
  EXPECT_EQ(ingot({"import", folder + "/customers.csv", "-o", folder + "/customers.h5"}).status, 73);
  EXPECT_EQ(ingot({"import", folder + "/none.csv", "-o", folder + "/none.h5"}).status, 66);
  for (const std::string &file : files_under(folder)) EXPECT_EQ(file.find(".tmp"), std::string::npos) << file;
}

} // namespace
