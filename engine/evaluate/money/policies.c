// The table of policies: what each is worth, and the model against the best that needs no model.
#include "engine/evaluate/money/parts.h"
#include "engine/evaluate/statistics/statistics.h"
#include "engine/shared/memory.h"

#include <stdlib.h>

static const double not_a_number = __builtin_nan("");

// ---- decisions ----

void decide_by_policy(Decisions *decisions, const EvaluationSet *set) {
  decisions->take = set->cut.take, decisions->size = set->cut.limited ? set->cut.size : 1;
  for (int64_t i = 0; i < set->rows; i++) {
    double share = policy_share(set, i);
    bool divided = share > 0 && share < 1;
    decisions->rows[i] = divided ? ROW_DIVIDED : share == 1 ? ROW_ACTED : ROW_SKIPPED;
  }
}

// Every row with the same share: the capacity's, else that of the rows which the model acts on.
static void decide_by_chance(Decisions *decisions, const EvaluationSet *set) {
  int64_t total = money_total_cost(set), acted = 0;
  for (int64_t i = 0; !set->capacity.limited && i < set->rows; i++) acted += policy_wants(set, i);
  int64_t take = set->capacity.limited ? set->capacity.limit : acted;
  bool all = take >= total;
  decisions->take = all ? 1 : take, decisions->size = all ? 1 : total;
  decide_all(decisions, set->rows, all ? ROW_ACTED : ROW_DIVIDED);
}

// The decisions of a policy; *threshold is NaN where it has none.
static void decide(Decisions *decisions, double *threshold, const EvaluationSet *set, MoneyPolicy policy) {
  EvaluationSet other = *set;
  *threshold = not_a_number;
  switch (policy) {
  case MONEY_NOBODY:
  case MONEY_EVERYBODY:
    decisions->take = 0, decisions->size = 1;
    decide_all(decisions, set->rows, policy == MONEY_NOBODY ? ROW_SKIPPED : ROW_ACTED);
    return;
  case MONEY_RANDOM:
    decide_by_chance(decisions, set);
    return;
  case MONEY_ORACLE:
    decide_by_oracle(decisions, set);
    return;
  case MONEY_HALF:
    other.policy = (Policy){POLICY_THRESHOLD, 0.5, set->policy.act_below};
    money_limit(&other);
    break;
  case MONEY_BEST_THRESHOLD:
    money_best_within(&other);
    break;
  default:
    break;
  }
  if (other.policy.kind != POLICY_EXPECTED_GAIN) *threshold = other.policy.threshold;
  decide_by_policy(decisions, &other);
}

int64_t decided_value(const Decisions *decisions, const EvaluationSet *set) {
  int64_t sum = 0, divided = 0;
  for (int64_t i = 0; i < set->rows; i++) {
    sum += decisions->rows[i] == ROW_ACTED ? set->money.act[i] : set->money.skip[i];
    if (decisions->rows[i] == ROW_DIVIDED) divided += money_gain(set, i);
  }
  return sum + money_part(divided, decisions->take, decisions->size);
}

// ---- values ----

// The interval of a total: n times that of the mean of its per-row terms.
static Estimate total_of(const double *terms, int64_t rows, double value, double confidence) {
  Moments moments = moments_of(terms, NULL, rows);
  return estimate_symmetric(INTERVAL_T, value, moments.standard_error * (double)rows, rows, confidence);
}

static void set_interval(PolicyValue *value, const double *terms, int64_t rows, double confidence) {
  Estimate estimate = total_of(terms, rows, (double)value->value / MONEY_SCALE, confidence);
  bool known = estimate.method != INTERVAL_NONE;
  value->low = known ? money_millionths(estimate.low) : value->value;
  value->high = known ? money_millionths(estimate.high) : value->value;
}

static void count_acted(PolicyValue *value, const Decisions *decisions, const EvaluationSet *set) {
  int64_t divided = 0, divided_cost = 0;
  for (int64_t i = 0; i < set->rows; i++) {
    int64_t cost = money_cost(set, i);
    value->acted += decisions->rows[i] == ROW_ACTED;
    value->spent += decisions->rows[i] == ROW_ACTED ? cost : 0;
    divided += decisions->rows[i] == ROW_DIVIDED;
    divided_cost += decisions->rows[i] == ROW_DIVIDED ? cost : 0;
  }
  value->acted += money_part(divided, decisions->take, decisions->size);
  value->spent += money_part(divided_cost, decisions->take, decisions->size);
}

// A policy that is a payoff of each row: that of the predictions, of the best single decision, of right ones.
static PolicyValue value_payoffs(const int64_t *payoffs, int64_t rows, double *terms, double confidence) {
  PolicyValue result = {.present = payoffs != NULL, .threshold = not_a_number, .acted = rows};
  if (payoffs == NULL) return result;
  for (int64_t i = 0; i < rows; i++) {
    result.value += payoffs[i];
    terms[i] = (double)payoffs[i] / MONEY_SCALE;
  }
  set_interval(&result, terms, rows, confidence);
  return result;
}

static PolicyValue value_policy(const EvaluationSet *set, MoneyPolicy policy, Decisions *decisions,
                                double *terms, double confidence) {
  PolicyValue result = {.present = true};
  decide(decisions, &result.threshold, set, policy);
  count_acted(&result, decisions, set);
  result.beyond_capacity = set->capacity.limited && result.spent > set->capacity.limit;
  result.value = decided_value(decisions, set);
  for (int64_t i = 0; i < set->rows; i++) {
    double share = decided_share(decisions, i);
    int64_t sure = share == 1 ? set->money.act[i] : set->money.skip[i];
    bool divided = share > 0 && share < 1;
    terms[i] = ((double)sure + (divided ? share * (double)money_gain(set, i) : 0)) / MONEY_SCALE;
  }
  set_interval(&result, terms, set->rows, confidence);
  return result;
}

// ---- against no model ----

static MoneyPolicy best_trivial(const PolicyValue *policies) {
  MoneyPolicy other = policies[MONEY_EVERYBODY].beyond_capacity ? MONEY_RANDOM : MONEY_EVERYBODY;
  bool better = policies[other].present && policies[other].value > policies[MONEY_NOBODY].value;
  return better ? other : MONEY_NOBODY;
}

static void fill_over_trivial(MoneyReport *report, const double *terms, int64_t rows, double confidence) {
  const PolicyValue *policies = report->policies;
  int64_t floor = policies[report->best_trivial].value;
  double gained = (double)(policies[MONEY_MODEL].value - floor);
  double achievable = (double)(policies[MONEY_ORACLE].value - floor);
  bool unknown = !policies[MONEY_ORACLE].present || achievable == 0;
  report->share_of_achievable = unknown ? not_a_number : gained / achievable;
  report->over_trivial = total_of(terms, rows, gained / MONEY_SCALE, confidence);
}

static void compare_with_trivial(MoneyReport *report, const EvaluationSet *set, Decisions *decisions,
                                 double *terms, double confidence) {
  double unused;
  report->best_trivial = best_trivial(report->policies);
  decide(decisions, &unused, set, report->best_trivial);
  for (int64_t i = 0; i < set->rows; i++) {
    double more = policy_share(set, i) - decided_share(decisions, i);
    terms[i] = more * (double)money_gain(set, i) / MONEY_SCALE;
  }
  fill_over_trivial(report, terms, set->rows, confidence);
}

static void describe_gains(MoneyReport *report, const EvaluationSet *set) {
  double mean[2] = {0, 0};
  __int128 gains[2] = {0, 0};
  int64_t rows[2] = {0, 0};
  report->never_loses = report->never_gains = true;
  report->break_even = not_a_number;
  for (int64_t i = 0; i < set->rows; i++) {
    int64_t gain = money_gain(set, i);
    int label = set->labels[i] == 1;
    gains[label] += gain;
    rows[label]++;
    report->never_loses = report->never_loses && gain >= 0;
    report->never_gains = report->never_gains && gain <= 0;
  }
  if (rows[0] == 0 || rows[1] == 0) return;
  for (int label = 0; label < 2; label++) mean[label] = (double)gains[label] / (double)rows[label];
  int pays = set->policy.act_below ? 0 : 1;
  if (mean[pays] > 0 && mean[1 - pays] < 0)
    report->break_even = -mean[1 - pays] / (mean[pays] - mean[1 - pays]);
}

int64_t money_policy_value(const EvaluationSet *set, MoneyPolicy policy) {
  Decisions decisions = {memory_get((size_t)set->rows, 1), 0, 1};
  double unused;
  decide(&decisions, &unused, set, policy);
  int64_t value = decided_value(&decisions, set);
  free(decisions.rows);
  return value;
}

// Regression and multiclass: every row is acted on by its prediction.
static void report_payoffs(MoneyReport *report, const EvaluationSet *set, double *terms, double confidence) {
  const int64_t *payoffs[MONEY_POLICY_COUNT] = {
      [MONEY_NOBODY] = set->money.skip, [MONEY_MODEL] = set->money.act, [MONEY_ORACLE] = set->best};
  for (int policy = 0; policy < MONEY_POLICY_COUNT; policy++) {
    report->policies[policy] = value_payoffs(payoffs[policy], set->rows, terms, confidence);
  }
  report->policies[MONEY_NOBODY].acted = 0;
  report->best_trivial = MONEY_NOBODY;
  report->break_even = not_a_number;
  for (int64_t i = 0; i < set->rows; i++) terms[i] = (double)money_gain(set, i) / MONEY_SCALE;
  fill_over_trivial(report, terms, set->rows, confidence);
}

static void report_policies(MoneyReport *report, const EvaluationSet *set, double *terms, double confidence) {
  Decisions decisions = {memory_get((size_t)set->rows, 1), 0, 1};
  PolicyValue *policies = report->policies;
  for (int policy = 0; policy < MONEY_POLICY_COUNT; policy++) {
    policies[policy] = value_policy(set, (MoneyPolicy)policy, &decisions, terms, confidence);
  }
  report->value_of_threshold = policies[MONEY_MODEL].value - policies[MONEY_HALF].value;
  report->regret = policies[MONEY_BEST_THRESHOLD].value - policies[MONEY_MODEL].value;
  compare_with_trivial(report, set, &decisions, terms, confidence);
  describe_gains(report, set);
  money_curves(report, set, confidence);
  free(decisions.rows);
}

void money_report(MoneyReport *report, const EvaluationSet *set, double confidence) {
  double *terms = memory_get((size_t)set->rows, sizeof *terms);
  *report = (MoneyReport){.present = true, .policy = set->policy, .cut = set->cut, .capacity = set->capacity};
  report->capacity.cost = NULL; // not kept
  if (set->task == TASK_BINARY)
    report_policies(report, set, terms, confidence);
  else
    report_payoffs(report, set, terms, confidence);
  free(terms);
}
