// Memory through the program: what `ingot plan` says is what a training takes, and falls with the
// micro-batch.
#include <gtest/gtest.h>

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

// 16 grains at once against one after the other: about 100 MiB of activations apart, of which the process
// must show three quarters. Nothing else differs between the two.
TEST(Memory, PlannedAndMeasuredFallWithTheMicroBatch) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's own memory hides the program's";
#endif
  std::string folder = test_folder();
  make_customers(folder, 6000);
  make_config(folder + "/wide.yaml",
              {"  batch: 4096", "  epochs: 1", "model: {kind: mlp, hidden: [512, 512, 512], norm: layer}"});
  long long plan[2], peak[2], activations[2];
  for (int all = 0; all < 2; all++) {
    const std::string micro = std::string("train.micro_batch=") + (all ? "all" : "256");
    Outcome said = ingot({"plan", folder + "/wide.yaml", "--json", "--set", micro});
    ASSERT_EQ(said.status, 0) << said.err;
    plan[all] = planned(said.out, "sum");
    activations[all] = planned(said.out, "activations");
    Outcome trained = ingot({"train", folder + "/wide.yaml", "--run", folder + "/run" + std::to_string(all),
                             "--threads", "1", "--set", micro});
    ASSERT_EQ(trained.status, 0) << trained.err;
    peak[all] = trained.peak;
    EXPECT_GT(peak[all], plan[all]) << "what is planned is a part of what the process takes";
    EXPECT_LT(peak[all], plan[all] + 64 * MIB) << "the rest is the program, its libraries and one checkpoint";
  }
  EXPECT_EQ(digest_of(folder + "/run0"), digest_of(folder + "/run1"));
  EXPECT_GT(activations[1], 14 * activations[0]);
  EXPECT_GT(plan[1] - plan[0], 50 * MIB);
  EXPECT_GT(4 * (peak[1] - peak[0]), 3 * (plan[1] - plan[0]))
      << "planned " << plan[0] << " and " << plan[1] << ", measured " << peak[0] << " and " << peak[1];
}

} // namespace
