// Intervals out of resampled values: BCa and by their spread; their Monte Carlo error; joint statements.
#include "engine/evaluate/resample/replicates.h"

#include "engine/evaluate/resample/spread.h"
#include "engine/evaluate/statistics/statistics.h"
#include "engine/shared/exact_sum.h"
#include "engine/shared/math64.h"
#include "engine/shared/memory.h"

#include <stdlib.h>

static const double not_a_number = __builtin_nan("");

typedef struct Value {
  double value;
  int resample;
} Value;

static int by_value(const void *a, const void *b) {
  const Value *x = a, *y = b;
  if (x->value != y->value) return x->value < y->value ? -1 : 1;
  return (x->resample > y->resample) - (x->resample < y->resample);
}

// NULL where a resample has no value.
static Value *sorted_values(const double *values, int count) {
  Value *sorted = memory_get((size_t)count, sizeof *sorted);
  for (int b = 0; b < count; b++) {
    if (!(values[b] - values[b] == 0)) {
      free(sorted);
      return NULL;
    }
    sorted[b] = (Value){values[b], b};
  }
  qsort(sorted, (size_t)count, sizeof *sorted, by_value);
  return sorted;
}

// sum d^3 / (6 (sum d^2)^1.5), d = mean - value without a block.
static double acceleration_of(const double *left_out) {
  double mean = exact_sum_of(left_out, JACKKNIFE_BLOCKS) / JACKKNIFE_BLOCKS;
  ExactSum squares = {0}, cubes = {0};
  for (int g = 0; g < JACKKNIFE_BLOCKS; g++) {
    double d = mean - left_out[g];
    exact_sum_add(&squares, d * d);
    exact_sum_add(&cubes, d * d * d);
  }
  double sum = exact_sum_value(&squares);
  double acceleration = exact_sum_value(&cubes) / (6 * sum * math64_sqrt(sum));
  return acceleration - acceleration == 0 ? acceleration : 0; // all the same
}

// The share of values below x, equal ones counting half, kept off 0 and 1; without the part left_out.
static double share_below(const Value *sorted, int count, double x, int left_out) {
  double twice = 0, n = 0;
  for (int i = 0; i < count; i++) {
    if (sorted[i].resample % REPLICATE_PARTS == left_out) continue;
    twice += sorted[i].value < x ? 2 : sorted[i].value == x;
    n++;
  }
  double share = twice / (2 * n), least = 0.5 / n;
  return share < least ? least : share > 1 - least ? 1 - least : share;
}

// Of the values without the part left_out: at p (n - 1), straight between its neighbours.
static double quantile(const Value *sorted, int count, double p, int left_out) {
  int n = 0;
  for (int i = 0; i < count; i++) n += sorted[i].resample % REPLICATE_PARTS != left_out;
  double position = p * (n - 1), below = 0;
  int wanted = (int)position, seen = 0;
  for (int i = 0; i < count; i++) {
    if (sorted[i].resample % REPLICATE_PARTS == left_out) continue;
    if (seen == wanted) below = sorted[i].value;
    if (seen == wanted + 1) return below + (sorted[i].value - below) * (position - wanted);
    seen++;
  }
  return below;
}

static Ends ends_of(const Value *sorted, int count, double whole, double acceleration, double confidence,
                    int left_out) {
  double bias = math64_normal_quantile(share_below(sorted, count, whole, left_out));
  double z = math64_normal_quantile(0.5 + 0.5 * confidence), ends[2];
  for (int side = 0; side < 2; side++) {
    double shifted = bias + (side == 0 ? -z : z), factor = 1 - acceleration * shifted;
    double p = factor > 0 ? math64_normal_cdf(bias + shifted / factor) : side;
    ends[side] = quantile(sorted, count, p, left_out);
  }
  return (Ends){ends[0], ends[1]};
}

// The smallest (largest) p whose quantile is x; 0 or 1 where x lies beyond all values.
static double place_of(const Value *sorted, int count, double x, bool largest) {
  int below = 0;
  while (below < count && (sorted[below].value < x || (largest && sorted[below].value == x))) below++;
  if (below == 0 || below == count) return below > 0;
  double from = sorted[below - 1].value, to = sorted[below].value;
  return (below - 1 + (x - from) / (to - from)) / (count - 1);
}

// How many standard deviations off the middle an end lies that is the quantile p: ends_of the other way
// round.
static double distance_of(double p, double bias, double acceleration) {
  const double far = 1e3;
  if (!(p > 0)) return -far;
  if (!(p < 1)) return far;
  double y = math64_normal_quantile(p) - bias, factor = 1 + acceleration * y;
  return factor > 0 ? y / factor - bias : y > 0 ? far : -far;
}

// The p at which an end of the interval would be `zero`, so that p < alpha where the interval at 1 - alpha
// leaves it out; at least 2 / (count + 1), as one more resample might lie beyond it (Davison and Hinkley
// 1997).
static double p_value_of(const Value *sorted, int count, double whole, double zero, double acceleration) {
  double bias = math64_normal_quantile(share_below(sorted, count, whole, -1)), least = 2.0 / (count + 1);
  double above = -distance_of(place_of(sorted, count, zero, true), bias, acceleration);
  double below = distance_of(place_of(sorted, count, zero, false), bias, acceleration);
  double p = 2 * math64_normal_cdf(above > below ? -above : -below);
  return p < least ? least : p < 1 ? p : 1;
}

static double deviation_of(const double *values, int count) {
  double mean = exact_sum_of(values, (size_t)count) / count;
  ExactSum squares = {0};
  for (int b = 0; b < count; b++) exact_sum_add(&squares, (values[b] - mean) * (values[b] - mean));
  return math64_sqrt(exact_sum_value(&squares) / (count - 1));
}

// ---- estimates ----

IntervalMethod replicates_method(const Metric *metric, int which) {
  IntervalMethod method = which == REPLICATE_DELTA ? metric->paired : metric->single;
  return interval_is_resampled(method) ? method : INTERVAL_BOOTSTRAP;
}

static Estimate bca_estimate(const MetricReplicates *metric, const Value *sorted, int count, int which,
                             double moved, double confidence) {
  double acceleration = acceleration_of(metric->left_out[which]), whole = metric->whole[which];
  Ends ends = ends_of(sorted, count, whole, acceleration, confidence, -1);
  Estimate estimate = {.method = INTERVAL_BOOTSTRAP, .low = ends.low, .high = ends.high};
  estimate.p_value = p_value_of(sorted, count, whole, 0 - moved, acceleration);
  return estimate;
}

static Estimate spread_estimate(IntervalMethod method, const MetricReplicates *metric, int count, int which,
                                double moved, double confidence) {
  Ends ends = spread_ends(method, metric, which, count, confidence, -1);
  Estimate estimate = {.method = method, .low = ends.low, .high = ends.high};
  if (which == REPLICATE_DELTA) estimate.p_value = spread_p_value(method, metric, count, 0 - moved);
  return estimate;
}

Estimate replicates_estimate(const Replicates *replicates, const MetricReplicates *metric, int which,
                             double value, double confidence) {
  int count = replicates->count;
  Value *sorted = sorted_values(metric->values[which], count);
  if (sorted == NULL) return estimate_none(value);
  double moved = value - metric->whole[which];
  IntervalMethod method = replicates_method(metric->metric, which);
  Estimate estimate = method == INTERVAL_BOOTSTRAP
                          ? bca_estimate(metric, sorted, count, which, moved, confidence)
                          : spread_estimate(method, metric, count, which, moved, confidence);
  free(sorted);
  estimate.value = value;
  estimate.low += moved;
  estimate.high += moved;
  estimate.standard_error = deviation_of(metric->values[which], count);
  if (which != REPLICATE_DELTA) estimate.p_value = not_a_number;
  return estimate;
}

EndErrors replicates_end_errors(const Replicates *replicates, const MetricReplicates *metric, int which,
                                double confidence) {
  int count = replicates->count;
  IntervalMethod method = replicates_method(metric->metric, which);
  Value *sorted = sorted_values(metric->values[which], count);
  if (sorted == NULL) return (EndErrors){not_a_number, not_a_number};
  double acceleration = acceleration_of(metric->left_out[which]), low[REPLICATE_PARTS], high[REPLICATE_PARTS];
  for (int part = 0; part < REPLICATE_PARTS; part++) {
    Ends ends = method == INTERVAL_BOOTSTRAP
                    ? ends_of(sorted, count, metric->whole[which], acceleration, confidence, part)
                    : spread_ends(method, metric, which, count, confidence, part);
    low[part] = ends.low;
    high[part] = ends.high;
  }
  free(sorted);
  // (PARTS - 1) / PARTS * sum of squares = (PARTS - 1)^2 / PARTS * variance.
  double scale = (REPLICATE_PARTS - 1) / math64_sqrt(REPLICATE_PARTS);
  return (EndErrors){scale * deviation_of(low, REPLICATE_PARTS), scale * deviation_of(high, REPLICATE_PARTS)};
}

// ---- joint statements ----

static int sign_of(double x) {
  return (x > 0) - (x < 0);
}

double replicates_disagree(const Replicates *replicates, const Metric *a, const Metric *b) {
  const MetricReplicates *x = replicates_of(replicates, a), *y = replicates_of(replicates, b);
  if (x == NULL || y == NULL || replicates->models < 2) return not_a_number;
  int64_t twice = 0;
  for (int i = 0; i < replicates->count; i++)
    twice += 1 - sign_of(x->values[REPLICATE_DELTA][i]) * sign_of(y->values[REPLICATE_DELTA][i]);
  return (double)twice / (2.0 * replicates->count);
}

static double mean_of_side(const Replicates *replicates, const Metric *metric, double sign) {
  const MetricReplicates *found = replicates_of(replicates, metric);
  if (found == NULL || replicates->models < 2) return not_a_number;
  ExactSum sum = {0};
  for (int b = 0; b < replicates->count; b++) {
    double gain = sign * found->values[REPLICATE_DELTA][b];
    if (gain != gain) return not_a_number;
    exact_sum_add(&sum, gain > 0 ? gain : 0);
  }
  return exact_sum_value(&sum) / replicates->count;
}

double replicates_mean_gain(const Replicates *replicates, const Metric *metric) {
  return mean_of_side(replicates, metric, 1);
}

double replicates_mean_loss(const Replicates *replicates, const Metric *metric) {
  return mean_of_side(replicates, metric, -1);
}
