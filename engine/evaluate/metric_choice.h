// Private to engine/evaluate: which metrics a report shows.
#ifndef INGOT_ENGINE_EVALUATE_METRIC_CHOICE_H
#define INGOT_ENGINE_EVALUATE_METRIC_CHOICE_H

#include "engine/evaluate/report_data.h"

// Metrics by name (NULL or empty: all that the set defines), those of gates, and value where there is money.
// 78 an unknown name, 65 one that the set does not define.
Status metric_choice(bool chosen[METRIC_COUNT], const TextList *names, const GatesConfig *gates,
                     const EvaluationSet *set, Error *error);

double confidence_of(const GatesConfig *gates); // 0.95 without gates

#endif
