// Intervals and tests against other programs: R's pROC (DeLong), statsmodels and SciPy (McNemar, Tango,
// Wilson, calibration, Holm, Benjamini and Hochberg).
#include "tests/engine/evaluation_case.h"

extern "C" {
#include "engine/evaluate/statistics/multiplicity.h"
}

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <unistd.h>

namespace {

const double kThreshold = 0.4;

struct Models {
  EvaluationCase champion, challenger;
};

// `levels` > 0: many equal scores.
Models models(size_t rows, int levels, uint64_t seed) {
  Models made{random_binary(rows, levels, false, seed), {}};
  made.champion.act.clear(), made.champion.skip.clear();
  made.champion.policy.threshold = kThreshold;
  made.challenger = made.champion;
  EvaluationCase other = random_binary(rows, levels, false, seed + 1);
  for (size_t i = 0; i < rows; i++)
    made.challenger.scores[i] = 0.75 * made.champion.scores[i] + 0.25 * other.scores[i];
  return made;
}

std::string csv_of(const Models &both) {
  std::string path = testing::TempDir() + "ingot_models_" + std::to_string(getpid()) + ".csv";
  std::ofstream file(path);
  file.precision(17);
  file << "champion,challenger,label\n";
  for (size_t i = 0; i < both.champion.labels.size(); i++)
    file << both.champion.scores[i] << "," << both.challenger.scores[i] << "," << both.champion.labels[i]
         << "\n";
  return path;
}

std::map<std::string, double> answers_of(const std::string &command) {
  std::map<std::string, double> answers;
  FILE *pipe = popen(command.c_str(), "r");
  char name[64];
  double value;
  while (fscanf(pipe, "%63s %lf", name, &value) == 2) answers[name] = value;
  EXPECT_EQ(pclose(pipe), 0) << command;
  return answers;
}

Comparison compared(const Models &both) {
  Comparison comparison;
  Error error;
  EvaluationSet a = both.champion.set(), b = both.challenger.set();
  EXPECT_EQ(compare_models(&comparison, &a, &b, nullptr, nullptr, nullptr, &error), STATUS_OK) << error.text;
  return comparison;
}

const MetricDifference &difference_of(const Comparison &comparison, const std::string &name) {
  for (int i = 0; i < comparison.metric_count; i++)
    if (comparison.metrics[i].metric->name == name) return comparison.metrics[i];
  ADD_FAILURE() << name << " was not compared";
  return comparison.metrics[0];
}

void near(double made, double expected, const std::string &what) {
  EXPECT_NEAR(made, expected, 1e-12 * std::max(1.0, std::fabs(expected))) << what;
}

TEST(Oracles, DeLongEqualsProc) {
  if (system("Rscript -e 'library(pROC)' >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "r-cran-proc is not installed (tools/setup.sh test)";
  for (int levels : {0, 30}) {
    Models both = models(500, levels, 71);
    auto theirs = answers_of("Rscript " INGOT_SOURCE_DIR "/tests/engine/proc_delong.R " + csv_of(both));
    ASSERT_EQ(theirs.size(), 8u);
    Comparison comparison = compared(both);
    const MetricDifference &auc = difference_of(comparison, "auc");
    near(auc.champion.value, theirs["champion.auc"], "champion");
    near(auc.challenger.value, theirs["challenger.auc"], "challenger");
    near(auc.champion.low, theirs["champion.low"], "champion's interval");
    near(auc.champion.high, theirs["champion.high"], "champion's interval");
    near(auc.challenger.low, theirs["challenger.low"], "challenger's interval");
    near(auc.challenger.high, theirs["challenger.high"], "challenger's interval");
    near(auc.delta.value / auc.delta.standard_error, -theirs["z"], "the paired test");
    near(auc.delta.p_value, theirs["p"], "the paired test");
    comparison_clear(&comparison);
  }
}

TEST(Oracles, TestsEqualStatsmodels) {
  if (system("/usr/bin/python3 -c 'import statsmodels' >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "python3-statsmodels is not installed (tools/setup.sh test)";
  Models both = models(700, 40, 81);
  auto theirs = answers_of("/usr/bin/python3 " INGOT_SOURCE_DIR "/tests/engine/statsmodels_tests.py " +
                           csv_of(both) + " 0.4");
  ASSERT_EQ(theirs.size(), 37u);
  Comparison comparison = compared(both);
  for (const char *name : {"accuracy", "recall", "specificity"}) {
    const MetricDifference &metric = difference_of(comparison, name);
    EXPECT_EQ(metric.delta.method, INTERVAL_TANGO);
    near(metric.delta.p_value, theirs[std::string(name) + ".p"], name);
    near(metric.delta.low, theirs[std::string(name) + ".low"], name);
    near(metric.delta.high, theirs[std::string(name) + ".high"], name);
    near(metric.challenger.low, theirs[std::string(name) + ".single.low"], name);
    near(metric.challenger.high, theirs[std::string(name) + ".single.high"], name);
  }
  near(difference_of(comparison, "precision").challenger.low, theirs["precision.single.low"], "precision");
  near(difference_of(comparison, "precision").challenger.high, theirs["precision.single.high"], "precision");
  for (const char *name : {"calibration_slope", "calibration_intercept"}) {
    const Estimate &estimate = difference_of(comparison, name).challenger;
    near(estimate.value, theirs[std::string(name) + ".value"], name);
    near(estimate.standard_error, theirs[std::string(name) + ".error"], name);
  }
  comparison_clear(&comparison);
  const double p[8] = {0.001, 0.04, 0.03, 0.0005, 0.9, 0.04, 0.2, 0.011};
  double holm[8], discovery[8];
  holm_adjust(holm, p, 8);
  benjamini_hochberg_adjust(discovery, p, 8);
  for (int i = 0; i < 8; i++) {
    near(holm[i], theirs["holm." + std::to_string(i)], "Holm");
    near(discovery[i], theirs["benjamini_hochberg." + std::to_string(i)], "Benjamini and Hochberg");
  }
}

} // namespace
