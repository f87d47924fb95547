// P values adjusted for having asked several questions.
#ifndef INGOT_ENGINE_EVALUATE_STATISTICS_MULTIPLICITY_H
#define INGOT_ENGINE_EVALUATE_STATISTICS_MULTIPLICITY_H

// adjusted[0..count) of p[0..count), in their order; NaN was not tested: it stays and counts for nothing.
// Holm 1979: the chance of any false rejection stays below the level. adjusted may be p.
void holm_adjust(double *adjusted, const double *p, int count);

// Benjamini and Hochberg 1995: the expected share of false rejections stays below the level.
void benjamini_hochberg_adjust(double *adjusted, const double *p, int count);

#endif
