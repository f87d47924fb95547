// What reports say beside their metrics, through the program: from the data to report.json.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include "program.h"

extern "C" {
#include "io/report/json_text.h"
#include "io/report/report_read.h"
}

namespace {

class ReportPanels : public testing::Test {
protected:
  void SetUp() override {
    folder = test_folder();
    make_customers(folder, 3000);
  }
  void TearDown() override { json_decref(report); }
  std::string at(const std::string &name) const { return folder + "/" + name; }
  void train_both(const std::string &evaluate) {
    make_config(at("net.yaml"), {"  epochs: 6", "  batch: 256", "evaluate: " + evaluate});
    make_config(at("linear.yaml"),
                {"  epochs: 6", "  batch: 256", "model: {kind: linear}", "evaluate: " + evaluate});
    train(at("net.yaml"), at("net"));
    train(at("linear.yaml"), at("linear"));
  }
  const json_t *read(const std::string &name) {
    Error error;
    json_decref(report);
    report = nullptr;
    EXPECT_EQ(json_text_read(&report, at(name + "/report.json").c_str(), &error), STATUS_OK) << error.text;
    return report;
  }
  const json_t *compare(const std::vector<std::string> &more = {}) {
    std::vector<std::string> arguments = {"compare", at("linear"), at("net"), "-o", at("out")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    outcome = ingot(arguments);
    return read("out");
  }
  double total(const json_t *list, const char *member) {
    double sum = 0;
    for (size_t i = 0; i < json_array_size(list); i++) sum += report_number(json_array_get(list, i), member);
    return sum;
  }
  const json_t *with(const json_t *list, const char *member, const std::string &value) {
    for (size_t i = 0; i < json_array_size(list); i++) {
      if (report_string(json_array_get(list, i), member) == value) return json_array_get(list, i);
    }
    return nullptr;
  }
  std::string folder;
  json_t *report = nullptr;
  Outcome outcome;
};

TEST_F(ReportPanels, OfTwoRuns) {
  train_both("{slices: [contract, calls], time: tenure, fairness: {column: region, min_rows: 30}}");
  const json_t *json = compare();
  double rows = report_number(json, "evaluation_set/rows");
  EXPECT_STREQ(report_string(json, "schema"), "eval-report/1");
  // Slices: each row in one group of each column, and a rule a column.
  double in[2] = {0, 0};
  const json_t *slices = report_at(json, "slices/items");
  for (size_t i = 0; i < json_array_size(slices); i++) {
    const json_t *slice = json_array_get(slices, i);
    in[strcmp(report_string(slice, "column"), "calls") == 0] += report_number(slice, "rows");
  }
  EXPECT_EQ(in[0], rows);
  EXPECT_EQ(in[1], rows);
  for (const char *id : {"slice.contract.value", "slice.calls.value"}) {
    const json_t *gate = with(report_at(json, "gates"), "id", id);
    ASSERT_NE(gate, nullptr) << id;
    EXPECT_STREQ(report_string(gate, "kind"), "slice");
    EXPECT_STREQ(report_string(gate, "rule"), "detect_harm");
  }
  // Agreement: bands sum to the whole differences.
  const json_t *metrics = report_at(json, "metrics"), *bands = report_at(json, "agreement/bands");
  EXPECT_NEAR(total(bands, "auc"), report_number(with(metrics, "id", "auc"), "delta/value"), 1e-14);
  EXPECT_EQ(total(bands, "value"), report_number(with(metrics, "id", "value"), "delta/value"));
  EXPECT_EQ(total(bands, "rows"), rows);
  EXPECT_NE(std::string(report_string(json, "agreement/text")), "");
  // The swap set, fairness, time.
  EXPECT_GT(report_number(json, "swap/p"), 0);
  EXPECT_LE(report_size(json, "swap/features"), 5u);
  EXPECT_GE(report_size(json, "swap/features"), 1u);
  EXPECT_EQ(total(report_at(json, "fairness/groups"), "rows"), rows);
  EXPECT_EQ(total(report_at(json, "stability/blocks/items"), "rows"), rows);
  EXPECT_NE(std::string(report_string(json, "evaluation_set/period/to")), "");
  EXPECT_EQ(report_number(json, "stability/flips/rows"),
            report_number(json, "swap/in") + report_number(json, "swap/out"));
  EXPECT_NE(with(report_at(json, "checks"), "id", "validity.data_not_older.challenger"), nullptr);
  // The data, and the model.
  EXPECT_EQ(total(report_at(json, "data/parts"), "rows"), 3000);
  EXPECT_EQ(report_size(json, "drift/items"), 6u + 2u);
  EXPECT_STREQ(report_string(json, "drift/items/6/kind"), "label");
  EXPECT_STREQ(report_string(json, "drift/items/7/kind"), "prediction");
  ASSERT_EQ(report_size(json, "importance/items"), 6u);
  EXPECT_GT(report_number(json, "importance/items/0/log_loss/value"), 0);
  EXPECT_EQ(report_size(json, "dependence"), 6u);
  EXPECT_EQ(report_size(json, "learning/x"), 6u);
  EXPECT_GE(report_number(json, "learning/chosen"), 1);
}

// Judged on the same rows in another order, the report is the same file.
TEST_F(ReportPanels, AnyOrderOfRows) {
  train_both("{slices: [contract, calls], time: tenure, fairness: {column: region}}");
  std::vector<std::string> lines = lines_of(read_file(at("customers.csv"))), reports;
  std::mt19937_64 random(1);
  lines.resize(1001);
  for (const char *name : {"first", "second"}) {
    std::string csv;
    for (const std::string &line : lines) csv += line + "\n";
    ASSERT_EQ(system(("mkdir " + at(name)).c_str()), 0);
    write_file(at(name) + "/rows.csv", csv);
    ASSERT_EQ(ingot({"import", at(name) + "/rows.csv", "-o", at(name) + "/rows.h5"}).status, 0);
    compare({"--data", at(name) + "/rows.h5"});
    reports.push_back(read_file(at("out/report.json")));
    for (size_t i = lines.size() - 1; i > 1; i--) std::swap(lines[i], lines[1 + random() % i]);
  }
  EXPECT_NE(reports[0].find("\"importance\""), std::string::npos);
  EXPECT_NE(reports[0].find("\"drift\""), std::string::npos);
  EXPECT_EQ(reports[0], reports[1]);
}

// Rows in time order: the report says what became of the share of positives, and that the rows are newer.
TEST_F(ReportPanels, SplitByOrder) {
  std::vector<std::string> lines = lines_of(read_file(at("customers.csv")));
  std::vector<std::pair<double, std::string>> rows; // positives come later
  std::mt19937_64 random(6);
  for (size_t i = 1; i < lines.size(); i++) {
    double u = (double)(random() >> 11) * 0x1p-53;
    bool positive = lines[i].find(",yes") != std::string::npos;
    rows.emplace_back(positive ? std::sqrt(u) : u, lines[i]);
  }
  std::sort(rows.begin(), rows.end());
  std::string csv = lines[0] + "\n";
  for (auto &row : rows) csv += row.second + "\n";
  write_file(at("ordered.csv"), csv);
  ASSERT_EQ(ingot({"import", at("ordered.csv"), "-o", at("customers.h5"), "--force"}).status, 0);
  make_config(at("net.yaml"),
              {"  split: {by: order, key: customer, train: 0.7, validation: 0.15, test: 0.15}"});
  train(at("net.yaml"), at("net"));
  outcome = ingot({"evaluate", at("net"), "-o", at("out")});
  const json_t *json = read("out");
  EXPECT_EQ(report_number(json, "data/parts/0/rows"), 2100);
  EXPECT_EQ(report_number(json, "data/parts/1/rows"), 450);
  EXPECT_EQ(report_number(json, "data/parts/2/rows"), 450);
  auto share = [&rows](size_t from) { // of positives in a tenth
    double positives = 0;
    for (size_t i = from; i < from + 300; i++) positives += rows[i].second.find(",yes") != std::string::npos;
    return std::to_string(std::lround(positives / 3));
  };
  std::string text = report_string(json, "data/text");
  EXPECT_NE(text.find("split by the order of the rows: the share of positives goes from " + share(0) +
                      " % in the first tenth of the rows to " + share(2700) + " % in the last."),
            std::string::npos)
      << text;
  EXPECT_LT(report_number(json, "drift/items/6/p"), 1e-6); // the label
  EXPECT_EQ(report_size(json, "stability/blocks/items"), 8u);
  EXPECT_STREQ(report_string(json, "stability/blocks/items/0/label"), "rows 2551 to 2607");
  EXPECT_STREQ(report_string(json, "stability/blocks/items/7/label"), "rows 2945 to 3000");
  EXPECT_EQ(report_at(json, "evaluation_set/period"), nullptr);
}

TEST_F(ReportPanels, ReportsWithoutSlicesStillCompare) {
  train_both("{metrics: [auc]}");
  ASSERT_EQ(ingot({"evaluate", at("linear")}).err.find("error"), std::string::npos);
  make_config(at("net.yaml"),
              {"  epochs: 6", "  batch: 256", "evaluate: {metrics: [auc], slices: [region]}"});
  train(at("net.yaml"), at("sliced"));
  outcome = ingot({"compare", at("linear/report"), at("sliced"), "-o", at("out")});
  const json_t *json = read("out");
  EXPECT_EQ(report_size(json, "slices/items"), 4u) << outcome.err;
  EXPECT_NE(with(report_at(json, "gates"), "id", "slice.region.value"), nullptr);
}

TEST_F(ReportPanels, ColumnsThatDoNotExist) {
  make_config(at("net.yaml"), {"evaluate: {slices: [regoin]}"});
  outcome = ingot({"train", at("net.yaml"), "--run", at("net")});
  EXPECT_NE(outcome.status, 0);
  EXPECT_NE(outcome.err.find("regoin"), std::string::npos) << outcome.err;
  make_config(at("net.yaml"), {"evaluate: {slices: [region], time: tenur}"});
  outcome = ingot({"train", at("net.yaml"), "--run", at("net")});
  EXPECT_NE(outcome.err.find("did you mean 'tenure'?"), std::string::npos) << outcome.err;
  make_config(at("net.yaml"), {"evaluate: {slices: [region]}"});
  train(at("net.yaml"), at("net"));
  std::string csv = read_file(at("customers.csv"));
  size_t name = csv.find("region");
  ASSERT_NE(name, std::string::npos);
  write_file(at("other.csv"), csv.replace(name, 6, "regions"));
  ASSERT_EQ(ingot({"import", at("other.csv"), "-o", at("other.h5")}).status, 0);
  outcome = ingot({"evaluate", at("net"), "--data", at("other.h5"), "-o", at("out")});
  EXPECT_EQ(outcome.status, 78);
  EXPECT_NE(outcome.err.find("evaluate.slices: "), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("'region' does not exist; did you mean 'regions'?"), std::string::npos)
      << outcome.err;
}

} // namespace
