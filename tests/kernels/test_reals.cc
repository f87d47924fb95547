// Binary64 arrays: every instruction set gives the bits of one element at a time, and blocks are summed
// exactly.
extern "C" {
#include "kernels/shared/scalar64.h"
#include "kernels/statistics/reals.h"
}

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <vector>

namespace {

std::vector<const RealsFunctions *> every_instruction_set() {
  std::vector<const RealsFunctions *> made;
  for (const char *isa : {"portable", "avx2", "avx512"}) {
    if (reals_of_isa(isa) != nullptr) made.push_back(reals_of_isa(isa));
  }
  return made;
}

double of_bits(uint64_t bits) {
  return from_bits64(bits);
}

// Of any bits, near 1, within the range of exp, and the edges.
std::vector<double> arguments() {
  std::vector<double> x = {0.0, -0.0, 1.0, 709.8, 709.79, -745.2, -745.13, 5e-324, 0x1.6a09e667f3bcdp+0};
  x.push_back(std::numeric_limits<double>::infinity());
  x.push_back(-std::numeric_limits<double>::infinity());
  x.push_back(std::nan(""));
  std::mt19937_64 random(11);
  for (int i = 0; i < 3000; i++) {
    x.push_back(of_bits(random()));
    x.push_back(of_bits((random() >> 12 | (uint64_t)1022 << 52) + (random() & (uint64_t)1 << 52)));
    x.push_back((double)(int64_t)random() * 0x1p-63 * 760);
  }
  return x;
}

TEST(Reals, ArraysHoldTheBitsOfSingleElements) {
  std::vector<double> x = arguments(), y(x.size());
  EXPECT_EQ(exp64(0), 1);
  EXPECT_EQ(exp64(-746), 0);
  EXPECT_EQ(exp64(710), std::numeric_limits<double>::infinity());
  EXPECT_NEAR(exp64(1), std::exp(1.0), 1e-15);
  EXPECT_EQ(log64(1), 0);
  EXPECT_TRUE(std::isnan(log64(-1)));
  EXPECT_NEAR(log64(5e-324), std::log(5e-324), 1e-12);
  for (const RealsFunctions *reals : every_instruction_set()) {
    reals->exp(y.data(), x.data(), (int64_t)x.size());
    for (size_t i = 0; i < x.size(); i++) EXPECT_EQ(bits64(y[i]), bits64(exp64(x[i]))) << x[i];
    reals->log(y.data(), x.data(), (int64_t)x.size());
    for (size_t i = 0; i < x.size(); i++) EXPECT_EQ(bits64(y[i]), bits64(log64(x[i]))) << x[i];
  }
}

// Integers of up to 53 bits, times 2^(-spread .. 0), have an exact sum in units of 2^-spread.
TEST(Reals, PartsAndRestHaveTheSumOfTheTerms) {
  std::mt19937_64 random(12);
  for (const RealsFunctions *reals : every_instruction_set()) {
    for (int round = 0; round < 400; round++) {
      int spread = round % 4 * 14 + 20, count = round % 3 == 0 ? REALS_BLOCK : (int)(random() % REALS_BLOCK);
      std::vector<double> terms((size_t)count);
      __int128 sum = 0, found = 0;
      auto units = [spread](double x) { return (__int128)std::ldexp(x, spread); };
      for (double &term : terms) {
        term = std::ldexp((double)((int64_t)random() >> 11), -(int)(random() % (uint64_t)(spread + 1)));
        sum += units(term);
      }
      RealsSum made = reals->split_sum(terms.data(), count);
      for (double part : made.parts) found += units(part);
      for (double term : terms) found += made.rest ? units(term) : 0;
      EXPECT_TRUE(found == sum) << round;
    }
  }
}

TEST(Reals, ThreePartsHoldWhatIsWithinTheirBits) {
  for (const RealsFunctions *reals : every_instruction_set()) {
    std::vector<double> terms = {1, 0x1.fffffffffffffp-68, -3};
    EXPECT_FALSE(reals->split_sum(terms.data(), 3).rest);
    terms = {1, 0x1p-200, -3};
    EXPECT_TRUE(reals->split_sum(terms.data(), 3).rest);
    EXPECT_EQ(terms[1], 0x1p-200);
  }
}

TEST(Reals, TermsThatCannotBeSplitAreLeft) {
  for (const RealsFunctions *reals : every_instruction_set()) {
    for (double odd : {std::nan(""), std::numeric_limits<double>::infinity(), 0x1p1020, 0x1p-1074}) {
      std::vector<double> terms = {0, odd, 0}, before = terms;
      if (odd == 0x1p1020) terms[0] = before[0] = 1;
      RealsSum made = reals->split_sum(terms.data(), 3);
      EXPECT_TRUE(made.rest);
      EXPECT_EQ(std::memcmp(terms.data(), before.data(), 3 * sizeof(double)), 0);
      for (double part : made.parts) EXPECT_EQ(part, 0);
    }
  }
}

} // namespace
