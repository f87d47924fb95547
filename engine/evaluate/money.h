// Money: thresholds, policies and their values, all in int64 millionths, so that no order of rows exists.
//
// Where a capacity cuts a block of equal keys, the block counts with its share take / size: its gains are
// added up first, then multiplied by take / size and rounded once to the nearest millionth, ties to even.
#ifndef INGOT_ENGINE_EVALUATE_MONEY_H
#define INGOT_ENGINE_EVALUATE_MONEY_H

#include "engine/evaluate/report_data.h"

// Thresholds on a probability that no score reaches, and that every score reaches.
static const double threshold_above_all = 2.0, threshold_below_all = 0.0;

// Units as millionths, rounded half to even; at most 2^62 in magnitude.
int64_t money_millionths(double units);

// payoff * weight, rounded half to even; out may be payoff. 65 where the magnitudes sum to 2^62 or more.
Status money_weigh(int64_t *out, const int64_t *payoff, const double *weights, int64_t rows, Error *error);

// Which side of a threshold to act on: below where acting gains more on average on label 0 than on label 1.
bool money_acts_below(const EvaluationSet *set);

// The threshold of largest value on a set (the validation rows), and its side by money_acts_below. Candidates
// are all cuts between blocks of equal scores, and acting on nobody or everybody. Of equal values the one
// that acts on the fewest rows. The threshold is the midpoint of the two scores beside the cut (the upper
// score where no binary64 lies between), or threshold_above_all, threshold_below_all. The capacity is left
// out of account: it limits what the threshold lets through.
Policy money_best_threshold(const EvaluationSet *set);

// The policy a business section asks for, frozen on validation rows: all but POLICY_FROZEN, which a run has.
Policy money_policy(const BusinessConfig *business, const EvaluationSet *validation);

// The capacity that a business section gives `rows` rows; cost [rows] is needed for a budget, and where rows
// have weights (then 10^6 times the weight); else NULL.
Capacity money_capacity(const CapacityConfig *config, int64_t rows, const int64_t *cost);

// Sets the cut of a set by its scores, policy and capacity, and the threshold of POLICY_CAPACITY: the lowest
// (acting below: the highest) that includes the cut block. A set without a capacity stays as it is: rows out
// of one that was limited keep its cut.
void money_limit(EvaluationSet *set);

// listed[row]: whether a limited set's policy acts on the row when rows cannot be divided: of the cut block
// those with the lowest SHA-256 of their id, in turn until the next would pass the capacity.
void money_list(bool *listed, const EvaluationSet *set, const char *const *ids);

// Value of the model's policy: the sum of act where it acts, of skip where not.
int64_t money_value(const EvaluationSet *set);

// Value of a policy of the table on a set's payoffs; nobody, everybody and random do not look at them.
int64_t money_policy_value(const EvaluationSet *set, MoneyPolicy policy);

// parts[of[row]]: what the rows of each of `count` parts add to money_value; they sum to it exactly. The cut
// block's share is rounded as it is cumulated, part after part.
void money_parts(int64_t *parts, int count, const EvaluationSet *set, const int8_t *of);

// What money_value owes to a row, in units: its influence (Hampel 1974), skip + share * (gain - use * price)
// + price * what the row brings of the capacity (CapacityPrice), all but the last of it its payoff where
// nothing is cut. They sum to money_value, the share of the cut block unrounded, and their spread is that of
// money_value over data sets, where the number of rows acted on is fixed and not who they are.
double money_term(const EvaluationSet *set, int64_t row);

// Money of all policies with intervals, and the curves. set->money.act is not NULL; the set is limited
// (money_limit).
void money_report(MoneyReport *report, const EvaluationSet *set, double confidence);

// What a gate on value can show beforehand, from labels and payoffs alone: half the width, in units, of the
// interval of the difference of two models that decide differently on the share `differing` of the rows, in
// both directions alike: t sqrt(rows * differing * mean gain^2). NaN below two rows.
double money_resolution(const EvaluationSet *set, double differing, double confidence);

// The class of least expected cost, sum over c of scores[c] * costs[c, d]; the lowest of equals (Elkan 2001).
int money_cheapest(const double *scores, const double *costs, int classes);

// What acting on a row is expected to gain, in millionths: score * gain_if_one + (1 - score) * gain_if_zero.
double money_expected_gain(double score, int64_t gain_if_one, int64_t gain_if_zero);

#endif
