// Negative twins of the summation rules: a table with one function replaced, and the comparison that catches
// it.
#include "random_values.h"

namespace {

// R1 with its three choices open.
struct Rule {
  int64_t leaf = 256;
  bool left_to_right = false; // leaves added one after the other
  bool plus_zero = true;      // t + 0.0f at the end of a leaf
};

Rule rule; // of the operator below

float join(const Values &leaves, size_t first, size_t last) {
  if (last - first == 1) return leaves[first];
  size_t half = 1;
  while (2 * half < last - first) half *= 2;
  return join(leaves, first, first + half) + join(leaves, first + half, last);
}

float sum_by_rule(const float *a, const float *b, int64_t n) {
  Values leaves;
  for (int64_t at = 0; at < n; at += rule.leaf) {
    float t = rule.plus_zero ? 0.0f : -0.0f; // without + 0.0f a leaf of -0 stays -0, as padding would show
    int64_t first = at;
    for (int64_t k = first; k < std::min(at + rule.leaf, n); k++) t = __builtin_fmaf(a[k], b[k], t);
    leaves.push_back(rule.plus_zero ? t + 0.0f : t);
  }
  if (!rule.left_to_right) return join(leaves, 0, leaves.size());
  float sum = leaves[0];
  for (size_t i = 1; i < leaves.size(); i++) sum += leaves[i];
  return sum;
}

void linear_by_rule(const LinearForward *l, int64_t first, int64_t last) {
  for (int64_t i = first; i < last; i++) {
    for (int64_t n = 0; n < l->outputs; n++) {
      l->y[i * l->outputs + n] =
          sum_by_rule(l->x + i * l->inputs, l->w + n * l->inputs, l->inputs) + l->bias[n];
    }
  }
}

// Whether a table's linear layer gives the reference's bits.
bool agrees(const Operators &operators) {
  std::mt19937_64 random(21);
  const int64_t rows = 4, outputs = 6, inputs = 1300;
  Values x = values_of(random, rows * inputs), w = values_of(random, outputs * inputs), bias(outputs, -0.0f);
  for (int64_t k = 0; k < inputs; k++)
    x[k] = -0.0f, w[k] = 1.0f; // a sum of -0 is +0, so that padding never shows
  Values expected, y((size_t)(rows * outputs));
  for (int64_t i = 0; i < rows; i++) {
    for (int64_t n = 0; n < outputs; n++) {
      expected.push_back(ref_r1(&x[i * inputs], 1, &w[n * inputs], 1, inputs) + bias[n]);
    }
  }
  LinearForward linear = {y.data(), x.data(), w.data(), bias.data(), rows, outputs, inputs};
  operators.linear_forward(&linear, 0, rows);
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
