// What a verdict in money hangs on: the difference of two values as each parameter moves through its range.
//
// The policies stay as they were frozen; only the payoffs change. The engine asks for differences, the tools
// evaluate payoffs: engine/evaluate knows no expressions.
#ifndef INGOT_ENGINE_EVALUATE_MONEY_SENSITIVITY_H
#define INGOT_ENGINE_EVALUATE_MONEY_SENSITIVITY_H

#include "engine/shared/config.h"
#include "engine/shared/status.h"

#include <stdint.h>

enum {
  SENSITIVITY_REACH = 4,          // how far beyond its range a parameter is followed, in widths of that side
  SENSITIVITY_STEPS = 24,         // evaluations that a search for one change of sign may take
  SENSITIVITY_ROW_LIMIT = 1 << 25 // rows evaluated for one report, over all parameters
};

typedef struct SensitivityItem {
  int parameter; // of business.params
  double value, low, high;
  int64_t delta_low, delta_high; // millionths
  double flips_at;               // NaN where the sign stays within the reach, or changes at 0 or a rate of 1
  bool wins_above;               // at flips_at: the delta is positive above it, negative below
} SensitivityItem;

// Sorted by swing |delta_high - delta_low|, largest first; equal ones by the name of the parameter.
typedef struct Sensitivity {
  int64_t delta; // at the values; millionths
  SensitivityItem *items;
  int count;
  int left_out;        // parameters with a range that no evaluation was left for
  int64_t evaluations; // of the payoffs on all rows
} Sensitivity;

// The difference with parameter number `parameter` at `at` and all others at their values. In error->status
// STATUS_DATA and STATUS_CONFIG say that there is no payoff there (a division by zero): the search ends.
typedef Status (*DeltaFunction)(void *context, int64_t *delta, int parameter, double at, Error *error);

// `delta` at the values; `rows` are judged. Each parameter with low < high is evaluated at both ends; then
// the smallest change is searched at which the sign of the delta changes: within the range, else up to
// SENSITIVITY_REACH times as far on that side, yet short of 0 where the range is on one side of it, no
// further than the range where that ends beyond 0, and short of 1 for rates. Where the payoffs are linear in
// the parameter the secant hits, and one more evaluation confirms it; else false position and bisection take
// turns.
Status sensitivity_of(Sensitivity *sensitivity, const BusinessConfig *business, int64_t delta, int64_t rows,
                      DeltaFunction function, void *context, Error *error);
void sensitivity_free(Sensitivity *sensitivity);

// Risk of the decision: parameters drawn from triangular distributions over [low, high] with their value as
// the mode, each with its own effect on the delta (straight lines between low, value and high, added up), and
// the rows drawn anew: a replicate of the bootstrap, or a normal deviate times the standard error.
typedef struct Risk {
  int draws; // 0: not computed
  double probability_of_loss;
  int64_t value_at_risk; // 5 % quantile of the delta, millionths
} Risk;

enum { RISK_DRAWS = 2000, RISK_SEED = 20 };

// replicates [count] of the delta in units, or NULL: `delta` in millionths and its standard error in units.
// Draw d takes replicate d modulo count, and Philox words of the counter (d, parameter, 0, kind 7).
Risk risk_of(const Sensitivity *sensitivity, double standard_error, const double *replicates, int count);

#endif
