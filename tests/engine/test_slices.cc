// Slices, their groups and rules: known answers, any order of rows, mutants.
#include <gtest/gtest.h>

#include "evaluation_case.h"
#include "frame_case.h"

extern "C" {
#include "engine/evaluate/panels/groups.h"
#include "engine/evaluate/panels/slices.h"
#include "engine/evaluate/rows_match.h"
#include "engine/evaluate/verdict/gates.h"
}

namespace {

std::vector<std::string> labels_of(const Groups &groups) {
  return {groups.labels, groups.labels + groups.count};
}

std::vector<int64_t> sizes_of(const Groups &groups) {
  return {groups.rows, groups.rows + groups.count};
}

TEST(Groups, Categories) {
  FrameCase frame;
  frame.texts("c", {"b", "", "a", "b", "Z", "a", "b"});
  Groups groups;
  groups_of(&groups, frame.column("c"), 7, 4);
  EXPECT_EQ(labels_of(groups), (std::vector<std::string>{"Z", "a", "b", "missing"}));
  EXPECT_EQ(sizes_of(groups), (std::vector<int64_t>{1, 2, 3, 1}));
  EXPECT_EQ(groups.of[1], 3);
  EXPECT_EQ(groups.of[4], 0);
  groups_free(&groups);
}

// The most frequent values stay; the first of equal ones; the rest is one group.
TEST(Groups, ManyCategories) {
  FrameCase frame;
  std::vector<std::string> values;
  for (int i = 0; i < 40; i++) {
    values.push_back("v" + std::to_string(100 + i));
    if (i == 39) values.insert(values.end(), 5, values.back());
  }
  frame.texts("c", values);
  Groups groups;
  groups_of(&groups, frame.column("c"), (int64_t)values.size(), 4);
  ASSERT_EQ(groups.count, GROUPS_MAX);
  EXPECT_STREQ(groups.labels[0], "v100");
  EXPECT_STREQ(groups.labels[28], "v139"); // 28 of one row, in their order, before it
  EXPECT_STREQ(groups.labels[29], "11 other values");
  EXPECT_EQ(groups.rows[28], 6);
  EXPECT_EQ(groups.rows[29], 11);
  groups_free(&groups);
}

TEST(Groups, Numbers) {
  FrameCase frame;
  const double nan = __builtin_nan("");
  frame.numbers("few", {1, 0, -0.0, nan, 1, 0, 0, 0, 0, 0, 0, 0, 0});
  frame.numbers("many", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}); // quartiles 4, 7, 10
  Groups groups;
  groups_of(&groups, frame.column("few"), 13, 4);
  EXPECT_EQ(labels_of(groups), (std::vector<std::string>{"0", "1", "missing"}));
  EXPECT_EQ(sizes_of(groups), (std::vector<int64_t>{10, 2, 1}));
  groups_free(&groups);
  groups_of(&groups, frame.column("many"), 13, 4);
  EXPECT_EQ(labels_of(groups),
            (std::vector<std::string>{"up to 4", "above 4 to 7", "above 7 to 10", "above 10"}));
  EXPECT_EQ(sizes_of(groups), (std::vector<int64_t>{4, 3, 3, 3}));
  groups_free(&groups);
}

// ---- slices ----

// Two models on rows of two regions: in "north" the challenger is much worse, in "south" a little better.
struct TwoRegions {
  EvaluationCase champion, challenger;
  FrameCase frame;
  TextList columns{}, names{};
  GatesConfig gates{};
  Slices slices{};
  std::vector<uint64_t> hashes; // empty: nothing is resampled
  Error error{};

  explicit TwoRegions(bool harm, size_t rows = 2000) {
    champion = random_binary(rows, 0, false, 11);
    challenger = champion;
    std::mt19937_64 random(5);
    std::vector<std::string> regions;
    std::vector<double> age;
    for (size_t i = 0; i < rows; i++) {
      bool north = i % 3 == 0;
      regions.push_back(north ? "north" : i == 1 ? "east" : "south");
      age.push_back((double)(random() % 50));
      double noise = random_unit(random);
      if (north && harm) challenger.scores[i] = noise;
      if (!north) challenger.scores[i] = 0.98 * challenger.scores[i] + 0.02 * champion.labels[i];
    }
    frame.texts("region", regions).numbers("age", age);
    text_list_add(&columns, "region");
    text_list_add(&columns, "age");
    text_list_add(&names, "brier");
    gates.has_primary = true;
    gates.primary.metric = const_cast<char *>("brier");
    gates.primary.rule = GATE_SUPERIOR;
    gates.confidence = 0.95;
  }
  ~TwoRegions() {
    slices_clear(&slices);
    text_list_free(&columns);
    text_list_free(&names);
  }
  void run() {
    EvaluationSet from = champion.set(), to = challenger.set();
    from.slices = to.slices = frame.get();
    from.row_hash = to.row_hash = hashes.empty() ? nullptr : hashes.data();
    slices_clear(&slices);
    ASSERT_EQ(slices_of(&slices, &from, &to, &columns, &names, &gates, &error), STATUS_OK) << error.text;
  }
  Verdict verdict(Validity *validity, Comparison *comparison) {
    EvaluationSet from = champion.set(), to = challenger.set();
    validity->slices = &slices;
    EXPECT_EQ(compare_models(comparison, &from, &to, &names, &gates, validity, &error), STATUS_OK)
        << error.text;
    return comparison->verdict;
  }
  const Slice &at(const std::string &value) const {
    for (int i = 0; i < slices.count; i++) {
      if (slices.items[i].value == value) return slices.items[i];
    }
    throw value;
  }
};

std::string flat(const Slices &slices) {
  Flat out;
  for (int i = 0; i < slices.count; i++) {
    const Slice &s = slices.items[i];
    out.text += std::string(s.column) + s.value;
    out.add("rows", (double)s.rows);
    out.add("events", (double)s.events);
    for (int m = 0; m < slices.metric_count; m++) {
      const SliceMetric &metric = s.metrics[m];
      out.add(metric.metric->name, metric.champion);
      out.add("challenger", metric.challenger);
      out.add("delta", metric.delta);
      for (double x : {metric.harm_p, metric.harm_adjusted, (double)metric.harmed, metric.detectable,
                       (double)metric.rows_needed})
        out.add("harm", x == x ? x : -1);
    }
  }
  return out.text;
}

TEST(Slices, HarmIsShownWhereItIs) {
  TwoRegions two(true);
  two.run();
  ASSERT_EQ(two.slices.count, 3 + 4);
  EXPECT_STREQ(two.slices.items[0].metrics[0].metric->name, "brier"); // the primary rule's
  EXPECT_STREQ(two.slices.items[0].metrics[1].metric->name, "value");
  EXPECT_TRUE(two.at("north").metrics[0].harmed);
  const SliceMetric &south = two.at("south").metrics[0];
  EXPECT_FALSE(south.harmed);
  EXPECT_GT(south.delta.value, 0);
  EXPECT_EQ(south.harm_p, 1 - south.delta.p_value / 2); // one-sided
  const Slice &east = two.at("east");                   // one row: kept, not tested
  EXPECT_EQ(east.rows, 1);
  EXPECT_FALSE(east.enough);
  EXPECT_NE(east.metrics[0].harm_p, east.metrics[0].harm_p);
  int64_t rows = 0;
  for (int i = 0; i < 3; i++) rows += two.slices.items[i].rows;
  EXPECT_EQ(rows, 2000);
}

// What a slice says is what the whole report of its rows would say.
TEST(Slices, ASliceIsTheReportOfItsRows) {
  TwoRegions two(true);
  char f1[] = "f1";
  Gate resampled{f1, GATE_NOT_WORSE, 1};
  two.gates.guardrails = &resampled;
  two.gates.guardrail_count = 1;
  for (size_t i = 0; i < 2000; i++) two.hashes.push_back(evaluation_hash(std::to_string(i).c_str()));
  two.run();
  EvaluationCase part[2];
  std::vector<uint64_t> hashes;
  for (size_t i = 0; i < two.champion.labels.size(); i += 3) {
    hashes.push_back(two.hashes[i]);
    for (int m = 0; m < 2; m++) {
      const EvaluationCase &all = m == 0 ? two.champion : two.challenger;
      part[m].labels.push_back(all.labels[i]);
      part[m].scores.push_back(all.scores[i]);
      part[m].act.push_back(all.act[i]);
      part[m].skip.push_back(all.skip[i]);
    }
  }
  EvaluationSet from = part[0].set(), to = part[1].set();
  from.row_hash = to.row_hash = hashes.data();
  Comparison comparison;
  Error error;
  ASSERT_EQ(compare_models(&comparison, &from, &to, nullptr, &two.gates, nullptr, &error), STATUS_OK);
  const Slice &north = two.at("north");
  for (int m = 0; m < two.slices.metric_count; m++) {
    for (int i = 0; i < comparison.metric_count; i++) {
      if (comparison.metrics[i].metric != north.metrics[m].metric) continue;
      EXPECT_EQ(comparison.metrics[i].delta.value, north.metrics[m].delta.value);
      EXPECT_EQ(comparison.metrics[i].delta.low, north.metrics[m].delta.low);
      const Estimate &delta = north.metrics[m].delta;
      EXPECT_EQ(north.metrics[m].harm_p, delta.value < 0 ? delta.p_value / 2 : 1 - delta.p_value / 2);
      // power 0.8 at 5 % two-sided: 1.959964 + 0.841621
      EXPECT_NEAR(north.metrics[m].detectable / delta.standard_error, 2.801585, 1e-6);
    }
  }
  comparison_clear(&comparison);
}

TEST(Slices, AnyOrderOfRows) {
  TwoRegions two(true, 500);
  two.run();
  std::string before = flat(two.slices);
  std::mt19937_64 random(9);
  std::vector<size_t> order = random_order(500, random);
  two.champion = two.champion.permuted(order);
  two.challenger = two.challenger.permuted(order);
  two.frame = two.frame.permuted(order);
  two.run();
  EXPECT_EQ(flat(two.slices), before);
}

TEST(Slices, HarmIsHold) {
  for (bool harm : {false, true}) {
    TwoRegions two(harm);
    two.run();
    Validity validity{};
    Comparison comparison;
    Verdict verdict = two.verdict(&validity, &comparison);
    ASSERT_EQ(verdict.gate_count, 3);
    const GateOutcome &region = verdict.gates[1];
    EXPECT_EQ(region.kind, GATE_SLICE);
    EXPECT_STREQ(region.id, "slice.region.brier");
    EXPECT_STREQ(verdict.gates[2].id, "slice.age.brier");
    // The one row of east has no interval, or one that says nothing: never the slice that is shown.
    ASSERT_NE(region.group, nullptr);
    EXPECT_STRNE(region.group, "region = east");
    EXPECT_TRUE(std::isfinite(region.judged.low));
    EXPECT_EQ(region.result, harm ? RESULT_FAIL : RESULT_PASS) << region.text;
    EXPECT_EQ(verdict.state, harm ? VERDICT_HOLD : VERDICT_SHIP);
    std::string text = region.text;
    EXPECT_EQ(
        text.rfind(harm ? "slice.region.brier: harm is shown in region = north: -"
                        : "slice.region.brier: no harm is shown in 3 slices, 1 of them too small to tell",
                   0),
        0u)
        << text;
    comparison_clear(&comparison);
  }
}

TEST(Slices, ProveSafe) {
  struct {
    double margin;
    GateResult result;
  } const cases[] = {{1, RESULT_PASS}, {0.01, RESULT_FAIL}};
  for (auto row : cases) {
    TwoRegions two(true, 6000);
    two.frame = FrameCase();
    std::vector<std::string> regions;
    for (size_t i = 0; i < 6000; i++) regions.push_back(i % 3 == 0 ? "north" : "south");
    two.frame.texts("region", regions);
    char region[] = "region", brier[] = "brier";
    Gate rule = {brier, GATE_PROVE_SAFE, row.margin, false, region};
    two.gates.guardrails = &rule;
    two.gates.guardrail_count = 1;
    two.run();
    Validity validity{};
    Comparison comparison;
    Verdict verdict = two.verdict(&validity, &comparison);
    ASSERT_EQ(verdict.gate_count, 2);
    EXPECT_EQ(verdict.gates[1].result, row.result) << verdict.gates[1].text;
    comparison_clear(&comparison);
  }
  // A slice with too few events proves nothing.
  TwoRegions two(false);
  char region[] = "region", brier[] = "brier";
  Gate rule = {brier, GATE_PROVE_SAFE, 10, false, region};
  two.gates.guardrails = &rule;
  two.gates.guardrail_count = 1;
  two.run();
  Validity validity{};
  Comparison comparison;
  Verdict verdict = two.verdict(&validity, &comparison);
  EXPECT_EQ(verdict.gates[1].result, RESULT_UNKNOWN);
  EXPECT_STREQ(verdict.gates[1].text,
               "slice.region.brier: not enough data in region = east to prove it safe");
  EXPECT_EQ(verdict.state, VERDICT_INCONCLUSIVE);
  comparison_clear(&comparison);
}

// A slice with too few events has the lowest end of all; it is not what the rule shows.
TEST(Slices, ASliceTooSmallToJudgeIsNotShown) {
  const Metric &brier = metric_named("brier", TASK_BINARY);
  auto slice = [&](const char *value, bool enough, double low, double high) {
    Slice made{};
    made.column = "region", made.value = const_cast<char *>(value), made.enough = enough;
    made.metrics[0].metric = &brier;
    made.metrics[0].delta = {(low + high) / 2, INTERVAL_T, low, high, (high - low) / 4, 0.5};
    return made;
  };
  MetricDifference difference{};
  difference.metric = &brier;
  difference.delta = {0.2, INTERVAL_T, 0.1, 0.3, 0.05, 0.1};
  Judged judged{nullptr, &difference, 1, 1000, 0.95, nullptr};
  char region[] = "region", name[] = "brier";
  auto outcome = [&](std::vector<Slice> items, GateRule rule, double margin) {
    Slices slices{1, (int)items.size(), items.data()};
    Validity validity{};
    validity.slices = &slices;
    Gate gate{name, rule, margin, false, region};
    GatesConfig gates{};
    gates.guardrails = &gate, gates.guardrail_count = 1, gates.confidence = 0.95;
    Verdict verdict;
    verdict_of(&verdict, &judged, &gates, &validity);
    const GateOutcome &made = verdict.gates[0];
    std::string said = std::string(made.text) + "|" + (made.group == nullptr ? "" : made.group) + "|" +
                       (made.judged.method == INTERVAL_NONE ? "none" : std::to_string(made.judged.low)) +
                       "|" + gate_result_name(made.result) + "|" + (made.metric == &brier ? "brier" : "");
    verdict_clear(&verdict);
    return said;
  };
  const Slice tiny = slice("ISLAND", false, -9, 9), wide = slice("NORTH", true, -2, 2),
              safe = slice("SOUTH", true, -0.5, 2);
  EXPECT_EQ(outcome({tiny, safe, wide}, GATE_DETECT_HARM, 0),
            "slice.region.brier: no harm is shown in 3 slices, 1 of them too small to tell|region = NORTH|"
            "-2.000000|pass|brier");
  EXPECT_EQ(outcome({safe, wide}, GATE_DETECT_HARM, 0),
            "slice.region.brier: no harm is shown in 2 slices|region = NORTH|-2.000000|pass|brier");
  EXPECT_EQ(outcome({tiny}, GATE_DETECT_HARM, 0),
            "slice.region.brier: no harm is shown in 1 slice, too small to tell||none|pass|brier");
  EXPECT_EQ(outcome({tiny, safe, wide}, GATE_PROVE_SAFE, 1),
            "slice.region.brier: low = -2 <= -1 in region = NORTH|region = NORTH|-2.000000|unknown|brier");
  EXPECT_EQ(outcome({tiny, safe}, GATE_PROVE_SAFE, 1),
            "slice.region.brier: not enough data in region = ISLAND to prove it safe|region = ISLAND|none|"
            "unknown|brier");
  EXPECT_EQ(outcome({safe, tiny}, GATE_PROVE_SAFE, 1), outcome({tiny, safe}, GATE_PROVE_SAFE, 1));
}

// A rule about a slice whose column the rows do not have is no pass.
TEST(Slices, MissingColumnsAreNoPass) {
  TwoRegions two(false);
  char region[] = "region", brier[] = "brier";
  Gate rule = {brier, GATE_DETECT_HARM, 0, false, region};
  two.gates.guardrails = &rule;
  two.gates.guardrail_count = 1;
  Validity validity{};
  Comparison comparison;
  Verdict verdict = two.verdict(&validity, &comparison);
  EXPECT_EQ(verdict.gates[1].result, RESULT_UNKNOWN);
  EXPECT_STREQ(verdict.gates[1].text, "slice.region.brier: the rows come without this column");
  EXPECT_EQ(verdict.state, VERDICT_INCONCLUSIVE);
  comparison_clear(&comparison);
}

std::string digest_of(const EvaluationCase &rows, const FrameCase &frame,
                      const std::vector<std::string> &ids) {
  EvaluationSet set = rows.set();
  set.slices = frame.get();
  std::vector<const char *> pointers;
  for (const std::string &id : ids) pointers.push_back(id.c_str());
  uint8_t digest[DIGEST_BYTES];
  char hex[DIGEST_HEX];
  Error error;
  EXPECT_EQ(rows_digest(digest, &set, pointers.data(), &error), STATUS_OK);
  sha256_hex(hex, digest);
  return hex;
}

// Slice columns are part of what rows are judged by: their values and names count, their order, the order of
// the rows and of the dictionary do not.
TEST(Slices, EnterTheDigestOfRows) {
  EvaluationCase rows = random_binary(4, 0, false, 3);
  std::vector<std::string> ids = {"d", "c", "b", "a"};
  auto frame = [](const char *name, std::vector<std::string> texts, std::vector<double> numbers, bool first) {
    FrameCase made;
    if (first) made.texts(name, texts);
    made.numbers("n", numbers);
    if (!first) made.texts(name, texts);
    return made;
  };
  const std::vector<std::string> texts = {"x", "", "y", "x"};
  const std::vector<double> numbers = {0, 1, __builtin_nan(""), 3};
  std::string digest = digest_of(rows, frame("t", texts, numbers, true), ids);
  EXPECT_EQ(digest_of(rows, frame("t", texts, numbers, false), ids), digest);
  EXPECT_EQ(digest_of(rows, frame("t", texts, {-0.0, 1, -__builtin_nan(""), 3}, true), ids), digest);
  EXPECT_NE(digest_of(rows, frame("t", {"x", "", "y", "z"}, numbers, true), ids), digest);
  EXPECT_NE(digest_of(rows, frame("t", {"x", "y", "y", "x"}, numbers, true), ids), digest);
  EXPECT_NE(digest_of(rows, frame("t", texts, {0, 1, 2, 3}, true), ids), digest);
  EXPECT_NE(digest_of(rows, frame("s", texts, numbers, true), ids), digest);
  EXPECT_NE(digest_of(rows, FrameCase(), ids), digest);
  const std::vector<size_t> order = {2, 0, 3, 1};
  std::vector<std::string> moved;
  for (size_t i : order) moved.push_back(ids[i]);
  EXPECT_EQ(digest_of(rows.permuted(order), frame("t", texts, numbers, true).permuted(order), moved), digest);
}

TEST(Slices, OtherValuesAreNotComparable) {
  EvaluationCase rows = random_binary(4, 0, false, 3);
  FrameCase a, b;
  a.texts("t", {"x", "", "y", "x"}).numbers("n", {1, 2, 3, 4});
  b.numbers("n", {1, 2, 3, 4}).texts("t", {"x", "", "y", "y"});
  EvaluationSet from = rows.set(), to = rows.set();
  Comparison comparison{};
  Error error;
  from.slices = to.slices = a.get();
  EXPECT_EQ(compare_models(&comparison, &from, &to, nullptr, nullptr, nullptr, &error), STATUS_OK);
  comparison_clear(&comparison);
  to.slices = b.get();
  EXPECT_EQ(compare_models(&comparison, &from, &to, nullptr, nullptr, nullptr, &error), STATUS_DATA);
  EXPECT_STREQ(
      error.text,
      "not comparable: the two models were judged by different values of 't': row 4 (row 1 is the first)");
  comparison_clear(&comparison);
  to.slices = nullptr; // a report that was written without them
  EXPECT_EQ(compare_models(&comparison, &from, &to, nullptr, nullptr, nullptr, &error), STATUS_OK);
  comparison_clear(&comparison);
}

// One model: its metrics by slice, no harm, no rule.
TEST(Slices, OneModel) {
  TwoRegions two(true);
  EvaluationSet set = two.challenger.set();
  set.slices = two.frame.get();
  ASSERT_EQ(slices_of(&two.slices, nullptr, &set, &two.columns, &two.names, &two.gates, &two.error),
            STATUS_OK);
  EXPECT_EQ(two.slices.count, 7);
  EXPECT_FALSE(two.at("north").metrics[0].harmed);
  EXPECT_NE(two.at("north").metrics[0].harm_p, two.at("north").metrics[0].harm_p);
  EXPECT_GT(two.at("north").metrics[0].challenger.value, 0);
}

} // namespace
