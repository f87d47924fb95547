// Negative twins of the summation rules: a table with one function replaced, and the comparison that catches
// it.
#include "random_values.h"
#include "tests/reference/rule_mutants.h"

namespace {

// Whether a table's linear layer gives the reference's bits.
bool agrees(const Operators &operators) {
  std::mt19937_64 random(21);
  const int64_t rows = 4, outputs = 6, inputs = 1300;
  Values x = values_of(random, rows * inputs), w = values_of(random, outputs * inputs), bias(outputs, -0.0f);
  for (int64_t k = 0; k < inputs; k++)
    x[k] = -1e-30f, w[k] = 1e-30f; // products that round to -0: their sum is +0, so that padding never shows
  Values expected, y((size_t)(rows * outputs));
  for (int64_t i = 0; i < rows; i++) {
    for (int64_t n = 0; n < outputs; n++) {
      expected.push_back(ref_r1(&x[i * inputs], 1, &w[n * inputs], 1, inputs) + bias[n]);
    }
  }
  LinearForward linear = {y.data(), x.data(), w.data(), bias.data(), rows, outputs, inputs, ACTIVATION_NONE};
  bool by_rule = operators.linear_forward == linear_by_rule; // whose tasks are rows
  operators.linear_forward(&linear, 0, by_rule ? rows : linear_forward_tasks(&linear));
  return bool(same_bits(expected, y));
}

bool mutant_agrees(const Rule &changed) {
  Operators table = *operators_cpu("portable");
  table.linear_forward = linear_by_rule;
  rule = changed;
  return agrees(table);
}

} // namespace

TEST(Mutant, TheRuleAsItIsAgrees) {
  EXPECT_TRUE(mutant_agrees({}));
  for (const char *isa : instruction_sets()) EXPECT_TRUE(agrees(*operators_cpu(isa))) << isa;
}

TEST(Mutant, Leaf255) {
  Rule changed;
  changed.leaf = 255;
  EXPECT_FALSE(mutant_agrees(changed));
}

TEST(Mutant, LeavesLeftToRight) {
  Rule changed;
  changed.left_to_right = true;
  EXPECT_FALSE(mutant_agrees(changed));
}

TEST(Mutant, MissingPlusZero) {
  Rule changed;
  changed.plus_zero = false;
  EXPECT_FALSE(mutant_agrees(changed));
}
