// Private to engine/evaluate/money: what its files share.
#ifndef INGOT_ENGINE_EVALUATE_MONEY_PARTS_H
#define INGOT_ENGINE_EVALUATE_MONEY_PARTS_H

#include "engine/evaluate/money.h"
#include "engine/evaluate/statistics/score_blocks.h"

#include <stddef.h>

static inline int64_t money_gain(const EvaluationSet *set, int64_t row) {
  return set->money.act[row] - set->money.skip[row];
}

// What acting on a row uses of the capacity.
static inline int64_t money_cost(const EvaluationSet *set, int64_t row) {
  return set->capacity.cost == NULL ? 1 : set->capacity.cost[row];
}

// Nearest integer, ties to even; |x| < 2^62.
int64_t money_round(double x);

// amount * take / size, rounded to the nearest, ties to even; 0 <= take <= size, size > 0.
int64_t money_part(int64_t amount, int64_t take, int64_t size);

// What acting on every row uses of the capacity.
int64_t money_total_cost(const EvaluationSet *set);

// What a policy does with each row.
enum { ROW_SKIPPED, ROW_ACTED, ROW_DIVIDED };

typedef struct Decisions {
  uint8_t *rows;      // [rows] one of the above
  int64_t take, size; // of the divided rows the share take / size is acted on
  CapacityPrice price;
} Decisions;

// A row's money_term where `share` of it is acted on at this price.
double money_influence(const EvaluationSet *set, int64_t row, double share, const CapacityPrice *price);

// At `gain` millionths for a unit of the set's capacity.
CapacityPrice capacity_price_of(const EvaluationSet *set, double gain);

// The share of a row that is acted on, by what is done with it.
static inline double share_of(const Decisions *decisions, uint8_t what) {
  return what == ROW_DIVIDED ? (double)decisions->take / (double)decisions->size : what;
}

static inline void decide_all(Decisions *decisions, int64_t rows, uint8_t what) {
  for (int64_t i = 0; i < rows; i++) decisions->rows[i] = what;
}

// Decisions of the set's own policy under its cut, and of the oracle under its capacity. rows is allocated.
void decide_by_policy(Decisions *decisions, const EvaluationSet *set);
void decide_by_oracle(Decisions *decisions, const EvaluationSet *set);

// Total value of decisions, exact but for the one rounding of the divided rows.
int64_t decided_value(const Decisions *decisions, const EvaluationSet *set);

// Sums over the rows of a gain, and of the squares that follow from acting on a share p of each: the sum of
// (skip + p gain)^2 - skip^2 is 2 p cross + p^2 square. Exact: below 2^125 (evaluation_set_check).
typedef struct GainSums {
  int64_t gain;
  __int128 cross, square; // skip * gain, gain^2
} GainSums;

static inline void gain_sums_add(GainSums *sums, const EvaluationSet *set, int64_t row) {
  int64_t gain = money_gain(set, row);
  sums->gain += gain;
  sums->cross += (__int128)set->money.skip[row] * gain;
  sums->square += (__int128)gain * gain;
}

// A total of per-row terms in millionths and their squares: exact integers, and in binary64 what divided rows
// add to them. From both follows the t interval of the total, without a term being kept.
typedef struct TermSums {
  int64_t total;
  __int128 squares;
  bool divided;
  double part_total, part_squares;
} TermSums;

// Acts on a share of rows whose skip is in the sums already.
void term_sums_divide(TermSums *sums, const GainSums *gains, double share);

// The standard error of the total: sqrt(n / (n - 1) * sum of squared deviations from the mean); NaN below two
// rows.
double term_sums_error(const TermSums *sums, int64_t rows);

// Blocks in the order of the policy's keys, best first at the end; freed by score_blocks_free. `set` is
// limited or not; blocks of the set's own scores are reused where they have that order.
typedef struct KeyBlocks {
  const ScoreBlocks *blocks;
  ScoreBlocks *own; // to be freed; NULL where the set's are used
  double *keys;     // that own is of; NULL where these are the scores
  bool descending;  // best first from the last block on, else from the first
} KeyBlocks;

KeyBlocks key_blocks_new(const EvaluationSet *set);
void key_blocks_free(KeyBlocks *keyed);

// Block number `turn` in the order in which blocks are acted on.
static inline int64_t key_block(const KeyBlocks *keyed, int64_t turn) {
  return keyed->descending ? keyed->blocks->count - 1 - turn : turn;
}

// What the rows that the policy wants gain for one unit of their use about the place where a capacity ends,
// in block number `turn` or before it: on either side of whole blocks, at least sqrt(rows) rows. A row uses
// `unit`, or (0) its cost.
double gain_about(const EvaluationSet *set, const KeyBlocks *keyed, int64_t turn, int64_t unit);

// Fetches the payoffs of rows a few blocks ahead: in the order of keys they lie anywhere in memory, and a
// walk that waits for each takes three times as long. Always inlined: gcc drops a call that only fetches.
__attribute__((always_inline)) static inline void key_block_look_ahead(const KeyBlocks *keyed, int64_t block,
                                                                       const EvaluationSet *set) {
  enum { AHEAD = 16 };
  const ScoreBlocks *blocks = keyed->blocks;
  int64_t start = score_block_start(blocks, block), ahead = keyed->descending ? start - AHEAD : start + AHEAD;
  if (ahead < 0 || ahead >= blocks->rows) return;
  __builtin_prefetch(&set->money.act[blocks->order[ahead]]);
  __builtin_prefetch(&set->money.skip[blocks->order[ahead]]);
}

// The threshold that parts block `upper` from the one below it.
double threshold_between(const ScoreBlocks *blocks, int64_t upper);

// The best cut in score order within the capacity, and where it ends; the policy and cut of *set are
// replaced.
void money_best_within(EvaluationSet *set);

void money_curves(MoneyReport *report, const EvaluationSet *set, double confidence);

#endif
