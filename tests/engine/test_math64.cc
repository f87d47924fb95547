// Binary64 functions without libm, against long double and tabulated quantiles.
#include <gtest/gtest.h>

#include <cmath>

extern "C" {
#include "engine/shared/math64.h"
}

namespace {

void expect_relative(double found, long double exact, double bound, double x) {
  EXPECT_LE(fabsl((long double)found - exact), fabsl(exact) * bound) << "at " << x;
}

} // namespace

TEST(Math64, ExpAndLog) {
  for (double x = -700; x <= 700; x += 0.3717) expect_relative(math64_exp(x), expl(x), 1e-15, x);
  for (double x = 1e-300; x < 1e300; x *= 1.913) expect_relative(math64_log(x), logl(x), 1e-15, x);
  EXPECT_EQ(math64_exp(0), 1.0);
  EXPECT_EQ(math64_log(1), 0.0);
  EXPECT_EQ(math64_log(0), -INFINITY);
  EXPECT_TRUE(std::isnan(math64_log(-1)));
}

TEST(Math64, CosPiAndSquareRoot) {
  for (double x = -3; x <= 3; x += 0.00137) EXPECT_NEAR(math64_cospi(x), (double)cosl(M_PIl * x), 1e-15) << x;
  EXPECT_EQ(math64_cospi(1), -1.0);
  EXPECT_EQ(math64_sqrt(2), std::sqrt(2.0));
}

TEST(Math64, NormalDistribution) {
  for (double z = -8; z <= 8; z += 0.0373) {
    expect_relative(math64_normal_cdf(z), 0.5L * erfcl(-z / sqrtl(2.0L)), 1e-12, z);
  }
  EXPECT_NEAR(math64_normal_quantile(0.975), 1.959963984540054, 1e-12);
  EXPECT_NEAR(math64_normal_quantile(0.8), 0.8416212335729143, 1e-12);
  EXPECT_NEAR(math64_normal_quantile(0.5), 0.0, 1e-12);
}

// Tables of Student's t: two-sided 95 %.
TEST(Math64, StudentsT) {
  EXPECT_NEAR(math64_t_quantile(0.975, 1), 12.706204736174707, 1e-9);
  EXPECT_NEAR(math64_t_quantile(0.975, 2), 4.302652729696144, 1e-9);
  EXPECT_NEAR(math64_t_quantile(0.975, 10), 2.2281388519862744, 1e-10);
  EXPECT_NEAR(math64_t_quantile(0.975, 30), 2.0422724563012378, 1e-10);
  EXPECT_NEAR(math64_t_quantile(0.975, 1e7), 1.959964, 1e-6);
  for (double t : {-3.0, -1.0, 0.0, 0.5, 2.0}) {
    EXPECT_NEAR(math64_t_cdf(t, 1), 0.5 + std::atan(t) / M_PI, 1e-12) << t; // Cauchy
    EXPECT_NEAR(math64_t_cdf(math64_t_quantile(0.3, 7), 7), 0.3, 1e-12);
  }
}
