// Value against how far down the order of rows is acted on, with a pointwise interval: O(rows) by running
// sums.
#include "engine/evaluate/money/parts.h"
#include "engine/shared/math64.h"

enum { STEPS = MONEY_CURVE_POINTS - 1 };

// Sums over rows of use * skip, use * gain and use^2: what their competition takes from the squares.
typedef struct UseSums {
  __int128 skip, gain, square;
} UseSums;

typedef struct Walk {
  const EvaluationSet *set;
  const KeyBlocks *keyed;
  int64_t unit;  // what every row uses; 0: its cost
  int64_t turn;  // blocks acted on wholly
  int64_t used;  // by these
  TermSums sums; // of the rows' terms with these acted on
  UseSums acted; // of the rows acted on
  int64_t uses;  // of the block at `turn`
  GainSums gains;
  UseSums block;
  double confidence;
} Walk;

static void look_at_block(Walk *walk) {
  const ScoreBlocks *blocks = walk->keyed->blocks;
  int64_t block = key_block(walk->keyed, walk->turn);
  key_block_look_ahead(walk->keyed, block, walk->set);
  walk->uses = 0;
  walk->gains = (GainSums){0, 0, 0};
  walk->block = (UseSums){0, 0, 0};
  for (int64_t i = score_block_start(blocks, block); i < blocks->end[block]; i++) {
    int64_t row = blocks->order[i], use = walk->unit > 0 ? walk->unit : money_cost(walk->set, row);
    walk->uses += use;
    walk->block.skip += (__int128)use * walk->set->money.skip[row];
    walk->block.gain += (__int128)use * money_gain(walk->set, row);
    walk->block.square += (__int128)use * use;
    gain_sums_add(&walk->gains, walk->set, row);
  }
}

// Acts on all blocks that fit whole into `target`.
static void walk_to(Walk *walk, int64_t target) {
  while (walk->turn < walk->keyed->blocks->count && walk->used + walk->uses <= target) {
    walk->used += walk->uses;
    walk->acted.skip += walk->block.skip;
    walk->acted.gain += walk->block.gain;
    walk->acted.square += walk->block.square;
    walk->sums.total += walk->gains.gain;
    walk->sums.squares += 2 * walk->gains.cross + walk->gains.square;
    if (++walk->turn < walk->keyed->blocks->count) look_at_block(walk);
  }
}

// Rows compete for `target`, which their terms pay for: share * use * price less each.
static void pay(TermSums *sums, const Walk *walk, int64_t target, double share) {
  EvaluationSet wants_all = *walk->set; // the curve goes on where the policy would stop
  wants_all.policy.kind = POLICY_CAPACITY;
  double price = gain_about(&wants_all, walk->keyed, walk->turn, walk->unit);
  const UseSums *whole = &walk->acted, *part = &walk->block;
  double crossed =
      (double)(whole->skip + whole->gain) + share * (double)part->skip + share * share * (double)part->gain;
  sums->divided = true;
  sums->part_total -= price * (double)target;
  sums->part_squares +=
      price * (price * ((double)whole->square + share * share * (double)part->square) - 2 * crossed);
}

static void add_point(MoneyCurve *curve, const Walk *walk, int64_t target, double x) {
  int64_t take = target - walk->used, value = walk->sums.total, rows = walk->set->rows;
  TermSums sums = walk->sums;
  if (walk->turn < walk->keyed->blocks->count) {
    double share = (double)take / (double)walk->uses;
    value += money_part(walk->gains.gain, take, walk->uses);
    if (take > 0) term_sums_divide(&sums, &walk->gains, share);
    pay(&sums, walk, target, share);
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
