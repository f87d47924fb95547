// What a user says of money: capacities and the lists they give, new costs on old models, other targets, and
// every definition that is refused, with its sentence and exit code.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "report_case.h"

extern "C" {
#include "io/data/dataset.h"
#include "io/report/predictions.h"
}

namespace {

struct Report : Json {
  explicit Report(const std::string &folder) : Json(folder + "/report.json") {}
  double delta() const { return report_number(metric("value"), "delta/value"); }
};

Predictions *predictions_of(const std::string &folder) {
  Predictions *read = nullptr;
  Error error = {};
  EXPECT_EQ(predictions_read(&read, (folder + "/predictions.h5").c_str(), &error), STATUS_OK) << error.text;
  return read;
}

// The column `decision` of a report's predictions, as text.
std::vector<std::string> decisions_of(const std::string &folder) {
  Dataset *dataset = nullptr;
  Frame *frame = nullptr;
  TextList names = {};
  Error error = {};
  std::vector<std::string> made;
  text_list_add(&names, "decision");
  EXPECT_EQ(dataset_open_file(&dataset, (folder + "/predictions.h5").c_str(), "", &error), STATUS_OK)
      << error.text;
  EXPECT_EQ(dataset_frame(&frame, dataset, &names, nullptr, 0, &error), STATUS_OK) << error.text;
  for (int64_t i = 0; i < frame->rows; i++) {
    char buffer[NUMBER_TEXT_BYTES];
    made.push_back(column_text(&frame->columns[0], i, buffer));
  }
  frame_free(frame);
  dataset_close(dataset);
  text_list_free(&names);
  return made;
}

class Business : public testing::Test {
protected:
  void SetUp() override {
    folder = test_folder();
    make_customers(folder, 3000);
    make_config(at("small.yaml"));
  }
  std::string at(const std::string &name) const { return folder + "/" + name; }
  Outcome evaluate(const std::string &output, const std::vector<std::string> &sets = {}) {
    std::vector<std::string> arguments = {"evaluate", at("run"), "-o", at(output)};
    for (const std::string &set : sets) {
      arguments.push_back("--set");
      arguments.push_back(set);
    }
    return ingot(arguments);
  }
  // `ingot check` says that the definition is wrong, with this code and these words.
  void refused(int status, const std::vector<std::string> &sets, const std::vector<std::string> &words) {
    std::vector<std::string> arguments = {"check", at("small.yaml")};
    for (const std::string &set : sets) {
      arguments.push_back("--set");
      arguments.push_back(set);
    }
    Outcome outcome = ingot(arguments);
    EXPECT_EQ(outcome.status, status) << sets[0] << "\n" << outcome.err;
    for (const std::string &word : words)
      EXPECT_NE(outcome.err.find(word), std::string::npos) << sets[0] << "\n" << outcome.err;
  }
  // A file of the rows of a report, as data to be predicted, in another order.
  void make_new_data(const Predictions *rows) {
    std::set<std::string> wanted(rows->ids, rows->ids + rows->rows);
    std::vector<std::string> lines;
    std::string head;
    for (const std::string &line : lines_of(read_file(at("customers.csv")))) {
      if (head.empty())
        head = line;
      else if (wanted.count(cells_of(line)[0]))
        lines.push_back(line);
    }
    std::reverse(lines.begin(), lines.end());
    std::string text = head + "\n";
    for (const std::string &line : lines) text += line + "\n";
    write_file(at("new.csv"), text);
    ASSERT_EQ(ingot({"import", at("new.csv"), "-o", at("new.h5"), "-f"}).status, 0);
  }
  std::set<std::string> list_of(const std::string &file) {
    std::set<std::string> ids;
    auto lines = lines_of(read_file(at(file)));
    for (size_t i = 1; i < lines.size(); i++) ids.insert(cells_of(lines[i])[0]);
    return ids;
  }
  std::string folder;
};

// The rows that the report counts are the rows that predict lists, whatever their order.
TEST_F(Business, ThePredictedListIsTheOneThatWasJudged) {
  const std::vector<std::string> capacities[] = {
      {"business.capacity={rows: 100}", "business.policy=capacity"},
      {"business.capacity={fraction: 0.1}"},
      {"business.capacity={budget: 2000, cost: '5 + coalesce(calls, 0)'}", "business.policy=capacity"},
      {"business.capacity={rows: 60}", "business.policy=expected_gain"}};
  for (size_t i = 0; i < std::size(capacities); i++) {
    std::string run = at("run" + std::to_string(i));
    std::vector<std::string> options;
    for (const std::string &set : capacities[i]) options.insert(options.end(), {"--set", set});
    train(at("small.yaml"), run, options);
    ASSERT_EQ(ingot({"evaluate", run}).status, 0);
    Report report(run + "/report");
    Predictions *rows = predictions_of(run + "/report");
    make_new_data(rows);
    std::set<std::string> judged;
    auto decisions = decisions_of(run + "/report");
    for (int64_t k = 0; k < rows->rows; k++)
      if (decisions[(size_t)k] == "1") judged.insert(rows->ids[k]);
    double acted = report_number(report.policy("challenger"), "acted");
    EXPECT_LE(std::fabs((double)judged.size() - acted), 1) << i;
    if (i == 0) {
      EXPECT_EQ(judged.size(), 100u);
      EXPECT_NE(report.text("business/policy/text").find("highest scores"), std::string::npos);
      EXPECT_EQ(report.number("business/capacity/rows"), 100);
    }
    if (i == 1) {
      EXPECT_LE(judged.size(), (size_t)std::llround(0.1 * (double)rows->rows));
    }
    if (i == 2) {
      double spent = 0;
      for (const std::string &line : lines_of(read_file(at("new.csv"))))
        if (judged.count(cells_of(line)[0])) spent += 5 + atof(cells_of(line)[5].c_str());
      EXPECT_LE(spent, 2000);
      EXPECT_GT(spent, 1980);
      EXPECT_EQ(report_number(report.policy("challenger"), "spent"), 2000e6);
    }
    Outcome outcome = ingot({"predict", run, at("new.h5"), "-o", at("list.csv"), "--acted", "-f"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(list_of("list.csv"), judged) << i;
    predictions_free(rows);
  }
}

TEST_F(Business, EveryoneIsBeyondACapacity) {
  train(at("small.yaml"), at("run"));
  ASSERT_EQ(evaluate("out", {"business.capacity={rows: 50}", "business.policy=capacity",
                             "business.act=CASE WHEN label = 1 THEN 3.6 * charge ELSE 0 END - 20"})
                .status,
            0);
  Report report(at("out"));
  EXPECT_TRUE(json_is_true(report_at(report.policy("everybody"), "beyond_capacity")));
  EXPECT_EQ(report.text("business/best_trivial"), "random");
  EXPECT_EQ(report_number(report.policy("oracle"), "acted"), 50);
  EXPECT_EQ(report_number(report.policy("random"), "acted"), 50);
  EXPECT_LE(report_number(report.policy("challenger"), "value"),
            report_number(report.policy("oracle"), "value"));
  EXPECT_EQ(json_array_size(report_at(report.json, "curves/capacity/x")), 101u);
  EXPECT_EQ(report.number("curves/capacity/x/100"), 100); // twice the capacity
  EXPECT_EQ(report.number("curves/capacity/challenger/50"),
            report_number(report.policy("challenger"), "value"));
  double per_row = report_number(report.policy("challenger"), "value") / report.number("evaluation_set/rows");
  EXPECT_NEAR(report_number(report.policy("challenger"), "per_1000"), 1000 * per_row, 1);
}

// Every total also stands for the population, with its interval.
TEST_F(Business, TotalsAreScaledToThePopulation) {
  train(at("small.yaml"), at("run"));
  ASSERT_EQ(evaluate("out", {"business.population={rows: 240000, per: year}"}).status, 0);
  Report report(at("out"));
  double scale = 240000 / report.number("evaluation_set/rows");
  const json_t *model = report.policy("challenger");
  for (const char *path : {"value", "ci/0", "ci/1"}) {
    std::string of = path;
    EXPECT_NEAR(report_number(model, ("population/" + of).c_str()), report_number(model, path) * scale, 0.51);
    EXPECT_NEAR(report.number("business/over_trivial/population/" + of),
                report.number("business/over_trivial/" + of) * scale, 0.51);
    EXPECT_NEAR(report.number("metrics/0/challenger/population/" + of),
                report.number("metrics/0/challenger/" + of) * scale, 0.51);
  }
  EXPECT_NEAR(report.number("risk/population_value_at_risk"), report.number("risk/value_at_risk") * scale,
              0.51);
}

// Decided again without training: by other costs, and with the threshold that the run has stored.
TEST_F(Business, OtherCostsWithTheStoredThreshold) {
  train(at("small.yaml"), at("run"));
  ASSERT_EQ(evaluate("first").status, 0);
  const std::string dear = "business.act=CASE WHEN label = 1 THEN 3.6 * charge ELSE 0 END - 130";
  ASSERT_EQ(evaluate("chosen", {dear}).status, 0);
  ASSERT_EQ(evaluate("stored", {dear, "business.policy={threshold: frozen}"}).status, 0);
  Report first(at("first")), chosen(at("chosen")), stored(at("stored"));
  EXPECT_EQ(stored.number("business/policy/threshold"), first.number("business/policy/threshold"));
  EXPECT_NE(chosen.number("business/policy/threshold"), first.number("business/policy/threshold"));
  EXPECT_EQ(stored.text("business/policy/kind"), "frozen");
  EXPECT_EQ(report_number(stored.policy("challenger"), "acted"),
            report_number(first.policy("challenger"), "acted"));
  EXPECT_EQ(report_number(stored.policy("challenger"), "value"),
            report_number(first.policy("challenger"), "value") -
                40e6 * report_number(first.policy("challenger"), "acted"));
  Outcome refused =
      ingot({"train", at("small.yaml"), "--run", at("new"), "--set", "business.policy={threshold: frozen}"});
  EXPECT_EQ(refused.status, 78);
  EXPECT_NE(refused.err.find("this run is to be trained"), std::string::npos) << refused.err;
  EXPECT_FALSE(exists(at("new")));
}

// What the report says would flip the decision does flip it.
TEST_F(Business, TheDecisionFlipsWhereTheReportSays) {
  const std::string act = "business.act=CASE WHEN label = 1 THEN :keeps * charge * 12 ELSE 0 END - :offer";
  const std::vector<std::string> sets = {
      act, "business.params={keeps: {value: 0.3, low: 0.2, high: 0.4, unit: rate}, "
           "offer: {value: 90, low: 70, high: 110, unit: EUR}}"};
  std::vector<std::string> options;
  for (const std::string &set : sets) options.insert(options.end(), {"--set", set});
  train(at("small.yaml"), at("run"), options);
  auto again = options;
  again.insert(again.end(), {"--set", "seed=8", "--set", "train.epochs=1"});
  train(at("small.yaml"), at("other"), again);
  auto compare = [&](const std::string &output, const std::string &change) {
    std::vector<std::string> arguments = {"compare", at("other"), at("run"), "-o", at(output)};
    if (!change.empty())
      arguments.insert(arguments.end(), {"--set", change, "--set", "business.policy={threshold: frozen}"});
    Outcome outcome = ingot(arguments);
    EXPECT_TRUE(outcome.status == 0 || outcome.status == 10 || outcome.status == 20) << outcome.err;
  };
  compare("base", "");
  Report base(at("base"));
  EXPECT_EQ(base.number("sensitivity/delta"), base.delta());
  const char *than = base.delta() < 0 ? " less than the champion" : " more than the champion";
  EXPECT_NE(base.text("verdict/sentence").find(than), std::string::npos) << base.text("verdict/sentence");
  size_t flips = report_size(base.json, "verdict/flips_if");
  ASSERT_GE(flips, 1u);
  EXPECT_EQ(report_size(base.json, "sensitivity/items"), 2u);
  for (size_t i = 0; i < flips; i++) {
    std::string flip = "verdict/flips_if/" + std::to_string(i), name = base.text(flip + "/param");
    double from = base.number(flip + "/from"), to = base.number(flip + "/to"), step = (to - from) * 1e-3;
    for (int side : {-1, 1}) {
      double value = to + side * step;
      std::ostringstream text;
      text.precision(17);
      text << "business.params." << name << "={value: " << value << "}";
      compare("moved", text.str());
      EXPECT_EQ(Report(at("moved")).delta() > 0, (base.delta() > 0) == (side < 0)) << text.str();
    }
    EXPECT_NE(base.text(flip + "/text").find(name), std::string::npos);
  }
  EXPECT_GE(base.number("risk/probability_of_loss"), 0);
  EXPECT_LE(base.number("risk/probability_of_loss"), 1);
  EXPECT_LT(base.number("risk/value_at_risk"), base.delta());
}

// ---- other targets ----

class BusinessTargets : public Business {
protected:
  std::string config_for(const std::string &target, const std::string &business) {
    std::string text = read_file(at("small.yaml"));
    size_t inputs = text.find("  inputs:");
    text = text.substr(0, inputs) +
           "  inputs:\n    - {columns: [tenure, calls], as: numeric}\n    - {columns: [contract, left], as: "
           "category, embed: 2}\n" +
           "model: {kind: linear}\ntrain: {batch: 1024, epochs: 2, optimizer: {kind: adamw, learning_rate: "
           "5e-2}}\n" +
           "business:\n" + business + "gates: {primary: {metric: value, superior: 0}}\n";
    size_t from = text.find("  target:"), to = text.find('\n', from);
    text.replace(from, to - from, "  target: " + target);
    write_file(at("target.yaml"), text);
    return at("target.yaml");
  }
};

// Money of a regression goes through its predictions: the value of a model is what acting on them is worth.
TEST_F(BusinessTargets, RegressionPaysForTheDistance) {
  std::string config = config_for("{column: charge, task: regression}",
                                  "  unit: EUR\n  params: {over: {value: 0.5, low: 0.2, high: 2}}\n"
                                  "  act: \"-iif(score > label, :over * (score - label), label - score)\"\n"
                                  "  skip: \"-30\"\n");
  train(config, at("run"));
  train(config, at("other"), {"--set", "train.epochs=1"});
  ASSERT_EQ(evaluate("out").status, 0);
  Report report(at("out"));
  Predictions *rows = predictions_of(at("out"));
  double value = 0;
  for (int64_t i = 0; i < rows->rows; i++) {
    double distance = rows->scores[i] - rows->labels[i];
    value += distance > 0 ? -0.5 * distance : distance;
  }
  EXPECT_NEAR(report_number(report.policy("challenger"), "value") / 1e6, value, 1e-3);
  EXPECT_EQ(report_number(report.policy("nobody"), "value"), -30e6 * (double)rows->rows);
  EXPECT_EQ(report_number(report.policy("oracle"), "value"), 0);
  EXPECT_EQ(report_at(report.json, "business/policy"), nullptr);
  predictions_free(rows);
  Outcome compared = ingot({"compare", at("other"), at("run"), "-o", at("cmp")});
  EXPECT_TRUE(compared.status == 0 || compared.status == 10 || compared.status == 20) << compared.err;
  Report both(at("cmp"));
  EXPECT_EQ(both.number("sensitivity/delta"), both.delta());
  EXPECT_EQ(both.delta(), report_number(both.policy("challenger"), "value") -
                              report_number(both.policy("champion"), "value"));
}

TEST_F(BusinessTargets, SeveralClassesPayByTheirMatrix) {
  const std::string costs =
      "  unit: EUR\n  costs:\n    dsl: {fibre: 1, none: 8}\n    fibre: {dsl: 2, none: 9}\n"
      "    none: {dsl: 1, fibre: 1}\n";
  std::string config = config_for("{column: internet, task: multiclass}", costs);
  train(config, at("run"));
  ASSERT_EQ(evaluate("out").status, 0);
  Report report(at("out"));
  Predictions *rows = predictions_of(at("out"));
  const double matrix[3][3] = {{0, 1, 8}, {2, 0, 9}, {1, 1, 0}};
  const std::string names[3] = {"dsl", "fibre", "none"};
  auto decisions = decisions_of(at("out"));
  double value = 0, same[3] = {0, 0, 0};
  for (int64_t i = 0; i < rows->rows; i++) {
    int label = (int)rows->labels[i], best = 0;
    double expected[3] = {0, 0, 0};
    for (int d = 0; d < 3; d++) {
      for (int c = 0; c < 3; c++) expected[d] += rows->scores[i * 3 + c] * matrix[c][d];
      if (expected[d] < expected[best]) best = d;
      same[d] -= matrix[label][d];
    }
    EXPECT_EQ(decisions[(size_t)i], names[best]);
    value -= matrix[label][best];
  }
  EXPECT_EQ(report_number(report.policy("challenger"), "value"), value * 1e6);
  EXPECT_EQ(report_number(report.policy("same_for_all"), "value"), *std::max_element(same, same + 3) * 1e6);
  EXPECT_EQ(report_number(report.policy("oracle"), "value"), 0);
  EXPECT_EQ(report.number("business/costs/dsl/none"), 8);
  EXPECT_FALSE(report.text("business/definition_digest").empty());
  double cost = 0;
  for (size_t i = 0; i < report_size(report.json, "metrics"); i++)
    if (report.text("metrics/" + std::to_string(i) + "/id") == "expected_cost")
      cost = report.number("metrics/" + std::to_string(i) + "/challenger/value");
  EXPECT_NEAR(cost, -value / (double)rows->rows, 1e-12);
  predictions_free(rows);
  // Finished reports are compared likewise.
  train(config, at("other"), {"--set", "train.epochs=1"});
  ASSERT_EQ(ingot({"evaluate", at("other"), "-o", at("theirs")}).status, 0);
  Outcome runs = ingot({"compare", at("other"), at("run"), "-o", at("runs"), "--json"});
  Outcome reports = ingot({"compare", at("theirs"), at("out"), "-o", at("reports"), "--json"});
  EXPECT_EQ(runs.status, reports.status) << reports.err;
  EXPECT_EQ(Report(at("runs")).delta(), Report(at("reports")).delta());
  auto wrong = [&](const std::string &change, const std::string &words) {
    Outcome outcome = ingot({"check", config, "--set", change});
    EXPECT_EQ(outcome.status, 78) << outcome.err;
    EXPECT_NE(outcome.err.find(words), std::string::npos) << outcome.err;
    Outcome training = ingot({"train", config, "--run", at("wrong"), "--set", change});
    EXPECT_EQ(training.status, 78) << training.err;
    EXPECT_EQ(training.err, outcome.err);
    EXPECT_FALSE(exists(at("wrong")));
  };
  wrong("business.costs={dsl: {fiber: 1}}", "has no class 'fiber'; did you mean 'fibre'?");
  wrong("business.costs={dsl: {fibre: 1}}", "nothing is said of deciding for 'none' where 'dsl' is true");
  wrong("business.costs={dsl: 4}", "a map of maps, {TRUTH: {DECISION: cost}}");
  wrong("business.act=label", "business.act has no meaning for a target with several classes");
  wrong("business.capacity={rows: 3}", "business.capacity needs a binary target, not a multiclass one");
}

// ---- what is refused ----

TEST_F(Business, DefinitionsThatAreRefused) {
  refused(78, {"business.act=1/2"}, {"an integer divided by an integer drops the fraction", "1.0/2"});
  refused(78, {"business.act=label / 2"}, {"drops the fraction"});
  refused(78, {"business.act=\"left = 1\""}, {"compared with a number", "'no'"});
  refused(78, {"business.act=\"CASE WHEN contract = 'montly' THEN 1 ELSE 0 END\""},
          {"did you mean 'monthly'"});
  refused(78, {"business.act='\"chrge\" * 2'"}, {"there is no column 'chrge'", "did you mean 'charge'"});
  refused(78, {"business.act=contract"}, {"needs a number", "'contract' is text"});
  refused(78, {"business.act=\"'ten'\""}, {"needs a number", "is text"});
  refused(78, {"business.act=score * 2"}, {"may not use 'score'", "the policy alone decides"});
  refused(78, {"business.act=random()"}, {"the function 'random' is not allowed"});
  refused(78, {"business.act=load_extension('x')"}, {"the function 'load_extension' is not allowed"});
  refused(78, {"business.act=sum(charge)"}, {"'sum' is not allowed"});
  refused(78, {"business.act=\"(SELECT 1)\""}, {"business.act", "expected before '1'"});
  refused(78, {"business.act=\"1; DROP TABLE predictions\""}, {"the character ';' has no meaning"});
  refused(78, {"business.act=:offer"}, {"there is no parameter 'offer'"});
  refused(65, {"business.act=\"CASE WHEN label = 1 THEN charge END\""},
          {"has no usable value on", "a CASE without ELSE", "never taken as 0"});
  refused(65, {"business.act=1.0 / (calls - calls)"}, {"has no usable value on", "division by zero"});
  refused(65, {"business.act=charge * 1e10"}, {"add up to more than"});
  refused(78, {"business.act=''"}, {"there is no expression"});
}

TEST_F(Business, UnitsAndCapacitiesThatAreRefused) {
  refused(78, {"business.params={a: {value: 3, unit: USD}}"},
          {"a is in USD, but business.unit is EUR", "unit: rate"});
  refused(78, {"business.params={a: {value: 3, low: 4}}"}, {"a must have low <= value <= high"});
  refused(78, {"business.capacity={rows: 3, fraction: 0.5}"}, {"only one of rows, fraction and budget"});
  refused(78, {"business.capacity={cost: '1'}"}, {"needs one of rows, fraction and budget"});
  refused(78, {"business.capacity={budget: 5}"}, {"budget and cost go together"});
  refused(78, {"business.capacity={rows: 5, cost: '1'}"}, {"budget and cost go together"});
  refused(78, {"business.capacity={fraction: 1.5}"}, {"outside (0, 1]"});
  refused(78, {"business.policy=capacity"}, {"business.capacity, which is not given"});
  refused(78, {"business.capacity={budget: 5, cost: label}"},
          {"may not use 'label'", "before the outcome is known"});
  refused(65, {"business.capacity={budget: 5, cost: '2 - coalesce(calls, 0)'}"},
          {"business.capacity.cost is negative on", "as a positive amount"});
  refused(78, {"business.costs={no: {yes: 1}}"}, {"needs a target with several classes, not a binary one"});
}

TEST_F(Business, SignsAreWarnedOf) {
  Outcome outcome = ingot({"check", at("small.yaml"), "--set", "business.act='3.6 * charge'"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("warning: acting loses on no row"), std::string::npos) << outcome.err;
  train(at("small.yaml"), at("run"));
  ASSERT_EQ(evaluate("out", {"business.act=-10 * charge"}).status, 0);
  Report report(at("out"));
  std::string all;
  for (size_t i = 0; i < report_size(report.json, "business/warnings"); i++)
    all += report.text("business/warnings/" + std::to_string(i));
  EXPECT_NE(all.find("Acting gains on no row"), std::string::npos) << all;
  ASSERT_EQ(evaluate("bad", {"business.policy={threshold: 0.01}"}).status, 0);
  Report bad(at("bad"));
  EXPECT_GE(report_size(bad.json, "business/break_even"), 0u);
  EXPECT_NE(bad.text("business/break_even/text").find("have left = yes"), std::string::npos);
}

// What a gate can show is known before a model is there.
TEST_F(Business, CheckSaysWhatAGateCanShow) {
  Outcome outcome = ingot({"check", at("small.yaml")});
  // "452 test rows: below about 1,700 USD this gate cannot decide; five folds: 2.6 times finer, ..."
  std::map<std::string, double> rows;
  for (const char *part : {"training", "validation", "test"}) {
    size_t at = outcome.err.rfind(std::string(part) + " rows: ");
    ASSERT_NE(at, std::string::npos) << outcome.err;
    rows[part] = std::strtod(outcome.err.c_str() + at + strlen(part) + strlen(" rows: "), nullptr);
  }
  double all = rows["training"] + rows["validation"] + rows["test"];
  char finer[60], judged[60];
  snprintf(judged, sizeof judged, "%.0f test rows: below about ", rows["test"]);
  snprintf(finer, sizeof finer, " this gate cannot decide; five folds: %.1f times finer",
           std::sqrt(all / rows["test"]));
  EXPECT_NE(outcome.err.find(judged), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find(finer), std::string::npos) << outcome.err;
  Outcome other = ingot({"check", at("small.yaml"), "--set", "gates.primary.metric=auc"});
  EXPECT_EQ(other.err.find("cannot decide"), std::string::npos) << other.err;
}

} // namespace
