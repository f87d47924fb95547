// The short form of the table of coverage in engine/README.md: 95 % intervals hold the truth in 93.5 to 96.5
// % of data sets of 1000 rows. The data sets are the first ones of the table's, so the counts are the same
// everywhere.
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
  expect_coverage(POPULATION_REGRESSION, 400, 92, 98, 12);
}

TEST(Coverage, OfSeveralClassesIsAsStated) {
  expect_coverage(POPULATION_MULTICLASS, 400, 92, 98, 8);
}

TEST(Coverage, OfTwoClassesIsAsStated) {
  expect_coverage(POPULATION_BINARY, 400, 92, 98, 35);
}

TEST(Coverage, OfRatesByGroupIsAsStated) {
  expect_coverage(POPULATION_GROUPS, 1000, 93, 97, 12);
}

} // namespace
