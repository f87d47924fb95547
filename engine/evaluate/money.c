// Money in integers: thresholds, policies and what they are worth.
#include "engine/evaluate/money.h"

#include "engine/evaluate/statistics/score_blocks.h"
#include "engine/evaluate/statistics/statistics.h"
#include "engine/shared/exact_sum.h"
#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

static const double not_a_number = __builtin_nan("");
static const double money_limit = 4611686018427387904.0; // 2^62

// Nearest integer, ties to even; |x| < 2^62.
static int64_t round_even(double x) {
  int64_t down = (int64_t)x;
  if ((double)down > x) down--;
  double rest = x - (double)down;
  return down + (rest > 0.5 || (rest == 0.5 && down % 2 != 0));
}

Status money_weigh(int64_t *out, const int64_t *payoff, const double *weights, int64_t rows, Error *error) {
  double total = 0;
  for (int64_t i = 0; i < rows; i++) {
    double weighed = (double)payoff[i] * weights[i];
    total += weighed < 0 ? -weighed : weighed;
    if (!(total < money_limit)) {
      return error_set(
          error, STATUS_DATA,
          "weighted payoffs sum to 2^62 millionths or more in magnitude at row %lld: use a larger unit",
          (long long)i);
    }
    out[i] = round_even(weighed);
  }
  return STATUS_OK;
}

static int64_t gain(const EvaluationSet *set, int64_t row) {
  return set->money.act[row] - set->money.skip[row];
}

bool money_acts_below(const EvaluationSet *set) {
  __int128 gains[2] = {0, 0}, rows[2] = {0, 0};
  for (int64_t i = 0; i < set->rows; i++) {
    int label = set->labels[i] == 1;
    gains[label] += gain(set, i);
    rows[label]++;
  }
  if (rows[0] == 0 || rows[1] == 0) return false;
  // Means compared without a division; both products stay below 2^127 for fewer than 2^63 rows.
  return gains[0] * rows[1] > gains[1] * rows[0];
}

static int64_t block_gain(const EvaluationSet *set, const ScoreBlocks *blocks, int64_t block) {
  int64_t sum = 0;
  for (int64_t i = score_block_start(blocks, block); i < blocks->end[block]; i++)
    sum += gain(set, blocks->order[i]);
  return sum;
}

// A threshold that parts block `upper` from the one below it.
static double threshold_above(const ScoreBlocks *blocks, int64_t upper) {
  if (upper == 0) return threshold_below_all;
  if (upper == blocks->count) return threshold_above_all;
  double low = blocks->score[upper - 1], high = blocks->score[upper];
  double middle = low + (high - low) * 0.5;
  return middle > low ? middle : high;
}

Policy money_best_threshold(const EvaluationSet *set) {
  ScoreBlocks *own = set->blocks == NULL ? score_blocks_new(set) : NULL;
  const ScoreBlocks *blocks = own != NULL ? own : set->blocks;
  bool below = money_acts_below(set);
  int64_t sum = 0, best = 0, best_blocks = 0;
  // Ever more blocks are acted on, from the end that pays; the first of equal values acts on the fewest rows.
  for (int64_t taken = 1; taken <= blocks->count; taken++) {
    sum += block_gain(set, blocks, below ? taken - 1 : blocks->count - taken);
    if (sum > best) best = sum, best_blocks = taken;
  }
  int64_t upper = below ? best_blocks : blocks->count - best_blocks;
  Policy policy = {POLICY_BEST_ON_VALIDATION, threshold_above(blocks, upper), below};
  score_blocks_free(own);
  return policy;
}

Policy money_policy(const BusinessConfig *business, const EvaluationSet *validation) {
  if (business->policy == POLICY_BEST_ON_VALIDATION) return money_best_threshold(validation);
  if (business->policy == POLICY_THRESHOLD) {
    return (Policy){POLICY_THRESHOLD, business->threshold, money_acts_below(validation)};
  }
  // The side matters to whatever has a threshold beside it: the model at 0.5, and the curves.
  return (Policy){POLICY_EXPECTED_GAIN, 0.5, money_acts_below(validation)};
}

double money_expected_gain(double score, int64_t gain_if_one, int64_t gain_if_zero) {
  return score * (double)gain_if_one + (1.0 - score) * (double)gain_if_zero;
}

int64_t money_value(const EvaluationSet *set) {
  int64_t sum = 0;
  for (int64_t i = 0; i < set->rows; i++) sum += policy_acts(set, i) ? set->money.act[i] : set->money.skip[i];
  return sum;
}

// ---- the report ----

// acts[i]: whether a policy acts on row i.
static void decide(bool *acts, const EvaluationSet *set, MoneyPolicy policy, const Policy *best) {
  EvaluationSet copy = *set;
  if (policy == MONEY_HALF) copy.policy = (Policy){POLICY_THRESHOLD, 0.5, set->policy.act_below};
  if (policy == MONEY_BEST_THRESHOLD) copy.policy = *best;
  for (int64_t i = 0; i < set->rows; i++) {
    acts[i] = policy == MONEY_NOBODY      ? false
              : policy == MONEY_EVERYBODY ? true
              : policy == MONEY_ORACLE    ? gain(set, i) > 0
                                          : policy_acts(&copy, i);
  }
}

static int64_t millionths(double units) {
  double scaled = units * MONEY_SCALE;
  if (!(scaled > -money_limit)) return -((int64_t)1 << 62);
  return scaled < money_limit ? round_even(scaled) : (int64_t)1 << 62;
}

// The interval of a total: n times that of the mean of its per-row terms.
static Estimate total_of(const double *terms, int64_t rows, double value, double confidence) {
  Moments moments = moments_of(terms, NULL, rows);
  return estimate_symmetric(INTERVAL_T, value, moments.standard_error * (double)rows, rows, confidence);
}

static PolicyValue value_policy(const EvaluationSet *set, const bool *acts, double *terms,
                                double confidence) {
  PolicyValue result = {.threshold = not_a_number};
  for (int64_t i = 0; i < set->rows; i++) {
    int64_t payoff = acts[i] ? set->money.act[i] : set->money.skip[i];
    result.acted += acts[i];
    result.value += payoff;
    terms[i] = (double)payoff / MONEY_SCALE;
  }
  Estimate estimate = total_of(terms, set->rows, (double)result.value / MONEY_SCALE, confidence);
  bool known = estimate.method != INTERVAL_NONE;
  result.low = known ? millionths(estimate.low) : result.value;
  result.high = known ? millionths(estimate.high) : result.value;
  return result;
}

static void compare_with_trivial(MoneyReport *report, const EvaluationSet *set, double confidence) {
  const PolicyValue *policies = report->policies;
  bool everybody = policies[MONEY_EVERYBODY].value > policies[MONEY_NOBODY].value;
  report->best_trivial = everybody ? MONEY_EVERYBODY : MONEY_NOBODY;
  int64_t floor = policies[report->best_trivial].value;
  double achievable = (double)(policies[MONEY_ORACLE].value - floor);
  double gained = (double)(policies[MONEY_MODEL].value - floor);
  report->share_of_achievable = achievable == 0 ? not_a_number : gained / achievable;
  double *terms = memory_get((size_t)set->rows, sizeof *terms);
  for (int64_t i = 0; i < set->rows; i++) {
    bool acts = policy_acts(set, i);
    terms[i] = acts == everybody ? 0 : (double)(acts ? gain(set, i) : -gain(set, i)) / MONEY_SCALE;
  }
  report->over_trivial = total_of(terms, set->rows, gained / MONEY_SCALE, confidence);
  free(terms);
}

void money_report(MoneyReport *report, const EvaluationSet *set, double confidence) {
  Policy best = money_best_threshold(set);
  bool *acts = memory_get((size_t)set->rows, sizeof *acts);
  double *terms = memory_get((size_t)set->rows, sizeof *terms);
  *report = (MoneyReport){.present = true, .policy = set->policy};
  for (int policy = 0; policy < MONEY_POLICY_COUNT; policy++) {
    decide(acts, set, (MoneyPolicy)policy, &best);
    report->policies[policy] = value_policy(set, acts, terms, confidence);
  }
  if (set->policy.kind != POLICY_EXPECTED_GAIN)
    report->policies[MONEY_MODEL].threshold = set->policy.threshold;
  report->policies[MONEY_HALF].threshold = 0.5;
  report->policies[MONEY_BEST_THRESHOLD].threshold = best.threshold;
  report->value_of_threshold = report->policies[MONEY_MODEL].value - report->policies[MONEY_HALF].value;
  report->regret = report->policies[MONEY_BEST_THRESHOLD].value - report->policies[MONEY_MODEL].value;
  compare_with_trivial(report, set, confidence);
  free(terms);
  free(acts);
}
