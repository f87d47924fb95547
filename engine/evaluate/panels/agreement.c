// Pairs of metrics, and both differences by band of the champion's score.
#include "engine/evaluate/panels/agreement.h"

#include "engine/evaluate/resample/replicates.h"
#include "engine/evaluate/statistics/delong.h"
#include "engine/evaluate/statistics/score_blocks.h"
#include "engine/shared/exact_sum.h"
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

static int64_t payoff(const EvaluationSet *set, int64_t row) {
  if (set->money.act == NULL) return 0;
  return policy_acts(set, row) ? set->money.act[row] : set->money.skip[row];
}

static void fill_bands(Agreement *agreement, const EvaluationSet *champion, const EvaluationSet *challenger) {
  const ScoreBlocks *blocks = challenger->blocks;
  int8_t *of = tenths(champion->blocks);
  bool both = blocks->positive_total > 0 && blocks->negative_total > 0;
  double *parts = both ? auc_parts(champion, challenger) : NULL;
  AgreementBand bands[AGREEMENT_BANDS] = {{0}};
  ExactSum auc[AGREEMENT_BANDS] = {{{0}, 0, 0}};
  for (int64_t i = 0; i < challenger->rows; i++) {
    AgreementBand *band = &bands[of[i]];
    band->rows++;
    band->positives += challenger->labels[i] == 1;
    band->swapped += policy_selects(champion, i) != policy_selects(challenger, i);
    band->value += payoff(challenger, i) - payoff(champion, i);
    if (both) exact_sum_add(&auc[of[i]], parts[i]);
  }
  for (int tenth = 0; tenth < AGREEMENT_BANDS; tenth++) {
    if (bands[tenth].rows == 0) continue;
    bands[tenth].from = tenth;
    bands[tenth].to = AGREEMENT_BANDS;
    bands[tenth].auc = both ? exact_sum_value(&auc[tenth]) : not_a_number;
    if (agreement->band_count > 0) agreement->bands[agreement->band_count - 1].to = tenth;
    agreement->bands[agreement->band_count++] = bands[tenth];
  }
  free(parts);
  free(of);
}

void agreement_of(Agreement *agreement, const EvaluationSet *champion, const EvaluationSet *challenger,
                  const Comparison *comparison) {
  *agreement =
      (Agreement){.present = challenger->task == TASK_BINARY, .money = challenger->money.act != NULL};
  if (!agreement->present) return;
  EvaluationSet sets[2] = {*champion, *challenger};
  ScoreBlocks *own[2] = {NULL, NULL};
  for (int i = 0; i < 2; i++) {
    if (sets[i].blocks == NULL) sets[i].blocks = own[i] = score_blocks_new(&sets[i]);
  }
  fill_pairs(agreement, comparison);
  fill_bands(agreement, &sets[0], &sets[1]);
  for (int i = 0; i < 2; i++) score_blocks_free(own[i]);
}
