// Configuration: every class of error, its place, its caret and its hint, and hostile text.
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <sstream>

#include "tests/io/config_case.h"

namespace {

// A configuration: SMALL (its `data:` still open), then `tail`, of which line 5 is the first.
struct ErrorCase {
  const char *title, *tail, *problem;
};

const ErrorCase CASES[] = {
    // Keys
    {"typo", "sead: 7\n",
     "c.yaml:5:1: error: unknown key 'sead'; did you mean 'seed'?\n   5 | sead: 7\n     | ^~~~\n"},
    {"typo below", "train: {epohcs: 3}\n",
     "c.yaml:5:9: error: unknown key 'epohcs' in train; did you mean 'epochs'?\n"},
    {"alias", "train: {lr: 3}\n",
     "c.yaml:5:9: error: unknown key 'lr' in train; here it is called train.optimizer.learning_rate\n"},
    {"alias at the top", "random_state: 3\n", "unknown key 'random_state'; here it is called seed\n"},
    {"elsewhere", "epochs: 3\n", "c.yaml:5:1: error: unknown key 'epochs'; did you mean 'train.epochs'?\n"},
    {"unknown", "zzzzzzzzzz: 3\n", "unknown key 'zzzzzzzzzz'; configs/reference.yaml lists every key\n"},
    {"capitals", "SEED: 3\n", "unknown key 'SEED'; did you mean 'seed'?\n"},
    {"capital word", "model: {kind: MLP}\n",
     "model.kind must be mlp or linear, not 'MLP'; did you mean 'mlp'?\n"},
    {"swapped", "model: {knid: mlp}\n", "unknown key 'knid' in model; did you mean 'kind'?\n"},
    {"dotted", "train.batch: 3\n", "unknown key 'train.batch'"},
    {"duplicate", "seed: 1\nseed: 2\n",
     "c.yaml:6:1: error: duplicate key 'seed': it was already given on line 5\n   6 | seed: 2\n     | "
     "^~~~\n"},
    {"bad duplicate", "seed: 1\nseed: x\n", "duplicate key 'seed': it was already given on line 5\n"},
    {"in a list", "  inputs: [{colum: a, as: numeric, column: a}]\n",
     "unknown key 'colum' in data.inputs.0; did you mean 'column'?\n"},
    // YAML
    {"tab", "train:\n\tbatch: 3\n",
     "c.yaml:6:1: error: not YAML: tab character may not be used as indentation: indent with blanks\n"},
    {"anchor", "goal: &a hello\n",
     "c.yaml:5:8: error: anchors are not allowed here: write the value itself\n"},
    {"alias node", "goal: *a\n", "aliases are not allowed here: write the value itself\n"},
    {"merge", "train: {<<: {batch: 3}}\n",
     "c.yaml:5:9: error: merge keys are not allowed here: write the keys themselves\n"},
    {"tag", "goal: !!str x\n", "c.yaml:5:7: error: tags are not allowed here: the key decides the type\n"},
    {"unclosed", "train: {batch: 3\n", "error: not YAML: "},
    {"colon", "goal: a: b\n",
     "c.yaml:5:8: error: not YAML: invalid nested block mapping on the same line: put a text that contains "
     "': ' in quotes\n"},
    {"documents", "---\nname: b\n",
     "c.yaml:5:1: error: a second document begins here: a configuration is one document\n"},
    {"not utf-8", "goal: \xff\n", "c.yaml:5:7: error: byte 0xFF is not UTF-8 here: save the file as UTF-8\n"},
    {"control", "goal: \"a\x01\"\n", "c.yaml:5:9: error: control character 0x01 is not allowed\n"},
    {"escaped control", "goal: \"a\\e\"\n", "goal contains control character 0x1B\n"},
    // Types
    {"fraction", "train: {batch: 12.5}\n",
     "c.yaml:5:16: error: train.batch must be a whole number in [1, 4194304], not '12.5'\n"},
    {"quoted number", "train: {batch: \"12\"}\n",
     "c.yaml:5:16: error: train.batch must be a whole number in [1, 4194304], not the text \"12\"\n"
     "   5 | train: {batch: \"12\"}\n     |                ^~~~\n"},
    {"hexadecimal", "log: {every_steps: 0x10}\n",
     "log.every_steps must be a whole number in [1, 4294967295], not '0x10'\n"},
    {"octal", "train: {batch: 010}\n", "train.batch must be a whole number in [1, 4194304], not '010'\n"},
    {"list for a text", "owner: [a]\n", "c.yaml:5:8: error: owner must be a text, not a list\n"},
    {"null", "owner: null\n", "owner must be a text: write \"null\" in quotes if it is one\n"},
    {"boolean", "owner: true\n", "owner must be a text: write \"true\" in quotes if it is one\n"},
    {"empty", "owner:\n",
     "c.yaml:5:1: error: owner has no value: leave the key out, or write \"\" for an empty text\n"},
    {"value for a section", "train: 3\n", "c.yaml:5:8: error: train must be a map of keys, `key: value`\n"},
    {"empty section", "train:\n", "c.yaml:5:1: error: train must be a map of keys, `key: value`\n"},
    {"value for inputs", "  inputs: all\n", "data.inputs must be auto or a list, one `- {...}` an item\n"},
    {"value for columns", "  except: a\n", "data.except must be a list, [a, b], not 'a'\n"},
    {"value for hidden", "model: {hidden: 64}\n",
     "model.hidden must be a list of whole numbers, [a, b], in [1, 65536], not '64'\n"},
    {"item of hidden", "model: {hidden: [64, x]}\n",
     "c.yaml:5:22: error: model.hidden.1 must be a whole number in [1, 65536], not 'x'\n"},
    {"no hidden", "model: {hidden: []}\n", "model.hidden has 0 items: 1 to 64 are possible\n"},
    {"infinite", "train: {clip_norm: .inf}\n",
     "train.clip_norm must be a finite number in [0, 1e+30], not '.inf'\n"},
    {"overflow", "train: {clip_norm: 1e999}\n",
     "train.clip_norm is 1e999, which no binary64 number can hold\n"},
    {"underflow", "train: {optimizer: {learning_rate: 1e-999}}\n",
     "learning_rate is 1e-999, which no binary64 number can hold\n"},
    {"list of columns", "  inputs: [{column: [a, b], as: numeric}]\n",
     "data.inputs.0.column is one column: write `columns:` for several\n"},
    // Words
    {"word", "train: {schedule: {kind: cosin}}\n",
     "c.yaml:5:26: error: train.schedule.kind must be constant or cosine, not 'cosin'; did you mean "
     "'cosine'?\n"},
    {"unknown word", "machine: {isa: sse}\n",
     "machine.isa must be auto, portable, avx2 or avx512, not 'sse'\n"},
    {"metric", "select: {metric: acu}\n",
     "c.yaml:5:18: error: select.metric: no metric is called 'acu'; did you mean 'auc'?\n"},
    {"metric of a list", "evaluate: {metrics: [auc, rocauc]}\n",
     "c.yaml:5:27: error: evaluate.metrics.1: no metric is called 'rocauc'"},
    {"metric parameter", "evaluate: {metrics: [capture@1.5]}\n",
     "c.yaml:5:22: error: evaluate.metrics.0: metric 'capture@1.5': what follows @ must be a share of the "
     "rows "
     "above 0 and below 1, or a whole number of rows from 1, as in capture@0.1\n"},
    {"metric without its parameter", "evaluate: {metrics: [lift]}\n",
     "metric 'lift' needs a parameter, as in lift@0.1"},
    {"metric that takes no parameter", "evaluate: {metrics: [auc@1]}\n", "metric 'auc' takes no parameter"},
    {"misspelt metric with a parameter", "evaluate: {metrics: [captur@0.1]}\n",
     "no metric is called 'captur@0.1'; did you mean 'capture@0.1'?\n"},
    {"numerics", "numerics: {id: x2}\n", "numerics.id must be x1 or f1, not 'x2'"},
    {"products of x1", "numerics: {id: x1, product: bf16}\n",
     "c.yaml:5:20: error: numerics.product applies only where numerics.id is f1\n"},
    {"operands of products", "numerics: {id: f1, product: fp8}\n",
     "numerics.product must be tf32 or bf16, not 'fp8'"},
    // Ranges
    {"zero", "train: {epochs: 0}\n",
     "c.yaml:5:17: error: train.epochs is 0, outside [1, 1000000] epochs\n   5 | train: {epochs: 0}\n     |  "
     "               ^\n"},
    {"excluded end", "model: {dropout: 1}\n", "model.dropout is 1, outside [0, 1)\n"},
    {"excluded start", "checkpoint: {every: {minutes: 0}}\n",
     "checkpoint.every.minutes is 0, outside (0, 1000000] minutes\n"},
    {"negative seed", "seed: -1\n", "seed is -1, outside [0, 18446744073709551615]\n"},
    {"large seed", "seed: 18446744073709551616\n", "seed is 18446744073709551616, outside"},
    {"large integer", "train: {batch: 99999999999999999999}\n",
     "train.batch is 99999999999999999999, outside [1, 4194304] rows\n"},
    {"keep", "checkpoint: {keep: {last: 1}}\n",
     "checkpoint.keep.last is 1, outside [2, 1000000] checkpoints\n"},
    // Rules between keys
    {"parts", "  split: {train: 0.7, validation: 0.2, test: 0.2}\n",
     "c.yaml:5:10: error: the parts of data.split sum to 1.1, not exactly 1\n"},
    {"nearly 1", "  split: {train: 0.7, validation: 0.15, test: 0.149999999999999}\n",
     "the parts of data.split sum to 0.999999999999999, not exactly 1\n"},
    {"places", "  split: {train: 0.7000000000000001, validation: 0.15, test: 0.15}\n",
     "data.split.train must be a plain decimal of at most 15 places"},
    {"no validation", "  split: {train: 1}\n", "data.split needs rows to train and to validate"},
    {"test part by file", "  test_file: t.h5\n  split: {by: file, test: 0.1}\n",
     "c.yaml:6:21: error: data.split.test applies only where data.split.by is hash or order\n"},
    {"no test file", "  split: {by: file}\n", "data.test_file is missing: HDF5 file of the test rows.\n"},
    {"test file unused", "  test_file: t.h5\n", "data.test_file applies only where data.split.by is file\n"},
    {"hidden of linear", "model: {kind: linear, hidden: [3]}\n",
     "c.yaml:5:23: error: model.hidden applies only where model.kind is mlp\n"},
    {"beta of sgd", "train: {optimizer: {kind: sgd, beta1: 0.9}}\n",
     "train.optimizer.beta1 applies only where train.optimizer.kind is adamw\n"},
    {"embed of numeric", "  inputs: [{column: a, as: numeric, embed: 3}]\n",
     "data.inputs.0.embed applies only where as is category\n"},
    {"except beside a list", "  inputs: [{column: a, as: numeric}]\n  except: [b]\n",
     "data.except applies only where data.inputs is auto\n"},
    {"micro batch", "train: {micro_batch: 100}\n",
     "train.micro_batch is 100, not a multiple of numerics.grain, 256; the nearest is 256\n"},
    {"micro-batch between", "train: {batch: 4096, micro_batch: 700}\n", "the nearest is 512 or 768\n"},
    {"target as input", "  inputs: [{column: y, as: numeric}]\n",
     "the target y is among the inputs: the model would be told the answer\n"},
    {"target as weight", "  weight: y\n", "data.weight is y, the target"},
    {"input twice", "  inputs: [{column: a, as: numeric}, {columns: [b, a], as: category}]\n",
     "data.inputs names a more than once\n"},
    {"metric twice", "evaluate: {metrics: [auc, f1, auc]}\n", "evaluate.metrics names auc more than once\n"},
    {"no inputs", "  inputs: []\n", "data.inputs is empty: a model needs an input\n"},
    {"no column", "  inputs: [{as: numeric}]\n",
     "data.inputs.0 needs its columns: column: NAME, or columns: [NAME, ...]\n"},
    {"no kind", "  inputs: [{column: a}]\n",
     "data.inputs.0.as is missing: numeric: a value. category: an embedding.\n"},
    {"two forms", "  inputs: [{column: a, columns: [b], as: numeric}]\n",
     "data.inputs.0 needs either column or columns"},
    {"two intervals", "checkpoint: {every: {epochs: 1, steps: 2}}\n",
     "checkpoint.every needs only one of epochs, steps and minutes\n"},
    {"metric of another task", "select: {metric: rmse}\n", "rmse is no metric of a binary target\n"},
    {"selection by what is best at one", "select: {metric: calibration_slope}\n",
     "calibration_slope cannot select: it is best near 1, neither large nor small\n"},
    {"selection by money", "select: {metric: value}\n", "value cannot select: it depends on a threshold"},
    {"money without business", "gates: {primary: {metric: value, superior: 0}}\n",
     "value is money: it needs the section business\n"},
    {"metric without an interval", "gates: {guardrails: [{metric: ece, not_worse: 0.01}]}\n",
     "ece has no interval, so no gate on it can be decided; take log_loss, brier or calibration_slope\n"},
    {"two rules", "gates: {primary: {metric: auc, superior: 0, at_least: 3}}\n",
     "gates.primary needs only one of superior, not_worse, at_least, at_most and suspicious\n"},
    {"no rule", "gates: {guardrails: [{metric: auc}]}\n",
     "c.yaml:5:22: error: gates.guardrails.0 needs one of superior, not_worse, at_least, at_most and "
     "suspicious\n"},
    {"no metric", "gates: {primary: {superior: 0}}\n", "gates.primary.metric is missing"},
    {"slice of no column", "gates: {guardrails: [{metric: auc, slice: s, detect_harm: true}]}\n",
     "gates.guardrails.0: s is none of evaluate.slices; name it there\n"},
    {"slice without its rule",
     "gates: {guardrails: [{metric: auc, slice: s, not_worse: 1}]}\nevaluate: {slices: [s]}\n",
     "gates.guardrails.0: slice goes with detect_harm or prove_safe, and these with a slice\n"},
    {"harm of all rows", "gates: {guardrails: [{metric: auc, detect_harm: true}]}\n",
     "gates.guardrails.0: slice goes with detect_harm or prove_safe, and these with a slice\n"},
    {"harm of a size",
     "gates: {guardrails: [{metric: auc, slice: s, detect_harm: 0.1}]}\nevaluate: {slices: [s]}\n",
     "gates.guardrails.0.detect_harm must be true, not '0.1'\n"},
    {"fairness without a column", "evaluate: {fairness: {min_rows: 5}}\n",
     "evaluate.fairness.column is missing"},
    {"margin", "gates: {primary: {metric: auc, not_worse: 0}}\n",
     "gates.primary.not_worse is 0, outside (0, inf)\n"},
    {"no unit", "business: {act: '1'}\n", "business.unit is missing: Unit of every amount.\n"},
    {"no act", "business: {unit: EUR}\n", "business.act is missing"},
    {"act beside matrix", "business: {unit: E, act: '1', matrix: {tp: 1, fp: 1, fn: 1, tn: 1}}\n",
     "business.act cannot stand beside business.matrix\n"},
    {"matrix in part", "business: {unit: E, matrix: {tp: 1, fp: 1, fn: 1}}\n",
     "c.yaml:5:21: error: business.matrix.tn is missing: Skipped a negative.\n"},
    {"range", "business: {unit: E, act: '1', params: {a: {value: 3, low: 4}}}\n",
     "a must have low <= value <= high\n"},
    {"name of a number", "business: {unit: E, act: '1', params: {1a: 3}}\n",
     "'1a' is no name: letters, digits and _, not beginning with a digit\n"},
    {"unit of a parameter", "business: {unit: E, act: '1', params: {a: {value: 3, unit: F}}}\n",
     "a is in F, but business.unit is E: convert the amount, or write unit: rate for a share or a factor\n"},
    {"two capacities", "business: {unit: E, act: '1', capacity: {rows: 3, fraction: 0.5}}\n",
     "c.yaml:5:41: error: business.capacity needs only one of rows, fraction and budget\n"},
    {"a budget without costs", "business: {unit: E, act: '1', capacity: {budget: 3}}\n",
     "budget and cost go together"},
    {"policy without capacity", "business: {unit: E, act: '1', policy: capacity}\n",
     "policy capacity acts up to business.capacity, which is not given"},
    {"costs of two classes", "business: {unit: E, act: '1', costs: {a: {b: 1}}}\n",
     "business.costs needs a target with several classes, not a binary one\n"},
    {"shape of costs", "business: {unit: E, act: '1', costs: {a: 1}}\n",
     "a map of maps, {TRUTH: {DECISION: cost}}"},
    // Payoff expressions: the caret within the value, however it is written
    {"syntax", "business: {unit: EUR, act: '1 + + * 2'}\n",
     "c.yaml:5:35: error: business.act: a value expected before '*'\n   5 | business: {unit: EUR, act: '1 + "
     "+ * "
     "2'}\n     |                                   ^\n"},
    {"no expression", "business: {unit: EUR, act: ' '}\n",
     "c.yaml:5:28: error: there is no expression; write \"0\" if it is worth nothing\n"},
    {"parameter", "business: {unit: EUR, act: 2 * :ofer, params: {offer: 3}}\n",
     "c.yaml:5:32: error: business.act: there is no parameter 'ofer' in business.params; did you mean "
     "':offer'?\n"},
    {"skip", "business: {unit: EUR, act: '1', skip: '(2'}\n",
     "c.yaml:5:42: error: business.skip: ) expected before 'the end'\n"},
    {"score", "business: {unit: EUR, act: score}\n",
     "c.yaml:5:28: error: business.act: a payoff may not use"},
    {"folded block", "business:\n  unit: EUR\n  act: >\n    1 +\n    2 - :b\n",
     "c.yaml:9:9: error: business.act: there is no parameter 'b' in business.params\n   9 |     2 - :b\n"
     "     |         ^\n"},
    {"plain over lines", "business:\n  unit: EUR\n  act: 1 +\n    :b\n", "c.yaml:8:5: error: business.act: "},
    {"wide characters", "business: {unit: EUR, act: '\"\xC3\xA9\" * :b'}\n",
     "c.yaml:5:35: error: business.act: "},
    {"escapes", "business: {unit: EUR, act: \"1\\x20* :b\"}\n",
     "c.yaml:5:28: error: business.act: column 5: there is no parameter 'b'"},
    {"policy", "business: {unit: E, act: '1', policy: {threshold: 1.5}}\n",
     "business.policy.threshold is 1.5, outside [0, 1]\n"},
};

TEST(ConfigErrors, EveryClassIsNamedWithItsPlaceAndRemedy) {
  for (const ErrorCase &one : CASES) {
    Loaded loaded = load(std::string(SMALL) + one.tail);
    EXPECT_EQ(loaded.status, STATUS_CONFIG) << one.title;
    EXPECT_NE(loaded.problems.find(one.problem), std::string::npos) << one.title << "\n" << loaded.problems;
    EXPECT_EQ(loaded.config, nullptr);
  }
}

TEST(ConfigErrors, OneMistakeIsOneError) {
  for (const ErrorCase &one : CASES) {
    EXPECT_EQ(load(std::string(SMALL) + one.tail).count, 1)
        << one.title << load(std::string(SMALL) + one.tail).problems;
  }
}

TEST(ConfigErrors, AllAreReportedAtOnceInTheirOrder) {
  Loaded loaded = load("name: bad name\n"
                       "sead: 7\n"
                       "data:\n"
                       "  target: {column: y, task: binray, positive: 1}\n"
                       "train:\n"
                       "  batch: 0\n"
                       "  epochs: many\n");
  EXPECT_EQ(loaded.status, STATUS_CONFIG);
  EXPECT_EQ(loaded.count, 6);
  EXPECT_EQ(loaded.error, "c.yaml: 6 errors in the configuration; nothing was started");
  EXPECT_EQ(
      loaded.problems,
      "c.yaml:1:7: error: name is a part of the run's folder: at most 100 letters, digits, '.', '_', '-', "
      "not beginning with '.' or '-'\n"
      "   1 | name: bad name\n"
      "     |       ^~~~~~~~\n"
      "c.yaml:2:1: error: unknown key 'sead'; did you mean 'seed'?\n"
      "   2 | sead: 7\n"
      "     | ^~~~\n"
      "c.yaml:3:1: error: data.file is missing: HDF5 file of the rows, relative to this config's folder.\n"
      "   3 | data:\n"
      "     | ^~~~\n"
      "c.yaml:4:29: error: data.target.task must be binary, multiclass or regression, not 'binray'; did you "
      "mean 'binary'?\n"
      "   4 |   target: {column: y, task: binray, positive: 1}\n"
      "     |                             ^~~~~~\n"
      "c.yaml:6:10: error: train.batch is 0, outside [1, 4194304] rows\n"
      "   6 |   batch: 0\n"
      "     |          ^\n"
      "c.yaml:7:11: error: train.epochs must be a whole number in [1, 1000000], not 'many'\n"
      "   7 |   epochs: many\n"
      "     |           ^~~~\n");
}

TEST(ConfigErrors, EveryBadExpressionIsNamed) {
  Loaded loaded =
      load(std::string(SMALL) + "business: {unit: EUR, act: '1 +', skip: '* 2'}\n", {"business.skip=:b"});
  EXPECT_EQ(loaded.count, 2) << loaded.problems;
  EXPECT_NE(loaded.problems.find("--set business.skip=:b: error: business.skip: there is no parameter 'b' in "
                                 "business.params\n     | business.skip=:b\n     |               ^\n"),
            std::string::npos)
      << loaded.problems;
}

TEST(ConfigErrors, AnEmptyFileLacksWhatMustBeGiven) {
  for (const char *text : {"", "# nothing\n", "{}\n"}) {
    Loaded loaded = load(text);
    EXPECT_EQ(loaded.count, 4) << loaded.problems;
    for (const char *key : {"name", "data.file", "data.target.column", "data.target.task"})
      EXPECT_NE(loaded.problems.find(std::string(key) + " is missing"), std::string::npos) << key;
  }
  EXPECT_NE(load("- a\n").problems.find("a configuration must be a map of keys"), std::string::npos);
  EXPECT_NE(load("a\n").problems.find("a configuration must be a map of keys"), std::string::npos);
}

TEST(ConfigErrors, WithoutRoomForProblemsTheFirstIsTheMessage) {
  Config *config = nullptr;
  Error error = {};
  const char *text = "name: a\nsead: 1\n";
  EXPECT_EQ(config_load_text(&config, nullptr, "c.yaml", text, strlen(text), "/", nullptr, 0, &error),
            STATUS_CONFIG);
  EXPECT_NE(std::string(error.text).find("c.yaml:1:1: error: data.file is missing"), std::string::npos)
      << error.text;
}

TEST(ConfigErrors, LongLinesAndWideCharactersKeepTheCaretInPlace) {
  std::string text =
      std::string(SMALL) + "goal: \"\xC3\xA9\xC3\xA9\"\ntrain: {batch: 8, \"\xC3\xA9\": 1, bach: 3}\n";
  EXPECT_NE(load(text).problems.find("     |                           ^~~~\n"), std::string::npos)
      << load(text).problems;
  std::string wide = std::string(SMALL) + "train: {" + std::string(5000, ' ') + "bach: 3}\n";
  Loaded loaded = load(wide);
  EXPECT_NE(loaded.problems.find("c.yaml:5:5009: error"), std::string::npos) << loaded.problems;
  EXPECT_LT(loaded.problems.size(), 500u);
}

TEST(ConfigErrors, TooMuchIsRefused) {
  std::string deep = "goal: " + std::string(100000, '[') + "\n";
  EXPECT_NE(load(std::string(SMALL) + deep).problems.find("nested deeper than 16 levels"), std::string::npos);
  std::string keys;
  for (int i = 0; i < 2000; i++) keys += "k" + std::to_string(i) + ": 1\n";
  EXPECT_NE(load(keys).problems.find("more than 1000 keys in one map"), std::string::npos);
  std::string values = "  except: [";
  for (int i = 0; i < 200000; i++) values += "a,";
  EXPECT_NE(load(SMALL + values + "a]\n").problems.find("more than 50000 values"), std::string::npos);
  std::string bytes(20 << 20, ' ');
  EXPECT_NE(load(bytes).problems.find("bytes are too many for a configuration"), std::string::npos);
}

// Damaged text is an error or a configuration, never a crash: one byte changed, one cut, one line lost.
TEST(ConfigErrors, DamagedTextIsAnErrorOrAConfiguration) {
  std::ifstream file(std::string(INGOT_SOURCE_DIR) + "/configs/churn.yaml");
  std::stringstream content;
  content << file.rdbuf();
  const std::string whole = content.str();
  ASSERT_GT(whole.size(), 1000u);
  uint64_t state = 1;
  auto draw = [&state](size_t bound) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (size_t)((state >> 33) % bound);
  };
  const char bytes[] = "{}[]:,#&*!|>'\"%@`-? \n\t\x00\x7f\xff\x80zA0.";
  int refused = 0;
  for (int i = 0; i < 600; i++) {
    std::string text = whole;
    if (i % 3 == 0) text.resize(draw(whole.size()));
    for (size_t j = 0; j < 1 + draw(3) && !text.empty(); j++)
      text[draw(text.size())] = bytes[draw(sizeof bytes - 1)];
    if (i % 3 == 1) text.erase(draw(text.size()), draw(80));
    Loaded loaded = load(text);
    if (loaded.status == STATUS_OK) {
      EXPECT_EQ(load(loaded.resolved).bits, loaded.bits) << text;
    } else {
      ASSERT_EQ(loaded.status, STATUS_CONFIG);
      EXPECT_GT(loaded.count, 0);
      EXPECT_FALSE(loaded.problems.empty());
      refused++;
    }
  }
  EXPECT_GT(refused, 100);
}

} // namespace
