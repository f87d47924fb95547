// Stuart and Maxwell's test: by hand, against statsmodels, and where it says nothing.
#include "tests/engine/evaluation_case.h"
#include "tests/engine/oracle_case.h"

extern "C" {
#include "engine/evaluate/metrics/homogeneity.h"
#include "engine/shared/math64.h"
}

#include <cmath>

namespace {

Homogeneity test_of(const std::vector<int64_t> &counts) {
  return homogeneity_of_table(counts.data(), (int)std::lround(std::sqrt((double)counts.size())));
}

// Two classes: McNemar's chi-square, (b - c)^2 / (b + c).
TEST(Homogeneity, OfTwoClassesIsMcNemar) {
  Homogeneity test = test_of({50, 12, 3, 40});
  EXPECT_DOUBLE_EQ(test.statistic, 81.0 / 15);
  EXPECT_EQ(test.df, 1);
  EXPECT_EQ(test.p_value, math64_chi_square_tail(test.statistic, 1));
}

TEST(Homogeneity, LikeStatsmodels) {
  NEEDS_ORACLE;
  Oracle oracle;
  std::vector<std::vector<int64_t>> tables = {
      {20, 10, 5, 3, 30, 15, 0, 5, 40},
      {60, 4, 7, 9, 1, 80, 0, 2, 3, 8, 50, 11, 6, 0, 1, 90},
      {1520, 266, 124, 66, 234, 1512, 432, 78, 117, 362, 1772, 205, 36, 82, 179, 492}};
  for (const auto &table : tables) {
    std::string question =
        "stuart_maxwell " + std::to_string((int)std::lround(std::sqrt((double)table.size())));
    for (int64_t count : table) question += " " + std::to_string(count);
    oracle.ask(question);
  }
  auto answers = oracle.answers();
  ASSERT_EQ(answers.size(), tables.size());
  for (size_t i = 0; i < tables.size(); i++) {
    Homogeneity test = test_of(tables[i]);
    EXPECT_NEAR(test.statistic, answers[i][0], 1e-11 * answers[i][0]);
    EXPECT_EQ(test.df, answers[i][1]);
    EXPECT_NEAR(test.p_value, answers[i][2], 1e-12 + 1e-9 * answers[i][2]);
  }
}

// A class that no row enters or leaves is no degree of freedom, nor are two groups that exchange no rows more
// than theirs; the order of the classes is nothing.
TEST(Homogeneity, CountsOnlyWhatMoves) {
  Homogeneity none = test_of({5, 0, 0, 0, 7, 0, 0, 0, 9});
  EXPECT_EQ(none.df, 0);
  EXPECT_TRUE(std::isnan(none.p_value));
  Homogeneity two = test_of({50, 0, 12, 0, 99, 0, 3, 0, 40});
  EXPECT_DOUBLE_EQ(two.statistic, 81.0 / 15);
  EXPECT_EQ(two.df, 1);
  Homogeneity apart = test_of({1, 12, 0, 0, 3, 1, 0, 0, 0, 0, 1, 5, 0, 0, 4, 1});
  EXPECT_DOUBLE_EQ(apart.statistic, 81.0 / 15 + 1.0 / 9);
  EXPECT_EQ(apart.df, 2);
  Homogeneity one = test_of({20, 10, 5, 3, 30, 15, 0, 5, 40}),
              turned = test_of({40, 5, 0, 15, 30, 3, 5, 10, 20});
  EXPECT_NEAR(one.statistic, turned.statistic, 1e-12);
}

TEST(Homogeneity, OfModels) {
  EvaluationCase a = random_multiclass(200, 3, false, 3), b = random_multiclass(200, 3, false, 4);
  b.labels = a.labels;
  EvaluationSet from = a.set(), to = b.set();
  EXPECT_EQ(homogeneity_of(&from, &to).df, 2);
  EXPECT_EQ(homogeneity_of(&from, &from).df, 0);
  std::vector<double> weights(200, 2.0);
  from.weights = to.weights = weights.data();
  EXPECT_EQ(homogeneity_of(&from, &to).df, 0) << "weights are no counts of rows";
}

} // namespace
