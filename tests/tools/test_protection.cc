// What a run, its policy and its reports say is protected: a change is refused or named, nothing is replaced.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "program.h"

namespace fs = std::filesystem;

namespace {

class Protection : public testing::Test {
protected:
  void SetUp() override {
    folder = test_folder();
    make_customers(folder, 3000);
    make_config(folder + "/small.yaml");
    train(folder + "/small.yaml", folder + "/run");
  }
  std::string at(const std::string &name) const { return folder + "/" + name; }
  void replace(const std::string &file, const std::string &from, const std::string &to) {
    std::string text = read_file(at(file));
    size_t found = text.find(from);
    ASSERT_NE(found, std::string::npos) << from << " in " << text;
    write_file(at(file), text.replace(found, from.size(), to));
  }
  // Ends with this code and this in its message.
  static void refused(int status, const std::string &sentence, const std::vector<std::string> &arguments) {
    Outcome outcome = ingot(arguments);
    EXPECT_EQ(outcome.status, status) << arguments[0] << " " << outcome.out << outcome.err;
    EXPECT_NE(outcome.err.find(sentence), std::string::npos) << arguments[0] << " " << outcome.err;
  }
  std::string folder;
};

TEST_F(Protection, AChangedPolicyIsRefused) {
  replace("run/policy.json", "\"threshold\": 0.", "\"threshold\": 0.9");
  refused(65, "policy.json", {"predict", at("run"), at("customers.h5"), "-o", at("scores.csv")});
  refused(65, "policy.json", {"evaluate", at("run")});
  EXPECT_FALSE(exists(at("scores.csv")));
  Outcome verified = ingot({"verify", at("run")});
  EXPECT_EQ(verified.status, 1);
  EXPECT_NE(verified.out.find("CHANGED  policy.json"), std::string::npos) << verified.out;
  fs::remove(at("run/policy.json"));
  EXPECT_EQ(ingot({"predict", at("run"), at("customers.h5"), "-o", at("scores.csv")}).status, 0)
      << "without the file it is chosen again";
}

TEST_F(Protection, APolicyOfAnotherModelIsNamed) {
  train(at("small.yaml"), at("other"), {"--set", "seed=8"});
  fs::copy_file(at("other/policy.json"), at("run/policy.json"), fs::copy_options::overwrite_existing);
  Outcome verified = ingot({"verify", at("run")});
  EXPECT_EQ(verified.status, 1);
  EXPECT_NE(verified.out.find("chosen for another model"), std::string::npos) << verified.out;
}

TEST_F(Protection, ACheckpointOfAnotherRunIsRefused) {
  train(at("small.yaml"), at("other"), {"--set", "seed=8"});
  fs::remove_all(at("run/checkpoints"));
  fs::copy(at("other/checkpoints"), at("run/checkpoints"), fs::copy_options::recursive);
  std::string selected = at("run/checkpoints/" + newest_checkpoint(at("run")));
  for (const std::string &model : {at("run"), selected}) {
    refused(65, "seed", {"evaluate", model, "-o", at("report")});
    refused(65, "seed", {"predict", model, at("customers.h5"), "-o", at("scores.csv")});
    refused(65, "seed",
            {"predict", model, at("customers.h5"), "-o", at("scores.csv"), "--checkpoint", "last"});
  }
  EXPECT_FALSE(exists(at("report"))) << "nothing was judged";
}

TEST_F(Protection, AConfigurationWithAnotherModelIsRefused) {
  replace("run/config.yaml", "seed: 7", "seed: 8");
  refused(65, "run/checkpoints", {"evaluate", at("run")});
}

TEST_F(Protection, AFinishedRunHasItsCheckpoints) {
  fs::remove_all(at("run/checkpoints"));
  fs::create_directories(at("run/checkpoints"));
  for (const char *verb : {"evaluate", "resume"}) refused(66, "missing", {verb, at("run")});
  refused(66, "missing", {"train", at("small.yaml"), "--run", at("run")});
  refused(66, "missing", {"predict", at("run"), at("customers.h5"), "-o", at("scores.csv")});
}

// A limit on the size of files is a full disk: a sentence, and no half file is left.
TEST_F(Protection, ALimitOnFilesIsAFullDisk) {
  for (const std::vector<std::string> &arguments :
       {std::vector<std::string>{"import", at("customers.csv"), "-o", at("again.h5")},
        {"predict", at("run"), at("customers.h5"), "-o", at("scores.csv")},
        {"evaluate", at("run"), "-o", at("report")}}) {
    Call call{arguments};
    call.file_limit = 2000;
    Outcome outcome = run_ingot(call);
    EXPECT_EQ(outcome.status, 74) << arguments[0] << outcome.err;
    EXPECT_NE(outcome.err.find("ingot: error: "), std::string::npos) << arguments[0] << outcome.err;
  }
  for (const std::string &file : files_under(folder)) EXPECT_EQ(file.find(".tmp"), std::string::npos) << file;
  EXPECT_FALSE(exists(at("again.h5")) || exists(at("scores.csv")));
}

TEST_F(Protection, AReportReplacesReportsAlone) {
  auto before = contents_under(at("run"));
  refused(73, "-o", {"evaluate", at("run"), "-o", at("run")});
  refused(73, "-o", {"compare", at("run"), at("run"), "-o", at("run")});
  EXPECT_EQ(contents_under(at("run")), before);
  fs::create_directories(at("mine"));
  write_file(at("mine/config.yaml"), "mine\n");
  refused(73, "config.yaml", {"evaluate", at("run"), "-o", at("mine")});
  EXPECT_EQ(files_under(at("mine")), std::vector<std::string>{"config.yaml"});
  EXPECT_EQ(read_file(at("mine/config.yaml")), "mine\n");
  fs::create_directories(at("empty"));
  for (int i = 0; i < 2; i++) EXPECT_NE(ingot({"evaluate", at("run"), "-o", at("empty")}).status, 73) << i;
  EXPECT_TRUE(exists(at("empty/report.json"))) << "a report replaces an earlier one";
}

TEST_F(Protection, AComparisonDoesNotReplaceWhatItReads) {
  ASSERT_EQ(ingot({"evaluate", at("run"), "-o", at("judged")}).status, 0);
  ASSERT_EQ(ingot({"evaluate", at("run"), "-o", at("other")}).status, 0);
  auto before = contents_under(at("judged"));
  fs::create_directory_symlink(at("judged"), at("link"));
  const std::string report = at("judged"), json = at("judged/report.json");
  for (const std::string &read : {report, json, at("judged/predictions.h5")}) {
    for (const std::string &output : {report, at("link")}) {
      refused(73, "is read by this command", {"compare", at("other"), read, "-o", output});
      refused(73, "is read by this command", {"compare", read, at("other"), "-o", output});
    }
  }
  EXPECT_EQ(contents_under(at("judged")), before);
  EXPECT_NE(ingot({"compare", at("other"), report, "-o", at("new")}).status, 73);
}

TEST_F(Protection, ForceDoesNotReplaceAnInput) {
  std::string data = read_file(at("customers.h5")), csv = read_file(at("customers.csv"));
  fs::create_symlink(at("customers.csv"), at("link.csv"));
  fs::create_hard_link(at("customers.h5"), at("link.h5"));
  write_file(at("types.txt"), "left: category\n");
  for (const char *output : {"customers.h5", "link.h5"})
    refused(73, output, {"predict", at("run"), at("customers.h5"), "-o", at(output), "-f"});
  for (const char *output : {"customers.csv", "link.csv"})
    refused(73, output, {"import", at("customers.csv"), "-o", at(output), "-f"});
  refused(73, "types.txt",
          {"import", at("customers.csv"), "-o", at("types.txt"), "-f", "--schema", at("types.txt")});
  refused(73, "link.h5",
          {"import", at("customers.csv"), "-o", at("link.h5"), "-f", "--like", at("customers.h5")});
  EXPECT_EQ(read_file(at("customers.h5")), data);
  EXPECT_EQ(read_file(at("customers.csv")), csv);
  EXPECT_EQ(read_file(at("types.txt")), "left: category\n");
}

TEST_F(Protection, OtherMoneyIsNotCompared) {
  ingot({"evaluate", at("run"), "-o", at("euro")});
  for (const char *set : {"business.unit=GBP", "business.horizon=a year"}) {
    ingot({"evaluate", at("run"), "-o", at("other"), "--set", set});
    std::string key = std::string(set).substr(0, std::string(set).find('='));
    refused(65, key, {"compare", at("other"), at("euro"), "-o", at("out")});
    refused(65, key, {"compare", at("other"), at("run"), "-o", at("out")});
    EXPECT_EQ(ingot({"compare", at("run"), at("other"), "-o", at("out")}).status, 0)
        << "a run is judged by the challenger's";
  }
}

// A line of the list is what the run is now: the newest checkpoint, and a report only of the selected model.
TEST_F(Protection, TheListShowsTheRunAsItIs) {
  make_config(at("long.yaml"), {"  epochs: 40", "checkpoint: {every: {steps: 5}}"});
  std::string run = at("long");
  ASSERT_EQ(interrupt_ingot({{"train", at("long.yaml"), "--run", run, "--threads", "1"}}, run, SIGTERM, 2),
            143);
  auto line = [&] {
    for (const std::string &l : lines_of(ingot({"list", folder, "--json"}).out))
      if (l.find("\"run\":\"long\"") != std::string::npos) return l;
    return std::string();
  };
  std::string step = std::to_string(atoi(newest_checkpoint(run).c_str() + strlen("step-")));
  EXPECT_NE(line().find("\"step\":" + step + ","), std::string::npos) << line();
  EXPECT_NE(line().find(digest_of(run).substr(3, 64)), std::string::npos) << line();
  ingot({"evaluate", run});
  EXPECT_NE(line().find("verdict"), std::string::npos) << line();
  ASSERT_EQ(ingot({"resume", run}).status, 0);
  EXPECT_NE(line().find(digest_of(run).substr(3, 64)), std::string::npos) << line();
  EXPECT_EQ(line().find("verdict"), std::string::npos) << "the report is of an earlier model: " << line();
  ingot({"evaluate", run});
  EXPECT_NE(line().find("verdict"), std::string::npos) << line();
}

TEST_F(Protection, WhatDecidedTheBitsCannotBeSet) {
  for (const char *set : {"seed=8", "model.hidden=[9]"}) {
    std::string key = std::string(set).substr(0, std::string(set).find('='));
    refused(78, key + " decides the digest", {"evaluate", at("run"), "-o", at("out"), "--set", set});
    refused(78, key + " decides the digest",
            {"compare", at("run"), at("run"), "-o", at("out"), "--set", set});
  }
  EXPECT_FALSE(exists(at("out")));
}

TEST_F(Protection, AFullStandardOutputIsSaid) {
  for (const char *arguments : {"evaluate RUN --json", "list ."}) {
    std::string line = std::string(arguments), error = at("error.txt");
    size_t run = line.find("RUN");
    if (run != std::string::npos) line.replace(run, 3, at("run"));
    int status = system((std::string(INGOT_BINARY) + " " + line + " > /dev/full 2> " + error).c_str());
    EXPECT_EQ(WEXITSTATUS(status), 74) << line;
    EXPECT_NE(read_file(error).find("standard output: cannot write"), std::string::npos) << read_file(error);
    EXPECT_EQ(read_file(error).find(": Success"), std::string::npos) << read_file(error);
  }
}

// Into a folder that is not there yet.
TEST_F(Protection, AVerdictIsNoError) {
  Outcome outcome = ingot(
      {"evaluate", at("run"), "-o", at("fresh"), "--set", "gates.primary={metric: auc, at_least: 0.999}"});
  EXPECT_EQ(outcome.status, 10) << outcome.out;
  EXPECT_EQ(outcome.err.find("error"), std::string::npos) << outcome.err;
}

TEST_F(Protection, AnUnknownInstructionSetIsUsage) {
  refused(2, "portable, avx2 or avx512",
          {"predict", at("run"), at("customers.h5"), "-o", at("scores.csv"), "--isa", "sse"});
}

TEST_F(Protection, FoldersInThePlaceOfFiles) {
  refused(65, "not a regular file", {"train", at("run"), "--run", at("other")});
  for (const char *verb : {"verify", "reproduce"})
    refused(66, "is not a run's folder: it has no manifest.json; `ingot list` shows the runs",
            {verb, at("no")});
}

TEST_F(Protection, ALinkIsNoFileOfARun) {
  fs::rename(at("run/manifest.json"), at("manifest.json"));
  fs::create_symlink(at("manifest.json"), at("run/manifest.json"));
  refused(65, "is a link", {"evaluate", at("run")});
  refused(65, "is a link", {"train", at("small.yaml"), "--run", at("run")});
  EXPECT_EQ(ingot({"verify", at("run")}).status, 1);
}

// Data and runs lie beside the sources and stay out of them.
TEST(Sources, IgnoreDataAndRuns) {
  auto lines = lines_of(read_file(std::string(INGOT_SOURCE_DIR) + "/.gitignore"));
  for (const char *name : {"build/", "runs/", "/data/"})
    EXPECT_EQ(std::count(lines.begin(), lines.end(), name), 1) << name;
}

} // namespace
