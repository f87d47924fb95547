// Private to engine/evaluate: the rules of gates, which read intervals and never points, and the verdict that
// follows.
#ifndef INGOT_ENGINE_EVALUATE_VERDICT_GATES_H
#define INGOT_ENGINE_EVALUATE_VERDICT_GATES_H

#include "engine/evaluate/evaluate.h"

// The challenger's metrics and, where there is a champion, the oriented differences; NULL: no champion.
typedef struct Judged {
  const MetricResult *results; // without a champion
  const MetricDifference *differences;
  int count;
  int64_t rows;
  double confidence;
  // The primary rule's difference, at a confidence of its own; NULL: as in differences.
  const Estimate *primary;
  const Replicates *replicates; // of both models, which price the choices; NULL: the normal distribution does
  double primary_confidence;    // of `primary`
} Judged;

// Where the interval must lie above (at_most, suspicious: below).
double gate_bound(const GateOutcome *gate);

// ---- gates_slices.c ----

bool gate_is_of_slice(const Gate *gate);

// Rules about slices: those of guardrails and, where there is a primary rule and a champion, detect_harm of
// its metric on every other column. Writes them to `out` (NULL: none) and returns how many there are.
int slice_gates(GateOutcome *out, const Judged *judged, const GatesConfig *gates, const Validity *validity);

void verdict_of(Verdict *verdict, const Judged *judged, const GatesConfig *gates, const Validity *validity);

#endif
