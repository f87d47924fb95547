// Comparison of two models on the same rows.
#include "engine/evaluate/evaluate.h"
#include "engine/evaluate/metrics/facts.h"
#include "engine/evaluate/metrics/homogeneity.h"
#include "engine/evaluate/metrics/metric_choice.h"
#include "engine/evaluate/money.h"
#include "engine/evaluate/resample/replicates.h"
#include "engine/evaluate/statistics/intervals.h"
#include "engine/evaluate/verdict/gates.h"
#include "engine/preprocess/frame.h"
#include "engine/shared/parallel.h"

#include <string.h>

// Slice columns that both sets have say the same of every row.
static Status check_slices(const EvaluationSet *a, const EvaluationSet *b, Error *error) {
  for (int c = 0; a->slices != NULL && b->slices != NULL && c < a->slices->column_count; c++) {
    const Column *first = &a->slices->columns[c], *second = frame_find(b->slices, first->name);
    for (int64_t i = 0; second != NULL && i < a->rows; i++) {
      if (column_same_value(first, second, i)) continue;
      char name[ROW_NAME];
      return error_set(error, STATUS_DATA,
                       "not comparable: the two models were judged by different values of '%s': %s",
                       first->name, evaluation_row_name(name, b, i));
    }
  }
  return STATUS_OK;
}

static Status differ(const char *what, const EvaluationSet *set, int64_t row, Error *error) {
  char name[ROW_NAME];
  return error_set(error, STATUS_DATA, "not comparable: the two models were judged by different %s: %s", what,
                   evaluation_row_name(name, set, row));
}

// Same task, rows, labels, weights, payoffs.
static Status check_same(const EvaluationSet *a, const EvaluationSet *b, Error *error) {
  if (a->task != b->task || a->classes != b->classes) {
    return error_set(error, STATUS_DATA, "not comparable: the two models predict different kinds of target");
  }
  if (a->rows != b->rows) {
    return error_set(error, STATUS_DATA, "not comparable: %lld row%s and %lld row%s", (long long)a->rows,
                     a->rows == 1 ? "" : "s", (long long)b->rows, b->rows == 1 ? "" : "s");
  }
  if ((a->money.act == NULL) != (b->money.act == NULL)) {
    return error_set(error, STATUS_DATA, "not comparable: only one of the two has payoffs");
  }
  if (a->capacity.limited != b->capacity.limited || a->capacity.limit != b->capacity.limit) {
    return error_set(error, STATUS_DATA,
                     "not comparable: the two models were judged by different capacities");
  }
  // Elsewhere what acting is worth depends on the prediction.
  bool same_act = a->task == TASK_BINARY;
  for (int64_t i = 0; i < a->rows; i++) {
    if (a->labels[i] != b->labels[i]) return differ("labels", b, i, error);
    double weight_a = a->weights == NULL ? 1 : a->weights[i],
           weight_b = b->weights == NULL ? 1 : b->weights[i];
    if (weight_a != weight_b) return differ("weights", b, i, error);
    if (a->money.act == NULL) continue;
    if ((same_act && a->money.act[i] != b->money.act[i]) || a->money.skip[i] != b->money.skip[i])
      return differ("payoffs", b, i, error);
  }
  return check_slices(a, b, error);
}

static void swap_rows(SwapSet *swap, const EvaluationSet *champion, const EvaluationSet *challenger) {
  for (int64_t i = 0; i < champion->rows; i++) {
    bool old = policy_selects(champion, i), fresh = policy_selects(challenger, i),
         positive = champion->labels[i] == 1;
    int64_t gain = champion->money.act == NULL ? 0 : champion->money.act[i] - champion->money.skip[i];
    if (old == fresh) {
      swap->both += old;
      swap->neither += !old;
    } else if (fresh) {
      swap->in++;
      swap->in_positives += positive;
      swap->in_gain += gain;
    } else {
      swap->out++;
      swap->out_positives += positive;
      swap->out_gain += gain;
    }
  }
}

typedef struct Differences {
  Comparison *comparison;
  const EvaluationSet *sets; // champion, challenger
  const MetricChoice *choice;
} Differences;

static void compare_metric(const void *arguments, int64_t task) {
  const Differences *differences = arguments;
  MetricDifference *difference = &differences->comparison->metrics[task];
  difference->metric = differences->choice->metrics[task];
  metric_compare(difference, &differences->sets[0], &differences->sets[1],
                 differences->comparison->confidence);
}

static void fill_differences(Comparison *comparison, const EvaluationSet sets[2],
                             const MetricChoice *choice) {
  Differences differences = {comparison, sets, choice};
  comparison->metric_count = choice->count;
  parallel_each(compare_metric, &differences, choice->count, evaluation_threads(&sets[0]));
}

// ---- resampling ----

// Of the primary rule, by Holm's procedure.
static double primary_confidence(const Comparison *comparison, int contenders) {
  return 1 - (1 - comparison->confidence) / contenders;
}

// The primary rule's difference where several challengers are tested at once; false: it is as shown.
static bool stricter_primary(Estimate *primary, const Comparison *comparison, const EvaluationSet sets[2],
                             int contenders, const GatesConfig *gates) {
  if (contenders < 2 || gates == NULL || !gates->has_primary) return false;
  for (int i = 0; i < comparison->metric_count; i++) {
    const Metric *metric = comparison->metrics[i].metric;
    if (strcmp(metric->name, gates->primary.metric) != 0) continue;
    *primary = metric_difference(metric, &sets[0], &sets[1], primary_confidence(comparison, contenders));
    return true;
  }
  return false;
}

static void judge(Comparison *comparison, const EvaluationSet sets[2], int contenders,
                  const GatesConfig *gates, const Validity *validity) {
  Estimate primary;
  bool stricter = stricter_primary(&primary, comparison, sets, contenders, gates);
  Judged judged = {.differences = comparison->metrics,
                   .count = comparison->metric_count,
                   .rows = comparison->rows,
                   .confidence = comparison->confidence,
                   .primary = stricter ? &primary : NULL,
                   .primary_confidence = primary_confidence(comparison, contenders),
                   .replicates = comparison->replicates};
  verdict_of(&comparison->verdict, &judged, gates, validity);
}

static double distance(double a, double b) {
  return a < b ? b - a : a - b;
}

// Whether other resamples could move an end across the bound of a gate: the ends' Monte Carlo errors are
// above a tenth of their distances to it.
static bool is_unsure(const Comparison *comparison, const GateOutcome *gate) {
  const MetricReplicates *metric = replicates_of(comparison->replicates, gate->metric);
  if (!interval_is_resampled(gate->judged.method) || metric == NULL || gate->margin != gate->margin)
    return false;
  int which = gate_rule_is_relative(gate->rule) ? REPLICATE_DELTA : REPLICATE_CHALLENGER;
  double bound = gate_bound(gate);
  EndErrors errors = replicates_end_errors(comparison->replicates, metric, which, gate->confidence);
  return 10 * errors.low > distance(gate->judged.low, bound) ||
         10 * errors.high > distance(gate->judged.high, bound);
}

static bool any_unsure(const Comparison *comparison) {
  for (int i = 0; i < comparison->verdict.gate_count; i++) {
    if (is_unsure(comparison, &comparison->verdict.gates[i])) return true;
  }
  return false;
}

// All metrics on the same resamples; twice as many while a gate hangs on which they are.
static void resample_and_judge(Comparison *comparison, EvaluationSet sets[2], const MetricChoice *choice,
                               int contenders, const GatesConfig *gates, const Validity *validity) {
  int wanted = replicates_wanted(&sets[1]);
  for (;; wanted *= 2) {
    comparison->replicates = replicates_new(&sets[0], &sets[1], choice->metrics, choice->count, wanted);
    for (int model = 0; model < 2; model++) {
      sets[model].replicates = comparison->replicates;
      sets[model].replicate = model;
    }
    fill_differences(comparison, sets, choice);
    judge(comparison, sets, contenders, gates, validity);
    if (comparison->replicates == NULL || 2 * wanted > REPLICATES_MOST || !any_unsure(comparison)) return;
    replicates_free(comparison->replicates);
    verdict_clear(&comparison->verdict);
  }
}

Status compare_models(Comparison *comparison, const EvaluationSet *champion, const EvaluationSet *challenger,
                      const TextList *names, const GatesConfig *gates, const Validity *validity,
                      Error *error) {
  return compare_contender(comparison, champion, challenger, 1, names, gates, validity, error);
}

Status compare_contender(Comparison *comparison, const EvaluationSet *champion,
                         const EvaluationSet *challenger, int contenders, const TextList *names,
                         const GatesConfig *gates, const Validity *validity, Error *error) {
  MetricChoice choice;
  memset(comparison, 0, sizeof *comparison);
  PASS(evaluation_set_check(champion, error));
  PASS(evaluation_set_check(challenger, error));
  PASS(check_same(champion, challenger, error));
  EvaluationSet known = *challenger; // what is known of both models
  if (champion->ends == NULL) known.ends = NULL;
  PASS(metric_choice(&choice, names, gates, &known, error));
  EvaluationSet sets[2] = {*champion, *challenger};
  sets[0].row_hash = challenger->row_hash; // one set of rows, and one way to resample them
  sets[0].cluster_hash = challenger->cluster_hash;
  if (sets[0].facts == NULL && sets[1].facts == NULL) evaluation_sets_prepare(sets, 2);
  for (int i = 0; i < 2; i++) {
    if (sets[i].facts == NULL) evaluation_sets_prepare(&sets[i], 1);
    money_limit(&sets[i]);
  }
  comparison->rows = champion->rows;
  comparison->confidence = confidence_of(gates);
  resample_and_judge(comparison, sets, &choice, contenders, gates, validity);
  comparison->has_swap = champion->task == TASK_BINARY;
  comparison->homogeneity = homogeneity_of(&sets[0], &sets[1]);
  if (comparison->has_swap) swap_rows(&comparison->swap, &sets[0], &sets[1]);
  if (champion->facts == NULL) evaluation_sets_release(&sets[0], 1);
  if (challenger->facts == NULL) evaluation_sets_release(&sets[1], 1);
  return STATUS_OK;
}
