// McNemar's mid-p value and Tango's interval.
#include "engine/evaluate/statistics/paired.h"

#include "engine/evaluate/statistics/statistics.h"
#include "engine/shared/math64.h"

// Probabilities relative to that of the middle of Binomial(n, 1/2), by their ratios, until they vanish. The
// sum of all is what the probabilities are divided by: no factorial is needed.
double mcnemar_mid_p(int64_t gained, int64_t lost) {
  int64_t n = gained + lost, least = gained < lost ? gained : lost;
  double ratio = 1, all = 0, tail = 0;
  if (n == 0) return 1;
  for (int64_t k = n / 2; k >= 0 && ratio > 1e-300; k--) {
    bool middle = n % 2 == 0 && k == n / 2;
    all += middle ? ratio : 2 * ratio; // k and n - k
    if (k < least) tail += ratio;
    if (k == least) tail += 0.5 * ratio;
    ratio *= (double)k / (double)(n - k + 1);
  }
  double p = 2 * tail / all;
  return p > 1 ? 1 : p;
}

// Tango's score statistic of a difference of `delta` against the observed one; it falls as delta grows.
static double score_of(PairedCounts counts, double delta) {
  double n = (double)counts.n, b = (double)counts.gained, c = (double)counts.lost;
  double linear = -b - c + (2 * n - b + c) * delta, constant = -c * delta * (1 - delta);
  double root = linear * linear - 8 * n * constant;
  double lost = (math64_sqrt(root > 0 ? root : 0) - linear) / (4 * n); // probability, by maximum likelihood
  double variance = n * (2 * lost + delta * (1 - delta)), distance = b - c - n * delta;
  if (variance > 0) return distance / math64_sqrt(variance);
  return distance > 0 ? 1e300 : distance < 0 ? -1e300 : 0;
}

// Where the statistic is `target`, by bisection until no binary64 lies between.
static double difference_at(PairedCounts counts, double target) {
  double low = -1, high = 1;
  for (;;) {
    double middle = low + (high - low) * 0.5;
    if (middle <= low || middle >= high) return middle;
    if (score_of(counts, middle) > target)
      low = middle;
    else
      high = middle;
  }
}

Estimate estimate_tango(PairedCounts counts, double confidence) {
  double n = (double)counts.n, difference = (double)(counts.gained - counts.lost) / n;
  if (counts.n == 0) return estimate_none(difference);
  double z = math64_normal_quantile(0.5 + 0.5 * confidence);
  double spread = (double)(counts.gained + counts.lost) / n - difference * difference;
  return (Estimate){difference,
                    INTERVAL_TANGO,
                    difference_at(counts, z),
                    difference_at(counts, -z),
                    math64_sqrt(spread > 0 ? spread / n : 0),
                    mcnemar_mid_p(counts.gained, counts.lost)};
}
