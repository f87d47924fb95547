// Rules at their very edges, verdicts, rows needed, the swap set, and the digest of the rows.
#include "tests/engine/evaluation_case.h"

extern "C" {
#include "engine/evaluate/rows_match.h"
#include "engine/evaluate/verdict/gates.h"
}

#include <cmath>
#include <gtest/gtest.h>

namespace {

const double kNan = std::nan("");

Estimate interval(double low, double high) {
  return {(low + high) / 2, INTERVAL_T, low, high, (high - low) / 4, 0.5};
}

Estimate point(double value) {
  return {value, INTERVAL_NONE, kNan, kNan, kNan, kNan};
}

Gate gate(const char *metric, GateRule rule, double margin) {
  Gate made{};
  made.metric = const_cast<char *>(metric), made.rule = rule, made.margin = margin;
  return made;
}

// A verdict on differences that are given, not computed.
class Judging {
public:
  GatesConfig gates{};
  Validity validity{};
  Verdict verdict{};
  Judging() { gates.confidence = 0.95; }
  ~Judging() { verdict_clear(&verdict); }
  Judging(const Judging &) = delete;
  Judging &primary(Gate rule) {
    gates.has_primary = true, gates.primary = rule;
    return *this;
  }
  Judging &guardrail(Gate rule) {
    guardrails.push_back(rule);
    gates.guardrails = guardrails.data(), gates.guardrail_count = (int)guardrails.size();
    return *this;
  }
  Judging &check(bool passed) {
    return passed ? check(RESULT_PASS, "no row was trained on") : check(RESULT_FAIL, "rows were trained on");
  }
  Judging &check(GateResult result, const char *text, const char *role = "challenger") {
    ValidityCheck made = {"rows_unseen", role, result, false, ""};
    snprintf(made.text, sizeof made.text, "%s", text);
    checks.push_back(made);
    validity.checks = checks.data(), validity.count = (int)checks.size();
    return *this;
  }
  // delta: of the difference; challenger: of the challenger's own metric.
  Judging &metric(const char *name, Estimate delta, Estimate challenger, Estimate champion = point(0)) {
    MetricDifference difference{};
    difference.metric = &metric_named(name, TASK_BINARY);
    difference.champion = champion, difference.challenger = challenger, difference.delta = delta;
    differences.push_back(difference);
    results.push_back({difference.metric, challenger, false, 0, 0, nullptr});
    return *this;
  }
  VerdictState judge(bool champion = true) {
    verdict_clear(&verdict);
    Judged judged{champion ? nullptr : results.data(),
                  champion ? differences.data() : nullptr,
                  (int)differences.size(),
                  1000,
                  0.95,
                  nullptr,
                  nullptr};
    verdict_of(&verdict, &judged, &gates, &validity);
    EXPECT_GE(verdict.reason_count, 1);
    return verdict.state;
  }
  std::string reason(int i = 0) const { return verdict.reasons[i]; }

private:
  std::vector<Gate> guardrails;
  std::vector<ValidityCheck> checks;
  std::vector<MetricDifference> differences;
  std::vector<MetricResult> results;
};

TEST(Gates, EveryRuleAtItsEdges) {
  const double up = std::nextafter(0.5, 1), down = std::nextafter(0.5, 0);
  struct Row {
    GateRule rule;
    double margin, low, high;
    GateResult result;
  };
  const Row table[] = {
      // superior d: L > d passes, U <= d fails
      {GATE_SUPERIOR, 0.5, up, 1, RESULT_PASS},
      {GATE_SUPERIOR, 0.5, 0.5, 1, RESULT_UNKNOWN},
      {GATE_SUPERIOR, 0.5, 0, up, RESULT_UNKNOWN},
      {GATE_SUPERIOR, 0.5, 0, 0.5, RESULT_FAIL},
      {GATE_SUPERIOR, 0.5, 0.5, 0.5, RESULT_FAIL},
      {GATE_SUPERIOR, 0, 0, 0, RESULT_FAIL},
      // not_worse m: L > -m passes, U < -m fails
      {GATE_NOT_WORSE, 0.5, -down, 1, RESULT_PASS},
      {GATE_NOT_WORSE, 0.5, -0.5, 1, RESULT_UNKNOWN},
      {GATE_NOT_WORSE, 0.5, -1, -0.5, RESULT_UNKNOWN},
      {GATE_NOT_WORSE, 0.5, -1, -up, RESULT_FAIL},
      {GATE_NOT_WORSE, 0.5, 0, 0, RESULT_PASS},
      // at_least a: L >= a passes, U < a fails
      {GATE_AT_LEAST, 0.5, 0.5, 1, RESULT_PASS},
      {GATE_AT_LEAST, 0.5, down, 1, RESULT_UNKNOWN},
      {GATE_AT_LEAST, 0.5, 0, 0.5, RESULT_UNKNOWN},
      {GATE_AT_LEAST, 0.5, 0, down, RESULT_FAIL},
      // at_most a: U <= a passes, L > a fails
      {GATE_AT_MOST, 0.5, 0, 0.5, RESULT_PASS},
      {GATE_AT_MOST, 0.5, 0, up, RESULT_UNKNOWN},
      {GATE_AT_MOST, 0.5, 0.5, 1, RESULT_UNKNOWN},
      {GATE_AT_MOST, 0.5, up, 1, RESULT_FAIL},
      // suspicious c: L > c fails, all else passes
      {GATE_SUSPICIOUS, 0.5, up, 1, RESULT_FAIL},
      {GATE_SUSPICIOUS, 0.5, 0.5, 1, RESULT_PASS},
      {GATE_SUSPICIOUS, 0.5, 0, 0.5, RESULT_PASS},
  };
  for (const Row &row : table) {
    bool relative = gate_rule_is_relative(row.rule);
    Estimate judged = interval(row.low, row.high), other = interval(-9, 9);
    Judging judging;
    judging.primary(gate("auc", row.rule, row.margin))
        .metric("auc", relative ? judged : other, relative ? other : judged);
    VerdictState state = judging.judge();
    std::string at = std::string(gate_rule_names[row.rule]) + " [" + std::to_string(row.low) + ", " +
                     std::to_string(row.high) + "]";
    EXPECT_EQ(judging.verdict.gates[0].result, row.result) << at << " " << judging.verdict.gates[0].text;
    EXPECT_EQ(state, row.result == RESULT_PASS   ? VERDICT_SHIP
                     : row.result == RESULT_FAIL ? VERDICT_HOLD
                                                 : VERDICT_INCONCLUSIVE)
        << at;
    EXPECT_STREQ(judging.verdict.gates[0].id, "primary.auc");
  }
}

// Passes with a warning only where neither the end of the interval nor the difference itself is below the
// bound.
TEST(Gates, SuspiciousWarns) {
  const std::pair<Estimate, bool> rows[] = {
      {interval(0.4, 0.8), true}, {interval(0.2, 0.7), false}, {interval(0, 0.5), false}};
  for (const auto &[judged, warns] : rows) {
    Judging judging;
    judging.primary(gate("auc", GATE_SUSPICIOUS, 0.5)).metric("auc", judged, interval(-9, 9));
    EXPECT_EQ(judging.judge(), VERDICT_SHIP);
    EXPECT_EQ(judging.verdict.gates[0].warning, warns) << judged.low;
  }
  Judging leak;
  leak.primary(gate("auc", GATE_SUSPICIOUS, 0.1)).metric("auc", interval(0.2, 0.3), interval(-9, 9));
  EXPECT_EQ(leak.judge(), VERDICT_HOLD);
  EXPECT_NE(leak.reason().find("leakage"), std::string::npos);
}

// 10 % of a champion of -8 is 0.8: the sign of the champion does not turn the rule round.
TEST(Gates, RelativeMarginsAreFractionsOfTheChampion) {
  const struct {
    Estimate champion;
    double low;
    VerdictState state;
  } rows[] = {
      {interval(-9, -7), -0.79, VERDICT_SHIP},         {interval(-9, -7), -0.81, VERDICT_INCONCLUSIVE},
      {interval(7, 9), -0.79, VERDICT_SHIP},           {interval(7, 9), -0.81, VERDICT_INCONCLUSIVE},
      {interval(-1, 17), -0.01, VERDICT_INCONCLUSIVE}, // the champion's interval holds 0
      {point(8), -0.01, VERDICT_INCONCLUSIVE}};
  for (const auto &row : rows) {
    Gate rule = gate("auc", GATE_NOT_WORSE, 0.1);
    rule.relative = true;
    Judging judging;
    judging.primary(rule).metric("auc", interval(row.low, 1), interval(-9, 9), row.champion);
    EXPECT_EQ(judging.judge(), row.state) << row.champion.value << " " << judging.reason();
  }
}

// At the bound itself the text says which side counts; one model is not judged against itself.
TEST(Gates, TextsAtTheBound) {
  const std::pair<GateRule, const char *> rows[] = {{GATE_SUPERIOR, "primary.auc: high = 0 <= 0"},
                                                    {GATE_NOT_WORSE, "primary.auc: low = 0 <= 0"},
                                                    {GATE_AT_LEAST, "primary.auc: low = 0 >= 0"},
                                                    {GATE_AT_MOST, "primary.auc: high = 0 <= 0"}};
  for (auto [rule, text] : rows) {
    Judging judging;
    judging.primary(gate("auc", rule, 0)).metric("auc", interval(0, 0), interval(0, 0)).judge();
    EXPECT_STREQ(judging.verdict.gates[0].text, text);
    judging.validity.identical = true;
    bool relative = rule == GATE_SUPERIOR || rule == GATE_NOT_WORSE;
    EXPECT_EQ(judging.judge(), VERDICT_IDENTICAL);
    EXPECT_EQ(judging.verdict.gates[0].result == RESULT_NOT_APPLICABLE, relative);
  }
}

TEST(Gates, AFirstModelSaysWhichRulesWereNotAsked) {
  Judging judging;
  judging.primary(gate("auc", GATE_SUPERIOR, 0)).metric("auc", interval(0, 0), interval(0.8, 0.9));
  EXPECT_EQ(judging.judge(false), VERDICT_FIRST);
  EXPECT_EQ(judging.reason(),
            "no champion to compare with: 1 rule could not be asked; there is no absolute rule");
  judging.guardrail(gate("auc", GATE_AT_LEAST, 0.7));
  EXPECT_EQ(judging.judge(false), VERDICT_FIRST);
  EXPECT_EQ(judging.reason(),
            "no champion to compare with: 1 rule could not be asked; every absolute rule passed");
}

TEST(Gates, WithoutAnIntervalNothingPasses) {
  for (GateRule rule : {GATE_SUPERIOR, GATE_NOT_WORSE, GATE_AT_LEAST, GATE_AT_MOST}) {
    Judging judging;
    judging.primary(gate("f1", rule, 0.1)).metric("f1", point(5), point(5));
    EXPECT_EQ(judging.judge(), VERDICT_INCONCLUSIVE);
    EXPECT_NE(judging.reason().find("without an interval"), std::string::npos);
    EXPECT_EQ(judging.verdict.rows_needed, 0);
  }
}

TEST(Gates, VerdictOfManyRules) {
  const Estimate good = interval(0.1, 0.3), bad = interval(-0.3, -0.1), open = interval(-0.1, 0.3);
  struct Row {
    Estimate primary, guardrail;
    VerdictState state;
  };
  const Row table[] = {{good, good, VERDICT_SHIP},         {good, open, VERDICT_INCONCLUSIVE},
                       {good, bad, VERDICT_HOLD},          {open, good, VERDICT_INCONCLUSIVE},
                       {open, open, VERDICT_INCONCLUSIVE}, {open, bad, VERDICT_HOLD},
                       {bad, good, VERDICT_HOLD},          {bad, open, VERDICT_HOLD}};
  for (const Row &row : table) {
    Judging judging;
    judging.primary(gate("value", GATE_SUPERIOR, 0)).guardrail(gate("auc", GATE_NOT_WORSE, 0.01));
    judging.metric("value", row.primary, good).metric("auc", row.guardrail, good).check(true);
    EXPECT_EQ(judging.judge(), row.state);
    ASSERT_EQ(judging.verdict.gate_count, 3); // validity, primary, guardrail
    EXPECT_STREQ(judging.verdict.gates[0].id, "validity.rows_unseen.challenger");
    EXPECT_STREQ(judging.verdict.gates[2].id, "guardrail.auc");
    judging.validity.partial = true; // part of the rows: at best INCONCLUSIVE, and it says so
    EXPECT_EQ(judging.judge(), row.state == VERDICT_SHIP ? VERDICT_INCONCLUSIVE : row.state);
    if (row.state != VERDICT_HOLD) {
      EXPECT_NE(judging.reason(judging.verdict.reason_count - 1).find("all models scored"),
                std::string::npos);
    }
    judging.check(false); // a failed check: HOLD, whatever the rules say
    EXPECT_EQ(judging.judge(), VERDICT_HOLD);
    EXPECT_NE(judging.reason().find("rows were trained on"), std::string::npos);
    judging.validity.identical = true;
    EXPECT_EQ(judging.judge(), VERDICT_IDENTICAL);
  }
}

// Missing evidence is never a pass: what nobody can tell of one model keeps the other's pass from shipping.
TEST(Gates, UnknownValidityShipsNothing) {
  const Estimate good = interval(0.1, 0.3), bad = interval(-0.3, -0.1);
  for (const char *role : {"champion", "challenger"}) {
    Judging judging;
    judging.primary(gate("value", GATE_SUPERIOR, 0)).metric("value", good, good);
    judging.check(RESULT_PASS, "new: no row was trained on").check(RESULT_UNKNOWN, "old: nobody knows", role);
    EXPECT_EQ(judging.judge(), VERDICT_INCONCLUSIVE);
    EXPECT_EQ(judging.reason(), std::string("validity.rows_unseen.") + role + ": old: nobody knows");
    EXPECT_EQ(judging.verdict.rows_needed, 0) << "more rows do not tell";
  }
  Judging first, none, worse;
  first.guardrail(gate("auc", GATE_AT_LEAST, 0)).metric("auc", good, good).check(RESULT_UNKNOWN, "?");
  EXPECT_EQ(first.judge(false), VERDICT_INCONCLUSIVE);
  none.metric("auc", good, good).check(RESULT_UNKNOWN, "?");
  EXPECT_EQ(none.judge(), VERDICT_UNDECIDED);
  worse.primary(gate("value", GATE_SUPERIOR, 0)).metric("value", bad, bad).check(RESULT_UNKNOWN, "?");
  EXPECT_EQ(worse.judge(), VERDICT_HOLD);
}

TEST(Gates, WithoutPrimaryOrRules) {
  const Estimate good = interval(0.1, 0.3);
  Judging guarded;
  guarded.guardrail(gate("auc", GATE_NOT_WORSE, 0.01)).metric("auc", good, good);
  EXPECT_EQ(guarded.judge(), VERDICT_INCONCLUSIVE); // nothing says that it is better
  EXPECT_NE(guarded.reason().find("gates.primary"), std::string::npos);
  Judging none;
  none.metric("auc", good, good);
  EXPECT_EQ(none.judge(), VERDICT_UNDECIDED);
  EXPECT_EQ(none.judge(false), VERDICT_UNDECIDED);
  none.check(false);
  EXPECT_EQ(none.judge(), VERDICT_HOLD);
}

TEST(Gates, FirstModelByAbsoluteRules) {
  const Estimate good = interval(0.7, 0.8), unused = interval(-9, 9);
  Judging judging;
  judging.primary(gate("value", GATE_SUPERIOR, 0)).guardrail(gate("auc", GATE_AT_LEAST, 0.7));
  judging.metric("value", unused, unused).metric("auc", unused, good);
  EXPECT_EQ(judging.judge(false), VERDICT_FIRST);
  EXPECT_EQ(judging.verdict.gates[0].result, RESULT_NOT_APPLICABLE);
  EXPECT_NE(std::string(judging.verdict.gates[0].text).find("needs a champion"), std::string::npos);
  EXPECT_EQ(judging.verdict.loss_metric, nullptr);
  judging.guardrail(gate("auc", GATE_AT_LEAST, 0.75));
  EXPECT_EQ(judging.judge(false), VERDICT_INCONCLUSIVE);
  judging.guardrail(gate("auc", GATE_AT_LEAST, 0.81));
  EXPECT_EQ(judging.judge(false), VERDICT_HOLD);
}

// n ((z_0.975 + z_0.8) SE / (observed - bound))^2 with 1.959964 + 0.841621.
TEST(Gates, RowsNeeded) {
  const double z = 1.959963984540054 + 0.8416212335729143;
  Judging judging;
  judging.primary(gate("value", GATE_SUPERIOR, 0)).metric("value", interval(-1, 5), interval(0, 1));
  ASSERT_EQ(judging.judge(), VERDICT_INCONCLUSIVE);
  double rows = 1000 * std::pow(z * 1.5 / 2, 2);
  EXPECT_NEAR((double)judging.verdict.rows_needed, rows, 1.0);
  EXPECT_TRUE(judging.verdict.for_challenger);
  Judging against;
  against.primary(gate("value", GATE_SUPERIOR, 0)).metric("value", interval(-5, 1), interval(0, 1));
  against.judge();
  EXPECT_NEAR((double)against.verdict.rows_needed, rows, 1.0);
  EXPECT_FALSE(against.verdict.for_challenger);
  Judging never; // the estimate is the bound
  never.primary(gate("value", GATE_SUPERIOR, 2)).metric("value", interval(-1, 5), interval(0, 1));
  never.judge();
  EXPECT_EQ(never.verdict.rows_needed, 0);
  Judging most; // at_most: below the bound is for the challenger
  most.primary(gate("brier", GATE_AT_MOST, 0.2)).metric("brier", interval(0, 1), interval(0.1, 0.25));
  most.judge();
  EXPECT_TRUE(most.verdict.for_challenger);
  Judging decided;
  decided.primary(gate("value", GATE_SUPERIOR, 0)).metric("value", interval(1, 5), interval(0, 1));
  decided.judge();
  EXPECT_EQ(decided.verdict.rows_needed, 0);
}

// All of them must be decided: the one that needs most counts, wherever it stands.
TEST(Gates, RowsNeededAreThoseOfTheSlowestRule) {
  const double z = 1.959963984540054 + 0.8416212335729143;
  const Estimate soon = interval(-1, 5), late = interval(-4, 6), bad = interval(-5, -3),
                 open = interval(-5, 5);
  for (bool first : {false, true}) {
    Judging judging;
    judging.primary(gate("value", GATE_SUPERIOR, 0)).guardrail(gate("auc", GATE_NOT_WORSE, 0));
    judging.metric("value", first ? late : soon, soon).metric("auc", first ? soon : late, soon);
    ASSERT_EQ(judging.judge(), VERDICT_INCONCLUSIVE);
    EXPECT_NEAR((double)judging.verdict.rows_needed, 1000 * std::pow(z * 2.5 / 1, 2), 1.0);
    EXPECT_STREQ(judging.verdict.rows_needed_for, first ? "primary.value" : "guardrail.auc");
    EXPECT_TRUE(judging.verdict.for_challenger);
    judging.guardrail(gate("brier", GATE_NOT_WORSE, 0)).metric("brier", point(1), soon);
    ASSERT_EQ(judging.judge(), VERDICT_INCONCLUSIVE); // no interval, no number: the others count
    EXPECT_STREQ(judging.verdict.rows_needed_for, first ? "primary.value" : "guardrail.auc");
    Judging held;
    held.primary(gate("value", GATE_SUPERIOR, 0)).guardrail(gate("auc", GATE_NOT_WORSE, 0));
    held.metric("value", first ? late : bad, soon).metric("auc", first ? bad : late, soon);
    ASSERT_EQ(held.judge(), VERDICT_HOLD); // more rows would not make it ship
    EXPECT_EQ(held.verdict.rows_needed, 0);
    EXPECT_EQ(held.verdict.rows_needed_for, nullptr);
    Judging never; // one rule's estimate is its bound
    never.primary(gate("value", GATE_SUPERIOR, 0)).guardrail(gate("auc", GATE_NOT_WORSE, 0));
    never.metric("value", first ? open : soon, soon).metric("auc", first ? soon : open, soon);
    ASSERT_EQ(never.judge(), VERDICT_INCONCLUSIVE);
    EXPECT_EQ(never.verdict.rows_needed, 0);
  }
}

// E[max(0, X)] of N(2, 1.5^2): 2 Phi(4/3) + 1.5 phi(4/3).
TEST(Gates, PriceOfBothChoices) {
  Judging judging;
  judging.primary(gate("auc", GATE_SUPERIOR, 0));
  judging.metric("value", interval(-1, 5), interval(0, 1)).metric("auc", interval(0.1, 0.2), interval(0, 1));
  judging.judge();
  ASSERT_NE(judging.verdict.loss_metric, nullptr);
  EXPECT_STREQ(judging.verdict.loss_metric->name, "value"); // money where it is known
  double phi = std::exp(-8.0 / 9) / std::sqrt(2 * M_PI), below = 0.5 * std::erfc(4.0 / 3 / std::sqrt(2.0));
  EXPECT_NEAR(judging.verdict.loss_of_holding, 2 * (1 - below) + 1.5 * phi, 1e-12);
  EXPECT_NEAR(judging.verdict.loss_of_shipping, -2 * below + 1.5 * phi, 1e-12);
  Judging ranking;
  ranking.primary(gate("auc", GATE_SUPERIOR, 0)).metric("auc", interval(0.1, 0.2), interval(0, 1));
  ranking.judge();
  EXPECT_STREQ(ranking.verdict.loss_metric->name, "auc");
  Judging neither;
  neither.metric("auc", interval(0.1, 0.2), interval(0, 1));
  neither.judge();
  EXPECT_EQ(neither.verdict.loss_metric, nullptr);
  EXPECT_TRUE(std::isnan(neither.verdict.loss_of_holding));
}

// ---- two models ----

TEST(Compare, RefusesOtherRows) {
  const EvaluationCase rows = random_binary(50, 0, true, 1);
  std::vector<EvaluationCase> others(6, rows);
  others[0].labels[7] = 1 - others[0].labels[7];
  others[1].weights[3] += 1;
  others[2].act[4] += 1;
  others[3].skip[5] -= 1;
  others[4] = random_binary(49, 0, true, 1);
  others[5].act.clear(), others[5].skip.clear();
  const char *words[] = {"labels: row 8 (row 1 is", "weights: row 4 (", "payoffs: row 5 (",
                         "payoffs: row 6 (",        "49 rows",          "only one"};
  for (size_t i = 0; i < others.size(); i++) {
    Comparison comparison;
    Error error;
    EvaluationSet a = rows.set(), b = others[i].set();
    EXPECT_EQ(compare_models(&comparison, &a, &b, nullptr, nullptr, nullptr, &error), STATUS_DATA) << i;
    EXPECT_NE(std::string(error.text).find(words[i]), std::string::npos) << error.text;
  }
  EvaluationCase regression = random_regression(50, true, 1);
  Comparison comparison;
  Error error;
  EvaluationSet a = rows.set(), b = regression.set();
  EXPECT_EQ(compare_models(&comparison, &a, &b, nullptr, nullptr, nullptr, &error), STATUS_DATA);
}

// Of a model against itself no difference is known to be better, nor unknown.
TEST(Compare, AModelWithItself) {
  for (const EvaluationCase &rows : {random_binary(80, 0, false, 2), random_multiclass(80, 3, false, 2),
                                     random_regression(80, false, 2)}) {
    Comparison comparison;
    Error error;
    EvaluationSet set = rows.set();
    ASSERT_EQ(compare_models(&comparison, &set, &set, nullptr, nullptr, nullptr, &error), STATUS_OK)
        << error.text;
    for (int i = 0; i < comparison.metric_count; i++) {
      const Estimate &delta = comparison.metrics[i].delta;
      EXPECT_EQ(delta.value, 0);
      if (delta.method == INTERVAL_NONE) continue;
      EXPECT_NEAR(delta.low, -delta.high, 1e-12);
      // No row that only one model gets right still leaves Tango's score interval a width.
      EXPECT_TRUE(delta.high == 0 || delta.method == INTERVAL_TANGO) << comparison.metrics[i].metric->name;
      EXPECT_EQ(delta.p_value, 1);
    }
    comparison_clear(&comparison);
  }
}

TEST(Compare, SwapSetByHand) {
  EvaluationCase champion;
  champion.labels = {1, 0, 1, 0, 1};
  champion.scores = {0.9, 0.8, 0.1, 0.2, 0.3};
  champion.act = {10, -4, 10, -4, 12}, champion.skip = {0, 1, -2, 0, 0};
  EvaluationCase challenger = champion;
  challenger.scores = {0.9, 0.1, 0.8, 0.7, 0.3};
  Comparison comparison;
  Error error;
  EvaluationSet a = champion.set(), b = challenger.set();
  ASSERT_EQ(compare_models(&comparison, &a, &b, nullptr, nullptr, nullptr, &error), STATUS_OK) << error.text;
  ASSERT_TRUE(comparison.has_swap);
  EXPECT_EQ(comparison.swap.both, 1);
  EXPECT_EQ(comparison.swap.neither, 1);
  EXPECT_EQ(comparison.swap.in, 2);
  EXPECT_EQ(comparison.swap.out, 1);
  EXPECT_EQ(comparison.swap.in_positives, 1);
  EXPECT_EQ(comparison.swap.out_positives, 0);
  EXPECT_EQ(comparison.swap.in_gain, 12 - 4);
  EXPECT_EQ(comparison.swap.out_gain, -5);
  comparison_clear(&comparison);
}

// ---- rows ----

TEST(Rows, DigestDependsOnWhatIsJudgedAndNotOnOrder) {
  const EvaluationCase rows = random_binary(40, 0, true, 3);
  std::vector<std::string> texts;
  for (size_t i = 0; i < 40; i++) texts.push_back("id" + std::to_string(i * 7 % 40));
  auto digest = [&](const EvaluationCase &of, const std::vector<std::string> &names) {
    std::vector<const char *> ids;
    for (const std::string &name : names) ids.push_back(name.c_str());
    std::string bytes(DIGEST_BYTES, '\0');
    Error error;
    EvaluationSet set = of.set();
    EXPECT_EQ(rows_digest((uint8_t *)bytes.data(), &set, ids.data(), &error), STATUS_OK) << error.text;
    return bytes;
  };
  const std::string expected = digest(rows, texts);
  std::mt19937_64 random(4);
  std::vector<size_t> order = random_order(40, random);
  std::vector<std::string> moved;
  for (size_t from : order) moved.push_back(texts[from]);
  EXPECT_EQ(digest(rows.permuted(order), moved), expected);
  EvaluationCase other = rows;
  other.scores[3] = 0.123, other.policy.threshold = 0.9; // models are not in it
  EXPECT_EQ(digest(other, texts), expected);
  for (size_t i = 0; i < 40; i++)
    if (other.labels[i] == 0) other.labels[i] = -0.0;
  EXPECT_EQ(digest(other, texts), expected);
  auto changed = [&](auto change) {
    EvaluationCase copy = rows;
    change(copy);
    return digest(copy, texts);
  };
  EXPECT_NE(changed([](EvaluationCase &c) { c.labels[5] = 1 - c.labels[5]; }), expected);
  EXPECT_NE(changed([](EvaluationCase &c) { c.weights[5] += 0x1p-40; }), expected);
  EXPECT_NE(changed([](EvaluationCase &c) { c.act[5]++; }), expected);
  EXPECT_NE(changed([](EvaluationCase &c) { c.skip[5]++; }), expected);
  std::vector<std::string> renamed = texts;
  renamed[5] += "x";
  EXPECT_NE(digest(rows, renamed), expected);
  renamed = texts;
  renamed[5] = renamed[6];
  std::vector<const char *> ids;
  for (const std::string &name : renamed) ids.push_back(name.c_str());
  uint8_t bytes[DIGEST_BYTES];
  Error error;
  EvaluationSet set = rows.set();
  EXPECT_EQ(rows_digest(bytes, &set, ids.data(), &error), STATUS_DATA);
  EXPECT_NE(std::string(error.text).find("'" + renamed[5] + "'"), std::string::npos) << error.text;
}

TEST(Rows, MatchAndIntersect) {
  std::vector<std::string> texts;
  for (int i = 0; i < 300; i++) texts.push_back(std::to_string(i * i % 1009 * 1000 + i));
  std::mt19937_64 random(5);
  std::vector<size_t> order = random_order(300, random);
  std::vector<const char *> ids, other;
  for (const std::string &text : texts) ids.push_back(text.c_str());
  for (size_t from : order) other.push_back(ids[from]);
  std::vector<int64_t> match(300), second(300);
  Error error;
  ASSERT_EQ(rows_match(match.data(), ids.data(), 300, other.data(), 300, &error), STATUS_OK) << error.text;
  for (size_t i = 0; i < 300; i++) EXPECT_STREQ(other[(size_t)match[i]], ids[i]);
  EXPECT_EQ(rows_match(match.data(), ids.data(), 300, other.data(), 299, &error), STATUS_DATA);
  EXPECT_NE(std::string(error.text)
                .find("rows that only the challenger has: 1, that only the model it is compared with has: 0, "
                      "such as"),
            std::string::npos);
  EXPECT_NE(std::string(error.text).find(other[299]), std::string::npos) << error.text;
  int64_t count;
  ASSERT_EQ(rows_intersect(&count, match.data(), second.data(), ids.data(), 300, other.data(), 120, &error),
            STATUS_OK);
  ASSERT_EQ(count, 120);
  for (size_t i = 0; i < 120; i++) {
    EXPECT_STREQ(ids[(size_t)match[i]], other[(size_t)second[i]]);
    if (i > 0) {
      EXPECT_LT(match[i - 1], match[i]);
    }
  }
  const char *none[] = {"no such id"};
  ASSERT_EQ(rows_intersect(&count, match.data(), second.data(), ids.data(), 300, none, 1, &error), STATUS_OK);
  EXPECT_EQ(count, 0);
  other[1] = other[0];
  EXPECT_EQ(rows_intersect(&count, match.data(), second.data(), ids.data(), 300, other.data(), 300, &error),
            STATUS_DATA);
}

} // namespace
