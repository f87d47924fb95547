// Frees what a Config owns.
#include "engine/shared/config.h"

#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

bool numerics_are_fast(const NumericsConfig *numerics) {
  return strcmp(numerics->id, "f1") == 0;
}

const char *const gate_rule_names[GATE_RULE_COUNT] = {"superior",   "not_worse",   "at_least",  "at_most",
                                                      "suspicious", "detect_harm", "prove_safe"};

bool gate_rule_is_of_slice(GateRule rule) {
  return rule == GATE_DETECT_HARM || rule == GATE_PROVE_SAFE;
}

bool gate_rule_is_relative(GateRule rule) {
  return rule == GATE_SUPERIOR || rule == GATE_NOT_WORSE || rule == GATE_SUSPICIOUS;
}

void text_list_add(TextList *list, const char *text) {
  list->items = memory_grow(list->items, (size_t)list->count + 1, sizeof *list->items);
  list->items[list->count++] = memory_text(text);
}

int text_list_find(const TextList *list, const char *text) {
  for (int i = 0; i < list->count; i++) {
    if (strcmp(list->items[i], text) == 0) return i;
  }
  return -1;
}

void text_list_free(TextList *list) {
  for (int i = 0; i < list->count; i++) free(list->items[i]);
  free(list->items);
  memset(list, 0, sizeof *list);
}

void cost_list_free(CostList *list) {
  for (int i = 0; i < list->count; i++) {
    free(list->items[i].truth);
    free(list->items[i].decision);
  }
  free(list->items);
  memset(list, 0, sizeof *list);
}

void input_config_free(InputConfig *inputs, int count) {
  for (int i = 0; i < count; i++) text_list_free(&inputs[i].columns);
  free(inputs);
}

static void data_free(DataConfig *data) {
  free(data->file);
  free(data->test_file);
  free(data->split.key);
  free(data->split.salt);
  free(data->target.column);
  free(data->target.positive);
  free(data->weight);
  text_list_free(&data->except);
  input_config_free(data->inputs, data->input_count);
}

static void business_free(BusinessConfig *business) {
  free(business->unit);
  free(business->horizon);
  free(business->population_per);
  for (int i = 0; i < business->param_count; i++) {
    free(business->params[i].name);
    free(business->params[i].unit);
  }
  free(business->params);
  free(business->act);
  free(business->skip);
  free(business->capacity.cost);
  cost_list_free(&business->costs);
}

static void gates_free(GatesConfig *gates) {
  free(gates->primary.metric);
  free(gates->primary.slice);
  for (int i = 0; i < gates->guardrail_count; i++) {
    free(gates->guardrails[i].metric);
    free(gates->guardrails[i].slice);
  }
  free(gates->guardrails);
  free(gates->ledger);
}

void config_free(Config *config) {
  if (config == NULL) return;
  free(config->path);
  free(config->name);
  free(config->goal);
  free(config->owner);
  free(config->card.intended_use);
  free(config->card.limits);
  free(config->numerics.id);
  data_free(&config->data);
  free(config->model.hidden);
  free(config->select_metric);
  free(config->machine.device);
  free(config->machine.isa);
  text_list_free(&config->evaluate_metrics);
  text_list_free(&config->evaluate_slices);
  free(config->evaluate_time);
  free(config->evaluate_fairness.column);
  free(config->evaluate_cluster);
  business_free(&config->business);
  gates_free(&config->gates);
  free(config->bits_text);
  free(config);
}
