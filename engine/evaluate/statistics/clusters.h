// Rows that hang together: means whose standard errors allow for clusters.
#ifndef INGOT_ENGINE_EVALUATE_STATISTICS_CLUSTERS_H
#define INGOT_ENGINE_EVALUATE_STATISTICS_CLUSTERS_H

#include "engine/evaluate/statistics/statistics.h"

// moments_of where the set has no clusters. Else n counts clusters (with a row of weight > 0), G, and the
// variance of the mean is G/(G-1) * sum over clusters of (sum of w (x - mean))^2 / (sum of w)^2 (Liang and
// Zeger 1986).
Moments moments_of_rows(const EvaluationSet *set, const double *terms, const double *weights);

// How many different clusters; rows where there are none.
int64_t cluster_count(const EvaluationSet *set);

#endif
