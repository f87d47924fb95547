// Per-row terms of the metrics that are means.
#include "engine/evaluate/statistics/terms.h"

#include "engine/evaluate/money.h"
#include "engine/shared/math64.h"
#include "engine/shared/memory.h"

static const double least_probability = 0x1p-24;

static double clip(double p) {
  double most = 1.0 - least_probability;
  return p < least_probability ? least_probability : p > most ? most : p;
}

static double log_loss_term(const EvaluationSet *set, int64_t row) {
  const double *p = set->scores + row * set->classes;
  if (set->task == TASK_BINARY) return -math64_log(set->labels[row] == 1 ? clip(p[0]) : 1.0 - clip(p[0]));
  double sum = 0;
  for (int k = 0; k < set->classes; k++) sum += clip(p[k]);
  return -math64_log(clip(p[(int)set->labels[row]]) / sum);
}

int64_t metric_clipped_rows(const EvaluationSet *set) {
  int64_t clipped = 0;
  if (set->task == TASK_REGRESSION) return 0;
  for (int64_t i = 0; i < set->rows; i++) {
    double p =
        set->task == TASK_BINARY ? set->scores[i] : set->scores[i * set->classes + (int)set->labels[i]];
    clipped += clip(p) != p;
  }
  return clipped;
}

int predicted_class(const EvaluationSet *set, int64_t row) {
  if (set->task == TASK_BINARY) return set->scores[row] >= set->policy.threshold;
  const double *p = set->scores + row * set->classes;
  int best = 0;
  for (int k = 1; k < set->classes; k++) {
    if (p[k] > p[best]) best = k;
  }
  return best;
}

static double term(const EvaluationSet *set, MetricId id, int64_t row) {
  if (id == METRIC_log_loss) return log_loss_term(set, row);
  if (id == METRIC_value) return money_term(set, row);
  if (id == METRIC_accuracy) return predicted_class(set, row) == (int)set->labels[row];
  double error = set->scores[row] - set->labels[row];
  if (id == METRIC_bias) return error;
  if (id == METRIC_mae) return error < 0 ? -error : error;
  return error * error;
}

bool metric_has_terms(MetricId id) {
  switch (id) {
  case METRIC_value:
  case METRIC_log_loss:
  case METRIC_brier:
  case METRIC_accuracy:
  case METRIC_rmse:
  case METRIC_mae:
  case METRIC_r2:
  case METRIC_bias:
    return true;
  default:
    return false;
  }
}

double *metric_terms(const EvaluationSet *set, MetricId id) {
  double *terms = memory_get((size_t)set->rows, sizeof *terms);
  for (int64_t i = 0; i < set->rows; i++) terms[i] = term(set, id, i);
  return terms;
}

const double *metric_term_weights(const EvaluationSet *set, MetricId id) {
  return id == METRIC_value ? NULL : set->weights;
}
