// Reports recomputed from the CSV they stem from; prediction files and tampered reports; refused choices.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>

#include "report_case.h"

extern "C" {
#include "io/report/predictions.h"
}

namespace fs = std::filesystem;

namespace {

struct Report : Json {
  using Json::Json;
  int64_t policy(const std::string &name, const char *member = "value") const {
    return json_integer_value(report_at(Json::policy(name), member));
  }
  double metric(const std::string &id) const { return report_number(Json::metric(id), "challenger/value"); }
};

struct Customer {
  int64_t gain = 0; // of acting, millionths
  bool leaves = false, best_acts = false;
};

std::string joined(const std::vector<std::string> &lines) {
  std::string text;
  for (const std::string &line : lines) text += line + "\n";
  return text;
}

class Judging : public testing::Test {
protected:
  void SetUp() override {
    folder = test_folder();
    make_customers(folder, 6000);
    make_config(folder + "/small.yaml", {"  epochs: 8", "  batch: 256"});
    train(folder + "/small.yaml", folder + "/net");
  }
  std::string at(const std::string &name) const { return folder + "/" + name; }
  // The process: acting is worth 3.6 charge [leaves] - 90.
  std::map<std::string, Customer> customers() {
    std::map<std::string, Customer> made;
    for (const std::string &line : lines_of(read_file(at("customers.csv")))) {
      auto cells = cells_of(line);
      if (cells[0] == "customer") continue;
      Customer &customer = made[cells[0]];
      customer.leaves = cells[7] == "yes";
      customer.gain = (customer.leaves ? llround(atof(cells[2].c_str()) * 100) * 36000 : 0) - 90000000;
    }
    std::string generator = fs::path(INGOT_BINARY).parent_path() / "churn_data";
    EXPECT_EQ(system((generator + " 6000 1 truth > " + at("truth.csv")).c_str()), 0);
    for (const std::string &line : lines_of(read_file(at("truth.csv")))) {
      auto cells = cells_of(line);
      if (cells[0] != "customer") made[cells[0]].best_acts = cells[2] == "1";
    }
    return made;
  }
  Outcome compare(const std::string &a, const std::string &b, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"compare", at(a), at(b), "-o", at("out")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return ingot(arguments);
  }
  std::string folder;
};

// Every policy's value is that of the customers behind the report's rows, to the millionth.
TEST_F(Judging, MoneyIsThatOfTheProcess) {
  ASSERT_EQ(ingot({"evaluate", at("net")}).status, 0);
  Report report(at("net/report/report.json"));
  Predictions *rows = nullptr;
  Error error = {};
  ASSERT_EQ(predictions_read(&rows, at("net/report/predictions.h5").c_str(), &error), STATUS_OK)
      << error.text;
  auto known = customers();
  int64_t everybody = 0, oracle = 0, best = 0, leavers = 0;
  for (int64_t i = 0; i < rows->rows; i++) {
    ASSERT_EQ(known.count(rows->ids[i]), 1u) << rows->ids[i];
    const Customer &customer = known[rows->ids[i]];
    EXPECT_EQ(rows->labels[i], customer.leaves);
    EXPECT_EQ(rows->act[i], customer.gain) << rows->ids[i];
    EXPECT_EQ(rows->skip[i], 0);
    everybody += customer.gain;
    oracle += customer.gain > 0 ? customer.gain : 0;
    best += customer.best_acts ? customer.gain : 0;
    leavers += customer.leaves;
  }
  EXPECT_EQ(report_number(report.json, "evaluation_set/rows"), (double)rows->rows);
  EXPECT_EQ(report_number(report.json, "evaluation_set/events"), (double)leavers);
  EXPECT_EQ(report.policy("nobody"), 0);
  EXPECT_EQ(report.policy("everybody"), everybody);
  EXPECT_EQ(report.policy("oracle"), oracle);
  EXPECT_GT(best, 0);
  EXPECT_LT(best, oracle);
  EXPECT_GT(report.policy("challenger"), 0);
  EXPECT_LT(report.policy("challenger"), oracle);
  // The frozen threshold on these scores gives the model's value.
  double threshold = report_number(report.json, "business/policy/threshold");
  int64_t value = 0, acted = 0;
  double brier = 0;
  for (int64_t i = 0; i < rows->rows; i++) {
    bool acts = rows->scores[i] >= threshold;
    value += acts ? rows->act[i] : 0;
    acted += acts;
    brier += (rows->scores[i] - rows->labels[i]) * (rows->scores[i] - rows->labels[i]);
  }
  EXPECT_EQ(report.policy("challenger"), value);
  EXPECT_EQ(report.policy("challenger", "acted"), acted);
  EXPECT_NEAR(report.metric("brier"), brier / (double)rows->rows, 1e-12);
  predictions_free(rows);
}

// Of a prediction file in any order of rows the verdict and every number are those of the sorted one.
TEST_F(Judging, PredictionFilesInAnyOrder) {
  ASSERT_EQ(ingot({"predict", at("net"), at("customers.h5"), "-o", at("a.csv")}).status, 0);
  auto lines = lines_of(read_file(at("a.csv")));
  for (size_t i = 0; i < lines.size(); i++) lines[i] += i == 0 ? ",part" : ",test"; // as a stranger's would
  write_file(at("a.csv"), joined(lines));
  std::string turned = lines[0] + "\n";
  for (size_t i = lines.size() - 1; i > 0; i--) turned += lines[i] + "\n";
  fs::create_directories(at("turned"));
  write_file(at("turned/a.csv"), turned);
  std::string poor = "row_id,score,part\n";
  for (size_t i = 1; i < lines.size(); i++)
    poor += cells_of(lines[i])[0] + (i % 2 == 0 ? ",0.4,test\n" : ",0.2,test\n");
  write_file(at("poor.csv"), poor);
  std::vector<std::string> rules = {"--config", at("small.yaml"), "--set",
                                    "business.policy={threshold: 0.4}"};
  EXPECT_EQ(compare("poor.csv", "a.csv", rules).status, 0);
  std::string json = read_file(at("out/report.json"));
  EXPECT_EQ(compare("poor.csv", "turned/a.csv", rules).status, 0);
  EXPECT_EQ(read_file(at("out/report.json")), json);
  EXPECT_EQ(compare("a.csv", "poor.csv", rules).status, 10);
  // Part of the rows: refused, or compared without a chance to ship.
  write_file(at("part.csv"), poor.substr(0, poor.find("C004000")));
  EXPECT_EQ(compare("part.csv", "a.csv", rules).status, 65);
  rules.push_back("--intersect");
  EXPECT_EQ(compare("part.csv", "a.csv", rules).status, 20);
  EXPECT_EQ(Report(at("out/report.json")).text("verdict/state"), "INCONCLUSIVE");
}

TEST_F(Judging, ClassesGoByTheirNames) {
  make_config(at("classes.yaml"), {"  target: {column: internet, task: multiclass}"});
  std::string text = read_file(at("classes.yaml"));
  text = text.substr(0, text.find("business:"));
  text.replace(text.find(", internet"), 10, "");
  text.replace(text.find("metric: auc"), 11, "metric: log_loss");
  write_file(at("classes.yaml"), text + "gates: {primary: {metric: log_loss, superior: 0}}\n");
  auto csv = [&](const std::string &head, const std::string &none, const std::string &dsl,
                 const std::string &fibre) {
    std::string made = "row_id,part," + head + "\n";
    for (const std::string &line : lines_of(read_file(at("customers.csv")))) {
      auto cells = cells_of(line);
      if (cells[0] != "customer")
        made += cells[0] + ",test," + (cells[4] == "none" ? none : cells[4] == "dsl" ? dsl : fibre) + "\n";
    }
    return made;
  };
  write_file(at("right.csv"),
             csv("score.none,score.fibre,score.dsl", "0.8,0.1,0.1", "0.1,0.1,0.8", "0.1,0.8,0.1"));
  write_file(at("even.csv"),
             csv("score.dsl,score.fibre,score.none", "0.2,0.2,0.6", "0.6,0.2,0.2", "0.2,0.6,0.2"));
  Outcome ship = compare("even.csv", "right.csv", {"--config", at("classes.yaml")});
  EXPECT_EQ(ship.status, 0) << ship.out << ship.err;
  Report report(at("out/report.json"));
  EXPECT_EQ(report.metric("accuracy"), 1);
  EXPECT_NEAR(report.metric("log_loss"), -std::log(0.8), 1e-12);
  write_file(at("other.csv"),
             csv("score.none,score.glass,score.dsl", "0.8,0.1,0.1", "0.1,0.1,0.8", "0.1,0.8,0.1"));
  Outcome other = compare("even.csv", "other.csv", {"--config", at("classes.yaml")});
  EXPECT_EQ(other.status, 65);
  EXPECT_NE(other.err.find("score.fibre"), std::string::npos) << other.err;
  write_file(at("two.csv"), csv("score.none,score.dsl", "0.9,0.1", "0.1,0.9", "0.5,0.5"));
  EXPECT_EQ(compare("even.csv", "two.csv", {"--config", at("classes.yaml")}).status, 65);
  write_file(at("one.csv"), csv("score", "0.9", "0.1", "0.5"));
  Outcome one = compare("even.csv", "one.csv", {"--config", at("classes.yaml")});
  EXPECT_EQ(one.status, 65);
  EXPECT_NE(one.err.find("a column 'score.CLASS' for each, as in 'score.dsl'"), std::string::npos) << one.err;
}

TEST_F(Judging, ChoicesThatDoNotApplyAreRefused) {
  ASSERT_EQ(ingot({"evaluate", at("net")}).status, 0);
  ASSERT_EQ(ingot({"predict", at("net"), at("customers.h5"), "-o", at("a.csv")}).status, 0);
  const std::vector<std::vector<std::string>> refused = {
      {"evaluate", at("net"), "--data", at("customers.h5"), "--split", "test"},
      {"evaluate", at("net"), "--inconclusive", "maybe"},
      {"compare", at("net/report"), at("net/report"), "--split", "test"},
      {"compare", at("net/report"), at("net/report"), "--data", at("customers.h5")},
      {"compare", at("a.csv"), at("a.csv"), "--config", at("small.yaml"), "--split", "tset"},
      {"evaluate", at("net"), "--split", "all"},
      {"compare", at("net")},
      {"evaluate"},
      {"predict", at("net"), at("customers.h5")},
  };
  for (const auto &arguments : refused) {
    Outcome outcome = ingot(arguments);
    EXPECT_EQ(outcome.status, 2) << arguments[0] << " " << arguments.back() << outcome.err;
    EXPECT_NE(outcome.err.find("error"), std::string::npos);
  }
  EXPECT_EQ(compare("nothing", "net").status, 66);
  EXPECT_EQ(ingot({"evaluate", at("nothing")}).status, 66);
  EXPECT_EQ(ingot({"predict", at("net"), at("nothing.h5"), "-o", at("b.csv")}).status, 66);
  EXPECT_FALSE(exists(at("b.csv")));
}

// Other rules or rows make a report of their own; the command in a report names what it was made with.
TEST_F(Judging, EveryReportNamesItsCommand) {
  ASSERT_EQ(ingot({"evaluate", at("net")}).status, 0);
  std::string own = read_file(at("net/report/report.json"));
  EXPECT_EQ(Report(at("net/report/report.json")).text("lineage/command"), "ingot evaluate net");
  ASSERT_EQ(ingot({"evaluate", at("net"), "--set", "business.unit=US dollar"}).status, 0);
  EXPECT_EQ(read_file(at("net/report/report.json")), own);
  ASSERT_EQ(ingot({"evaluate", at("net"), "-o", at("out"), "--set", "business.unit=US dollar", "--config",
                   at("small.yaml")})
                .status,
            0);
  EXPECT_EQ(Report(at("out/report.json")).text("lineage/command"),
            "ingot evaluate net --config small.yaml --set 'business.unit=US dollar'");
  EXPECT_EQ(ingot({"evaluate", at("net"), "-o", at("out"), "--data", at("customers.h5")}).status, 10);
  EXPECT_EQ(Report(at("out/report.json")).text("lineage/command"), "ingot evaluate net --data customers.h5");
}

// A report whose files do not fit each other is refused; whatever byte differs, nothing crashes.
TEST_F(Judging, TamperedReports) {
  ASSERT_EQ(ingot({"evaluate", at("net")}).status, 0);
  auto with = [&](const std::string &file, const std::string &content) {
    fs::remove_all(at("copy"));
    fs::copy(at("net/report"), at("copy"));
    if (content.empty())
      fs::remove(at("copy/" + file));
    else
      write_file(at("copy/" + file), content);
    return compare("net/report", "copy").status;
  };
  std::string json = read_file(at("net/report/report.json"));
  EXPECT_EQ(with("report.json", json), 0);
  EXPECT_EQ(with("report.json", "{"), 65);
  EXPECT_EQ(with("predictions.h5", ""), 66);
  EXPECT_EQ(with("config.yaml", ""), 66);
  EXPECT_EQ(with("predictions.h5", "no HDF5"), 65);
  EXPECT_EQ(with("config.yaml", "name: [\n"), 65);
  EXPECT_EQ(with("config.yaml", read_file(at("net/report/config.yaml")) + "#\n"), 65);
  EXPECT_EQ(with("SHA256SUMS", ""), 66);
  std::string sums = read_file(at("net/report/SHA256SUMS"));
  EXPECT_EQ(with("SHA256SUMS", sums.substr(sums.find('\n') + 1)), 65) << "config.yaml is not listed";
  Outcome outcome = compare("net/report", "copy");
  EXPECT_NE(outcome.err.find("copy/config.yaml"), std::string::npos) << outcome.err;
  for (size_t i = 0; i < 40; i++) {
    std::string changed = json;
    changed[i * 997 % changed.size()] ^= 0x15;
    EXPECT_EQ(with("report.json", changed), 65) << i;
  }
}

// The list to act on: the largest expected gains of all rows, and a decision for each.
TEST_F(Judging, TopIsTheHeadOfAllRows) {
  ASSERT_EQ(ingot({"predict", at("net"), at("customers.h5"), "-o", at("all.h5")}).status, 0);
  ASSERT_EQ(ingot({"predict", at("net"), at("customers.h5"), "-o", at("all.csv")}).status, 0);
  ASSERT_EQ(ingot({"predict", at("net"), at("customers.h5"), "-o", at("top.csv"), "--top", "100"}).status, 0);
  auto all = lines_of(read_file(at("all.csv"))), top = lines_of(read_file(at("top.csv")));
  ASSERT_EQ(all.size(), 6001u);
  ASSERT_EQ(top.size(), 101u);
  std::vector<std::string> rows;
  for (size_t i = 1; i < all.size(); i++)
    if (cells_of(all[i])[2] == "1") rows.push_back(all[i]);
  ASSERT_GE(rows.size(), 100u);
  std::stable_sort(rows.begin(), rows.end(), [](const std::string &a, const std::string &b) {
    auto x = cells_of(a), y = cells_of(b);
    double gain = atof(x[3].c_str()) - atof(y[3].c_str());
    return gain != 0 ? gain > 0 : atof(x[1].c_str()) > atof(y[1].c_str());
  });
  for (size_t i = 0; i < 100; i++) EXPECT_EQ(top[i + 1], rows[i]);
  Predictions *read = nullptr;
  Error error = {};
  ASSERT_EQ(predictions_read(&read, at("all.h5").c_str(), &error), STATUS_OK) << error.text;
  ASSERT_EQ(read->rows, 6000);
  for (size_t i = 0; i < 6000; i++) {
    EXPECT_EQ(cells_of(all[i + 1])[0], read->ids[i]);
    EXPECT_EQ(atof(cells_of(all[i + 1])[1].c_str()), read->scores[i]);
  }
  predictions_free(read);
}

// Customers that differ in nothing but their ids: which of them come first is not the file's order.
TEST_F(Judging, EqualRowsGoByTheirIds) {
  const std::string head = "customer,tenure,charge,contract,internet,calls,region\n",
                    values = ",1,99.5,monthly,fibre,6,north\n";
  std::string forth = head, back;
  for (char id = 'A'; id <= 'H'; id++) {
    forth += std::string(1, id) + values;
    back = std::string(1, id) + values + back;
  }
  std::vector<std::string> lists;
  for (const std::string &csv : {forth, head + back}) {
    write_file(at("equal.csv"), csv);
    ASSERT_EQ(ingot({"import", at("equal.csv"), "-o", at("equal.h5"), "-f"}).status, 0);
    ASSERT_EQ(ingot({"predict", at("net"), at("equal.h5"), "-o", at("top.csv"), "--top", "3", "-f"}).status,
              0);
    lists.push_back(read_file(at("top.csv")));
  }
  EXPECT_EQ(lists[0], lists[1]);
  // SHA-256 of "G" begins with 33, of "D" with 3f, of "H" with 44; of the others none is below.
  auto lines = lines_of(lists[0]);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(std::string() + lines[1][0] + lines[2][0] + lines[3][0], "GDH");
}

// A list of calls ends with the last customer that the policy acts on, however many were asked for.
TEST_F(Judging, TopHoldsOnlyRowsActedOn) {
  ASSERT_EQ(ingot({"predict", at("net"), at("customers.h5"), "-o", at("all.csv")}).status, 0);
  size_t acted = 0;
  for (const std::string &line : lines_of(read_file(at("all.csv")))) acted += cells_of(line)[2] == "1";
  ASSERT_GT(acted, 100u);
  ASSERT_LT(acted, 6000u);
  Outcome outcome = ingot({"predict", at("net"), at("customers.h5"), "-o", at("top.csv"), "--top", "6000"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  auto top = lines_of(read_file(at("top.csv")));
  EXPECT_EQ(top.size(), acted + 1);
  size_t losses = 0;
  for (size_t i = 1; i < top.size(); i++) {
    EXPECT_EQ(cells_of(top[i])[2], "1");
    losses += cells_of(top[i])[3][0] == '-';
  }
  ASSERT_GT(losses, 0u) << "a threshold of the score acts on some rows where it is expected to lose";
  std::string sentence = "; " + std::to_string(losses) + " of them have a negative expected gain\n";
  EXPECT_NE(outcome.err.find(sentence), std::string::npos) << outcome.err;
  outcome = ingot({"predict", at("net"), at("customers.h5"), "-o", at("five.csv"), "--top", "5"});
  EXPECT_EQ(outcome.err.find("negative"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("of " + std::to_string(acted) + " that the policy acts on"), std::string::npos)
      << outcome.err;
}

TEST_F(Judging, IdentifiersAsInputsAreWarnedOf) {
  std::string text = read_file(at("small.yaml"));
  EXPECT_EQ(ingot({"check", at("small.yaml")}).err.find("identifier"), std::string::npos);
  text.replace(text.find("contract, internet"), 8, "customer");
  write_file(at("named.yaml"), text);
  Outcome outcome = ingot({"check", at("named.yaml")});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("column 'customer' has "), std::string::npos) << outcome.err;
}

// Why two models cannot be compared is in the report, and comes before what their rows do to the business.
TEST_F(Judging, RefusalsAreReports) {
  std::string csv = read_file(at("customers.csv"));
  for (size_t c = csv.find("\nC"); c != std::string::npos; c = csv.find("\nC", c + 1)) csv[c + 1] = 'D';
  csv.replace(csv.find("charge"), 6, "fee");
  write_file(at("other.csv"), csv);
  ASSERT_EQ(ingot({"import", at("other.csv"), "-o", at("other.h5")}).status, 0);
  make_config(at("other.yaml"));
  std::string text = read_file(at("other.yaml"));
  for (const auto &[from, to] : {std::pair("customers.h5", "other.h5"), std::pair("charge", "fee")})
    for (size_t c = text.find(from); c != std::string::npos; c = text.find(from))
      text.replace(c, strlen(from), to);
  write_file(at("other.yaml"), text);
  train(at("other.yaml"), at("other"));
  Outcome refused = compare("other", "net", {"--json"});
  EXPECT_EQ(refused.status, 65) << refused.err;
  EXPECT_NE(refused.err.find("not comparable: "), std::string::npos) << refused.err;
  EXPECT_EQ(refused.out, read_file(at("out/report.json")));
  Report report(at("out/report.json"));
  EXPECT_EQ(report.text("verdict/state"), "NOT_COMPARABLE");
  EXPECT_EQ(report.text("verdict/reason/0").rfind("not comparable: ", 0), 0u);
  EXPECT_EQ(report.text("subject/champion/name"), "other");
  EXPECT_NE(read_file(at("out/report.html")).find("Not comparable"), std::string::npos);
}

TEST_F(Judging, ReportsInTwoUnitsAreRefused) {
  for (const char *unit : {"EUR", "GBP"})
    ingot({"evaluate", at("net"), "-o", at(unit), "--set", std::string("business.unit=") + unit});
  EXPECT_EQ(compare("EUR", "EUR").status, 0);
  Outcome refused = compare("GBP", "EUR");
  EXPECT_EQ(refused.status, 65) << refused.out;
  EXPECT_NE(refused.err.find("business.unit 'GBP', the challenger with 'EUR'"), std::string::npos)
      << refused.err;
  ingot({"evaluate", at("net"), "-o", at("year"), "--set", "business.unit=EUR", "--set",
         "business.horizon=a year"});
  EXPECT_EQ(compare("year", "EUR").status, 65);
}

} // namespace
