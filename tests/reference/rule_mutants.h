// Negative twins of rule R1: a linear layer with the rule's three choices open.
#ifndef INGOT_TESTS_REFERENCE_RULE_MUTANTS_H
#define INGOT_TESTS_REFERENCE_RULE_MUTANTS_H

#include <algorithm>
#include <cstdint>
#include <vector>

extern "C" {
#include "kernels/operators.h"
}

struct Rule {
  int64_t leaf = 256;
  bool left_to_right = false; // leaves added one after the other
  bool plus_zero = true;      // t + 0.0f at the end of a leaf
};

inline Rule rule; // of the operator below: a table's functions carry no context

inline float join_leaves(const std::vector<float> &leaves, size_t first, size_t last) {
  if (last - first == 1) return leaves[first];
  size_t half = 1;
  while (2 * half < last - first) half *= 2;
  return join_leaves(leaves, first, first + half) + join_leaves(leaves, first + half, last);
}

inline float sum_by_rule(const float *a, const float *b, int64_t n) {
  std::vector<float> leaves;
  for (int64_t at = 0; at < n; at += rule.leaf) {
    float t = 0.0f;
    for (int64_t k = at; k < std::min(at + rule.leaf, n); k++) t = __builtin_fmaf(a[k], b[k], t);
    leaves.push_back(rule.plus_zero ? t + 0.0f : t);
  }
  if (!rule.left_to_right) return join_leaves(leaves, 0, leaves.size());
  float sum = leaves[0];
  for (size_t i = 1; i < leaves.size(); i++) sum += leaves[i];
  return sum;
}

// linear_forward by `rule`, all of it in its first task; one output is a matter of R2 and as it is.
inline void linear_by_rule(const LinearForward *l, int64_t first, int64_t last) {
  if (l->outputs == 1) {
    operators_cpu("portable")->linear_forward(l, first, last);
    return;
  }
  for (int64_t i = 0; first == 0 && i < l->rows; i++) {
    for (int64_t n = 0; n < l->outputs; n++) {
      float y = sum_by_rule(l->x + i * l->inputs, l->w + n * l->inputs, l->inputs) + l->bias[n];
      l->y[i * l->outputs + n] = activation_of(l->activation, y);
    }
  }
}

#endif
