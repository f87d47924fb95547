// What resamples are used for: intervals of metrics that have no other, clusters, gates, prices of choices.
#include "tests/engine/resample_case.h"

extern "C" {
#include "engine/evaluate/statistics/clusters.h"
#include "engine/evaluate/statistics/intervals.h"
}

#include <gtest/gtest.h>

namespace {

IntervalMethod method_of(const char *name, const EvaluationSet &a, const EvaluationSet &b) {
  Comparison comparison;
  Error error;
  EXPECT_EQ(compare_models(&comparison, &a, &b, nullptr, nullptr, nullptr, &error), STATUS_OK) << error.text;
  IntervalMethod method = INTERVAL_METHOD_COUNT;
  for (int i = 0; i < comparison.metric_count; i++) {
    if (std::string(comparison.metrics[i].metric->name) == name) method = comparison.metrics[i].delta.method;
  }
  comparison_clear(&comparison);
  return method;
}

TEST(Methods, FollowTheRows) {
  Pair pair = pairs()[0];
  EvaluationSet a = pair.set(0), b = pair.set(1);
  EXPECT_EQ(method_of("f1", a, b), INTERVAL_BOOTSTRAP);
  EXPECT_EQ(method_of("auc", a, b), INTERVAL_DELONG);
  EXPECT_EQ(method_of("log_loss", a, b), INTERVAL_T);
  std::vector<uint64_t> cluster(pair.unit);
  a.cluster_hash = b.cluster_hash = cluster.data();
  EXPECT_EQ(method_of("auc", a, b), INTERVAL_BOOTSTRAP) << "DeLong knows no clusters";
  EXPECT_EQ(method_of("log_loss", a, b), INTERVAL_T);
  a.cluster_hash = b.cluster_hash = nullptr;
  a.row_hash = b.row_hash = nullptr;
  EXPECT_EQ(method_of("f1", a, b), INTERVAL_NONE) << "nothing to resample by";

  Pair few = pair_of(random_binary(60, 0, false, 41), 42);
  EvaluationSet c = few.set(0), d = few.set(1);
  EXPECT_EQ(method_of("auc", c, d), INTERVAL_BOOTSTRAP) << "fewer than 50 positives";
  Pair fewer = pair_of(random_binary(39, 0, false, 43), 44); // at most 19 of one class
  EvaluationSet e = fewer.set(0), f = fewer.set(1);
  EXPECT_EQ(method_of("f1", e, f), INTERVAL_NONE) << "not enough data";
}

// The confusion matrix of so many classes is not resampled: metrics of it say so, means have their intervals.
TEST(Methods, OfMoreClassesThanAreCounted) {
  for (int classes : {64, 70}) {
    Pair pair = pair_of(random_multiclass(4200, classes, false, 45), 46);
    EvaluationSet a = pair.set(0), b = pair.set(1);
    a.resampling.replicates = b.resampling.replicates = 128;
    Comparison comparison;
    EvaluationReport report;
    Error error;
    ASSERT_EQ(compare_models(&comparison, &a, &b, nullptr, nullptr, nullptr, &error), STATUS_OK)
        << error.text;
    ASSERT_EQ(evaluate_model(&report, &b, nullptr, nullptr, &error), STATUS_OK) << error.text;
    int resampled = 0;
    for (int i = 0; i < comparison.metric_count; i++) {
      const MetricDifference &difference = comparison.metrics[i];
      const MetricResult &single = report.results[i];
      ASSERT_EQ(single.metric, difference.metric);
      if (is_not_resampled(*difference.metric)) continue;
      bool counts = difference.metric->single == INTERVAL_BOOTSTRAP;
      resampled += counts;
      bool none = counts && classes > 64;
      EXPECT_EQ(single.estimate.method == INTERVAL_NONE, none) << difference.metric->name;
      EXPECT_EQ(difference.delta.method == INTERVAL_NONE, none) << difference.metric->name;
      for (const char *note : {single.note, difference.note}) {
        EXPECT_EQ(note != nullptr && strstr(note, "64 classes") != nullptr, none) << difference.metric->name;
      }
    }
    EXPECT_GE(resampled, 2);
    EXPECT_NE(replicates_of(comparison.replicates, &metric_named("log_loss", TASK_MULTICLASS)), nullptr);
    evaluation_report_clear(&report);
    comparison_clear(&comparison);
  }
}

// Every row three times under one cluster says no more than once: the same mean, the same standard error.
TEST(Clusters, CopiesOfRowsAddNothing) {
  EvaluationCase once = random_binary(200, 0, false, 51), thrice = once;
  for (int copy = 0; copy < 2; copy++) {
    for (size_t i = 0; i < 200; i++) {
      thrice.labels.push_back(once.labels[i]);
      thrice.scores.push_back(once.scores[i]);
      thrice.act.push_back(once.act[i]);
      thrice.skip.push_back(once.skip[i]);
    }
  }
  std::vector<uint64_t> unit = hashes(200), cluster = unit, rows = hashes(600);
  for (int copy = 0; copy < 2; copy++) cluster.insert(cluster.end(), unit.begin(), unit.end());
  EvaluationSet single = once.set(), clustered = thrice.set();
  single.row_hash = unit.data();
  clustered.row_hash = rows.data();
  clustered.cluster_hash = cluster.data();
  EXPECT_EQ(cluster_count(&clustered), 200);
  for (const char *name : {"log_loss", "brier", "f1", "average_precision"}) {
    const Metric &metric = metric_named(name, TASK_BINARY);
    Estimate a = metric_estimate(&metric, &single, 0.95), b = metric_estimate(&metric, &clustered, 0.95);
    EXPECT_NEAR(a.standard_error, b.standard_error, 1e-12) << name;
    EXPECT_NEAR(a.low, b.low, 1e-12) << name;
  }
}

// Both choices are priced by the resamples of the metric, where it has them.
TEST(Gates, PriceComesFromTheResamples) {
  Pair pair = pairs()[0];
  EvaluationSet a = pair.set(0), b = pair.set(1);
  Comparison comparison;
  Error error;
  ASSERT_EQ(compare_models(&comparison, &a, &b, nullptr, nullptr, nullptr, &error), STATUS_OK) << error.text;
  const Verdict &verdict = comparison.verdict;
  ASSERT_EQ(verdict.loss_metric, &metric_table[METRIC_value]);
  EXPECT_EQ(verdict.loss_of_shipping, replicates_mean_loss(comparison.replicates, verdict.loss_metric));
  EXPECT_EQ(verdict.loss_of_holding, replicates_mean_gain(comparison.replicates, verdict.loss_metric));
  double shipping = verdict.loss_of_shipping, holding = verdict.loss_of_holding;
  comparison_clear(&comparison);
  b.row_hash = nullptr; // nothing to resample by: the normal distribution, which is near
  ASSERT_EQ(compare_models(&comparison, &a, &b, nullptr, nullptr, nullptr, &error), STATUS_OK) << error.text;
  double larger = std::max(shipping, holding);
  EXPECT_NE(verdict.loss_of_shipping, shipping);
  EXPECT_NEAR(verdict.loss_of_shipping, shipping, 0.1 * larger);
  EXPECT_NEAR(verdict.loss_of_holding, holding, 0.1 * larger);
  comparison_clear(&comparison);
}

// A gate near an end of the interval makes the resamples more; far from it they stay.
TEST(Gates, DoubleTheResamplesOnlyWhereTheyDecide) {
  Pair pair = pairs()[0];
  EvaluationSet a = pair.set(0), b = pair.set(1);
  b.resampling.replicates = 1000;
  Comparison comparison;
  Error error;
  auto count_with = [&](double margin) {
    GatesConfig gates{};
    gates.has_primary = true;
    char name[] = "f1";
    gates.primary.metric = name;
    gates.primary.rule = GATE_NOT_WORSE;
    gates.primary.margin = margin;
    gates.confidence = 0.95;
    EXPECT_EQ(compare_models(&comparison, &a, &b, nullptr, &gates, nullptr, &error), STATUS_OK);
    int count = comparison.replicates->count;
    comparison_clear(&comparison);
    return count;
  };
  EXPECT_EQ(count_with(1), 1000);
  EXPECT_EQ(compare_models(&comparison, &a, &b, nullptr, nullptr, nullptr, &error), STATUS_OK);
  double low = 0;
  for (int i = 0; i < comparison.metric_count; i++) {
    if (comparison.metrics[i].metric->id == METRIC_f1) low = comparison.metrics[i].delta.low;
  }
  comparison_clear(&comparison);
  EXPECT_EQ(count_with(-low), 16000);
}

} // namespace
