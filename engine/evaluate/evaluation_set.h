// The rows a model is judged on, as plain arrays: labels, weights, scores, payoffs. Nothing is owned.
//
// Every function of engine/evaluate gives the same bits for every order of the rows: sums are exact
// (engine/shared/exact_sum.h), money is in integers, equal scores are one block. No libm.
#ifndef INGOT_ENGINE_EVALUATE_EVALUATION_SET_H
#define INGOT_ENGINE_EVALUATE_EVALUATION_SET_H

#include "engine/shared/config.h"
#include "engine/shared/status.h"

#include <stdbool.h>
#include <stdint.h>

enum { MONEY_SCALE = 1000000 }; // integers of money a unit: millionths

// When the model acts. A row is predicted to be class 1 where score >= threshold; the model acts on these
// rows, or on the others where `act_below` (acting pays for label 0: granting a credit). Thresholds of
// nobody and everybody: see money.h. POLICY_EXPECTED_GAIN acts where
// score * gain(label 1) + (1 - score) * gain(label 0) > 0; its threshold (0.5) only predicts classes.
// POLICY_CAPACITY wants every row, best scores first; its threshold is where the capacity ends (money_limit).
typedef struct Policy {
  PolicyKind kind;
  double threshold;
  bool act_below;
} Policy;

static const Policy policy_default = {POLICY_THRESHOLD, 0.5, false};

// How much a policy may act on: rows in the order of their keys (policy_key) until this is used up.
typedef struct Capacity {
  bool limited;
  int64_t limit;       // rows; with `cost` the sum of costs, in millionths
  const int64_t *cost; // [rows] >= 0, weights applied; NULL: every row counts 1
  bool shared;         // a share of what all rows would use: other rows with other costs have another limit
} Capacity;

// What a capacity is worth at its end. Acting on one row more leaves another one out: it costs its use times
// `gain`, what the rows about the cut gain for one unit of the capacity, in millionths. A row brings
// for_row + for_use * use of the capacity with it: limit / rows, or the share that the limit is of all use.
typedef struct CapacityPrice {
  double gain, for_row, for_use; // zeros: rows do not compete
} CapacityPrice;

// Where a capacity ends among the rows of a set. Of the rows that the policy wants, those with a larger key
// are acted on, those with this key (one block) to the share take / size, those with a smaller one not.
typedef struct PolicyCut {
  bool limited; // false: nothing that the policy wants is beyond the capacity
  double key;
  int64_t take, size; // 0 <= take < size: what is left for the block, and what it would use
  CapacityPrice price;
} PolicyCut;

// Payoffs in millionths of the unit, each [rows]; weights are applied already (money_weigh). Regression: act
// is that of acting on these predictions; multiclass: that of these decisions, skip that of the best single
// one.
typedef struct Money {
  const int64_t *act, *skip; // NULL: no business definition
  // What acting gains if the label were 1, and 0: only for POLICY_EXPECTED_GAIN, else NULL.
  const int64_t *gain_if_one, *gain_if_zero;
} Money;

typedef struct Frame Frame; // engine/preprocess/frame.h
typedef struct ScoreBlocks ScoreBlocks;
typedef struct MetricFacts MetricFacts;
typedef struct Replicates Replicates;

// How the paired bootstrap draws (resample/replicates.h); zeros: the usual number, seed 0, all cores.
typedef struct Resampling {
  int replicates, threads;
  uint64_t seed;
} Resampling;

typedef struct EvaluationSet {
  Task task;
  int64_t rows;
  int classes;           // multiclass: K >= 2; else 1
  const double *labels;  // [rows]: 0 or 1; class number 0..K-1; target
  const double *weights; // [rows], finite, >= 0; NULL = all 1
  const double *scores;  // [rows, classes]: probability of label 1; of each class; prediction
  const double *ends;    // [rows, 2] regression: lower and upper end of each prediction interval; NULL = none
  Policy policy;         // binary
  Capacity capacity;     // binary
  PolicyCut cut;         // binary: of these scores, policy and capacity (money_limit)
  const bool *listed;    // [rows] binary: the rows that the cut leaves (money_list); NULL: see policy_acts
  const int64_t *best;   // [rows] regression, multiclass: what the right prediction is worth; NULL: unknown
  Money money;           // binary
  const double *costs;   // multiclass: [classes, classes] by (label, decision), finite; NULL = none
  // binary: of these scores, so that metrics need not sort again (score_blocks_new); NULL = each one sorts
  const ScoreBlocks *blocks;
  const Frame *slices; // columns that rows are grouped by, the same rows in the same order; NULL = none
  MetricFacts *facts;  // cache of what several metrics need (metrics/facts.h); NULL = each computes it
  // [rows] first 8 bytes, little-endian, of the SHA-256 of the row id's text; NULL = no bootstrap. Of the
  // cluster's text, where rows of a cluster are kept or dropped together: every interval allows for it; NULL
  // = independent.
  const uint64_t *row_hash, *cluster_hash;
  Resampling resampling;
  // Of these rows, this set being model number `replicate`, so that intervals need not resample again; NULL =
  // each metric that has no other interval does.
  const Replicates *replicates;
  int replicate;
  const char *const *ids; // [rows] that messages name rows by; NULL = by number
} EvaluationSet;

enum { ROW_NAME = 112 };

// How messages name a row: "row 'c12'" or, without ids, "row 3 (row 1 is the first)". Returns `name`.
const char *evaluation_row_name(char name[ROW_NAME], const EvaluationSet *set, int64_t row);

// 65 with the first bad row: no rows, 2^32 or more, a label outside its range, a score that is not finite or
// no probability, the ends of an interval that are not
// finite or in order, a bad weight, weights that sum to 0, payoffs whose magnitudes sum to 2^62 or more.
Status evaluation_set_check(const EvaluationSet *set, Error *error);

// What row_hash and cluster_hash hold of a text.
uint64_t evaluation_hash(const char *text);

// Whether the model's policy wants to act on a row, whatever the capacity; always where the target is not
// binary.
bool policy_wants(const EvaluationSet *set, int64_t row);

// What the policy orders rows by, largest first: under POLICY_EXPECTED_GAIN the expected gain (a unit of
// weight's), else the score, or its negative where the policy acts below its threshold.
double policy_key(const EvaluationSet *set, int64_t row);

// How much of a row is acted on: 0, 1, or take / size in the block that the capacity cuts.
double policy_share(const EvaluationSet *set, int64_t row);

// Whether the row is on the list of those acted on: policy_share, with the cut block's rows by `listed`;
// where that is NULL the cut block's rows count as acted on.
bool policy_acts(const EvaluationSet *set, int64_t row);

// Whether a row is selected: acted on or, without money, predicted to be class 1 (binary).
bool policy_selects(const EvaluationSet *set, int64_t row);

// Rows rows[0..count) of a set, copied, with their blocks (none for multiclass); without ids, slice
// columns, facts and replicates, which are of all rows.
typedef struct EvaluationSubset {
  EvaluationSet set;
  double *labels, *weights, *scores, *ends;
  int64_t *money[4];
  uint64_t *row_hash, *cluster_hash;
  ScoreBlocks *blocks;
} EvaluationSubset;

void evaluation_subset(EvaluationSubset *subset, const EvaluationSet *set, const int64_t *rows,
                       int64_t count);
void evaluation_subset_free(EvaluationSubset *subset);

#endif
