// Values that follow from several keys, and what one key alone cannot get wrong.
#include "engine/device/device_choice.h"
#include "engine/evaluate/metrics.h"
#include "engine/shared/memory.h"
#include "io/config/loader.h"
#include "io/config/write.h"
#include "io/payoff/payoff.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *const task_names[] = {"binary", "multiclass", "regression"};

// The node of a path, or NULL where it was not given.
static YamlNode *given(Loader *loader, const char *path) {
  bool whole;
  YamlNode *node = yaml_follow(loader->root, path, &whole);
  return whole ? node : NULL;
}

// Where to point for a path: its value, or the nearest key above it.
static Place place_of(Loader *loader, const char *path) {
  bool whole;
  YamlNode *node = yaml_follow(loader->root, path, &whole);
  return whole ? node->place : node->key_place;
}

// Absent or without a problem of its own.
static bool sound(Loader *loader, const char *path) {
  YamlNode *node = given(loader, path);
  return node == NULL || !node->failed;
}

#define COMPLAIN(loader, path, ...)                                                                          \
  problem_add((loader)->reader.problems, place_of(loader, path), __VA_ARGS__)

// ---- Split

enum { FRACTION_PLACES = 15 };
static const int64_t FRACTION_ONE = 1000000000000000;

// A fraction of at most 15 decimals in units of 1e-15, exactly.
static int64_t fraction_units(double fraction) {
  char text[40];
  int64_t units = 0;
  snprintf(text, sizeof text, "%.*f", FRACTION_PLACES, fraction); // exact: the 15 decimals it was read from
  for (const char *c = text; *c != '\0'; c++) {
    if (*c != '.') units = units * 10 + (*c - '0');
  }
  return units;
}

// floor(2^64 * units / 10^15), at most 2^64 - 1.
static uint64_t bound_of(int64_t units) {
  unsigned __int128 bound = ((unsigned __int128)units << 64) / (unsigned __int128)FRACTION_ONE;
  return bound > UINT64_MAX ? UINT64_MAX : (uint64_t)bound;
}

static void default_fractions(Loader *loader, SplitConfig *split) {
  bool any = given(loader, "data.split.train") != NULL || given(loader, "data.split.validation") != NULL ||
             given(loader, "data.split.test") != NULL;
  if (any) return;
  bool by_file = split->by == SPLIT_FILE;
  split->fractions[PART_TRAIN] = by_file ? 0.85 : 0.7;
  split->fractions[PART_VALIDATION] = 0.15;
  split->fractions[PART_TEST] = by_file ? 0 : 0.15;
}

static void finish_split(Loader *loader) {
  SplitConfig *split = &loader->config->data.split;
  if (!sound(loader, "data.split") || !sound(loader, "data.split.by")) return;
  default_fractions(loader, split);
  int64_t units[PART_COUNT], sum = 0;
  for (int part = 0; part < PART_COUNT; part++) sum += units[part] = fraction_units(split->fractions[part]);
  split->bounds[0] = bound_of(units[PART_TRAIN]);
  split->bounds[1] = bound_of(units[PART_TRAIN] + units[PART_VALIDATION]);
  split->units[0] = units[PART_TRAIN];
  split->units[1] = units[PART_TRAIN] + units[PART_VALIDATION];
  split->has_test = split->by == SPLIT_FILE || units[PART_TEST] > 0;
  if (!sound(loader, "data.split.train") || !sound(loader, "data.split.validation") ||
      !sound(loader, "data.split.test"))
    return;
  if (sum != FRACTION_ONE)
    COMPLAIN(loader, "data.split", "the parts of data.split sum to %.15g, not exactly 1%s",
             (double)sum / (double)FRACTION_ONE,
             split->by == SPLIT_FILE ? ": by file, train and validation share data.file" : "");
  if (units[PART_TRAIN] == 0 || units[PART_VALIDATION] == 0)
    COMPLAIN(
        loader, "data.split",
        "data.split needs rows to train and to validate: the best checkpoint and the threshold are chosen "
        "on validation");
}

// ---- Inputs

static int compare_names(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

// Complains of each name that stands more than once; sorts `names`.
static void check_twice(Loader *loader, char **names, int count, const char *path) {
  if (count > 1) qsort(names, (size_t)count, sizeof *names, compare_names);
  for (int i = 1; i < count; i++) {
    if (strcmp(names[i], names[i - 1]) == 0 && (i < 2 || strcmp(names[i], names[i - 2]) != 0))
      COMPLAIN(loader, path, "%s names %s more than once", path, names[i]);
  }
}

static void check_list(Loader *loader, const TextList *list, const char *path) {
  char **names = memory_get((size_t)list->count, sizeof *names);
  for (int i = 0; i < list->count; i++) names[i] = list->items[i];
  check_twice(loader, names, list->count, path);
  free(names);
}

static void check_columns(Loader *loader) {
  const DataConfig *data = &loader->config->data;
  int count = 0, used = 0;
  for (int i = 0; i < data->input_count; i++) count += data->inputs[i].columns.count;
  char **names = memory_get((size_t)count, sizeof *names);
  for (int i = 0; i < data->input_count; i++) {
    for (int j = 0; j < data->inputs[i].columns.count; j++) {
      char path[40];
      snprintf(path, sizeof path, "data.inputs.%d", i);
      const char *name = data->inputs[i].columns.items[j];
      if (data->target.column[0] != '\0' && strcmp(name, data->target.column) == 0)
        COMPLAIN(loader, path, "the target %s is among the inputs: the model would be told the answer", name);
      names[used++] = data->inputs[i].columns.items[j];
    }
  }
  check_twice(loader, names, used, "data.inputs");
  free(names);
}

static void finish_inputs(Loader *loader) {
  const DataConfig *data = &loader->config->data;
  if (data->weight[0] != '\0' && strcmp(data->weight, data->target.column) == 0)
    COMPLAIN(loader, "data.weight", "data.weight is %s, the target: a weight would tell the answer",
             data->weight);
  if (!sound(loader, "data.inputs") || data->inputs_auto) return;
  if (data->input_count == 0) COMPLAIN(loader, "data.inputs", "data.inputs is empty: a model needs an input");
  for (int i = 0; i < data->input_count; i++) {
    char path[40];
    snprintf(path, sizeof path, "data.inputs.%d", i);
    YamlNode *item = given(loader, path);
    if (item == NULL || item->failed) continue;
    int forms = (yaml_child(item, "column") != NULL) + (yaml_child(item, "columns") != NULL);
    if (forms != 1)
      COMPLAIN(loader, path, "%s needs %s: column: NAME, or columns: [NAME, ...]", path,
               forms == 0 ? "its columns" : "either column or columns");
    YamlNode *list = yaml_child(item, "columns");
    if (list != NULL && !list->failed && list->count == 0)
      COMPLAIN(loader, path, "%s.columns is empty", path);
  }
  check_columns(loader);
}

// ---- Metrics and gates

static bool task_known(Loader *loader) {
  YamlNode *task = given(loader, "data.target.task");
  return task != NULL && !task->failed;
}

// A metric that exists, for this task, and with a business section where it is money.
static void check_metric(Loader *loader, const char *name, const char *path) {
  const Config *config = loader->config;
  const Metric *metric;
  Error error;
  if (metric_parse(&metric, name, &error) != STATUS_OK || !task_known(loader)) return;
  Task task = config->data.target.task;
  if ((metric->tasks & 1u << task) == 0) {
    COMPLAIN(loader, path, "%s is no metric of a %s target", name, task_names[task]);
  } else if (metric->id == METRIC_value && !config->business.present) {
    COMPLAIN(loader, path, "%s is money: it needs the section business", name);
  }
}

// A gate reads the interval (engine/evaluate/verdict/gates.h).
static void check_decides(Loader *loader, const char *name, const char *path) {
  const Metric *metric;
  Error error;
  if (metric_parse(&metric, name, &error) != STATUS_OK) return;
  if (metric->single == INTERVAL_NONE && metric->paired == INTERVAL_NONE)
    COMPLAIN(loader, path, "%s has no interval, so no gate on it can be decided; take log_loss%s", name,
             (metric->tasks & 1u << TASK_BINARY) != 0 ? ", brier or calibration_slope" : "");
}

// Early stopping compares two values by which is larger.
static void check_selects(Loader *loader, const char *name) {
  const Metric *metric;
  Error error;
  if (metric_parse(&metric, name, &error) != STATUS_OK) return;
  if (metric->direction == METRIC_ZERO || metric->direction == METRIC_ONE)
    COMPLAIN(loader, "select.metric", "%s cannot select: it is best near %d, neither large nor small", name,
             metric->direction == METRIC_ONE);
}

static void finish_metrics(Loader *loader) {
  Config *config = loader->config;
  Task task = config->data.target.task;
  if (config->select_metric[0] == '\0') {
    free(config->select_metric);
    config->select_metric = memory_text(task == TASK_REGRESSION ? "rmse" : "log_loss");
  } else if (strcmp(config->select_metric, "value") == 0) {
    COMPLAIN(loader, "select.metric",
             "value cannot select: it depends on a threshold and on free keys; take a metric of the scores");
  } else {
    check_metric(loader, config->select_metric, "select.metric");
    check_selects(loader, config->select_metric);
  }
  if (given(loader, "evaluate.metrics") == NULL) {
    for (int i = 0; i < METRIC_COUNT; i++) {
      bool shown = metric_table[i].usual && i != METRIC_value &&
                   (i != METRIC_expected_cost || config->business.costs.count > 0);
      if (shown && (metric_table[i].tasks & 1u << task) != 0)
        text_list_add(&config->evaluate_metrics, metric_table[i].name);
    }
  }
  check_list(loader, &config->evaluate_metrics, "evaluate.metrics");
  check_list(loader, &config->evaluate_slices, "evaluate.slices");
  YamlNode *list = given(loader, "evaluate.metrics");
  for (int i = 0; list != NULL && list->kind == YAML_LIST && i < list->count; i++) {
    char path[40];
    snprintf(path, sizeof path, "evaluate.metrics.%d", i);
    if (list->children[i]->kind == YAML_SCALAR) check_metric(loader, list->children[i]->text, path);
  }
}

static void check_gate(Loader *loader, const Gate *gate, const char *path) {
  YamlNode *node = given(loader, path);
  if (node == NULL || node->failed) return;
  int count = 0;
  for (int i = 0; i < GATE_RULE_COUNT; i++) count += yaml_child(node, gate_rule_names[i]) != NULL;
  bool sliced = gate->slice != NULL && gate->slice[0] != '\0';
  if (sliced != gate_rule_is_of_slice(gate->rule) && count == 1)
    COMPLAIN(loader, path, "%s: slice goes with detect_harm or prove_safe, and these with a slice", path);
  if (sliced && text_list_find(&loader->config->evaluate_slices, gate->slice) < 0)
    COMPLAIN(loader, path, "%s: %s is none of evaluate.slices; name it there", path, gate->slice);
  if (count != 1)
    COMPLAIN(loader, path, "%s needs %s of superior, not_worse, at_least, at_most and suspicious%s", path,
             count == 0 ? "one" : "only one", sliced ? " (of a slice: detect_harm, prove_safe)" : "");
  char *metric = memory_format("%s.metric", path);
  if (gate->metric[0] != '\0') {
    check_metric(loader, gate->metric, metric);
    check_decides(loader, gate->metric, metric);
  }
  free(metric);
}

static void check_fairness(Loader *loader) {
  if (loader->config->evaluate_fairness.present && task_known(loader) &&
      loader->config->data.target.task != TASK_BINARY)
    COMPLAIN(loader, "evaluate.fairness", "evaluate.fairness is about decisions: it needs a binary target");
}

static void finish_gates(Loader *loader) {
  const GatesConfig *gates = &loader->config->gates;
  if (gates->has_primary) check_gate(loader, &gates->primary, "gates.primary");
  for (int i = 0; i < gates->guardrail_count; i++) {
    char path[48];
    snprintf(path, sizeof path, "gates.guardrails.%d", i);
    check_gate(loader, &gates->guardrails[i], path);
  }
}

// ---- Business

// Where a rule about several members is broken: at the one that an override set, else at their owner.
static Place cause_in(const YamlNode *owner) {
  for (int i = 0; i < owner->count; i++) {
    if (owner->children[i]->place.source->is_override) return owner->children[i]->place;
  }
  return owner->key_place;
}

static void finish_params(Loader *loader) {
  BusinessConfig *business = &loader->config->business;
  YamlNode *params = given(loader, "business.params");
  for (int i = 0; params != NULL && i < business->param_count && i < params->count; i++) {
    Parameter *parameter = &business->params[i];
    YamlNode *node = params->children[i];
    if (yaml_child(node, "low") == NULL) parameter->low = parameter->value;
    if (yaml_child(node, "high") == NULL) parameter->high = parameter->value;
    if (!node->failed && !(parameter->low <= parameter->value && parameter->value <= parameter->high))
      problem_add(loader->reader.problems, cause_in(node), "%s must have low <= value <= high",
                  parameter->name);
    const char *unit = parameter->unit;
    if (!node->failed && unit[0] != '\0' && strcmp(unit, "rate") != 0 && strcmp(unit, business->unit) != 0)
      problem_add(loader->reader.problems, cause_in(node),
                  "%s is in %s, but business.unit is %s: convert the amount, or write unit: rate for a share "
                  "or a factor",
                  parameter->name, unit, business->unit);
  }
}

// At most one limit, a cost where money is spent, and a limit where the policy is to reach it.
static void finish_capacity(Loader *loader) {
  BusinessConfig *business = &loader->config->business;
  const CapacityConfig *capacity = &business->capacity;
  int limits = (capacity->rows > 0) + (capacity->fraction > 0) + (capacity->budget > 0);
  YamlNode *node = given(loader, "business.capacity");
  bool whole = node == NULL || !node->failed;
  if (whole && limits > 1)
    COMPLAIN(loader, "business.capacity", "business.capacity needs only one of rows, fraction and budget");
  else if (whole && node != NULL && limits == 0)
    COMPLAIN(loader, "business.capacity", "business.capacity needs one of rows, fraction and budget");
  else if (whole && (capacity->budget > 0) != (capacity->cost[0] != '\0'))
    COMPLAIN(loader, "business.capacity",
             "business.capacity: budget and cost go together: what is spent, and what acting on a row takes");
  if (business->policy == POLICY_CAPACITY && whole && limits == 0 && node == NULL)
    COMPLAIN(loader, "business.policy",
             "policy capacity acts up to business.capacity, which is not given: add capacity: {rows: 800}");
}

// The payoffs of a cost matrix as expressions, each number as the config writes it.
static char *matrix_expression(double positive, double negative) {
  char *text = NULL;
  size_t length;
  FILE *out = open_memstream(&text, &length);
  if (out == NULL) abort();
  fputs("CASE WHEN label = 1 THEN ", out);
  value_write_number(out, positive);
  fputs(" ELSE ", out);
  value_write_number(out, negative);
  fputs(" END", out);
  fclose(out);
  return text;
}

// What says what a decision is worth, by the kind of target.
static void check_definition(Loader *loader) {
  const BusinessConfig *business = &loader->config->business;
  Task task = loader->config->data.target.task;
  if (task == TASK_MULTICLASS && business->costs.count == 0 && sound(loader, "business.costs"))
    COMPLAIN(
        loader, "business",
        "business.costs is missing: a target with several classes needs costs, {TRUTH: {DECISION: cost}}");
  if (task == TASK_MULTICLASS && business->act[0] != '\0')
    COMPLAIN(loader, "business.act",
             "business.act has no meaning for a target with several classes: give business.costs");
  if (task != TASK_MULTICLASS && business->costs.count > 0)
    COMPLAIN(loader, "business.costs", "business.costs needs a target with several classes, not a %s one",
             task_names[task]);
  else if (task != TASK_MULTICLASS && !business->has_matrix && given(loader, "business.act") == NULL)
    problem_add(loader->reader.problems, given(loader, "business")->key_place,
                "business.act is missing: what acting on a row is worth");
  // The default policy is written into resolved configurations of every target.
  bool policy = business->policy != POLICY_THRESHOLD || business->threshold != THRESHOLD_BEST;
  const char *const binary_only[] = {"business.matrix", "business.capacity", policy ? "business.policy" : ""};
  for (int i = 0; task != TASK_BINARY && i < 3; i++) {
    if (binary_only[i][0] != '\0' && given(loader, binary_only[i]) != NULL)
      COMPLAIN(loader, binary_only[i], "%s needs a binary target, not a %s one", binary_only[i],
               task_names[task]);
  }
}

// Everything about an expression that can be told without the data.
static void check_payoff(Loader *loader, const char *key, const char *text) {
  const YamlNode *node = given(loader, key);
  int column;
  Error error;
  Task task = loader->config->data.target.task;
  if (node == NULL || node->failed || !sound(loader, "business.params")) return;
  if (!task_known(loader) || task == TASK_MULTICLASS) return;
  if (payoff_check(&column, text, &loader->config->business, task, NULL, &error) != STATUS_OK)
    complain_at(loader->reader.problems, loader->root, key, column, error.text);
}

static void finish_business(Loader *loader) {
  Config *config = loader->config;
  BusinessConfig *business = &config->business;
  if (!business->present) return;
  if (task_known(loader)) check_definition(loader);
  finish_params(loader);
  if (business->has_matrix) {
    free(business->act);
    free(business->skip);
    business->act = matrix_expression(business->matrix.tp, business->matrix.fp);
    business->skip = matrix_expression(business->matrix.fn, business->matrix.tn);
  } else {
    check_payoff(loader, "business.act", business->act);
    check_payoff(loader, "business.skip", business->skip);
  }
  if (business->policy == POLICY_THRESHOLD && business->threshold < 0) {
    business->policy = business->threshold == THRESHOLD_FROZEN ? POLICY_FROZEN : POLICY_BEST_ON_VALIDATION;
    business->threshold = 0;
  }
  finish_capacity(loader);
}

// ---- The rest

static void check_name(Loader *loader) {
  const char *name = loader->config->name;
  YamlNode *node = given(loader, "name");
  if (node == NULL || node->failed) return;
  bool good = strlen(name) <= 100 && name[0] != '.' && name[0] != '-';
  for (const char *c = name; *c != '\0'; c++)
    good = good && (isalnum((unsigned char)*c) || strchr("._-", *c));
  if (!good)
    COMPLAIN(
        loader, "name",
        "name is a part of the run's folder: at most 100 letters, digits, '.', '_', '-', not beginning with "
        "'.' or '-'");
}

static void check_device(Loader *loader) {
  const char *device = loader->config->machine.device;
  YamlNode *node = given(loader, "machine.device");
  if (node == NULL || node->failed || device_name_is_valid(device)) return;
  COMPLAIN(loader, "machine.device", "there is no device '%s': choose auto, cpu, cuda or cuda:N", device);
}

static void finish_train(Loader *loader) {
  Config *config = loader->config;
  int64_t micro = config->train.micro_batch, grain = config->numerics.grain;
  if (micro > 0 && grain > 0 && micro % grain != 0 && sound(loader, "train.micro_batch")) {
    long long above = (micro / grain + 1) * grain, below = above - grain;
    char *nearest = below > 0 ? memory_format("%lld or %lld", below, above) : memory_format("%lld", above);
    COMPLAIN(loader, "train.micro_batch",
             "train.micro_batch is %lld, not a multiple of numerics.grain, %lld; the nearest is %s",
             (long long)micro, (long long)grain, nearest);
    free(nearest);
  }
  CheckpointConfig *checkpoint = &config->checkpoint;
  YamlNode *every = given(loader, "checkpoint.every");
  if (every != NULL && every->kind == YAML_MAP && every->count > 1 && !every->failed)
    COMPLAIN(loader, "checkpoint.every", "checkpoint.every needs only one of epochs, steps and minutes");
  if (checkpoint->every_epochs == 0 && checkpoint->every_steps == 0 && checkpoint->every_minutes == 0)
    checkpoint->every_epochs = 1;
}

void finish_config(Loader *loader) {
  check_name(loader);
  check_device(loader);
  finish_split(loader);
  finish_inputs(loader);
  finish_train(loader);
  finish_metrics(loader);
  finish_business(loader);
  check_fairness(loader);
  finish_gates(loader);
  if (loader->reader.problems->count == 0) loader->config->bits_text = config_bits_text(loader->config);
}
