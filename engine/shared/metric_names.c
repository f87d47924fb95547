// Names of the metrics a configuration may ask for.
#include "engine/shared/metric_names.h"

#include <stddef.h>
#include <string.h>

enum { BINARY = 1 << TASK_BINARY, MULTICLASS = 1 << TASK_MULTICLASS, REGRESSION = 1 << TASK_REGRESSION };

const MetricName metric_names[] = {
    {"log_loss", BINARY | MULTICLASS, false},
    {"auc", BINARY, false},
    {"average_precision", BINARY, false},
    {"brier", BINARY, false},
    {"accuracy", BINARY | MULTICLASS, false},
    {"f1", BINARY, false},
    {"balanced_accuracy", MULTICLASS, false},
    {"macro_f1", MULTICLASS, false},
    {"rmse", REGRESSION, false},
    {"mae", REGRESSION, false},
    {"r2", REGRESSION, false},
    {"value", BINARY | MULTICLASS | REGRESSION, true},
};
const int metric_name_count = sizeof metric_names / sizeof metric_names[0];

const MetricName *metric_name_find(const char *name) {
  for (int i = 0; i < metric_name_count; i++) {
    if (strcmp(metric_names[i].name, name) == 0) return &metric_names[i];
  }
  return NULL;
}
