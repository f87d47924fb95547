// Panels of a report: known answers, sums that are the whole, any order of rows, scipy and statsmodels as
// oracles.
#include <gtest/gtest.h>

#include <cmath>

#include "evaluation_case.h"
#include "frame_case.h"
#include "oracle_case.h"

extern "C" {
#include "engine/evaluate/panels/panels.h"
#include "engine/evaluate/resample/replicates.h"
#include "engine/evaluate/statistics/statistics.h"
#include "engine/shared/math64.h"
}

namespace {

const double nan_ = __builtin_nan("");

// ---- chi-square ----

TEST(ChiSquare, ClosedForms) {
  for (double x : {1e-9, 0.1, 0.5, 1.0, 2.0, 3.84, 7.0, 20.0, 100.0, 600.0}) {
    EXPECT_NEAR(math64_chi_square_tail(x, 2) / math64_exp(-x / 2), 1, 1e-13) << x;
    EXPECT_NEAR(math64_chi_square_tail(x, 4) / (math64_exp(-x / 2) * (1 + x / 2)), 1, 1e-13) << x;
    EXPECT_NEAR(math64_chi_square_tail(x, 1) / (2 * math64_normal_cdf(-math64_sqrt(x))), 1, 1e-11) << x;
  }
  EXPECT_EQ(math64_chi_square_tail(0, 3), 1);
  EXPECT_EQ(math64_chi_square_tail(-1, 3), 1);
}

TEST(ChiSquare, AsScipy) {
  NEEDS_ORACLE;
  Oracle oracle;
  std::vector<double> ours;
  for (double df : {1.0, 2.0, 3.0, 9.0, 10.0, 30.0, 101.0, 2000.0}) {
    for (double share : {0.01, 0.3, 0.9, 1.0, 1.1, 2.0, 6.0}) {
      if (df * share > 1000 && share > 2) continue; // below the smallest number
      ours.push_back(math64_chi_square_tail(df * share, df));
      oracle.ask("chi2 " + number(df * share) + " " + number(df));
    }
  }
  auto theirs = oracle.answers();
  ASSERT_EQ(theirs.size(), ours.size());
  for (size_t i = 0; i < ours.size(); i++) EXPECT_NEAR(ours[i] / theirs[i][0], 1, 1e-11) << i;
}

// ---- agreement ----

struct TwoModels {
  EvaluationCase champion, challenger;
  Comparison comparison{};
  Agreement agreement{};
  TwoModels(size_t rows, int levels, bool weighted, uint64_t seed) {
    champion = random_binary(rows, levels, weighted, seed);
    challenger = champion;
    std::mt19937_64 random(seed + 1);
    for (size_t i = 0; i < rows; i++) {
      double moved = challenger.scores[i] + 0.2 * (random_unit(random) - 0.5);
      challenger.scores[i] = moved < 0    ? 0
                             : moved > 1  ? 1
                             : levels > 0 ? (int)(moved * levels) / (double)levels
                                          : moved;
    }
  }
  ~TwoModels() { comparison_clear(&comparison); }
  TwoModels(const TwoModels &) = delete;
  void run() {
    EvaluationSet from = champion.set(), to = challenger.set();
    Error error;
    comparison_clear(&comparison);
    ASSERT_EQ(compare_models(&comparison, &from, &to, nullptr, nullptr, nullptr, &error), STATUS_OK)
        << error.text;
    agreement_of(&agreement, &from, &to, &comparison);
  }
  const Estimate &delta(const char *name) const {
    for (int i = 0; i < comparison.metric_count; i++) {
      if (std::string(comparison.metrics[i].metric->name) == name) return comparison.metrics[i].delta;
    }
    throw name;
  }
};

TEST(Agreement, BandsSumToTheWholeDifferences) {
  for (int levels : {0, 3, 25}) {
    for (bool weighted : {false, true}) {
      TwoModels two(997, levels, weighted, 31);
      two.run();
      double auc = 0;
      int64_t value = 0, rows = 0, positives = 0, swapped = 0;
      for (int i = 0; i < two.agreement.band_count; i++) {
        const AgreementBand &band = two.agreement.bands[i];
        auc += band.model, value += band.value, rows += band.rows, positives += band.positives,
            swapped += band.swapped;
        EXPECT_EQ(band.from, i == 0 ? 0 : two.agreement.bands[i - 1].to);
      }
      EXPECT_EQ(two.agreement.bands[two.agreement.band_count - 1].to, AGREEMENT_BANDS);
      EXPECT_NEAR(auc, two.delta("auc").value, 1e-15) << levels << weighted;
      EvaluationSet from = two.champion.set(), to = two.challenger.set();
      EXPECT_EQ(value, money_value(&to) - money_value(&from));
      EXPECT_EQ(rows, 997);
      EXPECT_EQ(swapped, two.comparison.swap.in + two.comparison.swap.out);
      EXPECT_EQ(positives, std::count(two.champion.labels.begin(), two.champion.labels.end(), 1.0));
      EXPECT_EQ(two.agreement.band_count < 10, levels == 3); // ties stay together
    }
  }
}

// A capacity that cuts a block of equal scores acts on a share of it: money has that share, and so have the
// bars.
TEST(Agreement, BandsOfACutBlockSumToTheWholeDifference) {
  for (PolicyKind kind : {POLICY_CAPACITY, POLICY_EXPECTED_GAIN}) {
    for (int64_t limit : {61, 150, 444, 620}) {
      TwoModels two(997, 8, true, (uint64_t)limit);
      for (EvaluationCase *model : {&two.champion, &two.challenger}) {
        model->policy = {kind, 0.5, false}, model->limited = true, model->limit = limit;
        model->gain_if_one.assign(997, 30000001), model->gain_if_zero.assign(997, -9999999);
      }
      two.run();
      EvaluationSet from = two.champion.set(), to = two.challenger.set();
      money_limit(&from), money_limit(&to);
      EXPECT_TRUE(from.cut.limited && from.cut.take > 0 && to.cut.take > 0);
      agreement_of(&two.agreement, &from, &to, &two.comparison);
      int64_t value = 0;
      for (int i = 0; i < two.agreement.band_count; i++) value += two.agreement.bands[i].value;
      EXPECT_EQ(value, money_value(&to) - money_value(&from)) << kind << " " << limit;
    }
  }
}

// Ten rows, a band each; the challenger swaps the two lowest, a negative and a positive: one pair of 5 * 5 is
// ordered rightly then, and half of it belongs to each of the two bands.
TEST(Agreement, OnePairIsHalvedBetweenItsBands) {
  TwoModels two(10, 0, false, 1);
  two.champion.labels = {1, 1, 1, 1, 0, 0, 0, 0, 0, 1};
  two.champion.scores = {.95, .85, .75, .65, .55, .45, .35, .25, .15, .05};
  two.champion.act.assign(10, 5), two.champion.skip.assign(10, 0);
  two.challenger = two.champion;
  std::swap(two.challenger.scores[8], two.challenger.scores[9]);
  two.run();
  ASSERT_EQ(two.agreement.band_count, 10);
  for (int i = 0; i < 10; i++) {
    EXPECT_NEAR(two.agreement.bands[i].model, i >= 8 ? 0.5 / 25 : 0, 1e-17) << i;
    EXPECT_EQ(two.agreement.bands[i].value, 0);
    EXPECT_EQ(two.agreement.bands[i].swapped, 0);
  }
  EXPECT_NEAR(two.delta("auc").value, 1.0 / 25, 1e-16);
}

// Regression by the champion's prediction, several classes by the payoff that it expects: bars are the whole
// difference of RMSE, of log loss and of money.
TEST(Agreement, OfRegressionAndSeveralClasses) {
  for (bool weighted : {false, true}) {
    for (Task task : {TASK_REGRESSION, TASK_MULTICLASS}) {
      TwoModels two(10, 0, false, 1);
      bool several = task == TASK_MULTICLASS;
      two.champion = several ? random_multiclass(800, 3, weighted, 5) : random_regression(800, weighted, 5);
      std::mt19937_64 random(9);
      two.champion.skip.assign(800, -1000003);
      two.challenger = two.champion;
      EvaluationCase other = several ? random_multiclass(800, 3, false, 6) : two.champion;
      for (size_t i = 0; i < two.challenger.scores.size(); i++)
        two.challenger.scores[i] = several ? 0.5 * (two.champion.scores[i] + other.scores[i])
                                           : two.champion.scores[i] + 6 * (random_unit(random) - 0.5);
      for (EvaluationCase *model : {&two.champion, &two.challenger})
        for (size_t i = 0; i < 800; i++) model->act.push_back((int64_t)(random() % 3000007) - 1500000);
      two.run();
      const Agreement &agreement = two.agreement;
      ASSERT_TRUE(agreement.present);
      EXPECT_STREQ(agreement.metric->name, several ? "log_loss" : "rmse");
      EXPECT_EQ(agreement.pair_count, two.comparison.metric_count - 1);
      EXPECT_GT(agreement.pair_count, 3);
      ASSERT_EQ(agreement.band_count, 10);
      double model = 0;
      int64_t value = 0, rows = 0, swapped = 0;
      for (const AgreementBand &band : agreement.bands)
        model += band.model, value += band.value, rows += band.rows, swapped += band.swapped;
      EXPECT_NEAR(model, two.delta(agreement.metric->name).value, 1e-13);
      EvaluationSet from = two.champion.set(), to = two.challenger.set();
      EXPECT_EQ(value, money_value(&to) - money_value(&from));
      EXPECT_EQ(rows, 800);
      EXPECT_EQ(swapped > 0, several);
    }
  }
}

// A metric that prefers neither model agrees with nothing.
TEST(Agreement, OfNoDifferenceNothingIsSaid) {
  TwoModels two(500, 0, false, 8);
  two.challenger = two.champion;
  two.run();
  ASSERT_GT(two.agreement.pair_count, 0);
  for (int i = 0; i < two.agreement.pair_count; i++) {
    EXPECT_FALSE(two.agreement.pairs[i].same_sign) << i;
    EXPECT_TRUE(two.agreement.pairs[i].neither) << i;
  }
}

TEST(Agreement, Pairs) {
  TwoModels two(500, 0, false, 8);
  two.run();
  ASSERT_EQ(two.agreement.pair_count, two.comparison.metric_count - 1);
  for (int i = 0; i < two.agreement.pair_count; i++) {
    const AgreementPair &pair = two.agreement.pairs[i];
    EXPECT_EQ(pair.model_delta, two.delta(pair.model->name).value);
    EXPECT_EQ(pair.business_delta, two.delta("value").value);
    EXPECT_EQ(pair.same_sign, pair.model_delta * pair.business_delta > 0);
    EXPECT_EQ(pair.neither, pair.model_delta * pair.business_delta == 0);
    EXPECT_NE(pair.p_disagree, pair.p_disagree);
  }
  std::vector<uint64_t> hashes;
  for (int i = 0; i < 500; i++) hashes.push_back(evaluation_hash(std::to_string(i).c_str()));
  EvaluationSet from = two.champion.set(), to = two.challenger.set();
  from.row_hash = to.row_hash = hashes.data();
  Error error;
  comparison_clear(&two.comparison);
  ASSERT_EQ(compare_models(&two.comparison, &from, &to, nullptr, nullptr, nullptr, &error), STATUS_OK);
  ASSERT_NE(two.comparison.replicates, nullptr);
  agreement_of(&two.agreement, &from, &to, &two.comparison);
  bool opposite = false;
  for (int i = 0; i < two.agreement.pair_count; i++) {
    const AgreementPair &pair = two.agreement.pairs[i];
    double known = replicates_disagree(two.comparison.replicates, pair.model, &metric_table[METRIC_value]);
    EXPECT_TRUE(known == pair.p_disagree || (known != known && pair.p_disagree != pair.p_disagree));
    opposite = opposite || pair.p_disagree > 0;
  }
  EXPECT_TRUE(opposite);
}

// ---- swap set ----

TEST(Swap, MidPByHand) {
  // 3 of 4 against 1 of 4: tables 0..4 weigh 1, 16, 36, 16, 1 of 70.
  EXPECT_NEAR(fisher_mid_p(3, 4, 1, 4), (2 + 0.5 * 32) / 70, 1e-15);
  EXPECT_NEAR(fisher_mid_p(4, 4, 0, 4), 0.5 * 2 / 70, 1e-15);
  EXPECT_NEAR(fisher_mid_p(2, 4, 2, 4), (34 + 0.5 * 36) / 70, 1e-15);
  EXPECT_EQ(fisher_mid_p(0, 4, 0, 9), 0.5); // one table only
  EXPECT_TRUE(std::isnan(fisher_mid_p(0, 0, 1, 9)));
}

TEST(Swap, MidPAsScipy) {
  NEEDS_ORACLE;
  Oracle oracle;
  const int tables[][4] = {{14, 112, 8, 112},       {1, 10, 0, 3},       {0, 7, 5, 9},
                           {300, 1000, 250, 900},   {5000, 90000, 1, 7}, {40, 60, 700, 800},
                           {2500, 9000, 2400, 8000}};
  for (auto &t : tables) {
    std::string question = "mid_p";
    for (int x : t) question += " " + std::to_string(x);
    oracle.ask(question);
  }
  auto theirs = oracle.answers();
  ASSERT_EQ(theirs.size(), sizeof tables / sizeof tables[0]);
  for (size_t i = 0; i < theirs.size(); i++) {
    auto &t = tables[i];
    double ours = fisher_mid_p(t[0], t[1], t[2], t[3]);
    EXPECT_NEAR(ours / theirs[i][0], 1, 1e-9) << i << " " << ours;           // scipy's lgamma loses digits
    EXPECT_NEAR(fisher_mid_p(t[2], t[3], t[0], t[1]) / ours, 1, 1e-12) << i; // two-sided: neither is first
  }
}

TEST(Swap, FeaturesThatMark) {
  TwoModels two(400, 0, false, 4);
  std::vector<std::string> marks, noise;
  std::vector<double> age;
  EvaluationSet from = two.champion.set(), to = two.challenger.set();
  for (int64_t i = 0; i < 400; i++) {
    bool in = !policy_selects(&from, i) && policy_selects(&to, i);
    bool out = policy_selects(&from, i) && !policy_selects(&to, i);
    marks.push_back(in ? "in" : out && i % 2 ? "out" : "none");
    noise.push_back(i % 2 ? "a" : "b");
    age.push_back(in ? 1000.0 + (double)i : (double)(i * 7919 % 400));
  }
  FrameCase frame;
  frame.texts("noise", noise).texts("mark", marks).numbers("age", age);
  for (const char *name : {"c", "d", "e", "f"}) frame.texts(name, std::vector<std::string>(400, "same"));
  SwapPanel panel;
  swap_panel_of(&panel, &from, &to, frame.get());
  EXPECT_TRUE(panel.present);
  EXPECT_EQ(panel.column_count, 7);
  ASSERT_GE(panel.feature_count, 2);
  EXPECT_STREQ(panel.features[0].column, "mark");
  EXPECT_STREQ(panel.features[0].value, "in");
  EXPECT_EQ(panel.features[0].in_share, 1);
  EXPECT_EQ(panel.features[0].out_share, 0);
  EXPECT_STREQ(panel.features[1].column, "age");
  EXPECT_EQ(std::string(panel.features[1].value).rfind("above ", 0), 0u) << panel.features[1].value;
  for (int i = 1; i < panel.feature_count; i++) {
    EXPECT_GE(std::fabs(panel.features[i - 1].difference), std::fabs(panel.features[i].difference));
    EXPECT_STRNE(panel.features[i].value, "same"); // what never differs marks nothing
  }
  swap_panel_clear(&panel);
  swap_panel_of(&panel, &from, &from, frame.get());
  EXPECT_FALSE(panel.present);
  EXPECT_EQ(panel.feature_count, 0);
  swap_panel_clear(&panel);
}

// ---- fairness ----

struct FairCase {
  EvaluationCase rows;
  std::vector<std::string> groups;
  FrameCase frame;
  FairnessConfig config{true, const_cast<char *>("g"), 20};
  Fairness fairness{};
  // Of each group: n rows, of these so many positive, and of both labels so many selected.
  void add(const std::string &name, int positives, int selected_positives, int negatives,
           int selected_negatives) {
    for (int i = 0; i < positives + negatives; i++) {
      bool positive = i < positives;
      int at = positive ? i : i - positives;
      groups.push_back(name);
      rows.labels.push_back(positive);
      rows.scores.push_back(at < (positive ? selected_positives : selected_negatives) ? 0.9 : 0.1);
    }
  }
  void run() {
    frame = FrameCase();
    frame.texts("g", groups);
    EvaluationSet set = rows.set();
    set.slices = frame.get();
    fairness_of(&fairness, &set, &config, 0.95);
  }
  ~FairCase() { fairness_clear(&fairness); }
};

TEST(Fairness, RatesByHand) {
  FairCase fair;
  fair.add("large", 100, 60, 300, 90);
  fair.add("small", 50, 20, 100, 10);
  fair.add("tiny", 3, 1, 4, 1);
  fair.run();
  ASSERT_EQ(fair.fairness.count, 3);
  const FairnessGroup &large = fair.fairness.groups[0], &small = fair.fairness.groups[1];
  EXPECT_EQ(fair.fairness.reference, 0);
  EXPECT_EQ(large.rates[RATE_SELECTION].value, 150.0 / 400);
  EXPECT_EQ(large.rates[RATE_TPR].value, 0.6);
  EXPECT_EQ(large.rates[RATE_FPR].value, 0.3);
  EXPECT_EQ(large.rates[RATE_PPV].value, 0.4);
  EXPECT_EQ(small.rates[RATE_SELECTION].value, 0.2);
  EXPECT_EQ(small.difference[RATE_TPR].value, 0.4 - 0.6);
  EXPECT_NEAR(small.ratio[RATE_SELECTION].value, 0.2 / 0.375, 1e-16);
  EXPECT_TRUE(small.four_fifths[RATE_SELECTION]); // 0.53
  EXPECT_FALSE(large.four_fifths[RATE_SELECTION]);
  EXPECT_TRUE(small.four_fifths[RATE_PPV]); // 0.667 against 0.4 is above 5/4
}

TEST(Fairness, SmallGroupsAreKeptWithoutNumbers) {
  FairCase fair;
  fair.add("large", 100, 60, 300, 90);
  fair.add("tiny", 3, 1, 4, 1);
  fair.run();
  const FairnessGroup &tiny = fair.fairness.groups[1];
  EXPECT_FALSE(tiny.enough);
  EXPECT_EQ(tiny.rows, 7);
  EXPECT_TRUE(std::isnan(tiny.rates[RATE_SELECTION].value));
  EXPECT_EQ(tiny.difference[RATE_SELECTION].method, INTERVAL_NONE);
  fair.config.present = false;
  fairness_clear(&fair.fairness);
  fair.run();
  EXPECT_EQ(fair.fairness.column, nullptr);
}

TEST(Fairness, IntervalsAsStatsmodels) {
  NEEDS_ORACLE;
  FairCase fair;
  fair.add("a", 100, 60, 300, 90);
  fair.add("b", 50, 20, 100, 10);
  fair.run();
  Oracle oracle;
  oracle.ask("shares 30 150 150 400 0.95");
  oracle.ask("shares 20 50 60 100 0.95");
  oracle.ask("shares 10 100 90 300 0.95");
  oracle.ask("shares 20 30 60 150 0.95");
  auto theirs = oracle.answers();
  ASSERT_EQ(theirs.size(), 4u);
  const FairnessGroup &b = fair.fairness.groups[1];
  for (int rate = 0; rate < RATE_COUNT; rate++) {
    const std::vector<double> &t = theirs[(size_t)rate];
    const double ours[] = {b.rates[rate].low,       b.rates[rate].high, b.difference[rate].low,
                           b.difference[rate].high, b.ratio[rate].low,  b.ratio[rate].high};
    for (size_t i = 0; i < 6; i++) EXPECT_NEAR(ours[i], t[i], 1e-12) << rate << " " << i;
  }
}

// ---- stability ----

TEST(Stability, BlocksInTimeOrder) {
  TwoModels two(803, 0, false, 77);
  two.run();
  std::vector<double> time;
  std::vector<std::string> days;
  for (size_t i = 0; i < 803; i++) {
    size_t day = i * 7919 % 803 / 50; // 17 days, the last of 3 rows
    time.push_back((double)day);
    days.push_back("day " + std::string(1, (char)('a' + day)));
  }
  FrameCase numbers, texts;
  numbers.numbers("t", time), texts.texts("t", days);
  EvaluationSet from = two.champion.set(), to = two.challenger.set();
  Stability stability[2];
  for (int kind = 0; kind < 2; kind++) {
    Stability &s = stability[kind];
    stability_of(&s, &from, &to, kind == 0 ? numbers.column("t") : texts.column("t"), nullptr);
    ASSERT_EQ(s.count, TIME_BLOCKS);
    EXPECT_STREQ(s.from, kind == 0 ? "0" : "day a");
    EXPECT_STREQ(s.to, kind == 0 ? "16" : "day q");
    EXPECT_STREQ(s.metrics[0]->name, "value");
    EXPECT_STREQ(s.metrics[1]->name, "log_loss");
    int64_t rows = 0;
    double value = 0;
    for (int i = 0; i < s.count; i++) {
      rows += s.blocks[i].rows;
      value += s.blocks[i].metrics[0].value;
      EXPECT_EQ(s.blocks[i].metrics[0].value, stability[0].blocks[i].metrics[0].value);
    }
    EXPECT_EQ(rows, 803);
    EXPECT_NEAR(value, two.delta("value").value, 1e-9);
    EXPECT_TRUE(s.has_flips);
    EXPECT_EQ(s.flips, two.comparison.swap.in + two.comparison.swap.out);
  }
  EXPECT_EQ(stability[0].blocks[0].rows, 150); // whole days: 0, 1, 2 begin in the first eighth
  stability_clear(&stability[0]);
  stability_clear(&stability[1]);
}

TEST(Stability, NotOlderThanTheTrainingRows) {
  FrameCase trained, old, fresh, none, text, later;
  std::vector<double> days;
  for (int i = 0; i < 100; i++) days.push_back(i * 37 % 100);
  trained.numbers("t", days);
  old.numbers("t", {1, 50, 88}), fresh.numbers("t", {1, 89}), none.numbers("t", {nan_});
  EXPECT_FALSE(time_is_not_older(trained.column("t"), 100, old.column("t"), 3));
  EXPECT_TRUE(time_is_not_older(trained.column("t"), 100, fresh.column("t"), 2));
  EXPECT_TRUE(time_is_not_older(trained.column("t"), 100, none.column("t"), 1));
  text.texts("t", {"2020-02", "2020-01"}), later.texts("t", {"2019-12", "2020-03"});
  EXPECT_FALSE(
      time_is_not_older(later.column("t"), 2, FrameCase().texts("t", {"2019-11", "2019-11"}).column("t"), 2));
  EXPECT_TRUE(time_is_not_older(text.column("t"), 2, later.column("t"), 2));
}

// ---- any order of rows ----

std::string flat_panels(const EvaluationCase &champion, const EvaluationCase &challenger,
                        const FrameCase &frame) {
  EvaluationSet from = champion.set(), to = challenger.set();
  from.slices = to.slices = frame.get();
  Comparison comparison;
  Panels panels{};
  Error error;
  EXPECT_EQ(compare_models(&comparison, &from, &to, nullptr, nullptr, nullptr, &error), STATUS_OK);
  FairnessConfig config = {true, const_cast<char *>("c"), 20};
  agreement_of(&panels.agreement, &from, &to, &comparison);
  swap_panel_of(&panels.swap, &from, &to, frame.get());
  fairness_of(&panels.fairness, &to, &config, 0.95);
  stability_of(&panels.stability, &from, &to, frame.column("n"), nullptr);
  Flat out;
  auto add = [&](double x) { out.add("x", x == x ? x : -9e99); };
  for (int i = 0; i < panels.agreement.band_count; i++) {
    const AgreementBand &band = panels.agreement.bands[i];
    for (double x : {(double)band.from, (double)band.to, (double)band.rows, (double)band.swapped, band.model,
                     (double)band.value})
      add(x);
  }
  for (int i = 0; i < panels.swap.feature_count; i++) {
    out.text += std::string(panels.swap.features[i].column) + panels.swap.features[i].value;
    add(panels.swap.features[i].difference);
  }
  add(panels.swap.p);
  for (int g = 0; g < panels.fairness.count; g++) {
    out.text += panels.fairness.groups[g].value;
    for (int rate = 0; rate < RATE_COUNT; rate++) {
      add(panels.fairness.groups[g].rates[rate].low);
      add(panels.fairness.groups[g].ratio[rate].high);
    }
  }
  for (int i = 0; i < panels.stability.count; i++) {
    out.text += panels.stability.blocks[i].from;
    out.add("block", panels.stability.blocks[i].metrics[0]);
    out.add("block", panels.stability.blocks[i].metrics[1]);
  }
  for (int c = 0; c < 2; c++) {
    DriftItem item;
    drift_of(&item, DRIFT_INPUT, &frame.get()->columns[c], to.rows, &frame.get()->columns[c], to.rows / 2);
    for (double x : {(double)item.bins, item.floor})
      add(x); // half of the rows: what is in it follows the order
    drift_clear(&item);
    drift_of(&item, DRIFT_INPUT, &frame.get()->columns[c], to.rows, &frame.get()->columns[c], to.rows);
    for (double x : {item.psi, item.js, item.ks, item.wasserstein}) add(x);
    drift_clear(&item);
  }
  panels_clear(&panels);
  comparison_clear(&comparison);
  return out.text;
}

TEST(Panels, AnyOrderOfRows) {
  TwoModels two(600, 40, true, 5);
  std::vector<std::string> texts;
  std::vector<double> numbers;
  std::mt19937_64 random(1);
  for (int i = 0; i < 600; i++) {
    texts.push_back(i % 7 == 0 ? "" : i % 3 ? "b" : "a");
    numbers.push_back((double)(random() % 40) * 0.37);
  }
  FrameCase frame;
  frame.texts("c", texts).numbers("n", numbers);
  std::string before = flat_panels(two.champion, two.challenger, frame);
  for (int i = 0; i < 3; i++) {
    std::vector<size_t> order = random_order(600, random);
    EXPECT_EQ(
        flat_panels(two.champion.permuted(order), two.challenger.permuted(order), frame.permuted(order)),
        before);
  }
}

} // namespace
