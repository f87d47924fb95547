// Metrics under resampling: what one or two models would have shown on other rows of the same kind.
//
// The rows of resample b are weighed by the paired Poisson bootstrap of kernels/resample/resample.h, unit =
// cluster_hash where the set has clusters, else row_hash: the same weights for both models and for every
// metric, so that joint statements are possible. Metrics of the order of scores are computed on score groups
// (score_groups.h); a capacity ends where it does among all rows; terms of means are int64 rne(t * 2^k), k
// the largest with n * max|t| * 2^k * 16 < 2^62. So the bits hang on rows, seed and count alone: no order of
// rows, no threads, no instruction set.
#ifndef INGOT_ENGINE_EVALUATE_RESAMPLE_REPLICATES_H
#define INGOT_ENGINE_EVALUATE_RESAMPLE_REPLICATES_H

#include "engine/evaluate/report_data.h"

enum { REPLICATES_USUAL = 2000, REPLICATES_MOST = 16000, JACKKNIFE_BLOCKS = 200, LEAST_EVENTS = 20 };

typedef struct MetricReplicates {
  const Metric *metric;
  // Of model 0 (champion) and 1, and of the oriented difference: [count] values of resamples;
  // [JACKKNIFE_BLOCKS] values without the rows of one block; the value of all rows. All on score groups. NaN
  // where not defined.
  double *values[3], *left_out[3], whole[3];
} MetricReplicates;

enum { REPLICATE_CHAMPION, REPLICATE_CHALLENGER, REPLICATE_DELTA };

typedef struct Replicates {
  int models, count; // 1 or 2; B
  uint64_t seed;
  int metric_count;
  MetricReplicates *metrics;
} Replicates;

// Resamples of these metrics on one set, or two of the same rows (challenger NULL: one). NULL where the set
// has no row_hash or more than REPLICATES_ROWS rows, or none of the metrics can be resampled. How to draw:
// the challenger's `resampling`. Freed by replicates_free (NULL is allowed).
Replicates *replicates_new(const EvaluationSet *champion, const EvaluationSet *challenger,
                           const Metric *const *metrics, int metric_count, int count);
int replicates_wanted(const EvaluationSet *set); // its resampling.replicates, or the usual number
enum { REPLICATES_ROWS = 1 << 28, REPLICATES_CLASSES = 64 };
// Whether the number of classes keeps the metric from being resampled: no confusion matrix of more than
// REPLICATES_CLASSES of them is.
bool replicates_have_no_cells(const Metric *metric, const EvaluationSet *set);
void replicates_free(Replicates *replicates);

// NULL where the metric was not resampled.
const MetricReplicates *replicates_of(const Replicates *replicates, const Metric *metric);

// How the interval of a model's metric or (which REPLICATE_DELTA) of the difference is made: as the registry
// says where that is by resamples, else BCa.
IntervalMethod replicates_method(const Metric *metric, int which);

// By replicates_method. BCa (Efron 1987): bias from the share of resamples below `whole`, acceleration from
// the grouped jackknife, spread.h says the others; all ends are moved by value - whole, which grouping took.
// p_value: two-sided, where an end would be 0 (of differences), so below alpha exactly where the interval at
// 1 - alpha leaves 0 out; by BCa at least 2 / (count + 1). standard_error: of the resamples. No interval
// where a resample has no value.
Estimate replicates_estimate(const Replicates *replicates, const MetricReplicates *metric, int which,
                             double value, double confidence);

// How far the ends would move with other resamples: the standard error by leaving out 1 / 20 of them at a
// time.
typedef struct EndErrors {
  double low, high;
} EndErrors;
EndErrors replicates_end_errors(const Replicates *replicates, const MetricReplicates *metric, int which,
                                double confidence);

// Joint statements, of oriented differences: the share of resamples in which the signs differ (a difference
// of 0 has both signs, counted half); the mean of max(0, delta), or of max(0, -delta). NaN
// where the metric was not resampled or a resample has no value.
double replicates_disagree(const Replicates *replicates, const Metric *a, const Metric *b);
double replicates_mean_gain(const Replicates *replicates, const Metric *metric);
double replicates_mean_loss(const Replicates *replicates, const Metric *metric);

#endif
