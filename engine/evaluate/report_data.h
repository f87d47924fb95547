// What evaluation and comparison find: plain data that io/report writes as report.json.
//
// Numbers that do not exist are NaN. Money is int64 millionths of the unit (MONEY_SCALE). Metric pointers
// point into the registry (metrics.h). Sizes do not depend on the rows.
#ifndef INGOT_ENGINE_EVALUATE_REPORT_DATA_H
#define INGOT_ENGINE_EVALUATE_REPORT_DATA_H

#include "engine/evaluate/metrics.h"
#include "engine/evaluate/money/sensitivity.h"

enum {
  CURVE_POINTS = 256,
  CALIBRATION_BINS = 15,
  CALIBRATED_CLASSES = 30,
  GAINS_ROWS = 11,
  REASON_TEXT = 320,
  CHECK_TEXT = 240
};

// A value and its two-sided interval at gates.confidence.
typedef struct Estimate {
  double value;
  IntervalMethod method;
  double low, high;      // NaN where method is INTERVAL_NONE
  double standard_error; // of the value (RMSE: by the delta method)
  double p_value;        // two-sided, of no difference; NaN except for differences
} Estimate;

typedef struct MetricResult {
  const Metric *metric;
  Estimate estimate; // value: money in units, the total over the rows
  bool few_events;   // too few for the interval to be trusted; `note` says what
  int64_t n, events; // rows that count (recall: positives), and the fewest of a class among them
  const char *note;  // one sentence for people; NULL where there is none
} MetricResult;

// One cut between two blocks of equal scores: what happens where every score >= `threshold` is taken.
typedef struct CurvePoint {
  double threshold;
  double true_positives, false_positives; // weights of rows at or above the threshold, by label
  int64_t acted;                          // rows the policy would act on with this threshold
  int64_t value;                          // its value in millionths; 0 without money
} CurvePoint;

// Equal-mass bins of the score (binary) or the prediction (regression); equal scores share a bin.
typedef struct CalibrationBin {
  int64_t first, rows; // places in the order of scores
  double weight;
  double low_score, high_score; // smallest and largest
  double mean_score, mean_label;
  double spread;    // variance of the weighted sum of labels, were they drawn from the scores (binary)
  double low, high; // interval of mean_label: Wilson (binary without weights), else t
} CalibrationBin;

// Brier = miscalibration - discrimination + uncertainty.
typedef struct BrierParts {
  double miscalibration, discrimination, uncertainty;
} BrierParts;

// Calibration error that a perfectly calibrated model with the same scores would show.
typedef struct NoiseFloor {
  double mean, q95;
} NoiseFloor;

// One class of several against all others: its bins, their error, and what chance alone would show.
typedef struct ClassCalibration {
  int bin_count;
  CalibrationBin bins[CALIBRATION_BINS];
  double error;
  NoiseFloor noise_floor;
} ClassCalibration;

// The rows of highest score taken, equal scores in part: one line of the gains table.
typedef struct GainsRow {
  double top;          // share of the rows
  double rows, events; // weights: of the rows taken, and of those with label 1 among them
  double precision, lift, capture;
  int64_t value; // of acting on them (where acting below: on the others), millionths; 0 without money
} GainsRow;

typedef struct ClassResult { // binary and multiclass, from the confusion matrix
  double support;            // weight of rows with this label
  double precision, recall, f1;
} ClassResult;

typedef enum MoneyPolicy {
  MONEY_NOBODY,
  MONEY_EVERYBODY,
  MONEY_RANDOM, // every row with the same share: the capacity's, or that of the rows the model acts on
  MONEY_MODEL,  // the frozen policy: the one that gates use
  MONEY_HALF,   // the model at threshold 0.5
  MONEY_BEST_THRESHOLD, // after the fact, optimistic
  MONEY_ORACLE,         // the rows where acting gains, those first that gain most for what they use
  MONEY_POLICY_COUNT
} MoneyPolicy;

const char *money_policy_name(MoneyPolicy policy); // "nobody", "everybody", "model", ...

typedef struct PolicyValue {
  bool present;         // regression and multiclass know nobody, the model and the oracle alone
  bool beyond_capacity; // everybody, where that is more than the capacity
  double threshold;     // NaN where the policy has none
  int64_t acted;        // rows, the cut block's share rounded
  int64_t spent;        // what it uses of a budget, millionths; without one acted
  int64_t value;        // total over the rows, millionths
  int64_t low, high;
} PolicyValue;

enum { MONEY_CURVE_POINTS = 101 };

// Value where the policy's order of rows is followed up to x, with the pointwise interval of that value (rows
// as independent, also where they hang together).
typedef struct MoneyCurve {
  int count;
  double x[MONEY_CURVE_POINTS]; // share of the rows (profit); rows or units of a budget (capacity)
  int64_t value[MONEY_CURVE_POINTS], low[MONEY_CURVE_POINTS], high[MONEY_CURVE_POINTS];
} MoneyCurve;

typedef struct MoneyReport {
  bool present;
  Policy policy;     // of the model
  PolicyCut cut;     // where the capacity ends
  Capacity capacity; // cost is not kept
  PolicyValue policies[MONEY_POLICY_COUNT];
  MoneyPolicy best_trivial; // nobody, everybody or (where that is beyond the capacity) random: the one worth
                            // most, the first of equals
  double share_of_achievable; // (model - best trivial) / (oracle - best trivial); NaN where that is 0 / 0
  int64_t value_of_threshold; // model - half
  int64_t regret;             // best threshold - model
  Estimate over_trivial;      // model - best trivial in units, paired
  // Share of label 1 (of label 0 where the policy acts below) among the rows acted on at which acting gains
  // nothing: -g0 / (g1 - g0) of the mean gains by label; NaN where both have one sign.
  double break_even;
  bool never_loses, never_gains; // acting, on any row: then no model is needed, or a sign is wrong
  MoneyCurve profit, by_capacity;
  Sensitivity sensitivity;
  Risk risk;
} MoneyReport;

typedef struct EvaluationReport {
  Task task;
  int64_t rows;
  double weight;     // sum of weights
  int classes;       // of the confusion matrix: 2 for binary, K, 0 for regression
  int64_t positives; // rows with label 1 (binary)
  double mean_label; // weighted; binary: prevalence; NaN for multiclass
  double mean_score; // weighted; NaN for multiclass
  double confidence; // of every interval here
  double threshold;  // binary: at which classes are predicted; else NaN
  int64_t clipped;   // rows whose probability was clipped in log loss
  int metric_count;  // in registry order
  MetricResult results[METRIC_LIMIT];
  // [classes, classes]: weight of rows by (label, class); with payoffs (binary) the class is the decision's,
  // `of_decisions` (decided_class), else the predicted one. beside_threshold: some row's decision is not what
  // its side of the threshold says (expected gain, a list that a capacity ends within a block).
  double *confusion;
  bool of_decisions, beside_threshold;
  ClassResult *by_class; // [classes]
  int bin_count;         // binary and regression
  CalibrationBin bins[CALIBRATION_BINS];
  double calibration_error; // equal-mass ECE: sum of weight share times |mean label - mean score| (binary)
  // Binary: calibration slope and intercept, Brier's parts, and what chance alone would show as ECE.
  Estimate calibration_slope, calibration_intercept;
  BrierParts brier_parts;
  NoiseFloor noise_floor;
  // Multiclass, at most CALIBRATED_CLASSES: [classes]; calibration_error and noise_floor.mean are the means
  // over the classes. NULL otherwise.
  ClassCalibration *class_calibration;
  int gains_count; // binary: at 5, 10, 20, ..., 100 % of the rows
  GainsRow gains[GAINS_ROWS];
  int point_count; // binary: cuts from "nobody at or above" to "everybody", scores descending
  CurvePoint points[CURVE_POINTS];
  MoneyReport money;
  Replicates *replicates; // of the metrics whose interval is resampled; NULL: none is
} EvaluationReport;

// Two models on the same rows. Deltas are oriented: positive = the challenger is better.
typedef struct MetricDifference {
  const Metric *metric;
  Estimate champion, challenger;
  Estimate delta;
  bool few_events; // of the one or the other; n, events, note as in MetricResult
  int64_t n, events;
  const char *note;
} MetricDifference;

// Rows only one of the two models selects (acts on; without money: predicts to be class 1). Binary.
typedef struct SwapSet {
  int64_t both, neither;
  int64_t in, out;                     // only the challenger; only the champion
  int64_t in_positives, out_positives; // of these, label 1
  int64_t in_gain, out_gain;           // sum of act - skip of these, millionths
} SwapSet;

typedef enum GateKind { GATE_PRIMARY, GATE_GUARDRAIL, GATE_VALIDITY, GATE_SLICE } GateKind;
typedef enum GateResult { RESULT_PASS, RESULT_FAIL, RESULT_UNKNOWN, RESULT_NOT_APPLICABLE } GateResult;

// What is known beyond the arrays of one model: that it was not trained on the judged rows, that its
// threshold was not chosen on them, that they are not older than its training rows. A failed one is HOLD, one
// that nobody can tell is no pass.
typedef struct ValidityCheck {
  const char *id;        // "threshold_frozen"
  const char *role;      // "champion" or "challenger": which model
  GateResult result;     // pass, fail, unknown
  bool stated;           // by whoever made the model; not found by comparing rows
  char text[CHECK_TEXT]; // one clause with the model's name
} ValidityCheck;

typedef struct GateOutcome {
  GateKind kind;
  const Metric *metric; // NULL for validity
  GateRule rule;
  double margin;   // in the metric's unit, also where the rule was relative
  bool relative;   // the margin was given as a fraction of the champion's metric
  bool warning;    // passes, and deserves a look: suspicious, undecided
  Estimate judged; // the oriented delta (superior, not_worse) or the challenger's metric (at_least, at_most)
  double confidence; // of judged; higher than the others' where several challengers are tested at once
  GateResult result;
  const char *slice; // GATE_SLICE: the column, of the configuration; `judged` is of the slice that decides
  char *group;       // GATE_SLICE: which, "Contract = One year"; NULL: no slice could be judged
  const char *slice_value;    // its value there, of the slices; NULL: none decides
  bool too_few;               // that slice has too few events for prove_safe
  const ValidityCheck *check; // GATE_VALIDITY; the caller's
  int64_t rows_needed; // undecided: at which it would be decided, see Verdict; 0: not known, or none would
  char id[64]; // "primary.value", "guardrail.auc", "validity.rows_unseen.champion", "slice.Contract.value"
  char text[REASON_TEXT]; // one clause: "primary.value: low = -180 <= 0"
} GateOutcome;

// The reason of a comparison of an intersection, to which reports add how much that is.
#define REASON_PARTIAL "only the rows that all models scored were compared"

typedef enum VerdictState {
  VERDICT_SHIP,
  VERDICT_HOLD,
  VERDICT_INCONCLUSIVE,
  VERDICT_FIRST,
  VERDICT_UNDECIDED,
  VERDICT_IDENTICAL
} VerdictState;

typedef struct Verdict {
  VerdictState state;
  GateOutcome *gates; // validity, primary, guardrails, slices
  int gate_count;
  char (*reasons)[REASON_TEXT]; // why not SHIP, or that everything passed; at least one
  int reason_count;
  // INCONCLUSIVE: rows at which the undecided rule that needs most would be decided with power 0.8, were the
  // observed difference the true one, and its id (points into gates); 0 and NULL where nothing is undecided
  // or no number of rows would do. `for_challenger`: that rule would pass.
  int64_t rows_needed;
  const char *rows_needed_for;
  bool for_challenger;
  // Expected loss of the wrong choice in units of `loss_metric` (value where it is known, else the primary):
  // of shipping E[max(0, -delta)], of holding E[max(0, delta)]; NaN and NULL where unknown.
  const Metric *loss_metric;
  double loss_of_shipping, loss_of_holding;
} Verdict;

// Stuart and Maxwell's test of whether two models predict the classes at the same rates.
typedef struct Homogeneity {
  double statistic;
  int df; // 0: not made
  double p_value;
} Homogeneity;

typedef struct Comparison {
  int64_t rows;
  double confidence;
  int metric_count; // in registry order
  MetricDifference metrics[METRIC_LIMIT];
  bool has_swap; // binary
  SwapSet swap;
  Homogeneity homogeneity; // multiclass
  Verdict verdict;
  Replicates *replicates; // of both models and every metric (resample/replicates.h); NULL: no row hashes
} Comparison;

const char *verdict_state_name(VerdictState state); // "SHIP", ...
const char *gate_result_name(GateResult result);    // "pass", "fail", "unknown", "not_applicable"
const char *gate_kind_name(GateKind kind);          // "primary", ...

void evaluation_report_clear(EvaluationReport *report);
void verdict_clear(Verdict *verdict);
void comparison_clear(Comparison *comparison);

#endif
