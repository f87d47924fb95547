// Names of what reports hold, and its clearing.
#include "engine/evaluate/report_data.h"

#include "engine/evaluate/resample/replicates.h"

#include <stdlib.h>
#include <string.h>

const char *money_policy_name(MoneyPolicy policy) {
  static const char *const names[] = {"nobody", "everybody",      "random", "model",
                                      "half",   "best_threshold", "oracle"};
  return names[policy];
}

const char *verdict_state_name(VerdictState state) {
  static const char *const names[] = {"SHIP", "HOLD", "INCONCLUSIVE", "FIRST", "UNDECIDED", "IDENTICAL"};
  return names[state];
}

const char *gate_result_name(GateResult result) {
  static const char *const names[] = {"pass", "fail", "unknown", "not_applicable"};
  return names[result];
}

const char *gate_kind_name(GateKind kind) {
  static const char *const names[] = {"primary", "guardrail", "validity", "slice"};
  return names[kind];
}

void evaluation_report_clear(EvaluationReport *report) {
  free(report->confusion);
  free(report->by_class);
  free(report->class_calibration);
  replicates_free(report->replicates);
  sensitivity_free(&report->money.sensitivity);
  memset(report, 0, sizeof *report);
}

void verdict_clear(Verdict *verdict) {
  for (int i = 0; i < verdict->gate_count; i++) free(verdict->gates[i].group);
  free(verdict->gates);
  free(verdict->reasons);
  memset(verdict, 0, sizeof *verdict);
}

void comparison_clear(Comparison *comparison) {
  verdict_clear(&comparison->verdict);
  replicates_free(comparison->replicates);
  memset(comparison, 0, sizeof *comparison);
}
