// Metrics with parameters, of calibration, of several classes and of numbers: worked out by hand, at the
// edges, and in any order of rows.
#include "tests/engine/evaluation_case.h"

extern "C" {
#include "engine/evaluate/statistics/paired.h"
#include "engine/evaluate/statistics/score_blocks.h"
#include "engine/shared/exact_sum.h"
}

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <numeric>

namespace {

EvaluationCase binary(std::vector<double> labels, std::vector<double> scores,
                      std::vector<double> weights = {}) {
  EvaluationCase made;
  made.labels = std::move(labels);
  made.scores = std::move(scores);
  made.weights = std::move(weights);
  return made;
}

EvaluationCase regression(std::vector<double> labels, std::vector<double> scores,
                          std::vector<double> weights = {}) {
  EvaluationCase made = binary(std::move(labels), std::move(scores), std::move(weights));
  made.task = TASK_REGRESSION;
  return made;
}

EvaluationReport report_of(const EvaluationSet &set, const TextList *names = nullptr) {
  EvaluationReport report;
  Error error;
  EXPECT_EQ(evaluate_model(&report, &set, names, nullptr, &error), STATUS_OK) << error.text;
  return report;
}

// ---- names ----

TEST(MetricNames, OneNameIsOneMetric) {
  const Metric *a, *b;
  Error error;
  ASSERT_EQ(metric_parse(&a, "capture@800", &error), STATUS_OK);
  ASSERT_EQ(metric_parse(&b, "capture@800", &error), STATUS_OK);
  EXPECT_EQ(a, b);
  EXPECT_STREQ(a->name, "capture@800");
  EXPECT_STREQ(a->parameter, "800");
  EXPECT_STREQ(a->title, "Capture at 800");
  EXPECT_EQ(a->first, 800);
  ASSERT_EQ(metric_parse(&b, "capture@0.1", &error), STATUS_OK);
  EXPECT_EQ(b, &metric_table[METRIC_capture]);
  ASSERT_EQ(metric_parse(&a, "precision", &error), STATUS_OK);
  EXPECT_EQ(a->id, METRIC_precision);
  ASSERT_EQ(metric_parse(&a, "precision@25", &error), STATUS_OK);
  EXPECT_EQ(a->id, METRIC_precision_at);
  ASSERT_EQ(metric_parse(&a, "asymmetric_cost@3:0.5", &error), STATUS_OK);
  EXPECT_EQ(a->first, 3);
  EXPECT_EQ(a->second, 0.5);
}

TEST(MetricNames, BadParametersAreExplained) {
  const std::pair<const char *, const char *> bad[] = {{"capture@0", "whole number of rows"},
                                                       {"capture@1.5", "whole number of rows"},
                                                       {"capture@-3", "whole number of rows"},
                                                       {"capture@", "whole number of rows"},
                                                       {"capture@1e3", "whole number of rows"},
                                                       {"capture@10000000000000000", "whole number of rows"},
                                                       {"capture", "needs a parameter"},
                                                       {"auc@2", "takes no parameter"},
                                                       {"pinball@1", "above 0 and below 1"},
                                                       {"pinball@.5", "above 0 and below 1"},
                                                       {"tweedie@0.5", "a power"},
                                                       {"tweedie@4", "a power"},
                                                       {"top_k_accuracy@2.0", "of classes"},
                                                       {"asymmetric_cost@1", "of a unit too low"},
                                                       {"asymmetric_cost@0:0", "of a unit too low"}};
  for (auto [name, text] : bad) {
    const Metric *metric;
    Error error;
    EXPECT_EQ(metric_parse(&metric, name, &error), STATUS_CONFIG) << name;
    EXPECT_NE(metric, nullptr) << name;
    EXPECT_NE(std::string(error.text).find(text), std::string::npos) << error.text;
  }
  const Metric *metric;
  Error error;
  EXPECT_EQ(metric_parse(&metric, "captur@3", &error), STATUS_CONFIG);
  EXPECT_EQ(metric, nullptr);
}

// ---- by hand ----

// Threshold 0.5: TP 2 (0.9, 0.6), FP 1 (0.7), FN 1 (0.4), TN 2.
TEST(MetricFormulas, ClassesByHand) {
  EvaluationCase rows = binary({1, 1, 0, 1, 0, 0}, {0.9, 0.6, 0.7, 0.4, 0.2, 0.1});
  EXPECT_DOUBLE_EQ(value_of("precision", rows), 2.0 / 3);
  EXPECT_DOUBLE_EQ(value_of("recall", rows), 2.0 / 3);
  EXPECT_DOUBLE_EQ(value_of("specificity", rows), 2.0 / 3);
  EXPECT_DOUBLE_EQ(value_of("balanced_accuracy", rows), 2.0 / 3);
  EXPECT_DOUBLE_EQ(value_of("mcc", rows), (2 * 2 - 1 * 1) / 9.0);
  rows.weights = {1, 1, 2, 1, 1, 0};
  EXPECT_DOUBLE_EQ(value_of("precision", rows), 0.5);
  EXPECT_DOUBLE_EQ(value_of("specificity", rows), 1.0 / 3);
  rows.policy.threshold = threshold_above_all; // nothing is predicted to be class 1
  EXPECT_EQ(value_of("precision", rows), 0);
  EXPECT_EQ(value_of("mcc", rows), 0);
}

TEST(MetricFormulas, TopsTakeABlockInPart) {
  // Descending: 0.9 (1), the block 0.5 of three rows with two positives, 0.1 (0).
  EvaluationCase rows = binary({1, 0, 1, 1, 0}, {0.9, 0.5, 0.5, 0.5, 0.1});
  EXPECT_DOUBLE_EQ(value_of("capture@1", rows), 1.0 / 3);
  EXPECT_DOUBLE_EQ(value_of("capture@2", rows), (1 + 2.0 / 3) / 3);
  EXPECT_DOUBLE_EQ(value_of("precision@2", rows), (1 + 2.0 / 3) / 2);
  EXPECT_DOUBLE_EQ(value_of("lift@2", rows), (1 + 2.0 / 3) / 2 / (3.0 / 5));
  EXPECT_DOUBLE_EQ(value_of("capture@0.5", rows), (1 + 1.5 * 2 / 3) / 3); // 2.5 rows
  EXPECT_EQ(value_of("capture@5", rows), 1);
  EXPECT_EQ(value_of("capture@800", rows), 1); // never more than there are
  EXPECT_DOUBLE_EQ(value_of("precision@800", rows), 3.0 / 5);
  rows.weights = {2, 1, 1, 0, 1}; // k rows at the mean weight: half the weight, 2.5
  EXPECT_DOUBLE_EQ(value_of("capture@0.5", rows), (2 + 0.5 / 2) / 3);
}

TEST(MetricFormulas, RankingByHand) {
  EvaluationCase rows = binary({0, 0, 1, 1}, {0.1, 0.4, 0.35, 0.8});
  EXPECT_EQ(value_of("ks", rows), 0.5);
  EXPECT_EQ(value_of("gini", rows), 0.5);
  EXPECT_EQ(value_of("ks", binary({0, 1}, {0.3, 0.3})), 0);
  EXPECT_EQ(value_of("ks", binary({1, 0}, {0.2, 0.3})), 1);
}

TEST(MetricFormulas, SeveralClassesByHand) {
  EvaluationCase rows;
  rows.task = TASK_MULTICLASS;
  rows.classes = 3;
  rows.labels = {0, 1, 2, 2};
  rows.scores = {0.5, 0.3, 0.2, 0.4, 0.4, 0.2, 0.6, 0.3, 0.1, 0.1, 0.2, 0.7};
  EXPECT_EQ(value_of("accuracy", rows), 0.5);
  EXPECT_EQ(value_of("top_k_accuracy@1", rows), 0.5);
  EXPECT_EQ(value_of("top_k_accuracy@2", rows), 0.75);
  EXPECT_EQ(value_of("top_k_accuracy@3", rows), 1);
  // Predicted 0 0 0 2: chance = (1/4)(3/4) + 0 + (1/2)(1/4).
  EXPECT_DOUBLE_EQ(value_of("cohen_kappa", rows), (0.5 - 5.0 / 16) / (1 - 5.0 / 16));
  EvaluationSet set = rows.set();
  const double costs[9] = {0, 1, 10, 2, 0, 1, 10, 6, 0}; // by (label, decision)
  const Metric &cost = metric_named("expected_cost", TASK_MULTICLASS);
  Error error;
  EXPECT_EQ(metric_check(&cost, &set, &error), STATUS_DATA);
  set.costs = costs;
  // Decisions 1 1 1 2: of row 0 they would cost 2.6, 1.7, 5.3; of row 3 7.4, 4.3, 1.2.
  EXPECT_DOUBLE_EQ(metric_value(&cost, &set), (1 + 0 + 6 + 0) / 4.0);
}

TEST(MetricFormulas, ClasswiseCalibrationByHand) {
  EvaluationCase rows;
  rows.task = TASK_MULTICLASS;
  rows.classes = 2;
  rows.labels = {0, 1, 1, 1};
  for (int i = 0; i < 4; i++) rows.scores.insert(rows.scores.end(), {0.5, 0.5}); // one bin
  EXPECT_DOUBLE_EQ(value_of("classwise_ece", rows), 0.25);
}

TEST(MetricFormulas, NumbersByHand) {
  EvaluationCase rows = regression({1, 2, 4, 8}, {2, 2, 3, 4});
  EXPECT_DOUBLE_EQ(value_of("mape", rows), (1 + 0 + 0.25 + 0.5) / 4);
  EXPECT_DOUBLE_EQ(value_of("median_absolute_error", rows), 1);        // 0 1 1 4
  EXPECT_DOUBLE_EQ(value_of("p90_absolute_error", rows), 1 + 3 * 0.7); // place 2.7
  EXPECT_DOUBLE_EQ(value_of("pinball@0.9", rows),
                   (0.1 + 0.9 + 0.9 * 4) / 4); // too high by 1; too low by 1, 4
  EXPECT_DOUBLE_EQ(value_of("asymmetric_cost@3:1", rows), (1 + 3 + 12) / 4.0);
  double poisson = 2 * ((std::log(0.5) + 1) + 0 + (4 * std::log(4 / 3.0) - 1) + (8 * std::log(2.0) - 4)) / 4;
  EXPECT_NEAR(value_of("poisson_deviance", rows), poisson, 1e-14);
  double gamma =
      2 * ((0.5 - 1 - std::log(0.5)) + 0 + (4 / 3.0 - 1 - std::log(4 / 3.0)) + (2 - 1 - std::log(2.0))) / 4;
  EXPECT_NEAR(value_of("gamma_deviance", rows), gamma, 1e-14);
  EXPECT_DOUBLE_EQ(value_of("tweedie@0", rows), (1 + 0 + 1 + 16) / 4.0);
  EXPECT_EQ(value_of("tweedie@1", rows), value_of("poisson_deviance", rows));
  EXPECT_EQ(value_of("tweedie@2", rows), value_of("gamma_deviance", rows));
  double tweedie = 0;
  for (int i = 0; i < 4; i++) {
    double y = rows.labels[i], m = rows.scores[i];
    tweedie += 2 * (std::sqrt(y) / -0.25 + y / (0.5 * std::sqrt(m)) + std::sqrt(m) / 0.5) / 4;
  }
  EXPECT_NEAR(value_of("tweedie@1.5", rows), tweedie, 1e-13);
}

TEST(MetricFormulas, WhatDeviancesNeed) {
  EXPECT_TRUE(std::isnan(value_of("poisson_deviance", regression({1, 2}, {0, 2}))));
  EXPECT_TRUE(std::isnan(value_of("poisson_deviance", regression({-1, 2}, {1, 2}))));
  EXPECT_DOUBLE_EQ(value_of("poisson_deviance", regression({0, 2}, {1, 2})), 1);
  EXPECT_TRUE(std::isnan(value_of("gamma_deviance", regression({0, 2}, {1, 2}))));
  EXPECT_DOUBLE_EQ(value_of("tweedie@1.5", regression({0, 1}, {1, 1})), 2);
  EXPECT_TRUE(std::isnan(value_of("mape", regression({0, 1}, {1, 1}))));
}

// Equal weights are no weights, a row of weight 0 is none, and a weight is a share of a window (Akinshin
// 2023).
TEST(MetricFormulas, WeightedQuantiles) {
  EvaluationCase plain = random_regression(101, false, 9), heavy = plain, padded = plain;
  heavy.weights.assign(101, 0.3);
  padded.weights.assign(101, 1);
  padded.labels.push_back(0), padded.scores.push_back(1e6), padded.weights.push_back(0);
  for (const char *name : {"median_absolute_error", "p90_absolute_error"}) {
    EXPECT_NEAR(value_of(name, heavy), value_of(name, plain), 1e-12) << name;
    EXPECT_NEAR(value_of(name, padded), value_of(name, plain), 1e-12) << name;
  }
  // Errors 1, 2, 5 of weights 1, 1, 2: m = 16 / 6, window [5/16, 11/16] of the cumulated shares 1/4, 1/2, 1.
  EXPECT_DOUBLE_EQ(value_of("median_absolute_error", regression({0, 0, 0}, {1, 2, 5}, {1, 1, 2})),
                   0.5 * 2 + 0.5 * 5);
}

// ---- calibration ----

TEST(Calibration, ALineByHand) {
  // 1 of 4 where p = 1/4, 3 of 4 where p = 3/4: perfect. Half of each: slope 0. Then p squared in odds: slope
  // 1/2.
  std::vector<double> labels = {1, 0, 0, 0, 1, 1, 1, 0}, scores(8, 0.25);
  std::fill(scores.begin() + 4, scores.end(), 0.75);
  EXPECT_NEAR(value_of("calibration_slope", binary(labels, scores)), 1, 1e-12);
  EXPECT_NEAR(value_of("calibration_intercept", binary(labels, scores)), 0, 1e-12);
  EXPECT_NEAR(value_of("calibration_slope", binary({1, 1, 0, 0, 1, 1, 0, 0}, scores)), 0, 1e-12);
  std::fill(scores.begin(), scores.begin() + 4, 0.1);
  std::fill(scores.begin() + 4, scores.end(), 0.9);
  EXPECT_NEAR(value_of("calibration_slope", binary(labels, scores)), 0.5, 1e-12);
}

TEST(Calibration, WhatHasNoLine) {
  EvaluationCase flat = binary({1, 0, 1}, {0.3, 0.3, 0.3}),
                 parted = binary({0, 0, 1, 1}, {0.1, 0.2, 0.7, 0.9});
  for (const EvaluationCase &rows : {flat, parted}) {
    EXPECT_TRUE(std::isnan(value_of("calibration_slope", rows)));
    EvaluationReport report = report_of(rows.set());
    EXPECT_EQ(report.calibration_slope.method, INTERVAL_NONE);
    for (int i = 0; i < report.metric_count; i++)
      if (report.results[i].metric->id == METRIC_calibration_slope) {
        ASSERT_NE(report.results[i].note, nullptr);
        EXPECT_NE(std::string(report.results[i].note).find("not estimable"), std::string::npos);
      }
    evaluation_report_clear(&report);
  }
}

// Many blocks start from a part of them, and end where a fit of all ends: of the rows, and of the rows twice
// with scores that differ by nothing that matters.
TEST(Calibration, AThinStartChangesNothing) {
  EvaluationCase once = random_binary(35000, 0, false, 5), twice;
  for (int k = 0; k < 2; k++) {
    twice.labels.insert(twice.labels.end(), once.labels.begin(), once.labels.end());
    for (double score : once.scores) twice.scores.push_back(score * (1 - k * 1e-15));
  }
  EXPECT_NEAR(value_of("calibration_slope", twice), value_of("calibration_slope", once), 1e-12);
  EXPECT_NEAR(value_of("calibration_intercept", twice), value_of("calibration_intercept", once), 1e-12);
}

TEST(Calibration, BrierPartsByHand) {
  // Isotonic means: {0.2: 0}, {0.4, 0.6: 1, 0 -> 1/2}, {0.8: 1}.
  EvaluationCase rows = binary({0, 1, 0, 1}, {0.2, 0.4, 0.6, 0.8});
  EvaluationReport report = report_of(rows.set());
  double brier = (0.04 + 0.36 + 0.36 + 0.04) / 4, recalibrated = 0.5 / 4;
  EXPECT_NEAR(report.brier_parts.miscalibration, brier - recalibrated, 1e-15);
  EXPECT_NEAR(report.brier_parts.discrimination, 0.25 - recalibrated, 1e-15);
  EXPECT_EQ(report.brier_parts.uncertainty, 0.25);
  evaluation_report_clear(&report);
}

// The floor against labels drawn by another generator, and its normal form against its rows.
TEST(Calibration, NoiseFloorIsWhatChanceShows) {
  EvaluationCase rows = random_binary(600, 0, false, 3);
  EvaluationReport report = report_of(rows.set());
  std::mt19937_64 random(17);
  std::vector<double> errors;
  for (int round = 0; round < 400; round++) {
    EvaluationCase drawn = rows;
    for (size_t i = 0; i < 600; i++) drawn.labels[i] = random_unit(random) < rows.scores[i];
    errors.push_back(value_of("ece", drawn));
  }
  double mean = std::accumulate(errors.begin(), errors.end(), 0.0) / 400;
  std::sort(errors.begin(), errors.end());
  EXPECT_NEAR(report.noise_floor.mean, mean, 0.03 * mean);
  EXPECT_NEAR(report.noise_floor.q95, errors[380], 0.06 * errors[380]);
  EvaluationCase weighted = rows;
  weighted.weights.assign(600, 1);
  EvaluationReport normal = report_of(weighted.set());
  EXPECT_NEAR(normal.noise_floor.mean, mean, 0.03 * mean);
  EXPECT_NE(normal.noise_floor.mean, report.noise_floor.mean);
  evaluation_report_clear(&report);
  evaluation_report_clear(&normal);
}

TEST(Gains, ByHand) {
  EvaluationCase rows = binary({1, 0, 1, 0}, {0.9, 0.5, 0.5, 0.1});
  rows.act = {4, 6, 8, 10}, rows.skip = {1, 1, 1, 1};
  EvaluationReport report = report_of(rows.set());
  ASSERT_EQ(report.gains_count, 11);
  const GainsRow &half = report.gains[5];
  EXPECT_EQ(half.top, 0.5);
  EXPECT_EQ(half.rows, 2);
  EXPECT_EQ(half.events, 1.5);
  EXPECT_EQ(half.precision, 0.75);
  EXPECT_EQ(half.lift, 1.5);
  EXPECT_EQ(half.capture, 0.75);
  EXPECT_EQ(half.value, 4 + 3 + 6); // nobody, the first row's gain, half of the block's
  EXPECT_EQ(report.gains[10].value, 28);
  EXPECT_EQ(report.gains[10].capture, 1);
  evaluation_report_clear(&report);
}

// ---- paired proportions ----

TEST(McNemar, MidPByHand) {
  EXPECT_EQ(mcnemar_mid_p(0, 0), 1);
  EXPECT_EQ(mcnemar_mid_p(7, 7), 1);
  EXPECT_DOUBLE_EQ(mcnemar_mid_p(0, 1), 0.5);                    // 2 * (1/2)(1/2)
  EXPECT_DOUBLE_EQ(mcnemar_mid_p(5, 1), 2 * (1 + 0.5 * 6) / 64); // of 64: 1, then half of 6
  EXPECT_DOUBLE_EQ(mcnemar_mid_p(1, 5), mcnemar_mid_p(5, 1));
  EXPECT_GT(mcnemar_mid_p(5000000, 5001000), 0.75);
  EXPECT_NEAR(mcnemar_mid_p(5000000, 5010000), std::erfc(10000 / std::sqrt(2.0 * 10010000)), 1e-6);
  EXPECT_LT(mcnemar_mid_p(0, 100000), 1e-290);
}

TEST(McNemar, TangosIntervalHoldsItsStatistic) {
  Estimate estimate = estimate_tango({30, 10, 100}, 0.95);
  EXPECT_EQ(estimate.value, 0.2);
  EXPECT_LT(estimate.low, 0.2);
  EXPECT_GT(estimate.high, 0.2);
  EXPECT_NEAR(estimate.standard_error, std::sqrt((0.4 - 0.04) / 100), 1e-15);
  Estimate swapped = estimate_tango({10, 30, 100}, 0.95);
  EXPECT_NEAR(swapped.low, -estimate.high, 1e-12);
  EXPECT_NEAR(swapped.high, -estimate.low, 1e-12);
  EXPECT_EQ(estimate_tango({0, 0, 0}, 0.95).method, INTERVAL_NONE);
  EXPECT_LE(estimate_tango({5, 0, 5}, 0.95).high, 1);
}

// ---- sorting and summing ----

TEST(ScoreBlocks, SortWhatCrowds) {
  std::mt19937_64 random(5);
  for (int kind = 0; kind < 6; kind++) {
    EvaluationCase rows;
    rows.task = TASK_REGRESSION;
    for (int i = 0; i < 5000; i++) {
      uint64_t bits = random();
      double score = random_unit(random);
      if (kind == 1) score = 1 + (double)(bits % 4096) * 0x1p-52;        // equal but for the last bits
      if (kind == 2) score = bits % 2 ? 1e300 * score : -1e-300 * score; // far apart
      if (kind == 3) score = i % 100 == 0 ? 1e9 : 1 + (double)(bits % 7) * 0x1p-50; // a few far away
      if (kind == 4) score = (double)(float)score - 0.5;
      if (kind == 5) score = 5000 - i;
      rows.labels.push_back((double)(bits % 2));
      rows.scores.push_back(score);
    }
    EvaluationSet set = rows.set();
    ScoreBlocks *blocks = score_blocks_new(&set);
    std::vector<uint32_t> order(5000);
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(),
                     [&](uint32_t a, uint32_t b) { return rows.scores[a] < rows.scores[b]; });
    EXPECT_EQ(std::vector<uint32_t>(blocks->order, blocks->order + 5000), order) << kind;
    int64_t positives = 0;
    for (int64_t b = 0; b < blocks->count; b++) {
      positives += blocks->positives[b];
      for (int64_t i = score_block_start(blocks, b); i < blocks->end[b]; i++)
        EXPECT_EQ(rows.scores[blocks->order[i]], blocks->score[b]);
      EXPECT_TRUE(b == 0 || blocks->score[b - 1] < blocks->score[b]);
    }
    EXPECT_EQ(positives, blocks->positive_rows);
    score_blocks_free(blocks);
  }
}

TEST(SumBins, AreTheExactSum) {
  std::mt19937_64 random(6);
  for (int round = 0; round < 50; round++) {
    ExactSum exact = {};
    std::vector<SumBins> bins(1);
    for (int i = 0; i < 3000; i++) {
      uint64_t bits = random();
      if (round % 2)
        bits = (bits & 0x800fffffffffffffull) | (uint64_t)(1000 + bits % 60) << 52; // near each other
      double term;
      memcpy(&term, &bits, sizeof term);
      if (!(term - term == 0)) continue;
      exact_sum_add(&exact, term);
      sum_bins_add(&bins[0], term);
    }
    EXPECT_EQ(bits_of(sum_bins_value(&bins[0])), bits_of(exact_sum_value(&exact)));
  }
  SumBins special = {};
  sum_bins_add(&special, std::numeric_limits<double>::infinity());
  sum_bins_add(&special, -0x1p-1074);
  EXPECT_EQ(sum_bins_value(&special), std::numeric_limits<double>::infinity());
}

// ---- every metric at the edges, and in any order ----

std::vector<std::string> names_of(Task task) {
  std::vector<std::string> names;
  for (const Metric &metric : metric_table)
    if (metric.tasks & 1u << task &&
        (metric.id != METRIC_value || task == TASK_BINARY)) // money is in those rows
      names.push_back(metric.name);
  if (task == TASK_BINARY) names.insert(names.end(), {"capture@7", "lift@0.33", "precision@1"});
  if (task == TASK_REGRESSION)
    names.insert(names.end(), {"pinball@0.5", "asymmetric_cost@2:5", "tweedie@2.5"});
  if (task == TASK_MULTICLASS) names.insert(names.end(), {"top_k_accuracy@1"});
  return names;
}

std::vector<EvaluationCase> edge_cases() {
  EvaluationCase ties = random_binary(60, 1, false, 2), none = random_binary(60, 0, true, 4);
  for (double &score : ties.scores) score = 0.5;
  for (size_t i = 2; i < none.weights.size(); i++) none.weights[i] = 0;
  EvaluationCase one = random_multiclass(1, 4, false, 3), same = random_multiclass(40, 3, false, 3);
  for (double &label : same.labels) label = 2;
  return {binary({1}, {0.3}),
          binary({0}, {1}),
          binary({1, 1, 1}, {0, 0.5, 1}),
          binary({0, 0}, {0, 1}),
          ties,
          none,
          one,
          same,
          regression({3}, {3}),
          regression({2, 2, 2}, {2, 2, 2}),
          regression({0, 0}, {-1, 1}),
          regression({1e150, -1e150}, {-1e150, 1e150}),
          binary({0, 1, 1}, {0.2, 0.4, 0.9}, {0, 1e-300, 1e300})};
}

TEST(MetricEdges, EveryMetricIsANumberOrRefused) {
  for (const EvaluationCase &rows : edge_cases()) {
    EvaluationSet set = rows.set();
    for (const std::string &name : names_of(rows.task)) {
      const Metric &metric = metric_named(name.c_str(), rows.task);
      Error error;
      double value = metric_value(&metric, &set);
      bool fitted = metric.single == INTERVAL_WALD;
      bool defined = metric_check(&metric, &set, &error) == STATUS_OK;
      EXPECT_TRUE(fitted || std::isnan(value) != defined) << name << " of " << rows.labels.size() << " rows";
    }
    EvaluationReport report = report_of(set);
    EXPECT_GT(report.metric_count, 0);
    evaluation_report_clear(&report);
  }
}

// Values and intervals of every metric, those with parameters too, have the same bits in every order of the
// rows.
TEST(MetricEdges, OrderOfRowsDoesNotMatter) {
  std::vector<EvaluationCase> cases = {
      random_binary(300, 0, false, 1),    random_binary(300, 12, true, 2),
      random_multiclass(200, 4, true, 3), random_multiclass(200, 4, false, 4),
      random_regression(200, true, 5),    random_regression(200, false, 6)};
  const double costs[16] = {0, 1, 2, 3, 1, 0, 4, 4, 7, 7, 0, 1, 3, 3, 3, 0};
  std::mt19937_64 random(8);
  for (EvaluationCase &rows : cases) {
    if (rows.task == TASK_REGRESSION) // above 0, as deviances need
      for (size_t i = 0; i < rows.labels.size(); i++)
        rows.labels[i] = std::fabs(rows.labels[i]) + 1, rows.scores[i] = std::fabs(rows.scores[i]) + 1;
    for (size_t i = 0; rows.task == TASK_REGRESSION && i < rows.labels.size(); i++)
      rows.ends.push_back(rows.scores[i] - 0.5), rows.ends.push_back(rows.scores[i] + 0.1 * (double)(i % 9));
    EvaluationCase other = rows;
    std::rotate(other.scores.begin(), other.scores.begin() + 5 * rows.classes, other.scores.end());
    std::vector<std::string> names = names_of(rows.task);
    std::vector<char *> items;
    for (std::string &name : names) items.push_back(name.data());
    TextList list{items.data(), (int)items.size()};
    std::string expected[2];
    for (int round = 0; round < 4; round++) {
      std::vector<size_t> order = random_order(rows.labels.size(), random);
      EvaluationCase a = rows.permuted(order), b = other.permuted(order);
      EvaluationSet sets[2] = {a.set(), b.set()};
      for (EvaluationSet &set : sets) set.costs = rows.task == TASK_MULTICLASS ? costs : nullptr;
      EvaluationReport report = report_of(sets[0], &list);
      Comparison comparison;
      Error error;
      ASSERT_EQ(compare_models(&comparison, &sets[0], &sets[1], &list, nullptr, nullptr, &error), STATUS_OK)
          << error.text;
      EXPECT_EQ(comparison.metric_count, (int)names.size());
      std::string now[2] = {flat(report), flat(comparison)};
      for (int i = 0; i < 2; i++) {
        if (round == 0) expected[i] = now[i];
        EXPECT_EQ(now[i], expected[i]);
      }
      evaluation_report_clear(&report);
      comparison_clear(&comparison);
    }
  }
}

// Sets that were prepared together give what each call would compute for itself.
TEST(MetricEdges, PreparedSetsChangeNothing) {
  EvaluationCase rows = random_binary(40000, 0, true, 11), other = rows;
  for (size_t i = 0; i < other.scores.size(); i += 3) other.scores[i] = 0.5 * other.scores[i];
  EvaluationSet sets[2] = {rows.set(), other.set()}, ready[2] = {rows.set(), other.set()};
  evaluation_sets_prepare(ready, 2);
  for (int threads : {1, 3}) {
    Comparison plain, prepared;
    Error error;
    for (EvaluationSet &set : ready) set.resampling.threads = threads;
    ASSERT_EQ(compare_models(&plain, &sets[0], &sets[1], nullptr, nullptr, nullptr, &error), STATUS_OK);
    ASSERT_EQ(compare_models(&prepared, &ready[0], &ready[1], nullptr, nullptr, nullptr, &error), STATUS_OK);
    EXPECT_EQ(flat(plain), flat(prepared));
    EvaluationReport one = report_of(sets[0]), again = report_of(ready[0]);
    EXPECT_EQ(flat(one), flat(again));
    evaluation_report_clear(&one);
    evaluation_report_clear(&again);
    comparison_clear(&plain);
    comparison_clear(&prepared);
  }
  evaluation_sets_release(ready, 2);
}

} // namespace
