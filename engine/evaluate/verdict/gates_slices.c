// Rules about slices.
//
//     rule            pass                        fail                         else
//     detect_harm     no harm is shown            harm is shown in a slice
//     prove_safe m    L > -m in every slice       U < -m in a slice            unknown
#include "engine/evaluate/verdict/gates.h"

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

// Worse results first; of equal ones the lower end of the interval.
static bool is_worse(GateResult result, const Estimate *delta, const GateOutcome *than) {
  static const int order[] = {[RESULT_FAIL] = 3, [RESULT_UNKNOWN] = 2, [RESULT_PASS] = 1};
  if (than->result == RESULT_NOT_APPLICABLE || result != than->result)
    return than->result == RESULT_NOT_APPLICABLE || order[result] > order[than->result];
  return delta->low < than->judged.low || (delta->low == delta->low && than->judged.low != than->judged.low);
}

static void explain(GateOutcome *gate, int slices, const Slice *decides, const SliceMetric *metric) {
  char *text = gate->text;
  size_t room = sizeof gate->text;
  if (slices == 0 && gate->result == RESULT_NOT_APPLICABLE)
    snprintf(text, room, "%s: needs a champion to compare with", gate->id);
  else if (slices == 0)
    snprintf(text, room, "%s: the rows come without this column", gate->id);
  else if (gate->rule == GATE_DETECT_HARM && gate->result == RESULT_PASS)
    snprintf(text, room, "%s: no harm is shown in %d slice%s", gate->id, slices, slices == 1 ? "" : "s");
  else if (gate->rule == GATE_DETECT_HARM)
    snprintf(text, room, "%s: harm is shown in %.60s: %.6g, adjusted p = %.2g", gate->id, decides->value,
             gate->judged.value, metric->harm_adjusted);
  else if (gate->judged.method == INTERVAL_NONE || !decides->enough)
    snprintf(text, room, "%s: not enough data in %.60s to prove it safe", gate->id, decides->value);
  else
    snprintf(text, room, "%s: %s = %.6g %s %.6g in %.60s", gate->id,
             gate->result == RESULT_FAIL ? "high" : "low",
             gate->result == RESULT_FAIL ? gate->judged.high : gate->judged.low,
             gate->result == RESULT_PASS   ? ">"
             : gate->result == RESULT_FAIL ? "<"
                                           : "<=",
             -gate->margin, decides->value);
}

static void judge_column(GateOutcome *gate, const Gate *rule, const Judged *judged, const Slices *slices) {
  *gate = (GateOutcome){.kind = GATE_SLICE,
                        .rule = rule->rule,
                        .margin = rule->margin,
                        .slice = rule->slice,
                        .result = RESULT_NOT_APPLICABLE};
  snprintf(gate->id, sizeof gate->id, "slice.%.36s.%s", rule->slice, rule->metric);
  const Slice *decides = NULL;
  const SliceMetric *of_decides = NULL;
  int count = 0;
  for (int i = 0; judged->differences != NULL && slices != NULL && i < slices->count; i++) {
    const Slice *slice = &slices->items[i];
    const SliceMetric *metric = find_metric(slice, slices->metric_count, rule->metric);
    if (strcmp(slice->column, rule->slice) != 0 || metric == NULL) continue;
    count++;
    GateResult result = judge_slice(gate, slice, metric);
    if (!is_worse(result, &metric->delta, gate)) continue;
    gate->result = result;
    gate->metric = metric->metric;
    gate->judged = metric->delta;
    decides = slice;
    of_decides = metric;
  }
  if (decides != NULL) {
    gate->slice_value = decides->value;
    gate->too_few = rule->rule == GATE_PROVE_SAFE && !decides->enough;
  }
  if (count == 0 && judged->differences != NULL) gate->result = RESULT_UNKNOWN; // no evidence is no pass
  explain(gate, count, decides, of_decides);
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
