// Names of the metrics a configuration may ask for, and the tasks they belong to.
#ifndef INGOT_ENGINE_SHARED_METRIC_NAMES_H
#define INGOT_ENGINE_SHARED_METRIC_NAMES_H

#include "engine/shared/config.h"

typedef struct MetricName {
  const char *name;
  unsigned tasks; // bit 1 << Task
  bool money;     // needs the business section
} MetricName;

extern const MetricName metric_names[];
extern const int metric_name_count;

const MetricName *metric_name_find(const char *name); // NULL if unknown

#endif
