// Preprocessing of inputs on small tables: every fitted number and id worked out by hand.
#include <gtest/gtest.h>

#include "preprocess_case.h"

namespace {

// Nine training rows, the values of which have mean 5 and deviation 2; then rows of no training.
class Nine : public testing::Test {
protected:
  Nine() : table({0, 1, 2, 3, 4, 5, 6, 7, 8}) {
    table.numbers("x", {2, 4, 4, MISSING, 4, 5, 5, 7, 9, 1000005, MISSING});
    table.texts_of("y", YES_NO, {"yes", "no", "no", "no", "no", "no", "no", "no", "no", "yes", "yes"});
  }
  Table table;
};

} // namespace

TEST_F(Nine, StandardisedWithMeanAndFlag) {
  table.input("x", INPUT_NUMERIC);
  ASSERT_EQ(table.fit(), STATUS_OK) << table.message();
  EXPECT_EQ(preprocess_layout(table.fitted)->value_count, 2);
  EXPECT_EQ(preprocess_layout(table.fitted)->width, 2);
  ASSERT_EQ(table.apply(table.fitted), STATUS_OK) << table.message();
  EXPECT_EQ(table.values,
            (Floats{-1.5, 0, -0.5, 0, -0.5, 0, 0, 1, -0.5, 0, 0, 0, 0, 0, 1, 0, 2, 0, 500000, 0, 0, 1}));
}

// The rows beyond the training rows decide nothing: neither mean nor deviation nor whether there is a flag.
TEST_F(Nine, OnlyTrainingRowsAreFitted) {
  table.training = {0, 8}; // 2 and 9: mean 5.5, deviation 3.5, none missing
  table.input("x", INPUT_NUMERIC);
  ASSERT_EQ(table.fit(), STATUS_OK) << table.message();
  EXPECT_EQ(preprocess_layout(table.fitted)->value_count, 1);
  ASSERT_EQ(table.apply(table.fitted, {8, 0, 3, 10}), STATUS_OK);
  EXPECT_EQ(table.values, (Floats{1, -1, 0, 0}));
}

TEST_F(Nine, MeanWithoutFlagAndScale) {
  InputConfig *input = table.input("x", INPUT_NUMERIC);
  input->missing = MISSING_MEAN;
  input->scale = SCALE_NONE;
  ASSERT_EQ(table.fit(), STATUS_OK) << table.message();
  EXPECT_EQ(preprocess_layout(table.fitted)->value_count, 1);
  ASSERT_EQ(table.apply(table.fitted, {8, 3, 9}), STATUS_OK);
  EXPECT_EQ(table.values, (Floats{9, 5, 1000005}));
}

TEST_F(Nine, MissingValuesMayBeErrors) {
  table.input("x", INPUT_NUMERIC)->missing = MISSING_ERROR;
  EXPECT_EQ(table.fit(), STATUS_DATA);
  EXPECT_NE(table.message().find("column 'x', row 4 (row 1 is the first): the value is missing"),
            std::string::npos)
      << table.message();
  table.training = {0, 1, 2};
  ASSERT_EQ(table.fit(), STATUS_OK) << table.message();
  EXPECT_EQ(table.apply(table.fitted, {0, 10}), STATUS_DATA);
  EXPECT_NE(table.message().find("column 'x', row 11 (row 1 is the first): the value is missing"),
            std::string::npos)
      << table.message();
}

TEST(Preprocess, DeviationZeroCountsAsOne) {
  Table table({0, 1, 2});
  table.numbers("x", {3, 3, 3, 5});
  table.texts_of("y", YES_NO, {"yes", "no", "no", "no"});
  table.input("x", INPUT_NUMERIC);
  ASSERT_EQ(table.fit(), STATUS_OK) << table.message();
  ASSERT_EQ(table.apply(table.fitted), STATUS_OK);
  EXPECT_EQ(table.values, (Floats{0, 0, 0, 2}));
}

// b three times, a and B twice, c once; z in no training row; ids in byte order, so B before a.
TEST(Preprocess, CategoriesByCountAndByteOrder) {
  Table table({0, 1, 2, 3, 4, 5, 6, 7, 8});
  table.texts_of("k", {"z", "b", "c", "a", "B"}, {"b", "b", "b", "a", "a", "B", "B", "c", "", "z", "c", ""});
  table.texts_of("y", YES_NO, {"yes", "no", "no", "no", "no", "no", "no", "no", "no", "no", "no", "no"});
  InputConfig *input = table.input("k", INPUT_CATEGORY);
  input->min_count = 2;
  ASSERT_EQ(table.fit(), STATUS_OK) << table.message();
  const InputLayout *layout = preprocess_layout(table.fitted);
  EXPECT_EQ(layout->segments[0].table_rows, 5);
  EXPECT_EQ(layout->segments[0].width, 3); // 3 * 3 >= 5 > 2 * 2
  ASSERT_EQ(table.apply(table.fitted), STATUS_OK);
  EXPECT_EQ(table.ids, (Ids{4, 4, 4, 3, 3, 2, 2, 0, 1, 0, 0, 1}));

  input->min_count = 1;
  input->embed = 7;
  ASSERT_EQ(table.fit(), STATUS_OK);
  EXPECT_EQ(preprocess_layout(table.fitted)->segments[0].width, 7);
  ASSERT_EQ(table.apply(table.fitted), STATUS_OK);
  EXPECT_EQ(table.ids, (Ids{4, 4, 4, 3, 3, 2, 2, 5, 1, 0, 5, 1})); // c has an id of its own
  input->min_count = 4;
  ASSERT_EQ(table.fit(), STATUS_OK);
  ASSERT_EQ(table.apply(table.fitted), STATUS_OK);
  EXPECT_EQ(table.ids, (Ids{0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1})); // every value is rare
}

// A value that the data behind the model never had.
TEST(Preprocess, NewCategoriesAreUnknown) {
  Table table({0, 1, 2}), later({0});
  table.texts_of("k", {"a", "b"}, {"a", "b", ""});
  table.texts_of("y", YES_NO, {"yes", "no", "no"});
  table.input("k", INPUT_CATEGORY);
  ASSERT_EQ(table.fit(), STATUS_OK) << table.message();
  later.texts_of("k", {"new", "b", "a"}, {"b", "new", "", "a"});
  later.texts_of("y", {"no", "yes"}, {"no", "yes", "no", "no"});
  ASSERT_EQ(later.apply(table.fitted), STATUS_OK) << later.message();
  EXPECT_EQ(later.ids, (Ids{3, 0, 1, 2}));
  EXPECT_EQ(later.targets, (Floats{0, 1, 0, 0}));
}

TEST(Preprocess, NumbersAsCategories) {
  Table table({0, 1, 2, 3, 4, 5});
  table.numbers("k", {10, 9, 2.5, 2, -0.0, MISSING, 0, 3});
  table.texts_of("y", YES_NO, {"yes", "no", "no", "no", "no", "no", "no", "no"});
  table.input("k", INPUT_CATEGORY);
  ASSERT_EQ(table.fit(), STATUS_OK) << table.message();
  EXPECT_TRUE(preprocess_column_is_numeric(table.fitted, 0));
  ASSERT_EQ(table.apply(table.fitted), STATUS_OK);
  EXPECT_EQ(table.ids, (Ids{3, 6, 5, 4, 2, 1, 2, 0})); // "0", "10", "2", "2.5", "9"
}

TEST(Preprocess, WidthOfEmbeddings) {
  for (auto [values, width] : {std::pair{1, 2}, {2, 2}, {3, 3}, {7, 3}, {8, 4}, {223, 15}, {300, 16}}) {
    std::vector<double> numbers;
    std::vector<std::string> labels;
    std::vector<int64_t> rows;
    for (int i = 0; i < values + 1; i++) { // one value twice
      numbers.push_back(i % values);
      labels.push_back(i % 2 ? "yes" : "no");
      rows.push_back(i);
    }
    Table table(rows);
    table.numbers("k", numbers);
    table.texts_of("y", YES_NO, labels);
    table.input("k", INPUT_CATEGORY);
    ASSERT_EQ(table.fit(), STATUS_OK) << table.message();
    EXPECT_EQ(preprocess_layout(table.fitted)->segments[0].width, width) << values;
  }
}

TEST(Preprocess, ColumnsWithoutValues) {
  for (InputKind kind : {INPUT_NUMERIC, INPUT_CATEGORY}) {
    Table table({0, 1});
    table.numbers("x", {MISSING, MISSING, 3});
    table.texts_of("y", YES_NO, {"yes", "no", "no"});
    table.input("x", kind);
    EXPECT_EQ(table.fit(), STATUS_DATA);
    EXPECT_EQ(table.message().rfind("column 'x' has no value in any training row", 0), 0u) << table.message();
  }
  Table table({0, 1});
  table.texts_of("k", {"a"}, {"", "", "a"});
  table.texts_of("y", YES_NO, {"yes", "no", "no"});
  table.input("k", INPUT_CATEGORY);
  EXPECT_EQ(table.fit(), STATUS_DATA);
  EXPECT_EQ(table.message().rfind("column 'k' has no value in any training row", 0), 0u) << table.message();
}

TEST(Preprocess, InfinityIsAnError) {
  for (double infinite : {INFINITY, -INFINITY}) {
    Table table({0, 1, 2, 3});
    table.numbers("x", {1, 2, infinite, 4, infinite});
    table.texts_of("y", YES_NO, {"yes", "no", "no", "no", "no"});
    table.input("x", INPUT_NUMERIC);
    EXPECT_EQ(table.fit(), STATUS_DATA);
    EXPECT_EQ(table.message().rfind("column 'x', row 3 (row 1 is the first): an infinite value", 0), 0u)
        << table.message();
    table.training = {0, 1, 3};
    ASSERT_EQ(table.fit(), STATUS_OK) << table.message();
    table.frame->first_row = 100; // of a window of a file
    EXPECT_EQ(table.apply(table.fitted, {3, 4}), STATUS_DATA);
    EXPECT_NE(table.message().find("column 'x', row 105 (row 1 is the first): the value"), std::string::npos)
        << table.message();
  }
}

TEST(Preprocess, ValuesThatAreTooLarge) {
  Table table({0, 1, 2});
  table.numbers("x", {1e200, -1e200, 1});
  table.numbers("z", {1e39, 1, 1});
  table.texts_of("y", YES_NO, {"yes", "no", "no"});
  InputConfig *input = table.input("x", INPUT_NUMERIC);
  EXPECT_EQ(table.fit(), STATUS_DATA);
  EXPECT_NE(table.message().find("column 'x': the values are too large"), std::string::npos);
  input->columns.items[0] = const_cast<char *>("z");
  input->scale = SCALE_NONE; // 1e39 has no binary32
  ASSERT_EQ(table.fit(), STATUS_OK) << table.message();
  EXPECT_EQ(table.apply(table.fitted), STATUS_DATA);
  EXPECT_NE(table.message().find("column 'z', row 1 (row 1 is the first): the value 1e+39"),
            std::string::npos);
}

TEST(Preprocess, KindsThatDoNotFit) {
  Table table({0, 1}), later({0});
  table.texts_of("k", {"a", "b"}, {"a", "b"});
  table.texts_of("y", YES_NO, {"yes", "no"});
  InputConfig *input = table.input("k", INPUT_NUMERIC);
  EXPECT_EQ(table.fit(), STATUS_DATA);
  EXPECT_NE(table.message().find("column 'k' holds categories, not numbers"), std::string::npos);
  input->kind = INPUT_CATEGORY;
  ASSERT_EQ(table.fit(), STATUS_OK);
  later.numbers("k", {1});
  later.texts_of("y", YES_NO, {"no"});
  EXPECT_EQ(later.apply(table.fitted), STATUS_DATA);
  EXPECT_NE(later.message().find("column 'k' must hold categories"), std::string::npos);
}
