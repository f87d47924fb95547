// Money in integers: thresholds, policies and what they are worth.
#include "engine/evaluate/money/parts.h"
#include "engine/shared/memory.h"

#include <stdlib.h>

static const double money_most = 4611686018427387904.0; // 2^62

// ---- arithmetic ----

int64_t money_round(double x) {
  int64_t down = (int64_t)x;
  if ((double)down > x) down--;
  double rest = x - (double)down;
  return down + (rest > 0.5 || (rest == 0.5 && down % 2 != 0));
}

int64_t money_millionths(double units) {
  double scaled = units * MONEY_SCALE;
  if (!(scaled > -money_most)) return -((int64_t)1 << 62);
  return scaled < money_most ? money_round(scaled) : (int64_t)1 << 62;
}

int64_t money_part(int64_t amount, int64_t take, int64_t size) {
  __int128 product = (__int128)amount * take;
  int64_t whole = (int64_t)(product / size); // toward zero
  __int128 rest = product - (__int128)whole * size, twice = 2 * (rest < 0 ? -rest : rest);
  if (twice > size || (twice == size && whole % 2 != 0)) whole += amount < 0 ? -1 : 1;
  return whole;
}

Status money_weigh(int64_t *out, const int64_t *payoff, const double *weights, int64_t rows, Error *error) {
  double total = 0;
  for (int64_t i = 0; i < rows; i++) {
    double weighed = (double)payoff[i] * weights[i];
    total += weighed < 0 ? -weighed : weighed;
    if (!(total < money_most)) {
      return error_set(error, STATUS_DATA,
                       "weighted payoffs sum to 2^62 millionths or more in magnitude at " ROW_FORMAT
                       ": use a larger unit",
                       ROW_SHOWN(i));
    }
    out[i] = money_round(weighed);
  }
  return STATUS_OK;
}

// ---- thresholds ----

bool money_acts_below(const EvaluationSet *set) {
  __int128 gains[2] = {0, 0}, rows[2] = {0, 0};
  for (int64_t i = 0; i < set->rows; i++) {
    int label = set->labels[i] == 1;
    gains[label] += money_gain(set, i);
    rows[label]++;
  }
  if (rows[0] == 0 || rows[1] == 0) return false;
  // Means compared without a division; both products stay below 2^127 for fewer than 2^63 rows.
  return gains[0] * rows[1] > gains[1] * rows[0];
}

typedef struct BlockSums {
  int64_t gain, cost;
} BlockSums;

static BlockSums block_sums(const EvaluationSet *set, const KeyBlocks *keyed, int64_t block) {
  BlockSums sums = {0, 0};
  const ScoreBlocks *blocks = keyed->blocks;
  key_block_look_ahead(keyed, block, set);
  for (int64_t i = score_block_start(blocks, block); i < blocks->end[block]; i++) {
    sums.gain += money_gain(set, blocks->order[i]);
    sums.cost += money_cost(set, blocks->order[i]);
  }
  return sums;
}

// Ever more blocks are acted on, from the end that pays; the first of equal values acts on the fewest rows.
void money_best_within(EvaluationSet *set) {
  set->policy = (Policy){POLICY_BEST_ON_VALIDATION, 0, money_acts_below(set)};
  set->cut = (PolicyCut){0};
  KeyBlocks keyed = key_blocks_new(set);
  int64_t count = keyed.blocks->count, left = set->capacity.limited ? set->capacity.limit : INT64_MAX;
  int64_t sum = 0, best = 0, taken = 0;
  for (int64_t turn = 0; turn < count; turn++) {
    BlockSums block = block_sums(set, &keyed, key_block(&keyed, turn));
    bool divided = block.cost > left;
    sum += divided ? money_part(block.gain, left, block.cost) : block.gain;
    if (sum > best) {
      best = sum, taken = turn + 1;
      double key = keyed.blocks->score[key_block(&keyed, turn)];
      if (divided)
        set->cut = (PolicyCut){true, keyed.descending ? key : -key, left, block.cost,
                               capacity_price_of(set, gain_about(set, &keyed, turn, 0))};
    }
    if (divided) break;
    left -= block.cost;
  }
  set->policy.threshold = threshold_between(keyed.blocks, keyed.descending ? count - taken : taken);
  key_blocks_free(&keyed);
}

Policy money_best_threshold(const EvaluationSet *set) {
  EvaluationSet unlimited = *set;
  unlimited.capacity = (Capacity){0};
  money_best_within(&unlimited);
  return unlimited.policy;
}

Policy money_policy(const BusinessConfig *business, const EvaluationSet *validation) {
  if (business->policy == POLICY_BEST_ON_VALIDATION) return money_best_threshold(validation);
  if (business->policy == POLICY_THRESHOLD) {
    return (Policy){POLICY_THRESHOLD, business->threshold, money_acts_below(validation)};
  }
  if (business->policy == POLICY_CAPACITY) {
    bool below = money_acts_below(validation);
    return (Policy){POLICY_CAPACITY, below ? threshold_above_all : threshold_below_all, below};
  }
  // The side matters to whatever has a threshold beside it: the model at 0.5, and the curves.
  return (Policy){POLICY_EXPECTED_GAIN, 0.5, money_acts_below(validation)};
}

double money_expected_gain(double score, int64_t gain_if_one, int64_t gain_if_zero) {
  return score * (double)gain_if_one + (1.0 - score) * (double)gain_if_zero;
}

// ---- values ----

int64_t money_value(const EvaluationSet *set) {
  int64_t sum = 0, divided = 0;
  for (int64_t i = 0; i < set->rows; i++) {
    double share = policy_share(set, i);
    sum += share == 1 ? set->money.act[i] : set->money.skip[i];
    if (share > 0 && share < 1) divided += money_gain(set, i);
  }
  return set->cut.limited ? sum + money_part(divided, set->cut.take, set->cut.size) : sum;
}

void money_parts(int64_t *parts, int count, const EvaluationSet *set, const int8_t *of) {
  int64_t *divided = memory_get((size_t)count, sizeof *divided), before = 0;
  for (int part = 0; part < count; part++) parts[part] = 0;
  for (int64_t i = 0; i < set->rows; i++) {
    double share = policy_share(set, i);
    parts[of[i]] += share == 1 ? set->money.act[i] : set->money.skip[i];
    if (share > 0 && share < 1) divided[of[i]] += money_gain(set, i);
  }
  for (int part = 0; set->cut.limited && part < count; part++) {
    int64_t after = before + divided[part];
    parts[part] +=
        money_part(after, set->cut.take, set->cut.size) - money_part(before, set->cut.take, set->cut.size);
    before = after;
  }
  free(divided);
}

double money_influence(const EvaluationSet *set, int64_t row, double share, const CapacityPrice *price) {
  double payoff = share == 1 || share == 0
                      ? (double)(share == 1 ? set->money.act[row] : set->money.skip[row])
                      : (double)set->money.skip[row] + share * (double)money_gain(set, row);
  if (price->gain == 0) return payoff / MONEY_SCALE;
  double use = (double)money_cost(set, row), brought = price->for_row + price->for_use * use;
  return (payoff + price->gain * (brought - share * use)) / MONEY_SCALE;
}

double money_term(const EvaluationSet *set, int64_t row) {
  return money_influence(set, row, policy_share(set, row), &set->cut.price);
}

int money_cheapest(const double *scores, const double *costs, int classes) {
  int best = 0;
  double least = 0;
  for (int decision = 0; decision < classes; decision++) {
    double cost = 0;
    for (int truth = 0; truth < classes; truth++) cost += scores[truth] * costs[truth * classes + decision];
    if (decision == 0 || cost < least) best = decision, least = cost;
  }
  return best;
}
