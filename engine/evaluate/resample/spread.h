// Intervals out of the spread of resampled values, for metrics whose resamples' quantiles mislead.
//
// Private to resample/. All are for the values of score groups (MetricReplicates.whole).
//   BOOTSTRAP_NORMAL   whole +- z s, s the standard deviation of the resamples.
//   BOOTSTRAP_MAXIMUM  A maximum over cuts is too large by b ~ n^(-2/3), for it picks the lucky cut
//                      (Kim, Pollard 1990). Near its cut it is max(W(t) - t^2), W a Brownian motion whose
//                      variance resampling doubles; that maximum grows as (variance)^(2/3), so resamples are
//                      larger again by (2^(2/3) - 1) b. Centre: whole - b; variance: s^2 + 3/4 b^2,
//                      for b is an estimate too. 3/4 is tuned, not derived: of 0, 1/4, 1/2, 3/4, 1 and 1.5 it
//                      is the one that covers in the simulations of engine/README.md. Within [0, 1].
//   BOOTSTRAP_FOLDED   The difference of distances, |from| - |to|, has a kink at 0. But for noise the values
//                      lie on the ellipse (x - values)' C^-1 (x - values) <= z^2, C the covariance of the
//                      resamples; the interval is the range of the difference on it, which is where a
//                      likelihood ratio of one degree of freedom would end it (Venzon, Moolgavkar 1988). Away
//                      from the kink it is the whole +- z s.
#ifndef INGOT_ENGINE_EVALUATE_RESAMPLE_SPREAD_H
#define INGOT_ENGINE_EVALUATE_RESAMPLE_SPREAD_H

#include "engine/evaluate/resample/replicates.h"

enum { REPLICATE_PARTS = 20 }; // of the resamples, each left out once for the Monte Carlo error

typedef struct Ends {
  double low, high;
} Ends;

// Without the resamples b % REPLICATE_PARTS == left_out (-1: none). Every resample has a value.
Ends spread_ends(IntervalMethod method, const MetricReplicates *metric, int which, int count,
                 double confidence, int left_out);

// Two-sided, of a difference: the p at which an end would be `zero`.
double spread_p_value(IntervalMethod method, const MetricReplicates *metric, int count, double zero);

#endif
