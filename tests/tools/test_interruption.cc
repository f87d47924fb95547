// Runs that are killed, stopped, or run out of disk go on to the same digest; nothing saved is lost.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "program.h"

namespace fs = std::filesystem;

namespace {

class Interruption : public testing::Test {
protected:
  void SetUp() override {
    folder = test_folder();
    make_customers(folder, 5000);
    make_config(folder + "/small.yaml", {"  epochs: 12", "checkpoint: {every: {steps: 3}}"});
    expected = train(folder + "/small.yaml", folder + "/expected");
  }
  Call training(const std::string &run, const std::vector<std::string> &more = {}) {
    Call call{{"train", folder + "/small.yaml", "--run", run, "--threads", "1"}};
    call.arguments.insert(call.arguments.end(), more.begin(), more.end());
    return call;
  }
  int interrupt(const std::string &run, int signal_number, size_t checkpoints) {
    return interrupt_ingot(training(run), run, signal_number, checkpoints);
  }
  // Steps of the step events, in order, of a run's log.
  static std::vector<int> steps(const std::string &run) {
    std::vector<int> found;
    for (const std::string &line : lines_of(read_file(run + "/events.jsonl"))) {
      size_t at = line.find("\"event\":\"step\",\"step\":");
      if (at != std::string::npos)
        found.push_back(atoi(line.c_str() + at + strlen("\"event\":\"step\",\"step\":")));
    }
    return found;
  }
  std::string folder, expected;
};

TEST_F(Interruption, KillAndResume) {
  for (size_t checkpoints : {0, 1, 2, 3}) {
    std::string run = folder + "/killed" + std::to_string(checkpoints);
    int status = interrupt(run, SIGKILL, checkpoints);
    ASSERT_EQ(status, 128 + SIGKILL) << "it must be killed in its middle";
    Outcome again = run_ingot(training(run)); // the same line again
    EXPECT_EQ(again.status, 0) << again.err;
    EXPECT_EQ(digest_of(run), expected) << checkpoints;
  }
}

// Streamed rows are read on in the middle of an epoch, and what was streamed goes on in memory.
TEST_F(Interruption, StreamedKillAndResume) {
  for (const char *then : {"stream", "memory"}) {
    std::string run = folder + "/streamed_then_" + then;
    int status = interrupt_ingot(training(run, {"--set", "machine.residency=stream"}), run, SIGKILL, 2);
    ASSERT_EQ(status, 128 + SIGKILL) << "it must be killed in its middle";
    Outcome again = ingot({"resume", run, "--set", std::string("machine.residency=") + then});
    EXPECT_EQ(again.status, 0) << again.err;
    EXPECT_EQ(digest_of(run), expected) << then;
  }
}

TEST_F(Interruption, KilledAgainAndAgain) {
  std::string run = folder + "/killed";
  int status = -1;
  for (int i = 0; i < 40 && status != 0; i++) {
    pid_t process = start_ingot(training(run), folder + "/killed_again");
    usleep(15000 + 3000 * (useconds_t)i);
    kill(process, SIGKILL);
    status = finish(process);
  }
  EXPECT_EQ(train(folder + "/small.yaml", run), expected);
}

TEST_F(Interruption, ResumeWithOtherThreadsAndMicroBatch) {
  std::string run = folder + "/run";
  ASSERT_EQ(interrupt(run, SIGKILL, 2), 128 + SIGKILL);
  Outcome outcome = ingot({"resume", run, "--threads", "3", "--set", "train.micro_batch=256"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(digest_of(run), expected);
  std::string environment = read_file(run + "/environment.json");
  EXPECT_NE(environment.find("\"train.micro_batch=256\""), std::string::npos)
      << "overrides are recorded in the run";
}

TEST_F(Interruption, Signals) {
  const std::pair<int, int> cases[] = {{SIGTERM, 143}, {SIGINT, 130}, {SIGUSR1, 143}, {SIGUSR2, 143}};
  for (auto [number, code] : cases) {
    std::string run = folder + "/signal" + std::to_string(number);
    int status = interrupt(run, number, 1);
    ASSERT_EQ(status, code);
    EXPECT_NE(read_file(run + ".err").find("RESUMABLE"), std::string::npos);
    EXPECT_EQ(ingot({"verify", run}).status, 0);
    Outcome outcome = ingot({"resume", run});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(digest_of(run), expected);
  }
}

// Every step once: what was logged and not saved is cut off, and only the remaining steps are run.
TEST_F(Interruption, EventsHoldEveryStepOnce) {
  std::string run = folder + "/run";
  ASSERT_EQ(interrupt(run, SIGKILL, 2), 128 + SIGKILL);
  ASSERT_EQ(run_ingot(training(run)).status, 0);
  std::vector<int> whole = steps(folder + "/expected"), resumed = steps(run);
  EXPECT_EQ(resumed, whole);
  for (size_t i = 0; i < whole.size(); i++) ASSERT_EQ(whole[i], (int)i + 1);
}

TEST_F(Interruption, FinishedRunSaysSo) {
  Outcome outcome = run_ingot(training(folder + "/expected"));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_NE(outcome.err.find("finished"), std::string::npos);
  EXPECT_EQ(digest_of(folder + "/expected"), expected);
}

// The disk is full at the first file of a checkpoint, or at the second: the one before stays, and the message
// names both. Neither file fits where less than this is allowed, while the log of the few steps does.
TEST_F(Interruption, DiskFullWhileCheckpointing) {
  make_config(folder + "/small.yaml", {"  epochs: 12", "model: {kind: mlp, hidden: [96, 96], norm: layer}",
                                       "checkpoint: {every: {steps: 3}}"});
  expected = train(folder + "/small.yaml", folder + "/wide");
  std::string run = folder + "/full";
  ASSERT_EQ(interrupt(run, SIGTERM, 1), 143);
  std::string newest = newest_checkpoint(run);
  auto size = [&](const char *file) {
    return (long)fs::file_size(run + "/checkpoints/" + newest + "/" + file);
  };
  ASSERT_GT(size("model.safetensors"), 30000);
  for (const char *file : {"model.safetensors", "optimizer.safetensors"}) {
    auto before = contents_under(run + "/checkpoints");
    Call call{{"resume", run}};
    call.file_limit = size(file) - 1;
    Outcome outcome = run_ingot(call);
    EXPECT_EQ(outcome.status, 74) << outcome.err;
    std::string kept = "the previous one, step " + std::to_string(atoi(newest.c_str() + strlen("step-")));
    for (const std::string &part : {std::string(file), std::string("File too large"), kept + ", is kept"})
      EXPECT_NE(outcome.err.find(part), std::string::npos) << part << "\n" << outcome.err;
    EXPECT_EQ(contents_under(run + "/checkpoints"), before);
    EXPECT_EQ(ingot({"verify", run}).status, 0);
  }
  Outcome again = ingot({"resume", run});
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(digest_of(run), expected);
}

TEST_F(Interruption, AnotherRunsFolder) {
  Outcome outcome = run_ingot(training(folder + "/expected", {"--seed", "8"}));
  EXPECT_EQ(outcome.status, 73);
  EXPECT_NE(outcome.err.find("seed"), std::string::npos) << outcome.err;
  EXPECT_EQ(digest_of(folder + "/expected"), expected);
}

TEST_F(Interruption, ResumeRefusesBitsKeys) {
  std::string run = folder + "/run";
  ASSERT_EQ(interrupt(run, SIGTERM, 1), 143);
  Outcome outcome = ingot({"resume", run, "--set", "train.epochs=13"});
  EXPECT_EQ(outcome.status, 78);
  EXPECT_NE(outcome.err.find("train.epochs"), std::string::npos) << outcome.err;
}

// A checkpoint that was cut short is passed over by name, and the one before it is taken.
TEST_F(Interruption, DamagedNewestCheckpoint) {
  std::string run = folder + "/run";
  ASSERT_EQ(interrupt(run, SIGKILL, 2), 128 + SIGKILL);
  std::string newest = newest_checkpoint(run);
  fs::resize_file(run + "/checkpoints/" + newest + "/model.safetensors", 100);
  Outcome outcome = run_ingot(training(run));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.err.find(newest), std::string::npos) << outcome.err;
  EXPECT_EQ(digest_of(run), expected);
}

} // namespace
