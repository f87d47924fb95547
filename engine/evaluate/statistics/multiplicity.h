// Adjusted p values of several tests at once.
//
// A p that is NaN was not tested: it counts for nothing and stays NaN. `adjusted` may be `p`.
#ifndef INGOT_ENGINE_EVALUATE_STATISTICS_MULTIPLICITY_H
#define INGOT_ENGINE_EVALUATE_STATISTICS_MULTIPLICITY_H

// Holm 1979: the chance of any false rejection.
void holm_adjust(double *adjusted, const double *p, int n);

// Benjamini and Hochberg 1995: the share of false rejections among all.
void benjamini_hochberg_adjust(double *adjusted, const double *p, int n);

#endif
