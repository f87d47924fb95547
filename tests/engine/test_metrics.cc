// Metrics against scikit-learn on the same predictions, against direct formulas, and in any order of rows.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <numeric>
#include <random>
#include <sstream>
#include <string>
#include <tuple>
#include <unistd.h>
#include <vector>

extern "C" {
#include "engine/evaluate/evaluate.h"
#include "engine/evaluate/money.h"
#include "engine/evaluate/rows_match.h"
}

namespace {

struct Sample {
  Task task;
  int classes;
  std::vector<double> labels, weights, scores;
  std::vector<int64_t> act, skip;

  EvaluationSet set() const {
    EvaluationSet made = {};
    made.task = task, made.classes = classes, made.rows = (int64_t)labels.size();
    made.labels = labels.data(), made.scores = scores.data();
    made.weights = weights.empty() ? nullptr : weights.data();
    made.policy = {POLICY_THRESHOLD, 0.4, false};
    if (!act.empty()) made.money.act = act.data(), made.money.skip = skip.data();
    return made;
  }
};

Sample sample(Task task, bool weighted, int rows = 700) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> uniform(0, 1);
  Sample s{task, task == TASK_MULTICLASS ? 4 : 1, {}, {}, {}, {}, {}};
  for (int i = 0; i < rows; i++) {
    double x = uniform(random);
    if (weighted) s.weights.push_back(uniform(random) * 3);
    if (task == TASK_BINARY) {
      s.scores.push_back(std::round(x * 50) / 50); // many ties, also 0 and 1
      s.labels.push_back(uniform(random) < 0.1 + 0.8 * x);
      s.act.push_back((int64_t)(s.labels.back() * 160000000) - 60000000);
      s.skip.push_back(0);
    } else if (task == TASK_REGRESSION) {
      s.scores.push_back(10 * x + 0.05); // above 0, as deviances need
      s.labels.push_back(10 * x + uniform(random) + 0.01);
    } else {
      double p[4], sum = 0;
      for (double &v : p) sum += v = uniform(random);
      for (double v : p) s.scores.push_back(v / sum);
      s.labels.push_back((double)(random() % 3)); // class 3 never occurs as a label
    }
  }
  return s;
}

double value_of(const char *name, const EvaluationSet &set) {
  const Metric *metric = nullptr;
  Error error = {};
  EXPECT_EQ(metric_find(&metric, name, set.task, &error), STATUS_OK) << error.text;
  return metric_value(metric, &set);
}

bool has_sklearn() {
  return system("/usr/bin/python3 -c 'import sklearn' >/dev/null 2>&1") == 0;
}

void write_csv(const std::string &path, const Sample &s) {
  std::ofstream file(path);
  file.precision(17);
  for (int k = 0; k < s.classes; k++)
    file << (s.classes == 1 ? "score" : "score." + std::to_string(k)) << ",";
  file << (s.weights.empty() ? "label\n" : "label,weight\n");
  for (size_t i = 0; i < s.labels.size(); i++) {
    for (int k = 0; k < s.classes; k++) file << s.scores[i * s.classes + k] << ",";
    file << s.labels[i];
    if (!s.weights.empty()) file << "," << s.weights[i];
    file << "\n";
  }
}

std::map<std::string, double> sklearn_metrics(const Sample &s, const char *task) {
  std::string path = testing::TempDir() + "ingot_sklearn_" + std::to_string(getpid()) + ".csv";
  write_csv(path, s);
  std::string command =
      "/usr/bin/python3 " INGOT_SOURCE_DIR "/tests/engine/sklearn_metrics.py " + path + " " + task + " 0.4";
  FILE *pipe = popen(command.c_str(), "r");
  std::map<std::string, double> values;
  char name[64];
  double value;
  while (fscanf(pipe, "%63s %lf", name, &value) == 2) values[name] = value;
  EXPECT_EQ(pclose(pipe), 0);
  return values;
}

} // namespace

// A metric, a part of the Brier score (part.mcb), or the standard error of a metric
// (error.calibration_slope).
static double ours(const std::string &name, const EvaluationSet &set, const EvaluationReport &report) {
  if (name == "part.mcb") return report.brier_parts.miscalibration;
  if (name == "part.dsc") return report.brier_parts.discrimination;
  if (name == "part.unc") return report.brier_parts.uncertainty;
  if (name == "error.calibration_slope") return report.calibration_slope.standard_error;
  if (name == "error.calibration_intercept") return report.calibration_intercept.standard_error;
  return value_of(name.c_str(), set);
}

TEST(Metrics, EqualScikitLearns) {
  if (!has_sklearn()) GTEST_SKIP() << "python3-sklearn is not installed (tools/setup.sh test)";
  const std::tuple<Task, const char *, size_t> tasks[] = {
      {TASK_BINARY, "binary", 30}, {TASK_MULTICLASS, "multiclass", 10}, {TASK_REGRESSION, "regression", 17}};
  double costs[16]; // the matrix that the script has
  for (int i = 0; i < 16; i++) costs[i] = std::abs(i / 4 - i % 4) * (1 + i / 4);
  for (auto [task, name, count] : tasks) {
    for (bool weighted : {false, true}) {
      Sample s = sample(task, weighted);
      auto theirs = sklearn_metrics(s, name);
      EXPECT_EQ(theirs.size(), count);
      EvaluationSet set = s.set();
      if (task == TASK_MULTICLASS) set.costs = costs;
      EvaluationReport report;
      Error error = {};
      ASSERT_EQ(evaluate_model(&report, &set, nullptr, nullptr, &error), STATUS_OK) << error.text;
      for (auto [metric, value] : theirs) {
        EXPECT_NEAR(ours(metric, set, report), value, 1e-12 * std::max(1.0, std::fabs(value)))
            << name << " " << metric << (weighted ? " weighted" : "");
      }
      evaluation_report_clear(&report);
    }
  }
}

// Same bits for every order of the rows.
TEST(Metrics, OrderOfRowsDoesNotMatter) {
  for (bool weighted : {false, true}) {
    Sample s = sample(TASK_BINARY, weighted), t = s;
    std::vector<size_t> order(s.labels.size());
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), std::mt19937_64(3));
    for (size_t i = 0; i < order.size(); i++) {
      t.labels[i] = s.labels[order[i]], t.scores[i] = s.scores[order[i]], t.act[i] = s.act[order[i]];
      if (weighted) t.weights[i] = s.weights[order[i]];
    }
    for (const char *name : {"value", "log_loss", "auc", "average_precision", "brier", "accuracy", "f1"}) {
      EXPECT_EQ(value_of(name, s.set()), value_of(name, t.set())) << name;
    }
    EvaluationSet one = s.set(), other = t.set();
    EXPECT_EQ(money_best_threshold(&one).threshold, money_best_threshold(&other).threshold);
  }
}

// DeLong's variance by its definition, O(n^2).
TEST(Metrics, DeLongAgainstItsDefinition) {
  Sample s = sample(TASK_BINARY, false, 120);
  std::vector<double> positives, negatives;
  for (size_t i = 0; i < s.labels.size(); i++)
    (s.labels[i] == 1 ? positives : negatives).push_back(s.scores[i]);
  auto psi = [](double x, double y) { return x > y ? 1.0 : x == y ? 0.5 : 0.0; };
  auto spread = [&](const std::vector<double> &own, const std::vector<double> &other, bool swap) {
    std::vector<double> placement;
    for (double x : own) {
      double sum = 0;
      for (double y : other) sum += swap ? psi(y, x) : psi(x, y);
      placement.push_back(sum / (double)other.size());
    }
    double mean = std::accumulate(placement.begin(), placement.end(), 0.0) / (double)placement.size(),
           squares = 0;
    for (double p : placement) squares += (p - mean) * (p - mean);
    return squares / (double)(placement.size() - 1) / (double)placement.size();
  };
  double error = std::sqrt(spread(positives, negatives, false) + spread(negatives, positives, true));
  EvaluationSet set = s.set();
  EvaluationReport report;
  Error failure = {};
  ASSERT_EQ(evaluate_model(&report, &set, nullptr, nullptr, &failure), STATUS_OK) << failure.text;
  for (int i = 0; i < report.metric_count; i++) {
    if (report.results[i].metric->id != METRIC_auc) continue;
    EXPECT_NEAR(report.results[i].estimate.standard_error, error, 1e-12);
    EXPECT_NEAR(report.results[i].estimate.high, report.results[i].estimate.value + 1.959963984540054 * error,
                1e-12);
  }
  evaluation_report_clear(&report);
}

// The best threshold by trying them all.
TEST(Money, BestThresholdIsTheBest) {
  for (bool below : {false, true}) {
    Sample s = sample(TASK_BINARY, false, 300);
    if (below)
      for (size_t i = 0; i < s.act.size(); i++) s.act[i] = s.labels[i] == 1 ? -90000000 : 40000000;
    EvaluationSet set = s.set();
    set.policy = money_best_threshold(&set);
    EXPECT_EQ(set.policy.act_below, below);
    int64_t best = money_value(&set);
    for (double threshold = -0.01; threshold <= 1.03; threshold += 0.01) {
      EvaluationSet other = set;
      other.policy.threshold = threshold;
      EXPECT_LE(money_value(&other), best) << threshold;
    }
  }
}

TEST(Money, WeighingRoundsHalfToEven) {
  const int64_t payoffs[4] = {1, 3, -1, 5};
  const double weights[4] = {0.5, 0.5, 0.5, 2};
  int64_t out[4];
  Error error = {};
  ASSERT_EQ(money_weigh(out, payoffs, weights, 4, &error), STATUS_OK);
  EXPECT_EQ(std::vector<int64_t>(out, out + 4), (std::vector<int64_t>{0, 2, 0, 10}));
  const int64_t large[1] = {(int64_t)1 << 61};
  const double two[1] = {2};
  EXPECT_EQ(money_weigh(out, large, two, 1, &error), STATUS_DATA);
}

namespace {

Status compare(Comparison *comparison, const Sample &a, const Sample &b, GateRule rule, double margin,
               Validity *validity) {
  GatesConfig gates = {};
  gates.has_primary = true;
  gates.primary.metric = const_cast<char *>("brier"), gates.primary.rule = rule,
  gates.primary.margin = margin;
  gates.confidence = 0.95;
  EvaluationSet champion = a.set(), challenger = b.set();
  Error error = {};
  return compare_models(comparison, &champion, &challenger, nullptr, &gates, validity, &error);
}

VerdictState verdict(const Sample &a, const Sample &b, GateRule rule, double margin,
                     Validity *validity = nullptr) {
  Comparison comparison;
  EXPECT_EQ(compare(&comparison, a, b, rule, margin, validity), STATUS_OK);
  VerdictState state = comparison.verdict.state;
  EXPECT_GE(comparison.verdict.reason_count, 1);
  comparison_clear(&comparison);
  return state;
}

} // namespace

TEST(Verdict, FollowsFromTheIntervals) {
  Sample good = sample(TASK_BINARY, false), poor = good, close = good;
  for (double &score : poor.scores) score = 0.5;
  for (size_t i = 0; i < close.scores.size(); i++)
    close.scores[i] += i % 2 == 0 && close.scores[i] < 0.98 ? 0.001 : 0;
  EXPECT_EQ(verdict(poor, good, GATE_SUPERIOR, 0), VERDICT_SHIP);
  EXPECT_EQ(verdict(good, poor, GATE_SUPERIOR, 0), VERDICT_HOLD);
  EXPECT_EQ(verdict(good, close, GATE_NOT_WORSE, 0.1), VERDICT_SHIP);
  EXPECT_EQ(verdict(good, poor, GATE_NOT_WORSE, 0.0001), VERDICT_HOLD);
  EXPECT_EQ(verdict(poor, good, GATE_AT_MOST, 100), VERDICT_SHIP);
  EXPECT_EQ(verdict(poor, good, GATE_AT_MOST, 0.01), VERDICT_HOLD);
  double loss = value_of("brier", good.set());
  EXPECT_EQ(verdict(poor, good, GATE_AT_MOST, loss), VERDICT_INCONCLUSIVE);
  Validity partial = {nullptr, 0, true, false}, identical = {nullptr, 0, false, true};
  EXPECT_EQ(verdict(poor, good, GATE_SUPERIOR, 0, &partial), VERDICT_INCONCLUSIVE);
  EXPECT_EQ(verdict(poor, good, GATE_SUPERIOR, 0, &identical), VERDICT_IDENTICAL);
  ValidityCheck failed = {"rows_unseen", "challenger", RESULT_FAIL, false, "rows were trained on"};
  Validity invalid = {&failed, 1, false, false};
  EXPECT_EQ(verdict(poor, good, GATE_SUPERIOR, 0, &invalid), VERDICT_HOLD);
}

TEST(Verdict, RefusesOtherLabels) {
  Sample a = sample(TASK_BINARY, false), b = a;
  b.labels[7] = 1 - b.labels[7];
  Comparison comparison;
  EXPECT_EQ(compare(&comparison, a, b, GATE_SUPERIOR, 0, nullptr), STATUS_DATA);
}

TEST(Verdict, ExitCodes) {
  EXPECT_EQ(verdict_status(VERDICT_SHIP, INCONCLUSIVE_AS_IS), 0);
  EXPECT_EQ(verdict_status(VERDICT_FIRST, INCONCLUSIVE_AS_IS), 0);
  EXPECT_EQ(verdict_status(VERDICT_IDENTICAL, INCONCLUSIVE_AS_IS), 0);
  EXPECT_EQ(verdict_status(VERDICT_HOLD, INCONCLUSIVE_OK), 10);
  EXPECT_EQ(verdict_status(VERDICT_INCONCLUSIVE, INCONCLUSIVE_AS_IS), 20);
  EXPECT_EQ(verdict_status(VERDICT_UNDECIDED, INCONCLUSIVE_AS_IS), 20);
  EXPECT_EQ(verdict_status(VERDICT_INCONCLUSIVE, INCONCLUSIVE_FAIL), 1);
  EXPECT_EQ(verdict_status(VERDICT_INCONCLUSIVE, INCONCLUSIVE_OK), 0);
}

TEST(RowsMatch, ByIdOrRefuse) {
  const char *a[] = {"x", "y", "z"}, *b[] = {"z", "x", "y"}, *c[] = {"x", "y", "w"},
             *twice[] = {"x", "x", "y"};
  int64_t match[3];
  Error error = {};
  ASSERT_EQ(rows_match(match, a, 3, b, 3, &error), STATUS_OK);
  EXPECT_EQ(std::vector<int64_t>(match, match + 3), (std::vector<int64_t>{1, 2, 0}));
  EXPECT_EQ(rows_match(match, a, 3, c, 3, &error), STATUS_DATA);
  EXPECT_EQ(rows_match(match, a, 3, twice, 3, &error), STATUS_DATA);
  int64_t count, first[3], other[3];
  ASSERT_EQ(rows_intersect(&count, first, other, a, 3, c, 3, &error), STATUS_OK);
  EXPECT_EQ(count, 2);
}
