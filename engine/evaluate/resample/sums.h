// Sums of all resamples: rows become cells and integer terms, kernels/resample adds them up under the
// weights.
//
// Private to resample/.
#ifndef INGOT_ENGINE_EVALUATE_RESAMPLE_SUMS_H
#define INGOT_ENGINE_EVALUATE_RESAMPLE_SUMS_H

#include "engine/evaluate/metrics.h"
#include "engine/evaluate/resample/resampled.h"
#include "kernels/resample/resample.h"

typedef struct RowSums RowSums;

// What metrics need of one or two sets of the same rows (sets[1] may be NULL). Keeps sets and metrics.
RowSums *row_sums_new(const EvaluationSet *const sets[2], const Metric *const *metrics, int metric_count);
void row_sums_free(RowSums *sums);

// How many groups of resamples may be summed at once within the memory that is meant for them; at least 1.
int row_sums_groups_at_once(const RowSums *sums);

// Sums resample groups [first, first + count), in place of those summed before.
void row_sums_run(RowSums *sums, ResampleKind kind, uint64_t seed, int64_t first, int count);

// The resample in a lane of a summed group as metrics see it, of model 0 or 1. `cells` is room for
// row_sums_cells(sums, model) numbers.
int row_sums_cells(const RowSums *sums, int model);
void row_sums_read(Resampled *resampled, double *cells, const RowSums *sums, int model, int group, int lane);
// The mean of terms (value: the sum in units) of metric number `metric` in it, over its weight; NaN where it
// has none.
double row_sums_mean(const RowSums *sums, int model, int metric, int group, int lane, double weight);

#endif
