// The paired bootstrap: weights, sums and intervals against slow scalar twins; the same bits whatever the
// order of the rows, the threads, the instruction set.
#include "tests/engine/resample_case.h"

extern "C" {
#include "engine/evaluate/statistics/intervals.h"
#include "engine/shared/math64.h"
#include "engine/shared/memory.h"
#include "kernels/operators.h"
#include "kernels/resample/resample.h"
#include "kernels/shared/philox.h"
}

#include <cmath>
#include <gtest/gtest.h>

namespace {

// floor(2^32 sum of e^-1 / j!), j <= k, in long double: 64 bits are enough for these.
uint32_t threshold(int k) {
  long double sum = 0, term = std::exp(-1.0L);
  for (int j = 0; j <= k; j++) {
    sum += term;
    term /= j + 1;
  }
  return (uint32_t)(sum * 4294967296.0L);
}

// The weight of a unit in resample b, as the header says it.
uint32_t poisson_weight(uint64_t seed, uint64_t unit, uint32_t b) {
  uint32_t words[4], weight = 0;
  random_words(words, seed, (uint32_t)unit, (uint32_t)(unit >> 32), b / 4, 5u << 24);
  for (int k = 0; k < 12; k++) weight += words[b % 4] > threshold(k);
  return weight;
}

TEST(Resample, ThresholdsAreTheDistributionOfPoissonOne) {
  for (int k = 0; k < RESAMPLE_LARGEST; k++) EXPECT_EQ(poisson_thresholds[k], threshold(k)) << k;
  EXPECT_EQ(threshold(12), 0xffffffffu); // the words run out: no thirteenth
}

TEST(Resample, HashIsTheFirstEightBytesOfTheDigest) {
  EXPECT_EQ(evaluation_hash("abc"), 0xeacf018fbf1678baull); // SHA-256 ba7816bf 8f01cfea ...
}

// Sums of terms below 2^43 in size, and of some 32 times as large.
struct Summed {
  std::vector<uint32_t> counts;
  std::vector<int64_t> sums, large, cells;
};

Summed summed(const char *isa, ResampleKind kind, const std::vector<uint64_t> &unit, int64_t cut) {
  const int groups = 3, cells = 5;
  size_t rows = unit.size();
  std::vector<uint16_t> cell(rows);
  std::vector<int64_t> term(rows), large(rows);
  for (size_t i = 0; i < rows; i++) {
    cell[i] = (uint16_t)(unit[i] % cells);
    term[i] = (int64_t)(unit[i] >> 20) - ((int64_t)1 << 43);
    large[i] = 32 * term[i];
  }
  Summed made{std::vector<uint32_t>(groups * cells * 64), std::vector<int64_t>(groups * 64),
              std::vector<int64_t>(groups * 64), std::vector<int64_t>(groups * cells * 64)};
  for (int64_t from = 0; from < (int64_t)rows; from += cut) {
    ResampleCounts counts{cell.data() + from, cells, made.counts.data()};
    ResampleSums sums[3] = {{nullptr, term.data() + from, 1, made.sums.data()},
                            {nullptr, large.data() + from, 1, made.large.data()},
                            {cell.data() + from, term.data() + from, cells, made.cells.data()}};
    Resample task{kind, 77,     std::min(cut, (int64_t)rows - from), 1, unit.data() + from, &counts, sums, 1,
                  3,    nullptr};
    task.room = memory_get(resample_room(&task), 1);
    resample_of_isa(isa)(&task, 0, groups);
    free(task.room);
  }
  return made;
}

TEST(Resample, SumsAreThoseOfTheSlowWeights) {
  auto unit = hashes(203);
  for (auto kind : {RESAMPLE_POISSON, RESAMPLE_LEAVE_OUT}) {
    Summed made = summed("portable", kind, unit, 1000);
    std::vector<uint32_t> counts(made.counts.size());
    std::vector<int64_t> sums(made.sums.size()), cells(made.cells.size());
    for (uint64_t u : unit) {
      for (size_t group = 0; group < 3; group++) {
        for (size_t r = 0; r < 64; r++) {
          uint32_t b = (uint32_t)(64 * (group + 1) + r), w = u % 200 != b;
          if (kind == RESAMPLE_POISSON) w = poisson_weight(77, u, b);
          size_t lane = (size_t)resample_lane((int)r), at = (group * 5 + u % 5) * 64 + lane;
          int64_t x = (int64_t)(u >> 20) - ((int64_t)1 << 43);
          counts[at] += w;
          sums[group * 64 + lane] += w * x;
          cells[at] += w * x;
        }
      }
    }
    EXPECT_EQ(made.counts, counts);
    EXPECT_EQ(made.sums, sums);
    for (int64_t &sum : sums) sum *= 32;
    EXPECT_EQ(made.large, sums);
    EXPECT_EQ(made.cells, cells);
  }
}

TEST(Resample, EveryInstructionSetAndEveryCutOfTheRowsGivesTheSameSums) {
  auto unit = hashes(203);
  int ran = 0;
  for (auto kind : {RESAMPLE_POISSON, RESAMPLE_LEAVE_OUT}) {
    Summed first = summed("portable", kind, unit, 1000);
    for (const char *isa : {"portable", "avx2", "avx512"}) {
      if (resample_of_isa(isa) == nullptr) continue;
      ran++;
      for (int64_t cut : {1, 7, 16, 203}) {
        Summed made = summed(isa, kind, unit, cut);
        EXPECT_EQ(made.counts, first.counts) << isa << cut;
        EXPECT_EQ(made.sums, first.sums) << isa << cut;
        EXPECT_EQ(made.large, first.large) << isa << cut;
        EXPECT_EQ(made.cells, first.cells) << isa << cut;
      }
    }
  }
  EXPECT_GE(ran, 2);
}

TEST(Resample, CountsOfManyRowsOfACellDoNotOverflow) {
  uint64_t one = hashes(1)[0];
  std::vector<uint64_t> unit(1000, one);
  for (const char *isa : {"portable", "avx2", "avx512"}) {
    if (resample_of_isa(isa) == nullptr) continue;
    Summed made = summed(isa, RESAMPLE_POISSON, unit, 700);
    for (size_t r = 0; r < 64; r++)
      EXPECT_EQ(made.counts[one % 5 * 64 + (size_t)resample_lane((int)r)],
                1000 * poisson_weight(77, one, (uint32_t)(64 + r)));
  }
}

// ---- replicates of metrics ----

// Two steps of a fit, so near the metric, not equal to it.
bool is_fitted(const Metric &metric) {
  return metric.id == METRIC_calibration_slope || metric.id == METRIC_calibration_intercept;
}

bool is_quantile(const Metric &metric) {
  return metric.id == METRIC_median_absolute_error || metric.id == METRIC_p90_absolute_error;
}

// The rows of a case as often as a resample weighs them.
EvaluationCase repeated(const EvaluationCase &c, const std::vector<uint32_t> &w) {
  EvaluationCase made;
  made.task = c.task;
  for (size_t i = 0; i < w.size(); i++) {
    made.labels.insert(made.labels.end(), w[i], c.labels[i]);
    made.scores.insert(made.scores.end(), w[i], c.scores[i]);
  }
  return made;
}

// The case with the rows weighed by resample b.
EvaluationCase weighed(const EvaluationCase &c, const std::vector<uint32_t> &w) {
  EvaluationCase made = c;
  if (made.weights.empty()) made.weights.assign(made.labels.size(), 1);
  for (size_t i = 0; i < w.size(); i++) {
    made.weights[i] *= w[i];
    if (!made.act.empty()) made.act[i] *= w[i], made.skip[i] *= w[i];
  }
  return made;
}

double value_of(const Metric *metric, const EvaluationCase &c) {
  EvaluationSet set = c.set();
  return metric_value(metric, &set);
}

void expect_near(double made, double expected, const std::string &what) {
  if (std::isnan(expected))
    EXPECT_TRUE(std::isnan(made)) << what;
  else
    EXPECT_NEAR(made, expected, 1e-11 * std::max(1.0, std::abs(expected))) << what;
}

// The metric of the rows under the weights of a resample, slowly.
double slow_value(const Metric *metric, const EvaluationCase &c, const std::vector<uint32_t> &w) {
  return value_of(metric, is_quantile(*metric) ? repeated(c, w) : weighed(c, w));
}

std::vector<uint32_t> poisson_weights(const std::vector<uint64_t> &unit, int r) {
  std::vector<uint32_t> w;
  for (uint64_t u : unit) w.push_back(poisson_weight(9, u, (uint32_t)r));
  return w;
}

TEST(Replicates, AreTheMetricsOfTheWeighedRows) {
  for (const Pair &pair : pairs()) {
    EvaluationSet a = pair.set(0), b = pair.set(1);
    Owned made = replicates(a, b, 130);
    ASSERT_EQ((size_t)made->metric_count, metrics_of(a.task, a).size()) << "a metric is not resampled";
    for (int i = 0; i < made->metric_count; i++) {
      const MetricReplicates &m = made->metrics[i];
      for (int r = 0; r < 130; r++)
        EXPECT_EQ(m.values[2][r], metric_gain(m.metric, m.values[0][r], m.values[1][r])) << m.metric->name;
      if (is_fitted(*m.metric) || (is_quantile(*m.metric) && a.weights != nullptr)) continue;
      for (int which = 0; which < 2; which++) {
        const EvaluationCase &c = which == 0 ? pair.champion : pair.challenger;
        for (int r : {0, 1, 2, 3, 63, 64, 129})
          expect_near(m.values[which][r], slow_value(m.metric, c, poisson_weights(pair.unit, r)),
                      m.metric->name);
        for (int block : {0, 57, 199}) {
          std::vector<uint32_t> w;
          for (uint64_t unit : pair.unit) w.push_back(unit % 200 != (uint64_t)block);
          expect_near(m.left_out[which][block], slow_value(m.metric, c, w), m.metric->name);
        }
        expect_near(m.whole[which], value_of(m.metric, c), m.metric->name);
      }
    }
  }
}

// Two steps from the fit to all rows are within a twentieth of the standard error of the whole way, for 400
// rows.
TEST(Replicates, OfCalibrationAreNearTheFit) {
  for (const Pair &pair : {pairs()[0], pairs()[1]}) {
    EvaluationSet a = pair.set(0), b = pair.set(1);
    Owned made = replicates(a, b, 130);
    for (int i = 0; i < made->metric_count; i++) {
      const MetricReplicates &m = made->metrics[i];
      if (!is_fitted(*m.metric)) continue;
      double error = replicates_estimate(made.get(), &m, 1, 0, 0.95).standard_error, squares = 0;
      for (int r = 0; r < 40; r++) {
        double fit = slow_value(m.metric, pair.challenger, poisson_weights(pair.unit, r));
        squares += (m.values[1][r] - fit) * (m.values[1][r] - fit) / 40;
      }
      EXPECT_LT(std::sqrt(squares), error / 20) << m.metric->name;
      EXPECT_NEAR(m.whole[1], value_of(m.metric, pair.challenger), 1e-9) << m.metric->name;
    }
  }
}

// More blocks of equal scores than groups: what a resample differs from all rows by moves by less than a
// fiftieth of the standard error; a tenth where a cut goes through a group.
TEST(Replicates, GroupsOfScoresChangeLittle) {
  Pair pair = pair_of(random_binary(20000, 0, false, 21), 22);
  EvaluationSet a = pair.set(0), b = pair.set(1);
  Owned made = replicates(a, b, 64);
  for (int i = 0; i < made->metric_count; i++) {
    const MetricReplicates &m = made->metrics[i];
    double error = replicates_estimate(made.get(), &m, 1, 0, 0.95).standard_error;
    for (int r : {5, 17}) {
      double exact =
          slow_value(m.metric, pair.challenger, poisson_weights(pair.unit, r)) - metric_value(m.metric, &b);
      double part = m.metric->takes == PARAMETER_TOP ? 0.1 : 0.02;
      EXPECT_NEAR(m.values[1][r] - m.whole[1], exact, part * error) << m.metric->name;
    }
  }
}

std::string bytes_of(const Replicates &made) {
  std::string bytes;
  auto add = [&](const double *from, int count) {
    bytes.append((const char *)from, (size_t)count * sizeof *from);
  };
  for (int i = 0; i < made.metric_count; i++) {
    for (int which = 0; which < 3; which++) {
      add(made.metrics[i].values[which], made.count);
      add(made.metrics[i].left_out[which], JACKKNIFE_BLOCKS);
      add(&made.metrics[i].whole[which], 1);
    }
  }
  return bytes;
}

Pair permuted(const Pair &pair, uint64_t seed) {
  std::mt19937_64 random(seed);
  auto order = random_order(pair.unit.size(), random);
  Pair made{pair.champion.permuted(order), pair.challenger.permuted(order), {}};
  for (size_t from : order) made.unit.push_back(pair.unit[from]);
  return made;
}

TEST(Replicates, HaveTheSameBytesInEveryOrderOfRowsAndOnEveryNumberOfThreads) {
  auto all = pairs();
  all.push_back(pair_of(random_binary(150000, 0, false, 31), 32)); // several chunks, threads at work
  for (const Pair &pair : all) {
    EvaluationSet a = pair.set(0), b = pair.set(1);
    std::string first = bytes_of(*replicates(a, b, 70));
    Pair other = permuted(pair, 77);
    for (int threads : {1, 2, 3, 8}) {
      EvaluationSet x = other.set(0), y = other.set(1);
      y.resampling.threads = threads;
      EXPECT_EQ(bytes_of(*replicates(x, y, 70)), first) << threads;
    }
    b.resampling.seed++;
    EXPECT_NE(bytes_of(*replicates(a, b, 70)), first) << "the seed changes nothing";
  }
}

// More resamples begin with the same ones.
TEST(Replicates, OfALargerNumberBeginWithThoseOfASmaller) {
  Pair pair = pairs()[0];
  EvaluationSet a = pair.set(0), b = pair.set(1);
  Owned few = replicates(a, b, 100), many = replicates(a, b, 333);
  for (int i = 0; i < few->metric_count; i++) {
    for (int r = 0; r < 100; r++) EXPECT_EQ(few->metrics[i].values[2][r], many->metrics[i].values[2][r]);
  }
}

TEST(Replicates, OfClustersWeighAllTheirRowsAlike) {
  Pair pair = pairs()[0];
  std::vector<uint64_t> cluster(pair.unit.size());
  for (size_t i = 0; i < cluster.size(); i++) cluster[i] = evaluation_hash(std::to_string(i / 4).c_str());
  EvaluationSet a = pair.set(0), b = pair.set(1);
  a.cluster_hash = b.cluster_hash = cluster.data();
  Owned made = replicates(a, b, 8);
  std::vector<uint32_t> w;
  for (uint64_t unit : cluster) w.push_back(poisson_weight(9, unit, 6));
  for (int i = 0; i < made->metric_count; i++) {
    const MetricReplicates &m = made->metrics[i];
    if (!is_fitted(*m.metric))
      expect_near(m.values[1][6], value_of(m.metric, weighed(pair.challenger, w)), m.metric->name);
  }
}

// ---- intervals ----

// BCa as Efron 1987 writes it, with the standard library's sorting and a normal distribution by erfc.
struct Interval {
  double low, high;
};

double normal_cdf(double x) {
  return 0.5 * std::erfc(-x / std::sqrt(2.0));
}

double normal_quantile(double p) {
  double low = -40, high = 40;
  for (int i = 0; i < 200; i++) {
    double middle = 0.5 * (low + high);
    (normal_cdf(middle) < p ? low : high) = middle;
  }
  return low;
}

Interval bca(std::vector<double> values, const std::vector<double> &left_out, double whole,
             double confidence) {
  std::sort(values.begin(), values.end());
  double below = 0, mean = 0, squares = 0, cubes = 0, n = (double)values.size();
  for (double v : values) below += v < whole ? 1 : v == whole ? 0.5 : 0;
  for (double v : left_out) mean += v / (double)left_out.size();
  for (double v : left_out) squares += std::pow(mean - v, 2), cubes += std::pow(mean - v, 3);
  double z0 = normal_quantile(below / n), ends[2];
  double a = squares > 0 ? cubes / (6 * std::pow(squares, 1.5)) : 0;
  for (int side = 0; side < 2; side++) {
    double z = normal_quantile(side == 0 ? 0.5 - 0.5 * confidence : 0.5 + 0.5 * confidence);
    double position = normal_cdf(z0 + (z0 + z) / (1 - a * (z0 + z))) * (n - 1);
    size_t at = (size_t)position;
    double next = at + 1 < values.size() ? values[at + 1] : values[at];
    ends[side] = values[at] + (next - values[at]) * (position - (double)at);
  }
  return {ends[0], ends[1]};
}

TEST(Bca, IsEfronsIntervalOfTheResamples) {
  for (const Pair &pair : pairs()) {
    EvaluationSet a = pair.set(0), b = pair.set(1);
    Owned made = replicates(a, b, 1000);
    for (int i = 0; i < made->metric_count; i++) {
      const MetricReplicates &m = made->metrics[i];
      for (int which = 0; which < 3; which++) {
        if (replicates_method(m.metric, which) != INTERVAL_BOOTSTRAP) continue; // test_spread.cc
        std::vector<double> values(m.values[which], m.values[which] + 1000);
        std::vector<double> left_out(m.left_out[which], m.left_out[which] + 200);
        for (double confidence : {0.9, 0.95}) {
          Interval expected = bca(values, left_out, m.whole[which], confidence);
          // The point estimate is exact where groups are not: both ends move by the difference.
          Estimate estimate = replicates_estimate(made.get(), &m, which, m.whole[which] + 0.25, confidence);
          double size = std::max(1.0, std::abs(expected.high));
          EXPECT_NEAR(estimate.low, expected.low + 0.25, 1e-9 * size) << m.metric->name << which;
          EXPECT_NEAR(estimate.high, expected.high + 0.25, 1e-9 * size) << m.metric->name << which;
          EXPECT_EQ(estimate.method, INTERVAL_BOOTSTRAP);
        }
      }
    }
  }
}

// The p-value of a difference is the one at which an end of the interval is 0.
TEST(Bca, PValueBelongsToTheInterval) {
  int tested = 0;
  for (const Pair &pair : pairs()) {
    EvaluationSet a = pair.set(0), b = pair.set(1);
    Owned made = replicates(a, b, 4000);
    for (int i = 0; i < made->metric_count; i++) {
      const MetricReplicates &m = made->metrics[i];
      for (double moved : {0.0, 0.1, 0.2}) { // any value may be asked about
        double value = m.whole[2] * moved;
        double p = replicates_estimate(made.get(), &m, 2, value, 0.95).p_value;
        if (!(p > 0.01 && p < 0.9)) continue;
        Estimate estimate = replicates_estimate(made.get(), &m, 2, value, 1 - p);
        double nearest = std::min(std::abs(estimate.low), std::abs(estimate.high));
        EXPECT_LT(nearest, 0.02 * estimate.standard_error) << m.metric->name;
        tested++;
      }
    }
  }
  EXPECT_GE(tested, 10);
}

// p < alpha exactly where the interval at 1 - alpha leaves 0 out, also where few resamples or none lie beyond
// it.
TEST(Bca, PValueAndIntervalSayTheSame) {
  int excluded = 0, included = 0;
  for (const Pair &pair : pairs()) {
    EvaluationSet a = pair.set(0), b = pair.set(1);
    Owned made = replicates(a, b, 2000);
    for (int i = 0; i < made->metric_count; i++) {
      const MetricReplicates &m = made->metrics[i];
      Estimate own = replicates_estimate(made.get(), &m, 2, 0, 0.95);
      for (double moved : {0.5, 1.5, 1.9, 2.1, 2.5, 3.0, 4.0, 6.0, -1.9, -2.1, -3.0, -6.0}) {
        double value = moved * own.standard_error;
        for (double alpha : {0.3, 0.1, 0.05, 0.01, 0.002}) {
          Estimate estimate = replicates_estimate(made.get(), &m, 2, value, 1 - alpha);
          bool out = estimate.low > 0 || estimate.high < 0;
          EXPECT_EQ(estimate.p_value < alpha, out)
              << m.metric->name << " moved by " << moved << " at " << alpha << ": p " << estimate.p_value
              << ", " << estimate.low << " to " << estimate.high;
          (out ? excluded : included)++;
        }
      }
    }
  }
  EXPECT_GT(excluded, 100);
  EXPECT_GT(included, 100);
}

// No resample near 0, whatever the bias correction: as small as so many resamples can show.
TEST(Bca, PValueHasAFloor) {
  Pair pair = pairs()[0];
  EvaluationSet a = pair.set(0), b = pair.set(1);
  Owned made = replicates(a, b, 2000);
  MetricReplicates &m = made->metrics[0];
  m.whole[2] = m.values[2][7]; // a bias
  Estimate estimate = replicates_estimate(made.get(), &m, 2, 1e3, 0.95);
  EXPECT_DOUBLE_EQ(estimate.p_value, 2.0 / 2001);
}

// The Monte Carlo error says how far ends scatter over seeds.
TEST(Bca, EndErrorsAreTheScatterOverSeeds) {
  Pair pair = pairs()[0];
  std::vector<double> lows;
  double expected = 0;
  const int seeds = 40;
  for (int seed = 0; seed < seeds; seed++) {
    EvaluationSet a = pair.set(0), b = pair.set(1);
    b.resampling.seed = (uint64_t)seed + 100;
    const Metric *metric = &metric_table[METRIC_average_precision];
    Owned made(replicates_new(&a, &b, &metric, 1, 1000), replicates_free);
    lows.push_back(replicates_estimate(made.get(), &made->metrics[0], 2, 0, 0.95).low);
    expected += replicates_end_errors(made.get(), &made->metrics[0], 2, 0.95).low / seeds;
  }
  double mean = 0, squares = 0;
  for (double low : lows) mean += low / seeds;
  for (double low : lows) squares += (low - mean) * (low - mean) / (seeds - 1);
  EXPECT_NEAR(expected / std::sqrt(squares), 1, 0.35); // the scatter of 40 is itself known to a tenth
}

TEST(Bca, JointStatementsCountResamples) {
  Pair pair = pairs()[0];
  EvaluationSet a = pair.set(0), b = pair.set(1);
  Owned made = replicates(a, b, 500);
  const Metric *auc = &metric_table[METRIC_auc], *value = &metric_table[METRIC_value];
  const double *x = replicates_of(made.get(), auc)->values[2],
               *y = replicates_of(made.get(), value)->values[2];
  double differ = 0, gain = 0, loss = 0;
  for (int i = 0; i < 500; i++) {
    differ += x[i] * y[i] < 0;
    gain += std::max(0.0, y[i]);
    loss += std::max(0.0, -y[i]);
  }
  EXPECT_GT(differ, 0);
  EXPECT_DOUBLE_EQ(replicates_disagree(made.get(), auc, value), differ / 500);
  EXPECT_EQ(replicates_disagree(made.get(), auc, auc), 0);
  EXPECT_NEAR(replicates_mean_gain(made.get(), value), gain / 500, 1e-9);
  EXPECT_NEAR(replicates_mean_loss(made.get(), value), loss / 500, 1e-9);
}

// A metric that has no value in one resample has no mean over them, and no resamples are no price of 0.
TEST(Bca, MeansNeedEveryResample) {
  Pair pair = pairs()[0];
  EvaluationSet a = pair.set(0), b = pair.set(1);
  Owned made = replicates(a, b, 100);
  const Metric *value = &metric_table[METRIC_value];
  ASSERT_FALSE(std::isnan(replicates_mean_loss(made.get(), value)));
  replicates_of(made.get(), value)->values[REPLICATE_DELTA][99] = std::nan("");
  EXPECT_TRUE(std::isnan(replicates_mean_loss(made.get(), value)));
  EXPECT_TRUE(std::isnan(replicates_mean_gain(made.get(), value)));
  EXPECT_TRUE(std::isnan(replicates_mean_gain(nullptr, value)));
}

} // namespace
