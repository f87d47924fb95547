// Several challengers, and prediction files of other tools.
#include <gtest/gtest.h>

#include "several.h"

namespace {

// What another trainer needs to know: every row once, with its part, and the test rows are those judged.
TEST_F(Several, PlanWritesThePartOfEveryRow) {
  auto plan = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"plan", at("judge.yaml"), "--json", "--parts", at("parts.csv")});
    return ingot(more);
  };
  Outcome outcome = plan({});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  write_file(at("plan.json"), outcome.out);
  std::vector<std::string> lines = lines_of(read_file(at("parts.csv")));
  ASSERT_EQ(lines.size(), ids.size() + 1);
  EXPECT_EQ(lines[0], "row_id,part");
  std::map<std::string, double> rows;
  for (size_t i = 0; i < ids.size(); i++) {
    ASSERT_EQ(lines[i + 1].substr(0, ids[i].size() + 1), ids[i] + ",");
    rows[lines[i + 1].substr(ids[i].size() + 1)]++;
  }
  EXPECT_EQ(rows.size(), 3u);
  Json said(at("plan.json"));
  for (const char *part : {"train", "validation", "test"})
    EXPECT_EQ(rows[part], said.number((std::string("rows/") + part).c_str())) << part;
  ASSERT_LE(compare({"poor.csv", "good.csv"}).status, 20);
  EXPECT_EQ(Json(at("out/report.json")).number("evaluation_set/rows"), rows["test"]);
  EXPECT_EQ(plan({}).status, 73) << "a file that is there is not replaced";
  EXPECT_EQ(plan({"--force"}).status, 0);
}

TEST_F(Several, TheLeaderboardRanksAndTheReportIsAboutTheBest) {
  Outcome outcome = compare({"poor.csv", "good.csv", "better.csv"});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  Json report(at("out/report.json"));
  EXPECT_EQ(report.text("subject/challenger/name"), "better.csv");
  EXPECT_EQ(report.text("leaderboard/models/0/name"), "better.csv");
  EXPECT_EQ(report.text("leaderboard/models/1/name"), "good.csv");
  EXPECT_EQ(report.text("leaderboard/models/2/name"), "poor.csv");
  EXPECT_EQ(report.text("leaderboard/models/0/group"), "A");
  EXPECT_NE(report.text("leaderboard/models/2/group"), "A");
  EXPECT_GE(report.number("leaderboard/models/1/p_holm"), report.number("leaderboard/models/1/p"));
  EXPECT_EQ(report.text("lineage/command"), "ingot compare poor.csv good.csv better.csv --config judge.yaml");
}

// Holm's interval is the one that decided: it is shown, and named, wherever the decision is told.
TEST_F(Several, TheIntervalShownIsTheOneJudged) {
  Outcome outcome = compare({"poor.csv", "good.csv", "better.csv"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  Json report(at("out/report.json"));
  EXPECT_EQ(report.text("gates/0/id"), "primary.value");
  EXPECT_NEAR(report.number("gates/0/confidence"), 0.975, 1e-15); // the first of two
  for (const char *end : {"0", "1"})
    EXPECT_EQ(report.number((std::string("gates/0/delta/ci/") + end).c_str()),
              report.number((std::string("gates/0/judged/ci/") + end).c_str()));
  size_t value = 0;
  while (report.text(("metrics/" + std::to_string(value) + "/id").c_str()) != "value") value++;
  EXPECT_LT(report.number("gates/0/delta/ci/0"),
            report.number(("metrics/" + std::to_string(value) + "/delta/ci/0").c_str()));
  EXPECT_NE(report.text("verdict/sentence").find("(97.5 % interval by Holm "), std::string::npos);
  for (const char *file : {"out/report.html", "out/report.md"}) {
    std::string text = read_file(at(file));
    EXPECT_NE(text.find("Value (97.5 % interval by Holm)"), std::string::npos) << file;
  }
  EXPECT_NE(outcome.out.find("Value (97.5 % interval by Holm)"), std::string::npos) << outcome.out;
  ASSERT_EQ(compare({"poor.csv", "better.csv"}).status, 0);
  EXPECT_EQ(Json(at("out/report.json")).text("gates/0/label"), "Value");
}

// A few large errors less, many small ones more: RMSE gains what money loses.
TEST_F(Several, AVerdictThatMoneyContradictsIsAWarning) {
  std::string champion = "row_id,score,part\n", challenger = champion;
  size_t row = 0;
  for (const std::string &line : lines_of(read_file(at("customers.csv")))) {
    std::vector<std::string> cells;
    std::stringstream stream(line);
    for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
    if (cells[0] == "customer") continue;
    double charge = std::stod(cells[2]);
    champion += cells[0] + "," + std::to_string(charge + (row % 20 == 0 ? 30 : 0.1)) + ",test\n";
    challenger += cells[0] + "," + std::to_string(charge + (row % 2 == 0 ? 3 : 2.9)) + ",test\n";
    row++;
  }
  write_file(at("old.csv"), champion), write_file(at("new.csv"), challenger);
  write_file(at("judge.yaml"),
             "name: judge\n"
             "data:\n"
             "  file: customers.h5\n"
             "  split: {by: hash, key: customer, train: 0.7, validation: 0.15, test: 0.15}\n"
             "  target: {column: charge, task: regression}\n"
             "business: {unit: EUR, act: \"-2.0 * abs(label - score)\", skip: \"-9\"}\n"
             "gates: {primary: {metric: rmse, superior: 0}}\n");
  Outcome outcome = compare({"old.csv", "new.csv"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const std::string words = "The rules say ship; the money says otherwise: on these rows the challenger is "
                            "worth ";
  std::string warning = Json(at("out/report.json")).text("verdict/warning");
  EXPECT_EQ(warning.find(words), 0u) << warning;
  EXPECT_NE(warning.find("No rule reads money: make value the primary metric."), std::string::npos);
  EXPECT_NE(outcome.out.find("WARNING: " + words), std::string::npos) << outcome.out;
  for (const char *file : {"out/report.html", "out/report.md", "out/junit.xml"})
    EXPECT_NE(read_file(at(file)).find(words), std::string::npos) << file;
  // And why: which metrics prefer which model, how often, and where on the axis of the predictions.
  Json report(at("out/report.json"));
  EXPECT_EQ(report.text("agreement/pairs/0/model"), "rmse");
  EXPECT_EQ(report.text("agreement/axis"), "champion's prediction");
  EXPECT_GT(report.number("agreement/pairs/0/p_disagree"), 0.9);
  EXPECT_GE(report_size(report.json, "agreement/bands"), 8u);
  EXPECT_NE(read_file(at("out/report.html")).find("Where the difference in RMSE lies"), std::string::npos);
  ASSERT_EQ(compare({"old.csv", "new.csv"}, {"--set", "gates.primary.metric=mae"}).status, 10);
  EXPECT_EQ(Json(at("out/report.json")).text("verdict/warning"), "");
}

TEST_F(Several, TheOrderOfChallengersChangesNoNumber) {
  ASSERT_EQ(compare({"poor.csv", "good.csv", "better.csv"}).status, 0);
  Json first(at("out/report.json"));
  ASSERT_EQ(compare({"poor.csv", "better.csv", "good.csv"}).status, 0);
  Json second(at("out/report.json"));
  EXPECT_TRUE(json_equal(report_at(first.json, "leaderboard"), report_at(second.json, "leaderboard")));
  EXPECT_TRUE(json_equal(report_at(first.json, "metrics"), report_at(second.json, "metrics")));
}

// The threshold is chosen on the validation rows that the file names, and the test rows are judged.
// A numeric target: any tool's columns lower and upper are judged beside its scores, and kept with the
// report.
TEST_F(Several, PredictionIntervalsOfAnyTool) {
  std::string narrow = "row_id,score,lower,upper,part\n", wide = narrow, bare = "row_id,score\n";
  const std::vector<std::string> lines = lines_of(read_file(at("customers.csv")));
  for (size_t i = 1; i < lines.size(); i++) {
    std::vector<std::string> cells;
    std::stringstream stream(lines[i]);
    for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
    double charge = atof(cells[2].c_str()), score = charge + std::fmod((double)i * 7.3, 20) - 10;
    auto row = [&](double half) {
      return cells[0] + "," + std::to_string(score) + "," + std::to_string(score - half) + "," +
             std::to_string(score + half) + ",test\n";
    };
    narrow += row(5), wide += row(9), bare += cells[0] + "," + std::to_string(score) + "\n";
  }
  write_file(at("narrow.csv"), narrow), write_file(at("wide.csv"), wide), write_file(at("bare.csv"), bare);
  std::string config = read_file(at("judge.yaml"));
  config = config.substr(0, config.find("  target:")) + "  target: {column: charge, task: regression}\n";
  write_file(at("judge.yaml"), config + "gates: {primary: {metric: interval_coverage, superior: 0}}\n");
  ASSERT_EQ(compare({"narrow.csv", "wide.csv"}).status, 0);
  Json report(at("out/report.json"));
  double coverage[2] = {0, 0};
  std::map<std::string, const json_t *> metrics;
  for (size_t i = 0; i < report_size(report.json, "metrics"); i++) {
    const json_t *metric = json_array_get(report_at(report.json, "metrics"), i);
    metrics[report_string(metric, "id")] = metric;
  }
  ASSERT_TRUE(metrics.count("interval_coverage") == 1 && metrics.count("interval_width") == 1);
  coverage[0] = report_number(metrics["interval_coverage"], "champion/value");
  coverage[1] = report_number(metrics["interval_coverage"], "challenger/value");
  EXPECT_NEAR(coverage[0], 0.5, 0.05);
  EXPECT_NEAR(coverage[1], 0.9, 0.05);
  EXPECT_STREQ(report_string(metrics["interval_coverage"], "delta/method"), "tango");
  EXPECT_NEAR(report_number(metrics["interval_width"], "delta/value"), -8, 1e-6); // wider is worse
  EXPECT_EQ(ingot({"verify", at("out")}).status, 0);
  Outcome sql = ingot({"inspect", at("out/report.json"), "/gates/0/delta"});
  EXPECT_EQ(sql.status, 0) << sql.err;
  EXPECT_NE(sql.out.find("lower <= label AND label <= upper"), std::string::npos) << sql.out;
  // Where one model has none, a rule about them cannot be asked, and reports do not show them.
  Outcome refused = compare({"bare.csv", "wide.csv"});
  EXPECT_EQ(refused.status, 65);
  EXPECT_NE(refused.err.find("columns lower and upper beside the scores"), std::string::npos) << refused.err;
  write_file(at("judge.yaml"), config + "gates: {primary: {metric: rmse, superior: 0}}\n");
  EXPECT_NE(compare({"bare.csv", "wide.csv"}).status, 65);
  EXPECT_EQ(read_file(at("out/report.json")).find("interval_coverage"), std::string::npos);
  std::string half = wide;
  write_file(at("half.csv"), half.replace(half.find("upper"), 5, "above"));
  Outcome lacking = compare({"bare.csv", "half.csv"});
  EXPECT_EQ(lacking.status, 65);
  EXPECT_NE(lacking.err.find("column 'upper' is missing"), std::string::npos) << lacking.err;
}

TEST_F(Several, ThresholdsComeFromTheValidationRowsOfTheFile) {
  Outcome outcome = ingot({"evaluate", at("good.csv"), "--config", at("judge.yaml"), "-o", at("one")});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("test rows"), std::string::npos) << outcome.err;
  Json report(at("one/report.json"));
  EXPECT_LT(report.number("evaluation_set/rows"), 1000);
  EXPECT_EQ(report.text("checks/1/id"), "validity.threshold_frozen.challenger");
  EXPECT_EQ(report.text("checks/1/result"), "pass");
  Outcome all =
      ingot({"evaluate", at("good.csv"), "--config", at("judge.yaml"), "-o", at("all"), "--split", "all"});
  EXPECT_EQ(all.status, 10) << all.out << all.err; // the threshold was chosen on rows that are judged
  EXPECT_EQ(Json(at("all/report.json")).number("evaluation_set/rows"), 4000);
}

TEST_F(Several, WithoutValidationRowsNoThresholdCanBeChosen) {
  std::string text = "row_id,score\n" + ids[0] + ",0.5\n";
  write_file(at("one.csv"), text);
  Outcome outcome = ingot({"evaluate", at("one.csv"), "--config", at("judge.yaml"), "-o", at("x")});
  if (outcome.status == 0) GTEST_FAIL() << "the first customer is no validation row";
  EXPECT_EQ(outcome.status, 78);
  EXPECT_NE(outcome.err.find("names none"), std::string::npos) << outcome.err;
}

// Bad scores are named by row; every row of --data is judged, however few or whatever their columns.
TEST_F(Several, ScoresThatAreNoneAreNamedByTheirRow) {
  auto refused = [&](const std::string &score, const std::string &said) {
    std::vector<std::string> lines = lines_of(read_file(at("good.csv")));
    std::string text;
    lines[3] = ids[2] + "," + score + ",test";
    for (const std::string &line : lines) text += line + "\n";
    write_file(at("bad.csv"), text);
    Outcome outcome = compare({"good.csv", "bad.csv"});
    EXPECT_EQ(outcome.status, 65);
    EXPECT_NE(outcome.err.find(said), std::string::npos) << score << ": " << outcome.err;
  };
  refused("nan", "score of row '" + ids[2] + "' is 'nan': it must be a finite number");
  refused("abc", "score of row '" + ids[2] + "' is 'abc': it must be a finite number");
}

TEST_F(Several, EveryRowOfGivenDataIsJudgedAsItIs) {
  auto given = [&](size_t rows, bool second) {
    std::string data = "customer,left\n", a = "row_id,score,part\n", b = a;
    for (size_t i = 0; i < rows; i++) {
      data += ids[i] + (leaves[i] && second ? ",yes\n" : ",no\n");
      a += ids[i] + ",0." + std::to_string(10 + i) + ",test\n",
          b += ids[i] + (leaves[i] ? ",0.9" : ",0.1") + ",test\n";
    }
    write_file(at("few.csv"), data), write_file(at("a.csv"), a), write_file(at("b.csv"), b);
    EXPECT_EQ(ingot({"import", at("few.csv"), "-o", at("few.h5"), "--force"}).status, 0);
    return compare({"a.csv", "b.csv"}, {"--data", at("few.h5"), "--set", "business.policy={threshold: 0.5}",
                                        "--set", "business.act=label - 0.4"});
  };
  Outcome few = given(12, true);
  EXPECT_LE(few.status, 20) << few.err;
  EXPECT_EQ(Json(at("out/report.json")).number("evaluation_set/rows"), 12);
  Outcome one = given(40, false);
  EXPECT_EQ(one.status, 65);
  EXPECT_NE(one.err.find("one class ('no') in the rows that are judged"), std::string::npos) << one.err;
  Outcome chosen = compare({"a.csv", "b.csv"}, {"--data", at("customers.h5")});
  EXPECT_EQ(chosen.status, 78);
  EXPECT_NE(chosen.err.find("every row of --data is judged"), std::string::npos) << chosen.err;
}

TEST_F(Several, PayoffsThatMoneyCannotHoldAreNamed) {
  auto refused = [&](const std::string &act, const std::string &said) {
    Outcome outcome = compare({"poor.csv", "good.csv"}, {"--set", "business.act=" + act});
    EXPECT_EQ(outcome.status, 65) << act;
    EXPECT_NE(outcome.err.find(said), std::string::npos) << act << ": " << outcome.err;
    EXPECT_EQ(outcome.err.find("column medians"), std::string::npos) << outcome.err;
  };
  refused("charge * 1e12", "larger than 4.6e12 units, beyond exact integers, on");
  refused("charge / 0", "the payoff has no usable value on");
  refused("charge / 0", ": C0");
  refused("label * 0.0000001", "every payoff is below a millionth of the unit and would count as 0");
  EXPECT_LE(compare({"poor.csv", "good.csv"}, {"--set", "business.skip=0.1 * 3 - 0.3"}).status, 20);
}

TEST_F(Several, AModelChallengesOnce) {
  write_file(at("copy.csv"), read_file(at("good.csv")));
  for (const char *twice : {"good.csv", "copy.csv"}) {
    Outcome outcome = compare({"poor.csv", "good.csv", twice});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("are the same model"), std::string::npos) << outcome.err;
  }
  EXPECT_EQ(compare({"poor.csv", "poor.csv", "good.csv"}).status, 2);
  EXPECT_EQ(compare({"good.csv", "copy.csv"}).status, 0); // IDENTICAL
}

TEST_F(Several, IntersectLeavesTheRowsThatAllShare) {
  scores("half.csv", 0.4, 2);
  scores("third.csv", 0.3, 3);
  const std::vector<std::string> rules = {"--split", "all", "--set", "business.policy={threshold: 0.5}"};
  EXPECT_EQ(compare({"poor.csv", "half.csv", "third.csv"}, rules).status, 65);
  std::vector<std::string> more = rules;
  more.push_back("--intersect");
  Outcome outcome = compare({"poor.csv", "half.csv", "third.csv"}, more);
  EXPECT_EQ(outcome.status, 20);
  EXPECT_EQ(Json(at("out/report.json")).number("evaluation_set/rows"), 667); // multiples of 6 below 4000
  EXPECT_EQ(Json(at("out/report.json")).number("evaluation_set/coverage/of"), 4000);
  for (const std::string &text :
       {outcome.out, read_file(at("out/report.html")), read_file(at("out/report.md"))}) {
    EXPECT_NE(text.find("scored were compared: 667 of 4,000 rows, 17 %"), std::string::npos) << text;
  }
  EXPECT_EQ(ingot({"verify", at("out")}).status, 0);
}

// Files name themselves by their bytes, reports by theirs, the program by its commit.
TEST_F(Several, LineageNamesFilesReportsAndTheProgram) {
  ASSERT_EQ(compare({"poor.csv", "good.csv"}).status, 0);
  std::string first = read_file(at("out/report.json")), poor, good;
  {
    Json report(at("out/report.json"));
    Json environment(at("out/environment.json"));
    EXPECT_EQ(environment.text("prediction_files/poor.csv"), hex_of(read_file(at("poor.csv"))));
    EXPECT_EQ(environment.text("prediction_files/good.csv"), hex_of(read_file(at("good.csv"))));
    poor = report.text("subject/champion/predictions_digest");
    good = report.text("subject/challenger/predictions_digest");
    EXPECT_EQ(good.size(), DIGEST_HEX - 1u);
    EXPECT_NE(good, poor);
    EXPECT_FALSE(report.text("lineage/commit").empty());
    EXPECT_NE(read_file(at("out/report.html")).find(report.text("lineage/commit")), std::string::npos);
  }
  Outcome outcome = run_ingot({{"compare", at("out"), at("better.csv"), "-o", at("next"), "--config",
                                at("judge.yaml"), "--split", "test"},
                               {"XDG_STATE_HOME=" + at("state")}});
  ASSERT_LE(outcome.status, 20) << outcome.err;
  Json next(at("next/report.json"));
  EXPECT_EQ(next.text("subject/champion/report_digest"), hex_of(first));
  EXPECT_EQ(next.text("subject/champion/predictions_digest"), good);
}

// The configuration has the data: parts and what lies apart are known whatever tool made the scores.
TEST_F(Several, AFileOfScoresHasADataSection) {
  ASSERT_EQ(compare({"poor.csv", "good.csv"}).status, 0);
  Json report(at("out/report.json"));
  double rows = 0;
  ASSERT_EQ(report_size(report.json, "data/parts"), 3u);
  for (int part = 0; part < 3; part++)
    rows += report.number(("data/parts/" + std::to_string(part) + "/rows").c_str());
  EXPECT_EQ(rows, 4000);
  EXPECT_GT(report_size(report.json, "drift/items"), 2u);
  EXPECT_EQ(read_file(at("out/report.json")).find("\"kind\": \"prediction\""), std::string::npos);
  ASSERT_LE(compare({"poor.csv", "good.csv"}, {"--split", "all", "--set", "business.policy={threshold: 0.5}"})
                .status,
            20);
  EXPECT_EQ(report_size(Json(at("out/report.json")).json, "data/parts"), 0u)
      << "rows of every part are judged";
}

// Where no rules are given the report shows some over its own metrics; pasted, they decide.
TEST_F(Several, WithoutRulesTheReportShowsSomeToPaste) {
  std::string config = read_file(at("judge.yaml"));
  size_t gates = config.find("gates:");
  write_file(at("judge.yaml"), config.substr(0, gates));
  Outcome outcome = compare({"poor.csv", "good.csv"});
  EXPECT_EQ(outcome.status, 20) << outcome.out;
  EXPECT_EQ(outcome.out.rfind("UNDECIDED", 0), 0u) << outcome.out;
  const std::string block = "gates:\n"
                            "  primary: {metric: value, superior: 0}\n"
                            "  guardrails:\n"
                            "    - {metric: auc, not_worse: 0.01}\n"
                            "    - {metric: log_loss, not_worse: 0.005}\n";
  EXPECT_NE(outcome.out.find("    gates:\n      primary: {metric: value, superior: 0}\n"), std::string::npos)
      << outcome.out;
  EXPECT_NE(read_file(at("out/report.md")).find("```yaml\n" + block + "```"), std::string::npos);
  EXPECT_NE(read_file(at("out/report.html")).find(">" + block + "</pre>"), std::string::npos);
  EXPECT_EQ(ingot({"verify", at("out")}).status, 0);
  write_file(at("judge.yaml"), config.substr(0, gates) + block);
  outcome = compare({"poor.csv", "good.csv"});
  EXPECT_EQ(outcome.out.rfind("SHIP", 0), 0u) << outcome.out << outcome.err;
  EXPECT_EQ(outcome.out.find("superior: 0"), std::string::npos);
}

TEST_F(Several, TooManyChallengersAreUsage) {
  std::vector<std::string> files(23, "good.csv");
  EXPECT_EQ(compare(files).status, 2);
}

} // namespace
