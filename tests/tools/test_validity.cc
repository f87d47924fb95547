// What is known of the judged rows: new to each model and its threshold, not new, or not known.
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <sstream>

#include "report_case.h"

namespace fs = std::filesystem;

namespace {

// "result: text" of a report's checks by "id.role".
std::map<std::string, std::string> checks_of(const std::string &path) {
  json_t *json = nullptr, *check;
  Error error = {};
  size_t i;
  std::map<std::string, std::string> made;
  EXPECT_EQ(json_text_read(&json, path.c_str(), &error), STATUS_OK) << error.text;
  json_array_foreach(const_cast<json_t *>(report_at(json, "checks")), i, check) {
    std::string stated = json_is_true(report_at(check, "stated")) ? " (stated)" : "";
    made[report_string(check, "id") + strlen("validity.")] =
        report_string(check, "result") + stated + ": " + report_string(check, "text");
  }
  json_decref(json);
  return made;
}

const std::string kUnseen = "rows_unseen.", kFrozen = "threshold_frozen.";

class Validity : public testing::Test {
protected:
  void SetUp() override {
    folder = test_folder();
    make_customers(folder, 2000);
  }
  std::string at(const std::string &name) const { return folder + "/" + name; }
  void train_net(const std::vector<std::string> &changes = {}) {
    make_config(at("small.yaml"), changes);
    train(at("small.yaml"), at("net"));
  }
  int count(const std::string &part) {
    int rows = 0;
    Outcome plan = ingot({"plan", at("small.yaml"), "--parts", at("parts.csv"), "--force"});
    EXPECT_EQ(plan.status, 0) << plan.err;
    for (const std::string &line : lines_of(read_file(at("parts.csv"))))
      rows += line.size() > part.size() && line.substr(line.size() - part.size() - 1) == "," + part;
    return rows;
  }
  std::map<std::string, std::string> evaluate(const std::string &model, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"evaluate", at(model), "-o", at("out")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    outcome = run_ingot({arguments, {"XDG_STATE_HOME=" + at("state")}});
    return checks_of(at("out/report.json"));
  }
  // Every score is the row's number; `part` of row i is parts[i % size], "" = no such column.
  void scores(const std::string &name, const std::vector<std::string> &parts, const char *lead = "0.") {
    std::string text = parts.empty() ? "row_id,score\n" : "row_id,score,part\n";
    for (const std::string &line : lines_of(read_file(at("customers.csv")))) {
      std::string id = line.substr(0, line.find(','));
      if (id == "customer") continue;
      text += id + "," + lead + id.substr(1);
      if (!parts.empty()) text += "," + parts[std::stoul(id.substr(1)) % parts.size()];
      text += "\n";
    }
    write_file(at(name), text);
  }
  std::string folder;
  Outcome outcome;
};

// Rows of another file are told by their key; where the run's own data are gone, a copy of them says as much.
TEST_F(Validity, RowsOfARunAreToldByTheirKey) {
  train_net();
  auto own = evaluate("net");
  EXPECT_EQ(own[kUnseen + "challenger"], "pass: net: no row that is judged was trained on");
  EXPECT_EQ(own[kFrozen + "challenger"],
            "pass: net: its threshold was not chosen on the rows that are judged");
  EXPECT_EQ(evaluate("net", {"--split", "train"})[kUnseen + "challenger"].substr(0, 4), "fail");
  EXPECT_EQ(evaluate("net", {"--split", "validation"})[kFrozen + "challenger"].substr(0, 4), "fail");
  std::string trained = "fail: net: " + std::to_string(count("train")) +
                        " of the 2000 rows that are judged were trained on",
              chosen = "fail: net: its threshold was chosen on " + std::to_string(count("validation")) +
                       " of the 2000 rows that are judged";
  fs::copy(at("customers.h5"), at("copy.h5"));
  for (bool gone : {false, true}) {
    if (gone) fs::rename(at("customers.h5"), at("elsewhere.h5"));
    auto all = evaluate("net", {"--data", at("copy.h5")});
    EXPECT_EQ(outcome.status, 10) << outcome.out << outcome.err;
    EXPECT_EQ(all[kUnseen + "challenger"], trained) << gone;
    EXPECT_EQ(all[kFrozen + "challenger"], chosen) << gone;
  }
  fs::create_directory(at("other"));
  make_customers(at("other"), 2500); // the same ones first
  auto lost = evaluate("net", {"--data", at("other/customers.h5")});
  EXPECT_EQ(outcome.status, 20) << outcome.out << outcome.err;
  EXPECT_EQ(lost[kUnseen + "challenger"], "unknown: net: whether it was trained on these rows is not known: "
                                          "the data that it was trained on are not there");
  EXPECT_EQ(lost[kFrozen + "challenger"].substr(0, 8), "unknown:");
  fs::rename(at("elsewhere.h5"), at("customers.h5"));
  EXPECT_EQ(evaluate("net", {"--data", at("other/customers.h5")})[kUnseen + "challenger"].substr(0, 4),
            "fail");
}

// Without a key only the same data can be told; of another file nobody knows.
TEST_F(Validity, WithoutAKeyOnlyTheSameDataAreTold) {
  train_net({"  split: {by: hash, train: 0.7, validation: 0.15, test: 0.15}"});
  std::string trained =
      "fail: net: " + std::to_string(count("train")) + " of the 2000 rows that are judged were trained on";
  EXPECT_EQ(evaluate("net", {"--data", at("customers.h5")})[kUnseen + "challenger"], trained);
  fs::create_directory(at("other"));
  make_customers(at("other"), 2500);
  auto other = evaluate("net", {"--data", at("other/customers.h5")});
  EXPECT_EQ(outcome.status, 20) << outcome.out << outcome.err;
  EXPECT_NE(other[kUnseen + "challenger"].find("unknown: net"), std::string::npos);
  EXPECT_NE(other[kUnseen + "challenger"].find("no key"), std::string::npos);
}

// Another configuration may split the same rows otherwise.
TEST_F(Validity, AnotherSplitJudgesRowsThatWereTrainedOn) {
  train_net();
  make_config(at("turned.yaml"),
              {"  split: {by: hash, key: customer, salt: other, train: 0.7, validation: 0.15, test: 0.15}"});
  EXPECT_EQ(evaluate("net", {"--config", at("small.yaml")})[kUnseen + "challenger"].substr(0, 4), "pass");
  EXPECT_EQ(evaluate("net", {"--config", at("turned.yaml")})[kUnseen + "challenger"].substr(0, 4), "fail");
}

// A threshold that the configuration gives was chosen on no rows.
TEST_F(Validity, AGivenThresholdWasNotChosen) {
  train_net({"  policy: {threshold: 0.3}"});
  EXPECT_EQ(evaluate("net").count(kFrozen + "challenger"), 0u);
}

// Of a prediction file nobody knows what its model was trained on but who made it.
TEST_F(Validity, APredictionFileStatesWhatItsRowsWere) {
  make_config(at("small.yaml"));
  auto judged = [&](const std::vector<std::string> &parts) {
    scores("a.csv", parts);
    return evaluate("a.csv", {"--config", at("small.yaml"), "--set",
                              "gates={guardrails: [{metric: auc, "
                              "at_least: 0.001}]}"})[kUnseen + "challenger"];
  };
  EXPECT_EQ(judged({}),
            "unknown: a.csv: nobody says which rows it was trained on; state it in a column 'part' "
            "of its scores: train, validation or test");
  EXPECT_EQ(outcome.status, 20) << outcome.out << outcome.err;
  EXPECT_NE(outcome.out.find("nobody says"), std::string::npos) << outcome.out;
  EXPECT_EQ(judged({"test", "validation"}),
            "pass (stated): a.csv: no row that is judged was trained on, as its "
            "scores state in the column 'part'");
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_EQ(judged({"train"}).substr(0, 14), "fail (stated):");
  EXPECT_EQ(outcome.status, 10) << outcome.out << outcome.err;
  EXPECT_EQ(judged({"test", ""}).substr(0, 8), "unknown:");
  EXPECT_EQ(outcome.status, 20);
  scores("a.csv", {"test", "holdout"});
  Outcome wrong = ingot({"evaluate", at("a.csv"), "--config", at("small.yaml"), "-o", at("x")});
  EXPECT_EQ(wrong.status, 65);
  EXPECT_NE(wrong.err.find("is holdout: it takes train, validation or test"), std::string::npos) << wrong.err;
}

// One line for each model, also of challengers that the report is not about; kept by the report, and
// verified.
TEST_F(Validity, EveryModelHasItsOwnChecks) {
  train_net();
  scores("a.csv", {});
  scores("b.csv", {"train"}, "0.0");
  std::vector<std::string> compare = {"compare",  at("net"),        at("a.csv"), at("b.csv"),
                                      "--config", at("small.yaml"), "-o",        at("out")};
  ingot(compare);
  std::string report = read_file(at("out/report.json")), judged = std::to_string(count("test"));
  std::string rows = "b.csv: " + judged + " of the " + judged + " rows that are judged were trained on";
  for (const char *said : {"net: no row that is judged was trained on", "a.csv: nobody says", rows.c_str()})
    EXPECT_NE(report.find(said), std::string::npos) << said << report.substr(0, 4000);
  Outcome verified = ingot({"verify", at("out")});
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
  ASSERT_EQ(ingot({"compare", at("net"), at("a.csv"), "--config", at("small.yaml"), "-o", at("two")}).status,
            10);
  auto checks = checks_of(at("two/report.json"));
  EXPECT_EQ(checks[kUnseen + "champion"].substr(0, 10), "pass: net:");
  EXPECT_EQ(checks[kFrozen + "champion"].substr(0, 10), "pass: net:");
  EXPECT_EQ(checks[kUnseen + "challenger"].substr(0, 14), "unknown: a.csv");
  // A report that is compared says of its model what it found.
  ingot({"compare", at("two"), at("two"), "-o", at("three")});
  EXPECT_EQ(checks_of(at("three/report.json"))[kUnseen + "champion"], checks[kUnseen + "challenger"]);
}

// Where the scores' source is there, checks are made again; where it is gone, they are named as what was not.
TEST_F(Validity, ForgedChecksAreFound) {
  make_config(at("small.yaml"));
  scores("a.csv", {"test"});
  scores("b.csv", {"test", "train"}, "0.0");
  ingot({"compare", at("a.csv"), at("b.csv"), "--config", at("small.yaml"), "-o", at("out")});
  auto checks = checks_of(at("out/report.json"));
  EXPECT_EQ(checks[kUnseen + "champion"].substr(0, 14), "pass (stated):");
  EXPECT_EQ(checks[kUnseen + "challenger"].substr(0, 14), "fail (stated):");
  Outcome whole = ingot({"verify", at("out")});
  EXPECT_EQ(whole.status, 0) << whole.out << whole.err;
  EXPECT_EQ(whole.out.find("checks"), std::string::npos) << whole.out;
  std::string report = read_file(at("out/report.json"));
  const char *forgeries[][2] = {{"\"stated\": true", "\"stated\": false"},
                                {"b.csv: ", "a.csv: "},
                                {"validity.rows_unseen.challenger", "validity.rows_unseen.champion"}};
  for (const auto &[before, after] : forgeries) {
    tamper(at("out"), "report.json", before, after);
    Outcome forged = ingot({"verify", at("out")});
    EXPECT_EQ(forged.status, 1) << before << forged.out;
    EXPECT_EQ(forged.out.find("CHANGED  /"), 0u) << before << forged.out;
    forge(at("out"), "report.json", report);
  }
  scores("b.csv", {"test"}, "0.0"); // states otherwise now
  Outcome stated = ingot({"verify", at("out")});
  EXPECT_EQ(stated.status, 1) << stated.out;
  fs::remove(at("b.csv"));
  Outcome gone = ingot({"verify", at("out")});
  EXPECT_EQ(gone.status, 0) << gone.out << gone.err;
  EXPECT_NE(gone.out.find("checks"), std::string::npos) << gone.out;
}

// Whether a threshold stems from other costs cannot be told without the report that was decided again.
TEST_F(Validity, AKeptThresholdIsNamedAsNotMadeAgain) {
  train_net();
  evaluate("net");
  fs::rename(at("customers.h5"), at("elsewhere.h5"));
  Outcome again = ingot({"evaluate", at("out"), "--set", "business.skip=-1", "-o", at("again")});
  EXPECT_NE(read_file(at("again/report.json")).find("\"threshold_kept\": true"), std::string::npos)
      << again.out << again.err;
  Outcome verified = ingot({"verify", at("again")});
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
  EXPECT_NE(verified.out.find("subject/challenger"), std::string::npos) << verified.out;
  tamper(at("again"), "report.json", "\"threshold_kept\": true", "\"threshold_kept\": false");
  EXPECT_EQ(ingot({"verify", at("again")}).status, 1);
}

} // namespace
