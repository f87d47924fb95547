// Identifies a comparison and keeps the ledger.
#include "tools/cli/judge/decision.h"

#include "engine/evaluate/rows_match.h"
#include "engine/shared/memory.h"
#include "io/shared/durable.h"
#include "io/shared/text.h"
#include "tools/cli/shared/output.h"

#include <stdlib.h>
#include <string.h>

enum { OFTEN = 5, VERY_OFTEN = 20 };

static void add_gate(Text *text, const Gate *gate) {
  text_add(text, "gate %s %s %s %a%s\n", gate->metric, gate->slice == NULL ? "" : gate->slice,
           gate_rule_names[gate->rule], gate->margin, gate->relative ? " of the champion" : "");
}

static Status add_model(Text *text, const JudgedModel *judged, Error *error) {
  uint8_t digest[DIGEST_BYTES];
  char hex[DIGEST_HEX];
  EvaluationSet set = judged_model_set(judged);
  PASS(scores_digest(digest, &set, (const char *const *)judged->judged.ids, error));
  sha256_hex(hex, digest);
  text_add(text, "scores %s threshold %a %d %d\n", hex, judged->policy.threshold, judged->policy.kind,
           judged->policy.act_below);
  return STATUS_OK;
}

// The same models, rules and money on the same rows are the same decision, however often they are compared.
// Other costs, payoffs or slices on these rows are another one: the rows are known by ids, labels and
// weights.
static Status identify(Decision *decision, const Judgement *judgement, Error *error) {
  const Config *config = judgement->challengers->config;
  const GatesConfig *gates = &config->gates;
  EvaluationSet set = judged_model_set(judgement->challengers);
  Text text = {0};
  Status status;
  TRY(evaluation_digest(decision->rows, &set, (const char *const *)judgement->challengers->judged.ids,
                        error));
  TRY(add_model(&text, judgement->champion, error));
  for (int i = 0; i < judgement->challenger_count; i++)
    TRY(add_model(&text, &judgement->challengers[i], error));
  if (gates->has_primary) add_gate(&text, &gates->primary);
  for (int i = 0; i < gates->guardrail_count; i++) add_gate(&text, &gates->guardrails[i]);
  for (int i = 0; i < config->evaluate_slices.count; i++) // harm in one of them is a reason to hold
    text_add(&text, "slice %s\n", config->evaluate_slices.items[i]);
  text_add(&text, "confidence %a\nmoney %s\n", gates->confidence,
           judgement->challengers->judged.payoffs.definition);
  sha256(decision->key, text.bytes, text.length);
done:
  text_free(&text);
  return status;
}

static char *own_ledger(void) {
  const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
  if (state != NULL && state[0] == '/') return memory_format("%s/ingot/ledger.jsonl", state);
  return home != NULL && home[0] == '/' ? memory_format("%s/.local/state/ingot/ledger.jsonl", home) : NULL;
}

Status decision_open(Decision *decision, const Judgement *judgement, Error *error) {
  const GatesConfig *gates = &judgement->challengers->config->gates;
  *decision = (Decision){.confidence = gates->confidence};
  if (judgement->champion == NULL) return STATUS_OK;
  decision->spends = gates->ledger[0] != '\0';
  decision->ledger = decision->spends ? memory_text(gates->ledger) : own_ledger();
  PASS(identify(decision, judgement, error));
  if (decision->ledger == NULL) return STATUS_OK;
  Status status = ledger_find(&decision->entry, decision->ledger, decision->rows, decision->key, error);
  if (decision->spends) {
    PASS(status);
    decision->confidence = 1 - ledger_alpha(1 - gates->confidence, decision->entry.decisions_before);
  } else if (status != STATUS_OK) {
    say("%s; this decision is not counted", error->text);
    free(decision->ledger);
    decision->ledger = NULL;
  }
  return STATUS_OK;
}

Status decision_recall(Decision *decision, const Judgement *judgement, Error *error) {
  const GatesConfig *gates = &judgement->challengers->config->gates;
  Recall *recall = judgement->recall;
  LedgerEntry found;
  Error ignored;
  *decision = (Decision){.confidence = gates->confidence};
  if (judgement->champion == NULL || gates->ledger[0] == '\0') return STATUS_OK;
  PASS(identify(decision, judgement, error));
  Status status = ledger_find(&found, gates->ledger, decision->rows, decision->key, &ignored);
  recall->found = status == STATUS_OK && found.repeated;
  decision->spends = true;
  decision->entry = recall->found ? found : recall->entry;
  decision->confidence = 1 - ledger_alpha(1 - gates->confidence, decision->entry.decisions_before);
  return STATUS_OK;
}

// Always said; from the fifth one on with a warning.
static void say_how_often(const Decision *decision) {
  long long number = (long long)decision->entry.decisions_before + 1;
  if (number < OFTEN) {
    say("decision %lld on these rows%s", number, decision->entry.repeated ? ", made before" : "");
    return;
  }
  warn("decision %lld on these rows: %s", number,
       number < VERY_OFTEN ? "the more often they decide, the less they prove; plan fresh evaluation rows"
                           : "they have been looked at too often to prove much; judge on fresh rows");
}

Status decision_record(const Decision *decision, VerdictState state, const Judgement *judgement,
                       Error *error) {
  if (decision->ledger == NULL) return STATUS_OK;
  say_how_often(decision);
  Text models = {0};
  text_put(&models, judgement->champion->name);
  for (int i = 0; i < judgement->challenger_count; i++)
    text_add(&models, " %s", judgement->challengers[i].name);
  char *slash = strrchr(decision->ledger, '/'),
       *folder = slash == NULL ? memory_text(".")
                               : memory_text_n(decision->ledger, (size_t)(slash - decision->ledger));
  Status status = decision->spends ? STATUS_OK : folder_make(&file_calls_system, folder, error);
  if (status == STATUS_OK)
    status = ledger_append(decision->ledger, decision->rows, decision->key, verdict_state_name(state),
                           models.bytes, error);
  if (status != STATUS_OK && !decision->spends) {
    say("%s; this decision is not counted", error->text);
    status = STATUS_OK;
  }
  free(folder);
  text_free(&models);
  return status;
}

void decision_close(Decision *decision) {
  free(decision->ledger);
  *decision = (Decision){0};
}
