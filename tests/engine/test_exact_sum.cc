// The exact sum: known results of Python's math.fsum, order independence, and exact integer arithmetic.
extern "C" {
#include "engine/shared/exact_sum.h"
}

#include <algorithm>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <vector>

namespace {

const double kInf = std::numeric_limits<double>::infinity();

double sum_of(const std::vector<double> &terms) {
  return exact_sum_of(terms.data(), terms.size());
}

TEST(ExactSum, KnownResultsOfFsum) {
  const double two53 = 0x1p53;
  EXPECT_EQ(sum_of({}), 0.0);
  EXPECT_EQ(sum_of({0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1}), 1.0);
  EXPECT_EQ(sum_of({1e100, 1.0, -1e100}), 1.0);
  EXPECT_EQ(sum_of({1e100, 1.0, -1e100, 1e-100, 1e50, -1.0, -1e50}), 1e-100);
  EXPECT_EQ(sum_of({two53, -0.5, -0x1p-54}), two53 - 1.0);
  EXPECT_EQ(sum_of({two53, 1.0, 0x1p-100}), two53 + 2.0);
  EXPECT_EQ(sum_of({two53 + 10.0, 1.0, 0x1p-100}), two53 + 12.0);
  EXPECT_EQ(sum_of({two53 - 4.0, 0.5, 0x1p-54}), two53 - 3.0);
  EXPECT_EQ(sum_of({0x1.fffffffffffffp1023, 0x1p969}), 0x1.fffffffffffffp1023);
  EXPECT_EQ(sum_of({0x1.fffffffffffffp1023, 0x1p970}), kInf);
  EXPECT_EQ(sum_of({0x1.fffffffffffffp1023, 0x1p1023, -0x1p1023}), 0x1.fffffffffffffp1023);
}

TEST(ExactSum, SubnormalsAndTies) {
  const double least = 0x1p-1074;
  EXPECT_EQ(sum_of({least, least, least}), 3 * least);
  EXPECT_EQ(sum_of({0x1p-1022, -least}), 0x1p-1022 - least);
  EXPECT_EQ(sum_of({1.0, 0x1p-53}), 1.0);                        // tie to even: down
  EXPECT_EQ(sum_of({1.0 + 0x1p-52, 0x1p-53}), 1.0 + 0x1p-51);    // tie to even: up
  EXPECT_EQ(sum_of({1.0, 0x1p-53, least}), 1.0 + 0x1p-52);       // just above the tie
  EXPECT_EQ(sum_of({-1.0, -0x1p-53, -least}), -(1.0 + 0x1p-52)); // and its mirror
  EXPECT_EQ(sum_of({0x1.fffffffffffffp52, 0.5}), 0x1p53);        // rounding carries into the exponent
}

TEST(ExactSum, SpecialTermsAndZeros) {
  EXPECT_EQ(sum_of({1.0, kInf, -3.0}), kInf);
  EXPECT_EQ(sum_of({-kInf, 1e308}), -kInf);
  EXPECT_TRUE(std::isnan(sum_of({kInf, -kInf})));
  EXPECT_TRUE(std::isnan(sum_of({std::nan(""), 1.0})));
  EXPECT_FALSE(std::signbit(sum_of({-0.0, -0.0})));
  EXPECT_FALSE(std::signbit(sum_of({1.0, -1.0})));
}

// Terms that are integers times 2^-40 and below 2^60 have an exact sum in __int128.
TEST(ExactSum, EqualsIntegerArithmetic) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; round++) {
    std::vector<double> terms;
    __int128 total = 0;
    for (int i = 0; i < 200; i++) {
      int shift = static_cast<int>(random() % 50);
      int64_t integer = static_cast<int64_t>(random() >> 11) * (random() % 2 ? 1 : -1);
      terms.push_back(std::ldexp(static_cast<double>(integer), shift - 40));
      total += static_cast<__int128>(integer) * (static_cast<__int128>(1) << shift);
    }
    // gcc rounds __int128 to double half to even.
    EXPECT_EQ(sum_of(terms), std::ldexp(static_cast<double>(total), -40)) << "round " << round;
  }
}

TEST(ExactSum, OrderAndMergeDoNotMatter) {
  std::mt19937_64 random(11);
  std::vector<double> terms;
  for (int i = 0; i < 2000; i++) {
    double mantissa = std::ldexp(static_cast<double>(random() >> 11), -53);
    terms.push_back(std::ldexp(random() % 2 ? mantissa : -mantissa, static_cast<int>(random() % 1600) - 800));
  }
  double whole = sum_of(terms);
  for (int round = 0; round < 20; round++) {
    std::shuffle(terms.begin(), terms.end(), random);
    EXPECT_EQ(sum_of(terms), whole);
    ExactSum left = {}, right = {};
    for (size_t i = 0; i < terms.size(); i++) exact_sum_add(i % 3 == 0 ? &left : &right, terms[i]);
    exact_sum_merge(&left, &right);
    EXPECT_EQ(exact_sum_value(&left), whole);
  }
}

// The carry that keeps a limb from wrapping: as if 2^29 - 1 large terms had come before.
TEST(ExactSum, CarriesBeforeALimbWraps) {
  ExactSum sum = {};
  exact_sum_add(&sum, 0x1.fffffffffffffp31);
  for (int64_t &limb : sum.limbs) limb *= ((int64_t)1 << 29) - 2;
  sum.pending = ((int64_t)1 << 29) - 2;
  for (int i = 0; i < 8; i++) exact_sum_add(&sum, 0x1.fffffffffffffp31);
  double terms = static_cast<double>(((int64_t)1 << 29) + 6);
  // (2^29 + 6) * (2^53 - 1) * 2^-21, by __int128.
  __int128 exact = static_cast<__int128>(((int64_t)1 << 29) + 6) * (((int64_t)1 << 53) - 1);
  EXPECT_EQ(exact_sum_value(&sum), std::ldexp(static_cast<double>(exact), -21));
  EXPECT_LT(exact_sum_value(&sum), terms * 0x1p32);
}

} // namespace
