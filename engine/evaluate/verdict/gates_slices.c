// Rules about slices.
//
//     rule            pass                        fail                         else
//     detect_harm     no harm is shown            harm is shown in a slice
//     prove_safe m    L > -m in every slice       U < -m in a slice            unknown
#include "engine/evaluate/verdict/gates.h"

#include "engine/evaluate/statistics/statistics.h"
#include "engine/shared/memory.h"

#include <stdio.h>
#include <string.h>

bool gate_is_of_slice(const Gate *gate) {
  return gate->slice != NULL && gate->slice[0] != '\0';
}

static const SliceMetric *find_metric(const Slice *slice, int count, const char *name) {
  for (int i = 0; i < count; i++) {
    if (strcmp(slice->metrics[i].metric->name, name) == 0) return &slice->metrics[i];
  }
  return NULL;
}

static GateResult judge_slice(const GateOutcome *gate, const Slice *slice, const SliceMetric *metric) {
  if (gate->rule == GATE_DETECT_HARM) return metric->harmed ? RESULT_FAIL : RESULT_PASS;
  if (!slice->enough || metric->delta.method == INTERVAL_NONE) return RESULT_UNKNOWN;
  if (metric->delta.high < -gate->margin) return RESULT_FAIL;
  return metric->delta.low > -gate->margin ? RESULT_PASS : RESULT_UNKNOWN;
}

// What one slice says, and whether it says more of the rule than another one does.
typedef struct Said {
  const Slice *slice; // NULL: none so far
  const SliceMetric *metric;
  GateResult result;
} Said;

// Worse results first; of equal ones slices that can be judged, then the lower end of the interval.
static bool is_worse(const Said *said, const Said *than) {
  static const int order[] = {[RESULT_FAIL] = 3, [RESULT_UNKNOWN] = 2, [RESULT_PASS] = 1};
  if (than->slice == NULL) return true;
  if (said->result != than->result) return order[said->result] > order[than->result];
  if (said->slice->enough != than->slice->enough) return said->slice->enough;
  double low = said->metric->delta.low, other = than->metric->delta.low;
  return low < other || (low == low && other != other);
}

// How many slices a rule looked at, and how many of them have too few events to be judged.
typedef struct Looked {
  int slices, small;
} Looked;

static void explain_unharmed(GateOutcome *gate, Looked looked) {
  int used = snprintf(gate->text, sizeof gate->text, "%s: no harm is shown in %d slice%s", gate->id,
                      looked.slices, looked.slices == 1 ? "" : "s");
  size_t room = sizeof gate->text - (size_t)used;
  if (looked.small == looked.slices)
    snprintf(gate->text + used, room, ", too small to tell");
  else if (looked.small > 0)
    snprintf(gate->text + used, room, ", %d of them too small to tell", looked.small);
}

static void explain(GateOutcome *gate, Looked looked, const Said *worst) {
  char *text = gate->text;
  size_t room = sizeof gate->text;
  if (looked.slices == 0 && gate->result == RESULT_NOT_APPLICABLE)
    snprintf(text, room, "%s: needs a champion to compare with", gate->id);
  else if (looked.slices == 0)
    snprintf(text, room, "%s: the rows come without this column", gate->id);
  else if (gate->rule == GATE_DETECT_HARM && gate->result == RESULT_PASS)
    explain_unharmed(gate, looked);
  else if (gate->rule == GATE_DETECT_HARM)
    snprintf(text, room, "%s: harm is shown in %.120s: %.6g, adjusted p = %.2g", gate->id, gate->group,
             gate->judged.value, worst->metric->harm_adjusted);
  else if (gate->judged.method == INTERVAL_NONE)
    snprintf(text, room, "%s: not enough data in %.120s to prove it safe", gate->id, gate->group);
  else
    snprintf(text, room, "%s: %s = %.6g %s %.6g in %.120s", gate->id,
             gate->result == RESULT_FAIL ? "high" : "low",
             gate->result == RESULT_FAIL ? gate->judged.high : gate->judged.low,
             gate->result == RESULT_PASS   ? ">"
             : gate->result == RESULT_FAIL ? "<"
                                           : "<=",
             -gate->margin, gate->group);
}

// The group is named where it was judged, or is why the rule is undecided; too few events give no interval.
static void take_worst(GateOutcome *gate, const Said *worst) {
  gate->result = worst->result;
  gate->metric = worst->metric->metric;
  gate->judged = worst->slice->enough ? worst->metric->delta : estimate_none(__builtin_nan(""));
  if (worst->slice->enough || worst->result != RESULT_PASS)
    gate->group = memory_format("%s = %s", worst->slice->column, worst->slice->value);
}

static void judge_column(GateOutcome *gate, const Gate *rule, const Judged *judged, const Slices *slices) {
  *gate = (GateOutcome){.kind = GATE_SLICE,
                        .rule = rule->rule,
                        .margin = rule->margin,
                        .slice = rule->slice,
                        .result = RESULT_NOT_APPLICABLE};
  snprintf(gate->id, sizeof gate->id, "slice.%.36s.%s", rule->slice, rule->metric);
  Said worst = {0};
  Looked looked = {0, 0};
  for (int i = 0; judged->differences != NULL && slices != NULL && i < slices->count; i++) {
    const Slice *slice = &slices->items[i];
    const SliceMetric *metric = find_metric(slice, slices->metric_count, rule->metric);
    if (strcmp(slice->column, rule->slice) != 0 || metric == NULL) continue;
    looked.slices++;
    looked.small += !slice->enough;
    Said said = {slice, metric, judge_slice(gate, slice, metric)};
    if (is_worse(&said, &worst)) worst = said;
  }
  if (worst.slice != NULL) {
    take_worst(gate, &worst);
    gate->slice_value = worst.slice->value;
    gate->too_few = rule->rule == GATE_PROVE_SAFE && !worst.slice->enough;
  } else if (judged->differences != NULL) {
    gate->result = RESULT_UNKNOWN; // no evidence is no pass
  }
  explain(gate, looked, &worst);
}

int slice_gates(GateOutcome *out, const Judged *judged, const GatesConfig *gates, const Validity *validity) {
  const Slices *slices = validity == NULL ? NULL : validity->slices;
  int count = 0;
  for (int i = 0; gates != NULL && i < gates->guardrail_count; i++) {
    if (!gate_is_of_slice(&gates->guardrails[i])) continue;
    if (out != NULL) judge_column(&out[count], &gates->guardrails[i], judged, slices);
    count++;
  }
  if (slices == NULL || judged->differences == NULL || gates == NULL || !gates->has_primary) return count;
  for (int i = 0; i < slices->count; i++) {
    const char *column = slices->items[i].column;
    Gate rule = {
        .metric = gates->primary.metric, .slice = (char *)(uintptr_t)column, .rule = GATE_DETECT_HARM};
    bool taken = i > 0 && strcmp(slices->items[i - 1].column, column) == 0;
    for (int j = 0; j < gates->guardrail_count; j++) {
      const Gate *other = &gates->guardrails[j];
      taken = taken || (gate_is_of_slice(other) && strcmp(other->slice, column) == 0 &&
                        strcmp(other->metric, rule.metric) == 0);
    }
    if (taken) continue;
    if (out != NULL) judge_column(&out[count], &rule, judged, slices);
    count++;
  }
  return count;
}
