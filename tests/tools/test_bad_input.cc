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

// No threads is a mistake for every verb that has the option, before it looks at anything else.
TEST_F(BadInput, NoThreadsAreUsage) {
  int verbs = 0;
  for (const char *verb : {"import", "check", "plan", "train", "resume", "list", "verify", "reproduce",
                           "inspect", "evaluate", "compare", "predict"}) {
    if (ingot({verb, "-h"}).out.find("--threads N") == std::string::npos) continue;
    verbs++;
    for (const char *threads : {"0", "-1", "257"}) {
      std::vector<std::string> arguments = {verb, folder + "/small.yaml", "--threads", threads};
      if (std::string(verb) == "predict") arguments.insert(arguments.begin() + 2, folder + "/customers.h5");
      Outcome outcome = ingot(arguments);
      EXPECT_EQ(outcome.status, 2) << verb << " " << threads;
      EXPECT_NE(
          outcome.err.find(std::string("--threads ") + threads + ": it takes a whole number from 1 to 256"),
          std::string::npos)
          << verb << ": " << outcome.err;
    }
  }
  EXPECT_EQ(verbs, 6) << "check, plan, train, resume, reproduce and predict";
  EXPECT_FALSE(exists(folder + "/runs"));
  refused(78, "machine.threads is 0", {"--set", "machine.threads=0"});
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
  refused(78, "gone", {"--set", "data.target.column=gone"});
  refused(78, "customer", {"--set", "data.split.key=customers"});
  refused(78, "perhaps", {"--set", "data.target.positive=perhaps"});
  refused(78, "did you mean 'region'?", {"--set", "evaluate.slices=[regoin]"});
}

// What only the data reveal has its place in the configuration, and all of it is named at once.
TEST_F(BadInput, ColumnsHaveTheirPlaces) {
  make_config(folder + "/small.yaml",
              {"  split: {by: hash, key: custmer, train: 0.7, validation: 0.15, test: 0.15}",
               "  target: {column: left, task: binary, positive: \"yess\"}",
               "    - {columns: [tenure, charge, call], as: numeric}", "  act: \"2 * chrage\"",
               "  skip: tenure + calll"});
  Outcome outcome = ingot({"check", folder + "/small.yaml"});
  EXPECT_EQ(outcome.status, 78);
  for (const char *place :
       {"small.yaml:5:26: error: ",
        "customers.h5: column 'custmer' does not exist; did you mean 'customer'?\n"
        "   5 |   split: {by: hash, key: custmer,",
        "small.yaml:6:50: error: target 'left' has no value 'yess'; did you mean 'yes'?\n",
        "business.act: there is no column 'chrage' in the data; did you mean 'charge'?\n",
        "business.skip: there is no column 'calll' in the data; did you mean 'calls'?\n",
        "small.yaml: 5 errors in the configuration; nothing was started"})
    EXPECT_NE(outcome.err.find(place), std::string::npos) << place << "\n" << outcome.err;
  refused(78, "did you mean 'customer'?");
  refused(78, "small.yaml:8:34: error: ");
  make_config(folder + "/small.yaml", {"  act: \"2 * chrage\""});
  refused(78, "business.act: there is no column 'chrage'");
  EXPECT_EQ(ingot({"check", "--no-data", folder + "/small.yaml"}).status, 0) << "columns are not known there";
  make_config(folder + "/small.yaml");
  refused(65, "column 'region' holds categories, not numbers: use it `as: category`\n     | data.inputs=[{",
          {"--set", "data.inputs=[{column: region, as: numeric}]"});
  Outcome syntax = ingot({"check", "--no-data", folder + "/small.yaml", "--set", "business.act=1 +"});
  EXPECT_EQ(syntax.status, 78);
  EXPECT_NE(syntax.err.find("--set business.act=1 +: error: business.act: a value expected"),
            std::string::npos)
      << syntax.err;
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
      {"a,b\n1,2\n3\n", "bad.csv:3:1: error:"},
      {"a,b\n1,\"2\n", ": error:"},
      {"a,b\n1,\xff\n", ":2:3: error:"},
      {"a,a\n1,2\n", ":1:3: error:"},
      {"", ":1:1: error:"},
      {"a,b\n", ": error:"},
      {"a,b\n1,2\"3\n", ":2:4: error:"},
      {"a,b\n1,\"2\"3\n", ":2:6: error:"},
      {"a,\n1,2\n", ":1:3: error:"},
      {"label,b\n1,2\n", "reserved"},
  };
  for (auto [csv, sentence] : cases) {
    write_file(folder + "/bad.csv", csv);
    Outcome outcome = ingot({"import", folder + "/bad.csv", "-o", folder + "/bad.h5"});
    EXPECT_EQ(outcome.status, 65) << csv << outcome.err;
    EXPECT_NE(outcome.err.find(sentence), std::string::npos) << csv << outcome.err;
    EXPECT_FALSE(exists(folder + "/bad.h5")) << csv;
  }
  // The line of a text file's error begins with its place.
  write_file(folder + "/bad.csv", "a,b\n1,2\n3\n");
  Outcome placed = ingot({"import", folder + "/bad.csv", "-o", folder + "/bad.h5"});
  EXPECT_EQ(placed.err, folder + "/bad.csv:3:1: error: 1 value where 2 columns are expected.\n");
  Outcome nowhere = ingot({"import", folder + "/customers.csv", "-o", folder + "/none/a.h5"});
  EXPECT_EQ(nowhere.status, 66);
  EXPECT_NE(nowhere.err.find("there is no folder '" + folder + "/none'"), std::string::npos) << nowhere.err;
  EXPECT_EQ(ingot({"import", folder + "/customers.csv", "-o", folder + "/customers.h5"}).status, 73);
  EXPECT_EQ(ingot({"import", folder + "/none.csv", "-o", folder + "/none.h5"}).status, 66);
  for (const std::string &file : files_under(folder)) EXPECT_EQ(file.find(".tmp"), std::string::npos) << file;
}

} // namespace
