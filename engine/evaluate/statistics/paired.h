// Paired proportions: McNemar's test and Tango's interval.
#ifndef INGOT_ENGINE_EVALUATE_STATISTICS_PAIRED_H
#define INGOT_ENGINE_EVALUATE_STATISTICS_PAIRED_H

#include "engine/evaluate/report_data.h"

// What two models get right on the same n rows: only the challenger, only the champion.
typedef struct PairedCounts {
  int64_t gained, lost, n;
} PairedCounts;

// Two-sided mid-p value of McNemar's test: twice the smaller tail of Binomial(gained + lost, 1/2), the point
// itself counting half (Fagerland, Lydersen, Laake 2013). 1 without discordant rows.
double mcnemar_mid_p(int64_t gained, int64_t lost);

// (gained - lost) / n with Tango's 1998 score interval and McNemar's mid-p value; no interval for n = 0.
// The standard error is that of the difference of proportions.
Estimate estimate_tango(PairedCounts counts, double confidence);

#endif
