// Sensitivity: ends, flips of straight, broken and stepped differences, the cap on evaluations; risk by hand.
#include "tests/engine/evaluation_case.h"

#include <cmath>
#include <functional>
#include <gtest/gtest.h>

namespace {

const double unit = MONEY_SCALE;

struct Study {
  std::vector<Parameter> params;
  std::function<double(int, double)> delta; // units, with one parameter elsewhere
  int calls = 0;
  Sensitivity found{};
  Error error{};
  std::vector<std::string> names, units;

  ~Study() { sensitivity_free(&found); }
  void add(const char *name, double value, double low, double high, const char *in = "") {
    names.push_back(name);
    units.push_back(in);
    params.push_back({nullptr, value, low, high, nullptr});
  }
  Status run(double base, int64_t rows = 100) {
    for (size_t i = 0; i < params.size(); i++) {
      params[i].name = names[i].data();
      params[i].unit = units[i].data();
    }
    BusinessConfig business{};
    business.params = params.data();
    business.param_count = (int)params.size();
    sensitivity_free(&found);
    calls = 0;
    return sensitivity_of(&found, &business, (int64_t)std::llround(base * unit), rows, call, this, &error);
  }
  static Status call(void *context, int64_t *delta, int parameter, double at, Error *error) {
    auto *study = (Study *)context;
    study->calls++;
    double value = study->delta(parameter, at);
    if (std::isnan(value)) return error_set(error, STATUS_DATA, "no payoff at %g", at);
    *delta = (int64_t)std::llround(value * unit);
    return STATUS_OK;
  }
};

TEST(Sensitivity, AStraightLineIsHitAtOnce) {
  Study study;
  study.add("offer", 60, 40, 90);
  study.delta = [](int, double at) { return 1000 - 13.8 * at; }; // 0 at 72.4638
  ASSERT_EQ(study.run(1000 - 13.8 * 60), STATUS_OK);
  ASSERT_EQ(study.found.count, 1);
  const SensitivityItem &item = study.found.items[0];
  EXPECT_EQ(item.delta_low, 448 * unit);
  EXPECT_EQ(item.delta_high, -242 * unit);
  EXPECT_NEAR(item.flips_at, 1000 / 13.8, 1e-6);
  EXPECT_FALSE(item.wins_above); // "wins if offer costs less than 72.46"
  EXPECT_EQ(study.calls, 4);     // both ends, the end of the reach below, the secant
  EXPECT_EQ(study.found.evaluations, 4);
}

TEST(Sensitivity, FollowsASideBeyondItsRange) {
  Study study;
  study.add("a", 10, 8, 12);
  study.delta = [](int, double at) { return at - 3; }; // 7 below the value, 3.5 widths
  ASSERT_EQ(study.run(7), STATUS_OK);
  EXPECT_NEAR(study.found.items[0].flips_at, 3, 1e-9);
  EXPECT_TRUE(study.found.items[0].wins_above);
  study.delta = [](int, double at) { return at - 1; }; // 4.5 widths: out of reach
  ASSERT_EQ(study.run(9), STATUS_OK);
  EXPECT_TRUE(std::isnan(study.found.items[0].flips_at));
}

// A range that reaches past 0 says itself how far the other sign makes sense.
TEST(Sensitivity, BeyondZeroTheRangeIsTheLimit) {
  Study study;
  study.add("balance", 1, -1, 5);
  study.delta = [](int, double at) { return at + 0.5; };
  ASSERT_EQ(study.run(1.5), STATUS_OK);
  EXPECT_NEAR(study.found.items[0].flips_at, -0.5, 1e-9);
  EXPECT_TRUE(study.found.items[0].wins_above);
  study.delta = [](int, double at) { return at + 1.5; };
  ASSERT_EQ(study.run(2.5), STATUS_OK);
  EXPECT_TRUE(std::isnan(study.found.items[0].flips_at));
}

TEST(Sensitivity, TheNearerSideCounts) {
  Study study;
  study.add("a", 10, 0, 20);
  study.delta = [](int, double at) { return at < 10 ? at - 4 : 6 - 2 * (at - 10); }; // 0 at 4 and 13
  ASSERT_EQ(study.run(6), STATUS_OK);
  EXPECT_NEAR(study.found.items[0].flips_at, 13, 1e-4);
  EXPECT_FALSE(study.found.items[0].wins_above);
  study.delta = [](int, double at) { return at < 10 ? 4 - at : -6; }; // loses; wins below 4
  ASSERT_EQ(study.run(-6), STATUS_OK);
  EXPECT_NEAR(study.found.items[0].flips_at, 4, 1e-4);
  EXPECT_FALSE(study.found.items[0].wins_above);
}

TEST(Sensitivity, StepsAndCurvesAreFoundToo) {
  Study study;
  study.add("limit", 10, 0, 20);
  study.delta = [](int, double at) { return at > 17.25 ? -5.0 : 5.0; };
  ASSERT_EQ(study.run(5), STATUS_OK);
  EXPECT_NEAR(study.found.items[0].flips_at, 17.25, 1e-3);
  EXPECT_LE(study.calls, SENSITIVITY_STEPS + 4);
  study.delta = [](int, double at) { return 1000 - at * at * at; }; // 0 at 10; at the value 1000 - 5^3
  study.params[0].value = 5;
  ASSERT_EQ(study.run(875), STATUS_OK);
  EXPECT_NEAR(study.found.items[0].flips_at, 10, 1e-3);
}

TEST(Sensitivity, AmountsStayAboveZeroAndRatesBelowOne) {
  Study study;
  study.add("cost", 10, 5, 10);
  study.add("rate", 0.5, 0.5, 0.7, "rate");
  std::vector<double> asked[2];
  study.delta = [&](int parameter, double at) {
    asked[parameter].push_back(at);
    return 1.0;
  };
  ASSERT_EQ(study.run(1), STATUS_OK);
  EXPECT_EQ(*std::min_element(asked[0].begin(), asked[0].end()), 0);
  EXPECT_EQ(*std::max_element(asked[1].begin(), asked[1].end()), 1);
}

// A margin of 80 cannot be below 0: that the model would win there is no advice.
TEST(Sensitivity, NoFlipWhereAParameterCannotGo) {
  struct {
    double value, low, high, root;
    const char *unit;
    bool flips;
  } const cases[] = {
      {80, 60, 100, 0, "", false},        {80, 60, 100, -1e-9, "", false}, {80, 0, 100, 0, "", false},
      {80, 0, 100, 10, "", true},         {80, 60, 100, 10, "", true},     {-80, -100, -60, 0, "", false},
      {-80, -100, -60, -10, "", true},    {80, -10, 100, 0, "", true},     {0.5, 0.4, 0.7, 1, "rate", false},
      {0.5, 0.4, 0.7, 0.9, "rate", true}, {0.5, 0.4, 0.7, 1, "", true},    {0.5, 0.4, 1, 1, "rate", false}};
  for (const auto &row : cases) {
    for (double sign : {-12.5, 12.5}) {
      Study study;
      study.add("margin", row.value, row.low, row.high, row.unit);
      study.delta = [&](int, double at) { return sign * (at - row.root); };
      ASSERT_EQ(study.run(study.delta(0, row.value)), STATUS_OK);
      double flip = study.found.items[0].flips_at;
      EXPECT_EQ(!std::isnan(flip), row.flips) << row.value << " " << row.root << " " << flip;
      if (row.flips) {
        EXPECT_NEAR(flip, row.root, 1e-4);
      }
    }
  }
}

TEST(Sensitivity, SortsBySwingAndLeavesFixedOnesOut) {
  Study study;
  study.add("small", 10, 9, 11);
  study.add("fixed", 5, 5, 5);
  study.add("large", 10, 5, 15);
  study.add("equal", 10, 9, 11);
  study.delta = [](int, double at) { return at; };
  ASSERT_EQ(study.run(10), STATUS_OK);
  ASSERT_EQ(study.found.count, 3);
  EXPECT_EQ(study.found.items[0].parameter, 2);
  EXPECT_EQ(study.found.items[1].parameter, 3); // "equal" before "small"
  EXPECT_EQ(study.found.items[2].parameter, 0);
}

TEST(Sensitivity, EvaluationsAreCapped) {
  Study study;
  study.add("a", 10, 9, 11);
  study.add("b", 10, 9, 11);
  study.delta = [](int, double at) { return at - 5; };
  ASSERT_EQ(study.run(5, SENSITIVITY_ROW_LIMIT / 3), STATUS_OK); // three evaluations in all
  EXPECT_EQ(study.calls, 3);
  EXPECT_EQ(study.found.count, 1);
  EXPECT_EQ(study.found.left_out, 1);
  EXPECT_TRUE(std::isnan(study.found.items[0].flips_at)); // found beyond the range only
}

TEST(Sensitivity, ARangeWithoutPayoffsIsAnErrorBeyondItNot) {
  Study study;
  study.add("a", 2, 0, 3);
  study.delta = [](int, double at) { return at == 0 ? NAN : 1 / at; };
  EXPECT_EQ(study.run(0.5), STATUS_DATA);
  study.params[0].low = 1; // the reach ends at -2, which is held at 0
  EXPECT_EQ(study.run(0.5), STATUS_OK);
  EXPECT_TRUE(std::isnan(study.found.items[0].flips_at));
}

// ---- risk ----

Sensitivity with(double delta, std::vector<SensitivityItem> &items) {
  return {(int64_t)std::llround(delta * unit), items.data(), (int)items.size(), 0, 0};
}

TEST(Risk, WithoutParametersItIsTheNormalTail) {
  std::vector<SensitivityItem> none;
  Sensitivity fixed = with(100, none);
  Risk risk = risk_of(&fixed, 100, nullptr, 0);
  EXPECT_EQ(risk.draws, RISK_DRAWS);
  EXPECT_NEAR(risk.probability_of_loss, 0.1587, 0.03); // Phi(-1); 3.5 standard errors of 2,000 draws
  EXPECT_NEAR((double)risk.value_at_risk / unit, 100 - 164.5, 18);
  risk = risk_of(&fixed, 0, nullptr, 0);
  EXPECT_EQ(risk.probability_of_loss, 0);
  EXPECT_EQ(risk.value_at_risk, 100 * unit);
  EXPECT_EQ(risk_of(&fixed, NAN, nullptr, 0).draws, 0);
}

TEST(Risk, ReplicatesTakeTurns) {
  std::vector<SensitivityItem> none;
  Sensitivity fixed = with(100, none);
  const double replicates[] = {-1, 5, 6, 7, -2};
  Risk risk = risk_of(&fixed, NAN, replicates, 5);
  EXPECT_EQ(risk.probability_of_loss, 0.4);
  EXPECT_EQ(risk.value_at_risk, -2 * unit);
}

// A triangle on [0, 1] with mode 0.5, whose effect is a straight line: P(x < 0.2) = 2 * 0.2^2.
TEST(Risk, ParametersAreTriangular) {
  std::vector<SensitivityItem> items(1);
  items[0] = {0, 0.5, 0, 1, -20 * (int64_t)unit, 80 * (int64_t)unit, NAN, true};
  Sensitivity moved = with(30, items); // 100 x - 20
  Risk risk = risk_of(&moved, 0, nullptr, 0);
  EXPECT_NEAR(risk.probability_of_loss, 0.08, 0.02);
  // The 5 % quantile: x = sqrt(0.025).
  EXPECT_NEAR((double)risk.value_at_risk / unit, 100 * std::sqrt(0.025) - 20, 2.5);
  items[0].value = 0; // mode at the low end: P(x < 0.2) = 1 - 0.8^2
  items[0].delta_low = -20 * (int64_t)unit;
  Sensitivity skewed = with(-20, items);
  EXPECT_NEAR(risk_of(&skewed, 0, nullptr, 0).probability_of_loss, 0.36, 0.04);
}

TEST(Risk, IsTheSameEveryTime) {
  std::vector<SensitivityItem> items(1);
  items[0] = {0, 0.5, 0, 1, -20 * (int64_t)unit, 80 * (int64_t)unit, NAN, true};
  Sensitivity moved = with(30, items);
  Risk first = risk_of(&moved, 12.5, nullptr, 0), second = risk_of(&moved, 12.5, nullptr, 0);
  EXPECT_EQ(first.value_at_risk, second.value_at_risk);
  EXPECT_EQ(first.probability_of_loss, second.probability_of_loss);
}

} // namespace
