// Random shapes and values for operator tests: among ordinary numbers all that rounding can trip over.
#ifndef INGOT_TESTS_KERNELS_RANDOM_VALUES_H
#define INGOT_TESTS_KERNELS_RANDOM_VALUES_H

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

extern "C" {
#include "kernels/operators.h"
#include "tests/reference/x1.h"
}

using Values = std::vector<float>;

// Ordinary numbers; with `wild` also zeros of both signs, subnormals, large ones, infinities and NaN.
inline Values values_of(std::mt19937_64 &random, int64_t count, bool wild = false) {
  static const float odd[] = {0.0f,  -0.0f,  1e-45f,           -1e-40f,           0x1p-126f,
                              3e38f, -3e38f, __builtin_inff(), -__builtin_inff(), __builtin_nanf("")};
  Values values((size_t)count);
  std::uniform_real_distribution<float> plain(-2, 2);
  for (float &value : values) value = wild && random() % 8 == 0 ? odd[random() % 10] : plain(random);
  return values;
}

// Bits, where every NaN counts as one: which payload survives an operation is the machine's business.
inline uint32_t bits_of(float x) {
  uint32_t word;
  std::memcpy(&word, &x, sizeof word);
  return x != x ? 0x7fc00000u : word;
}

inline testing::AssertionResult same_bits(const Values &expected, const Values &found) {
  if (expected.size() != found.size()) return testing::AssertionFailure() << "sizes differ";
  for (size_t i = 0; i < expected.size(); i++) {
    if (bits_of(expected[i]) == bits_of(found[i])) continue;
    return testing::AssertionFailure()
           << "element " << i << ": " << found[i] << ", the reference says " << expected[i];
  }
  return testing::AssertionSuccess();
}

// The instruction sets of this processor.
inline std::vector<const char *> instruction_sets() {
  std::vector<const char *> sets;
  for (int i = 0; operators_isa(i) != nullptr; i++) {
    if (operators_cpu(operators_isa(i)) != nullptr) sets.push_back(operators_isa(i));
  }
  return sets;
}

// Runs an operator as `pieces` random cuts of its tasks, in a random order.
template <typename Arguments>
void run_in_pieces(std::mt19937_64 &random, void (*op)(const Arguments *, int64_t, int64_t),
                   const Arguments &arguments, int64_t tasks) {
  std::vector<int64_t> cuts = {0, tasks};
  for (int i = 0; i < 3; i++) cuts.push_back((int64_t)(random() % (uint64_t)(tasks + 1)));
  std::sort(cuts.begin(), cuts.end());
  std::vector<size_t> order = {0, 1, 2, 3};
  std::shuffle(order.begin(), order.end(), random);
  for (size_t at : order) op(&arguments, cuts[at], cuts[at + 1]);
}

#endif
