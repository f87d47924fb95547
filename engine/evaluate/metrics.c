// The metric registry: names, parameters, and what a metric needs of a set.
#include "engine/evaluate/metrics.h"

#include "engine/evaluate/metrics/formulas.h"
#include "engine/evaluate/statistics/statistics.h"
#include "engine/shared/memory.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ASKED, USUAL };
enum { LONGEST_COUNT = 15 }; // digits: counts of rows stay exact

const Metric metric_table[METRIC_COUNT] = {
#define BINARY (1u << TASK_BINARY)
#define MULTICLASS (1u << TASK_MULTICLASS)
#define REGRESSION (1u << TASK_REGRESSION)
#define ROW(id, name, title, shown, tasks, direction, single, paired, formula, source, ...)                  \
  {METRIC_##id,                                                                                              \
   name,                                                                                                     \
   title,                                                                                                    \
   shown,                                                                                                    \
   tasks,                                                                                                    \
   METRIC_##direction,                                                                                       \
   METRIC_##direction == METRIC_UP,                                                                          \
   INTERVAL_##single,                                                                                        \
   INTERVAL_##paired,                                                                                        \
   formula,                                                                                                  \
   source,                                                                                                   \
   formula_##id,                                                                                             \
   __VA_ARGS__},
#define METRIC(id, name, title, shown, tasks, direction, single, paired, formula, source)                    \
  ROW(id, name, title, shown, tasks, direction, single, paired, formula, source, PARAMETER_NONE, "", 0, 0)
#define METRIC_AT(id, name, title, shown, tasks, direction, single, paired, formula, source, takes, usual,   \
                  first, second)                                                                             \
  ROW(id, name "@" usual, title " " usual, shown, tasks, direction, single, paired, formula, source,         \
      PARAMETER_##takes, usual, first, second)
#include "engine/evaluate/metrics.inc"
#undef METRIC_AT
#undef METRIC
#undef ROW
#undef BINARY
#undef MULTICLASS
#undef REGRESSION
};

// ---- interval methods ----

typedef struct MethodText {
  const char *name, *text, *source;
} MethodText;

static const MethodText methods[INTERVAL_METHOD_COUNT] = {
#define INTERVAL(id, name, text, source) {name, text, source},
#include "engine/evaluate/intervals.inc"
#undef INTERVAL
};

const char *interval_method_name(IntervalMethod method) {
  return methods[method].name;
}

const char *interval_method_text(IntervalMethod method) {
  return methods[method].text;
}

const char *interval_method_source(IntervalMethod method) {
  return methods[method].source;
}

bool interval_is_resampled(IntervalMethod method) {
  return method == INTERVAL_BOOTSTRAP || method == INTERVAL_BOOTSTRAP_NORMAL ||
         method == INTERVAL_BOOTSTRAP_MAXIMUM || method == INTERVAL_BOOTSTRAP_FOLDED;
}

// ---- names with parameters ----

// A plain decimal number, all of text[0..length): digits with at most one point, so that one number has few
// spellings.
static bool read_number(double *number, const char *text, size_t length) {
  char copy[32];
  int points = 0;
  if (length == 0 || length >= sizeof copy || text[0] == '.' || text[length - 1] == '.') return false;
  for (size_t i = 0; i < length; i++) {
    if (text[i] != '.' && (text[i] < '0' || text[i] > '9')) return false;
    points += text[i] == '.';
    copy[i] = text[i];
  }
  copy[length] = '\0';
  *number = strtod(copy, NULL);
  return points <= 1;
}

static bool read_count(double *number, const char *text) {
  return strchr(text, '.') == NULL && strlen(text) <= LONGEST_COUNT &&
         read_number(number, text, strlen(text)) && *number >= 1;
}

static bool read_parameter(Metric *metric, const char *text) {
  const char *colon = strchr(text, ':');
  switch (metric->takes) {
  case PARAMETER_NONE:
    return false;
  case PARAMETER_TOP:
    if (strchr(text, '.') == NULL) return read_count(&metric->first, text);
    return read_number(&metric->first, text, strlen(text)) && metric->first > 0 && metric->first < 1;
  case PARAMETER_CLASSES:
    return read_count(&metric->first, text);
  case PARAMETER_LEVEL:
    return read_number(&metric->first, text, strlen(text)) && metric->first > 0 && metric->first < 1;
  case PARAMETER_POWER:
    return read_number(&metric->first, text, strlen(text)) && !(metric->first > 0 && metric->first < 1) &&
           metric->first <= 3;
  case PARAMETER_COSTS:
    return colon != NULL && read_number(&metric->first, text, (size_t)(colon - text)) &&
           read_number(&metric->second, colon + 1, strlen(colon + 1)) && metric->first + metric->second > 0;
  }
  return false;
}

static const char *const parameter_rules[] = {
    [PARAMETER_NONE] = "no parameter",
    [PARAMETER_TOP] = "a share of the rows above 0 and below 1, or a whole number of rows from 1",
    [PARAMETER_CLASSES] = "a whole number of classes from 1",
    [PARAMETER_LEVEL] = "a quantile above 0 and below 1",
    [PARAMETER_POWER] = "a power: 0, or 1 to 3",
    [PARAMETER_COSTS] = "the cost of a unit too low and of one too high, such as 3:1",
};

// Metrics that were asked for with a parameter of their own. Only ever added to, and never freed: what one
// name means does not change, so this is a table that is filled when it is read.
typedef struct Made {
  Metric metric;
  struct Made *next;
} Made;

static Made *all_made;
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;

static const Metric *made_metric(const Metric *usual, const Metric *asked, const char *name) {
  pthread_mutex_lock(&making);
  Made *found = all_made;
  while (found != NULL && strcmp(found->metric.name, name) != 0) found = found->next;
  if (found == NULL) {
    size_t title = strlen(usual->title) - strlen(usual->parameter);
    found = memory_get(1, sizeof *found);
    found->metric = *asked;
    found->metric.name = memory_text(name);
    found->metric.parameter = strchr(found->metric.name, '@') + 1;
    found->metric.title = memory_format("%.*s%s", (int)title, usual->title, found->metric.parameter);
    found->next = all_made;
    all_made = found;
  }
  pthread_mutex_unlock(&making);
  return &found->metric;
}

Status metric_parse(const Metric **metric, const char *name, Error *error) {
  const char *at = strchr(name, '@');
  size_t length = at == NULL ? strlen(name) : (size_t)(at - name);
  const Metric *plain = NULL;
  *metric = NULL;
  for (int i = 0; i < METRIC_COUNT; i++) {
    const Metric *row = &metric_table[i];
    if (strncmp(row->name, name, length) != 0) continue;
    if (row->name[length] == (at == NULL ? '\0' : '@')) *metric = row;
    if (row->name[length] == '@' || row->name[length] == '\0') plain = row;
  }
  if (*metric == NULL && plain != NULL) {
    *metric = plain;
    if (at != NULL) return error_set(error, STATUS_CONFIG, "metric '%s' takes no parameter", plain->name);
    return error_set(error, STATUS_CONFIG, "metric '%s' needs a parameter, as in %s: %s", name, plain->name,
                     parameter_rules[plain->takes]);
  }
  if (*metric == NULL) return error_set(error, STATUS_CONFIG, "no metric is called '%s'", name);
  if (at == NULL || strcmp((*metric)->name, name) == 0) return STATUS_OK;
  Metric asked = **metric;
  if (!read_parameter(&asked, at + 1)) {
    return error_set(error, STATUS_CONFIG, "metric '%s': what follows @ must be %s, as in %s", name,
                     parameter_rules[asked.takes], (*metric)->name);
  }
  *metric = made_metric(*metric, &asked, name);
  return STATUS_OK;
}

Status metric_find(const Metric **metric, const char *name, Task task, Error *error) {
  static const char *const tasks[] = {"binary", "multiclass", "regression"};
  char known[1024] = "";
  Status status = metric_parse(metric, name, error);
  if (status == STATUS_OK && (*metric)->tasks & 1u << task) return STATUS_OK;
  if (status != STATUS_OK && *metric != NULL && (*metric)->tasks & 1u << task) return status;
  for (int i = 0; i < METRIC_COUNT; i++) {
    if (!(metric_table[i].tasks & 1u << task)) continue;
    size_t used = strlen(known);
    snprintf(known + used, sizeof known - used, "%s%s", used > 0 ? ", " : "", metric_table[i].name);
  }
  return error_set(error, STATUS_CONFIG, "unknown metric '%s' for a %s task; the metrics are %s", name,
                   tasks[task], known);
}

// ---- what a metric needs ----

static Status needs_both_classes(const Metric *metric, const EvaluationSet *set, Error *error) {
  double weight[2] = {0, 0};
  for (int64_t i = 0; i < set->rows && !(weight[0] > 0 && weight[1] > 0); i++)
    weight[set->labels[i] == 1] += set->weights == NULL ? 1 : set->weights[i];
  if (weight[0] > 0 && weight[1] > 0) return STATUS_OK;
  return error_set(error, STATUS_DATA, "metric '%s' needs rows of both classes, and all %lld are of one",
                   metric->name, (long long)set->rows);
}

// Deviances: labels and predictions in the domain of the variance function.
static Status needs_positive(const Metric *metric, const EvaluationSet *set, double power, Error *error) {
  char name[ROW_NAME];
  bool zero_labels = power < 2; // a label of 0 has a finite deviance
  for (int64_t i = 0; power > 0 && i < set->rows; i++) {
    double label = set->labels[i], prediction = set->scores[i];
    if (!(prediction > 0) || label < 0 || (label == 0 && !zero_labels)) {
      return error_set(error, STATUS_DATA,
                       "metric '%s' needs predictions above 0 and labels %s; %s has %.6g and %.6g",
                       metric->name, zero_labels ? "of at least 0" : "above 0",
                       evaluation_row_name(name, set, i), prediction, label);
    }
  }
  return STATUS_OK;
}

static Status needs_labels_away_from_zero(const Metric *metric, const EvaluationSet *set, Error *error) {
  char name[ROW_NAME];
  for (int64_t i = 0; i < set->rows; i++) {
    if (set->labels[i] != 0) continue;
    return error_set(error, STATUS_DATA, "metric '%s' divides by the label, which is 0 in %s", metric->name,
                     evaluation_row_name(name, set, i));
  }
  return STATUS_OK;
}

Status metric_check(const Metric *metric, const EvaluationSet *set, Error *error) {
  if (!(metric->tasks & 1u << set->task)) {
    return error_set(error, STATUS_DATA, "metric '%s' does not exist for this kind of target", metric->name);
  }
  switch (metric->id) {
  case METRIC_value:
    if (set->money.act != NULL) return STATUS_OK;
    return error_set(error, STATUS_DATA, "metric 'value' needs a business section with act and skip");
  case METRIC_expected_cost:
    if (set->costs != NULL) return STATUS_OK;
    return error_set(error, STATUS_DATA, "metric 'expected_cost' needs a matrix of costs: business.costs");
  case METRIC_interval_coverage:
  case METRIC_interval_width:
    if (set->ends != NULL) return STATUS_OK;
    return error_set(error, STATUS_DATA,
                     "metric '%s' needs prediction intervals: columns lower and upper beside the scores",
                     metric->name);
  case METRIC_r2:
    if (label_variance(set) > 0) return STATUS_OK;
    return error_set(error, STATUS_DATA, "metric 'r2' needs labels that are not all the same");
  case METRIC_mape:
    return needs_labels_away_from_zero(metric, set, error);
  case METRIC_poisson_deviance:
    return needs_positive(metric, set, 1, error);
  case METRIC_gamma_deviance:
    return needs_positive(metric, set, 2, error);
  case METRIC_tweedie:
    return needs_positive(metric, set, metric->first, error);
  case METRIC_auc:
  case METRIC_gini:
  case METRIC_ks:
  case METRIC_average_precision:
  case METRIC_recall:
  case METRIC_specificity:
  case METRIC_mcc:
  case METRIC_capture:
  case METRIC_lift:
  case METRIC_calibration_slope:
  case METRIC_calibration_intercept:
    return needs_both_classes(metric, set, error);
  default:
    return STATUS_OK;
  }
}

double metric_value(const Metric *metric, const EvaluationSet *set) {
  Error ignored;
  return metric_check(metric, set, &ignored) == STATUS_OK ? metric->value(metric, set) : __builtin_nan("");
}

static double magnitude(double x) {
  return x < 0 ? -x : x;
}

double metric_gain(const Metric *metric, double from, double to) {
  switch (metric->direction) {
  case METRIC_UP:
    return to - from;
  case METRIC_DOWN:
    return from - to;
  case METRIC_ZERO:
    return magnitude(from) - magnitude(to);
  default:
    return magnitude(from - 1) - magnitude(to - 1);
  }
}
