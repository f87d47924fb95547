// Rules, their results, and the verdict.
//
//     rule          pass      fail      else
//     superior d    L > d     U <= d    unknown      of the oriented difference
//     not_worse m   L > -m    U < -m    unknown
//     at_least a    L >= a    U < a     unknown      of the challenger's metric
//     at_most a     U <= a    L > a     unknown
//     suspicious c  U <= c, or the difference itself < c, with a warning; fails where L > c
//
// A relative margin is a fraction of |champion|, and decides nothing where the champion's interval holds 0.
#include "engine/evaluate/verdict/gates.h"

#include "engine/evaluate/resample/replicates.h"
#include "engine/evaluate/statistics/statistics.h"
#include "engine/shared/math64.h"
#include "engine/shared/memory.h"

#include <stdio.h>
#include <string.h>

static const double power = 0.8, most_rows = 1e15; // of rows_needed

// ---- one rule ----

double gate_bound(const GateOutcome *gate) {
  return gate->rule == GATE_NOT_WORSE ? 0 - gate->margin : gate->margin; // 0 - 0 is 0, -0 is not
}

static GateResult judge(const GateOutcome *gate) {
  double low = gate->judged.low, high = gate->judged.high, bound = gate_bound(gate);
  if (gate->judged.method == INTERVAL_NONE) return RESULT_UNKNOWN; // missing evidence is never a pass
  switch (gate->rule) {
  case GATE_SUPERIOR:
    return low > bound ? RESULT_PASS : high <= bound ? RESULT_FAIL : RESULT_UNKNOWN;
  case GATE_NOT_WORSE:
    return low > bound ? RESULT_PASS : high < bound ? RESULT_FAIL : RESULT_UNKNOWN;
  case GATE_AT_LEAST:
    return low >= bound ? RESULT_PASS : high < bound ? RESULT_FAIL : RESULT_UNKNOWN;
  case GATE_AT_MOST:
    return high <= bound ? RESULT_PASS : low > bound ? RESULT_FAIL : RESULT_UNKNOWN;
  case GATE_SUSPICIOUS:
    return low > bound ? RESULT_FAIL : RESULT_PASS;
  case GATE_DETECT_HARM:
  case GATE_PROVE_SAFE: // engine/evaluate/verdict/gates_slices.c
  case GATE_RULE_COUNT:
    break;
  }
  return RESULT_UNKNOWN;
}

// "primary.value: low = -180 <= 0"
static void explain(GateOutcome *gate) {
  double bound = gate_bound(gate);
  bool below = gate->rule == GATE_AT_MOST || gate->rule == GATE_SUSPICIOUS;
  bool upper = below ? gate->result != RESULT_FAIL : gate->result == RESULT_FAIL;
  double end = upper ? gate->judged.high : gate->judged.low;
  // At its very bound only at_least holds from above; every other rule is met, or missed, by "at most".
  const char *at_bound = gate->rule == GATE_AT_LEAST ? ">=" : "<=";
  const char *sign = end > bound ? ">" : end == bound ? at_bound : "<";
  if (gate->margin != gate->margin)
    snprintf(gate->text, sizeof gate->text,
             "%s: a relative margin decides nothing where the champion's interval holds 0", gate->id);
  else if (gate->result == RESULT_NOT_APPLICABLE)
    snprintf(gate->text, sizeof gate->text, "%s: needs a champion to compare with", gate->id);
  else if (gate->judged.method == INTERVAL_NONE)
    snprintf(gate->text, sizeof gate->text, "%s: %.6g without an interval: it cannot be decided", gate->id,
             gate->judged.value);
  else
    snprintf(gate->text, sizeof gate->text, "%s: %s = %.6g %s %.6g%s", gate->id, upper ? "high" : "low", end,
             sign, bound,
             gate->rule == GATE_SUSPICIOUS && gate->result == RESULT_FAIL
                 ? ": too good to be true; look for leakage of the target"
                 : "");
}

// NaN where the champion's metric may be 0.
static double relative_margin(double fraction, const Estimate *champion) {
  if (!(champion->low > 0) && !(champion->high < 0)) return __builtin_nan("");
  return fraction * (champion->value < 0 ? -champion->value : champion->value);
}

static void judge_gate(GateOutcome *gate, GateKind kind, const Gate *rule, const Judged *judged) {
  *gate = (GateOutcome){.kind = kind,
                        .rule = rule->rule,
                        .margin = rule->margin,
                        .relative = rule->relative,
                        .result = RESULT_NOT_APPLICABLE};
  snprintf(gate->id, sizeof gate->id, "%s.%s", gate_kind_name(kind), rule->metric);
  for (int i = 0; i < judged->count; i++) {
    const Metric *metric =
        judged->differences != NULL ? judged->differences[i].metric : judged->results[i].metric;
    if (strcmp(metric->name, rule->metric) != 0) continue;
    gate->metric = metric;
    if (judged->differences != NULL)
      gate->judged = gate_rule_is_relative(rule->rule) ? judged->differences[i].delta
                                                       : judged->differences[i].challenger;
    else if (!gate_rule_is_relative(rule->rule))
      gate->judged = judged->results[i].estimate;
    else
      break;
    gate->confidence = judged->confidence;
    if (kind == GATE_PRIMARY && gate_rule_is_relative(rule->rule) && judged->primary != NULL)
      gate->judged = *judged->primary, gate->confidence = judged->primary_confidence;
    if (rule->relative) gate->margin = relative_margin(rule->margin, &judged->differences[i].champion);
    gate->result = gate->margin == gate->margin ? judge(gate) : RESULT_UNKNOWN;
    gate->warning = rule->rule == GATE_SUSPICIOUS && gate->result == RESULT_PASS &&
                    !(gate->judged.high <= gate->margin || gate->judged.value < gate->margin);
  }
  explain(gate);
}

static void judge_validity(GateOutcome *gate, const ValidityCheck *check) {
  *gate = (GateOutcome){.kind = GATE_VALIDITY, .result = check->result, .check = check};
  snprintf(gate->id, sizeof gate->id, "validity.%s.%s", check->id, check->role);
  snprintf(gate->text, sizeof gate->text, "%s: %s", gate->id, check->text);
}

// One model is neither better nor worse than itself.
static void drop_relative(Verdict *verdict) {
  for (int i = 0; i < verdict->gate_count; i++) {
    GateOutcome *gate = &verdict->gates[i];
    if (gate->kind == GATE_VALIDITY || (gate->kind != GATE_SLICE && !gate_rule_is_relative(gate->rule)))
      continue;
    gate->result = RESULT_NOT_APPLICABLE;
    snprintf(gate->text, sizeof gate->text, "%s: both are the same model", gate->id);
  }
}

// ---- the verdict ----

static void judge_all(Verdict *verdict, const Judged *judged, const GatesConfig *gates,
                      const Validity *validity) {
  int checks = validity == NULL ? 0 : validity->count;
  int rules = gates == NULL ? 0 : gates->guardrail_count + gates->has_primary;
  int slices = slice_gates(NULL, judged, gates, validity);
  verdict->gates = memory_get((size_t)(checks + rules + slices), sizeof *verdict->gates);
  for (int i = 0; i < checks; i++)
    judge_validity(&verdict->gates[verdict->gate_count++], &validity->checks[i]);
  if (rules == 0) return;
  if (gates->has_primary)
    judge_gate(&verdict->gates[verdict->gate_count++], GATE_PRIMARY, &gates->primary, judged);
  for (int i = 0; i < gates->guardrail_count; i++) {
    if (gate_is_of_slice(&gates->guardrails[i])) continue;
    judge_gate(&verdict->gates[verdict->gate_count++], GATE_GUARDRAIL, &gates->guardrails[i], judged);
  }
  verdict->gate_count += slice_gates(&verdict->gates[verdict->gate_count], judged, gates, validity);
}

static int count_results(const Verdict *verdict, GateResult result) {
  int count = 0;
  for (int i = 0; i < verdict->gate_count; i++) count += verdict->gates[i].result == result;
  return count;
}

static int count_rules(const Verdict *verdict) {
  int count = 0;
  for (int i = 0; i < verdict->gate_count; i++) count += verdict->gates[i].kind != GATE_VALIDITY;
  return count;
}

static VerdictState state_of(const Verdict *verdict, bool has_champion, bool has_primary,
                             const Validity *validity) {
  if (validity != NULL && validity->identical) return VERDICT_IDENTICAL;
  if (count_results(verdict, RESULT_FAIL) > 0) return VERDICT_HOLD;
  if (count_rules(verdict) == 0) return VERDICT_UNDECIDED;
  if (count_results(verdict, RESULT_UNKNOWN) > 0) return VERDICT_INCONCLUSIVE;
  if (validity != NULL && validity->partial) return VERDICT_INCONCLUSIVE;
  if (!has_champion) return VERDICT_FIRST;
  return has_primary ? VERDICT_SHIP : VERDICT_INCONCLUSIVE;
}

static void add_reason(Verdict *verdict, const char *text) {
  verdict->reasons =
      memory_grow(verdict->reasons, (size_t)verdict->reason_count + 1, sizeof *verdict->reasons);
  snprintf(verdict->reasons[verdict->reason_count++], REASON_TEXT, "%s", text);
}

static void add_first(Verdict *verdict) {
  char text[REASON_TEXT];
  int relative = count_results(verdict, RESULT_NOT_APPLICABLE), absolute = count_rules(verdict) - relative;
  if (relative == 0)
    snprintf(text, sizeof text, "no champion to compare with; every absolute rule passed");
  else
    snprintf(text, sizeof text, "no champion to compare with: %d rule%s could not be asked; %s", relative,
             relative == 1 ? "" : "s",
             absolute > 0 ? "every absolute rule passed" : "there is no absolute rule");
  add_reason(verdict, text);
}

static void give_reasons(Verdict *verdict, bool has_primary, const Validity *validity) {
  GateResult wanted = verdict->state == VERDICT_HOLD ? RESULT_FAIL : RESULT_UNKNOWN;
  bool decided = verdict->state == VERDICT_HOLD || verdict->state == VERDICT_INCONCLUSIVE;
  for (int i = 0; decided && i < verdict->gate_count; i++) {
    if (verdict->gates[i].result == wanted) add_reason(verdict, verdict->gates[i].text);
  }
  if (validity != NULL && validity->partial && verdict->state == VERDICT_INCONCLUSIVE)
    add_reason(verdict, REASON_PARTIAL);
  if (verdict->reason_count > 0) return;
  switch (verdict->state) {
  case VERDICT_IDENTICAL:
    add_reason(verdict, "both models have the same digest");
    break;
  case VERDICT_UNDECIDED:
    add_reason(verdict, "no rules are configured: the gates section is empty");
    break;
  case VERDICT_FIRST:
    add_first(verdict);
    break;
  case VERDICT_INCONCLUSIVE:
    add_reason(verdict, has_primary
                            ? "the evidence decides nothing"
                            : "gates.primary is not configured: nothing says that the challenger is better");
    break;
  default:
    add_reason(verdict, "every rule passed");
    break;
  }
}

// n (z_alpha/2 + z_beta)^2 SE^2 / (observed - bound)^2; infinite where the observed value is the bound.
static double rows_to_decide(const GateOutcome *gate, const Judged *judged) {
  double confidence = gate->confidence > 0 ? gate->confidence : judged->confidence; // a slice's has none
  double z = math64_normal_quantile(0.5 + 0.5 * confidence) + math64_normal_quantile(power);
  double ratio = z * gate->judged.standard_error / (gate->judged.value - gate_bound(gate));
  return (double)judged->rows * ratio * ratio;
}

// Rows of every undecided rule, and of the one that needs most: with fewer the verdict would stay what it is.
static void count_rows_needed(Verdict *verdict, const Judged *judged) {
  const GateOutcome *slowest = NULL;
  bool never = verdict->state != VERDICT_INCONCLUSIVE; // no number of rows decides them all
  for (int i = 0; i < verdict->gate_count; i++) {
    GateOutcome *gate = &verdict->gates[i];
    if (gate->kind == GATE_SLICE || gate->result != RESULT_UNKNOWN)
      continue; // slices count rows of their own
    if (gate->judged.method == INTERVAL_NONE || gate->margin != gate->margin) continue;
    double rows = rows_to_decide(gate, judged);
    if (rows < most_rows) gate->rows_needed = (int64_t)rows + 1;
    never = never || gate->rows_needed == 0;
    if (slowest == NULL || gate->rows_needed > slowest->rows_needed) slowest = gate;
  }
  if (slowest == NULL || never) return;
  verdict->rows_needed = slowest->rows_needed;
  verdict->rows_needed_for = slowest->id;
  verdict->for_challenger = (slowest->rule == GATE_AT_MOST) == (slowest->judged.value < gate_bound(slowest));
}

// By the resamples where the metric has them, else by the normal distribution.
static void price(Verdict *verdict, const Judged *judged, const GatesConfig *gates) {
  const MetricDifference *chosen = NULL;
  verdict->loss_of_shipping = verdict->loss_of_holding = __builtin_nan("");
  for (int i = 0; judged->differences != NULL && i < judged->count; i++) {
    const MetricDifference *difference = &judged->differences[i];
    bool primary =
        gates != NULL && gates->has_primary && strcmp(difference->metric->name, gates->primary.metric) == 0;
    if (difference->delta.method == INTERVAL_NONE) continue;
    if (difference->metric->id == METRIC_value || (primary && chosen == NULL)) chosen = difference;
    if (difference->metric->id == METRIC_value) break;
  }
  if (chosen == NULL) return;
  const Estimate *delta = &chosen->delta;
  double loss = replicates_mean_loss(judged->replicates, chosen->metric),
         gain = replicates_mean_gain(judged->replicates, chosen->metric);
  verdict->loss_metric = chosen->metric;
  verdict->loss_of_shipping =
      loss == loss ? loss : normal_mean_of_positive_part(-delta->value, delta->standard_error);
  verdict->loss_of_holding =
      gain == gain ? gain : normal_mean_of_positive_part(delta->value, delta->standard_error);
}

void verdict_of(Verdict *verdict, const Judged *judged, const GatesConfig *gates, const Validity *validity) {
  bool has_primary = gates != NULL && gates->has_primary;
  memset(verdict, 0, sizeof *verdict);
  judge_all(verdict, judged, gates, validity);
  verdict->state = state_of(verdict, judged->differences != NULL, has_primary, validity);
  if (verdict->state == VERDICT_IDENTICAL) drop_relative(verdict);
  give_reasons(verdict, has_primary, validity);
  count_rows_needed(verdict, judged);
  price(verdict, judged, gates);
}

Status judge_first(Verdict *verdict, const EvaluationReport *report, const GatesConfig *gates,
                   const Validity *validity, Error *error) {
  (void)error;
  Judged judged = {.results = report->results,
                   .count = report->metric_count,
                   .rows = report->rows,
                   .confidence = report->confidence};
  verdict_of(verdict, &judged, gates, validity);
  return STATUS_OK;
}

Status verdict_status(VerdictState state, InconclusiveRule rule) {
  switch (state) {
  case VERDICT_SHIP:
  case VERDICT_FIRST:
  case VERDICT_IDENTICAL:
    return STATUS_OK;
  case VERDICT_HOLD:
    return STATUS_HOLD;
  default:
    break;
  }
  if (rule == INCONCLUSIVE_OK) return STATUS_OK;
  return rule == INCONCLUSIVE_FAIL ? STATUS_NO : STATUS_INCONCLUSIVE;
}
