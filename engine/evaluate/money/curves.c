// Value against how far down the order of rows is acted on, with a pointwise interval: O(rows) by running
// sums.
#include "engine/evaluate/money/parts.h"
#include "engine/shared/math64.h"

enum { STEPS = MONEY_CURVE_POINTS - 1 };

typedef struct Walk {
  const EvaluationSet *set;
  const KeyBlocks *keyed;
  int64_t unit;  // what every row uses; 0: its cost
  int64_t turn;  // blocks acted on wholly
  int64_t used;  // by these
  TermSums sums; // of the rows' terms with these acted on
  int64_t uses;  // of the block at `turn`
  GainSums gains;
  double confidence;
} Walk;

static void look_at_block(Walk *walk) {
  const ScoreBlocks *blocks = walk->keyed->blocks;
  int64_t block = key_block(walk->keyed, walk->turn);
  key_block_look_ahead(walk->keyed, block, walk->set);
  walk->uses = 0;
  walk->gains = (GainSums){0, 0, 0};
  for (int64_t i = score_block_start(blocks, block); i < blocks->end[block]; i++) {
    walk->uses += walk->unit > 0 ? walk->unit : money_cost(walk->set, blocks->order[i]);
    gain_sums_add(&walk->gains, walk->set, blocks->order[i]);
  }
}

// Acts on all blocks that fit whole into `target`.
static void walk_to(Walk *walk, int64_t target) {
  while (walk->turn < walk->keyed->blocks->count && walk->used + walk->uses <= target) {
    walk->used += walk->uses;
    walk->sums.total += walk->gains.gain;
    walk->sums.squares += 2 * walk->gains.cross + walk->gains.square;
    if (++walk->turn < walk->keyed->blocks->count) look_at_block(walk);
  }
}

static void add_point(MoneyCurve *curve, const Walk *walk, int64_t target, double x) {
  int64_t take = target - walk->used, value = walk->sums.total, rows = walk->set->rows;
  TermSums sums = walk->sums;
  if (walk->turn < walk->keyed->blocks->count && take > 0) {
    value += money_part(walk->gains.gain, take, walk->uses);
    term_sums_divide(&sums, &walk->gains, (double)take / (double)walk->uses);
  }
  double error = term_sums_error(&sums, rows);
  int64_t half =
      rows < 2 ? 0 : money_round(error * math64_t_quantile(0.5 + 0.5 * walk->confidence, (double)(rows - 1)));
  int at = curve->count++;
  curve->x[at] = x;
  curve->value[at] = value;
  curve->low[at] = value - half;
  curve->high[at] = value + half;
}

static Walk walk_start(const EvaluationSet *set, const KeyBlocks *keyed, int64_t unit, double confidence) {
  Walk walk = {.set = set, .keyed = keyed, .unit = unit, .confidence = confidence};
  for (int64_t i = 0; i < set->rows; i++) {
    walk.sums.total += set->money.skip[i];
    walk.sums.squares += (__int128)set->money.skip[i] * set->money.skip[i];
  }
  look_at_block(&walk);
  return walk;
}

// x in units of the capacity: rows, or what is spent of a budget.
static double capacity_units(const EvaluationSet *set, int64_t use) {
  return set->capacity.cost == NULL ? (double)use : (double)use / MONEY_SCALE;
}

void money_curves(MoneyReport *report, const EvaluationSet *set, double confidence) {
  KeyBlocks keyed = key_blocks_new(set);
  Walk walk = walk_start(set, &keyed, STEPS, confidence);
  for (int step = 0; step <= STEPS; step++) {
    walk_to(&walk, step * set->rows);
    add_point(&report->profit, &walk, step * set->rows, (double)step / STEPS);
  }
  if (set->capacity.limited) {
    int64_t total = money_total_cost(set), limit = set->capacity.limit;
    int64_t most = limit < total / 2 ? 2 * limit : total;
    walk = walk_start(set, &keyed, 0, confidence);
    for (int step = 0; step <= STEPS; step++) {
      int64_t target = (int64_t)((__int128)most * step / STEPS);
      walk_to(&walk, target);
      add_point(&report->by_capacity, &walk, target, capacity_units(set, target));
    }
  }
  key_blocks_free(&keyed);
}
