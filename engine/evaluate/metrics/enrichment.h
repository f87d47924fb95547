// Standard errors of what is found among the rows of highest score: capture, precision and lift at a cut.
//
// The cut moves with the rows, so a row counts twice: by its label and by where it pushes the cut (Ash and
// Hughes-Oliver 2022). Of a row with label y, in the top by t (0, 1; in the block that is cut the share
// taken), m the rate of label 1 at the cut, q the share of all weight in the top, r the rate of label 1:
//   precision   (t (y - m)) / q, the rest being constant
//   capture     (t (y - m) - capture y) / r
//   lift        capture's / q
// m is taken over a quarter of the top's weight on both sides of the cut, at least ten rows' weight.
#ifndef INGOT_ENGINE_EVALUATE_METRICS_ENRICHMENT_H
#define INGOT_ENGINE_EVALUATE_METRICS_ENRICHMENT_H

#include "engine/evaluate/report_data.h"

// Of a metric with PARAMETER_TOP; set->blocks must be there. Single: Wilson's score interval of as many rows
// as have that standard error; where it is 0, of the rows in the top (capture, lift: of label 1).
Estimate enrichment_estimate(const Metric *metric, const EvaluationSet *set, double confidence);

// Of challenger - champion, on the same rows: the standard error of the differences of rows, `gain` the
// value.
Estimate enrichment_difference(const Metric *metric, const EvaluationSet *champion,
                               const EvaluationSet *challenger, double gain, double confidence);

#endif
