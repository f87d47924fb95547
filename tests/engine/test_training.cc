// One state digest for every way of doing the same training: goldens, identities, and mutants that must fail.
#include "training_case.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <map>

namespace {

const char *const kCases[] = {"mlp_binary", "mlp_multiclass", "linear_regression",
                              "mlp_gelu",   "mlp_silu",       "mlp_tanh"};
const char *const kGoldens[] = {"mlp_binary", "mlp_multiclass", "linear_regression", "mlp_wide",
                                "mlp_gelu",   "mlp_silu",       "mlp_tanh"};
const std::string kGoldenFile = INGOT_SOURCE_DIR "/tests/golden/training.sha256";

std::map<std::string, std::string> read_goldens() {
  std::map<std::string, std::string> goldens;
  std::ifstream file(kGoldenFile);
  for (std::string digest, name; file >> digest >> name;) goldens[name] = digest;
  return goldens;
}

bool rewriting() {
  return getenv("INGOT_REWRITE_GOLDENS") != nullptr;
}

const std::string &plain_digest(const std::string &name) {
  static std::map<std::string, std::string> digests;
  if (digests.count(name) == 0) digests[name] = run_case(training_case(name), {}).digest;
  return digests[name];
}

class Isa : public testing::TestWithParam<const char *> {
protected:
  void SetUp() override {
    if (operators_cpu(GetParam()) == nullptr) GTEST_SKIP() << "this processor or build lacks " << GetParam();
  }
};

} // namespace

TEST(Golden, Training) {
  if (rewriting()) {
    ASSERT_EQ(getenv("CI"), nullptr) << "goldens are not rewritten in CI: unset INGOT_REWRITE_GOLDENS";
    std::ofstream file(kGoldenFile);
    for (const char *name : kGoldens) file << plain_digest(name) << "  " << name << "\n";
  }
  auto goldens = read_goldens();
  for (const char *name : kGoldens) {
    ASSERT_EQ(plain_digest(name).size(), 64u);
    EXPECT_EQ(goldens[name], plain_digest(name)) << name;
  }
}

TEST_P(Isa, EveryThreadCountAndMicroBatchGivesOneDigest) {
  for (const char *name : kCases) {
    for (int threads : {1, 2, 3}) {
      for (int64_t micro :
           {(int64_t)128, (int64_t)256, (int64_t)MICRO_BATCH_ALL, (int64_t)MICRO_BATCH_AUTO}) {
        RunOptions options;
        options.isa = GetParam();
        options.threads = threads;
        options.micro_batch = micro;
        EXPECT_EQ(run_case(training_case(name), options).digest, plain_digest(name))
            << name << " threads " << threads << " micro-batch " << micro;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Isa, testing::Values("portable", "avx2", "avx512"),
                         [](const auto &isa) { return std::string(isa.param); });

TEST(Training, StoppingAnywhereAndResumingGivesOneDigest) {
  for (const char *name : kCases) {
    for (uint64_t stop : {1, 2, 3, 5, 8}) {
      RunOptions options;
      options.stop_after = stop;
      options.micro_batch_after = 128;
      options.threads_after = 2;
      RunResult result = run_case(training_case(name), options);
      EXPECT_EQ(result.digest, plain_digest(name))
          << name << " stopped after " << stop << ": " << result.message;
      EXPECT_EQ(result.steps, 9u);
    }
  }
}

TEST(Training, StreamedRowsGiveOneDigest) {
  for (const char *name : kCases) {
    RunOptions options;
    options.stream = true;
    options.micro_batch = 128;
    EXPECT_EQ(run_case(training_case(name), options).digest, plain_digest(name)) << name;
  }
}

TEST(Training, EventsNameEveryStepOnceInOrder) {
  RunResult result = run_case(training_case("mlp_binary"), {});
  uint64_t next = 1;
  for (const Event &event : result.events) {
    if (event.kind == EVENT_STEP) {
      EXPECT_EQ(event.step, next++);
    }
  }
  EXPECT_EQ(next, 10u);
  EXPECT_EQ(result.events.back().kind, EVENT_END);
}

TEST(Training, LossFalls) {
  RunResult result = run_case(training_case("mlp_binary"), {});
  float first = result.events.front().loss, last = 0;
  for (const Event &event : result.events) {
    if (event.kind == EVENT_STEP) last = event.loss;
  }
  EXPECT_LT(last, 0.9f * first);
}

TEST(Training, PlannedActivationsFallWithTheMicroBatch) {
  RunOptions small, large;
  small.micro_batch = 128;
  size_t small_bytes = run_case(training_case("mlp_binary"), small).plan.activation_bytes;
  size_t large_bytes = run_case(training_case("mlp_binary"), large).plan.activation_bytes;
  EXPECT_LT(4 * small_bytes, large_bytes);
}

TEST(Training, OneUlpInOneInputChangesTheDigest) {
  TrainingCase changed = training_case("mlp_binary");
  changed.values[1234] = nextafterf(changed.values[1234], 10.0f);
  EXPECT_NE(run_case(changed, {}).digest, plain_digest("mlp_binary"));
}

TEST(Training, AnotherSeedChangesTheDigest) {
  TrainingCase changed = training_case("mlp_binary");
  changed.config.seed++;
  EXPECT_NE(run_case(changed, {}).digest, plain_digest("mlp_binary"));
}

TEST(Training, ANonFiniteInputIsNamedAndTheStateBeforeItSaved) {
  TrainingCase broken = training_case("mlp_binary");
  for (float &x : broken.values) x = x > 1.9f ? 3e38f : x;
  broken.config.model.norm = NORM_NONE;
  RunResult result = run_case(broken, {});
  EXPECT_EQ(result.status, STATUS_DIVERGED);
  EXPECT_NE(result.message.find("step 0 was not taken"), std::string::npos) << result.message;
  EXPECT_EQ(result.steps, 0u);
  EXPECT_EQ(result.digest.size(), 64u);
}

TEST(Training, AnAddendOutOfRangeNamesItsTensor) {
  TrainingCase broken = training_case("linear_regression");
  broken.config.numerics.fraction_bits = 58;
  for (float &x : broken.targets) x *= 1000.0f;
  RunResult result = run_case(broken, {});
  EXPECT_EQ(result.status, STATUS_DIVERGED);
  EXPECT_NE(result.message.find("embeddings.0.weight"), std::string::npos) << result.message;
}

TEST(Training, AnotherRunsCheckpointIsRefused) {
  TrainingCase c = training_case("mlp_binary");
  RunOptions options;
  options.stop_after = 2;
  ASSERT_EQ(run_case(c, options).status, STATUS_OK);
  c.bits = "case=2\n";
  EXPECT_NE(run_case(c, {}).digest, plain_digest("mlp_binary"));
}
