// Pairs of metrics, and both differences by band of the champion's view of the rows.
#include "engine/evaluate/panels/agreement.h"

#include "engine/evaluate/money.h"
#include "engine/evaluate/resample/replicates.h"
#include "engine/evaluate/statistics/delong.h"
#include "engine/evaluate/statistics/score_blocks.h"
#include "engine/shared/exact_sum.h"
#include "engine/shared/math64.h"
#include "engine/shared/memory.h"

#include <stdlib.h>

static const double not_a_number = __builtin_nan("");

static void fill_pairs(Agreement *agreement, const Comparison *comparison) {
  const MetricDifference *value = NULL;
  for (int i = 0; i < comparison->metric_count; i++) {
    if (comparison->metrics[i].metric->id == METRIC_value) value = &comparison->metrics[i];
  }
  for (int i = 0; value != NULL && i < comparison->metric_count; i++) {
    const MetricDifference *model = &comparison->metrics[i];
    if (model == value || model->delta.value != model->delta.value) continue;
    double a = model->delta.value, b = value->delta.value;
    agreement->pairs[agreement->pair_count++] = (AgreementPair){
        model->metric, a, b, (a > 0 && b > 0) || (a < 0 && b < 0), a == 0 || b == 0, not_a_number};
    if (comparison->replicates != NULL)
      agreement->pairs[agreement->pair_count - 1].p_disagree =
          replicates_disagree(comparison->replicates, model->metric, value->metric);
  }
}

// ---- the axis ----

// What the champion's decision on a row is expected to pay; without costs the probability of its class.
static double expected_payoff(const EvaluationSet *set, int64_t row) {
  const double *scores = set->scores + row * set->classes;
  if (set->costs == NULL) return scores[predicted_class(set, row)];
  int decision = money_cheapest(scores, set->costs, set->classes);
  double cost = 0;
  for (int truth = 0; truth < set->classes; truth++)
    cost += scores[truth] * set->costs[truth * set->classes + decision];
  return 0 - cost;
}

// Blocks of the rows by the axis of a multiclass set; freed by score_blocks_free.
static ScoreBlocks *blocks_by_payoff(const EvaluationSet *set) {
  double *axis = memory_get((size_t)set->rows, sizeof *axis);
  for (int64_t i = 0; i < set->rows; i++) axis[i] = expected_payoff(set, i);
  EvaluationSet by_axis = {
      .task = TASK_REGRESSION, .rows = set->rows, .classes = 1, .labels = set->labels, .scores = axis};
  ScoreBlocks *blocks = score_blocks_new(&by_axis);
  free(axis);
  return blocks;
}

// of[row]: the tenth in which the row's block of equal scores begins, highest scores first.
static int8_t *tenths(const ScoreBlocks *blocks) {
  int8_t *of = memory_get((size_t)blocks->rows, sizeof *of);
  for (int64_t b = 0; b < blocks->count; b++) {
    int64_t above = blocks->rows - blocks->end[b];
    int8_t tenth = (int8_t)((__int128)above * AGREEMENT_BANDS / blocks->rows);
    for (int64_t i = score_block_start(blocks, b); i < blocks->end[b]; i++) of[blocks->order[i]] = tenth;
  }
  return of;
}

// ---- parts of the metric ----

// Half of each row's change of placement, as a share of its class.
static double *auc_parts(const EvaluationSet *champion, const EvaluationSet *challenger) {
  const ScoreBlocks *from = champion->blocks, *to = challenger->blocks;
  double *before = placements_of(from, champion), *parts = placements_of(to, challenger);
  for (int64_t i = 0; i < challenger->rows; i++) {
    double weight = challenger->weights == NULL ? 1 : challenger->weights[i];
    double total = challenger->labels[i] == 1 ? to->positive_total : to->negative_total;
    parts[i] = 0.5 * ((parts[i] - before[i]) * weight / total);
  }
  free(before);
  return parts;
}

// Each row's part of the difference of two weighted means of a loss, times `factor`.
static double *loss_parts(const EvaluationSet *champion, const EvaluationSet *challenger,
                          double (*loss)(const EvaluationSet *set, int64_t row), double factor) {
  const double *weights = challenger->weights;
  double *parts = memory_get((size_t)challenger->rows, sizeof *parts);
  double total = weights == NULL ? (double)challenger->rows : exact_sum_of(weights, (size_t)challenger->rows);
  for (int64_t i = 0; i < challenger->rows; i++) {
    double change = loss(champion, i) - loss(challenger, i);
    parts[i] = change * factor * ((weights == NULL ? 1 : weights[i]) / total);
  }
  return parts;
}

static double squared_error(const EvaluationSet *set, int64_t row) {
  double error = set->scores[row] - set->labels[row];
  return error * error;
}

static double log_loss(const EvaluationSet *set, int64_t row) {
  double p = set->scores[row * set->classes + (int)set->labels[row]];
  return 0 - math64_log(clipped_probability(p));
}

// Each row's part of the difference of the metric; NULL where there is none.
static double *metric_parts(const EvaluationSet *champion, const EvaluationSet *challenger) {
  const ScoreBlocks *blocks = challenger->blocks;
  if (challenger->task == TASK_MULTICLASS) return loss_parts(champion, challenger, log_loss, 1);
  if (challenger->task == TASK_BINARY) {
    bool both = blocks->positive_total > 0 && blocks->negative_total > 0;
    return both ? auc_parts(champion, challenger) : NULL;
  }
  const Metric *rmse = &metric_table[METRIC_rmse];
  double sum = metric_value(rmse, champion) + metric_value(rmse, challenger);
  if (sum - sum != 0) return NULL;
  return loss_parts(champion, challenger, squared_error, sum > 0 ? 1 / sum : 0);
}

// ---- bands ----

static int decision_of(const EvaluationSet *set, int64_t row) {
  if (set->task == TASK_REGRESSION) return 0;
  if (set->task == TASK_BINARY) return policy_selects(set, row);
  const double *scores = set->scores + row * set->classes;
  return set->costs != NULL ? money_cheapest(scores, set->costs, set->classes) : predicted_class(set, row);
}

// Each band's part of the difference of value.
static void fill_values(AgreementBand bands[AGREEMENT_BANDS], const EvaluationSet *champion,
                        const EvaluationSet *challenger, const int8_t *of) {
  int64_t before[AGREEMENT_BANDS], after[AGREEMENT_BANDS];
  if (challenger->money.act == NULL) return;
  money_parts(before, AGREEMENT_BANDS, champion, of);
  money_parts(after, AGREEMENT_BANDS, challenger, of);
  for (int i = 0; i < AGREEMENT_BANDS; i++) bands[i].value = after[i] - before[i];
}

static void keep_bands(Agreement *agreement, const AgreementBand bands[AGREEMENT_BANDS]) {
  for (int tenth = 0; tenth < AGREEMENT_BANDS; tenth++) {
    if (bands[tenth].rows == 0) continue;
    if (agreement->band_count > 0) agreement->bands[agreement->band_count - 1].to = tenth;
    agreement->bands[agreement->band_count] = bands[tenth];
    agreement->bands[agreement->band_count].from = tenth;
    agreement->bands[agreement->band_count++].to = AGREEMENT_BANDS;
  }
}

// `of` [rows] is the tenth of each row.
static void fill_bands(Agreement *agreement, const EvaluationSet *champion, const EvaluationSet *challenger,
                       const int8_t *of) {
  double *parts = metric_parts(champion, challenger);
  AgreementBand bands[AGREEMENT_BANDS] = {{0}};
  ExactSum sums[AGREEMENT_BANDS] = {{{0}, 0, 0}};
  for (int64_t i = 0; i < challenger->rows; i++) {
    AgreementBand *band = &bands[of[i]];
    band->rows++;
    band->positives += challenger->task == TASK_BINARY && challenger->labels[i] == 1;
    band->swapped += decision_of(champion, i) != decision_of(challenger, i);
    if (parts != NULL) exact_sum_add(&sums[of[i]], parts[i]);
  }
  for (int tenth = 0; tenth < AGREEMENT_BANDS; tenth++)
    bands[tenth].model = parts != NULL ? exact_sum_value(&sums[tenth]) : not_a_number;
  fill_values(bands, champion, challenger, of);
  keep_bands(agreement, bands);
  free(parts);
}

static void fill_by_axis(Agreement *agreement, const EvaluationSet *champion,
                         const EvaluationSet *challenger) {
  bool several = champion->task == TASK_MULTICLASS;
  ScoreBlocks *own = several ? blocks_by_payoff(champion) : NULL;
  int8_t *of = tenths(several ? own : champion->blocks);
  fill_bands(agreement, champion, challenger, of);
  free(of);
  score_blocks_free(own);
}

void agreement_of(Agreement *agreement, const EvaluationSet *champion, const EvaluationSet *challenger,
                  const Comparison *comparison) {
  static const MetricId metrics[] = {
      [TASK_BINARY] = METRIC_auc, [TASK_MULTICLASS] = METRIC_log_loss, [TASK_REGRESSION] = METRIC_rmse};
  *agreement =
      (Agreement){.money = challenger->money.act != NULL, .metric = &metric_table[metrics[challenger->task]]};
  agreement->present = challenger->task == TASK_BINARY || agreement->money;
  if (!agreement->present) return;
  EvaluationSet sets[2] = {*champion, *challenger};
  ScoreBlocks *own[2] = {NULL, NULL};
  for (int i = 0; i < 2; i++) {
    if (sets[i].blocks == NULL && sets[i].task != TASK_MULTICLASS)
      sets[i].blocks = own[i] = score_blocks_new(&sets[i]);
  }
  fill_pairs(agreement, comparison);
  fill_by_axis(agreement, &sets[0], &sets[1]);
  for (int i = 0; i < 2; i++) score_blocks_free(own[i]);
}
