// Payoff expressions: values, canonical text, digests, and every rule that refuses an expression.
#include <gtest/gtest.h>

#include <sqlite3.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

extern "C" {
#include "io/payoff/payoff.h"
#include "io/payoff/sandbox.h"
#include "io/shared/text.h"
}

namespace {

const double NONE = std::nan("");

// A frame and a business definition that own their memory.
class Payoff : public ::testing::Test {
protected:
  void number(const char *name, std::vector<double> values) {
    names_.push_back(name);
    numbers_.push_back(std::move(values));
    codes_.push_back({});
    categories_.push_back({});
  }
  void category(const char *name, std::vector<const char *> categories, std::vector<int32_t> codes) {
    names_.push_back(name);
    numbers_.push_back({});
    codes_.push_back(std::move(codes));
    categories_.push_back(std::move(categories));
  }
  void parameter(const char *name, double value) {
    Parameter p = {};
    p.name = const_cast<char *>(name);
    p.value = p.low = p.high = value;
    params_.push_back(p);
  }

  Status evaluate(const std::string &act, const std::string &skip = "0") {
    build();
    act_ = act;
    skip_ = skip;
    BusinessConfig business = definition();
    payoff_free(&payoffs_);
    error_ = {};
    return payoff_evaluate(&payoffs_, &business, &rows_, &error_);
  }
  BusinessConfig definition() {
    BusinessConfig business = {};
    business.present = true;
    business.unit = const_cast<char *>("EUR");
    business.horizon = const_cast<char *>("one year");
    business.act = const_cast<char *>(act_.c_str());
    business.skip = const_cast<char *>(skip_.c_str());
    business.params = params_.data();
    business.param_count = (int)params_.size();
    return business;
  }
  // The expression is refused with `status`, and the message holds every fragment.
  void refused(Status status, const std::string &act, std::vector<std::string> fragments) {
    EXPECT_EQ(evaluate(act), status) << act << ": " << error_.text;
    for (auto &fragment : fragments)
      EXPECT_NE(std::string(error_.text).find(fragment), std::string::npos) << act << ": " << error_.text;
    EXPECT_EQ(payoffs_.act, nullptr);
  }
  std::vector<int64_t> act() { return {payoffs_.act, payoffs_.act + label_.size()}; }
  std::vector<int64_t> skip() { return {payoffs_.skip, payoffs_.skip + label_.size()}; }

  void build() {
    columns_.clear();
    for (size_t i = 0; i < names_.size(); i++) {
      Column column = {};
      column.name = const_cast<char *>(names_[i].c_str());
      column.kind = categories_[i].empty() ? COLUMN_NUMBER : COLUMN_CATEGORY;
      column.numbers = numbers_[i].data();
      column.codes = codes_[i].data();
      column.categories = const_cast<char **>(categories_[i].data());
      column.category_count = (int)categories_[i].size();
      columns_.push_back(column);
    }
    frame_.rows = (int64_t)label_.size();
    frame_.column_count = (int)columns_.size();
    frame_.columns = columns_.data();
    rows_.frame = &frame_;
    rows_.target = label_.data();
  }
  void TearDown() override { payoff_free(&payoffs_); }

  std::vector<double> label_ = {1, 0, 1, 0};
  PayoffRows rows_ = {};
  Payoffs payoffs_ = {};
  Error error_ = {};
  std::string act_, skip_;

private:
  std::vector<std::string> names_;
  std::vector<std::vector<double>> numbers_;
  std::vector<std::vector<int32_t>> codes_;
  std::vector<std::vector<const char *>> categories_;
  std::vector<Column> columns_;
  std::vector<Parameter> params_;
  Frame frame_ = {};
};

using Values = std::vector<int64_t>;

TEST_F(Payoff, GermanCredit) {
  ASSERT_EQ(evaluate("CASE WHEN label = 1 THEN -5 ELSE 0 END", "CASE WHEN label = 1 THEN 0 ELSE -1 END"),
            STATUS_OK)
      << error_.text;
  EXPECT_EQ(act(), (Values{-5000000, 0, -5000000, 0}));
  EXPECT_EQ(skip(), (Values{0, -1000000, 0, -1000000}));
}

TEST_F(Payoff, ChurnOffer) {
  number("MonthlyCharges", {70.35, 20, 100, 0.1});
  parameter("offer", 60);
  parameter("accept", 0.3);
  ASSERT_EQ(evaluate("CASE WHEN label = 1 THEN :accept * MonthlyCharges * 12 ELSE 0 END - :offer"), STATUS_OK)
      << error_.text;
  EXPECT_EQ(act(), (Values{193260000, -60000000, 300000000, -60000000}));
  EXPECT_EQ(skip(), (Values{0, 0, 0, 0}));
}

TEST_F(Payoff, FraudAmounts) {
  number("amount", {250.5, 80, 9.99, 1000});
  ASSERT_EQ(evaluate("CASE WHEN label = 1 THEN 0 ELSE -5 END",
                     "case when label = 1 then -amount else 0.02*amount end"),
            STATUS_OK)
      << error_.text;
  EXPECT_EQ(act(), (Values{0, -5000000, 0, -5000000}));
  EXPECT_EQ(skip(), (Values{-250500000, 1600000, -9990000, 20000000}));
  EXPECT_STREQ(payoffs_.skip_text, "CASE WHEN label = 1 THEN - amount ELSE 0.02 * amount END");
}

TEST_F(Payoff, RoundsHalfToEven) {
  number("x", {0.0000005, 0.0000015, -0.0000005, 0.0000025});
  ASSERT_EQ(evaluate("x"), STATUS_OK) << error_.text;
  EXPECT_EQ(act(), (Values{0, 2, 0, 2}));
}

TEST_F(Payoff, LanguageComputes) {
  number("x", {1, 2, 3, NONE});
  category("plan", {"basic", "it's"}, {0, 1, -1, 1});
  number("emp.var.rate", {1, 1, 1, 1});
  struct Case {
    const char *text;
    Values want;
  } cases[] = {
      {"coalesce(x, 9)", {1000000, 2000000, 3000000, 9000000}},
      {"iif(plan = 'it''s', 1, 0)", {0, 1000000, 0, 1000000}},
      {"CASE plan WHEN 'basic' THEN 2 WHEN 'it''s' THEN 3 ELSE 4 END", {2000000, 3000000, 4000000, 3000000}},
      {"plan IS NULL", {0, 0, 1000000, 0}},
      {"coalesce(x BETWEEN 2 AND 3, 0) + (plan IS NOT NULL AND plan NOT IN ('basic'))",
       {0, 2000000, 1000000, 1000000}},
      {"MAX(label, min(2, \"emp.var.rate\")) * abs(-2)", {2000000, 2000000, 2000000, 2000000}},
      {"NOT label = 1 OR label <> 0", {1000000, 1000000, 1000000, 1000000}},
      {"1.0/4 - -round(0.6)", {1250000, 1250000, 1250000, 1250000}},
      {"2 + 3 * 4 - 1", {13000000, 13000000, 13000000, 13000000}},
      {"1e-6", {1, 1, 1, 1}},
  };
  for (auto &c : cases) {
    ASSERT_EQ(evaluate(c.text), STATUS_OK) << c.text << ": " << error_.text;
    EXPECT_EQ(act(), c.want) << c.text;
  }
}

TEST_F(Payoff, DigestIsOfTheMeaning) {
  number("x", {1, 2, 3, 4});
  parameter("a", 1);
  ASSERT_EQ(evaluate("x  *  :a+1.0"), STATUS_OK);
  std::string digest = payoffs_.definition;
  EXPECT_STREQ(payoffs_.act_text, "x * :a + 1");
  ASSERT_EQ(evaluate("\"x\"*:a\n + 1"), STATUS_OK);
  EXPECT_EQ(digest, payoffs_.definition);
  ASSERT_EQ(evaluate("x*:a + 2"), STATUS_OK);
  EXPECT_NE(digest, payoffs_.definition);
  parameter("b", 2);
  ASSERT_EQ(evaluate("x*:a + 1"), STATUS_OK);
  EXPECT_NE(digest, payoffs_.definition);
}

TEST_F(Payoff, RefusesTextComparedWithNumber) {
  category("Churn", {"No", "Yes"}, {0, 1, 0, 1});
  for (const char *text : {"Churn = 1", "1 = Churn", "Churn <> label", "Churn IN (1, 2)", "Churn < 3",
                           "CASE Churn WHEN 1 THEN 1 ELSE 0 END", "Churn BETWEEN 0 AND 1", "label = '1'"})
    refused(STATUS_CONFIG, text, {"business.act", "compared with a number"});
  refused(STATUS_CONFIG, "Churn = 1", {"'Churn'", "'No'"});
}

TEST_F(Payoff, RefusesArithmeticOnText) {
  category("plan", {"a", "b"}, {0, 1, 0, 1});
  for (const char *text : {"plan + 1", "-plan", "2 * 'a'", "plan", "'a'", "iif(plan, 1, 0)", "plan AND 1",
                           "NOT plan", "abs(plan)", "coalesce(plan, 0)", "CASE WHEN plan THEN 1 END"})
    refused(STATUS_CONFIG, text, {"business.act"});
}

TEST_F(Payoff, RefusesUnknownTextValue) {
  category("Contract", {"Month-to-month", "One year", "Two year"}, {0, 1, 2, 0});
  refused(STATUS_CONFIG, "iif(Contract = 'Two years', 1, 0)", {"'Two years'", "'Two year'"});
}

TEST_F(Payoff, RefusesIntegerDivision) {
  refused(STATUS_CONFIG, "1/2", {"column 2", "1.0/2"});
  refused(STATUS_CONFIG, "label / 2", {"drops the fraction"});
  refused(STATUS_CONFIG, "(label = 1) / (2 + 1)", {"drops the fraction"});
  refused(STATUS_CONFIG, "5 % 2", {"%"});
}

TEST_F(Payoff, RefusesUnknownNames) {
  number("MonthlyCharges", {1, 2, 3, 4});
  parameter("offer", 60);
  refused(STATUS_CONFIG, "MonthlyCharge * 2", {"'MonthlyCharge'", "did you mean 'MonthlyCharges'"});
  refused(STATUS_CONFIG, "\"monthlycharges\"", {"did you mean 'MonthlyCharges'"});
  refused(STATUS_CONFIG, "\"offer\"", {"no column 'offer'"}); // never read as the string 'offer'
  refused(STATUS_CONFIG, ":ofer", {"did you mean ':offer'"});
  refused(STATUS_CONFIG, "emp.var.rate", {"\"emp.var.rate\""});
}

TEST_F(Payoff, RefusesTheScore) {
  refused(STATUS_CONFIG, "score * 2", {"may not use 'score'"});
  refused(STATUS_CONFIG, "\"score\"", {"may not use 'score'"});
}

TEST_F(Payoff, RefusesWhatIsNoExpression) {
  number("x", {1, 2, 3, 4});
  for (const char *text : {"",
                           "  ",
                           "x;",
                           "x; DROP TABLE predictions",
                           "x -- comment",
                           "x /* c */",
                           "x) FROM predictions; --",
                           "random()",
                           "load_extension('x')",
                           "sum(x)",
                           "max(x)",
                           "count(*)",
                           "datetime('now')",
                           "x x",
                           "x +",
                           "(x",
                           "x)",
                           "1, 2",
                           "CASE x END",
                           "CASE WHEN x THEN",
                           "'open",
                           "\"open",
                           "\"\"",
                           ":",
                           ":1",
                           "?1",
                           "@x",
                           "$x",
                           "x || 'a'",
                           "x & 1",
                           "1.2.3",
                           "12abc",
                           "1e999",
                           "x LIKE 'a'",
                           "EXISTS (x)",
                           "x'00'",
                           "round(x, 2)",
                           "x IN x",
                           "\xff",
                           "`x`",
                           "[x]",
                           "iif(1,2)",
                           "x COLLATE nocase",
                           "CAST(x AS TEXT)",
                           "x IS 1"})
    refused(STATUS_CONFIG, text, {"business.act"});
  for (const char *text : {"abs x", "(SELECT 1)"}) refused(STATUS_CONFIG, text, {"no column"});
  refused(STATUS_CONFIG, std::string(10000, '1'), {"longer than"});
  refused(STATUS_CONFIG, std::string(200, '(') + "x" + std::string(200, ')'), {"nested"});
  refused(STATUS_CONFIG, std::string(200, '-').append("x"), {"comments"});
  std::string minuses;
  for (int i = 0; i < 200; i++) minuses += "- ";
  refused(STATUS_CONFIG, minuses + "x", {"nested"});
}

TEST_F(Payoff, LongestNestingStillRuns) {
  number("x", {1, 2, 3, 4});
  std::string text = std::string(60, '(') + "x" + std::string(60, ')');
  ASSERT_EQ(evaluate(text), STATUS_OK) << error_.text;
  std::string sum = "x";
  for (int i = 0; i < 150; i++) sum += " + x";
  ASSERT_EQ(evaluate(sum), STATUS_OK) << error_.text;
  EXPECT_EQ(act()[0], 151000000);
}

TEST_F(Payoff, MissingPayoffNamesThreeRows) {
  label_ = {1, 0, 1, 0, 1, 0};
  number("x", {NONE, 1, NONE, NONE, 2, NONE});
  const char *ids[] = {"a-7", "b-1", "c-9", "d-2", "e-3", "f-4"};
  rows_.row_ids = ids;
  refused(STATUS_DATA, "x * 2", {"4 of 6 rows", "a-7 (no x)", "c-9", "d-2", "..."});
  EXPECT_EQ(std::string(error_.text).find("f-4"), std::string::npos);
}

TEST_F(Payoff, DivisionByZeroAndOpenCase) {
  number("x", {1, 0, 2, 0});
  refused(STATUS_DATA, "1 / x", {"2 of 4 rows", "rows (row 1 is the first): row 2 (division by zero"});
  refused(STATUS_DATA, "CASE WHEN label = 1 THEN 1 END", {"row 2", "without ELSE"});
}

TEST_F(Payoff, RefusesOverflow) {
  number("x", {1e300, 1, 1e30, 4e12});
  refused(STATUS_DATA, "x * x", {"row 1 (inf)", "row 3"});
  refused(STATUS_DATA, "iif(x > 1e20, 0, x) * 2", {"row 4"});
  label_ = std::vector<double>(10, 1);
  refused(STATUS_DATA, "1e12", {"add up", "thousands"});
}

TEST_F(Payoff, MulticlassLabelIsText) {
  const char *classes[] = {"low", "mid", "high"};
  int32_t truth[] = {0, 2, 1, 2};
  rows_.task = TASK_MULTICLASS;
  rows_.classes = truth;
  rows_.class_names = classes;
  rows_.class_count = 3;
  ASSERT_EQ(evaluate("CASE label WHEN 'high' THEN 2 ELSE -1 END"), STATUS_OK) << error_.text;
  EXPECT_EQ(act(), (Values{-1000000, 2000000, -1000000, 2000000}));
  refused(STATUS_CONFIG, "label = 'hihg'", {"did you mean 'high'"});
  refused(STATUS_CONFIG, "label = 1", {"compared with a number"});
}

// The prediction is known to the payoffs of a regression alone.
TEST_F(Payoff, RegressionMayUseTheScore) {
  const double score[] = {3, 1, 0.5, 0};
  label_ = {1, 2, 0.5, -1};
  refused(STATUS_CONFIG, "score - label", {"may not use 'score'"});
  rows_.task = TASK_REGRESSION;
  rows_.score = score;
  ASSERT_EQ(evaluate("-abs(score - label)"), STATUS_OK) << error_.text;
  EXPECT_EQ(act(), (Values{-2000000, -1000000, 0, -1000000}));
  BusinessConfig business = definition();
  char *text = nullptr;
  ASSERT_EQ(payoff_examples(&text, &business, &rows_, "sold", nullptr, &error_), STATUS_OK) << error_.text;
  EXPECT_NE(std::string(text).find("sold = 0.5, we act: 0.00 EUR"), std::string::npos) << text;
  free(text);
}

// What acting takes from a budget is known before the outcome, and never negative.
TEST_F(Payoff, CostsLookAtNoOutcome) {
  number("calls", {1, 2, 3, 4});
  parameter("call", 0.5);
  ASSERT_EQ(evaluate("1"), STATUS_OK);
  BusinessConfig business = definition();
  int64_t *values = nullptr;
  ASSERT_EQ(payoff_expression(&values, &business, ":call * calls", "capacity.cost", &rows_, &error_),
            STATUS_OK)
      << error_.text;
  EXPECT_EQ(Values(values, values + 4), (Values{500000, 1000000, 1500000, 2000000}));
  free(values);
  EXPECT_EQ(payoff_expression(&values, &business, "label * 2", "capacity.cost", &rows_, &error_),
            STATUS_CONFIG);
  EXPECT_STREQ(error_.text,
               "business.capacity.cost: column 1: a cost may not use 'label': it is spent before "
               "the outcome is known");
  EXPECT_EQ(payoff_expression(&values, &business, "2 - calls", "capacity.cost", &rows_, &error_),
            STATUS_DATA);
  EXPECT_STREQ(error_.text,
               "business.capacity.cost is negative on 2 of 4 rows: row 2 (-1), row 3 (-2); what acting "
               "takes from a budget is written as a positive amount");
  EXPECT_EQ(values, nullptr);
  ASSERT_EQ(payoff_expression(&values, &business, "2 - calls", "act", &rows_, &error_), STATUS_OK);
  free(values);
}

TEST_F(Payoff, ColumnsAndParametersThatAreUsed) {
  number("a", {1, 2, 3, 4});
  number("b", {1, 2, 3, 4});
  number("c", {1, 2, 3, 4});
  parameter("x", 1);
  ASSERT_EQ(evaluate("a * label + :x", "a - b"), STATUS_OK) << error_.text;
  BusinessConfig business = definition();
  TextList names = {};
  ASSERT_EQ(payoff_columns(&names, &business, &rows_, &error_), STATUS_OK);
  ASSERT_EQ(names.count, 2);
  EXPECT_STREQ(names.items[0], "a");
  EXPECT_STREQ(names.items[1], "b");
  text_list_free(&names);
  business.capacity.budget = 5;
  business.capacity.cost = const_cast<char *>("c");
  ASSERT_EQ(payoff_columns(&names, &business, &rows_, &error_), STATUS_OK);
  EXPECT_EQ(names.count, 3);
  text_list_free(&names);
  EXPECT_TRUE(payoff_uses("CASE WHEN label = 1 THEN :x ELSE 0 END", "x"));
  EXPECT_FALSE(payoff_uses("':x' = \"x\" + :xx", "x"));
}

TEST(PayoffDigest, CostsInAnyOrderButNoOtherAmount) {
  Cost costs[] = {{(char *)"a", (char *)"b", 1}, {(char *)"b", (char *)"a", 2}};
  BusinessConfig business = {};
  business.unit = const_cast<char *>("EUR");
  business.costs = {costs, 2};
  char first[DIGEST_HEX], second[DIGEST_HEX];
  payoff_digest_costs(first, &business);
  std::swap(costs[0], costs[1]);
  payoff_digest_costs(second, &business);
  EXPECT_STREQ(first, second);
  costs[0].amount = 3;
  payoff_digest_costs(second, &business);
  EXPECT_STRNE(first, second);
}

TEST_F(Payoff, ExamplesInWords) {
  number("MonthlyCharges", {10, 70.35, 200, 70.35});
  number("unused", {NONE, NONE, NONE, NONE});
  parameter("offer", 60);
  ASSERT_EQ(evaluate("CASE WHEN label = 1 THEN 3.6 * MonthlyCharges ELSE 0 END - :offer"), STATUS_OK);
  BusinessConfig business = definition();
  char *text = nullptr;
  ASSERT_EQ(payoff_examples(&text, &business, &rows_, "Churn", "Yes", &error_), STATUS_OK) << error_.text;
  EXPECT_STREQ(text, "Churn = Yes, we act: +193.26 EUR (MonthlyCharges 70.35)\n"
                     "Churn = Yes, we do not: 0.00 EUR (MonthlyCharges 70.35)\n"
                     "Churn is not Yes, we act: -60.00 EUR (MonthlyCharges 70.35)\n"
                     "Churn is not Yes, we do not: 0.00 EUR (MonthlyCharges 70.35)\n");
  free(text);
}

TEST_F(Payoff, AnEmptyFrameChecksTheDefinition) {
  label_.clear();
  number("x", {});
  EXPECT_EQ(evaluate("x + 1"), STATUS_OK) << error_.text;
  EXPECT_EQ(evaluate("y + 1"), STATUS_CONFIG);
}

// What the parser would refuse first, given to SQLite directly: the second wall.
struct Hostile {
  const char *expression, *fragment;
};

class Sandbox : public ::testing::TestWithParam<Hostile> {};

Status ignore_row(void *, int64_t, SandboxKind, double, Error *) {
  return STATUS_OK;
}

Status run_raw(const char *expression, int64_t budget, Error *error, int64_t rows = 100) {
  std::vector<double> values((size_t)rows, 1);
  Column column = {};
  column.name = const_cast<char *>("x");
  column.numbers = values.data();
  const Column *columns[] = {&column};
  SandboxQuery query = {};
  query.expression = expression;
  query.columns = columns;
  query.column_count = 1;
  query.rows = rows;
  query.budget = budget;
  return sandbox_run(&query, ignore_row, nullptr, error);
}

TEST_P(Sandbox, Refuses) {
  Error error = {};
  EXPECT_EQ(run_raw(GetParam().expression, 1000, &error), STATUS_CONFIG) << GetParam().expression;
  EXPECT_NE(std::string(error.text).find(GetParam().fragment), std::string::npos) << error.text;
}

INSTANTIATE_TEST_SUITE_P(
    All, Sandbox,
    ::testing::Values(
        Hostile{"SELECT 1", "second SELECT"}, Hostile{"(SELECT count(*) FROM predictions)", "count"},
        Hostile{"1) FROM predictions; DROP TABLE x; --", "one value"}, Hostile{"1), (2", "one value"},
        Hostile{"c0) FROM predictions WHERE (c0 > 2) --", "leaves rows out"},
        Hostile{"1) FROM predictions UNION ALL SELECT (2", "SELECT"}, Hostile{"random()", "random"},
        Hostile{"load_extension('a')", "load_extension"}, Hostile{"datetime('now')", "datetime"},
        Hostile{"zeroblob(100000000)", "zeroblob"}, Hostile{"sum(c0)", "sum"}, Hostile{"count(*)", "count"},
        Hostile{"\"nocolumn\"", "no such column"}, Hostile{"name) FROM sqlite_master --", "sqlite_master"},
        Hostile{"(SELECT 1 FROM pragma_database_list)", "SELECT"},
        Hostile{"1) FROM predictions, (WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM t) "
                "SELECT n FROM t",
                ""}));

TEST(SandboxBudget, EndsALongRun) {
  Error error = {};
  EXPECT_EQ(run_raw("c0 + 1", 1000, &error, 20000), STATUS_OK) << error.text;
  EXPECT_EQ(run_raw("c0 + 1", 2, &error, 20000), STATUS_CONFIG);
  EXPECT_NE(std::string(error.text).find("budget"), std::string::npos) << error.text;
}

// The cap holds for all of SQLite in the process, whatever an expression would make of it.
TEST(SandboxMemory, IsCapped) {
  Error error = {};
  ASSERT_EQ(run_raw("c0 + 1", 1000, &error), STATUS_OK) << error.text;
  EXPECT_EQ(sqlite3_hard_heap_limit64(-1), 64 << 20);
  EXPECT_EQ(sqlite3_malloc64(65 << 20), nullptr);
}

TEST(Nearest, PrefersCaseAndSmallSlips) {
  const char *names[] = {"tenure", "TotalCharges", "MonthlyCharges"};
  EXPECT_STREQ(text_nearest("totalcharges", names, 3), "TotalCharges");
  EXPECT_STREQ(text_nearest("tenrue", names, 3), "tenure");
  EXPECT_EQ(text_nearest("q", names, 3), nullptr);
}

} // namespace
