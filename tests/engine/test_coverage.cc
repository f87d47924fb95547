// The short form of the tables of coverage in engine/README.md: 95 % intervals of data sets of 1000 rows, as
// far from 95 % as so few data sets may be by chance. They are the first ones of the tables', so the counts
// are the same everywhere.
#include <gtest/gtest.h>
#include <string>

extern "C" {
#include "tools/dev/coverage/simulation.h"
}

namespace {

void expect_coverage(Population population, int64_t sets, double least, double most, int at_least) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "under a sanitizer this takes many minutes; the release build runs it";
#endif
  static Coverage coverage;
  int tested = 0;
  coverage_simulate(&coverage, population, 1000, sets, 512);
  for (int i = 0; i < coverage.count; i++) {
    const CoverageCount &count = coverage.counts[i];
    if (count.resampled || count.sets == 0) continue; // what reports show
    double share = 100.0 * (double)count.hits / (double)count.sets;
    EXPECT_GE(share, least) << count.name << " " << count.of;
    EXPECT_LE(share, most) << count.name << " " << count.of;
    tested++;
  }
  EXPECT_GE(tested, at_least);
}

TEST(Coverage, OfRegressionIsAsStated) {
  expect_coverage(POPULATION_REGRESSION, 200, 90, 99, 12);
}

TEST(Coverage, OfSeveralClassesIsAsStated) {
  expect_coverage(POPULATION_MULTICLASS, 200, 90, 99, 8);
}

TEST(Coverage, OfTwoClassesIsAsStated) {
  expect_coverage(POPULATION_BINARY, 150, 90, 99.5, 35);
}

TEST(Coverage, OfRatesByGroupIsAsStated) {
  expect_coverage(POPULATION_GROUPS, 500, 92, 98, 12);
}

} // namespace
