// Money: thresholds against every cut tried by hand, weights rounded once, policies and what they are worth.
#include "tests/engine/evaluation_case.h"

#include <cmath>
#include <gtest/gtest.h>

namespace {

int64_t value_of_policy(const EvaluationCase &rows, Policy policy, int64_t *acted) {
  EvaluationCase copy = rows;
  copy.policy = policy;
  EvaluationSet set = copy.set();
  *acted = 0;
  for (int64_t i = 0; i < set.rows; i++) *acted += policy_acts(&set, i);
  return money_value(&set);
}

TEST(MoneyWeigh, RoundsHalfToEven) {
  Error error;
  std::vector<int64_t> payoff = {1, 3, 5, -1, -3, -5, 7, 0, 1000001, -1000001};
  std::vector<double> weights = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25, 9, 1.5, 1.5};
  std::vector<int64_t> out(payoff.size());
  ASSERT_EQ(money_weigh(out.data(), payoff.data(), weights.data(), (int64_t)out.size(), &error), STATUS_OK);
  EXPECT_EQ(out, (std::vector<int64_t>{0, 2, 2, 0, -2, -2, 2, 0, 1500002, -1500002}));
  ASSERT_EQ(money_weigh(payoff.data(), payoff.data(), weights.data(), (int64_t)out.size(), &error),
            STATUS_OK);
  EXPECT_EQ(payoff, out); // in place
}

TEST(MoneyWeigh, HasABound) {
  Error error;
  std::vector<int64_t> payoff = {(int64_t)1 << 61, -((int64_t)1 << 61)}, out(2);
  std::vector<double> weights = {1, 0.5};
  EXPECT_EQ(money_weigh(out.data(), payoff.data(), weights.data(), 2, &error), STATUS_OK);
  weights[1] = 1;
  EXPECT_EQ(money_weigh(out.data(), payoff.data(), weights.data(), 2, &error), STATUS_DATA);
  EXPECT_NE(std::string(error.text).find("row 2 (row 1 is the first)"), std::string::npos) << error.text;
  weights[0] = 1e300;
  EXPECT_EQ(money_weigh(out.data(), payoff.data(), weights.data(), 2, &error), STATUS_DATA);
}

TEST(ExpectedGain, IsTheMeanOfBothGains) {
  EXPECT_EQ(money_expected_gain(0.25, 40, -8), 0.25 * 40 + 0.75 * -8);
  EXPECT_EQ(money_expected_gain(0, 40, -8), -8);
  EXPECT_EQ(money_expected_gain(1, 40, -8), 40);
}

// Of all cuts on the paying side the best, and of equal ones the one that acts on the fewest.
TEST(BestThreshold, EqualsEveryCutTried) {
  for (uint64_t seed = 1; seed <= 40; seed++) {
    EvaluationCase rows = random_binary(20 + seed * 3, seed % 4 == 0 ? 0 : (int)(seed % 9) + 1, false, seed);
    if (seed % 2 == 0) { // acting pays for label 0
      for (double &label : rows.labels) label = 1 - label;
    }
    if (seed % 5 == 0) { // few amounts: many cuts of equal value
      for (size_t i = 0; i < rows.act.size(); i++) {
        rows.act[i] = rows.labels[i] == (seed % 2 == 0 ? 0 : 1) ? 1000000 : -1000000;
        rows.skip[i] = 0;
      }
    }
    EvaluationSet set = rows.set();
    Policy best = money_best_threshold(&set);
    EXPECT_EQ(best.act_below, money_acts_below(&set));
    std::vector<double> cuts = rows.scores;
    cuts.push_back(threshold_above_all);
    cuts.push_back(threshold_below_all);
    int64_t acted, best_value = value_of_policy(rows, best, &acted);
    for (double cut : cuts) {
      int64_t count, value = value_of_policy(rows, {POLICY_THRESHOLD, cut, best.act_below}, &count);
      EXPECT_LE(value, best_value) << seed << " " << cut;
      if (value == best_value) {
        EXPECT_GE(count, acted) << seed << " " << cut;
      }
    }
    for (double score : rows.scores) { // between scores, or at an end
      EXPECT_TRUE(score != best.threshold || score == threshold_below_all) << seed;
    }
    std::mt19937_64 random(seed);
    EvaluationCase shuffled = rows.permuted(random_order(rows.labels.size(), random));
    set = shuffled.set();
    EXPECT_EQ(bits_of(money_best_threshold(&set).threshold), bits_of(best.threshold));
  }
}

EvaluationCase payoffs(std::vector<double> labels, std::vector<double> scores, std::vector<int64_t> act,
                       std::vector<int64_t> skip) {
  EvaluationCase made;
  made.labels = std::move(labels);
  made.scores = std::move(scores);
  made.act = std::move(act);
  made.skip = std::move(skip);
  return made;
}

Policy best_of(const EvaluationCase &rows) {
  EvaluationSet set = rows.set();
  return money_best_threshold(&set);
}

TEST(BestThreshold, NobodyEverybodyAndBetween) {
  EXPECT_EQ(best_of(payoffs({0, 1}, {0.2, 0.6}, {-1, -1}, {0, 0})).threshold, threshold_above_all);
  EXPECT_EQ(best_of(payoffs({0, 1}, {0.2, 0.6}, {1, 1}, {0, 0})).threshold, threshold_below_all);
  EXPECT_EQ(best_of(payoffs({0, 1}, {0.25, 0.75}, {-1, 1}, {0, 0})).threshold, 0.5);
  // Nothing to gain anywhere: nobody.
  EXPECT_EQ(best_of(payoffs({0, 1}, {0.2, 0.6}, {0, 0}, {0, 0})).threshold, threshold_above_all);
  // One block: all or nothing.
  EXPECT_EQ(best_of(payoffs({0, 1}, {0.5, 0.5}, {-1, 2}, {0, 0})).threshold, threshold_below_all);
  EXPECT_EQ(best_of(payoffs({0, 1}, {0.5, 0.5}, {-2, 1}, {0, 0})).threshold, threshold_above_all);
}

TEST(BestThreshold, ActsBelowWhereLabelZeroPays) {
  Policy grant = best_of(payoffs({0, 0, 1}, {0.1, 0.3, 0.9}, {1, 1, -5}, {0, 0, 0}));
  EXPECT_TRUE(grant.act_below);
  EXPECT_DOUBLE_EQ(grant.threshold, 0.6);
  Policy everybody = best_of(payoffs({0, 0, 1}, {0.1, 0.9, 0.3}, {9, 9, -5}, {0, 0, 0}));
  EXPECT_TRUE(everybody.act_below);
  EXPECT_EQ(everybody.threshold, threshold_above_all);
  Policy nobody = best_of(payoffs({0, 0, 1}, {0.1, 0.9, 0.3}, {-1, -1, -5}, {0, 0, 0}));
  EXPECT_TRUE(nobody.act_below);
  EXPECT_EQ(nobody.threshold, threshold_below_all);
  EXPECT_FALSE(best_of(payoffs({1, 1}, {0.1, 0.9}, {-1, -1}, {0, 0})).act_below); // one class: above
}

TEST(BestThreshold, NeighbouringScoresAndBothZeros) {
  double next = std::nextafter(0.5, 1.0);
  EXPECT_EQ(best_of(payoffs({0, 1}, {0.5, next}, {-1, 1}, {0, 0})).threshold, next);
  double least = std::nextafter(0.0, 1.0);
  EXPECT_EQ(best_of(payoffs({0, 1}, {0, least}, {-1, 1}, {0, 0})).threshold, least);
  // -0 is 0: one block, which threshold_below_all reaches.
  EvaluationCase zeros = payoffs({0, 1}, {0.0, -0.0}, {-1, 2}, {0, 0});
  zeros.policy = best_of(zeros);
  EvaluationSet set = zeros.set();
  EXPECT_EQ(money_value(&set), 1);
}

TEST(MoneyPolicy, ByTheBusinessSection) {
  EvaluationCase rows = payoffs({0, 0, 1}, {0.1, 0.3, 0.9}, {1, 1, -5}, {0, 0, 0});
  EvaluationSet set = rows.set();
  BusinessConfig business{};
  business.policy = POLICY_THRESHOLD;
  business.threshold = 0.2;
  Policy policy = money_policy(&business, &set);
  EXPECT_EQ(policy.threshold, 0.2);
  EXPECT_TRUE(policy.act_below);
  business.policy = POLICY_EXPECTED_GAIN;
  policy = money_policy(&business, &set);
  EXPECT_EQ(policy.kind, POLICY_EXPECTED_GAIN);
  EXPECT_EQ(policy.threshold, 0.5);
  // The side of "the model at 0.5" and of the curves: granting pays for label 0.
  EXPECT_TRUE(policy.act_below);
  business.policy = POLICY_BEST_ON_VALIDATION;
  EXPECT_DOUBLE_EQ(money_policy(&business, &set).threshold, 0.6);
}

MoneyReport money_of(const EvaluationCase &rows) {
  MoneyReport report;
  EvaluationSet set = rows.set();
  money_report(&report, &set, 0.95);
  return report;
}

TEST(MoneyReport, ByHand) {
  const int64_t unit = MONEY_SCALE;
  EvaluationCase rows = payoffs({1, 0, 1, 0}, {0.9, 0.6, 0.4, 0.1},
                                {10 * unit, -3 * unit, 10 * unit, -3 * unit}, {-1 * unit, 0, -1 * unit, 0});
  rows.policy = {POLICY_THRESHOLD, 0.7, false};
  MoneyReport report = money_of(rows);
  EXPECT_TRUE(report.present);
  EXPECT_EQ(report.policies[MONEY_NOBODY].value, -2 * unit);
  EXPECT_EQ(report.policies[MONEY_NOBODY].acted, 0);
  EXPECT_EQ(report.policies[MONEY_EVERYBODY].value, 14 * unit);
  EXPECT_EQ(report.policies[MONEY_EVERYBODY].acted, 4);
  EXPECT_EQ(report.policies[MONEY_MODEL].value, 9 * unit);
  EXPECT_EQ(report.policies[MONEY_MODEL].acted, 1);
  EXPECT_EQ(report.policies[MONEY_HALF].value, 6 * unit);
  EXPECT_EQ(report.policies[MONEY_BEST_THRESHOLD].value, 17 * unit);
  EXPECT_DOUBLE_EQ(report.policies[MONEY_BEST_THRESHOLD].threshold, 0.25);
  EXPECT_EQ(report.policies[MONEY_ORACLE].value, 20 * unit);
  EXPECT_EQ(report.policies[MONEY_ORACLE].acted, 2);
  EXPECT_EQ(report.best_trivial, MONEY_EVERYBODY);
  EXPECT_DOUBLE_EQ(report.share_of_achievable, (9.0 - 14) / (20 - 14));
  EXPECT_EQ(report.value_of_threshold, 3 * unit);
  EXPECT_EQ(report.regret, 8 * unit);
  EXPECT_EQ(report.over_trivial.value, -5);
  EXPECT_TRUE(std::isnan(report.policies[MONEY_NOBODY].threshold));
  // Per-row difference to everybody: 0, +3, -11, +3; its sum has standard error sqrt(n s^2).
  double mean = -5.0 / 4,
         square = (mean * mean + 2 * (3 - mean) * (3 - mean) + (-11 - mean) * (-11 - mean)) / 3;
  EXPECT_NEAR(report.over_trivial.standard_error, std::sqrt(4 * square), 1e-12);
}

TEST(MoneyReport, NothingToAchieve) {
  MoneyReport report = money_of(payoffs({1, 0}, {0.9, 0.1}, {5, 5}, {5, 5}));
  EXPECT_TRUE(std::isnan(report.share_of_achievable));
  EXPECT_EQ(report.best_trivial, MONEY_NOBODY); // equal: nobody
  EXPECT_EQ(report.policies[MONEY_ORACLE].acted, 0);
  EXPECT_EQ(report.over_trivial.value, 0);
  report = money_of(payoffs({1}, {0.9}, {5}, {0})); // one row: no interval
  EXPECT_EQ(report.policies[MONEY_MODEL].low, 5);
  EXPECT_EQ(report.policies[MONEY_MODEL].high, 5);
}

TEST(MoneyReport, ExpectedGainActsWhereItIsPositive) {
  EvaluationCase rows = payoffs({1, 0, 1}, {0.5, 0.2, 0.2}, {30, -10, 90}, {0, 0, 0});
  rows.gain_if_one = {30, 40, 90};
  rows.gain_if_zero = {-10, -10, -10};
  rows.policy = {POLICY_EXPECTED_GAIN, 0.5, false};
  EvaluationSet set = rows.set();
  EXPECT_TRUE(policy_acts(&set, 0));
  EXPECT_FALSE(policy_acts(&set, 1)); // exactly 0: no
  EXPECT_TRUE(policy_acts(&set, 2));
  MoneyReport report = money_of(rows);
  EXPECT_EQ(report.policies[MONEY_MODEL].value, 120);
  EXPECT_TRUE(std::isnan(report.policies[MONEY_MODEL].threshold));
  EXPECT_EQ(report.policies[MONEY_HALF].value, 30);
}

// Whatever the rows: nobody and everybody never beat the oracle, nor does any threshold beat the best one.
TEST(MoneyReport, Bounds) {
  for (uint64_t seed = 1; seed <= 20; seed++) {
    EvaluationCase rows = random_binary(150, seed % 2 ? 7 : 0, false, seed);
    rows.policy.threshold = 0.37;
    MoneyReport report = money_of(rows);
    for (const PolicyValue &policy : report.policies) {
      EXPECT_LE(policy.value, report.policies[MONEY_ORACLE].value);
      EXPECT_LE(policy.low, policy.value);
      EXPECT_GE(policy.high, policy.value);
    }
    EXPECT_GE(report.regret, 0);
    EXPECT_LE(report.share_of_achievable, 1);
  }
}

} // namespace
