// Value against how far down the order of rows is acted on, with a pointwise interval: O(rows) by running
// sums.
#include "engine/evaluate/money/parts.h"
#include "engine/evaluate/statistics/statistics.h"
#include "engine/shared/math64.h"

enum { STEPS = MONEY_CURVE_POINTS - 1 };

// Sums over rows: what they use, the gain, and what the sum of squared terms changes by where a share p of
// each is acted on: 2 p cross + p^2 square. Exact: below 2^125 (evaluation_set_check).
typedef struct Sums {
  int64_t uses, gain;
  __int128 cross, square; // skip * gain, gain^2
} Sums;

typedef struct Walk {
  const EvaluationSet *set;
  const KeyBlocks *keyed;
  int64_t unit;     // what every row uses; 0: its cost
  int64_t turn;     // blocks acted on wholly
  Sums block;       // of the block at `turn`
  int64_t used;     // by the blocks before it
  int64_t value;    // in millionths, with those acted on
  __int128 squares; // of the rows' terms
  double confidence;
} Walk;

static Sums sums_of_block(const Walk *walk) {
  Sums sums = {0, 0, 0, 0};
  const ScoreBlocks *blocks = walk->keyed->blocks;
  int64_t block = key_block(walk->keyed, walk->turn);
  for (int64_t i = score_block_start(blocks, block); i < blocks->end[block]; i++) {
    int64_t row = blocks->order[i], gain = money_gain(walk->set, row);
    sums.uses += walk->unit > 0 ? walk->unit : money_cost(walk->set, row);
    sums.gain += gain;
    sums.cross += (__int128)walk->set->money.skip[row] * gain;
    sums.square += (__int128)gain * gain;
  }
  return sums;
}

// Acts on all blocks that fit whole into `target`.
static void walk_to(Walk *walk, int64_t target) {
  while (walk->turn < walk->keyed->blocks->count) {
    if (walk->used + walk->block.uses > target) return;
    walk->used += walk->block.uses;
    walk->value += walk->block.gain;
    walk->squares += 2 * walk->block.cross + walk->block.square;
    if (++walk->turn < walk->keyed->blocks->count) walk->block = sums_of_block(walk);
  }
}

// Half the width of the interval of a total: t times sqrt(n / (n - 1) * n * sum of squared deviations / n).
static double half_width(double total, double squares, int64_t rows, double confidence) {
  double n = (double)rows, deviations = squares - total * total / n;
  if (rows < 2 || !(deviations > 0)) return 0;
  return math64_t_quantile(0.5 + 0.5 * confidence, n - 1) * math64_sqrt(deviations * n / (n - 1));
}

static void add_point(MoneyCurve *curve, const Walk *walk, int64_t target, double x) {
  int64_t take = target - walk->used;
  bool divided = walk->turn < walk->keyed->blocks->count && take > 0;
  double p = divided ? (double)take / (double)walk->block.uses : 0;
  int64_t value = walk->value + (divided ? money_part(walk->block.gain, take, walk->block.uses) : 0);
  double squares = (double)walk->squares;
  if (divided) squares += 2 * p * (double)walk->block.cross + p * p * (double)walk->block.square;
  int64_t half = money_round(half_width((double)value, squares, walk->set->rows, walk->confidence));
  int at = curve->count++;
  curve->x[at] = x;
  curve->value[at] = value;
  curve->low[at] = value - half;
  curve->high[at] = value + half;
}

static Walk walk_start(const EvaluationSet *set, const KeyBlocks *keyed, int64_t unit, double confidence) {
  Walk walk = {.set = set, .keyed = keyed, .unit = unit, .confidence = confidence};
  for (int64_t i = 0; i < set->rows; i++) {
    walk.value += set->money.skip[i];
    walk.squares += (__int128)set->money.skip[i] * set->money.skip[i];
  }
  walk.block = sums_of_block(&walk);
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
