// Holm's procedure, ranks and groups.
#include "engine/evaluate/verdict/leaderboard.h"

#include "engine/evaluate/statistics/intervals.h"
#include "engine/evaluate/statistics/multiplicity.h"
#include "engine/evaluate/statistics/score_blocks.h"
#include "engine/shared/math64.h"
#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

static const double not_a_number = __builtin_nan("");

// Everything about the challengers, in the order given.
typedef struct Contest {
  const EvaluationSet *champion, *challengers;
  int count;
  const TextList *names;
  const GatesConfig *gates;
  const Validity *validity;
  Comparison *comparisons; // [count]
  double *p_values;        // [count] of the primary rule
  int *by_p;               // [count] challengers, smallest p value first
} Contest;

static const MetricDifference *deciding(const Comparison *comparison, const GatesConfig *gates) {
  const MetricDifference *chosen = &comparison->metrics[0];
  for (int i = 0; i < comparison->metric_count; i++) {
    const MetricDifference *difference = &comparison->metrics[i];
    if (gates != NULL && gates->has_primary && strcmp(difference->metric->name, gates->primary.metric) == 0)
      return difference;
    if (difference->metric->id == METRIC_value) chosen = difference;
  }
  return chosen;
}

// One-sided, of a true difference at the rule's bound, by the normal distribution; NaN without an interval.
static double primary_p(const Comparison *comparison, const GatesConfig *gates) {
  const Estimate *delta = &deciding(comparison, gates)->delta;
  double bound = 0;
  if (gates != NULL && gates->has_primary && gates->primary.rule == GATE_SUPERIOR)
    bound = gates->primary.margin;
  if (gates != NULL && gates->has_primary && gates->primary.rule == GATE_NOT_WORSE)
    bound = -gates->primary.margin;
  if (delta->method == INTERVAL_NONE) return not_a_number;
  double distance = delta->value - bound;
  if (delta->standard_error > 0) return math64_normal_cdf(-distance / delta->standard_error);
  return distance > 0 ? 0 : 1;
}

static bool primary_passes(const Verdict *verdict) {
  for (int i = 0; i < verdict->gate_count; i++) {
    if (verdict->gates[i].kind == GATE_PRIMARY) return verdict->gates[i].result == RESULT_PASS;
  }
  return false;
}

static Status compare_one(Contest *contest, int i, int contenders, Error *error) {
  comparison_clear(&contest->comparisons[i]);
  return compare_contender(&contest->comparisons[i], contest->champion, &contest->challengers[i], contenders,
                           contest->names, contest->gates, &contest->validity[i], error);
}

// Insertion sort: stable, NaN last.
static void sort_by_p(Contest *contest) {
  for (int i = 0; i < contest->count; i++) {
    int at = i;
    double p = contest->p_values[i];
    while (at > 0) {
      double before = contest->p_values[contest->by_p[at - 1]];
      if (!(p < before || (before != before && p == p))) break;
      contest->by_p[at] = contest->by_p[at - 1];
      at--;
    }
    contest->by_p[at] = i;
  }
}

// The first comparison of all gives the p values, the second judges the primary rule at Holm's level.
static Status judge_contest(Contest *contest, Error *error) {
  for (int i = 0; i < contest->count; i++) {
    PASS(compare_one(contest, i, 1, error));
    contest->p_values[i] = primary_p(&contest->comparisons[i], contest->gates);
  }
  sort_by_p(contest);
  int contenders = contest->count;
  for (int j = 0; j < contest->count && contest->count > 1; j++) {
    PASS(compare_one(contest, contest->by_p[j], contenders, error));
    if (contenders > 1 && primary_passes(&contest->comparisons[contest->by_p[j]].verdict)) contenders--;
  }
  return STATUS_OK;
}

static void rank_models(Leaderboard *leaderboard, const Contest *contest) {
  leaderboard->count = contest->count + 1;
  leaderboard->models = memory_get((size_t)leaderboard->count, sizeof *leaderboard->models);
  for (int i = 0; i < leaderboard->count; i++) {
    const Comparison *comparison = &contest->comparisons[i == 0 ? 0 : i - 1];
    const MetricDifference *difference = deciding(comparison, contest->gates);
    RankedModel model = {.model = i,
                         .value = i == 0 ? difference->champion : difference->challenger,
                         .delta = difference->delta,
                         .p_value = i == 0 ? not_a_number : contest->p_values[i - 1],
                         .p_holm = not_a_number,
                         .state = i == 0 ? VERDICT_IDENTICAL : comparison->verdict.state};
    if (i == 0) model.delta = (Estimate){0, INTERVAL_NONE, not_a_number, not_a_number, 0, not_a_number};
    int at = i;
    while (at > 0 &&
           metric_gain(difference->metric, leaderboard->models[at - 1].value.value, model.value.value) > 0) {
      leaderboard->models[at] = leaderboard->models[at - 1];
      at--;
    }
    leaderboard->models[at] = model;
  }
}

static void adjust_p(Leaderboard *leaderboard, const Contest *contest) {
  double *adjusted = memory_get((size_t)contest->count, sizeof *adjusted);
  holm_adjust(adjusted, contest->p_values, contest->count);
  for (int i = 0; i < leaderboard->count; i++) {
    RankedModel *model = &leaderboard->models[i];
    if (model->model > 0) model->p_holm = adjusted[model->model - 1];
  }
  free(adjusted);
}

// A group ends where a model is surely worse than the group's best one.
static void group_models(Leaderboard *leaderboard, const Contest *contest) {
  int count = leaderboard->count, leader = 0;
  EvaluationSet *sets = memory_get((size_t)count, sizeof *sets);
  ScoreBlocks **blocks = memory_get((size_t)count, sizeof *blocks);
  for (int i = 0; i < count; i++) {
    sets[i] = i == 0 ? *contest->champion : contest->challengers[i - 1];
    if (sets[i].task != TASK_MULTICLASS) sets[i].blocks = blocks[i] = score_blocks_new(&sets[i]);
  }
  for (int i = 1; i < count; i++) {
    const EvaluationSet *best = &sets[leaderboard->models[leader].model];
    const EvaluationSet *set = &sets[leaderboard->models[i].model];
    Estimate delta = metric_difference(leaderboard->metric, set, best, leaderboard->confidence);
    bool worse = delta.method != INTERVAL_NONE && delta.low > 0;
    leaderboard->models[i].group = leaderboard->models[i - 1].group + worse;
    if (worse) leader = i;
  }
  for (int i = 0; i < count; i++) score_blocks_free(blocks[i]);
  free(blocks);
  free(sets);
}

static int choose(const Leaderboard *leaderboard) {
  int best = 0, other = 0;
  for (int i = 0; i < leaderboard->count; i++) {
    const RankedModel *model = &leaderboard->models[i];
    if (model->model == 0) continue;
    if (model->state == VERDICT_SHIP) return model->model;
    if (best == 0) best = model->model;
    if (other == 0 && model->state != VERDICT_IDENTICAL) other = model->model;
  }
  return other != 0 ? other : best; // about the champion itself only where there is nothing else
}

Status compare_several(Leaderboard *leaderboard, Comparison *comparison, const EvaluationSet *champion,
                       const EvaluationSet *challengers, int count, const TextList *names,
                       const GatesConfig *gates, const Validity *validity, Error *error) {
  Contest contest = {.champion = champion,
                     .challengers = challengers,
                     .count = count,
                     .names = names,
                     .gates = gates,
                     .validity = validity,
                     .comparisons = memory_get((size_t)count, sizeof *contest.comparisons),
                     .p_values = memory_get((size_t)count, sizeof *contest.p_values),
                     .by_p = memory_get((size_t)count, sizeof *contest.by_p)};
  Status status;
  *leaderboard = (Leaderboard){0};
  *comparison = (Comparison){0};
  TRY(judge_contest(&contest, error));
  int pairs = count * (count + 1) / 2;
  leaderboard->metric = deciding(&contest.comparisons[0], gates)->metric;
  leaderboard->confidence = 1 - (1 - contest.comparisons[0].confidence) / pairs;
  rank_models(leaderboard, &contest);
  adjust_p(leaderboard, &contest);
  group_models(leaderboard, &contest);
  leaderboard->chosen = choose(leaderboard);
  *comparison = contest.comparisons[leaderboard->chosen - 1];
  contest.comparisons[leaderboard->chosen - 1] = (Comparison){0};
done:
  for (int i = 0; i < count; i++) comparison_clear(&contest.comparisons[i]);
  free(contest.comparisons);
  free(contest.p_values);
  free(contest.by_p);
  return status;
}

void leaderboard_clear(Leaderboard *leaderboard) {
  free(leaderboard->models);
  *leaderboard = (Leaderboard){0};
}
