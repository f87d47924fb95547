// Means and variances of resamples, and the intervals made of them.
#include "engine/evaluate/resample/spread.h"

#include "engine/shared/exact_sum.h"
#include "engine/shared/math64.h"

// 1 / (2^(2/3) - 1): the bias of a maximum over what resampling adds to it.
static const double bias_of_maximum = 0x1.b3d16dd72c672p+0;

static double mean_without(const double *values, int count, int left_out) {
  ExactSum sum = {0};
  int n = 0;
  for (int b = 0; b < count; b++) {
    if (b % REPLICATE_PARTS == left_out) continue;
    exact_sum_add(&sum, values[b]);
    n++;
  }
  return exact_sum_value(&sum) / n;
}

static double covariance_without(const double *x, const double *y, int count, int left_out) {
  double mean_x = mean_without(x, count, left_out), mean_y = mean_without(y, count, left_out);
  ExactSum products = {0};
  int n = 0;
  for (int b = 0; b < count; b++) {
    if (b % REPLICATE_PARTS == left_out) continue;
    exact_sum_add(&products, (x[b] - mean_x) * (y[b] - mean_y));
    n++;
  }
  return exact_sum_value(&products) / (n - 1);
}

// ---- a symmetric interval ----

static Ends normal_ends(IntervalMethod method, const MetricReplicates *metric, int which, int count, double z,
                        int left_out) {
  const double *values = metric->values[which];
  double whole = metric->whole[which], variance = covariance_without(values, values, count, left_out);
  if (method == INTERVAL_BOOTSTRAP_NORMAL)
    return (Ends){whole - z * math64_sqrt(variance), whole + z * math64_sqrt(variance)};
  double bias = bias_of_maximum * (mean_without(values, count, left_out) - whole);
  double half = z * math64_sqrt(variance + 0.75 * (bias * bias)), centre = whole - bias;
  double low = centre - half, high = centre + half;
  return (Ends){low < 0 ? 0 : low, high > 1 ? 1 : high};
}

// ---- a difference of distances ----

// Two signed values and their covariance matrix.
typedef struct Pair {
  double a, b, aa, bb, ab;
} Pair;

// The largest |a| - |b| on the ellipse of radius z. For a sign of a it is concave: its top is on the side of
// b where the linear function has its own, else on b = 0.
static double largest_on_ellipse(const Pair *pair, double z) {
  double largest = -1e300;
  for (int s = -1; s <= 1; s += 2) {
    for (int t = -1; t <= 1; t += 2) {
      double variance = pair->aa + pair->bb - 2 * s * t * pair->ab;
      double deviation = math64_sqrt(variance > 0 ? variance : 0);
      double shift = deviation > 0 ? z * (s * pair->ab - t * pair->bb) / deviation : 0;
      double top = s * pair->a - t * pair->b + z * deviation;
      if (t * (pair->b + shift) >= 0 && top > largest) largest = top;
    }
    double left = pair->bb > 0 ? z * z - pair->b * pair->b / pair->bb : -1;
    if (left < 0) continue; // b = 0 is off the ellipse
    double slope = pair->ab / pair->bb, variance = pair->aa - slope * pair->ab;
    double top = s * (pair->a - slope * pair->b) + math64_sqrt(variance > 0 ? variance * left : 0);
    if (top > largest) largest = top;
  }
  return largest;
}

static Pair pair_of(const MetricReplicates *metric, int count, int left_out) {
  const double *a = metric->values[REPLICATE_CHAMPION], *b = metric->values[REPLICATE_CHALLENGER];
  double perfect = metric->metric->direction == METRIC_ONE ? 1 : 0;
  return (Pair){metric->whole[REPLICATE_CHAMPION] - perfect, metric->whole[REPLICATE_CHALLENGER] - perfect,
                covariance_without(a, a, count, left_out), covariance_without(b, b, count, left_out),
                covariance_without(a, b, count, left_out)};
}

static Ends folded_ends(const MetricReplicates *metric, int count, double z, int left_out) {
  Pair pair = pair_of(metric, count, left_out);
  Pair swapped = {pair.b, pair.a, pair.bb, pair.aa, pair.ab};
  return (Ends){0 - largest_on_ellipse(&swapped, z), largest_on_ellipse(&pair, z)};
}

// ---- both ----

Ends spread_ends(IntervalMethod method, const MetricReplicates *metric, int which, int count,
                 double confidence, int left_out) {
  double z = math64_normal_quantile(0.5 + 0.5 * confidence);
  return method == INTERVAL_BOOTSTRAP_FOLDED ? folded_ends(metric, count, z, left_out)
                                             : normal_ends(method, metric, which, count, z, left_out);
}

// The radius at which the range of the pair reaches `zero`.
static double radius_at(const Pair *pair, double zero) {
  Pair swapped = {pair->b, pair->a, pair->bb, pair->aa, pair->ab};
  double inside = 1e3, outside = 0;
  for (int step = 0; step < 64; step++) {
    double z = 0.5 * (inside + outside);
    bool reached = 0 - largest_on_ellipse(&swapped, z) <= zero && zero <= largest_on_ellipse(pair, z);
    if (reached)
      inside = z;
    else
      outside = z;
  }
  return inside;
}

double spread_p_value(IntervalMethod method, const MetricReplicates *metric, int count, double zero) {
  const double *delta = metric->values[REPLICATE_DELTA];
  double difference = metric->whole[REPLICATE_DELTA] - zero, z = 0;
  if (method == INTERVAL_BOOTSTRAP_FOLDED) {
    Pair pair = pair_of(metric, count, -1);
    z = radius_at(&pair, zero);
  } else if (difference != 0) {
    double variance = covariance_without(delta, delta, count, -1);
    z = variance > 0 ? (difference < 0 ? -difference : difference) / math64_sqrt(variance) : 1e3;
  }
  return 2 * math64_normal_cdf(-z);
}
