// Capacity: where it ends among the rows, which rows are on the list, and the oracle that has to keep to it.
#include "engine/evaluate/money/parts.h"
#include "engine/shared/math64.h"
#include "engine/shared/memory.h"
#include "engine/shared/tensor.h"

#include <stdlib.h>
#include <string.h>

Capacity money_capacity(const CapacityConfig *config, int64_t rows, const int64_t *cost) {
  int64_t total = rows;
  if (cost != NULL) total = 0;
  for (int64_t i = 0; cost != NULL && i < rows; i++) total += cost[i];
  Capacity capacity = {.limited = true, .cost = cost};
  if (config->budget > 0) {
    capacity.limit = money_millionths(config->budget);
  } else if (config->fraction > 0) {
    capacity.limit = money_round(config->fraction * (double)total);
    capacity.shared = true;
  } else if (config->rows > 0) {
    capacity.limit = config->rows * (cost == NULL ? 1 : MONEY_SCALE);
  } else {
    return (Capacity){0};
  }
  return capacity;
}

int64_t money_total_cost(const EvaluationSet *set) {
  if (set->capacity.cost == NULL) return set->rows;
  int64_t total = 0;
  for (int64_t i = 0; i < set->rows; i++) total += set->capacity.cost[i];
  return total;
}

// ---- the cut ----

KeyBlocks key_blocks_new(const EvaluationSet *set) {
  KeyBlocks keyed = {.descending = true};
  bool by_score = set->policy.kind != POLICY_EXPECTED_GAIN || set->money.gain_if_one == NULL;
  if (by_score) {
    keyed.descending = !set->policy.act_below;
    keyed.own = set->blocks == NULL ? score_blocks_new(set) : NULL;
    keyed.blocks = set->blocks == NULL ? keyed.own : set->blocks;
    return keyed;
  }
  keyed.keys = memory_get((size_t)set->rows, sizeof *keyed.keys);
  for (int64_t i = 0; i < set->rows; i++) keyed.keys[i] = policy_key(set, i);
  EvaluationSet by_key = *set;
  by_key.scores = keyed.keys;
  keyed.blocks = keyed.own = score_blocks_new(&by_key);
  return keyed;
}

void key_blocks_free(KeyBlocks *keyed) {
  score_blocks_free(keyed->own);
  free(keyed->keys);
}

double threshold_between(const ScoreBlocks *blocks, int64_t upper) {
  if (upper == 0) return threshold_below_all;
  if (upper == blocks->count) return threshold_above_all;
  double low = blocks->score[upper - 1], high = blocks->score[upper];
  double middle = low + (high - low) * 0.5;
  return middle > low ? middle : high;
}

// What the rows of a block use that the policy wants.
static int64_t wanted_cost(const EvaluationSet *set, const ScoreBlocks *blocks, int64_t block) {
  int64_t cost = 0;
  for (int64_t i = score_block_start(blocks, block); i < blocks->end[block]; i++) {
    if (policy_wants(set, blocks->order[i])) cost += money_cost(set, blocks->order[i]);
  }
  return cost;
}

CapacityPrice capacity_price_of(const EvaluationSet *set, double gain) {
  bool shared = set->capacity.shared || set->capacity.cost == NULL;
  double limit = (double)set->capacity.limit, total = (double)money_total_cost(set);
  return (CapacityPrice){gain, shared ? 0 : limit / (double)set->rows, shared ? limit / total : 0};
}

typedef struct Window {
  int64_t rows, gain, cost;
} Window;

static void add_wanted(Window *window, const EvaluationSet *set, const ScoreBlocks *blocks, int64_t block,
                       int64_t unit) {
  for (int64_t i = score_block_start(blocks, block); i < blocks->end[block]; i++) {
    if (!policy_wants(set, blocks->order[i])) continue;
    window->rows++;
    window->gain += money_gain(set, blocks->order[i]);
    window->cost += unit > 0 ? unit : money_cost(set, blocks->order[i]);
  }
}

double gain_about(const EvaluationSet *set, const KeyBlocks *keyed, int64_t turn, int64_t unit) {
  double wanted = math64_sqrt((double)set->rows);
  Window before = {0}, after = {0};
  if (set->money.act == NULL) return 0; // rows whose outcome is not known yet
  for (int64_t t = turn; t > 0 && (double)before.rows < wanted; t--)
    add_wanted(&before, set, keyed->blocks, key_block(keyed, t - 1), unit);
  for (int64_t t = turn; t < keyed->blocks->count && (double)after.rows < wanted; t++)
    add_wanted(&after, set, keyed->blocks, key_block(keyed, t), unit);
  double cost = (double)(before.cost + after.cost);
  return cost > 0 ? (double)(before.gain + after.gain) / cost : 0;
}

void money_limit(EvaluationSet *set) {
  bool below = set->policy.act_below, by_capacity = set->policy.kind == POLICY_CAPACITY;
  if (set->task != TASK_BINARY || !set->capacity.limited) return;
  set->cut = (PolicyCut){0};
  if (by_capacity) set->policy.threshold = below ? threshold_above_all : threshold_below_all;
  KeyBlocks keyed = key_blocks_new(set);
  int64_t left = set->capacity.limit;
  for (int64_t turn = 0; turn < keyed.blocks->count; turn++) {
    int64_t block = key_block(&keyed, turn), cost = wanted_cost(set, keyed.blocks, block);
    left -= cost;
    if (left >= 0) continue;
    double key = keyed.blocks->score[block];
    set->cut = (PolicyCut){true, keyed.descending ? key : -key, left + cost, cost,
                           capacity_price_of(set, gain_about(set, &keyed, turn, 0))};
    bool untouched = set->cut.take == 0;
    if (by_capacity) set->policy.threshold = threshold_between(keyed.blocks, block + (below != untouched));
    break;
  }
  key_blocks_free(&keyed);
}

// ---- the list ----

typedef struct Listed {
  uint8_t digest[DIGEST_BYTES];
  const char *id;
  int64_t row;
} Listed;

static int by_digest(const void *a, const void *b) {
  const Listed *x = a, *y = b;
  int order = memcmp(x->digest, y->digest, DIGEST_BYTES);
  return order != 0 ? order : strcmp(x->id, y->id);
}

void money_list(bool *listed, const EvaluationSet *set, const char *const *ids) {
  int64_t count = 0, left = set->cut.take;
  for (int64_t i = 0; i < set->rows; i++) {
    double share = policy_share(set, i);
    bool divided = set->cut.limited && policy_wants(set, i) && policy_key(set, i) == set->cut.key;
    listed[i] = !divided && share > 0;
    count += divided;
  }
  Listed *block = memory_get((size_t)count, sizeof *block);
  count = 0;
  for (int64_t i = 0; set->cut.limited && i < set->rows; i++) {
    if (!policy_wants(set, i) || policy_key(set, i) != set->cut.key) continue;
    Listed *one = &block[count++];
    one->id = ids[i];
    one->row = i;
    sha256(one->digest, ids[i], strlen(ids[i]));
  }
  if (count > 1) qsort(block, (size_t)count, sizeof *block, by_digest);
  for (int64_t i = 0; i < count; i++) {
    left -= money_cost(set, block[i].row);
    if (left < 0) break;
    listed[block[i].row] = true;
  }
  free(block);
}

// ---- the oracle ----

typedef struct Worth {
  int64_t gain, cost, row;
} Worth;

// Most gain for what it uses first; compared without a division, below 2^124.
static int by_worth(const void *a, const void *b) {
  const Worth *x = a, *y = b;
  __int128 left = (__int128)x->gain * y->cost, right = (__int128)y->gain * x->cost;
  return (left < right) - (left > right);
}

static Worth *worthy_rows(const EvaluationSet *set, int64_t *count) {
  Worth *worths = memory_get((size_t)set->rows, sizeof *worths);
  *count = 0;
  for (int64_t i = 0; i < set->rows; i++) {
    if (money_gain(set, i) > 0) worths[(*count)++] = (Worth){money_gain(set, i), money_cost(set, i), i};
  }
  if (*count > 1) qsort(worths, (size_t)*count, sizeof *worths, by_worth);
  return worths;
}

void decide_by_oracle(Decisions *decisions, const EvaluationSet *set) {
  decisions->take = 0, decisions->size = 1, decisions->price = (CapacityPrice){0};
  if (!set->capacity.limited) {
    for (int64_t i = 0; i < set->rows; i++) decisions->rows[i] = money_gain(set, i) > 0;
    return;
  }
  int64_t count, left = set->capacity.limit;
  Worth *worths = worthy_rows(set, &count);
  decide_all(decisions, set->rows, ROW_SKIPPED);
  for (int64_t from = 0, to = 0; from < count && left > 0; from = to) {
    // Rows of equal worth are one block, so that their order does not matter.
    int64_t cost = 0;
    while (to < count && by_worth(&worths[from], &worths[to]) == 0) cost += worths[to++].cost;
    bool divided = cost > left;
    if (divided || (cost == left && to < count && cost > 0)) // what the last one gains that is acted on
      decisions->price = capacity_price_of(set, (double)worths[from].gain / (double)worths[from].cost);
    if (divided) decisions->take = left, decisions->size = cost;
    for (int64_t i = from; i < to; i++) decisions->rows[worths[i].row] = divided ? ROW_DIVIDED : ROW_ACTED;
    left -= cost;
  }
  free(worths);
}
