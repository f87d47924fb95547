// Private to engine/evaluate: which metrics a report shows.
#ifndef INGOT_ENGINE_EVALUATE_METRICS_METRIC_CHOICE_H
#define INGOT_ENGINE_EVALUATE_METRICS_METRIC_CHOICE_H

#include "engine/evaluate/report_data.h"

// Each metric once, in registry order, then by parameter.
typedef struct MetricChoice {
  const Metric *metrics[METRIC_LIMIT];
  int count;
} MetricChoice;

// Metrics by name (NULL or empty: the usual ones that the set defines), those of gates, and value where there
// is money. 78 an unknown name or more than METRIC_LIMIT, 65 one that the set does not define.
Status metric_choice(MetricChoice *choice, const TextList *names, const GatesConfig *gates,
                     const EvaluationSet *set, Error *error);

double confidence_of(const GatesConfig *gates); // 0.95 without gates

#endif
