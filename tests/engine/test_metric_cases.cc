// Metrics: cases worked out by hand, direct formulas, every input refused, and one result for every row
// order.
#include "tests/engine/evaluation_case.h"

extern "C" {
#include "engine/evaluate/statistics/paired.h"
}

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace {

const double kNan = std::numeric_limits<double>::quiet_NaN(), kInf = std::numeric_limits<double>::infinity();

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

const Estimate &estimate_of(const EvaluationReport &report, const std::string &name) {
  for (int i = 0; i < report.metric_count; i++)
    if (report.results[i].metric->name == name) return report.results[i].estimate;
  ADD_FAILURE() << name << " is not in the report";
  return report.results[0].estimate;
}

bool has_metric(const EvaluationReport &report, const std::string &name) {
  for (int i = 0; i < report.metric_count; i++)
    if (report.results[i].metric->name == name) return true;
  return false;
}

// ---- by hand ----

TEST(Metrics, AucByHand) {
  EXPECT_EQ(value_of("auc", binary({0, 0, 1, 1}, {0.1, 0.4, 0.35, 0.8})), 0.75);
  EXPECT_EQ(value_of("auc", binary({0, 1}, {0.2, 0.9})), 1);
  EXPECT_EQ(value_of("auc", binary({1, 0}, {0.2, 0.9})), 0);
  EXPECT_EQ(value_of("auc", binary({1, 0, 1, 0}, {0.5, 0.5, 0.5, 0.5})), 0.5);
  EXPECT_EQ(value_of("auc", binary({1, 0, 0}, {0.5, 0.5, 0.1})), 0.75); // one tie, one right
  // Weights count pairs: (2 x 3 right, 2 x 1 wrong).
  EXPECT_EQ(value_of("auc", binary({1, 0, 0}, {0.5, 0.2, 0.8}, {2, 3, 1})), 0.75);
  EXPECT_EQ(value_of("auc", binary({1, 0, 0, 1}, {0.5, 0.2, 0.8, 0.9}, {2, 3, 1, 0})), 0.75);
}

TEST(Metrics, BothZerosAreOneScore) {
  EXPECT_EQ(value_of("auc", binary({1, 0}, {0.0, -0.0})), 0.5);
  EXPECT_EQ(value_of("auc", binary({1, 0}, {-0.0, 0.0})), 0.5);
  EXPECT_EQ(value_of("average_precision", binary({1, 0}, {0.0, -0.0})), 0.5);
  EvaluationCase rows = binary({-0.0, 1}, {-0.0, 1}); // and a label of -0 is class 0
  EXPECT_EQ(value_of("brier", rows), 0);
  EXPECT_EQ(value_of("accuracy", rows), 1);
  EvaluationReport report = report_of(binary({1, 0, 1}, {0.0, -0.0, 1.0}));
  EXPECT_EQ(report.point_count, 3); // nobody, the block of 1, everybody
  evaluation_report_clear(&report);
}

TEST(Metrics, RegressionScoresBelowZeroAreOrdered) {
  EvaluationCase rows;
  rows.task = TASK_REGRESSION;
  for (int i = 0; i < 30; i++) rows.labels.push_back(i), rows.scores.push_back(15 - i);
  EvaluationReport report = report_of(rows);
  ASSERT_EQ(report.bin_count, 15);
  EXPECT_EQ(report.bins[0].low_score, -14);
  EXPECT_EQ(report.bins[0].high_score, -13);
  EXPECT_EQ(report.bins[0].mean_label, 28.5);
  EXPECT_EQ(report.bins[14].high_score, 15);
  evaluation_report_clear(&report);
}

TEST(Metrics, LogLossClipsAndCounts) {
  const double least = 0x1p-24;
  EXPECT_DOUBLE_EQ(value_of("log_loss", binary({1, 0}, {0.5, 0.5})), std::log(2.0));
  EXPECT_DOUBLE_EQ(value_of("log_loss", binary({1, 1}, {0, 0})), -std::log(least));
  EXPECT_DOUBLE_EQ(value_of("log_loss", binary({0, 0}, {1, 1})), -std::log(least));
  EXPECT_NEAR(value_of("log_loss", binary({1, 0}, {1, 0})), least, 1e-14);
  EvaluationSet set;
  EvaluationCase rows = binary({1, 0, 1, 0, 1}, {1, 0, least, 0x1p-25, 1 - least});
  set = rows.set();
  EXPECT_EQ(metric_clipped_rows(&set), 3); // 1, 0, 2^-25; the ends themselves are not clipped
  EvaluationCase several = random_multiclass(1, 3, false, 1);
  several.labels = {2};
  several.scores = {0.5, 0.5, 0};
  set = several.set();
  EXPECT_EQ(metric_clipped_rows(&set), 1);
  EXPECT_DOUBLE_EQ(value_of("log_loss", several), -std::log(least / (1 + least)));
  several.labels = {0};
  set = several.set();
  EXPECT_EQ(metric_clipped_rows(&set), 0); // only the label's probability counts
}

TEST(Metrics, BinaryByHand) {
  EvaluationCase rows = binary({1, 0, 1, 0, 1}, {0.9, 0.5, 0.4, 0.1, 0.5});
  EXPECT_DOUBLE_EQ(value_of("brier", rows), (0.01 + 0.25 + 0.36 + 0.01 + 0.25) / 5);
  EXPECT_EQ(value_of("accuracy", rows), 0.6); // 0.5 >= the threshold: class 1
  EXPECT_DOUBLE_EQ(value_of("f1", rows), 2.0 * 2 / (2 * 2 + 1 + 1));
  rows.policy.threshold = 0.6;
  EXPECT_EQ(value_of("accuracy", rows), 0.6);
  EXPECT_DOUBLE_EQ(value_of("f1", rows), 2.0 * 1 / (2 + 0 + 2));
  rows.policy.threshold = threshold_above_all;
  EXPECT_EQ(value_of("f1", rows), 0); // nothing predicted: 0 / 0 of the precision
  EXPECT_EQ(value_of("accuracy", rows), 0.4);
  // Ranking: 0.9 (1), then the block 0.5 (one of two), then 0.4 (1).
  EXPECT_DOUBLE_EQ(value_of("average_precision", rows), (1.0 + 2.0 / 3 + 3.0 / 4) / 3);
  EXPECT_EQ(value_of("f1", binary({0, 0}, {0.1, 0.2})), 0);
}

TEST(Metrics, MulticlassByHand) {
  EvaluationCase rows;
  rows.task = TASK_MULTICLASS;
  rows.classes = 3;
  rows.labels = {0, 0, 1, 1};
  rows.scores = {0.8, 0.1, 0.1, 0.4, 0.4, 0.2, 0.1, 0.2, 0.7, 0.25, 0.5, 0.25};
  EXPECT_EQ(value_of("accuracy", rows), 0.75); // of equals the lowest class
  EXPECT_EQ(value_of("balanced_accuracy", rows), 0.75);
  // F1: class 0 is 1, class 1 is 2 / 3, class 2 (predicted, never a label) is 0.
  EXPECT_DOUBLE_EQ(value_of("macro_f1", rows), (1 + 2.0 / 3 + 0) / 3);
  EXPECT_DOUBLE_EQ(value_of("log_loss", rows),
                   -(std::log(0.8) + std::log(0.4) + std::log(0.2) + std::log(0.5)) / 4);
  rows.scores = {0.8, 0.1, 0.1, 0.5, 0.4, 0.1, 0.1, 0.7, 0.2, 0.25, 0.5, 0.25};
  EXPECT_EQ(value_of("macro_f1", rows), 1); // class 2 occurs nowhere: it is left out
  EvaluationReport report = report_of(rows);
  EXPECT_EQ(report.classes, 3);
  EXPECT_EQ(report.confusion[0], 2);
  EXPECT_EQ(report.confusion[4], 2);
  EXPECT_EQ(report.by_class[2].f1, 0);
  EXPECT_TRUE(std::isnan(report.mean_label));
  evaluation_report_clear(&report);
}

TEST(Metrics, RegressionByHand) {
  EvaluationCase rows;
  rows.task = TASK_REGRESSION;
  rows.labels = {1, 2, 3, 6};
  rows.scores = {2, 2, 1, 7};
  EXPECT_DOUBLE_EQ(value_of("rmse", rows), std::sqrt(6.0 / 4));
  EXPECT_EQ(value_of("mae", rows), 1);
  EXPECT_EQ(value_of("bias", rows), 0);
  EXPECT_DOUBLE_EQ(value_of("r2", rows), 1 - 6.0 / 14);
  rows.weights = {1, 0, 0, 3};
  EXPECT_EQ(value_of("bias", rows), 1);
  EXPECT_EQ(value_of("rmse", rows), 1);
  EXPECT_DOUBLE_EQ(value_of("r2", rows), 1 - 4 / (1 * 3.75 * 3.75 + 3 * 1.25 * 1.25));
}

// The ends belong to the interval; numpy: mean of (lower <= label) & (label <= upper), of upper - lower.
TEST(Metrics, PredictionIntervalsByHand) {
  EvaluationCase rows;
  rows.task = TASK_REGRESSION;
  rows.labels = {1, 2, 3, 6};
  rows.scores = {2, 2, 1, 7};
  EXPECT_TRUE(std::isnan(value_of("interval_coverage", rows)));
  rows.ends = {1, 3, 1.5, 2, 0, 2.5, 6.5, 8};
  EXPECT_EQ(value_of("interval_coverage", rows), 0.5);
  EXPECT_EQ(value_of("interval_width", rows), (2 + 0.5 + 2.5 + 1.5) / 4);
  rows.weights = {1, 2, 3, 2};
  EXPECT_EQ(value_of("interval_coverage", rows), 3.0 / 8);
  EXPECT_EQ(value_of("interval_width", rows), (2 + 1 + 7.5 + 3) / 8);
  Error error;
  EvaluationSet set = rows.set();
  ASSERT_EQ(evaluation_set_check(&set, &error), STATUS_OK) << error.text;
  rows.ends[2] = 2.5; // above its upper end
  set = rows.set();
  EXPECT_EQ(evaluation_set_check(&set, &error), STATUS_DATA);
  EXPECT_STREQ(error.text,
               "the prediction interval of row 2 (row 1 is the first) is from 2.5 to 2: both ends are "
               "finite, lower at most upper");
}

// Of 40 rows the challenger covers 6 more and 1 less: Tango and mid-p as for accuracy; widths by Student.
TEST(Metrics, PredictionIntervalsArePaired) {
  EvaluationCase rows, other;
  rows.task = TASK_REGRESSION;
  for (int i = 0; i < 40; i++) {
    double miss = i < 8 ? 2 : 0, width = 1 + i % 4 * 0.25;
    rows.labels.push_back(i * 0.1), rows.scores.push_back(i * 0.1 + 0.05);
    rows.ends.push_back(i * 0.1 + miss - 0.5), rows.ends.push_back(i * 0.1 + miss - 0.5 + width);
  }
  other = rows;
  for (int i : {0, 1, 2, 3, 4, 5, 20}) {
    double to = i < 8 ? -2 : 2; // into the interval, or out of it
    other.ends[2 * (size_t)i] += to, other.ends[2 * (size_t)i + 1] += to + 0.5;
  }
  EvaluationSet a = rows.set(), b = other.set(), without = a;
  Comparison made;
  Error error;
  TextList names = {};
  ASSERT_EQ(compare_models(&made, &a, &b, &names, nullptr, nullptr, &error), STATUS_OK) << error.text;
  int found = 0;
  for (int i = 0; i < made.metric_count; i++) {
    const MetricDifference &difference = made.metrics[i];
    if (difference.metric->id == METRIC_interval_coverage) {
      Estimate tango = estimate_tango({6, 1, 40}, 0.95);
      EXPECT_DOUBLE_EQ(difference.delta.value, 5.0 / 40);
      EXPECT_EQ(difference.delta.low, tango.low);
      EXPECT_EQ(difference.delta.high, tango.high);
      EXPECT_EQ(difference.delta.p_value, tango.p_value);
      found++;
    } else if (difference.metric->id == METRIC_interval_width) { // 7 of 40 are 0.5 wider: worse
      EXPECT_NEAR(difference.delta.value, -0.5 * 7 / 40, 1e-15);
      EXPECT_NEAR(difference.delta.standard_error, 0.5 * std::sqrt(7.0 / 40 * 33 / 40 / 39), 1e-15);
      found++;
    }
  }
  EXPECT_EQ(found, 2);
  comparison_clear(&made);
  without.ends = nullptr; // one model has none: nothing is compared
  ASSERT_EQ(compare_models(&made, &without, &b, &names, nullptr, nullptr, &error), STATUS_OK) << error.text;
  for (int i = 0; i < made.metric_count; i++) EXPECT_NE(made.metrics[i].metric->id, METRIC_interval_width);
  comparison_clear(&made);
}

TEST(Metrics, WhatASetDoesNotDefine) {
  Error error;
  EvaluationCase ones = binary({1, 1, 1}, {0.2, 0.5, 0.9});
  EvaluationSet set = ones.set();
  for (const char *name : {"auc", "average_precision"}) {
    EXPECT_EQ(metric_check(&metric_named(name, TASK_BINARY), &set, &error), STATUS_DATA);
    EXPECT_TRUE(std::isnan(value_of(name, ones))) << name;
    EXPECT_NE(std::string(error.text).find("both classes"), std::string::npos) << error.text;
  }
  EXPECT_EQ(metric_check(&metric_named("value", TASK_BINARY), &set, &error), STATUS_DATA);
  EvaluationReport report = report_of(ones);
  EXPECT_FALSE(has_metric(report, "auc"));
  EXPECT_FALSE(has_metric(report, "value"));
  EXPECT_TRUE(has_metric(report, "log_loss"));
  EXPECT_FALSE(report.money.present);
  evaluation_report_clear(&report);
  // Only weight 0 speaks for the other class.
  EXPECT_TRUE(std::isnan(value_of("auc", binary({1, 0}, {0.2, 0.5}, {1, 0}))));
  EvaluationCase flat_labels = random_regression(5, false, 3);
  for (double &label : flat_labels.labels) label = 4;
  EXPECT_TRUE(std::isnan(value_of("r2", flat_labels)));
}

TEST(Metrics, NamesAreFoundOrExplained) {
  Error error;
  const Metric *metric;
  EXPECT_EQ(metric_find(&metric, "accurracy", TASK_BINARY, &error), STATUS_CONFIG);
  EXPECT_NE(std::string(error.text).find("'accurracy'"), std::string::npos) << error.text;
  EXPECT_NE(std::string(error.text).find("average_precision"), std::string::npos) << error.text;
  EXPECT_EQ(metric_find(&metric, "rmse", TASK_BINARY, &error), STATUS_CONFIG);
  EXPECT_EQ(metric_find(&metric, "", TASK_REGRESSION, &error), STATUS_CONFIG);
  for (const Metric &known : metric_table) {
    for (Task task : {TASK_BINARY, TASK_MULTICLASS, TASK_REGRESSION}) {
      EXPECT_EQ(metric_find(&metric, known.name, task, &error),
                known.tasks & 1u << task ? STATUS_OK : STATUS_CONFIG);
    }
  }
}

TEST(Metrics, GainsAreOriented) {
  EXPECT_EQ(metric_gain(&metric_named("auc", TASK_BINARY), 0.5, 0.75), 0.25);
  EXPECT_EQ(metric_gain(&metric_named("log_loss", TASK_BINARY), 0.5, 0.75), -0.25);
  EXPECT_EQ(metric_gain(&metric_named("bias", TASK_REGRESSION), -3, 1), 2);
  EXPECT_EQ(metric_gain(&metric_named("bias", TASK_REGRESSION), 1, -3), -2);
}

// ---- the door ----

TEST(EvaluationSet, RefusesBadRowsByNumber) {
  struct Bad {
    const char *text;
    EvaluationCase rows;
  };
  EvaluationCase regression = random_regression(3, false, 1), several = random_multiclass(3, 3, false, 1);
  auto with = [](EvaluationCase rows, std::vector<double> EvaluationCase::*part, size_t at, double x) {
    (rows.*part)[at] = x;
    return rows;
  };
  const EvaluationCase good = binary({0, 1, 1}, {0.1, 0.2, 0.3}, {1, 1, 1});
  const Bad table[] = {
      {"no rows", binary({}, {})},
      {"label of row 2 (row 1 is the first) is 2", with(good, &EvaluationCase::labels, 1, 2)},
      {"label of row 2 (row 1 is the first) is 0.5", with(good, &EvaluationCase::labels, 1, 0.5)},
      {"label of row 3 (row 1 is the first) is nan", with(good, &EvaluationCase::labels, 2, kNan)},
      {"label of row 3 (row 1 is the first) is -1", with(good, &EvaluationCase::labels, 2, -1)},
      {"label of row 1 (row 1 is the first) is 1e+300", with(good, &EvaluationCase::labels, 0, 1e300)},
      {"score of row 2 (row 1 is the first) is nan", with(good, &EvaluationCase::scores, 1, kNan)},
      {"score of row 2 (row 1 is the first) is inf", with(good, &EvaluationCase::scores, 1, kInf)},
      {"score of row 1 (row 1 is the first) is -0.001", with(good, &EvaluationCase::scores, 0, -0.001)},
      {"score of row 1 (row 1 is the first) is 1.001", with(good, &EvaluationCase::scores, 0, 1.001)},
      {"weight of row 3 (row 1 is the first) is -1", with(good, &EvaluationCase::weights, 2, -1)},
      {"weight of row 3 (row 1 is the first) is inf", with(good, &EvaluationCase::weights, 2, kInf)},
      {"weight of row 3 (row 1 is the first) is nan", with(good, &EvaluationCase::weights, 2, kNan)},
      {"weights sum to 0", binary({0, 1}, {0.1, 0.2}, {0, 0})},
      {"weights sum to inf", binary({0, 1}, {0.1, 0.2}, {1e308, 1e308})},
      {"label of row 1 (row 1 is the first) is inf", with(regression, &EvaluationCase::labels, 0, kInf)},
      {"score of row 1 (row 1 is the first) is nan", with(regression, &EvaluationCase::scores, 0, kNan)},
      {"label of row 1 (row 1 is the first) is 3", with(several, &EvaluationCase::labels, 0, 3)},
      {"scores of row 2 (row 1 is the first) sum to", with(several, &EvaluationCase::scores, 4, 0.999)},
  };
  for (const Bad &bad : table) {
    Error error;
    EvaluationSet set = bad.rows.set();
    EXPECT_EQ(evaluation_set_check(&set, &error), STATUS_DATA) << bad.text;
    EXPECT_NE(std::string(error.text).find(bad.text), std::string::npos) << error.text;
    EvaluationReport report;
    EXPECT_EQ(evaluate_model(&report, &set, nullptr, nullptr, &error), STATUS_DATA) << bad.text;
  }
  Error error;
  EvaluationSet set = good.set();
  EXPECT_EQ(evaluation_set_check(&set, &error), STATUS_OK) << error.text;
}

TEST(EvaluationSet, MessagesNameRowsByTheirIds) {
  EvaluationCase rows = binary({0, 1, 1}, {0.1, 2, 0.3});
  const char *ids[] = {"a", "b", "c"};
  Error error;
  EvaluationSet set = rows.set();
  set.ids = ids;
  EXPECT_EQ(evaluation_set_check(&set, &error), STATUS_DATA);
  EXPECT_STREQ(error.text, "score of row 'b' is 2: it must be a probability from 0 to 1");
}

TEST(EvaluationSet, MoneyHasABound) {
  Error error;
  EvaluationCase rows = binary({0, 1}, {0.1, 0.2});
  rows.act = {(int64_t)1 << 61, -((int64_t)1 << 61) + 1};
  rows.skip = {0, 0};
  EvaluationSet set = rows.set();
  EXPECT_EQ(evaluation_set_check(&set, &error), STATUS_OK) << error.text;
  rows.skip[0] = -1;
  set = rows.set();
  EXPECT_EQ(evaluation_set_check(&set, &error), STATUS_DATA);
  rows.act = {INT64_MIN, INT64_MIN};
  set = rows.set();
  EXPECT_EQ(evaluation_set_check(&set, &error), STATUS_DATA);
}

TEST(EvaluationSet, UnknownMetricsAreFoundBeforeAnything) {
  EvaluationCase rows = random_binary(20, 0, false, 1);
  EvaluationSet set = rows.set();
  char first[] = "auc", second[] = "recal";
  char *items[] = {first, second};
  TextList names{items, 2};
  EvaluationReport report;
  Error error;
  EXPECT_EQ(evaluate_model(&report, &set, &names, nullptr, &error), STATUS_CONFIG);
  GatesConfig gates{};
  gates.has_primary = true;
  gates.primary.metric = second, gates.primary.rule = GATE_SUPERIOR;
  EXPECT_EQ(evaluate_model(&report, &set, nullptr, &gates, &error), STATUS_CONFIG);
  names.count = 1; // metrics of gates and money come along
  char brier[] = "brier";
  gates.primary.metric = brier;
  ASSERT_EQ(evaluate_model(&report, &set, &names, &gates, &error), STATUS_OK) << error.text;
  ASSERT_EQ(report.metric_count, 3);
  EXPECT_STREQ(report.results[0].metric->name, "value");
  EXPECT_STREQ(report.results[1].metric->name, "auc");
  EXPECT_STREQ(report.results[2].metric->name, "brier");
  EXPECT_EQ(report.confidence, 0.95);
  evaluation_report_clear(&report);
}

// ---- intervals ----

TEST(Intervals, WilsonOfTextbooks) {
  std::vector<double> labels(10, 1), scores(10, 0.9);
  scores[0] = scores[1] = 0.1;
  EvaluationReport report = report_of(binary(labels, scores));
  Estimate accuracy = estimate_of(report, "accuracy");
  EXPECT_EQ(accuracy.value, 0.8);
  EXPECT_EQ(accuracy.method, INTERVAL_WILSON);
  EXPECT_NEAR(accuracy.low, 0.4901624715366417, 1e-12);
  EXPECT_NEAR(accuracy.high, 0.9433178485456246, 1e-12);
  EXPECT_TRUE(std::isnan(accuracy.p_value));
  evaluation_report_clear(&report);
  report = report_of(binary(labels, std::vector<double>(10, 0.9)));
  EXPECT_NEAR(estimate_of(report, "accuracy").low, 0.7224672001371107, 1e-12);
  EXPECT_EQ(estimate_of(report, "accuracy").high, 1);
  evaluation_report_clear(&report);
  report = report_of(binary(labels, std::vector<double>(10, 0.1)));
  EXPECT_EQ(estimate_of(report, "accuracy").low, 0);
  EXPECT_NEAR(estimate_of(report, "accuracy").high, 0.27753279986288915, 1e-12);
  evaluation_report_clear(&report);
}

TEST(Intervals, StudentOfAMean) {
  // Errors 1, 2, 3, 4: mean 2.5, s^2 = 5/3; t(0.975, 3) = 3.182446305284263.
  EvaluationCase rows;
  rows.task = TASK_REGRESSION;
  rows.labels = {0, 0, 0, 1};
  rows.scores = {1, 2, 3, 5};
  EvaluationReport report = report_of(rows);
  const Estimate &mae = estimate_of(report, "mae");
  double error = std::sqrt(5.0 / 3 / 4), half = 3.182446305284263 * error;
  EXPECT_EQ(mae.value, 2.5);
  EXPECT_NEAR(mae.standard_error, error, 1e-14);
  EXPECT_NEAR(mae.low, 2.5 - half, 1e-11);
  EXPECT_NEAR(mae.high, 2.5 + half, 1e-11);
  // RMSE: squares 1, 4, 9, 16, roots of the ends of their mean's interval.
  const Estimate &rmse = estimate_of(report, "rmse");
  double mean = 7.5, spread = std::sqrt((6.5 * 6.5 + 3.5 * 3.5 + 1.5 * 1.5 + 8.5 * 8.5) / 3 / 4);
  EXPECT_NEAR(rmse.high, std::sqrt(mean + 3.182446305284263 * spread), 1e-11);
  EXPECT_EQ(rmse.low, 0);
  EXPECT_NEAR(rmse.standard_error, spread / (2 * std::sqrt(mean)), 1e-13);
  evaluation_report_clear(&report);
}

TEST(Intervals, OneRowHasNone) {
  EvaluationReport report = report_of(binary({1}, {0.75}));
  EXPECT_EQ(estimate_of(report, "log_loss").method, INTERVAL_NONE);
  EXPECT_TRUE(std::isnan(estimate_of(report, "log_loss").low));
  evaluation_report_clear(&report);
  // Rows of weight 0 are none.
  report = report_of(binary({1, 0, 1}, {0.75, 0.1, 0.2}, {1, 0, 0}));
  EXPECT_EQ(estimate_of(report, "brier").value, 0.0625);
  EXPECT_EQ(estimate_of(report, "brier").method, INTERVAL_NONE);
  evaluation_report_clear(&report);
}

// Equal weights are no weights, for values and for intervals.
TEST(Intervals, ScaleOfWeightsDoesNotMatter) {
  EvaluationCase plain = random_binary(300, 20, false, 5), heavy = plain;
  plain.act.clear(), plain.skip.clear(), heavy.act.clear(), heavy.skip.clear();
  heavy.weights.assign(300, 4.0);
  EvaluationReport a = report_of(plain), b = report_of(heavy);
  ASSERT_EQ(a.metric_count, b.metric_count);
  for (int i = 0; i < a.metric_count; i++) {
    const Estimate &x = a.results[i].estimate, &y = b.results[i].estimate;
    EXPECT_NEAR(x.value, y.value, 1e-14) << a.results[i].metric->name;
    if (x.method == INTERVAL_WILSON || x.method == INTERVAL_NONE) continue;
    EXPECT_NEAR(x.low, y.low, 1e-13) << a.results[i].metric->name;
    EXPECT_NEAR(x.high, y.high, 1e-13) << a.results[i].metric->name;
  }
  evaluation_report_clear(&a);
  evaluation_report_clear(&b);
}

// ---- DeLong, by its definition in O(n^2) ----

struct Placements {
  std::vector<double> positive, negative; // by row of the class
  double auc = 0;
};

Placements placements_direct(const EvaluationCase &rows) {
  Placements made;
  std::vector<double> x, y;
  for (size_t i = 0; i < rows.labels.size(); i++) (rows.labels[i] == 1 ? x : y).push_back(rows.scores[i]);
  auto kernel = [](double a, double b) { return a > b ? 1.0 : a == b ? 0.5 : 0.0; };
  for (double a : x) {
    double sum = 0;
    for (double b : y) sum += kernel(a, b);
    made.positive.push_back(sum / (double)y.size());
    made.auc += sum;
  }
  for (double b : y) {
    double sum = 0;
    for (double a : x) sum += kernel(a, b);
    made.negative.push_back(sum / (double)x.size());
  }
  made.auc /= (double)x.size() * (double)y.size();
  return made;
}

double covariance(const std::vector<double> &a, double mean_a, const std::vector<double> &b, double mean_b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); i++) sum += (a[i] - mean_a) * (b[i] - mean_b);
  return sum / (double)(a.size() - 1) / (double)a.size();
}

double delong_covariance(const Placements &a, const Placements &b) {
  return covariance(a.positive, a.auc, b.positive, b.auc) + covariance(a.negative, a.auc, b.negative, b.auc);
}

TEST(Delong, EqualsItsDefinition) {
  const double z = 1.959963984540054;
  for (int levels : {0, 3, 10, 40}) {
    for (uint64_t seed = 1; seed <= 4; seed++) {
      EvaluationCase champion = random_binary(60 + 37 * (size_t)seed, levels, false, seed),
                     challenger = champion;
      EvaluationCase other = random_binary(champion.labels.size(), levels, false, seed + 100);
      for (size_t i = 0; i < other.scores.size(); i++)
        challenger.scores[i] = 0.5 * (champion.scores[i] + other.scores[i]);
      EvaluationSet a = champion.set(), b = challenger.set();
      Comparison comparison;
      Error error;
      ASSERT_EQ(compare_models(&comparison, &a, &b, nullptr, nullptr, nullptr, &error), STATUS_OK)
          << error.text;
      Placements from = placements_direct(champion), to = placements_direct(challenger);
      double aa = delong_covariance(from, from), bb = delong_covariance(to, to),
             ab = delong_covariance(from, to);
      bool seen = false;
      for (int i = 0; i < comparison.metric_count; i++) {
        const MetricDifference &auc = comparison.metrics[i];
        if (auc.metric->id != METRIC_auc) continue;
        seen = true;
        EXPECT_NEAR(auc.champion.value, from.auc, 1e-14);
        EXPECT_NEAR(auc.champion.standard_error, std::sqrt(aa), 1e-13);
        EXPECT_NEAR(auc.challenger.standard_error, std::sqrt(bb), 1e-13);
        double delta = to.auc - from.auc, deviation = std::sqrt(aa + bb - 2 * ab);
        EXPECT_NEAR(auc.delta.value, delta, 1e-14);
        EXPECT_NEAR(auc.delta.standard_error, deviation, 1e-13);
        EXPECT_NEAR(auc.delta.low, delta - z * deviation, 1e-12);
        EXPECT_NEAR(auc.delta.high, delta + z * deviation, 1e-12);
        EXPECT_NEAR(auc.delta.p_value, std::erfc(std::fabs(delta) / deviation / std::sqrt(2.0)), 1e-12);
        EXPECT_EQ(auc.delta.method, INTERVAL_DELONG);
      }
      EXPECT_TRUE(seen);
      comparison_clear(&comparison);
    }
  }
}

TEST(Delong, FewEventsAreMarked) {
  auto few = [](size_t positives, size_t negatives, bool perfect) {
    EvaluationCase rows;
    std::mt19937_64 random(3);
    for (size_t i = 0; i < positives + negatives; i++) {
      rows.labels.push_back(i < positives);
      rows.scores.push_back(perfect ? (i < positives ? 0.9 : 0.1) : random_unit(random));
    }
    EvaluationReport report = report_of(rows);
    bool marked = false;
    for (int i = 0; i < report.metric_count; i++) marked = marked || report.results[i].few_events;
    evaluation_report_clear(&report);
    return marked;
  };
  EXPECT_TRUE(few(49, 200, false));
  EXPECT_TRUE(few(200, 49, false));
  EXPECT_FALSE(few(50, 50, false));
  EXPECT_TRUE(few(100, 100, true));
}

TEST(Delong, OneRowOfAClassHasNoInterval) {
  EvaluationReport report = report_of(binary({1, 0, 0}, {0.5, 0.2, 0.8}));
  EXPECT_EQ(estimate_of(report, "auc").value, 0.5);
  EXPECT_EQ(estimate_of(report, "auc").method, INTERVAL_NONE);
  evaluation_report_clear(&report);
}

// Each class of several against the others is a binary set: the same bins, error and noise floor.
TEST(ClassCalibration, IsThatOfEachClassAgainstTheOthers) {
  for (bool weighted : {false, true}) {
    EvaluationCase rows = random_multiclass(900, 3, weighted, 77);
    EvaluationSet set = rows.set();
    EvaluationReport report;
    Error error;
    ASSERT_EQ(evaluate_model(&report, &set, nullptr, nullptr, &error), STATUS_OK) << error.text;
    ASSERT_NE(report.class_calibration, nullptr);
    double errors = 0, floors = 0;
    for (size_t k = 0; k < 3; k++) {
      EvaluationCase one;
      one.weights = rows.weights;
      for (size_t i = 0; i < 900; i++) {
        one.labels.push_back(rows.labels[i] == (double)k);
        one.scores.push_back(rows.scores[3 * i + k]);
      }
      EvaluationSet binary = one.set();
      EvaluationReport alone;
      ASSERT_EQ(evaluate_model(&alone, &binary, nullptr, nullptr, &error), STATUS_OK) << error.text;
      const ClassCalibration &of = report.class_calibration[k];
      EXPECT_EQ(of.error, alone.calibration_error);
      EXPECT_EQ(of.noise_floor.mean, alone.noise_floor.mean);
      EXPECT_EQ(of.noise_floor.q95, alone.noise_floor.q95);
      ASSERT_EQ(of.bin_count, alone.bin_count);
      for (int b = 0; b < of.bin_count; b++) EXPECT_EQ(of.bins[b].mean_label, alone.bins[b].mean_label);
      errors += of.error / 3, floors += of.noise_floor.mean / 3;
      evaluation_report_clear(&alone);
    }
    EXPECT_NEAR(report.calibration_error, errors, 1e-15);
    EXPECT_NEAR(report.noise_floor.mean, floors, 1e-15);
    EXPECT_EQ(report.calibration_error, metric_value(&metric_named("classwise_ece", TASK_MULTICLASS), &set));
    evaluation_report_clear(&report);
  }
  EvaluationCase many = random_multiclass(200, CALIBRATED_CLASSES + 1, false, 3);
  EvaluationSet set = many.set();
  EvaluationReport report;
  Error error;
  ASSERT_EQ(evaluate_model(&report, &set, nullptr, nullptr, &error), STATUS_OK) << error.text;
  EXPECT_EQ(report.class_calibration, nullptr);
  evaluation_report_clear(&report);
}

} // namespace
