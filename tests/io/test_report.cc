// Reports: JSON that reads back as it was, a page and a Markdown text in which every name is inert.
#include "tests/engine/evaluation_case.h"
#include "tests/io/report_case.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <unistd.h>

extern "C" {
#include "io/report/report_folder.h"
#include "io/report/report_json.h"
}

namespace {

namespace fs = std::filesystem;

// Findings about one model or two, and the tree of their report.
class Reported {
public:
  Reported(const EvaluationCase &champion_rows, const EvaluationCase &rows, bool two, const std::string &name,
           const std::string &gates = "primary: {metric: brier, superior: 0}") {
    const char *task = rows.task == TASK_BINARY       ? "binary, positive: \"yes\""
                       : rows.task == TASK_MULTICLASS ? "multiclass"
                                                      : "regression";
    loaded = load(
        "name: small\nseed: 7\ndata:\n  file: rows.h5\n  split: {by: hash, key: id, train: 0.6, "
        "validation: 0.2, test: 0.2}\n  target: {column: left, task: " +
        std::string(task) +
        "}\n  inputs: auto\nmodel: {kind: linear}\ntrain: {epochs: 1, batch: 256, optimizer: {kind: sgd, "
        "learning_rate: 0.1}}\n" +
        (rows.task == TASK_BINARY ? "business: {unit: EUR, act: \"1\", skip: \"0\"}\n" : "") +
        (gates.empty() ? "" : "gates: {" + gates + "}\n"));
    if (loaded.config == nullptr) throw loaded.problems;
    replace(&loaded.config->goal, name), replace(&loaded.config->owner, name);
    if (loaded.config->business.present) {
      for (char **text :
           {&loaded.config->business.unit, &loaded.config->business.horizon, &loaded.config->business.act})
        replace(text, name);
    }
    EvaluationSet a = champion_rows.set(), b = rows.set();
    const GatesConfig *rules = &loaded.config->gates;
    check(evaluate_model(&challenger, &b, nullptr, rules, &error));
    if (two) {
      check(evaluate_model(&champion, &a, nullptr, rules, &error));
      check(compare_models(&comparison, &a, &b, nullptr, rules, nullptr, &error));
    } else {
      check(judge_first(&verdict, &challenger, rules, nullptr, &error));
    }
    std::vector<const char *> classes(rows.task == TASK_MULTICLASS ? (size_t)rows.classes : 2, name.c_str());
    ReportContext context{};
    context.config = loaded.config;
    context.challenger.name = context.champion.name = name.c_str();
    context.challenger.kind = context.champion.kind = "mlp";
    context.target = context.positive = context.part = context.examples = context.definition =
        context.command = name.c_str();
    context.version = "1";
    if (rows.task != TASK_REGRESSION)
      context.class_names = classes.data(), context.class_count = (int)classes.size();
    json = report_json(&context, &challenger, two ? &champion : nullptr, two ? &comparison : nullptr,
                       two ? &comparison.verdict : &verdict);
  }
  ~Reported() {
    json_decref(json);
    evaluation_report_clear(&challenger);
    evaluation_report_clear(&champion);
    comparison_clear(&comparison);
    verdict_clear(&verdict);
  }
  Reported(const Reported &) = delete;
  json_t *json = nullptr;
  EvaluationReport challenger{}, champion{};
  Comparison comparison{};

private:
  Loaded loaded;
  Verdict verdict{};
  Error error{};
  void check(Status status) {
    if (status != STATUS_OK) throw std::string(error.text);
  }
  static void replace(char **text, const std::string &with) {
    free(*text);
    *text = strdup(with.c_str());
  }
};

EvaluationCase other_scores(EvaluationCase rows) {
  for (size_t i = 0; i < rows.scores.size() && rows.classes == 1; i++)
    rows.scores[i] = 0.6 * rows.scores[i] + 0.02 * (double)(i % 7);
  return rows;
}

std::vector<EvaluationCase> every_task() {
  return {random_binary(400, 0, false, 1), random_binary(400, 6, true, 2),
          random_multiclass(200, 4, false, 3), random_regression(200, true, 4)};
}

std::string gates_for(const EvaluationCase &rows) {
  return rows.task == TASK_BINARY
             ? "primary: {metric: value, superior: 0}, guardrails: [{metric: auc, not_worse: 0.01}]"
         : rows.task == TASK_MULTICLASS
             ? "primary: {metric: log_loss, superior: 0}"
             : "primary: {metric: rmse, superior: 0}, guardrails: [{metric: r2, at_least: 0.2}]";
}

// ---- JSON ----

TEST(JsonText, IsCanonicalAndReadsBack) {
  json_t *json = json_pack("{s:[f,f,f,f],s:{},s:[],s:[{s:n}],s:b,s:I,s:s}", "numbers", 0.1, 1e300, -0.0,
                           0x1p-1074, "empty", "none", "deep", "x", "yes", 1, "big", (json_int_t)INT64_MIN,
                           "text", "\x01 \"\\ \x7f ü </script>");
  Text text = {};
  json_text(&text, json);
  std::string written = take(text_take(&text));
  EXPECT_EQ(written,
            "{\n  \"numbers\": [0.1, 1e+300, 0, 4.94065645841247e-324],\n  \"empty\": {},\n  \"none\": [],\n"
            "  \"deep\": [\n    {\n      \"x\": null\n    }\n  ],\n  \"yes\": true,\n"
            "  \"big\": -9223372036854775808,\n  \"text\": \"\\u0001 \\\"\\\\ \\u007f ü </script>\"\n}\n");
  json_error_t problem;
  json_t *again = json_loads(written.c_str(), JSON_REJECT_DUPLICATES, &problem);
  ASSERT_NE(again, nullptr) << problem.text;
  EXPECT_STREQ(json_string_value(json_object_get(again, "text")), "\x01 \"\\ \x7f ü </script>");
  json_decref(again);
  json_decref(json);
  EXPECT_TRUE(json_is_null(json_finite(0.0 / 0.0)));
  EXPECT_TRUE(json_is_null(json_finite(1e308 * 10)));
}

TEST(JsonText, RefusesWhatIsNoJson) {
  std::string path = testing::TempDir() + "given-" + std::to_string(getpid()) + ".json";
  for (const char *content :
       {"", "{", "{\"a\": 1, \"a\": 2}", "[1,]", "nul", "{\"a\": \"\xff\"}", "\"open", "{} {}"}) {
    std::ofstream(path, std::ios::binary) << content;
    json_t *json = nullptr;
    Error error = {};
    EXPECT_EQ(json_text_read(&json, path.c_str(), &error), STATUS_DATA) << content;
    EXPECT_EQ(json, nullptr);
    EXPECT_NE(std::string(error.text).find(path + ":1"), std::string::npos) << error.text;
  }
  json_t *json = nullptr;
  Error error = {};
  EXPECT_EQ(json_text_read(&json, (path + ".absent").c_str(), &error), STATUS_MISSING);
  fs::remove(path);
}

TEST(ReportJson, RoundTripGivesTheSameBytesAndPages) {
  for (const EvaluationCase &rows : every_task()) {
    for (bool two : {false, true}) {
      Reported first(other_scores(rows), rows, two, "churn", gates_for(rows)),
          second(other_scores(rows), rows, two, "churn", gates_for(rows));
      std::string written = text_of(json_text, first.json);
      EXPECT_EQ(text_of(json_text, second.json), written);
      json_error_t problem;
      json_t *again = json_loads(written.c_str(), JSON_REJECT_DUPLICATES, &problem);
      ASSERT_NE(again, nullptr) << problem.text;
      EXPECT_EQ(text_of(json_text, again), written);
      for (auto render : {report_html, report_markdown, report_text})
        EXPECT_EQ(text_of(render, again), text_of(render, first.json));
      json_decref(again);
    }
  }
}

TEST(ReportJson, HoldsWhatWasFound) {
  EvaluationCase rows = random_binary(400, 0, false, 1), champion = other_scores(rows);
  Reported made(champion, rows, true, "churn", gates_for(rows));
  EXPECT_STREQ(report_string(made.json, "verdict/state"), verdict_state_name(made.comparison.verdict.state));
  EXPECT_EQ(report_number(made.json, "evaluation_set/rows"), 400);
  EXPECT_EQ(report_size(made.json, "metrics"), (size_t)made.comparison.metric_count);
  for (size_t i = 0; i < report_size(made.json, "metrics"); i++) {
    const json_t *metric = json_array_get(report_at(made.json, "metrics"), i);
    const MetricDifference &found = made.comparison.metrics[i];
    EXPECT_STREQ(report_string(metric, "id"), found.metric->name);
    if (found.metric->id == METRIC_value) {
      EXPECT_NEAR(report_scaled(metric, "challenger/value"), found.challenger.value, 1e-6);
      continue;
    }
    EXPECT_EQ(report_number(metric, "champion/value"), found.champion.value);
    EXPECT_EQ(report_number(metric, "delta/value"), found.delta.value);
    if (found.delta.method == INTERVAL_NONE) continue;
    EXPECT_EQ(report_number(metric, "delta/ci/0"), found.delta.low);
    EXPECT_EQ(report_number(metric, "delta/ci/1"), found.delta.high);
  }
  const json_t *policies = report_at(made.json, "business/policies");
  const PolicyValue *of = made.challenger.money.policies;
  const std::pair<const char *, int64_t> expected[] = {
      {"nobody", of[MONEY_NOBODY].value},
      {"everybody", of[MONEY_EVERYBODY].value},
      {"random", of[MONEY_RANDOM].value},
      {"champion", made.champion.money.policies[MONEY_MODEL].value},
      {"challenger", of[MONEY_MODEL].value},
      {"half", of[MONEY_HALF].value},
      {"best_threshold", of[MONEY_BEST_THRESHOLD].value},
      {"oracle", of[MONEY_ORACLE].value}};
  ASSERT_EQ(json_array_size(policies), std::size(expected));
  for (size_t i = 0; i < std::size(expected); i++) {
    EXPECT_STREQ(report_string(json_array_get(policies, i), "name"), expected[i].first);
    EXPECT_EQ(json_integer_value(report_at(json_array_get(policies, i), "value")), expected[i].second);
  }
}

// What stands beside a metric, and everything about the quality of the scores.
TEST(ReportJson, HoldsTheQualityOfTheScores) {
  EvaluationCase rows = random_binary(400, 0, false, 1), champion = other_scores(rows);
  Reported made(champion, rows, true, "churn", gates_for(rows));
  ASSERT_EQ(report_size(made.json, "methods"), report_size(made.json, "metrics"));
  for (size_t i = 0; i < report_size(made.json, "metrics"); i++) {
    const json_t *metric = json_array_get(report_at(made.json, "metrics"), i);
    const MetricDifference &found = made.comparison.metrics[i];
    EXPECT_EQ(report_number(metric, "n"), (double)found.n);
    EXPECT_EQ(report_number(metric, "events"), (double)found.events);
    const char *parameter = report_string(metric, "parameter");
    EXPECT_STREQ(parameter == nullptr ? "" : parameter, found.metric->parameter);
    const json_t *method = json_array_get(report_at(made.json, "methods"), i);
    EXPECT_STREQ(report_string(method, "id"), found.metric->name);
    EXPECT_STREQ(report_string(method, "formula"), found.metric->formula);
    if (found.delta.method == INTERVAL_NONE) continue;
    EXPECT_STREQ(report_string(method, "interval"), interval_method_name(found.delta.method));
  }
  const EvaluationReport &report = made.challenger;
  EXPECT_EQ(report_number(made.json, "calibration/challenger/slope/value"), report.calibration_slope.value);
  EXPECT_EQ(report_number(made.json, "calibration/challenger/intercept/ci/1"),
            report.calibration_intercept.high);
  EXPECT_EQ(report_number(made.json, "calibration/challenger/noise_floor/q95"), report.noise_floor.q95);
  EXPECT_EQ(report_number(made.json, "calibration/challenger/decomposition/mcb"),
            report.brier_parts.miscalibration);
  ASSERT_EQ(report_size(made.json, "gains/challenger"), (size_t)report.gains_count);
  EXPECT_EQ(report_number(made.json, "gains/champion/3/lift"), made.champion.gains[3].lift);
  EXPECT_EQ(report_number(made.json, "gains/challenger/1/capture"), report.gains[1].capture);
  ASSERT_EQ(report_size(made.json, "curves/pr/challenger/x"), (size_t)report.point_count - 1);
  EXPECT_EQ(report_number(made.json, "curves/pr/challenger/x/254"), 1);
  EXPECT_EQ(report_number(made.json, "curves/pr/challenger/y/254"), report.mean_label);
}

TEST(ReportJson, SizesDoNotDependOnRows) {
  EvaluationCase rows = random_binary(20000, 0, false, 5);
  Reported made(other_scores(rows), rows, true, "churn", gates_for(rows));
  EXPECT_LT(text_of(report_html, made.json).size(), 300000u);
  EXPECT_LT(text_of(report_markdown, made.json).size(), 64000u);
}

TEST(ReportJson, AMarginBeyondEveryAmountIsANumber) {
  EvaluationCase rows = random_binary(100, 0, false, 6);
  for (const char *margin : {"1e13", "1e300", "1.7e308"}) {
    Reported made(other_scores(rows), rows, true, "churn",
                  "primary: {metric: value, superior: " + std::string(margin) + "}");
    const json_t *number = report_at(made.json, "gates/0/margin");
    EXPECT_TRUE(number == nullptr || json_number_value(number) > 9e18) << margin;
    EXPECT_STREQ(report_string(made.json, "verdict/state"), "HOLD");
  }
}

// ---- the page ----

TEST(ReportHtml, WellFormedForEveryTaskAndName) {
  for (const EvaluationCase &rows : every_task()) {
    for (bool two : {false, true}) {
      for (const std::string &name : {std::string("plain"), hostile, std::string("\x01\x1f\x7f\r\n\t"),
                                      std::string("]]><!-- --></style></details>"), std::string(3000, '"')}) {
        Reported made(other_scores(rows), rows, two, name, gates_for(rows));
        std::string html = text_of(report_html, made.json);
        expect_well_formed(html);
        EXPECT_EQ(count(without_script(html), "<script"), 0u);
        EXPECT_EQ(count(html, "<style"), 1u);
        EXPECT_EQ(count(html, "</style"), 1u);
        EXPECT_EQ(count(html, "<!--"), 0u);
        EXPECT_EQ(count(html, "src="), 0u);
        EXPECT_EQ(count(html, "href=\"http"), 0u);
        for (char c : html) ASSERT_TRUE((unsigned char)c >= ' ' || c == '\n' || c == '\t') << (int)c;
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST(ReportHtml, IdsAreUnique) {
  EvaluationCase rows = random_binary(300, 0, false, 7);
  Reported made(other_scores(rows), rows, true, "churn", gates_for(rows));
  std::string html = text_of(report_html, made.json);
  std::vector<std::string> ids;
  for (size_t at = html.find(" id=\""); at != std::string::npos; at = html.find(" id=\"", at + 1))
    ids.push_back(html.substr(at + 5, html.find('"', at + 5) - at - 5));
  std::sort(ids.begin(), ids.end());
  EXPECT_GT(ids.size(), 3u);
  EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end())
      << *std::adjacent_find(ids.begin(), ids.end());
}

TEST(ReportHtml, EscapesText) {
  Text text = {};
  text_html(&text, "<a href=\"x\">'&\x01\x1f");
  EXPECT_EQ(take(text_take(&text)), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;  ");
}

TEST(ReportHtml, ToleratesAnyMember) {
  EvaluationCase rows = random_binary(120, 5, false, 8);
  Reported made(other_scores(rows), rows, true, "churn", gates_for(rows));
  std::string before = text_of(json_text, made.json);
  drop_each(made.json, made.json, 0);
  EXPECT_EQ(text_of(json_text, made.json), before);
  json_t *none = json_object(), *list = json_array();
  for (json_t *json : {none, list}) {
    expect_well_formed(text_of(report_html, json));
    text_of(report_markdown, json);
    text_of(report_text, json);
    json_decref(json);
  }
}

// ---- Markdown and the terminal ----

TEST(ReportMarkdown, NamesAreInert) {
  Text text = {};
  text_markdown(&text, "<b> & `x` *y* _z_ [a](b) | # ~ ! > \\ \n\r\x01");
  EXPECT_EQ(take(text_take(&text)),
            "&lt;b\\> &amp; \\`x\\` \\*y\\* \\_z\\_ \\[a\\](b) \\| \\# \\~ \\! \\> \\\\    ");
  EvaluationCase rows = random_binary(300, 0, false, 9);
  Reported plain(other_scores(rows), rows, true, "churn", gates_for(rows)),
      named(other_scores(rows), rows, true, hostile + "\n\n| a | b |\n", gates_for(rows));
  std::string expected = text_of(report_markdown, plain.json),
              markdown = text_of(report_markdown, named.json);
  EXPECT_EQ(count(markdown, "<"), 0u);
  EXPECT_EQ(count(markdown, "\n"), count(expected, "\n")); // no name makes a line
  EXPECT_EQ(count(markdown, "\n|"), count(expected, "\n|"));
  EXPECT_NE(markdown.find("&lt;script\\>"), std::string::npos);
}

TEST(ReportText, VerdictRulesMoneyMetrics) {
  EvaluationCase rows = random_binary(300, 0, false, 10);
  Reported made(other_scores(rows), rows, true, "churn", gates_for(rows));
  std::string text = text_of(report_text, made.json);
  EXPECT_EQ(text.rfind(verdict_state_name(made.comparison.verdict.state), 0), 0u);
  for (const char *part : {"champion", "challenger", "difference", "act on nobody", "act on everybody",
                           "oracle", "AUC", "Log loss"})
    EXPECT_NE(text.find(part), std::string::npos) << part;
}

// The worse model is "worse by"; alone there is no challenger; a heading in % has percentages below it.
TEST(ReportText, WordsSuitTheNumbers) {
  EvaluationCase rows = random_regression(200, true, 4), poor = rows;
  for (double &score : poor.scores) score += 50;
  Reported worse(rows, poor, true, "n", gates_for(rows)), better(poor, rows, true, "n", gates_for(rows));
  std::string sentence = report_string(worse.json, "verdict/sentence");
  EXPECT_NE(sentence.find("is worse by "), std::string::npos) << sentence;
  EXPECT_EQ(sentence.find("−"), std::string::npos) << sentence;
  EXPECT_NE(std::string(report_string(better.json, "verdict/sentence")).find("is better by "),
            std::string::npos);
  EvaluationCase binary = random_binary(300, 0, false, 10);
  Reported alone(binary, binary, false, "n", gates_for(binary));
  for (auto write : {report_text, report_markdown}) {
    std::string text = text_of(write, alone.json);
    EXPECT_EQ(text.find("challenger"), std::string::npos) << text;
    EXPECT_NE(text.find("this model"), std::string::npos) << text;
  }
  std::string page = text_of(report_html, alone.json);
  size_t roc = page.find("<figure id=\"plot-roc\""),
         table = page.find("<caption>true positive rate, %</caption>", roc);
  ASSERT_NE(table, std::string::npos);
  EXPECT_NE(page.substr(table, page.find("</table>", table) - table).find("<td>100</td><td>100</td>"),
            std::string::npos);
}

// A sentence reads the interval that the rule read, whatever that of the metric is.
TEST(ReportJson, RulesHoldWhatTheyJudged) {
  EvaluationCase rows = random_binary(400, 0, false, 1);
  Reported made(other_scores(rows), rows, true, "n", gates_for(rows));
  const Verdict &verdict = made.comparison.verdict;
  ASSERT_EQ(report_size(made.json, "gates"), 2u);
  for (int i = 0; i < 2; i++) {
    const json_t *gate = json_array_get(report_at(made.json, "gates"), (size_t)i);
    double scale = report_number(gate, "scale") > 1 ? 1e6 : 1;
    EXPECT_NEAR(report_number(gate, "judged/ci/0") / scale, verdict.gates[i].judged.low, 1e-6);
    EXPECT_NEAR(report_number(gate, "judged/ci/1") / scale, verdict.gates[i].judged.high, 1e-6);
  }
  std::string text = text_of(report_text, made.json);
  EXPECT_EQ(text.find("low = "), std::string::npos) << text;
}

// A terminal is no place for the control bytes of a name.
TEST(ReportText, ControlBytesOfNamesAreBlanks) {
  EvaluationCase rows = random_binary(300, 0, false, 10);
  Reported made(other_scores(rows), rows, true, "a\x1b[31mred\x07\x7f", gates_for(rows));
  for (char c : text_of(report_text, made.json))
    ASSERT_TRUE(((unsigned char)c >= ' ' && c != 0x7f) || c == '\n');
}

TEST(ReportNumbers, ForPeople) {
  auto fixed = [](double value, int decimals, bool sign) {
    Text text = {};
    format_fixed(&text, value, decimals, sign);
    return take(text_take(&text));
  };
  EXPECT_EQ(fixed(1234567.891, 2, false), "1,234,567.89");
  EXPECT_EQ(fixed(-1234.5, 0, false), "−1,234");
  EXPECT_EQ(fixed(999, 0, true), "+999");
  EXPECT_EQ(fixed(-0.0001, 2, true), "0.00"); // no sign of zero
  EXPECT_EQ(fixed(0.0 / 0.0, 2, true), "–");
  EXPECT_EQ(fixed(-1e308 * 10, 2, true), "−∞");
  EXPECT_EQ(fixed(1e300, 0, false).size(), 301u + 100);
  for (auto [largest, decimals] : {std::pair{1e9, 0},
                                   {1000.0, 0},
                                   {999.99, 2},
                                   {1.0, 2},
                                   {0.2, 2},
                                   {0.0, 2},
                                   {0.02, 3},
                                   {0.002, 4},
                                   {1e-9, 6}})
    EXPECT_EQ(money_decimals(largest), decimals) << largest;
}

// ---- the folder ----

TEST(ReportFolder, SumsCoverEveryFile) {
  fs::path folder = fs::path(testing::TempDir()) / ("report-" + std::to_string(getpid()));
  EvaluationCase rows = random_binary(100, 0, false, 11);
  Reported made(other_scores(rows), rows, false, "churn");
  Error error = {};
  ASSERT_EQ(report_folder_write(folder.c_str(), made.json, nullptr, 0, "name: x\n", &error), STATUS_OK)
      << error.text;
  EXPECT_EQ(system(("cd '" + folder.string() + "' && sha256sum --quiet -c SHA256SUMS").c_str()), 0);
  std::ifstream sums(folder / "SHA256SUMS");
  int lines = 0;
  for (std::string line; std::getline(sums, line);) lines++;
  EXPECT_EQ(lines, 5); // report.json, .html, .md, junit.xml, config.yaml
  std::ofstream(folder / "predictions.h5") << "of an earlier report";
  ASSERT_EQ(report_folder_write(folder.c_str(), made.json, nullptr, 0, nullptr, &error), STATUS_OK)
      << error.text;
  EXPECT_FALSE(fs::exists(folder / "predictions.h5"));
  fs::remove_all(folder);
  std::ofstream(folder.string()) << "a file";
  EXPECT_EQ(report_folder_write(folder.c_str(), made.json, nullptr, 0, nullptr, &error), STATUS_IO);
  fs::remove(folder);
}

} // namespace
