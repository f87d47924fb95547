// Capacity: cuts, divided blocks and lists by hand; policies, the oracle and curves against plain
// enumeration.
#include "tests/engine/evaluation_case.h"

extern "C" {
#include "engine/evaluate/resample/replicates.h"
#include "engine/shared/tensor.h"
}

#include <cmath>
#include <gtest/gtest.h>
#include <numeric>

namespace {

const int64_t unit = MONEY_SCALE;

EvaluationCase rows_of(std::vector<double> scores, std::vector<int64_t> gains) {
  EvaluationCase made;
  made.scores = std::move(scores);
  made.act = std::move(gains);
  made.skip.assign(made.act.size(), 0);
  for (int64_t gain : made.act) made.labels.push_back(gain > 0);
  made.policy = {POLICY_CAPACITY, 0, false};
  made.limited = true;
  return made;
}

EvaluationSet limited(const EvaluationCase &rows) {
  EvaluationSet set = rows.set();
  money_limit(&set);
  return set;
}

std::vector<double> shares(const EvaluationSet &set) {
  std::vector<double> made;
  for (int64_t i = 0; i < set.rows; i++) made.push_back(policy_share(&set, i));
  return made;
}

MoneyReport money_of(const EvaluationSet &set) {
  MoneyReport report;
  money_report(&report, &set, 0.95);
  return report;
}

TEST(Capacity, TheBestScoresUpToTheLimit) {
  EvaluationCase rows = rows_of({0.2, 0.9, 0.5, 0.7}, {8, 1, 4, 2});
  rows.limit = 2;
  EvaluationSet set = limited(rows);
  EXPECT_EQ(shares(set), (std::vector<double>{0, 1, 0, 1}));
  EXPECT_EQ(money_value(&set), 3);
  EXPECT_DOUBLE_EQ(set.policy.threshold, 0.6); // between the last row acted on and the first that is not
  rows.limit = 4;
  set = limited(rows);
  EXPECT_FALSE(set.cut.limited);
  EXPECT_EQ(set.policy.threshold, threshold_below_all);
  EXPECT_EQ(money_value(&set), 15);
}

// Equal scores are one block: it counts with the share that fits, its gains added before they are divided.
TEST(Capacity, ACutBlockCountsInPart) {
  EvaluationCase rows = rows_of({0.9, 0.5, 0.5, 0.5, 0.1}, {10, 1, 2, 4, 100});
  rows.limit = 3;
  EvaluationSet set = limited(rows);
  EXPECT_EQ(shares(set), (std::vector<double>{1, 2.0 / 3, 2.0 / 3, 2.0 / 3, 0}));
  EXPECT_EQ(set.cut.take, 2);
  EXPECT_EQ(set.cut.size, 3);
  EXPECT_EQ(money_value(&set), 15); // 10 + 7 * 2/3 = 14.67
  EXPECT_DOUBLE_EQ(set.policy.threshold, 0.3);
  for (auto [gain, expected] : {std::pair<int64_t, int64_t>{3, 2}, {1, 0}, {-1, 0}, {-3, -2}, {5, 2}}) {
    EvaluationCase halves = rows_of({0.5, 0.5}, {gain, 0}); // half of it, ties to even
    halves.limit = 1;
    set = limited(halves);
    EXPECT_EQ(money_value(&set), expected) << gain;
  }
}

// A row acted on leaves another out, which costs what the rows about the cut gain: (4 + 10 - 2 + 6) / 4.
TEST(Capacity, RowsCompete) {
  EvaluationCase rows = rows_of({0.9, 0.8, 0.7, 0.6}, {10, 4, -2, 6});
  rows.limit = 2;
  EvaluationSet set = limited(rows);
  EXPECT_EQ(set.cut.price.gain, 4.5);
  std::vector<double> expected = {7.75, 1.75, 2.25, 2.25}; // half a place is each row's
  for (int64_t i = 0; i < 4; i++) EXPECT_DOUBLE_EQ(money_term(&set, i) * unit, expected[(size_t)i]);
  rows.cost = {unit, unit, 2 * unit, 2 * unit};
  rows.limit = 3 * unit; // a quarter of the third row's place is half of its cost
  set = limited(rows);
  EXPECT_DOUBLE_EQ(set.cut.price.gain * unit, 3);
  expected = {9.25, 3.25, -1 - 3 + 2.25, 2.25};
  for (int64_t i = 0; i < 4; i++) EXPECT_DOUBLE_EQ(money_term(&set, i) * unit, expected[(size_t)i]);
}

// All gain the same, and there are more of them than places: no data set of this size has another oracle.
TEST(Capacity, AnOracleThatOnlyTheCapacityBindsIsCertain) {
  EvaluationCase rows = rows_of({0.9, 0.8, 0.7, 0.6, 0.5}, {74, -6, 74, 74, -6});
  rows.limit = 2;
  MoneyReport report = money_of(limited(rows));
  EXPECT_EQ(report.policies[MONEY_ORACLE].value, 148);
  EXPECT_EQ(report.policies[MONEY_ORACLE].low, 148);
  EXPECT_EQ(report.policies[MONEY_ORACLE].high, 148);
  EXPECT_GT(report.policies[MONEY_MODEL].high, report.policies[MONEY_MODEL].low);
}

// The resamples that price the choices spread as the interval says.
TEST(Capacity, ResamplesSpreadAsTheInterval) {
  EvaluationCase champion = random_binary(4000, 0, false, 5), challenger = champion;
  std::mt19937_64 random(6);
  std::vector<uint64_t> hash;
  for (double &score : challenger.scores) score = 0.5 * (score + random_unit(random));
  for (size_t i = 0; i < champion.labels.size(); i++) hash.push_back(random());
  EvaluationSet sets[2];
  for (int model = 0; model < 2; model++) {
    EvaluationCase &rows = model == 0 ? champion : challenger;
    rows.policy = {POLICY_CAPACITY, 0, false};
    rows.limited = true;
    rows.limit = 800;
    sets[model] = rows.set();
    sets[model].row_hash = hash.data();
  }
  const char *names[] = {"value"};
  TextList list = {const_cast<char **>(names), 1};
  Comparison comparison;
  Error error;
  ASSERT_EQ(compare_models(&comparison, &sets[0], &sets[1], &list, nullptr, nullptr, &error), STATUS_OK);
  const Metric *value = comparison.metrics[0].metric;
  const Estimate &delta = comparison.metrics[0].delta;
  Estimate other = replicates_estimate(comparison.replicates, replicates_of(comparison.replicates, value),
                                       REPLICATE_DELTA, delta.value, 0.95);
  EXPECT_EQ(delta.method, INTERVAL_T);
  EXPECT_NEAR(other.standard_error / delta.standard_error, 1, 0.05);
  comparison_clear(&comparison);
}

TEST(Capacity, ActsFromBelowWhereLabelZeroPays) {
  EvaluationCase rows = rows_of({0.2, 0.9, 0.2, 0.1}, {8, 1, 4, 2});
  rows.policy.act_below = true;
  rows.limit = 2;
  EvaluationSet set = limited(rows);
  EXPECT_EQ(shares(set), (std::vector<double>{0.5, 0, 0.5, 1}));
  EXPECT_EQ(money_value(&set), 8);
  EXPECT_DOUBLE_EQ(set.policy.threshold, 0.55); // the cut block lies below it
  rows.limit = 1;
  set = limited(rows);
  EXPECT_EQ(shares(set), (std::vector<double>{0, 0, 0, 1}));
  EXPECT_NEAR(set.policy.threshold, 0.15, 1e-15);
}

TEST(Capacity, ABudgetIsSpentInTheOrderOfScores) {
  EvaluationCase rows = rows_of({0.9, 0.8, 0.7, 0.6}, {7, 6, 8, 100});
  rows.cost = {3 * unit, 1 * unit, 4 * unit, 1 * unit};
  rows.limit = 6 * unit;
  EvaluationSet set = limited(rows);
  EXPECT_EQ(shares(set), (std::vector<double>{1, 1, 0.5, 0}));
  EXPECT_EQ(money_value(&set), 17);
  MoneyReport report = money_of(set);
  EXPECT_EQ(report.policies[MONEY_MODEL].spent, 6 * unit);
  EXPECT_TRUE(report.policies[MONEY_EVERYBODY].beyond_capacity);
  // Everything scaled to 6/9 of it: 121 * 2/3 = 80.67.
  EXPECT_EQ(report.policies[MONEY_RANDOM].value, 81);
  EXPECT_EQ(report.best_trivial, MONEY_RANDOM); // everybody is out of reach
  // The oracle takes what gains most for its cost: 100/1, 6/1, 7/3, then a quarter of 8/4.
  EXPECT_EQ(report.policies[MONEY_ORACLE].value, 115);
  EXPECT_EQ(report.policies[MONEY_ORACLE].spent, 6 * unit);
}

// After the fact: the divided block counts with its share, which here does not make good what came before.
TEST(Capacity, TheBestCutMayStopBeforeTheCapacity) {
  EvaluationCase rows = rows_of({0.9, 0.8, 0.5, 0.5}, {10, -5, 4, 4});
  rows.limit = 3;
  EvaluationSet set = limited(rows);
  EXPECT_EQ(money_value(&set), 9);
  MoneyReport report = money_of(set);
  EXPECT_EQ(report.policies[MONEY_BEST_THRESHOLD].value, 10);
  EXPECT_EQ(report.regret, 1);
  rows.act[1] = -3;
  set = limited(rows);
  EXPECT_EQ(money_of(set).policies[MONEY_BEST_THRESHOLD].value, 11);
}

TEST(Capacity, LimitsThresholdsAndExpectedGains) {
  EvaluationCase rows = rows_of({0.9, 0.8, 0.7, 0.2}, {1, 2, 4, 8});
  rows.limit = 2;
  rows.policy = {POLICY_THRESHOLD, 0.75, false};
  EvaluationSet set = limited(rows);
  EXPECT_FALSE(set.cut.limited); // the threshold lets two rows through
  EXPECT_EQ(money_value(&set), 3);
  rows.policy.threshold = 0.1;
  set = limited(rows);
  EXPECT_EQ(shares(set), (std::vector<double>{1, 1, 0, 0}));
  EXPECT_EQ(set.policy.threshold, 0.1); // classes are still predicted by the threshold
  rows.policy = {POLICY_EXPECTED_GAIN, 0.5, false};
  rows.gain_if_one = {10, 0, 10, 100};
  rows.gain_if_zero = {0, -5, 0, 0};
  set = limited(rows); // expected: 9, -1, 7, 20
  EXPECT_EQ(shares(set), (std::vector<double>{1, 0, 0, 1}));
  rows.weights = {1, 1, 2, 10}; // of a unit of weight: 9, -1, 3.5, 2
  set = limited(rows);
  EXPECT_EQ(shares(set), (std::vector<double>{1, 0, 1, 0}));
}

// Rows cannot be divided: of the cut block those with the lowest digest of their id are listed.
TEST(Capacity, TheListTakesTheLowestDigests) {
  EvaluationCase rows = rows_of({0.5, 0.9, 0.5, 0.5, 0.5, 0.1}, {1, 1, 1, 1, 1, 1});
  rows.limit = 3;
  EvaluationSet set = limited(rows);
  std::vector<std::string> names = {"a", "b", "c", "d", "e", "f"};
  std::vector<const char *> ids;
  for (const auto &name : names) ids.push_back(name.c_str());
  bool listed[6];
  money_list(listed, &set, ids.data());
  std::vector<std::pair<std::vector<uint8_t>, size_t>> block;
  for (size_t i : {0, 2, 3, 4}) {
    std::vector<uint8_t> digest(DIGEST_BYTES);
    sha256(digest.data(), ids[i], strlen(ids[i]));
    block.push_back({digest, i});
  }
  std::sort(block.begin(), block.end());
  EXPECT_TRUE(listed[1]);
  EXPECT_FALSE(listed[5]);
  for (size_t k = 0; k < block.size(); k++) EXPECT_EQ(listed[block[k].second], k < 2) << k;
  set.listed = listed;
  for (int64_t i = 0; i < set.rows; i++) EXPECT_EQ(policy_acts(&set, i), listed[i]);
}

TEST(Capacity, FromTheConfiguration) {
  std::vector<int64_t> cost = {unit, unit / 2, unit};
  CapacityConfig config{};
  EXPECT_FALSE(money_capacity(&config, 3, nullptr).limited);
  config.rows = 2;
  EXPECT_EQ(money_capacity(&config, 3, nullptr).limit, 2);
  EXPECT_EQ(money_capacity(&config, 3, cost.data()).limit, 2 * unit); // rows with weights
  config = {};
  config.fraction = 0.29;
  EXPECT_EQ(money_capacity(&config, 100, nullptr).limit, 29); // not 28: 0.29 * 100 lies below 29
  EXPECT_EQ(money_capacity(&config, 3, cost.data()).limit, 725000);
  config = {};
  config.budget = 0.5;
  EXPECT_EQ(money_capacity(&config, 3, cost.data()).limit, unit / 2);
}

// ---- against enumeration ----

EvaluationCase random_case(uint64_t seed) {
  EvaluationCase rows = random_binary(40 + seed, seed % 3 ? 6 : 0, false, seed);
  std::mt19937_64 random(seed);
  rows.policy = {POLICY_CAPACITY, 0, seed % 2 == 0};
  rows.limited = true;
  rows.limit = (int64_t)(random() % rows.labels.size());
  if (seed % 4 == 0) {
    int64_t total = 0;
    for (size_t i = 0; i < rows.labels.size(); i++) rows.cost.push_back((int64_t)(random() % 5) * unit);
    for (int64_t cost : rows.cost) total += cost;
    rows.limit = total / 3;
  }
  return rows;
}

// The value of following an order of rows until `limit` is used up, in exact rationals of one divided block.
long double value_by_hand(const EvaluationCase &rows, const std::vector<double> &keys) {
  std::vector<size_t> order(keys.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return keys[a] > keys[b]; });
  long double value = 0;
  for (int64_t skip : rows.skip) value += skip;
  int64_t left = rows.limit;
  for (size_t from = 0, to = 0; from < order.size(); from = to) {
    int64_t cost = 0, gain = 0;
    for (; to < order.size() && keys[order[to]] == keys[order[from]]; to++) {
      cost += rows.cost.empty() ? 1 : rows.cost[order[to]];
      gain += rows.act[order[to]] - rows.skip[order[to]];
    }
    if (cost > left) return value + (long double)gain * left / cost;
    value += gain;
    left -= cost;
  }
  return value;
}

TEST(Capacity, EqualsEnumerationInAnyOrderOfRows) {
  for (uint64_t seed = 1; seed <= 40; seed++) {
    EvaluationCase rows = random_case(seed);
    std::vector<double> keys = rows.scores;
    for (double &key : keys) key = rows.policy.act_below ? -key : key;
    EvaluationSet set = limited(rows);
    EXPECT_NEAR((double)money_value(&set), (double)value_by_hand(rows, keys), 0.51) << seed;
    MoneyReport report = money_of(set);
    EXPECT_EQ(report.policies[MONEY_MODEL].value, money_value(&set));
    // No policy within the capacity beats the oracle, and no cut in score order the best one.
    for (int policy = 0; policy < MONEY_POLICY_COUNT; policy++) {
      if (report.policies[policy].beyond_capacity) continue;
      EXPECT_LE(report.policies[policy].value, report.policies[MONEY_ORACLE].value + 1)
          << seed << " " << policy;
      EXPECT_LE(report.policies[policy].spent, rows.limit) << seed << " " << policy;
    }
    if (rows.policy.act_below == money_acts_below(&set)) {
      EXPECT_GE(report.regret, 0) << seed;
    }
    std::mt19937_64 random(seed);
    EvaluationCase shuffled = rows.permuted(random_order(rows.labels.size(), random));
    EvaluationSet other = limited(shuffled);
    MoneyReport again = money_of(other);
    for (int policy = 0; policy < MONEY_POLICY_COUNT; policy++) {
      EXPECT_EQ(again.policies[policy].value, report.policies[policy].value) << seed << " " << policy;
      EXPECT_EQ(again.policies[policy].low, report.policies[policy].low) << seed << " " << policy;
      EXPECT_EQ(again.policies[policy].acted, report.policies[policy].acted) << seed << " " << policy;
    }
    EXPECT_EQ(bits_of(again.over_trivial.low), bits_of(report.over_trivial.low));
    EXPECT_EQ(0, memcmp(&again.profit, &report.profit, sizeof report.profit)) << seed;
    EXPECT_EQ(0, memcmp(&again.by_capacity, &report.by_capacity, sizeof report.by_capacity)) << seed;
  }
}

// Every point of the curves is a policy of its own, with the interval that this policy's terms give.
TEST(MoneyCurves, EveryPointIsAPolicy) {
  for (uint64_t seed : {3, 4, 8}) {
    EvaluationCase rows = random_case(seed);
    EvaluationSet set = limited(rows);
    MoneyReport report = money_of(set);
    ASSERT_EQ(report.by_capacity.count, MONEY_CURVE_POINTS);
    for (int i = 0; i < MONEY_CURVE_POINTS; i += 7) {
      EvaluationCase point = rows;
      point.limit = std::llround(report.by_capacity.x[i] * (rows.cost.empty() ? 1 : (double)unit));
      EvaluationSet at = limited(point);
      EXPECT_EQ(report.by_capacity.value[i], money_value(&at)) << seed << " " << i;
      PolicyValue model = money_of(at).policies[MONEY_MODEL];
      double width = (double)(model.high - model.low);
      EXPECT_NEAR((double)report.by_capacity.low[i], (double)model.low, 1e-6 * width + 2) << seed << " " << i;
      EXPECT_NEAR((double)report.by_capacity.high[i], (double)model.high, 1e-6 * width + 2)
          << seed << " " << i;
    }
  }
}

TEST(MoneyCurves, ProfitGoesFromNobodyToEverybody) {
  EvaluationCase rows = rows_of({0.9, 0.5, 0.5, 0.1}, {400, 100, 300, -50});
  rows.limited = false;
  EvaluationSet set = limited(rows);
  MoneyReport report = money_of(set);
  ASSERT_EQ(report.profit.count, MONEY_CURVE_POINTS);
  EXPECT_EQ(report.by_capacity.count, 0);
  EXPECT_EQ(report.profit.value[0], 0);
  EXPECT_EQ(report.profit.value[25], 400);
  EXPECT_EQ(report.profit.value[50], 600); // half of the block of two
  EXPECT_EQ(report.profit.value[51], 608); // (1.04 of 2 rows) * 400
  EXPECT_EQ(report.profit.value[75], 800);
  EXPECT_EQ(report.profit.value[100], 750);
  EXPECT_EQ(report.profit.x[25], 0.25);
}

// ---- what the table says besides ----

TEST(MoneyReport, BreakEvenAndSigns) {
  EvaluationCase rows = rows_of({0.9, 0.5, 0.4, 0.1}, {30, -10, -10, 90});
  rows.limited = false;
  EvaluationSet set = limited(rows);
  MoneyReport report = money_of(set);
  EXPECT_DOUBLE_EQ(report.break_even, 10.0 / 70); // 60 a positive, -10 a negative
  EXPECT_FALSE(report.never_loses || report.never_gains);
  rows.policy.act_below = true; // acting on label 0 loses: nothing breaks even on that side
  set = limited(rows);
  EXPECT_TRUE(std::isnan(money_of(set).break_even));
  rows = rows_of({0.9, 0.1}, {3, 0});
  set = limited(rows);
  EXPECT_TRUE(money_of(set).never_loses);
  rows = rows_of({0.9, 0.1}, {-3, 0});
  set = limited(rows);
  EXPECT_TRUE(money_of(set).never_gains);
}

// Rows that hang together: alone in their clusters they are as without, twice the same row is one row's
// worth.
TEST(MoneyReport, IntervalsAllowForClusters) {
  EvaluationCase once = random_case(7), twice = once;
  for (auto part : {&EvaluationCase::labels, &EvaluationCase::scores})
    (twice.*part).insert((twice.*part).end(), (once.*part).begin(), (once.*part).end());
  for (auto part : {&EvaluationCase::act, &EvaluationCase::skip})
    (twice.*part).insert((twice.*part).end(), (once.*part).begin(), (once.*part).end());
  twice.limit *= 2;
  std::vector<uint64_t> clusters;
  for (size_t i = 0; i < twice.labels.size(); i++) clusters.push_back(i % once.labels.size() + 1);
  EvaluationSet set = limited(once), both = limited(twice);
  MoneyReport alone = money_of(set);
  set.cluster_hash = both.cluster_hash = clusters.data();
  MoneyReport own = money_of(set), doubled = money_of(both);
  for (int policy = 0; policy < MONEY_POLICY_COUNT; policy++) {
    const PolicyValue &a = alone.policies[policy], &b = own.policies[policy], &c = doubled.policies[policy];
    EXPECT_NEAR((double)b.low, (double)a.low, 1e-6 * (double)(a.high - a.low) + 2) << policy;
    EXPECT_NEAR((double)(c.high - c.low), 2.0 * (double)(a.high - a.low), 1e-6 * (double)(a.high - a.low) + 4)
        << policy;
  }
  EXPECT_NEAR(own.over_trivial.standard_error, alone.over_trivial.standard_error, 1e-6);
  EXPECT_NEAR(doubled.over_trivial.standard_error, 2 * alone.over_trivial.standard_error, 1e-6);
}

TEST(MoneyReport, RandomWithoutACapacityIsAsManyAsTheModel) {
  EvaluationCase rows = rows_of({0.9, 0.6, 0.4, 0.1}, {30, -10, -10, 90});
  rows.limited = false;
  rows.policy = {POLICY_THRESHOLD, 0.3, false};
  EvaluationSet set = limited(rows);
  MoneyReport report = money_of(set);
  EXPECT_EQ(report.policies[MONEY_RANDOM].value, 75); // 100 * 3/4
  EXPECT_EQ(report.policies[MONEY_RANDOM].acted, 3);
  EXPECT_EQ(report.best_trivial, MONEY_EVERYBODY);
}

TEST(CapacityCheck, CostsAreNotNegativeAndBounded) {
  EvaluationCase rows = rows_of({0.9, 0.6}, {1, -1});
  rows.cost = {1, -1};
  EvaluationSet set = rows.set();
  Error error;
  EXPECT_EQ(evaluation_set_check(&set, &error), STATUS_DATA);
  EXPECT_NE(std::string(error.text).find("acting on row 2 (row 1 is the first)"), std::string::npos);
  rows.cost = {(int64_t)1 << 61, (int64_t)1 << 61};
  set = rows.set();
  EXPECT_EQ(evaluation_set_check(&set, &error), STATUS_DATA);
  EXPECT_NE(std::string(error.text).find("larger unit"), std::string::npos);
}

// The confusion matrix is of what is decided: with a cut block by the list, by expected gain not at 0.5.
TEST(Capacity, TheConfusionMatrixCountsDecisions) {
  for (PolicyKind kind : {POLICY_CAPACITY, POLICY_EXPECTED_GAIN, POLICY_THRESHOLD}) {
    for (bool below : {false, true}) {
      EvaluationCase rows = random_binary(600, 7, false, 5);
      std::vector<std::string> names;
      std::vector<const char *> ids;
      for (int i = 0; i < 600; i++) names.push_back(std::to_string(i));
      for (const std::string &name : names) ids.push_back(name.c_str());
      rows.policy = {kind, 0.5, below};
      rows.limited = kind == POLICY_CAPACITY, rows.limit = 222;
      rows.gain_if_one.assign(600, 30000000), rows.gain_if_zero.assign(600, -9000000);
      EvaluationSet set = limited(rows);
      bool listed[600];
      if (set.cut.limited) money_list(listed, &set, ids.data()), set.listed = listed;
      EvaluationReport report;
      Error error;
      ASSERT_EQ(evaluate_model(&report, &set, nullptr, nullptr, &error), STATUS_OK) << error.text;
      double acted[2] = {0, 0};
      for (int64_t i = 0; i < 600; i++) acted[set.labels[i] == 1] += policy_acts(&set, i);
      int column = below ? 0 : 1;
      EXPECT_EQ(report.confusion[column], acted[0]) << kind << below;
      EXPECT_EQ(report.confusion[2 + column], acted[1]) << kind << below;
      EXPECT_EQ(acted[0] + acted[1] == 222, kind == POLICY_CAPACITY);
      EXPECT_TRUE(report.of_decisions);
      EXPECT_EQ(report.beside_threshold, kind != POLICY_THRESHOLD);
      evaluation_report_clear(&report);
    }
  }
}

} // namespace
