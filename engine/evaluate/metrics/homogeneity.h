// Do two models predict the classes at different rates? The test of marginal homogeneity of Stuart (1955) and
// Maxwell (1970), of the same rows.
#ifndef INGOT_ENGINE_EVALUATE_METRICS_HOMOGENEITY_H
#define INGOT_ENGINE_EVALUATE_METRICS_HOMOGENEITY_H

#include "engine/evaluate/report_data.h"

// Of sets of the same rows, multiclass, without weights and clusters; else, and where no row changes its
// class, df is 0.
Homogeneity homogeneity_of(const EvaluationSet *champion, const EvaluationSet *challenger);

// Of counts[classes, classes] of rows by (class of the one, class of the other).
Homogeneity homogeneity_of_table(const int64_t *counts, int classes);

#endif
