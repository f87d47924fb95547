// Cuts of the score, and gains at shares of the rows.
#include "engine/evaluate/statistics/curves.h"

#include "engine/evaluate/metrics/formulas.h"
#include "engine/evaluate/money.h"

#include <stddef.h>

static int64_t block_gain(const EvaluationSet *set, const ScoreBlocks *blocks, int64_t block) {
  int64_t gain = 0;
  for (int64_t i = score_block_start(blocks, block); i < blocks->end[block]; i++) {
    gain += set->money.act[blocks->order[i]] - set->money.skip[blocks->order[i]];
  }
  return gain;
}

void cuts_of(EvaluationReport *report, const EvaluationSet *set, const ScoreBlocks *blocks) {
  bool money = set->money.act != NULL, below = set->policy.act_below;
  int64_t cuts = blocks->count + 1, points = cuts < CURVE_POINTS ? cuts : CURVE_POINTS;
  int64_t value = 0, gain_of_all = 0;
  RunningSum positives = {0}, negatives = {0};
  for (int64_t i = 0; money && i < set->rows; i++) {
    value += set->money.skip[i];
    gain_of_all += set->money.act[i] - set->money.skip[i];
  }
  if (below) value += gain_of_all; // nobody above the cut: everybody is acted on
  report->point_count = 0;
  for (int64_t taken = 0; taken < cuts; taken++) {
    int64_t rows_above = taken == 0 ? 0 : set->rows - score_block_start(blocks, blocks->count - taken);
    if (taken > 0) {
      int64_t block = blocks->count - taken;
      running_add(&positives, score_block_positive(blocks, block));
      running_add(&negatives, score_block_negative(blocks, block));
      if (money) value += below ? -block_gain(set, blocks, block) : block_gain(set, blocks, block);
    }
    // Point k shows cut k (cuts - 1) / (points - 1): both ends are always there.
    if (taken != (report->point_count * (cuts - 1)) / (points - 1)) continue;
    report->points[report->point_count++] =
        (CurvePoint){.threshold = taken == 0 ? threshold_above_all : blocks->score[blocks->count - taken],
                     .true_positives = running_value(&positives),
                     .false_positives = running_value(&negatives),
                     .acted = below ? set->rows - rows_above : rows_above,
                     .value = money ? value : 0};
  }
}

// What has been taken from the top so far.
typedef struct Taken {
  double weight;
  int64_t gain; // of acting on it
} Taken;

// Value of each gains row: of `nobody` and of what acting gains on the top weight, a block that is cut in
// part.
static void value_of_tops(GainsRow gains[GAINS_ROWS], const EvaluationSet *set, const ScoreBlocks *blocks) {
  bool below = set->policy.act_below;
  int64_t nobody = 0, done = 0;
  Taken taken = {0, 0};
  for (int64_t i = 0; i < set->rows; i++) nobody += below ? set->money.act[i] : set->money.skip[i];
  for (int64_t b = blocks->count - 1; b >= 0; b--) {
    double weight = score_block_positive(blocks, b) + score_block_negative(blocks, b);
    int64_t gain = below ? -block_gain(set, blocks, b) : block_gain(set, blocks, b);
    for (; done < GAINS_ROWS && (gains[done].rows <= taken.weight + weight || b == 0); done++) {
      double part = weight > 0 ? (gains[done].rows - taken.weight) / weight : 0;
      gains[done].value = nobody + taken.gain + (int64_t)((part < 1 ? part : 1) * (double)gain);
    }
    taken.weight += weight;
    taken.gain += gain;
  }
}

void gains_of(EvaluationReport *report, const EvaluationSet *set, const ScoreBlocks *blocks) {
  static const double shares[GAINS_ROWS] = {0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1};
  double weight = blocks->positive_total + blocks->negative_total;
  report->gains_count = GAINS_ROWS;
  for (int i = 0; i < GAINS_ROWS; i++) {
    double rows = shares[i] * weight, events = positives_on_top(blocks, rows);
    report->gains[i] = (GainsRow){.top = shares[i],
                                  .rows = rows,
                                  .events = events,
                                  .precision = events / rows,
                                  .lift = events / rows / (blocks->positive_total / weight),
                                  .capture = events / blocks->positive_total};
  }
  if (set->money.act != NULL) value_of_tops(report->gains, set, blocks);
}
