// Targets and weights on small tables, worked out by hand, and fitted preprocessing through tensors and back.
#include <gtest/gtest.h>

#include <functional>

#include "preprocess_case.h"

TEST(Preprocess, BinaryTargets) {
  struct Case {
    std::vector<double> labels;
    const char *positive, *negative_class, *positive_class, *sentence; // sentence: refused
  };
  const Case cases[] = {
      {{0, 1, 1}, "1", "0", "1", nullptr},
      {{0, 1, 1}, "0", "1", "0", nullptr},
      {{0, 1, 1}, "1.0", "0", "1", nullptr},
      {{0, 1, 1}, "", "0", "1", nullptr},
      {{0, 2, 2}, "", "", "", "data.target.positive must be one of them."},
      {{0, 1, 1}, "yes", "", "", "data.target.positive must be one of them, not 'yes'."},
      {{0, 1, 2}, "1", "", "", "has 3 values in the training rows ('0', '1', '2', ...)"},
      {{1, 1, 1}, "1", "", "", "has one class ('1')"},
      {{1, MISSING, 0}, "1", "", "", "column 'y', row 2 (row 1 is the first): the label is missing"},
      {{1, 0, INFINITY}, "1", "", "", "column 'y', row 3 (row 1 is the first): the label is infinite"},
  };
  for (const Case &c : cases) {
    Table table({0, 1, 2});
    table.numbers("x", {1, 2, 3});
    table.numbers("y", c.labels);
    table.input("x", INPUT_NUMERIC);
    table.target(TASK_BINARY, c.positive);
    Status status = table.fit();
    EXPECT_EQ(status, c.sentence == nullptr ? STATUS_OK : STATUS_DATA) << table.message();
    if (status != STATUS_OK) {
      EXPECT_NE(table.message().find(c.sentence), std::string::npos) << table.message();
      continue;
    }
    EXPECT_STREQ(preprocess_class_name(table.fitted, 0), c.negative_class);
    EXPECT_STREQ(preprocess_class_name(table.fitted, 1), c.positive_class);
    ASSERT_EQ(table.apply(table.fitted, {1, 0}), STATUS_OK);
    float first_is_positive = std::string(c.positive_class) == "1" ? 1.0f : 0.0f;
    EXPECT_EQ(table.targets, (Floats{first_is_positive, 1 - first_is_positive}));
  }
}

// Numbers by value, texts by byte order; a class that training never saw is an error.
TEST(Preprocess, MulticlassTargets) {
  Table table({0, 1, 2, 3});
  table.numbers("x", {1, 2, 3, 4, 5});
  table.numbers("y", {10, 2, 9, 2, 7});
  table.input("x", INPUT_NUMERIC);
  table.target(TASK_MULTICLASS);
  ASSERT_EQ(table.fit(), STATUS_OK) << table.message();
  EXPECT_EQ(preprocess_class_count(table.fitted), 3);
  EXPECT_EQ(preprocess_layout(table.fitted)->outputs, 3);
  ASSERT_EQ(table.apply(table.fitted, {0, 1, 2, 3}), STATUS_OK);
  EXPECT_EQ(table.targets, (Floats{2, 0, 1, 0}));
  EXPECT_EQ(table.apply(table.fitted, {0, 4}), STATUS_DATA);
  EXPECT_NE(
      table.message().find("row 5 (row 1 is the first): the label '7' does not occur in the training rows"),
      std::string::npos);

  Table texts({0, 1, 2});
  texts.numbers("x", {1, 2, 3});
  texts.texts_of("y", {"b", "a", "B"}, {"b", "a", "B"});
  texts.input("x", INPUT_NUMERIC);
  texts.target(TASK_MULTICLASS);
  ASSERT_EQ(texts.fit(), STATUS_OK) << texts.message();
  ASSERT_EQ(texts.apply(texts.fitted), STATUS_OK);
  EXPECT_EQ(texts.targets, (Floats{2, 1, 0}));
}

TEST(Preprocess, RegressionTargets) {
  Table table({0, 1, 2, 3, 4, 5, 6, 7});
  table.numbers("x", {1, 2, 3, 4, 5, 6, 7, 8, 9});
  table.numbers("y", {2, 4, 4, 4, 5, 5, 7, 9, 1e300});
  table.input("x", INPUT_NUMERIC);
  table.target(TASK_REGRESSION);
  ASSERT_EQ(table.fit(), STATUS_OK) << table.message();
  EXPECT_EQ(preprocess_target(table.fitted, 1.5), 8.0);
  ASSERT_EQ(table.apply(table.fitted, {0, 7}), STATUS_OK);
  EXPECT_EQ(table.targets, (Floats{-1.5, 2}));
  double label = 0;
  Error error = {};
  ASSERT_EQ(preprocess_label(&label, table.fitted, table.frame, 7, &error), STATUS_OK);
  EXPECT_EQ(label, 9.0); // not standardised
  EXPECT_EQ(table.apply(table.fitted, {8}), STATUS_DATA);
  EXPECT_NE(table.message().find("row 9 (row 1 is the first): the label 1e+300 is too large"),
            std::string::npos);
  table.training = {1, 2, 3};
  EXPECT_EQ(table.fit(), STATUS_DATA);
  EXPECT_NE(table.message().find("target 'y' is constant"), std::string::npos);

  Table texts({0, 1});
  texts.numbers("x", {1, 2});
  texts.texts_of("y", YES_NO, {"yes", "no"});
  texts.input("x", INPUT_NUMERIC);
  texts.target(TASK_REGRESSION);
  EXPECT_EQ(texts.fit(), STATUS_DATA);
  EXPECT_NE(texts.message().find("needs a target of numbers"), std::string::npos);
}

// The power of two that brings the largest training weight into (1/2, 1]; the other rows follow it.
TEST(Preprocess, Weights) {
  struct Case {
    double largest;
    float scaled;
  };
  for (Case c : {Case{3, 0.75f}, {4, 1}, {0.5, 1}, {0.75, 0.75f}, {1, 1}, {5, 0.625f}, {0x1p-300, 1}}) {
    Table table({0, 1});
    table.numbers("x", {1, 2, 3});
    table.texts_of("y", YES_NO, {"yes", "no", "no"});
    table.numbers("w", {c.largest, 0, 16 * c.largest});
    table.input("x", INPUT_NUMERIC);
    table.weight("w");
    ASSERT_EQ(table.fit(), STATUS_OK) << table.message();
    ASSERT_EQ(table.apply(table.fitted), STATUS_OK);
    EXPECT_EQ(table.weights, (Floats{c.scaled, 0, 16 * c.scaled})) << c.largest;
  }
  const std::pair<std::vector<double>, const char *> bad[] = {
      {{1, -1}, "column 'w', row 2 (row 1 is the first): the weight is -1"},
      {{MISSING, 1}, "column 'w', row 1 (row 1 is the first): the weight is"},
      {{1, INFINITY}, "column 'w', row 2 (row 1 is the first): the weight is inf"},
      {{0, 0}, "column 'w': the weights of all training rows are 0."},
      {{1, 1e200}, "column 'w': the largest weight is 1e+200"},
  };
  for (const auto &[weights, sentence] : bad) {
    Table table({0, 1});
    table.numbers("x", {1, 2});
    table.texts_of("y", YES_NO, {"yes", "no"});
    table.numbers("w", weights);
    table.input("x", INPUT_NUMERIC);
    table.weight("w");
    EXPECT_EQ(table.fit(), STATUS_DATA) << sentence;
    EXPECT_EQ(table.message().rfind(sentence, 0), 0u) << table.message();
  }
}

namespace {

// Every kind of input, a weight and three classes.
std::unique_ptr<Table> full_table() {
  auto table = std::make_unique<Table>(std::vector<int64_t>{0, 1, 2, 3});
  table->numbers("x", {2, 4, MISSING, 6, 1e6});
  table->texts_of("k", {"b", "a"}, {"b", "a", "", "b", "a"});
  table->numbers("n", {2.5, 1, 1, MISSING, 7});
  table->texts_of("y", {"p", "q", "r"}, {"p", "q", "r", "p", "r"});
  table->numbers("w", {3, 1, 2, 0, 1});
  table->input("x", INPUT_NUMERIC);
  table->input("k", INPUT_CATEGORY);
  table->input("n", INPUT_CATEGORY);
  table->target(TASK_MULTICLASS);
  table->weight("w");
  return table;
}

} // namespace

TEST(Preprocess, ThroughTensorsAndBack) {
  auto table = full_table();
  ASSERT_EQ(table->fit(), STATUS_OK) << table->message();
  ASSERT_EQ(table->apply(table->fitted), STATUS_OK) << table->message();
  auto values = table->values, targets = table->targets, weights = table->weights;
  auto ids = table->ids;
  EXPECT_EQ(ids, (Ids{3, 3, 2, 2, 1, 2, 3, 1, 2, 0}));
  EXPECT_EQ(weights, (Floats{0.75, 0.25, 0.5, 0, 0.25}));
  TensorSet set = {};
  preprocess_tensors(table->fitted, &set);
  uint8_t digest[DIGEST_BYTES], again[DIGEST_BYTES];
  tensor_set_digest(digest, &set);
  Preprocess *back = nullptr;
  Error error = {};
  ASSERT_EQ(preprocess_from_tensors(&back, &set, &error), STATUS_OK) << error.text;
  tensor_set_free(&set);
  preprocess_free(table->fitted); // nothing of it may be needed any more
  table->fitted = back;
  preprocess_tensors(back, &set);
  tensor_set_digest(again, &set);
  EXPECT_EQ(memcmp(digest, again, sizeof digest), 0);
  tensor_set_free(&set);
  ASSERT_EQ(table->apply(back), STATUS_OK) << table->message();
  EXPECT_EQ(table->values, values);
  EXPECT_EQ(table->ids, ids);
  EXPECT_EQ(table->targets, targets);
  EXPECT_EQ(table->weights, weights);
  EXPECT_STREQ(preprocess_class_name(back, 2), "r");
  EXPECT_STREQ(preprocess_weight_name(back), "w");
  EXPECT_FALSE(preprocess_column_is_numeric(back, 1));
  EXPECT_TRUE(preprocess_column_is_numeric(back, 2));
}

// A checkpoint that was changed: each tensor missing, of another type, or with an impossible value.
TEST(Preprocess, DamagedTensors) {
  auto table = full_table();
  ASSERT_EQ(table->fit(), STATUS_OK) << table->message();
  TensorSet set = {};
  preprocess_tensors(table->fitted, &set);
  auto refused = [&](const char *name, const std::function<void(TensorView *)> &change) {
    TensorView *tensor = tensor_set_find(&set, name);
    ASSERT_NE(tensor, nullptr) << name;
    TensorView whole = *tensor;
    std::string bytes((char *)tensor->data, tensor_bytes(tensor));
    change(tensor);
    Preprocess *back = nullptr;
    Error error = {};
    EXPECT_EQ(preprocess_from_tensors(&back, &set, &error), STATUS_DATA) << name;
    EXPECT_EQ(back, nullptr);
    EXPECT_NE(std::string(error.text).find(name), std::string::npos) << error.text;
    *tensor = whole;
    memcpy(tensor->data, bytes.data(), bytes.size());
  };
  for (const char *name : {"preprocess.000.kind", "preprocess.000.mean", "preprocess.000.std",
                           "preprocess.000.flag", "preprocess.000.required", "preprocess.001.width",
                           "preprocess.target.name", "preprocess.target.task", "preprocess.target.kind",
                           "preprocess.target.classes", "preprocess.weight.scale", "preprocess.000.name"}) {
    refused(name, [](TensorView *t) { t->name[0] = 'q'; });
    refused(name, [](TensorView *t) { t->dtype = DTYPE_F32; });
  }
  auto number = [](double value) { return [value](TensorView *t) { *(double *)t->data = value; }; };
  refused("preprocess.000.mean", number(NAN));
  refused("preprocess.000.std", number(-1));
  refused("preprocess.000.std", number(INFINITY));
  refused("preprocess.weight.scale", number(0));
  refused("preprocess.001.width", [](TensorView *t) { *(int64_t *)t->data = 0; });
  refused("preprocess.001.width", [](TensorView *t) { *(int64_t *)t->data = 257; });
  refused("preprocess.001.values", [](TensorView *t) { *(char *)t->data = 'c'; }); // c, b: no order
  refused("preprocess.001.values", [](TensorView *t) { *(char *)t->data = 'b'; }); // twice
  refused("preprocess.000.kind", [](TensorView *t) { *(char *)t->data = 'N'; });
  refused("preprocess.000.name", [](TensorView *t) { t->shape[0]--; }); // no NUL at its end
  refused("preprocess.target.task", [](TensorView *t) { *(char *)t->data = 'M'; });
  refused("preprocess.target.classes", [](TensorView *t) { t->shape[0] = 2; }); // one class
  tensor_set_free(&set);
}
