// Metrics, harm and what could be detected, slice by slice.
#include "engine/evaluate/panels/slices.h"

#include "engine/evaluate/metrics/metric_choice.h"
#include "engine/evaluate/panels/groups.h"
#include "engine/evaluate/statistics/intervals.h"
#include "engine/evaluate/statistics/multiplicity.h"
#include "engine/evaluate/statistics/score_blocks.h"
#include "engine/evaluate/statistics/statistics.h"
#include "engine/shared/math64.h"
#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

static const double not_a_number = __builtin_nan("");
static const double power = 0.8, most_rows = 1e15;

// ---- which metrics ----

typedef struct Chosen {
  const Metric *items[SLICE_METRICS];
  int count;
} Chosen;

static void choose(Chosen *chosen, const char *name, const EvaluationSet *set) {
  const Metric *metric;
  Error ignored;
  if (metric_find(&metric, name, set->task, &ignored) != STATUS_OK) return;
  if (metric->id == METRIC_value && set->money.act == NULL) return;
  bool of_intervals = metric->id == METRIC_interval_coverage || metric->id == METRIC_interval_width;
  if (of_intervals && set->ends == NULL) return;
  for (int i = 0; i < chosen->count; i++) {
    if (chosen->items[i] == metric) return;
  }
  if (chosen->count < SLICE_METRICS) chosen->items[chosen->count++] = metric;
}

static Chosen choose_metrics(const EvaluationSet *set, const TextList *names, const GatesConfig *gates) {
  Chosen chosen = {{NULL}, 0};
  int guardrails = gates == NULL ? 0 : gates->guardrail_count;
  if (gates != NULL && gates->has_primary) choose(&chosen, gates->primary.metric, set);
  for (int i = 0; i < guardrails; i++) {
    const Gate *gate = &gates->guardrails[i];
    if (gate->slice != NULL && gate->slice[0] != '\0') choose(&chosen, gate->metric, set);
  }
  choose(&chosen, "value", set);
  for (int i = 0; i < guardrails; i++) choose(&chosen, gates->guardrails[i].metric, set);
  if (chosen.count < 2 && names != NULL && names->count > 0) choose(&chosen, names->items[0], set);
  if (chosen.count == 0) choose(&chosen, set->task == TASK_REGRESSION ? "rmse" : "log_loss", set);
  return chosen;
}

// ---- one slice ----

// p of "the difference is not negative" against "it is", out of the two-sided p value.
static double harm_of(const Estimate *delta) {
  if (delta->method == INTERVAL_NONE || delta->p_value != delta->p_value) return not_a_number;
  return delta->value < 0 ? 0.5 * delta->p_value : 1 - 0.5 * delta->p_value;
}

static void measure(SliceMetric *made, const EvaluationSet *champion, const EvaluationSet *challenger,
                    bool enough, double confidence) {
  made->challenger = metric_estimate(made->metric, challenger, confidence);
  made->harm_p = made->harm_adjusted = made->detectable = not_a_number;
  if (champion == NULL) return;
  made->champion = metric_estimate(made->metric, champion, confidence);
  made->delta = metric_difference(made->metric, champion, challenger, confidence);
  const Estimate *delta = &made->delta;
  if (delta->method == INTERVAL_NONE || !(delta->standard_error >= 0)) return;
  double z = math64_normal_quantile(0.5 + 0.5 * confidence) + math64_normal_quantile(power);
  made->detectable = z * delta->standard_error;
  if (enough) made->harm_p = harm_of(delta);
  if (delta->low > 0 || delta->high < 0 || delta->value == 0) return;
  double ratio = made->detectable / delta->value, rows = (double)challenger->rows * ratio * ratio;
  if (rows < most_rows) made->rows_needed = (int64_t)rows + 1;
}

// The rows of a group, ascending; freed by free().
static int64_t *rows_of_group(const Groups *groups, int group, int64_t rows) {
  int64_t *picked = memory_get((size_t)groups->rows[group], sizeof *picked), count = 0;
  for (int64_t i = 0; i < rows; i++) {
    if (groups->of[i] == group) picked[count++] = i;
  }
  return picked;
}

static void describe(Slice *slice, const EvaluationSet *set) {
  slice->rows = slice->events = set->rows;
  if (set->task == TASK_BINARY) slice->events = set->blocks->positive_rows;
  int64_t others = set->task == TASK_BINARY ? slice->rows - slice->events : slice->rows;
  slice->enough = slice->events >= SLICE_EVENTS && others >= SLICE_EVENTS;
}

static void fill_slice(Slice *slice, const EvaluationSet *champion, const EvaluationSet *challenger,
                       const Groups *groups, int group, const Chosen *chosen, double confidence) {
  int64_t *rows = rows_of_group(groups, group, challenger->rows), count = groups->rows[group];
  EvaluationSubset from = {0}, to;
  evaluation_subset(&to, challenger, rows, count);
  if (champion != NULL) evaluation_subset(&from, champion, rows, count);
  slice->value = memory_text(groups->labels[group]);
  describe(slice, &to.set);
  for (int i = 0; i < chosen->count; i++) {
    slice->metrics[i].metric = chosen->items[i];
    measure(&slice->metrics[i], champion == NULL ? NULL : &from.set, &to.set, slice->enough, confidence);
  }
  evaluation_subset_free(&to);
  evaluation_subset_free(&from);
  free(rows);
}

// ---- all slices ----

// Over the slices that were tested: one with too few events asks no question.
static void adjust(Slices *slices, int metric) {
  double *p = memory_get((size_t)slices->count, sizeof *p);
  int tested = 0;
  for (int i = 0; i < slices->count; i++) {
    double asked = slices->items[i].metrics[metric].harm_p;
    if (asked == asked) p[tested++] = asked;
  }
  benjamini_hochberg_adjust(p, p, tested);
  for (int i = 0, at = 0; i < slices->count; i++) {
    SliceMetric *made = &slices->items[i].metrics[metric];
    if (made->harm_p != made->harm_p) continue;
    made->harm_adjusted = p[at++];
    made->harmed = made->harm_adjusted <= SLICE_Q && made->delta.value < 0;
  }
  free(p);
}

Status slices_of(Slices *slices, const EvaluationSet *champion, const EvaluationSet *challenger,
                 const TextList *columns, const TextList *names, const GatesConfig *gates, Error *error) {
  *slices = (Slices){0};
  if (challenger->slices == NULL || columns->count == 0) return STATUS_OK;
  PASS(evaluation_set_check(challenger, error));
  if (champion != NULL) PASS(evaluation_set_check(champion, error));
  if (champion != NULL && champion->rows != challenger->rows)
    return error_set(error, STATUS_DATA, "not comparable: %lld and %lld rows", (long long)champion->rows,
                     (long long)challenger->rows);
  EvaluationSet known = *challenger; // what is known of both models
  if (champion != NULL && champion->ends == NULL) known.ends = NULL;
  Chosen chosen = choose_metrics(&known, names, gates);
  slices->metric_count = chosen.count;
  for (int i = 0; i < columns->count; i++) {
    const Column *column = frame_find(challenger->slices, columns->items[i]);
    Groups groups;
    if (column == NULL) continue;
    groups_of(&groups, column, challenger->rows, SLICE_PARTS);
    slices->items = memory_grow(slices->items, (size_t)(slices->count + groups.count), sizeof *slices->items);
    for (int group = 0; group < groups.count; group++) {
      Slice *slice = &slices->items[slices->count++];
      *slice = (Slice){.column = columns->items[i]};
      fill_slice(slice, champion, challenger, &groups, group, &chosen, confidence_of(gates));
    }
    groups_free(&groups);
  }
  for (int i = 0; i < chosen.count; i++) adjust(slices, i);
  return STATUS_OK;
}

void slices_clear(Slices *slices) {
  for (int i = 0; i < slices->count; i++) free(slices->items[i].value);
  free(slices->items);
  *slices = (Slices){0};
}
