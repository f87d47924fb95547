// Numbers of reports, recomputed by SQLite from the scores beside them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "report_case.h"

namespace {

// Two score files of another tool on generated customers, compared by `target` and what is to be judged.
class Inspect : public testing::Test {
protected:
  void SetUp() override {
    folder = test_folder();
    make_customers(folder, 1500);
    for (const std::string &line : lines_of(read_file(at("customers.csv")))) {
      rows.push_back(cells_of(line));
    }
  }
  std::string at(const std::string &name) const { return folder + "/" + name; }
  size_t column(const std::string &name) const {
    for (size_t i = 0; i < rows[0].size(); i++)
      if (rows[0][i] == name) return i;
    ADD_FAILURE() << name;
    return 0;
  }
  static double noise(size_t row, double step) { return std::fmod((double)row * step, 1.0); }
  void compare(const std::string &target, const std::string &more) {
    write_file(at("judge.yaml"),
               "name: judge\ndata:\n  file: customers.h5\n"
               "  split: {by: hash, key: customer, train: 0.7, validation: 0.15, test: 0.15}\n"
               "  target: " +
                   target + "\n" + more);
    Outcome outcome = ingot({"compare", at("old.csv"), at("new.csv"), "--config", at("judge.yaml"), "-o",
                             at("out"), "--split", "all"});
    ASSERT_TRUE(exists(at("out/report.json"))) << outcome.out << outcome.err;
    json_decref(report);
    report = json_load_file(at("out/report.json").c_str(), 0, nullptr);
  }
  // In steps of 1/200, so that many are equal.
  double score(size_t i, double skill, double step) const {
    double known = skill * (rows[i][column("left")] == "yes");
    return std::floor((known + 0.6 * noise(i, step)) * 200) / 200;
  }
  void write_scores(const std::string &name, double skill, double step) const {
    std::string text = "row_id,score\n";
    for (size_t i = 1; i < rows.size(); i++)
      text += rows[i][0] + "," + std::to_string(score(i, skill, step)) + "\n";
    write_file(at(name), text);
  }
  // `beside`: what stands beside the target.
  void binary(const std::string &more, const std::string &beside = "") {
    write_scores("old.csv", 0.3, 0.414);
    write_scores("new.csv", 0.4, 0.618);
    compare("{column: left, task: binary, positive: \"yes\"}" + beside, more);
  }
  const std::string money = "business:\n  unit: EUR\n"
                            "  act: \"CASE WHEN label = 1 THEN 3.6 * charge ELSE 0 END - 90\"\n";
  json_t *open(const std::string &pointer) {
    Outcome outcome = ingot({"inspect", at("out/report.json"), pointer, "--json"});
    EXPECT_EQ(outcome.status, 0) << pointer << outcome.err;
    return json_loads(outcome.out.c_str(), 0, nullptr);
  }
  void expect_equal(const std::string &pointer) {
    json_t *json = open(pointer);
    char *text = json_dumps(json, JSON_INDENT(1));
    EXPECT_TRUE(json_is_true(report_at(json, "equal"))) << pointer << text;
    free(text);
    json_decref(json);
  }
  // All metrics of both models and their difference; returns the ids that no query gives.
  std::string expect_metrics() {
    std::string without;
    for (size_t i = 0; i < report_size(report, "metrics"); i++) {
      std::string id = report_string(json_array_get(report_at(report, "metrics"), i), "id");
      for (const char *part : {"champion", "challenger", "delta"}) {
        std::string pointer = "/metrics/" + std::to_string(i) + "/" + part;
        json_t *json = open(pointer);
        if (report_at(json, "reason") != nullptr) {
          if (strcmp(part, "delta") == 0) without += id + " ";
          EXPECT_NE(std::string(report_string(json, "reason")).find("ingot verify"), std::string::npos);
        } else {
          EXPECT_TRUE(json_is_true(report_at(json, "equal")))
              << id << " " << pointer << " " << report_number(json, "report") << " "
              << report_number(json, "sqlite") << "\n"
              << report_string(json, "sql");
        }
        json_decref(json);
      }
    }
    return without;
  }
  void TearDown() override { json_decref(report); }
  std::string folder;
  std::vector<std::vector<std::string>> rows;
  json_t *report = nullptr;
};

TEST_F(Inspect, EveryMetricOfABinaryComparison) {
  binary(money + "  policy: {threshold: 0.31}\nevaluate: {slices: [contract]}\n");
  EXPECT_EQ(expect_metrics(), "calibration_slope calibration_intercept ece ");
  for (const char *name :
       {"both", "neither", "in", "out", "in_positives", "out_positives", "in_gain", "out_gain"})
    expect_equal(std::string("/swap/") + name);
  for (const char *cell : {"0/0", "0/1", "1/0", "1/1"})
    expect_equal(std::string("/confusion/counts/") + cell);
  ASSERT_GT(report_size(report, "slices/items"), 1u);
  for (size_t i = 0; i < report_size(report, "slices/items"); i++)
    expect_equal("/slices/items/" + std::to_string(i) + "/metrics/0/delta");
}

// Equal scores are cut by the capacity: the block counts with its share, rounded once.
TEST_F(Inspect, MoneyUnderACapacityIsExact) {
  binary(money +
         "  policy: capacity\n  capacity: {rows: 333}\nevaluate: {slices: [contract], metrics: [auc]}\n");
  ASSERT_NE(report_at(report, "business/policy/cut"), nullptr);
  EXPECT_EQ(expect_metrics(), "");
  for (size_t i = 0; i < report_size(report, "slices/items"); i++)
    expect_equal("/slices/items/" + std::to_string(i) + "/metrics/0/challenger");
}

// Every policy, metric and slice of a report has its SQL, whatever limits the acting.
TEST_F(Inspect, EveryPolicyUnderEveryLimit) {
  const std::string slices = "evaluate: {slices: [contract, tenure, calls], metrics: [auc]}\n";
  const struct {
    const char *what;
    std::string policy, target;
  } cases[] = {
      {"a threshold", "  policy: {threshold: 0.31}\n", ""},
      {"rows", "  policy: {threshold: 0.31}\n  capacity: {rows: 333}\n", ""},
      {"a budget", "  policy: capacity\n  capacity: {budget: 5000, cost: \"5 + charge / 7\"}\n", ""},
      {"no room", "  policy: capacity\n  capacity: {budget: 1, cost: \"2\"}\n", ""},
      {"rows that cost nothing", "  policy: capacity\n  capacity: {budget: 200, cost: \"tenure - tenure\"}\n",
       ""},
      {"expected gain", "  policy: expected_gain\n", ""},
      {"expected gain in a budget",
       "  policy: expected_gain\n  capacity: {budget: 900.5, cost: \"charge\"}\n", ""},
      {"weights", "  policy: capacity\n  capacity: {fraction: 0.123}\n", "\n  weight: charge"},
      {"weighed rows", "  policy: expected_gain\n  capacity: {rows: 3000}\n", "\n  weight: charge"},
  };
  for (const auto &[what, policy, target] : cases) {
    SCOPED_TRACE(what);
    binary(money + policy + slices, target);
    EXPECT_EQ(expect_metrics(), "");
    ASSERT_EQ(report_size(report, "business/policies"), 8u);
    for (size_t i = 0; i < 8; i++) expect_equal("/business/policies/" + std::to_string(i));
    ASSERT_GT(report_size(report, "slices/items"), 9u);
    for (size_t i = 0; i < report_size(report, "slices/items"); i++)
      expect_equal("/slices/items/" + std::to_string(i) + "/metrics/0/delta");
  }
}

// Ranges, their ends, missing values, and the rest of too many values.
TEST_F(Inspect, EverySliceOfNumbersAndOfManyValues) {
  std::string text;
  for (size_t i = 0; i < rows.size(); i++) {
    for (const std::string &cell : rows[i]) text += cell + ",";
    text += i == 0        ? "town\n"
            : i % 11 == 0 ? "\n"
            : i % 7 == 0  ? "missing\n"
                          : "it's " + std::to_string(i % 41) + "\n";
  }
  write_file(at("customers.csv"), text);
  ASSERT_EQ(ingot({"import", at("customers.csv"), "-o", at("customers.h5"), "--force"}).status, 0);
  binary(money +
         "  policy: {threshold: 0.31}\nevaluate: {slices: [town, charge, calls], metrics: [auc, brier]}\n");
  std::string values;
  for (size_t i = 0; i < report_size(report, "slices/items"); i++) {
    std::string item = "/slices/items/" + std::to_string(i);
    values += report_string(report, (item.substr(1) + "/value").c_str()) + std::string(";");
    for (const char *metric : {"/metrics/0/challenger", "/metrics/0/delta", "/metrics/1/delta"})
      if (report_at(report, (item + metric + "/value").c_str() + 1) != nullptr) expect_equal(item + metric);
  }
  for (const char *kind : {" other values;", "up to ", "above ", " to ", "missing;"})
    EXPECT_NE(values.find(kind), std::string::npos) << values;
}

TEST_F(Inspect, EveryChallengerOfTheLeaderboard) {
  binary(money + "  policy: capacity\n  capacity: {rows: 200}\n");
  write_scores("third.csv", 0.35, 0.732);
  write_scores("fourth.csv", 0.2, 0.271);
  ingot({"compare", at("old.csv"), at("third.csv"), at("new.csv"), at("fourth.csv"), "--config",
         at("judge.yaml"), "-o", at("out"), "--split", "all"});
  json_decref(report);
  report = json_load_file(at("out/report.json").c_str(), 0, nullptr);
  ASSERT_EQ(report_size(report, "leaderboard/models"), 4u);
  for (size_t i = 0; i < 4; i++) {
    std::string model = "leaderboard/models/" + std::to_string(i);
    expect_equal("/" + model + "/value");
    if (report_at(report, (model + "/delta").c_str()) != nullptr) expect_equal("/" + model + "/delta");
  }
}

TEST_F(Inspect, EveryMetricOfSeveralClasses) {
  for (const char *name : {"old", "new"}) {
    std::vector<std::string> classes;
    for (size_t i = 1; i < rows.size(); i++)
      if (std::find(classes.begin(), classes.end(), rows[i][column("contract")]) == classes.end())
        classes.push_back(rows[i][column("contract")]);
    std::sort(classes.begin(), classes.end());
    std::string text = "row_id";
    for (const std::string &known : classes) text += ",score." + known;
    for (size_t i = 1; i < rows.size(); i++) {
      double sum = 0;
      std::vector<double> weights;
      for (size_t k = 0; k < classes.size(); k++) {
        weights.push_back(0.2 + 0.5 * (rows[i][column("contract")] == classes[k]) +
                          noise(i * (k + 1), name[0] == 'n' ? 0.618 : 0.414));
        sum += weights.back();
      }
      text += "\n" + rows[i][0];
      for (double weight : weights) text += "," + std::to_string(weight / sum);
    }
    write_file(at(std::string(name) + ".csv"), text + "\n");
  }
  compare("{column: contract, task: multiclass}", "");
  EXPECT_EQ(expect_metrics(), "classwise_ece ");
  compare("{column: contract, task: multiclass}",
          "evaluate: {metrics: [top_k_accuracy@1, top_k_accuracy@2]}\n");
  EXPECT_EQ(expect_metrics(), "");
  expect_equal("/confusion/counts/0/1");
}

TEST_F(Inspect, EveryMetricOfARegression) {
  for (const char *name : {"old", "new"}) {
    std::string text = "row_id,score\n";
    for (size_t i = 1; i < rows.size(); i++)
      text += rows[i][0] + "," +
              std::to_string(std::atof(rows[i][column("charge")].c_str()) +
                             9 * noise(i, name[0] == 'n' ? 0.618 : 0.414) - 3) +
              "\n";
    write_file(at(std::string(name) + ".csv"), text);
  }
  compare("{column: charge, task: regression}", "");
  EXPECT_EQ(expect_metrics(), "");
  compare(
      "{column: charge, task: regression}",
      "evaluate: {metrics: [mape, pinball@0.7, asymmetric_cost@3:1, poisson_deviance, gamma_deviance]}\n");
  EXPECT_EQ(expect_metrics(), "");
}

TEST_F(Inspect, RowsAreThoseWithTheLargestContribution) {
  binary(money + "  policy: {threshold: 0.31}\n");
  json_t *json = open("/metrics/0/delta");
  const json_t *rows_of = report_at(json, "rows"), *columns = report_at(json, "columns");
  ASSERT_EQ(json_array_size(rows_of), 10u);
  size_t last = json_array_size(columns) - 1;
  auto cell = [&](size_t row, size_t place) { return json_array_get(json_array_get(rows_of, row), place); };
  double largest = 0; // of rows that only one of the models acts on
  for (size_t i = 1; i < rows.size(); i++) {
    double gain =
        3.6 * std::atof(rows[i][column("charge")].c_str()) * (rows[i][column("left")] == "yes") - 90;
    if ((score(i, 0.4, 0.618) >= 0.31) != (score(i, 0.3, 0.414) >= 0.31))
      largest = std::max(largest, std::fabs(gain) * 1e6);
  }
  EXPECT_NEAR(std::fabs(json_number_value(cell(0, last))), largest, 1);
  for (size_t i = 1; i < 10; i++) {
    double before = std::fabs(json_number_value(cell(i - 1, last))),
           here = std::fabs(json_number_value(cell(i, last)));
    EXPECT_GE(before, here);
    if (before == here) {
      EXPECT_LT(std::string(json_string_value(cell(i - 1, 0))), json_string_value(cell(i, 0)));
    }
  }
  json_decref(json);
  Outcome text = ingot({"inspect", at("out"), "/metrics/0/delta"});
  EXPECT_NE(text.out.find("equal      yes (exact)"), std::string::npos) << text.out;
  EXPECT_NE(ingot({"inspect", at("out")}).out.find("/metrics/0/delta"), std::string::npos);
}

TEST_F(Inspect, RefusesWithASentence) {
  binary(money + "  policy: {threshold: 0.31}\n");
  Outcome wrong = ingot({"inspect", at("out"), "/metrics/0/dleta"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_NE(wrong.err.find("the nearest pointer is /metrics/0/delta"), std::string::npos) << wrong.err;
  Outcome interval = ingot({"inspect", at("out"), "/metrics/0/delta/ci/0"});
  EXPECT_EQ(interval.status, 0);
  EXPECT_NE(interval.out.find("Student's t"), std::string::npos) << interval.out;
  EXPECT_EQ(ingot({"inspect", at("customers.h5"), "/x"}).status, 2);
  std::string changed = read_file(at("out/report.json"));
  write_file(at("out/report.json"), changed + "\n");
  EXPECT_EQ(ingot({"inspect", at("out"), "/metrics/0/delta"}).status, 65);
  write_file(at("out/report.json"), changed);
  std::filesystem::remove(at("out/predictions.h5"));
  EXPECT_EQ(ingot({"inspect", at("out"), "/metrics/0/delta"}).status, 66);
}

} // namespace
