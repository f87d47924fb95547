// --retrain: the same configuration with other seeds, beside the gain; idempotent, resumable, outside verify.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "program.h"

extern "C" {
#include "io/report/json_text.h"
#include "io/report/report_read.h"
}

namespace fs = std::filesystem;

namespace {

class Retrain : public testing::Test {
protected:
  void SetUp() override {
    folder = test_folder();
    make_customers(folder, 4000);
    make_config(at("small.yaml"), {"  batch: 256"});
    make_config(at("linear.yaml"), {"  batch: 256", "model: {kind: linear}"});
    train(at("small.yaml"), at("net"));
    train(at("linear.yaml"), at("linear"));
  }
  void TearDown() override { json_decref(json); }
  std::string at(const std::string &name) const { return folder + "/" + name; }
  Call comparison(const std::vector<std::string> &more = {}) const {
    Call call{{"compare", at("linear"), at("net"), "-o", at("out"), "--retrain", "2"}};
    call.arguments.insert(call.arguments.end(), more.begin(), more.end());
    return call;
  }
  // A number of a report; money in units.
  double number(const std::string &report, const char *path) {
    json_decref(json);
    json = nullptr;
    Error error;
    EXPECT_EQ(json_text_read(&json, (at(report) + "/report.json").c_str(), &error), STATUS_OK) << error.text;
    return report_number(json, path) / MILLION;
  }
  static constexpr double MILLION = 1e6;
  std::string folder;
  json_t *json = nullptr;
};

// Values are those of the same trainings by hand, the spread and the gains what follows from them.
TEST_F(Retrain, ShowsTheSpreadBesideTheGain) {
  Outcome outcome = run_ingot(comparison());
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  double values[3], mean = 0, squares = 0;
  for (int i = 0; i < 3; i++) {
    std::string run = "by_hand" + std::to_string(i);
    std::string digest = train(at("small.yaml"), at(run), {"--seed", std::to_string(7 + i)});
    std::string own = i == 0 ? "net" : "net/retrained/seed-" + std::to_string(7 + i);
    EXPECT_EQ(digest_of(at(own)), digest);
    ingot({"evaluate", at(run), "-o", at("judged")});
    values[i] = number("judged", "metrics/0/challenger/value");
    mean += values[i] / 3;
  }
  for (double value : values) squares += (value - mean) * (value - mean);
  double champion = number("out", "metrics/0/champion/value");
  EXPECT_STREQ(report_string(json, "stability/seeds/metric"), "value");
  for (int i = 0; i < 3; i++) {
    std::string index = std::to_string(i);
    EXPECT_DOUBLE_EQ(number("out", ("stability/seeds/values/" + index).c_str()), values[i]);
    EXPECT_EQ(number("out", ("stability/seeds/seeds/" + index).c_str()) * MILLION, 7 + i);
  }
  EXPECT_NE(values[1], values[0]);
  EXPECT_NEAR(number("out", "stability/seeds/spread/value"), std::sqrt(squares / 2), 1e-6);
  EXPECT_NEAR(number("out", "stability/seeds/gain"), values[0] - champion, 1e-6);
  EXPECT_NEAR(number("out", "stability/seeds/mean_gain"), mean - champion, 1e-6);
  std::string words = report_string(json, "stability/seeds/text");
  EXPECT_EQ(words.rfind("Retraining the same configuration moves Value by ±", 0), 0u) << words;
  EXPECT_NE(words.find("lies beyond that"), std::string::npos) << words;
  EXPECT_NE(outcome.out.find("  " + words), std::string::npos) << "the summary says it too";
  EXPECT_NE(read_file(at("out/report.html")).find("plot-seeds"), std::string::npos);
  EXPECT_NE(read_file(at("out/report.json")).find("--retrain 2\""), std::string::npos);
}

// A model against itself with another seed: the gain is within the noise of training.
TEST_F(Retrain, WarnsWhereTheGainIsWithinTheSpread) {
  ASSERT_EQ(ingot({"evaluate", at("net"), "--retrain", "3"}).status, 0);
  for (const char *seed : {"seed-9", "seed-10"}) fs::rename(at("net/retrained/") + seed, at(seed));
  Outcome outcome = ingot({"compare", at("seed-9"), at("seed-10"), "-o", at("out"), "--retrain", "2"});
  double gain = number("out", "stability/seeds/gain"), spread = number("out", "stability/seeds/spread/value");
  ASSERT_LT(std::abs(gain), spread);
  EXPECT_TRUE(json_is_true(report_at(json, "stability/seeds/warning")));
  std::string words = report_string(json, "stability/seeds/text");
  EXPECT_NE(words.find("lies within that: another seed may turn its sign"), std::string::npos) << words;
  EXPECT_NE(outcome.out.find("warning: " + words), std::string::npos) << outcome.out;
}

TEST_F(Retrain, TheSameCommandAgainChangesNothing) {
  Outcome first = run_ingot(comparison());
  auto report = contents_under(at("out")), runs = contents_under(at("net"));
  Outcome again = run_ingot(comparison({"--json"}));
  EXPECT_NE(again.err.find("finished with these inputs already"), std::string::npos) << again.err;
  EXPECT_EQ(again.out, report["report.json"]) << "nothing but the report on stdout";
  EXPECT_EQ(read_file(at("out/report.json")), report["report.json"]);
  EXPECT_EQ(contents_under(at("net")), runs);
  for (const char *whole : {"net", "out", "net/retrained/seed-8"}) {
    Outcome verified = ingot({"verify", at(whole)});
    EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
  }
}

// A sole model has a spread and no gain.
TEST_F(Retrain, OfOneModel) {
  Outcome outcome = ingot({"evaluate", at("net"), "--retrain", "2"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_GT(number("net/report", "stability/seeds/spread/value"), 0);
  EXPECT_EQ(report_at(json, "stability/seeds/gain"), nullptr);
  EXPECT_EQ(ingot({"verify", at("net/report")}).status, 0);
}

TEST_F(Retrain, GoesOnAfterASignal) {
  std::string expected =
      train(at("small.yaml"), at("by_hand"),
            {"--seed", "9", "--set", "train.epochs=30", "--set", "checkpoint.every.steps=60"});
  train(at("small.yaml"), at("long"), {"--set", "train.epochs=30", "--set", "checkpoint.every.steps=60"});
  std::string run = at("long/retrained/seed-9");
  Call call{{"compare", at("linear"), at("long"), "-o", at("out"), "--retrain", "2"}};
  pid_t process = start_ingot(call, at("stopped"));
  for (int i = 0; i < 20000 && !exists(run + "/checkpoints/step-00000060"); i++) usleep(500);
  kill(process, SIGTERM);
  ASSERT_EQ(finish(process), 143);
  std::string said = read_file(at("stopped.err"));
  EXPECT_NE(said.find("RESUMABLE"), std::string::npos) << said;
  EXPECT_NE(said.find("the same command goes on"), std::string::npos) << said;
  EXPECT_FALSE(exists(at("out/report.json")));
  EXPECT_EQ(ingot({"verify", at("long/retrained/seed-8")}).status, 0) << "finished before, and kept";
  Outcome again = run_ingot(call);
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_NE(again.err.find("going on after step"), std::string::npos) << again.err;
  EXPECT_EQ(digest_of(run), expected);
}

TEST_F(Retrain, NeedsOneFinishedRun) {
  ASSERT_EQ(ingot({"evaluate", at("net")}).status, 0);
  auto refused = [&](std::vector<std::string> arguments, int status, const std::string &reason) {
    arguments.insert(arguments.end(), {"--retrain", "2"});
    Outcome outcome = ingot(arguments);
    EXPECT_EQ(outcome.status, status) << outcome.err;
    EXPECT_NE(outcome.err.find(reason), std::string::npos) << outcome.err;
  };
  refused({"compare", at("linear"), at("net"), at("linear")}, 2,
          "one challenger can be trained again, not 2");
  refused({"compare", at("linear"), at("net/report")}, 2, "is not a run's folder");
  refused({"evaluate", at("net"), "--checkpoint", "last"}, 2, "with its best checkpoint");
  refused({"evaluate", at("nothing")}, 66, "no such run");
  Call training{{"train", at("small.yaml"), "--run", at("cut"), "--set", "train.epochs=5000", "--set",
                 "checkpoint.every.steps=3"}};
  ASSERT_EQ(interrupt_ingot(training, at("cut"), SIGTERM, 1), 143);
  refused({"evaluate", at("cut")}, 2, "is not finished; finish it first: ingot resume ");
  for (const char *count : {"1", "21"})
    EXPECT_EQ(ingot({"evaluate", at("net"), "--retrain", count}).status, 2) << count;
  EXPECT_FALSE(exists(at("net/retrained")));
}

} // namespace
