// Configuration: loading, errors, resolved output, bits text, the table.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

extern "C" {
#include "io/config/load.h"
#include "io/config/write.h"
}

namespace {

struct Loaded {
  Config *config = nullptr;
  std::string problems, bits, resolved, error;
  int status = 0, count = 0;
  Loaded() = default;
  Loaded(Loaded &&other) noexcept { *this = std::move(other); }
  Loaded &operator=(Loaded &&other) noexcept {
    std::swap(config, other.config);
    problems = other.problems, bits = other.bits, resolved = other.resolved, error = other.error;
    status = other.status, count = other.count;
    return *this;
  }
  ~Loaded() { config_free(config); }
};

std::string take(char *text) {
  std::string copy = text;
  free(text);
  return copy;
}

Loaded load(const std::string &text, const std::vector<std::string> &sets = {},
            const char *folder = "/folder") {
  Loaded result;
  std::vector<ConfigOverride> overrides;
  for (const std::string &set : sets) overrides.push_back({set.c_str()});
  ConfigProblems problems = {nullptr, 0};
  Error error = {};
  result.status = config_load_text(&result.config, &problems, "c.yaml", text.data(), text.size(), folder,
                                   overrides.data(), (int)overrides.size(), &error);
  if (problems.text != nullptr) result.problems = problems.text;
  result.count = problems.count;
  result.error = error.text;
  config_problems_free(&problems);
  if (result.config != nullptr) {
    result.bits = result.config->bits_text;
    result.resolved = take(config_write_resolved(result.config));
  }
  return result;
}

const char *const SMALL = "name: small\n"
                          "data:\n"
                          "  file: rows.h5\n"
                          "  target: {column: y, task: binary, positive: 1}\n";

TEST(Config, SmallestConfigGetsEveryDefault) {
  Loaded loaded = load(SMALL);
  ASSERT_EQ(loaded.status, STATUS_OK) << loaded.problems;
  const Config *config = loaded.config;
  EXPECT_STREQ(config->data.file, "/folder/rows.h5");
  EXPECT_STREQ(config->data.target.positive, "1");
  EXPECT_TRUE(config->data.inputs_auto);
  EXPECT_EQ(config->numerics.grain, 256);
  EXPECT_EQ(config->model.hidden_count, 2);
  EXPECT_EQ(config->train.optimizer.learning_rate, 1e-3);
  EXPECT_STREQ(config->select_metric, "log_loss");
  EXPECT_EQ(config->evaluate_metrics.count, 6);
  EXPECT_EQ(config->checkpoint.every_epochs, 1);
  EXPECT_EQ(config->data.split.bounds[0], 12912720851596686131u); // floor(0.7 * 2^64)
  EXPECT_EQ(config->data.split.bounds[1], 15679732462653118873u); // floor(0.85 * 2^64)
  EXPECT_TRUE(config->data.split.has_test);
  EXPECT_FALSE(config->business.present);
}

TEST(Config, ResolvedTextReadsBackEqual) {
  Loaded first = load(SMALL);
  ASSERT_EQ(first.status, STATUS_OK);
  Loaded second = load(first.resolved, {}, "/elsewhere");
  ASSERT_EQ(second.status, STATUS_OK) << second.problems;
  EXPECT_EQ(first.resolved, second.resolved);
  EXPECT_EQ(first.bits, second.bits);
}

} // namespace
