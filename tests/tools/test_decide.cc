// Judging and using models through the program: evaluate, compare, predict, and what they refuse.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <map>

#include "report_case.h"

extern "C" {
#include "io/report/json_text.h"
#include "io/report/report_read.h"
}

namespace {

// Without the digests of the reports that models were taken from.
std::string without_reports(const std::string &json) {
  std::string made, line;
  std::stringstream lines(json);
  while (std::getline(lines, line))
    if (line.find("\"report_digest\"") == std::string::npos) made += line + "\n";
  return made;
}

// A report without a member of this indent: from its line to the next one as far left.
std::string without(const std::string &json, const std::string &member, size_t indent) {
  std::string start = "\n" + std::string(indent, ' ') + "\"" + member + "\":";
  size_t at = json.find(start);
  if (at == std::string::npos) return json;
  size_t end = at;
  do end = json.find('\n', end + 1);
  while (json.compare(end + 1, indent, std::string(indent, ' ')) != 0 ||
         strchr(" ]}", json[end + 1 + indent]) != nullptr);
  return json.substr(0, at) + json.substr(end);
}

// What only the data of a run can say, and no report of it.
std::string without_data(std::string json) {
  for (const char *member : {"data", "drift", "importance", "dependence", "learning", "operations"})
    json = without(json, member, 2);
  for (const char *member : {"features", "columns"}) json = without(json, member, 4);
  return json;
}

class Decide : public testing::Test {
protected:
  void SetUp() override {
    folder = test_folder();
    make_customers(folder, 6000);
    make_config(folder + "/small.yaml", {"  epochs: 12", "  batch: 256"});
    make_config(folder + "/linear.yaml", {"  epochs: 12", "  batch: 256", "model: {kind: linear}"});
    train(folder + "/small.yaml", folder + "/net");
    train(folder + "/linear.yaml", folder + "/linear");
  }
  Outcome compare(const std::string &a, const std::string &b, const std::vector<std::string> &more = {}) {
    std::vector<std::string> arguments = {"compare", folder + "/" + a, folder + "/" + b, "-o",
                                          folder + "/out"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return ingot(arguments);
  }
  Outcome predict(const std::string &data, const std::string &out,
                  const std::vector<std::string> &more = {}) {
    std::vector<std::string> arguments = {"predict", folder + "/net", folder + "/" + data, "-o",
                                          folder + "/" + out};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return ingot(arguments);
  }
  // Imports a CSV of its own.
  void import(const std::string &name, const std::string &csv) {
    write_file(folder + "/" + name + ".csv", csv);
    ASSERT_EQ(ingot({"import", folder + "/" + name + ".csv", "-o", folder + "/" + name + ".h5"}).status, 0);
  }
  std::string folder;
};

TEST_F(Decide, ShipsTheNetworkHoldsTheLinearModel) {
  Outcome ship = compare("linear", "net"), hold = compare("net", "linear");
  EXPECT_EQ(ship.status, 0) << ship.out << ship.err;
  EXPECT_EQ(ship.out.rfind("SHIP", 0), 0u) << ship.out;
  EXPECT_EQ(hold.status, 10) << hold.out;
  EXPECT_EQ(hold.out.rfind("HOLD", 0), 0u) << hold.out;
  EXPECT_EQ(compare("net", "net").out.rfind("IDENTICAL", 0), 0u);
}

// What the machine has to do with it is in environment.json; the report says what the model is.
TEST_F(Decide, OperationsAndTheModelCardAreInTheReport) {
  Outcome outcome = ingot({"evaluate", folder + "/net", "-o", folder + "/out", "--set",
                           "card.intended_use=whom to call", "--set", "card.limits=no prices"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  Error error = {};
  json_t *report = nullptr, *environment = nullptr;
  ASSERT_EQ(json_text_read(&report, (folder + "/out/report.json").c_str(), &error), STATUS_OK);
  ASSERT_EQ(json_text_read(&environment, (folder + "/out/environment.json").c_str(), &error), STATUS_OK);
  std::string html = read_file(folder + "/out/report.html");
  EXPECT_GT(report_number(report, "operations/parameters"), 100);
  EXPECT_GT(report_number(report, "operations/inputs"), 2);
  EXPECT_GT(report_number(report, "operations/model_bytes"), 400);
  EXPECT_STREQ(report_string(report, "operations/determinism"),
               "866 rows were scored twice, in pieces of other sizes: the same bytes");
  EXPECT_STREQ(report_string(report, "card/intended_use"), "whom to call");
  EXPECT_STREQ(report_string(report, "card/limits"), "no prices");
  for (const char *id :
       {"id=\"operations\"", "id=\"/operations/parameters\"", "id=\"/operations/determinism\"",
        "id=\"/card/intended_use\"", "id=\"/card/limits\""})
    EXPECT_NE(html.find(id), std::string::npos) << id;
  EXPECT_EQ(read_file(folder + "/out/report.json").find("seconds"), std::string::npos);
  for (const char *measured : {"row_seconds", "batch_seconds", "rows_per_second", "peak_memory_bytes"})
    EXPECT_GT(report_number(environment, (std::string("operations/") + measured).c_str()), 0) << measured;
  EXPECT_EQ(ingot({"verify", folder + "/out"}).status, 0);
  json_decref(report);
  json_decref(environment);
}

TEST_F(Decide, ReportIsAFunctionOfItsInputs) {
  compare("linear", "net");
  std::string json = read_file(folder + "/out/report.json"), html = read_file(folder + "/out/report.html");
  compare("linear", "net");
  EXPECT_EQ(read_file(folder + "/out/report.json"), json);
  EXPECT_EQ(read_file(folder + "/out/report.html"), html);
  EXPECT_EQ(html.find("<script"), html.rfind("<script>(() => {")) << "the slider's alone";
  EXPECT_EQ(html.find("http"), html.find("http-equiv")) << "no network";
  EXPECT_EQ(system(("cd " + folder + "/out && sha256sum --quiet -c SHA256SUMS").c_str()), 0);
}

TEST_F(Decide, ReportsCompareAsTheirRuns) {
  ASSERT_EQ(ingot({"evaluate", folder + "/net"}).status, 0);
  ASSERT_EQ(ingot({"evaluate", folder + "/linear"}).status, 0);
  compare("linear", "net");
  std::string json = read_file(folder + "/out/report.json");
  EXPECT_EQ(compare("linear/report", "net/report/report.json").status, 0);
  std::string again = read_file(folder + "/out/report.json");
  EXPECT_NE(json.find("\"drift\": {"), std::string::npos);
  EXPECT_EQ(again.find("\"drift\": {"), std::string::npos);
  EXPECT_NE(again.find("\"report_digest\""), std::string::npos);
  EXPECT_EQ(without_reports(again), without_data(json));
  EXPECT_EQ(ingot({"verify", folder + "/net"}).status, 0);
}

TEST_F(Decide, OtherRowsAreNotComparable) {
  make_config(folder + "/other.yaml",
              {"  split: {by: hash, key: customer, salt: other, train: 0.7, validation: 0.15, test: 0.15}"});
  train(folder + "/other.yaml", folder + "/other");
  Outcome refused = compare("other", "net");
  EXPECT_EQ(refused.status, 65);
  EXPECT_NE(refused.err.find("not comparable"), std::string::npos) << refused.err;
  Outcome common = compare("other", "net", {"--intersect"});
  EXPECT_TRUE(common.status == 20 || common.status == 10) << common.out << common.err;
}

TEST_F(Decide, RowsThatWereTrainedOnAreHeld) {
  EXPECT_EQ(ingot({"evaluate", folder + "/net", "--split", "train"}).status, 10);
  EXPECT_EQ(ingot({"evaluate", folder + "/net", "--split", "validation"}).status, 10);
  EXPECT_EQ(ingot({"evaluate", folder + "/net", "--split", "tset"}).status, 2);
}

TEST_F(Decide, WithoutGatesNothingIsDecided) {
  make_config(folder + "/free.yaml", {"  primary: {metric: value, superior: 0}"});
  std::string text = read_file(folder + "/free.yaml");
  write_file(folder + "/free.yaml", text.substr(0, text.find("gates:")));
  train(folder + "/free.yaml", folder + "/free");
  EXPECT_EQ(ingot({"evaluate", folder + "/free"}).status, 20);
  EXPECT_EQ(ingot({"evaluate", folder + "/free", "--inconclusive", "ok"}).status, 0);
  EXPECT_EQ(ingot({"evaluate", folder + "/free", "--inconclusive", "fail"}).status, 1);
}

// The oracle of the generated process: it acts on the leavers with 3.6 * charge > 90.
TEST_F(Decide, OracleIsThatOfTheProcess) {
  ASSERT_EQ(ingot({"evaluate", folder + "/net"}).status, 0);
  ASSERT_EQ(ingot({"predict", folder + "/net", folder + "/customers.h5", "-o", folder + "/all.csv"}).status,
            0);
  std::string rows = read_file(folder + "/net/report/report.json");
  std::map<std::string, std::vector<std::string>> customers;
  for (const std::string &line : lines_of(read_file(folder + "/customers.csv")))
    customers[cells_of(line)[0]] = cells_of(line);
  // Test rows are those that the report's predictions name.
  Outcome copied = ingot({"compare", folder + "/net/report", folder + "/net/report", "-o", folder + "/self"});
  ASSERT_EQ(copied.status, 0) << copied.err;
  size_t at = rows.find("\"oracle\"");
  long long oracle = atoll(rows.c_str() + rows.find("\"value\":", at) + 8);
  EXPECT_GT(oracle, 0);
  long long whole = 0; // of all rows: an upper bound that the share of the test part must fit
  for (const auto &[id, row] : customers) {
    if (id == "customer") continue;
    long long gain = llround(3.6 * atof(row[2].c_str()) * 1e6) - 90000000;
    if (row[7] == "yes" && gain > 0) whole += gain;
  }
  EXPECT_NEAR((double)oracle / (double)whole, 0.15, 0.02);
}

TEST_F(Decide, PredictKeepsRowsAndIds) {
  Outcome outcome = predict("customers.h5", "all.csv");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  auto lines = lines_of(read_file(folder + "/all.csv")),
       customers = lines_of(read_file(folder + "/customers.csv"));
  ASSERT_EQ(lines.size(), customers.size());
  EXPECT_EQ(lines[0], "row_id,score,decision,expected_gain");
  for (size_t i = 1; i < lines.size(); i++) ASSERT_EQ(cells_of(lines[i])[0], cells_of(customers[i])[0]);
  EXPECT_EQ(predict("customers.h5", "all.csv").status, 73) << "would overwrite";
  ASSERT_EQ(predict("customers.h5", "top.csv", {"--top", "7"}).status, 0);
  auto top = lines_of(read_file(folder + "/top.csv"));
  ASSERT_EQ(top.size(), 8u);
  for (size_t i = 2; i < top.size(); i++)
    EXPECT_GE(atof(cells_of(top[i - 1])[3].c_str()), atof(cells_of(top[i])[3].c_str()));
  EXPECT_EQ(predict("customers.h5", "all.txt").status, 2);
}

TEST_F(Decide, PredictOnOtherColumns) {
  const std::string head = "customer,tenure,charge,contract,internet,calls,region";
  import("plain", head + "\nA,3,50.5,monthly,dsl,4,north\nB,4,60.5,yearly,fibre,,east\n");
  EXPECT_EQ(predict("plain.h5", "scored_plain.csv").status, 0) << "the target need not be there";
  import("extra", head + ",hat\nA,3,50.5,monthly,dsl,4,north,red\nB,4,60.5,yearly,fibre,2,moon,blue\n");
  Outcome extra = predict("extra.h5", "scored_extra.csv");
  EXPECT_EQ(extra.status, 0) << "a further column is named, an unknown region counts as unknown";
  EXPECT_NE(extra.err.find("hat"), std::string::npos) << extra.err;
  EXPECT_NE(extra.err.find("values that the model does not know: region in 1 row (such as 'moon')\n"),
            std::string::npos)
      << extra.err;
  import("unseen", head + "\nA,3,50.5,never,dsl,4,sun\nB,4,60.5,yearly,fibre,2,moon\n");
  Outcome unseen = predict("unseen.h5", "scored_unseen.csv");
  EXPECT_NE(unseen.err.find("contract in 1 row (such as 'never'), region in 2 rows (such as 'sun')\n"),
            std::string::npos)
      << unseen.err;
  EXPECT_EQ(predict("customers.h5", "scored_known.csv").err.find("does not know"), std::string::npos);
  import("missing",
         "customer,tenure,contract,internet,calls,region\nA,3,monthly,dsl,4,north\nB,4,yearly,dsl,4,east\n");
  Outcome missing = predict("missing.h5", "scored_missing.csv");
  EXPECT_EQ(missing.status, 65);
  EXPECT_NE(missing.err.find("charge"), std::string::npos) << missing.err;
  import("typed", head + "\nA,3,cheap,monthly,dsl,4,north\nB,4,dear,yearly,fibre,2,east\n");
  Outcome typed = predict("typed.h5", "scored_typed.csv");
  EXPECT_EQ(typed.status, 65);
  EXPECT_NE(typed.err.find("charge"), std::string::npos) << typed.err;
}

TEST_F(Decide, PredictionFilesOfAnyTool) {
  ASSERT_EQ(predict("customers.h5", "a.csv").status, 0);
  const std::vector<std::string> rules = {"--config", folder + "/small.yaml",
                                          "--data",   folder + "/customers.h5",
                                          "--set",    "business.policy={threshold: 0.4}"};
  Outcome same = compare("a.csv", "a.csv", rules);
  EXPECT_EQ(same.status, 0) << same.out; // the same scores and threshold: IDENTICAL
  EXPECT_EQ(same.out.find("IDENTICAL"), 0u) << same.out;
  EXPECT_EQ(compare("a.csv", "a.csv").status, 2) << "without a configuration";
  write_file(folder + "/b.csv", "row_id,score\nnobody,0.5\nC000001,0.4\n");
  EXPECT_EQ(compare("b.csv", "b.csv", rules).status, 65);
  write_file(folder + "/c.csv", "row_id,score\nC000002,1.5\nC000001,0.4\n");
  Outcome wrong = compare("a.csv", "c.csv", rules);
  EXPECT_EQ(wrong.status, 65) << "no probability";
  EXPECT_NE(wrong.err.find("c.csv: score of row"), std::string::npos) << wrong.err;
  write_file(folder + "/d.csv", "row_id,score\nC000001,0.5\nC000001,0.4\n");
  Outcome twice = compare("a.csv", "d.csv", rules);
  EXPECT_EQ(twice.status, 65);
  EXPECT_NE(twice.err.find("d.csv: row id 'C000001'"), std::string::npos) << twice.err;
}

// Names of people and columns are inert in the page, and every element is closed.
TEST(DecideOtherTasks, HostileNamesAreInert) {
  std::string folder = test_folder();
  make_customers(folder, 2000);
  make_config(folder + "/small.yaml", {"  epochs: 1"});
  train(folder + "/small.yaml", folder + "/run",
        {"--set", "goal=\"<script>alert(1)</script> & 'quotes'\"", "--set", "owner=\"</main><b>\""});
  ingot({"evaluate", folder + "/run"});
  std::string html = read_file(folder + "/run/report/report.html"),
              markdown = read_file(folder + "/run/report/report.md");
  EXPECT_NE(html.find("&lt;script&gt;alert(1)"), std::string::npos);
  EXPECT_EQ(html.find("<script"), html.rfind("<script>(() => {")) << "the slider's alone";
  EXPECT_EQ(html.find("<b></b>"), std::string::npos);
  EXPECT_EQ(markdown.find("<script"), std::string::npos);
  std::vector<std::string> open;
  for (size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    size_t end = html.find('>', at);
    std::string tag = html.substr(at + 1, end - at - 1), name = tag.substr(0, tag.find_first_of(" /\n", 1));
    bool is_void = name == "!doctype" || name == "meta" || name == "br" || name == "link" ||
                   name == "input" || tag.back() == '/';
    if (is_void) continue;
    if (tag[0] != '/') {
      open.push_back(name);
      continue;
    }
    ASSERT_FALSE(open.empty()) << tag;
    ASSERT_EQ("/" + open.back(), tag) << "at byte " << at;
    open.pop_back();
  }
  EXPECT_TRUE(open.empty());
}

// Several classes and a number as target, from CSV to a comparison and predictions.
TEST(DecideOtherTasks, MulticlassAndRegression) {
  std::string folder = test_folder();
  make_customers(folder, 4000);
  const std::pair<const char *, const char *> tasks[] = {
      {"  target: {column: internet, task: multiclass}", "select: {metric: log_loss, on: validation}"},
      {"  target: {column: charge, task: regression}", "select: {metric: rmse, on: validation}"}};
  for (auto [target, select] : tasks) {
    bool classes = strstr(target, "multiclass") != nullptr;
    std::string name = classes ? "classes" : "number", config = folder + "/" + name + ".yaml";
    make_config(config, {target, select});
    std::string text = read_file(config);
    size_t inputs = text.find("  inputs:"), business = text.find("business:");
    text = text.substr(0, business);
    text.replace(
        inputs, text.find("model:") - inputs,
        "  inputs:\n    - {columns: [tenure, calls], as: numeric}\n    - {columns: [contract, left], as: "
        "category, embed: 2}\n");
    write_file(config,
               text + "gates: {primary: {metric: " + (classes ? "log_loss" : "rmse") + ", superior: 0}}\n");
    std::string state = train(config, folder + "/" + name);
    EXPECT_EQ(train(config, folder + "/" + name + "2", {"--threads", "3", "--set", "train.micro_batch=256"}),
              state);
    Outcome judged = ingot({"evaluate", folder + "/" + name});
    EXPECT_EQ(judged.status, 0) << judged.out << judged.err;
    EXPECT_NE(judged.out.find(classes ? "Macro F1" : "RMSE"), std::string::npos) << judged.out;
    EXPECT_EQ(
        ingot({"compare", folder + "/" + name, folder + "/" + name + "2", "-o", folder + "/out"}).status, 0);
    ASSERT_EQ(
        ingot({"predict", folder + "/" + name, folder + "/customers.h5", "-o", folder + "/" + name + ".csv"})
            .status,
        0);
    auto lines = lines_of(read_file(folder + "/" + name + ".csv"));
    EXPECT_EQ(lines.size(), 4001u);
    EXPECT_EQ(lines[0], classes ? "row_id,score.dsl,score.fibre,score.none,decision" : "row_id,score");
    ASSERT_EQ(ingot({"predict", folder + "/" + name, folder + "/customers.h5", "-o",
                     folder + "/" + name + "_top.csv", "--top", "5"})
                  .status,
              0);
    std::vector<double> surest, top; // of several classes the one decided on: the largest score
    auto largest = [&](const std::string &line) {
      auto cells = cells_of(line);
      double most = atof(cells[1].c_str());
      for (size_t i = 2; classes && i < 4; i++) most = std::max(most, atof(cells[i].c_str()));
      return most;
    };
    for (size_t i = 1; i < lines.size(); i++) surest.push_back(largest(lines[i]));
    std::sort(surest.rbegin(), surest.rend());
    auto first = lines_of(read_file(folder + "/" + name + "_top.csv"));
    for (size_t i = 1; i < first.size(); i++) top.push_back(largest(first[i]));
    surest.resize(5);
    EXPECT_EQ(top, surest);
  }
}

} // namespace
