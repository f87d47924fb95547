// Calibration bins and cuts against direct counts, and one report for every order of the rows.
#include "tests/engine/evaluation_case.h"

#include <cmath>
#include <gtest/gtest.h>

namespace {

EvaluationCase binary(std::vector<double> labels, std::vector<double> scores,
                      std::vector<double> weights = {}) {
  EvaluationCase made;
  made.labels = std::move(labels);
  made.scores = std::move(scores);
  made.weights = std::move(weights);
  return made;
}

EvaluationReport report_of(const EvaluationCase &rows) {
  EvaluationReport report;
  Error error;
  EvaluationSet set = rows.set();
  EXPECT_EQ(evaluate_model(&report, &set, nullptr, nullptr, &error), STATUS_OK) << error.text;
  return report;
}

TEST(Calibration, EqualMassBins) {
  EvaluationCase rows = random_binary(1500, 0, false, 11);
  EvaluationReport report = report_of(rows);
  ASSERT_EQ(report.bin_count, CALIBRATION_BINS);
  int64_t total = 0;
  double error = 0, last = -1;
  for (int b = 0; b < report.bin_count; b++) {
    const CalibrationBin &bin = report.bins[b];
    EXPECT_EQ(bin.rows, 100);
    double score = 0, label = 0;
    for (size_t i = 0; i < rows.scores.size(); i++) {
      if (rows.scores[i] < bin.low_score || rows.scores[i] > bin.high_score) continue;
      score += rows.scores[i], label += rows.labels[i];
    }
    EXPECT_NEAR(bin.mean_score, score / 100, 1e-14);
    EXPECT_NEAR(bin.mean_label, label / 100, 1e-14);
    EXPECT_LE(bin.low, bin.mean_label);
    EXPECT_GE(bin.high, bin.mean_label);
    EXPECT_GT(bin.low_score, last);
    last = bin.high_score;
    total += bin.rows;
    error += std::fabs(bin.mean_label - bin.mean_score) / 15;
  }
  EXPECT_EQ(total, 1500);
  EXPECT_NEAR(report.calibration_error, error, 1e-14);
  evaluation_report_clear(&report);
}

TEST(Calibration, EqualScoresShareABin) {
  for (int levels : {1, 2, 5, 14, 15, 16, 40}) {
    for (bool weighted : {false, true}) {
      EvaluationReport report = report_of(random_binary(997, levels, weighted, (uint64_t)levels));
      EXPECT_LE(report.bin_count, std::min(levels, (int)CALIBRATION_BINS));
      EXPECT_GE(report.bin_count, 1);
      int64_t total = 0;
      for (int b = 0; b < report.bin_count; b++) {
        total += report.bins[b].rows;
        if (b > 0) {
          EXPECT_LT(report.bins[b - 1].high_score, report.bins[b].low_score);
        }
      }
      EXPECT_EQ(total, 997) << levels;
      evaluation_report_clear(&report);
    }
  }
}

// A block that takes most of the rows does not leave bins of one row behind it; neither do rows of weight 0.
TEST(Calibration, BinsBehindALargeBlockShareTheRest) {
  EvaluationCase rows = binary({}, {});
  for (int i = 0; i < 1400; i++) {
    rows.labels.push_back(i % 2);
    rows.scores.push_back(i < 1260 ? 0.25 : 0.3 + i * 1e-4);
  }
  EvaluationReport report = report_of(rows);
  ASSERT_EQ(report.bin_count, 15);
  EXPECT_EQ(report.bins[0].rows, 1260);
  for (int b = 1; b < 15; b++) EXPECT_EQ(report.bins[b].rows, 10) << b;
  evaluation_report_clear(&report);
  rows = binary({}, {});
  for (int i = 0; i < 300; i++) {
    rows.labels.push_back(i % 2);
    rows.scores.push_back(i / 300.0);
    rows.weights.push_back(i < 20 ? 0 : 1);
  }
  report = report_of(rows);
  ASSERT_EQ(report.bin_count, 15);
  for (int b = 0; b < 15; b++) EXPECT_GE(report.bins[b].rows, 18) << b;
  evaluation_report_clear(&report);
}

TEST(Cuts, EveryCutOfASmallSet) {
  EvaluationCase rows = random_binary(200, 17, false, 21);
  for (bool below : {false, true}) {
    rows.policy.act_below = below;
    EvaluationReport report = report_of(rows);
    ASSERT_EQ(report.point_count, 18);
    for (int k = 0; k < report.point_count; k++) {
      const CurvePoint &point = report.points[k];
      double positives = 0, negatives = 0;
      int64_t acted = 0, value = 0;
      for (size_t i = 0; i < 200; i++) {
        bool above = rows.scores[i] >= point.threshold, acts = above != below;
        positives += above && rows.labels[i] == 1;
        negatives += above && rows.labels[i] == 0;
        acted += acts;
        value += acts ? rows.act[i] : rows.skip[i];
      }
      EXPECT_EQ(point.true_positives, positives);
      EXPECT_EQ(point.false_positives, negatives);
      EXPECT_EQ(point.acted, acted) << k;
      EXPECT_EQ(point.value, value) << k;
      if (k > 0) {
        EXPECT_LT(point.threshold, report.points[k - 1].threshold);
      }
    }
    EXPECT_EQ(report.points[0].threshold, threshold_above_all);
    evaluation_report_clear(&report);
  }
}

TEST(Cuts, AtMost256WithBothEnds) {
  EvaluationCase rows = random_binary(5000, 0, false, 22);
  EvaluationReport report = report_of(rows);
  ASSERT_EQ(report.point_count, CURVE_POINTS);
  EXPECT_EQ(report.points[0].acted, 0);
  EXPECT_EQ(report.points[CURVE_POINTS - 1].acted, 5000);
  EXPECT_EQ(report.points[CURVE_POINTS - 1].true_positives, (double)report.positives);
  evaluation_report_clear(&report);
}

// ---- one result for every order of the rows ----

TEST(RowOrder, SameBitsForEveryOrder) {
  std::vector<EvaluationCase> cases = {
      random_binary(700, 0, false, 31),     random_binary(700, 9, false, 32),
      random_binary(700, 0, true, 33),      random_binary(700, 9, true, 34),
      random_multiclass(400, 4, false, 35), random_multiclass(400, 4, true, 36),
      random_regression(400, false, 37),    random_regression(400, true, 38)};
  std::mt19937_64 random(39);
  for (EvaluationCase &rows : cases) {
    EvaluationReport report = report_of(rows);
    std::string expected = flat(report);
    evaluation_report_clear(&report);
    EvaluationCase champion = rows;
    for (size_t i = 0; i < champion.scores.size() && champion.classes == 1; i++)
      champion.scores[i] = 0.7 * champion.scores[i] + 0.1 * (double)(i % 3);
    Error error;
    Comparison comparison;
    EvaluationSet a = champion.set(), b = rows.set();
    ASSERT_EQ(compare_models(&comparison, &a, &b, nullptr, nullptr, nullptr, &error), STATUS_OK)
        << error.text;
    std::string difference = flat(comparison);
    comparison_clear(&comparison);
    for (int round = 0; round < 5; round++) {
      std::vector<size_t> order = random_order(rows.labels.size(), random);
      EvaluationCase shuffled = rows.permuted(order), shuffled_champion = champion.permuted(order);
      report = report_of(shuffled);
      EXPECT_EQ(flat(report), expected);
      evaluation_report_clear(&report);
      a = shuffled_champion.set(), b = shuffled.set();
      ASSERT_EQ(compare_models(&comparison, &a, &b, nullptr, nullptr, nullptr, &error), STATUS_OK)
          << error.text;
      EXPECT_EQ(flat(comparison), difference);
      comparison_clear(&comparison);
    }
  }
}

} // namespace
