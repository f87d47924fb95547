// Parts of report.json: rules that are not those of the champion, and what the test-set ledger says.
#include "io/report/json/parts.h"

#include <stdio.h>
#include <string.h>

enum { RULE_TEXT = 96 };

static void rule_text(char text[RULE_TEXT], const Gate *gate) {
  if (gate->relative)
    snprintf(text, RULE_TEXT, "%s %.6g%%", gate_rule_names[gate->rule], gate->margin * 100);
  else
    snprintf(text, RULE_TEXT, "%s %.6g", gate_rule_names[gate->rule], gate->margin);
}

static void add_change(json_t *changes, const char *kind, const char *metric, const char *from,
                       const char *to) {
  char id[128];
  if (strcmp(from, to) == 0) return;
  snprintf(id, sizeof id, "%s.%.60s", kind, metric);
  json_array_append_new(changes, json_pack("{s:s,s:s,s:s}", "id", id, "from", from, "to", to));
}

static const char *slice_of(const Gate *gate) {
  return gate->slice == NULL ? "" : gate->slice;
}

// The guardrail of the same metric and slice.
static const Gate *guardrail_like(const GatesConfig *gates, const Gate *gate) {
  for (int i = 0; i < gates->guardrail_count; i++) {
    const Gate *other = &gates->guardrails[i];
    if (strcmp(other->metric, gate->metric) == 0 && strcmp(slice_of(other), slice_of(gate)) == 0)
      return other;
  }
  return NULL;
}

// Guardrails of one configuration beside those of the other; with only_missing those that the other lacks.
static void compare_guardrails(json_t *changes, const GatesConfig *from, const GatesConfig *to,
                               bool only_missing) {
  for (int i = 0; i < to->guardrail_count; i++) {
    char before[RULE_TEXT] = "none", after[RULE_TEXT];
    const Gate *gate = &to->guardrails[i], *other = guardrail_like(from, gate);
    if (other != NULL && only_missing) continue;
    if (other != NULL) rule_text(before, other);
    rule_text(after, gate);
    char kind[64] = "guardrail";
    if (slice_of(gate)[0] != '\0') snprintf(kind, sizeof kind, "slice.%.40s", slice_of(gate));
    if (only_missing)
      add_change(changes, kind, gate->metric, after, "none");
    else
      add_change(changes, kind, gate->metric, before, after);
  }
}

json_t *rules_changed_json(const ReportParts *parts) {
  const GatesConfig *from = parts->context->champion_gates, *to = &parts->context->config->gates;
  char before[RULE_TEXT] = "none", after[RULE_TEXT] = "none";
  if (from == NULL) return NULL;
  json_t *changes = json_array();
  if (from->has_primary) rule_text(before, &from->primary);
  if (to->has_primary) rule_text(after, &to->primary);
  if (from->has_primary && to->has_primary && strcmp(from->primary.metric, to->primary.metric) != 0)
    add_change(changes, "primary", "metric", from->primary.metric, to->primary.metric);
  add_change(changes, "primary", to->has_primary ? to->primary.metric : from->primary.metric, before, after);
  compare_guardrails(changes, from, to, false);
  compare_guardrails(changes, to, from, true);
  snprintf(before, sizeof before, "%.6g", from->confidence);
  snprintf(after, sizeof after, "%.6g", to->confidence);
  add_change(changes, "confidence", "gates", before, after);
  if (json_array_size(changes) > 0) return changes;
  json_decref(changes);
  return NULL;
}

json_t *ledger_json(const ReportParts *parts) {
  const LedgerEntry *entry = parts->context->ledger;
  char digest[DIGEST_HEX];
  if (entry == NULL) return NULL;
  sha256_hex(digest, entry->digest);
  double alpha = ledger_total_alpha(parts->context->config->gates.confidence);
  json_t *json = json_object();
  put_count(json, "decisions_before", entry->decisions_before);
  put_number(json, "alpha", alpha);
  put_number(json, "alpha_this_decision", ledger_alpha(alpha, entry->decisions_before));
  put_text(json, "file_digest", digest);
  return json;
}
