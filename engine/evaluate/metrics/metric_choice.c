// Which metrics a report shows.
#include "engine/evaluate/metrics/metric_choice.h"

#include <string.h>

static bool comes_before(const Metric *a, const Metric *b) {
  if (a->id != b->id) return a->id < b->id;
  if (a->first != b->first) return a->first < b->first;
  return a->second != b->second ? a->second < b->second : strcmp(a->name, b->name) < 0;
}

static Status add(MetricChoice *choice, const Metric *metric, Error *error) {
  int place = choice->count;
  for (int i = 0; i < choice->count; i++) {
    if (choice->metrics[i] == metric) return STATUS_OK;
  }
  if (choice->count == METRIC_LIMIT)
    return error_set(error, STATUS_CONFIG, "more than %d metrics: name fewer in evaluate.metrics",
                     METRIC_LIMIT);
  while (place > 0 && comes_before(metric, choice->metrics[place - 1])) place--;
  size_t after = (size_t)(choice->count++ - place);
  memmove(&choice->metrics[place + 1], &choice->metrics[place], after * sizeof *choice->metrics);
  choice->metrics[place] = metric;
  return STATUS_OK;
}

static Status add_named(MetricChoice *choice, const char *name, const EvaluationSet *set, Error *error) {
  const Metric *metric;
  PASS(metric_find(&metric, name, set->task, error));
  PASS(metric_check(metric, set, error));
  return add(choice, metric, error);
}

Status metric_choice(MetricChoice *choice, const TextList *names, const GatesConfig *gates,
                     const EvaluationSet *set, Error *error) {
  const Metric *unused;
  choice->count = 0;
  // Every name first, so that a misspelt one is found before anything is computed.
  for (int i = 0; names != NULL && i < names->count; i++)
    PASS(metric_find(&unused, names->items[i], set->task, error));
  if (gates != NULL && gates->has_primary) PASS(add_named(choice, gates->primary.metric, set, error));
  for (int i = 0; gates != NULL && i < gates->guardrail_count; i++)
    PASS(add_named(choice, gates->guardrails[i].metric, set, error));
  for (int i = 0; names != NULL && i < names->count; i++)
    PASS(add_named(choice, names->items[i], set, error));
  bool usual = names == NULL || names->count == 0;
  for (int i = 0; i < METRIC_COUNT; i++) {
    Error ignored;
    bool wherever_known = i == METRIC_value || i == METRIC_interval_coverage || i == METRIC_interval_width;
    bool wanted = (usual && metric_table[i].usual) || wherever_known;
    if (wanted && metric_check(&metric_table[i], set, &ignored) == STATUS_OK)
      PASS(add(choice, &metric_table[i], error));
  }
  return STATUS_OK;
}

double confidence_of(const GatesConfig *gates) {
  return gates == NULL || !(gates->confidence > 0) ? 0.95 : gates->confidence;
}
