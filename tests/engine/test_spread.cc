// Intervals by the spread of resamples, and those of the rows at the top: against their definitions.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "tests/engine/resample_case.h"

extern "C" {
#include "engine/evaluate/metrics/enrichment.h"
#include "engine/evaluate/statistics/intervals.h"
#include "engine/evaluate/statistics/score_blocks.h"
#include "engine/evaluate/statistics/statistics.h"
}

namespace {

constexpr double kZ = 1.959963984540054;

// Resamples given by hand: one metric, its whole and resampled values.
struct Given {
  std::vector<double> values[3], left_out;
  MetricReplicates metric = {};
  Replicates replicates = {};
  Given(MetricId id, double champion, double challenger, const std::vector<std::pair<double, double>> &drawn)
      : left_out(JACKKNIFE_BLOCKS, 0.0) {
    metric.metric = &metric_table[id];
    for (auto [a, b] : drawn) {
      values[0].push_back(a);
      values[1].push_back(b);
      values[2].push_back(metric_gain(metric.metric, a, b));
    }
    for (int k = 0; k < 3; k++) {
      metric.values[k] = values[k].data();
      metric.left_out[k] = left_out.data();
    }
    metric.whole[0] = champion;
    metric.whole[1] = challenger;
    metric.whole[2] = metric_gain(metric.metric, champion, challenger);
    replicates.models = 2;
    replicates.count = (int)drawn.size();
    replicates.metric_count = 1;
    replicates.metrics = &metric;
  }
  Estimate estimate(int which, double moved = 0) const {
    return replicates_estimate(&replicates, &metric, which, metric.whole[which] + moved, 0.95);
  }
};

double mean(const std::vector<double> &x) {
  return std::accumulate(x.begin(), x.end(), 0.0) / (double)x.size();
}

double covariance(const std::vector<double> &x, const std::vector<double> &y) {
  double sum = 0;
  for (size_t i = 0; i < x.size(); i++) sum += (x[i] - mean(x)) * (y[i] - mean(y));
  return sum / (double)(x.size() - 1);
}

std::vector<std::pair<double, double>> drawn_around(double a, double b, double size_a, double size_b,
                                                    double rho) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal;
  std::vector<std::pair<double, double>> made;
  for (int i = 0; i < 2000; i++) {
    double x = normal(random), y = rho * x + std::sqrt(1 - rho * rho) * normal(random);
    made.push_back({a + size_a * x, b + size_b * y});
  }
  return made;
}

// KS: what resampling adds is 2^(2/3) - 1 of what the maximum has already.
TEST(Spread, MaximumLosesItsBias) {
  Given given(METRIC_ks, 0.3, 0.4, drawn_around(0.31, 0.42, 0.03, 0.02, 0.5));
  double bias = (mean(given.values[1]) - 0.4) / (std::cbrt(4.0) - 1);
  double half = kZ * std::sqrt(covariance(given.values[1], given.values[1]) + 0.75 * bias * bias);
  Estimate estimate = given.estimate(1);
  EXPECT_EQ(estimate.method, INTERVAL_BOOTSTRAP_MAXIMUM);
  EXPECT_EQ(estimate.value, 0.4);
  EXPECT_NEAR(estimate.low, 0.4 - bias - half, 1e-12);
  EXPECT_NEAR(estimate.high, 0.4 - bias + half, 1e-12);
  EXPECT_NE(estimate.p_value, estimate.p_value);
  Given perfect(METRIC_ks, 0.99, 0.99, drawn_around(0.99, 0.99, 0.1, 0.1, 0));
  EXPECT_EQ(perfect.estimate(1).high, 1);
}

TEST(Spread, DifferenceOfMaximaIsNormal) {
  Given given(METRIC_ks, 0.3, 0.34, drawn_around(0.31, 0.36, 0.03, 0.02, 0.5));
  double error = std::sqrt(covariance(given.values[2], given.values[2]));
  Estimate estimate = given.estimate(2, 0.01);
  EXPECT_EQ(estimate.method, INTERVAL_BOOTSTRAP_NORMAL);
  EXPECT_NEAR(estimate.low, 0.05 - kZ * error, 1e-12);
  EXPECT_NEAR(estimate.high, 0.05 + kZ * error, 1e-12);
  EXPECT_NEAR(estimate.p_value, std::erfc(0.05 / error / std::sqrt(2.0)), 1e-9);
}

// Away from the kink the difference of distances is a difference; at it the range is found by walking round
// the ellipse.
TEST(Spread, FoldedIsTheRangeOnTheEllipse) {
  struct Case {
    MetricId id;
    double a, b, size_a, size_b, rho;
  };
  for (Case c :
       {Case{METRIC_calibration_intercept, 0.5, -0.4, 0.02, 0.03, 0.6},
        Case{METRIC_calibration_intercept, 0.5, 0.01, 0.1, 0.1, 0.3},
        Case{METRIC_calibration_intercept, -0.03, 0.02, 0.1, 0.05, -0.5},
        Case{METRIC_calibration_slope, 1.2, 0.98, 0.1, 0.1, 0.9}, Case{METRIC_bias, 0, 0, 1, 1, 0}}) {
    Given given(c.id, c.a, c.b, drawn_around(c.a, c.b, c.size_a, c.size_b, c.rho));
    double aa = covariance(given.values[0], given.values[0]),
           bb = covariance(given.values[1], given.values[1]);
    double ab = covariance(given.values[0], given.values[1]), low = 1e9, high = -1e9;
    for (int turn = 0; turn < 200000; turn++) {
      for (double radius : {1.0, 0.9}) { // the disc: its rim and, for the kink, inside
        double angle = turn * 2 * M_PI / 200000, x = radius * kZ * std::cos(angle),
               y = radius * kZ * std::sin(angle);
        double a = c.a + std::sqrt(aa) * x;
        double b = c.b + ab / std::sqrt(aa) * x + std::sqrt(bb - ab * ab / aa) * y;
        double gain = metric_gain(given.metric.metric, a, b);
        low = std::min(low, gain);
        high = std::max(high, gain);
      }
    }
    Estimate estimate = given.estimate(2);
    EXPECT_EQ(estimate.method, INTERVAL_BOOTSTRAP_FOLDED);
    EXPECT_NEAR(estimate.low, low, 2e-4 * (high - low)) << metric_table[c.id].name << c.a;
    EXPECT_NEAR(estimate.high, high, 2e-4 * (high - low)) << metric_table[c.id].name << c.a;
    if (c.a == 0.5 && c.b == -0.4) {
      EXPECT_NEAR(estimate.high - estimate.low, 2 * kZ * std::sqrt(aa + bb + 2 * ab), 1e-9);
    }
  }
}

// What a data set shows when its rows are drawn anew many times, the paired weights being Poisson's: the
// influence of rows foresees it.
TEST(Enrichment, ErrorIsThatOfResamples) {
  for (bool weighted : {false, true}) {
    Pair pair = pair_of(random_binary(4000, 0, weighted, 61), 62);
    EvaluationSet a = pair.set(0), b = pair.set(1);
    b.resampling.replicates = 2000;
    for (const char *name : {"capture@0.2", "precision@0.2", "lift@0.2"}) {
      const Metric *metric = &metric_named(name, TASK_BINARY);
      std::unique_ptr<Replicates, void (*)(Replicates *)> made(replicates_new(&a, &b, &metric, 1, 2000),
                                                               replicates_free);
      double values[2] = {metric_value(metric, &a), metric_value(metric, &b)};
      ScoreBlocks *blocks[2] = {score_blocks_new(&a), score_blocks_new(&b)};
      EvaluationSet first = a, second = b;
      first.blocks = blocks[0];
      second.blocks = blocks[1];
      Estimate one = metric_estimate(metric, &second, 0.95);
      Estimate both = metric_difference(metric, &first, &second, 0.95);
      EXPECT_EQ(one.method, INTERVAL_ENRICHMENT);
      EXPECT_EQ(both.method, INTERVAL_ENRICHMENT);
      EXPECT_EQ(one.value, values[1]);
      EXPECT_EQ(both.value, values[1] - values[0]);
      EXPECT_TRUE(one.low < one.value && one.value < one.high) << name;
      double spread_one = replicates_estimate(made.get(), &made->metrics[0], 1, 0, 0.95).standard_error;
      double spread_both = replicates_estimate(made.get(), &made->metrics[0], 2, 0, 0.95).standard_error;
      EXPECT_NEAR(one.standard_error / spread_one, 1, 0.1) << name << weighted;
      EXPECT_NEAR(both.standard_error / spread_both, 1, 0.15) << name << weighted;
      score_blocks_free(blocks[0]);
      score_blocks_free(blocks[1]);
    }
  }
}

// Rows four times under one cluster say no more than once.
TEST(Enrichment, CopiesOfRowsAddNothing) {
  EvaluationCase once = random_binary(400, 0, false, 63), copied = once;
  std::vector<uint64_t> unit = hashes(400), cluster = unit;
  for (int copy = 1; copy < 4; copy++) {
    copied.labels.insert(copied.labels.end(), once.labels.begin(), once.labels.end());
    copied.scores.insert(copied.scores.end(), once.scores.begin(), once.scores.end());
    copied.act.insert(copied.act.end(), once.act.begin(), once.act.end());
    copied.skip.insert(copied.skip.end(), once.skip.begin(), once.skip.end());
    cluster.insert(cluster.end(), unit.begin(), unit.end());
  }
  EvaluationSet single = once.set(), clustered = copied.set();
  clustered.cluster_hash = cluster.data();
  single.blocks = score_blocks_new(&single);
  clustered.blocks = score_blocks_new(&clustered);
  for (const char *name : {"capture@0.2", "precision@0.2", "lift@0.2"}) {
    const Metric &metric = metric_named(name, TASK_BINARY);
    Estimate x = metric_estimate(&metric, &single, 0.95), y = metric_estimate(&metric, &clustered, 0.95);
    EXPECT_NEAR(x.standard_error, y.standard_error, 1e-9) << name;
    EXPECT_NEAR(x.low, y.low, 1e-9) << name;
    EXPECT_NEAR(x.high, y.high, 1e-9) << name;
  }
  score_blocks_free(const_cast<ScoreBlocks *>(single.blocks));
  score_blocks_free(const_cast<ScoreBlocks *>(clustered.blocks));
}

} // namespace
