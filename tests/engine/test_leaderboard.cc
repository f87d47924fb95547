// Several challengers: Holm's levels step by step, ranks, groups, and the one the report is about.
#include "tests/engine/evaluation_case.h"

extern "C" {
#include "engine/evaluate/verdict/leaderboard.h"
}

#include <cmath>
#include <gtest/gtest.h>

namespace {

// Regression models whose absolute error differs from the champion's by `gain` on average, so that the paired
// t statistic is known: half of the rows gain `gain + spread`, half `gain - spread`.
class Contest : public testing::Test {
protected:
  void SetUp() override {
    champion.task = TASK_REGRESSION;
    champion.labels.assign(kRows, 0);
    champion.scores.assign(kRows, 100);
    gates.has_primary = true;
    gates.primary.metric = const_cast<char *>("mae"), gates.primary.rule = GATE_SUPERIOR;
    gates.confidence = 0.95;
  }
  void TearDown() override {
    leaderboard_clear(&leaderboard);
    comparison_clear(&comparison);
  }
  void add(double gain, double spread = 1) {
    EvaluationCase made = champion;
    for (int i = 0; i < kRows; i++) made.scores[i] = 100 - gain - (i % 2 == 0 ? spread : -spread);
    challengers.push_back(made);
  }
  void judge() {
    TearDown();
    std::vector<EvaluationSet> sets;
    for (const EvaluationCase &challenger : challengers) sets.push_back(challenger.set());
    std::vector<Validity> validity(sets.size());
    EvaluationSet set = champion.set();
    Error error = {};
    ASSERT_EQ(compare_several(&leaderboard, &comparison, &set, sets.data(), (int)sets.size(), nullptr, &gates,
                              validity.data(), &error),
              STATUS_OK)
        << error.text;
  }
  const RankedModel &model(int number) const {
    for (int i = 0; i < leaderboard.count; i++)
      if (leaderboard.models[i].model == number) return leaderboard.models[i];
    ADD_FAILURE();
    return leaderboard.models[0];
  }
  static constexpr int kRows = 10000; // the standard error of a gain is spread / 100
  EvaluationCase champion;
  std::vector<EvaluationCase> challengers;
  GatesConfig gates{};
  Leaderboard leaderboard{};
  Comparison comparison{};
};

TEST_F(Contest, OneChallengerIsJudgedAsByItself) {
  add(0.02); // 2.0 standard errors
  judge();
  EXPECT_EQ(leaderboard.count, 2);
  EXPECT_EQ(comparison.verdict.state, VERDICT_SHIP);
  EXPECT_EQ(model(1).p_holm, model(1).p_value);
  EXPECT_NEAR(model(1).p_value, 0.02275, 1e-4);
}

// 2.0 standard errors pass alone, not beside another: the level is then 0.0125, one-sided, 2.24 standard
// errors.
TEST_F(Contest, TheBestOfTwoNeedsMore) {
  add(0.02);
  add(0);
  judge();
  EXPECT_EQ(comparison.verdict.state, VERDICT_INCONCLUSIVE);
  EXPECT_EQ(leaderboard.chosen, 1);
  challengers.clear();
  add(0.023);
  add(0);
  judge();
  EXPECT_EQ(comparison.verdict.state, VERDICT_SHIP);
  EXPECT_NEAR(model(1).p_holm, 2 * model(1).p_value, 1e-12);
}

// Once the first has passed at alpha / 2 the second is asked at alpha: 2.0 standard errors are enough.
TEST_F(Contest, HolmStepsDown) {
  add(0.02);
  add(0.03);
  judge();
  EXPECT_EQ(model(1).state, VERDICT_SHIP);
  EXPECT_EQ(model(2).state, VERDICT_SHIP);
  EXPECT_EQ(leaderboard.chosen, 2);
  EXPECT_EQ(leaderboard.models[0].model, 2);
  EXPECT_EQ(leaderboard.models[2].model, 0);
  EXPECT_NEAR(model(1).p_holm, model(1).p_value, 1e-12);
}

// Where the first does not pass, none behind it does, though each passes alone.
TEST_F(Contest, HolmStopsAtTheFirstThatFails) {
  add(0.0199);
  add(0.0198);
  add(0.0197);
  judge();
  for (int i = 1; i <= 3; i++) EXPECT_EQ(model(i).state, VERDICT_INCONCLUSIVE) << i;
}

TEST_F(Contest, GroupsEndWhereTheBestIsSurelyBetter) {
  add(1);
  add(1); // as good, with other errors: the two cannot be told apart
  for (int i = 0; i < kRows; i++) challengers[1].scores[i] += i % 4 < 2 ? 1 : -1;
  add(-1);
  judge();
  EXPECT_EQ(model(1).group, 0);
  EXPECT_EQ(model(2).group, 0);
  EXPECT_EQ(model(0).group, 1);
  EXPECT_EQ(model(3).group, 2);
}

TEST_F(Contest, TheOrderOfRowsDoesNotMatter) {
  std::mt19937_64 random(5);
  add(0.02);
  add(0.03);
  judge();
  double p = model(2).p_holm, low = model(1).delta.low;
  auto order = random_order(kRows, random);
  champion = champion.permuted(order);
  for (EvaluationCase &challenger : challengers) challenger = challenger.permuted(order);
  judge();
  EXPECT_EQ(model(2).p_holm, p);
  EXPECT_EQ(model(1).delta.low, low);
}

TEST_F(Contest, DifferentRowsAreRefused) {
  add(0.02);
  challengers[0].labels[7] = 1;
  std::vector<EvaluationSet> sets = {challengers[0].set()};
  Validity validity{};
  EvaluationSet set = champion.set();
  Error error = {};
  EXPECT_EQ(
      compare_several(&leaderboard, &comparison, &set, sets.data(), 1, nullptr, &gates, &validity, &error),
      STATUS_DATA);
}

} // namespace
