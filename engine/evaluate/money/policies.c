// The table of policies: what each is worth, and the model against the best that needs no model.
#include "engine/evaluate/money/parts.h"
#include "engine/evaluate/statistics/clusters.h"
#include "engine/shared/memory.h"

#include <stdlib.h>

static const double not_a_number = __builtin_nan("");

// ---- decisions ----

void decide_by_policy(Decisions *decisions, const EvaluationSet *set) {
  decisions->take = set->cut.take, decisions->size = set->cut.limited ? set->cut.size : 1;
  decisions->price = set->cut.price;
  for (int64_t i = 0; i < set->rows; i++) {
    double share = policy_share(set, i);
    bool divided = share > 0 && share < 1;
    decisions->rows[i] = divided ? ROW_DIVIDED : share == 1 ? ROW_ACTED : ROW_SKIPPED;
  }
}

// Every row with the same share: the capacity's, else that of the rows which the model acts on.
static void decide_by_chance(Decisions *decisions, const EvaluationSet *set) {
  int64_t total = money_total_cost(set), acted = 0, gain = 0;
  for (int64_t i = 0; !set->capacity.limited && i < set->rows; i++) acted += policy_wants(set, i);
  for (int64_t i = 0; i < set->rows; i++) gain += money_gain(set, i);
  int64_t take = set->capacity.limited ? set->capacity.limit : acted;
  bool all = take >= total;
  decisions->take = all ? 1 : take, decisions->size = all ? 1 : total;
  decisions->price = (CapacityPrice){0};
  if (set->capacity.limited && !all) decisions->price = capacity_price_of(set, (double)gain / (double)total);
  decide_all(decisions, set->rows, all ? ROW_ACTED : ROW_DIVIDED);
}

// The decisions of a policy; *threshold is NaN where it has none.
static void decide(Decisions *decisions, double *threshold, const EvaluationSet *set, MoneyPolicy policy) {
  EvaluationSet other = *set;
  *threshold = not_a_number;
  switch (policy) {
  case MONEY_NOBODY:
  case MONEY_EVERYBODY:
    decisions->take = 0, decisions->size = 1, decisions->price = (CapacityPrice){0};
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

// The interval of a total of terms in millionths; in units. Where rows hang together or compete for a
// capacity it allows for that, by their terms [rows] in units; else terms is NULL.
static Estimate total_of(const EvaluationSet *set, const TermSums *sums, const double *terms, int64_t value,
                         double confidence) {
  double error = term_sums_error(sums, set->rows) / MONEY_SCALE;
  int64_t n = set->rows;
  if (terms != NULL) {
    Moments moments = moments_of_rows(set, terms, NULL);
    error = moments.standard_error * (double)set->rows;
    n = moments.n;
  }
  return estimate_symmetric(INTERVAL_T, (double)value / MONEY_SCALE, error, n, confidence);
}

// What the value of decisions owes to each row, where rows hang together or compete; else NULL.
static double *terms_of(const Decisions *decisions, const EvaluationSet *set) {
  if (set->cluster_hash == NULL && !set->capacity.limited) return NULL;
  double *terms = memory_get((size_t)set->rows, sizeof *terms);
  for (int64_t i = 0; i < set->rows; i++)
    terms[i] = money_influence(set, i, share_of(decisions, decisions->rows[i]), &decisions->price);
  return terms;
}

static double *payoff_terms(const int64_t *payoffs, const EvaluationSet *set) {
  if (set->cluster_hash == NULL) return NULL;
  double *terms = memory_get((size_t)set->rows, sizeof *terms);
  for (int64_t i = 0; i < set->rows; i++) terms[i] = (double)payoffs[i] / MONEY_SCALE;
  return terms;
}

// Takes the terms over.
static void set_interval(PolicyValue *value, const EvaluationSet *set, const TermSums *sums, double *terms,
                         double confidence) {
  Estimate estimate = total_of(set, sums, terms, value->value, confidence);
  bool known = estimate.method != INTERVAL_NONE;
  value->low = known ? money_millionths(estimate.low) : value->value;
  value->high = known ? money_millionths(estimate.high) : value->value;
  free(terms);
}

// A policy that is a payoff of each row: that of the predictions, of the best single decision, of right ones.
static PolicyValue value_payoffs(const int64_t *payoffs, const EvaluationSet *set, double confidence) {
  int64_t rows = set->rows;
  PolicyValue result = {.present = payoffs != NULL, .threshold = not_a_number, .acted = rows};
  TermSums sums = {0};
  if (payoffs == NULL) return result;
  for (int64_t i = 0; i < rows; i++) {
    sums.total += payoffs[i];
    sums.squares += (__int128)payoffs[i] * payoffs[i];
  }
  result.value = sums.total;
  set_interval(&result, set, &sums, payoff_terms(payoffs, set), confidence);
  return result;
}

static PolicyValue value_policy(const EvaluationSet *set, MoneyPolicy policy, Decisions *decisions,
                                double confidence) {
  PolicyValue result = {.present = true};
  TermSums sums = {0};
  GainSums divided = {0, 0, 0};
  int64_t divided_rows = 0, divided_cost = 0;
  decide(decisions, &result.threshold, set, policy);
  for (int64_t i = 0; i < set->rows; i++) {
    uint8_t what = decisions->rows[i];
    int64_t payoff = what == ROW_ACTED ? set->money.act[i] : set->money.skip[i], cost = money_cost(set, i);
    sums.total += payoff;
    sums.squares += (__int128)payoff * payoff;
    result.acted += what == ROW_ACTED;
    result.spent += what == ROW_ACTED ? cost : 0;
    if (what != ROW_DIVIDED) continue;
    gain_sums_add(&divided, set, i);
    divided_rows++;
    divided_cost += cost;
  }
  result.value = sums.total + money_part(divided.gain, decisions->take, decisions->size);
  result.acted += money_part(divided_rows, decisions->take, decisions->size);
  result.spent += money_part(divided_cost, decisions->take, decisions->size);
  result.beyond_capacity = set->capacity.limited && result.spent > set->capacity.limit;
  if (divided_rows > 0) term_sums_divide(&sums, &divided, (double)decisions->take / (double)decisions->size);
  set_interval(&result, set, &sums, terms_of(decisions, set), confidence);
  return result;
}

// ---- against no model ----

static MoneyPolicy best_trivial(const PolicyValue *policies) {
  MoneyPolicy other = policies[MONEY_EVERYBODY].beyond_capacity ? MONEY_RANDOM : MONEY_EVERYBODY;
  bool better = policies[other].present && policies[other].value > policies[MONEY_NOBODY].value;
  return better ? other : MONEY_NOBODY;
}

// Takes the terms over.
static void fill_over_trivial(MoneyReport *report, const EvaluationSet *set, const TermSums *sums,
                              double *terms, double confidence) {
  const PolicyValue *policies = report->policies;
  int64_t floor = policies[report->best_trivial].value;
  double achievable = (double)(policies[MONEY_ORACLE].value - floor);
  double gained = (double)(policies[MONEY_MODEL].value - floor);
  bool unknown = !policies[MONEY_ORACLE].present || achievable == 0;
  report->share_of_achievable = unknown ? not_a_number : gained / achievable;
  report->over_trivial = total_of(set, sums, terms, policies[MONEY_MODEL].value - floor, confidence);
  free(terms);
}

// The sums of (share of the model - share of the other) * gain, by what both do with a row.
static TermSums compare_decisions(const Decisions *model, const Decisions *other, const EvaluationSet *set) {
  GainSums by[3][3] = {{{0, 0, 0}}};
  TermSums sums = {0};
  for (int64_t i = 0; i < set->rows; i++) gain_sums_add(&by[model->rows[i]][other->rows[i]], set, i);
  for (int a = 0; a < 3; a++) {
    for (int b = 0; b < 3; b++) {
      GainSums gains = {by[a][b].gain, 0, by[a][b].square}; // the terms are of the gain alone
      if (gains.square == 0 || (a == b && a != ROW_DIVIDED)) continue;
      if (a != ROW_DIVIDED && b != ROW_DIVIDED) {
        sums.total += a == ROW_ACTED ? gains.gain : -gains.gain;
        sums.squares += gains.square;
      } else {
        term_sums_divide(&sums, &gains, share_of(model, (uint8_t)a) - share_of(other, (uint8_t)b));
      }
    }
  }
  return sums;
}

static void compare_with_trivial(MoneyReport *report, const EvaluationSet *set, Decisions *decisions,
                                 double confidence) {
  Decisions model = {.rows = memory_get((size_t)set->rows, 1), .size = 1};
  double unused;
  report->best_trivial = best_trivial(report->policies);
  decide(decisions, &unused, set, report->best_trivial);
  decide_by_policy(&model, set);
  TermSums sums = compare_decisions(&model, decisions, set);
  double *terms = terms_of(&model, set), *other = terms_of(decisions, set);
  for (int64_t i = 0; terms != NULL && i < set->rows; i++) terms[i] -= other[i];
  fill_over_trivial(report, set, &sums, terms, confidence);
  free(other);
  free(model.rows);
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
  Decisions decisions = {.rows = memory_get((size_t)set->rows, 1), .size = 1};
  double unused;
  decide(&decisions, &unused, set, policy);
  int64_t value = decided_value(&decisions, set);
  free(decisions.rows);
  return value;
}

// Regression and multiclass: every row is acted on by its prediction.
static void report_payoffs(MoneyReport *report, const EvaluationSet *set, double confidence) {
  const int64_t *payoffs[MONEY_POLICY_COUNT] = {
      [MONEY_NOBODY] = set->money.skip, [MONEY_MODEL] = set->money.act, [MONEY_ORACLE] = set->best};
  TermSums sums = {0};
  for (int policy = 0; policy < MONEY_POLICY_COUNT; policy++) {
    report->policies[policy] = value_payoffs(payoffs[policy], set, confidence);
  }
  report->policies[MONEY_NOBODY].acted = 0;
  report->best_trivial = MONEY_NOBODY;
  report->break_even = not_a_number;
  for (int64_t i = 0; i < set->rows; i++) {
    int64_t gain = money_gain(set, i);
    sums.total += gain;
    sums.squares += (__int128)gain * gain;
  }
  double *terms = payoff_terms(set->money.act, set), *other = payoff_terms(set->money.skip, set);
  for (int64_t i = 0; terms != NULL && i < set->rows; i++) terms[i] -= other[i];
  fill_over_trivial(report, set, &sums, terms, confidence);
  free(other);
}

static void report_policies(MoneyReport *report, const EvaluationSet *set, double confidence) {
  Decisions decisions = {.rows = memory_get((size_t)set->rows, 1), .size = 1};
  PolicyValue *policies = report->policies;
  for (int policy = 0; policy < MONEY_POLICY_COUNT; policy++) {
    policies[policy] = value_policy(set, (MoneyPolicy)policy, &decisions, confidence);
  }
  report->value_of_threshold = policies[MONEY_MODEL].value - policies[MONEY_HALF].value;
  report->regret = policies[MONEY_BEST_THRESHOLD].value - policies[MONEY_MODEL].value;
  compare_with_trivial(report, set, &decisions, confidence);
  describe_gains(report, set);
  money_curves(report, set, confidence);
  free(decisions.rows);
}

void money_report(MoneyReport *report, const EvaluationSet *set, double confidence) {
  *report = (MoneyReport){.present = true, .policy = set->policy, .cut = set->cut, .capacity = set->capacity};
  report->capacity.cost = NULL; // not kept
  if (set->task == TASK_BINARY)
    report_policies(report, set, confidence);
  else
    report_payoffs(report, set, confidence);
}
