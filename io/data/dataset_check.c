// Does a configuration fit its data? Everything it says about columns, at once and each in its place.
#include "engine/shared/memory.h"
#include "io/data/dataset_state.h"
#include "io/data/text.h"
#include "io/payoff/payoff.h"
#include "io/shared/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_BYTES = 64 };

typedef struct Checker {
  const Dataset *dataset;
  const DataConfig *data;
  ConfigProblems *problems;
  Text sentences; // where problems is NULL: a line each
  Status status;
} Checker;

static void complain(Checker *checker, Status status, const char *key, int column, const char *sentence) {
  if (checker->problems != NULL) {
    config_problem_add(checker->problems, key, column, sentence);
  } else {
    text_add(&checker->sentences, "%s%s: %s", checker->sentences.length > 0 ? "\n" : "", key, sentence);
  }
  if (checker->status != STATUS_DATA) checker->status = status;
}

// The column, or NULL: it is not named, or a problem.
static const DatasetColumn *require(Checker *checker, const char *name, const char *key) {
  Error error;
  if (name[0] == '\0') return NULL;
  const DatasetColumn *column = dataset_find(checker->dataset, name);
  if (column != NULL) return column;
  dataset_no_column(checker->dataset, name, &error);
  complain(checker, STATUS_CONFIG, key, 0, error.text); // a name of the configuration
  return NULL;
}

static void require_list(Checker *checker, const TextList *names, const char *key) {
  for (int i = 0; i < names->count; i++) {
    char item[KEY_BYTES];
    snprintf(item, sizeof item, "%s.%d", key, i);
    require(checker, names->items[i], item);
  }
}

static void check_input(Checker *checker, int index) {
  const InputConfig *input = &checker->data->inputs[index];
  char key[KEY_BYTES], as[KEY_BYTES];
  snprintf(as, sizeof as, "data.inputs.%d.as", index);
  for (int j = 0; j < input->columns.count; j++) {
    snprintf(key, sizeof key, "data.inputs.%d.column", index);
    bool single = checker->problems != NULL && config_has_key(checker->problems, key);
    if (!single) snprintf(key, sizeof key, "data.inputs.%d.columns.%d", index, j);
    const DatasetColumn *column = require(checker, input->columns.items[j], key);
    if (checker->problems == NULL || column == NULL) continue;
    if (input->kind != INPUT_NUMERIC || column->kind == COLUMN_NUMBER) continue;
    char *sentence =
        memory_format("column '%s' holds categories, not numbers: use it `as: category`", column->name);
    complain(checker, STATUS_DATA, as, 0, sentence);
    free(sentence);
  }
}

// A positive label that no row can have.
static void check_positive(Checker *checker, const DatasetColumn *target) {
  const char *positive = checker->data->target.positive;
  const char *const *values = (const char *const *)target->categories;
  for (int i = 0; i < target->category_count; i++) {
    if (strcmp(values[i], positive) == 0) return;
  }
  const char *near = text_nearest(positive, values, target->category_count);
  char *sentence = memory_format("target '%s' has no value '%s'%s%s%s", target->name, positive,
                                 near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                                 near != NULL ? "'?" : "");
  complain(checker, STATUS_CONFIG, "data.target.positive", 0, sentence);
  free(sentence);
}

static void check_target(Checker *checker) {
  const TargetConfig *target = &checker->data->target;
  const DatasetColumn *column = require(checker, target->column, "data.target.column");
  if (column == NULL || checker->problems == NULL || column->kind == COLUMN_NUMBER) return;
  if (target->task == TASK_BINARY && target->positive[0] != '\0') check_positive(checker, column);
  if (target->task != TASK_REGRESSION) return;
  char *sentence = memory_format("column '%s' holds categories: `task: regression` needs a target of numbers",
                                 column->name);
  complain(checker, STATUS_DATA, "data.target.task", 0, sentence);
  free(sentence);
}

static Status check_payoffs(Checker *checker, Dataset *dataset, const BusinessConfig *business,
                            Error *error) {
  const int64_t none = 0;
  const struct {
    const char *key, *text;
  } payoffs[] = {{"business.act", business->act}, {"business.skip", business->skip}};
  Frame *frame = NULL;
  Task task = checker->data->target.task;
  if (!business->present || business->has_matrix || task == TASK_MULTICLASS) return STATUS_OK;
  PASS(dataset_frame(&frame, dataset, NULL, &none, 0, error));
  for (int i = 0; i < 2; i++) {
    int column;
    Error wrong;
    if (payoff_check(&column, payoffs[i].text, business, task, frame, &wrong) != STATUS_OK)
      complain(checker, wrong.status, payoffs[i].key, column, wrong.text);
  }
  frame_free(frame);
  return STATUS_OK;
}

Status dataset_check(Dataset *dataset, const Config *config, ConfigProblems *problems, Error *error) {
  const DataConfig *data = &config->data;
  Checker checker = {.dataset = dataset, .data = data, .problems = problems};
  check_target(&checker);
  require(&checker, data->weight, "data.weight");
  require(&checker, data->split.key, "data.split.key");
  require_list(&checker, &data->except, "data.except");
  for (int i = 0; i < data->input_count; i++) check_input(&checker, i);
  require_list(&checker, &config->evaluate_slices, "evaluate.slices");
  require(&checker, config->evaluate_time, "evaluate.time");
  require(&checker, config->evaluate_cluster, "evaluate.cluster");
  require(&checker, config->evaluate_fairness.column, "evaluate.fairness.column");
  if (problems != NULL) {
    PASS(check_payoffs(&checker, dataset, &config->business, error));
    return config_problems_report(problems, checker.status, error);
  }
  if (checker.sentences.length > 0) error_set(error, checker.status, "%s", checker.sentences.bytes);
  text_free(&checker.sentences);
  return checker.status;
}
