// Drift: against scipy, by hand, and its noise floor against chance.
#include <gtest/gtest.h>

#include <cmath>

#include "evaluation_case.h"
#include "frame_case.h"
#include "oracle_case.h"

extern "C" {
#include "engine/evaluate/panels/drift.h"
}

namespace {

const double nan_ = __builtin_nan("");

std::vector<double> normal(size_t rows, double mean, double scale, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<double> made;
  for (size_t i = 0; i < rows; i++) {
    double sum = -6;
    for (int k = 0; k < 12; k++) sum += random_unit(random);
    made.push_back(mean + scale * sum);
  }
  return made;
}

DriftItem drift_between(const FrameCase &a, const FrameCase &b) {
  DriftItem item;
  drift_of(&item, DRIFT_INPUT, &a.get()->columns[0], a.get()->rows, &b.get()->columns[0], b.get()->rows);
  return item;
}

TEST(Drift, NumbersAsScipy) {
  NEEDS_ORACLE;
  Oracle oracle;
  std::vector<DriftItem> ours;
  for (auto [n, m, shift] :
       {std::tuple{400u, 300u, 0.0}, {1000u, 77u, 0.2}, {333u, 2000u, -1.5}, {50u, 50u, 40.0}}) {
    FrameCase a, b;
    std::vector<double> first = normal(n, 0, 1, n), second = normal(m, shift, 1.3, m);
    if (n == 400) { // many ties
      for (double &x : first) x = std::round(x);
      for (double &x : second) x = std::round(x);
    }
    a.numbers("x", first), b.numbers("x", second);
    ours.push_back(drift_between(a, b));
    std::string question = "drift " + std::to_string(n);
    for (double x : first) question += " " + number(x);
    for (double x : second) question += " " + number(x);
    oracle.ask(question);
  }
  auto theirs = oracle.answers();
  ASSERT_EQ(theirs.size(), ours.size());
  for (size_t i = 0; i < ours.size(); i++) {
    const double found[] = {ours[i].psi, ours[i].p, ours[i].js, ours[i].ks, ours[i].wasserstein};
    for (size_t k = 0; k < 5; k++)
      EXPECT_NEAR(found[k], theirs[i][k], 1e-11 * (1 + std::fabs(theirs[i][k]))) << i << " " << k;
    EXPECT_NEAR(ours[i].ratio, ours[i].psi / ours[i].floor, 1e-15 * ours[i].ratio);
    drift_clear(&ours[i]);
  }
}

// Without drift PSI / (1/n + 1/m) has the mean B - 1, so the ratio to the floor has the mean 1.
TEST(Drift, TheFloorIsWhatChanceGives) {
  double sum = 0;
  int below = 0, runs = 400;
  for (int run = 0; run < runs; run++) {
    FrameCase a, b;
    a.numbers("x", normal(1500, 0, 1, 1000 + (uint64_t)run)),
        b.numbers("x", normal(500, 0, 1, 9000 + (uint64_t)run));
    DriftItem item = drift_between(a, b);
    EXPECT_EQ(item.bins, 10);
    sum += item.ratio;
    below += item.p < 0.05;
    drift_clear(&item);
  }
  EXPECT_NEAR(sum / runs, 1, 0.08); // standard error: sqrt(2 / 9) / 20 = 0.024
  EXPECT_LT(below, 40);             // 20 expected
  EXPECT_GT(below, 5);
}

TEST(Drift, CategoriesByHand) {
  FrameCase a, b;
  a.texts("c", {"x", "x", "x", "y", "y", "y", "y", ""}); // 3, 4, 1 missing of 8
  b.texts("c", {"y", "", "x", "x"});                     // 2, 1, 1 of 4
  DriftItem item = drift_between(a, b);
  EXPECT_EQ(item.bins, 3);
  double psi = (0.5 - 0.375) * std::log(0.5 / 0.375) + (0.25 - 0.5) * std::log(0.25 / 0.5) +
               (0.25 - 0.125) * std::log(2);
  EXPECT_NEAR(item.psi, psi, 1e-15);
  EXPECT_EQ(item.floor, 2 * (1.0 / 8 + 1.0 / 4));
  EXPECT_EQ(item.reference_missing, 0.125);
  EXPECT_EQ(item.missing, 0.25);
  EXPECT_TRUE(std::isnan(item.ks));
  drift_clear(&item);
  // A value that only one of the two has: half a row more in every bin of both.
  FrameCase c;
  c.texts("c", {"z", "y", "y", "y"});
  item = drift_between(c, a); // y 3, z 1 of 4 against x 3, y 4, missing 1 of 8
  EXPECT_EQ(item.bins, 4);
  double p[] = {0.5, 3.5, 1.5, 0.5}, q[] = {3.5, 4.5, 0.5, 1.5}, expected = 0;
  for (int i = 0; i < 4; i++) expected += (q[i] / 10 - p[i] / 6) * std::log(q[i] / 10 / (p[i] / 6));
  EXPECT_NEAR(item.psi, expected, 1e-15);
  drift_clear(&item);
}

TEST(Drift, WhatNeverChangesHasNone) {
  FrameCase a, b;
  a.numbers("x", {5, 5, 5}), b.numbers("x", {5, 5});
  DriftItem item = drift_between(a, b);
  EXPECT_EQ(item.psi, 0);
  EXPECT_EQ(item.bins, 1);
  EXPECT_TRUE(std::isnan(item.p));
  EXPECT_EQ(item.ks, 0);
  drift_clear(&item);
  FrameCase none;
  none.numbers("x", {nan_, nan_});
  item = drift_between(a, none);
  EXPECT_EQ(item.bins, 2);
  EXPECT_EQ(item.js, 1); // wholly apart
  EXPECT_TRUE(std::isnan(item.ks));
  drift_clear(&item);
}

// Days since the last contact: 999 where there was none, which nearly all training rows have.
TEST(Drift, AHeavyValueIsABinOfItsOwn) {
  std::vector<double> train(1000, 999), judged(500, 999);
  for (size_t i = 0; i < 2; i++) train[i] = 3 + (double)i;
  for (size_t i = 0; i < 105; i++) judged[i] = (double)(i % 20);
  FrameCase a, b;
  a.numbers("pdays", train), b.numbers("pdays", judged);
  DriftItem item = drift_between(a, b);
  EXPECT_EQ(item.bins, 2);
  double p = 0.002, q = 0.21;
  EXPECT_NEAR(item.psi, (q - p) * std::log(q / p) + (p - q) * std::log((1 - q) / (1 - p)), 1e-14);
  EXPECT_LT(item.p, 1e-60);
  EXPECT_NEAR(item.ks, 0.208, 1e-15);
  EXPECT_GT(item.js, 0.1);
  drift_clear(&item);
  // The other end: never before a call, now one row in five.
  FrameCase none, some;
  none.numbers("calls", std::vector<double>(1000, 0));
  std::vector<double> calls(500, 0);
  for (size_t i = 0; i < 100; i++) calls[i] = 1 + (double)(i % 3);
  some.numbers("calls", calls);
  item = drift_between(none, some);
  EXPECT_EQ(item.bins, 2);
  EXPECT_GT(item.ratio, 50);
  drift_clear(&item);
}

// Tenths of what lies between heavy values: 30 % zeros, 70 % spread out.
TEST(Drift, WhatLiesBesideAHeavyValueIsCutInEqualParts) {
  std::vector<double> train(300, 0), judged(30, 0);
  for (size_t i = 0; i < 700; i++) train.push_back(1 + (double)i);
  for (size_t i = 0; i < 70; i++) judged.push_back(1 + 10 * (double)i);
  FrameCase a, b;
  a.numbers("x", train), b.numbers("x", judged);
  DriftItem item = drift_between(a, b);
  EXPECT_EQ(item.bins, 8); // zero, and seven bins of 100 rows
  EXPECT_NEAR(item.psi, 0, 1e-15);
  drift_clear(&item);
}

} // namespace
