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
} Decisions;

// The share of a row that is acted on.
static inline double decided_share(const Decisions *decisions, int64_t row) {
  if (decisions->rows[row] == ROW_DIVIDED) return (double)decisions->take / (double)decisions->size;
  return decisions->rows[row];
}

static inline void decide_all(Decisions *decisions, int64_t rows, uint8_t what) {
  for (int64_t i = 0; i < rows; i++) decisions->rows[i] = what;
}

// Decisions of the set's own policy under its cut, and of the oracle under its capacity. rows is allocated.
void decide_by_policy(Decisions *decisions, const EvaluationSet *set);
void decide_by_oracle(Decisions *decisions, const EvaluationSet *set);

// Total value of decisions, exact but for the one rounding of the divided rows.
int64_t decided_value(const Decisions *decisions, const EvaluationSet *set);

// Blocks in the order of the policy's keys, best first at the end; freed by score_blocks_free. `set` is
// limited or not; blocks of the set's own scores are reused where they have that order.
typedef struct KeyBlocks {
  const ScoreBlocks *blocks;
  ScoreBlocks *own; // to be freed; NULL where the set's are used
  bool descending;  // best first from the last block on, else from the first
} KeyBlocks;

KeyBlocks key_blocks_new(const EvaluationSet *set);
void key_blocks_free(KeyBlocks *keyed);

// Block number `turn` in the order in which blocks are acted on.
static inline int64_t key_block(const KeyBlocks *keyed, int64_t turn) {
  return keyed->descending ? keyed->blocks->count - 1 - turn : turn;
}

// The threshold that parts block `upper` from the one below it.
double threshold_between(const ScoreBlocks *blocks, int64_t upper);

// The best cut in score order within the capacity, and where it ends; the policy and cut of *set are
// replaced.
void money_best_within(EvaluationSet *set);

void money_curves(MoneyReport *report, const EvaluationSet *set, double confidence);

#endif
