// Configuration: defaults, overrides, the resolved text, the bits text and its difference.
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <sstream>

#include "tests/io/config_case.h"

namespace {

const char *const RECIPES[] = {"churn",         "income", "credit",      "churn_linear", "income_linear",
                               "credit_linear", "demo",   "demo_linear", "reference"};

std::string recipe(const char *name) {
  return std::string(INGOT_SOURCE_DIR) + "/configs/" + name + ".yaml";
}

TEST(Config, SmallestConfigGetsEveryDefault) {
  Loaded loaded = load(SMALL);
  ASSERT_EQ(loaded.status, STATUS_OK) << loaded.problems;
  const Config *config = loaded.config;
  EXPECT_STREQ(config->data.file, "/folder/rows.h5");
  EXPECT_STREQ(config->data.target.positive, "1");
  EXPECT_TRUE(config->data.inputs_auto);
  EXPECT_EQ(config->numerics.grain, 256);
  EXPECT_EQ(config->numerics.fraction_bits, 40);
  EXPECT_EQ(config->model.hidden_count, 2);
  EXPECT_EQ(config->train.optimizer.learning_rate, 1e-3);
  EXPECT_EQ(config->train.micro_batch, MICRO_BATCH_AUTO);
  EXPECT_STREQ(config->select_metric, "log_loss");
  EXPECT_EQ(config->evaluate_metrics.count, 18);
  EXPECT_EQ(config->checkpoint.every_epochs, 1);
  EXPECT_EQ(config->data.split.bounds[0], 12912720851596686131u); // floor(0.7 * 2^64)
  EXPECT_EQ(config->data.split.bounds[1], 15679732462653118873u); // floor(0.85 * 2^64)
  EXPECT_TRUE(config->data.split.has_test);
  EXPECT_FALSE(config->business.present);
  EXPECT_FALSE(config->gates.has_primary);
  EXPECT_EQ(config->gates.confidence, 0.95);
}

TEST(Config, MetricsTakeParameters) {
  Loaded loaded = load(std::string(SMALL) +
                       "evaluate: {metrics: [capture@800, capture@0.05, precision, precision@25]}\n");
  ASSERT_EQ(loaded.status, STATUS_OK) << loaded.problems;
  ASSERT_EQ(loaded.config->evaluate_metrics.count, 4);
  EXPECT_STREQ(loaded.config->evaluate_metrics.items[0], "capture@800");
  EXPECT_STREQ(loaded.config->evaluate_metrics.items[3], "precision@25");
}

TEST(Config, TasksHaveTheirOwnDefaults) {
  std::string head = "name: a\ndata: {file: r.h5, target: {column: y, task: ";
  Loaded numbers = load(head + "regression}}\n"), classes = load(head + "multiclass}}\n");
  ASSERT_EQ(numbers.status, STATUS_OK) << numbers.problems;
  ASSERT_EQ(classes.status, STATUS_OK) << classes.problems;
  EXPECT_STREQ(numbers.config->select_metric, "rmse");
  EXPECT_EQ(numbers.config->evaluate_metrics.count, 6);
  EXPECT_STREQ(classes.config->select_metric, "log_loss");
  EXPECT_EQ(classes.config->evaluate_metrics.count, 6);
}

TEST(Config, SplitFractionsBecomeExactBounds) {
  Loaded all = load(std::string(SMALL) + "  split: {train: 0.9, validation: 0.1}\n");
  ASSERT_EQ(all.status, STATUS_OK) << all.problems;
  EXPECT_EQ(all.config->data.split.bounds[0], 16602069666338596454u); // floor(0.9 * 2^64)
  EXPECT_EQ(all.config->data.split.bounds[1], UINT64_MAX);
  EXPECT_FALSE(all.config->data.split.has_test);
  Loaded by_file = load(std::string(SMALL) + "  test_file: t.h5\n  split: {by: file}\n");
  ASSERT_EQ(by_file.status, STATUS_OK) << by_file.problems;
  EXPECT_EQ(by_file.config->data.split.bounds[0], 15679732462653118873u); // 0.85
  EXPECT_EQ(by_file.config->data.split.bounds[1], UINT64_MAX);
  EXPECT_TRUE(by_file.config->data.split.has_test);
  EXPECT_STREQ(by_file.config->data.test_file, "/folder/t.h5");
}

TEST(Config, CostMatrixBecomesPayoffs) {
  Loaded loaded =
      load(std::string(SMALL) + "business: {unit: EUR, matrix: {tp: 0, fp: -1, fn: -5, tn: 0.5}}\n");
  ASSERT_EQ(loaded.status, STATUS_OK) << loaded.problems;
  EXPECT_STREQ(loaded.config->business.act, "CASE WHEN label = 1 THEN 0 ELSE -1 END");
  EXPECT_STREQ(loaded.config->business.skip, "CASE WHEN label = 1 THEN -5 ELSE 0.5 END");
  EXPECT_EQ(loaded.config->business.policy, POLICY_BEST_ON_VALIDATION);
}

TEST(Config, ParametersHaveARangeOrNone) {
  Loaded loaded = load(std::string(SMALL) +
                       "business: {unit: EUR, act: ':a + :b', params: {a: 2, b: {value: 3, low: 1}}, "
                       "policy: {threshold: 0.25}}\n");
  ASSERT_EQ(loaded.status, STATUS_OK) << loaded.problems;
  const BusinessConfig &business = loaded.config->business;
  ASSERT_EQ(business.param_count, 2);
  EXPECT_STREQ(business.params[0].name, "a");
  EXPECT_EQ(business.params[0].low, 2);
  EXPECT_EQ(business.params[0].high, 2);
  EXPECT_EQ(business.params[1].low, 1);
  EXPECT_EQ(business.params[1].high, 3);
  EXPECT_EQ(business.policy, POLICY_THRESHOLD);
  EXPECT_EQ(business.threshold, 0.25);
  EXPECT_STREQ(business.skip, "0");
}

TEST(Config, BlocksOfOrderAreRead) {
  Loaded loaded = load(std::string(SMALL) + "  order: {blocks: {rows: 64}}\n");
  ASSERT_EQ(loaded.status, STATUS_OK) << loaded.problems;
  EXPECT_EQ(loaded.config->data.order, ORDER_BLOCKS);
  EXPECT_EQ(loaded.config->data.block_rows, 64);
  EXPECT_EQ(loaded.config->data.block_window, 256);
  EXPECT_NE(loaded.bits.find("data.order=blocks\n"), std::string::npos);
}

// ---- Overrides

TEST(ConfigOverrides, SetTheValueAndLaterOnesWin) {
  Loaded loaded = load(SMALL, {"train.batch=512", "seed=7", "train.batch=64", "model.hidden=[8, 4]",
                               "goal=a b", "train.optimizer={kind: sgd}"});
  ASSERT_EQ(loaded.status, STATUS_OK) << loaded.problems;
  EXPECT_EQ(loaded.config->train.batch, 64);
  EXPECT_EQ(loaded.config->seed, 7u);
  EXPECT_EQ(loaded.config->model.hidden_count, 2);
  EXPECT_EQ(loaded.config->model.hidden[1], 4);
  EXPECT_STREQ(loaded.config->goal, "a b");
  EXPECT_EQ(loaded.config->train.optimizer.kind, OPTIMIZER_SGD);
}

TEST(ConfigOverrides, ReachIntoLists) {
  std::string text = std::string(SMALL) + "  inputs: [{column: a, as: category}]\n";
  Loaded loaded = load(text, {"data.inputs.0.embed=5"});
  ASSERT_EQ(loaded.status, STATUS_OK) << loaded.problems;
  EXPECT_EQ(loaded.config->data.inputs[0].embed, 5);
  Loaded beyond = load(text, {"data.inputs.1.embed=5"});
  EXPECT_EQ(beyond.status, STATUS_CONFIG);
  EXPECT_NE(beyond.problems.find("there is no item '1': the list has 1"), std::string::npos)
      << beyond.problems;
}

TEST(ConfigOverrides, PathsAreRelativeToTheWorkingDirectory) {
  char *working = realpath(".", nullptr);
  Loaded loaded = load(SMALL, {"data.file=other.h5"});
  ASSERT_EQ(loaded.status, STATUS_OK) << loaded.problems;
  EXPECT_EQ(std::string(loaded.config->data.file), take(working) + "/other.h5");
}

// A range that an override leaves is shown at the override, not at the file's untouched line.
TEST(ConfigOverrides, AreTheCauseOfWhatTheyBreak) {
  Loaded loaded =
      load(std::string(SMALL) + "business: {unit: E, act: '1', params: {a: {value: 3, low: 2, high: 4}}}\n",
           {"business.params.a.value=10"});
  EXPECT_EQ(
      loaded.problems.rfind("--set business.params.a.value=10: error: a must have low <= value <= high\n", 0),
      0u)
      << loaded.problems;
}

TEST(ConfigOverrides, ErrorsShowTheOverride) {
  Loaded loaded = load(SMALL, {"train.bach=3", "train.epochs=0", "nonsense", "seed="});
  EXPECT_EQ(loaded.status, STATUS_CONFIG);
  EXPECT_EQ(loaded.problems,
            "--set train.bach=3: error: unknown key 'bach' in train; did you mean 'batch'?\n"
            "     | train.bach=3\n"
            "     |       ^~~~\n"
            "--set train.epochs=0: error: train.epochs is 0, outside [1, 1000000] epochs\n"
            "     | train.epochs=0\n"
            "     |              ^\n"
            "--set nonsense: error: an override is one line key=value, such as train.batch=512\n"
            "     | nonsense\n"
            "     | ^\n"
            "--set seed=: error: no value after '=': write \"\" for an empty text\n"
            "     | seed=\n"
            "     | ^\n");
}

TEST(ConfigOverrides, OnlyFreeKeysMayChangeLater) {
  Error error = {};
  ConfigOverride free_keys[] = {
      {"machine.threads=4"}, {"checkpoint.every.minutes=5"}, {"business.params.offer.low=1"}};
  EXPECT_EQ(config_check_free(free_keys, 3, &error), STATUS_OK) << error.text;
  for (const char *text :
       {"train.batch=512", "seed=3", "data.inputs.0.embed=4", "train={}", "modle.kind=mlp"}) {
    ConfigOverride one[] = {{"log.every_steps=1"}, {text}};
    EXPECT_EQ(config_check_free(one, 2, &error), STATUS_CONFIG) << text;
    EXPECT_NE(std::string(error.text).find(text), std::string::npos) << error.text;
  }
}

// ---- Round trip

TEST(ConfigResolved, ReadsBackEqual) {
  Loaded first = load(SMALL);
  ASSERT_EQ(first.status, STATUS_OK);
  Loaded second = load(first.resolved, {}, "/elsewhere");
  ASSERT_EQ(second.status, STATUS_OK) << second.problems;
  EXPECT_EQ(first.resolved, second.resolved);
  EXPECT_EQ(first.bits, second.bits);
}

TEST(ConfigResolved, RecipesReadBackEqual) {
  for (const char *name : RECIPES) {
    Loaded first = load_file(recipe(name));
    ASSERT_EQ(first.status, STATUS_OK) << name << "\n" << first.problems;
    Loaded second = load(first.resolved, {}, "/elsewhere");
    ASSERT_EQ(second.status, STATUS_OK) << name << "\n" << second.problems;
    EXPECT_EQ(first.resolved, second.resolved) << name;
    EXPECT_EQ(first.bits, second.bits) << name;
  }
}

TEST(ConfigResolved, DifficultTextsAndNumbersSurvive) {
  const char *sets[] = {"goal=\"a: b # c \\\"d\\\" \\\\ 'e' \\n f\"",
                        "owner=\"null\"",
                        "owner=\"12\"",
                        "owner=\"- x\"",
                        "owner=\"\xC3\xA9t\xC3\xA9\"",
                        "data.target.column=\"a, [b]: {c}\"",
                        "data.target.positive=\"Yes\"",
                        "data.target.positive=\">50K\"",
                        "train.optimizer.learning_rate=0.1",
                        "train.optimizer.learning_rate=1.0000000000000002",
                        "train.clip_norm=1e-300",
                        "seed=18446744073709551615",
                        "data.except=[\"on\", \"1\", \"\\\"\", y]"};
  for (const char *set : sets) {
    Loaded first = load(SMALL, {set});
    ASSERT_EQ(first.status, STATUS_OK) << set << "\n" << first.problems;
    Loaded second = load(first.resolved);
    ASSERT_EQ(second.status, STATUS_OK) << set << "\n" << second.problems;
    EXPECT_EQ(first.resolved, second.resolved) << set;
    EXPECT_EQ(first.bits, second.bits) << set;
    EXPECT_STREQ(first.config->goal, second.config->goal) << set;
    EXPECT_STREQ(first.config->owner, second.config->owner) << set;
    EXPECT_STREQ(first.config->data.target.column, second.config->data.target.column) << set;
    EXPECT_EQ(first.config->train.optimizer.learning_rate, second.config->train.optimizer.learning_rate)
        << set;
  }
}

TEST(ConfigResolved, BusinessesReadBackEqual) {
  const std::string several = "data.target={column: y, task: multiclass}", none = "data.target.column=y";
  const std::pair<std::string, std::string> businesses[] = {
      {none, "{unit: E, act: '1', capacity: {rows: 800}, policy: capacity}"},
      {none, "{unit: E, act: '1', capacity: {fraction: 0.2}, policy: {threshold: frozen}}"},
      {none,
       "{unit: E, act: ':a', capacity: {budget: 5000, cost: ':a * 2'}, params: {a: {value: 1, unit: E}}}"},
      {none, "{unit: E, act: '1', params: {r: {value: 0.5, low: 0.1, high: 1, unit: rate}}}"},
      {several, "{unit: E, costs: {'a: b': {c: 1, 'd \"e\"': -2.5}, c: {'a: b': 1e-3}, 'd \"e\"': {}}}"}};
  for (const auto &[target, business] : businesses) {
    Loaded first = load(std::string(SMALL) + "business: " + business + "\n", {target});
    ASSERT_EQ(first.status, STATUS_OK) << business << "\n" << first.problems;
    Loaded second = load(first.resolved);
    ASSERT_EQ(second.status, STATUS_OK) << business << "\n" << second.problems << first.resolved;
    EXPECT_EQ(first.resolved, second.resolved) << business;
    EXPECT_EQ(first.bits, second.bits) << business;
    const BusinessConfig &a = first.config->business, &b = second.config->business;
    EXPECT_EQ(a.policy, b.policy);
    EXPECT_EQ(a.capacity.rows, b.capacity.rows);
    EXPECT_EQ(a.capacity.fraction, b.capacity.fraction);
    EXPECT_EQ(a.capacity.budget, b.capacity.budget);
    EXPECT_STREQ(a.capacity.cost, b.capacity.cost);
    ASSERT_EQ(a.costs.count, b.costs.count);
    for (int i = 0; i < a.costs.count; i++) {
      EXPECT_STREQ(a.costs.items[i].truth, b.costs.items[i].truth);
      EXPECT_STREQ(a.costs.items[i].decision, b.costs.items[i].decision);
      EXPECT_EQ(a.costs.items[i].amount, b.costs.items[i].amount);
    }
  }
}

TEST(ConfigResolved, InputsThatAutoStandsForReadBackEqual) {
  Loaded loaded = load(SMALL);
  ASSERT_EQ(loaded.status, STATUS_OK);
  InputConfig inputs[2] = {};
  text_list_add(&inputs[0].columns, "age");
  inputs[0].missing = MISSING_MEAN_FLAG, inputs[0].scale = SCALE_STANDARD;
  text_list_add(&inputs[1].columns, "job");
  text_list_add(&inputs[1].columns, "sex");
  inputs[1].kind = INPUT_CATEGORY, inputs[1].min_count = 1;
  config_set_inputs(loaded.config, inputs, 2);
  for (InputConfig &input : inputs) text_list_free(&input.columns);
  std::string bits = loaded.config->bits_text, resolved = take(config_write_resolved(loaded.config));
  EXPECT_EQ(bits.find("data.inputs=auto"), std::string::npos);
  EXPECT_NE(bits.find("data.inputs.1.columns.1=sex\n"), std::string::npos) << bits;
  Loaded second = load(resolved);
  ASSERT_EQ(second.status, STATUS_OK) << second.problems;
  EXPECT_EQ(second.bits, bits);
  EXPECT_EQ(second.resolved, resolved);
}

// ---- Bits

TEST(ConfigBits, LinesAreSorted) {
  Loaded loaded = load_file(recipe("churn"));
  ASSERT_EQ(loaded.status, STATUS_OK) << loaded.problems;
  std::istringstream lines(loaded.bits);
  std::string before, line;
  int count = 0;
  while (std::getline(lines, line)) {
    EXPECT_LT(before, line);
    before = line;
    count++;
  }
  EXPECT_GT(count, 60);
}

TEST(Config, RulesAboutSlices) {
  Loaded loaded = load(std::string(SMALL) + "evaluate: {slices: [s, t], time: day, fairness: {column: g}}\n"
                                            "gates:\n  guardrails:\n"
                                            "    - {metric: auc, slice: s, detect_harm: true}\n"
                                            "    - {metric: brier, slice: t, prove_safe: 0.5}\n");
  ASSERT_EQ(loaded.status, STATUS_OK) << loaded.problems;
  const Config *config = loaded.config;
  EXPECT_STREQ(config->evaluate_time, "day");
  EXPECT_STREQ(config->evaluate_fairness.column, "g");
  EXPECT_EQ(config->evaluate_fairness.min_rows, 100);
  const Gate *gates = config->gates.guardrails;
  EXPECT_EQ(gates[0].rule, GATE_DETECT_HARM);
  EXPECT_EQ(gates[0].margin, 0);
  EXPECT_STREQ(gates[0].slice, "s");
  EXPECT_EQ(gates[1].rule, GATE_PROVE_SAFE);
  EXPECT_EQ(gates[1].margin, 0.5);
  EXPECT_STREQ(gates[1].slice, "t");
  char *text = config_write_resolved(config);
  EXPECT_NE(strstr(text, "{metric: auc, slice: s, detect_harm: true}"), nullptr) << text;
  Loaded again = load(text);
  ASSERT_EQ(again.status, STATUS_OK) << again.problems;
  char *second = config_write_resolved(again.config);
  EXPECT_STREQ(second, text);
  free(text);
  free(second);
}

TEST(ConfigBits, FreeKeysLeaveThemAloneAndBitsKeysDoNot) {
  std::string text = std::string(SMALL) + "business: {unit: EUR, act: '1'}\n";
  std::string bits = load(text).bits;
  ASSERT_FALSE(bits.empty());
  for (const char *set : {"name=other",
                          "goal=x",
                          "owner=x",
                          "data.file=b.h5",
                          "train.micro_batch=256",
                          "train.micro_batch=all",
                          "checkpoint.every.steps=3",
                          "checkpoint.keep.last=9",
                          "log.every_steps=1",
                          "machine.threads=3",
                          "machine.isa=portable",
                          "machine.residency=stream",
                          "evaluate.metrics=[auc]",
                          "evaluate.slices=[a]",
                          "evaluate.time=t",
                          "evaluate.fairness={column: a}",
                          "gates.guardrails=[{metric: auc, at_most: 0.9}]",
                          "business.unit=USD",
                          "business.act='2'",
                          "business.policy=expected_gain",
                          "gates.primary={metric: auc, superior: 0}",
                          "gates.confidence=0.9"}) {
    Loaded loaded = load(text, {set});
    EXPECT_EQ(loaded.status, STATUS_OK) << loaded.problems;
    EXPECT_EQ(loaded.bits, bits) << set;
  }
  for (const char *set : {"seed=1",
                          "numerics.id=f1",
                          "numerics.grain=128",
                          "numerics.fraction_bits=39",
                          "data.order=blocks",
                          "data.split.key=k",
                          "data.split.salt=s",
                          "data.split.by=order",
                          "data.split={train: 0.8, validation: 0.1, test: 0.1}",
                          "data.target.column=z",
                          "data.target.positive=2",
                          "data.weight=w",
                          "data.except=[a]",
                          "data.inputs=[{column: a, as: numeric}]",
                          "model.kind=linear",
                          "model.hidden=[128]",
                          "model.norm=layer",
                          "model.dropout=0.5",
                          "train.batch=2",
                          "train.epochs=2",
                          "train.optimizer.kind=sgd",
                          "train.optimizer.learning_rate=0.01",
                          "train.optimizer.weight_decay=0.1",
                          "train.optimizer.beta1=0.8",
                          "train.optimizer.beta2=0.99",
                          "train.optimizer.epsilon=1e-7",
                          "train.schedule.kind=cosine",
                          "train.schedule.warmup_steps=1",
                          "train.clip_norm=1",
                          "train.early_stop.patience_epochs=1",
                          "select.metric=auc"}) {
    Loaded loaded = load(text, {set});
    EXPECT_EQ(loaded.status, STATUS_OK) << loaded.problems;
    EXPECT_NE(loaded.bits, bits) << set;
  }
}

// Keys that decide bits in fast mode alone leave the text of x1 as it was.
TEST(ConfigBits, FastModeHasItsOwn) {
  const std::string text = SMALL, exact = load(text).bits, fast = load(text, {"numerics.id=f1"}).bits;
  EXPECT_EQ(exact.find("numerics.product"), std::string::npos);
  EXPECT_EQ(exact.find("micro_batch"), std::string::npos);
  EXPECT_NE(fast.find("\nnumerics.product=tf32\n"), std::string::npos) << fast;
  EXPECT_NE(fast.find("\ntrain.micro_batch=auto\n"), std::string::npos) << fast;
  EXPECT_NE(load(text, {"numerics.id=f1", "numerics.product=bf16"}).bits, fast);
  EXPECT_NE(load(text, {"numerics.id=f1", "train.micro_batch=256"}).bits, fast);
}

TEST(ConfigBits, FoldersOfTheDataDoNotCount) {
  EXPECT_EQ(load(SMALL, {}, "/one").bits, load(SMALL, {}, "/two").bits);
}

// ---- Difference

struct Difference {
  std::string key, left, right;
};

Difference difference(const std::string &left, const std::string &right) {
  ConfigDifference found = config_difference(left.c_str(), right.c_str());
  Difference result;
  if (found.key != nullptr) result = {found.key, found.left, found.right};
  config_difference_free(&found);
  return result;
}

TEST(ConfigDifference, NamesTheFirstKeyWithReadableValues) {
  Loaded plain = load(SMALL),
         slow = load(SMALL, {"train.optimizer.learning_rate=0.1", "train.schedule.warmup_steps=3"});
  EXPECT_EQ(difference(plain.bits, plain.bits).key, "");
  Difference found = difference(plain.bits, slow.bits);
  EXPECT_EQ(found.key, "train.optimizer.learning_rate");
  EXPECT_EQ(found.left, "0.001");
  EXPECT_EQ(found.right, "0.1");
}

TEST(ConfigDifference, NamesAKeyThatOneLacks) {
  Difference found = difference("a=1\nb=2\n", "a=1\nc=2\n");
  EXPECT_EQ(found.key, "b");
  EXPECT_EQ(found.left, "2");
  EXPECT_EQ(found.right, "(absent)");
  found = difference("a=1\n", "a=1\nc=text\n");
  EXPECT_EQ(found.key, "c");
  EXPECT_EQ(found.left, "(absent)");
  EXPECT_EQ(found.right, "text");
  found = difference("a=1\nz=2\n", "");
  EXPECT_EQ(found.key, "a");
  EXPECT_EQ(found.right, "(absent)");
}

// ---- Files

TEST(ConfigFile, AMissingOneIs66AndAFolder65) {
  EXPECT_EQ(load_file("/nonexistent/c.yaml").status, STATUS_MISSING);
  Loaded folder = load_file(INGOT_SOURCE_DIR);
  EXPECT_EQ(folder.status, STATUS_DATA);
  EXPECT_NE(folder.error.find("not a regular file"), std::string::npos) << folder.error;
}

TEST(ConfigFile, PathsAreRelativeToItsFolder) {
  Loaded loaded = load_file(recipe("churn"));
  ASSERT_EQ(loaded.status, STATUS_OK) << loaded.problems;
  char *root = realpath(INGOT_SOURCE_DIR, nullptr);
  EXPECT_EQ(std::string(loaded.config->data.file), take(root) + "/data/telco.h5");
}

// ---- What is generated

void expect_generated(const char *name, const std::string &text) {
  std::string path = std::string(INGOT_SOURCE_DIR) + "/configs/" + name;
  if (getenv("INGOT_WRITE_GENERATED") != nullptr) std::ofstream(path) << text;
  std::ifstream file(path);
  std::stringstream content;
  content << file.rdbuf();
  EXPECT_TRUE(content.str() == text) << path << " is out of date: run test_io with INGOT_WRITE_GENERATED=1";
}

TEST(ConfigGenerated, ReferenceIsTheTable) {
  expect_generated("reference.yaml", take(config_write_reference()));
}

TEST(ConfigGenerated, SchemaIsTheTable) {
  expect_generated("schema.json", take(config_write_json_schema()));
}

// With one grain a batch, other threads and micro-batches would add nothing in another order.
TEST(ConfigGenerated, TheDemosBatchHasSeveralGrains) {
  Loaded demo = load_file(recipe("demo"));
  ASSERT_EQ(demo.status, STATUS_OK) << demo.problems;
  EXPECT_GE(demo.config->train.batch, 2 * demo.config->numerics.grain);
}

TEST(ConfigGenerated, LinearTwinsDifferInTheModelAlone) {
  for (const char *name : {"churn", "income", "credit", "demo"}) {
    Loaded network = load_file(recipe(name)),
           linear = load_file(recipe((std::string(name) + "_linear").c_str()));
    ASSERT_EQ(network.status, STATUS_OK) << network.problems;
    ASSERT_EQ(linear.status, STATUS_OK) << linear.problems;
    EXPECT_EQ(linear.config->model.kind, MODEL_LINEAR);
    auto section = [](const std::string &text, const char *from, const char *to) {
      size_t start = text.find(from);
      return text.substr(start, text.find(to, start) - start);
    };
    EXPECT_EQ(section(network.resolved, "\ndata:", "\nmodel:"),
              section(linear.resolved, "\ndata:", "\nmodel:"));
    EXPECT_EQ(section(network.resolved, "\nevaluate:", "\nEND"),
              section(linear.resolved, "\nevaluate:", "\nEND"));
    EXPECT_TRUE(network.config->business.present && network.config->gates.has_primary) << name;
  }
}

} // namespace
