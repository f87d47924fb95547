// Collects what judging a model on rows takes, whatever the model.
#include "tools/cli/judge/judged_rows.h"

#include "engine/evaluate/money.h"
#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

static Status read_labels(JudgedRows *judged, Dataset *dataset, const Preprocess *preprocess,
                          const int64_t *rows, Error *error) {
  TextList names = {0};
  Frame *frame = NULL;
  const char *weight = preprocess_weight_name(preprocess);
  Status status;
  text_list_add(&names, preprocess_target_name(preprocess));
  if (weight != NULL) text_list_add(&names, weight);
  TRY(dataset_frame(&frame, dataset, &names, rows, judged->rows, error));
  judged->labels = memory_get((size_t)judged->rows, sizeof(double));
  for (int64_t i = 0; i < judged->rows; i++) {
    status = preprocess_label(&judged->labels[i], preprocess, frame, i, error);
    if (status != STATUS_OK) TRY(error_prefix(error, "%s", dataset_path(dataset, rows[i])));
  }
  if (weight == NULL) goto done;
  const Column *column = frame_find(frame, weight);
  if (column->kind != COLUMN_NUMBER) {
    TRY(error_set(error, STATUS_DATA, "the weight column '%s' must hold numbers", weight));
  }
  judged->weights = memory_get((size_t)judged->rows, sizeof(double));
  memcpy(judged->weights, column->numbers, (size_t)judged->rows * sizeof(double));
done:
  frame_free(frame);
  text_list_free(&names);
  return status;
}

Status judged_gains(int64_t **gains, const BusinessConfig *business, const Frame *frame, double label,
                    Error *error) {
  double *labels = memory_get((size_t)frame->rows, sizeof *labels);
  for (int64_t i = 0; i < frame->rows; i++) labels[i] = label;
  PayoffRows rows = {.frame = frame, .task = TASK_BINARY, .target = labels};
  Payoffs payoffs = {0};
  Status status = payoff_evaluate(&payoffs, business, &rows, error);
  if (status == STATUS_OK) {
    *gains = memory_get((size_t)frame->rows, sizeof **gains);
    for (int64_t i = 0; i < frame->rows; i++) (*gains)[i] = payoffs.act[i] - payoffs.skip[i];
  }
  payoff_free(&payoffs);
  free(labels);
  return status;
}

static Status weigh(int64_t **out, const int64_t *payoff, const JudgedRows *judged, Error *error) {
  *out = memory_get((size_t)judged->rows, sizeof **out);
  if (judged->weights != NULL) return money_weigh(*out, payoff, judged->weights, judged->rows, error);
  memcpy(*out, payoff, (size_t)judged->rows * sizeof **out);
  return STATUS_OK;
}

static Status expected_gains(JudgedRows *judged, const BusinessConfig *business, const Frame *frame,
                             Error *error) {
  int64_t *plain[2] = {NULL, NULL};
  Status status;
  TRY(judged_gains(&plain[1], business, frame, 1.0, error));
  TRY(judged_gains(&plain[0], business, frame, 0.0, error));
  TRY(weigh(&judged->gain_if_one, plain[1], judged, error));
  TRY(weigh(&judged->gain_if_zero, plain[0], judged, error));
done:
  free(plain[0]);
  free(plain[1]);
  return status;
}

static Status read_money(JudgedRows *judged, Dataset *dataset, const Preprocess *preprocess,
                         const BusinessConfig *business, const int64_t *numbers, Error *error) {
  Frame *frame = NULL;
  Status status;
  TRY(dataset_frame(&frame, dataset, NULL, numbers, judged->rows, error));
  PayoffRows rows = {.frame = frame,
                     .task = judged->task,
                     .target = judged->labels,
                     .row_ids = (const char *const *)judged->ids};
  TRY(payoff_evaluate(&judged->payoffs, business, &rows, error));
  TRY(payoff_examples(&judged->examples, business, &rows, preprocess_target_name(preprocess),
                      preprocess_class_name(preprocess, 1), error));
  TRY(weigh(&judged->act, judged->payoffs.act, judged, error));
  TRY(weigh(&judged->skip, judged->payoffs.skip, judged, error));
  if (business->policy == POLICY_EXPECTED_GAIN) TRY(expected_gains(judged, business, frame, error));
done:
  frame_free(frame);
  return status;
}

Status judged_rows_load(JudgedRows *judged, Dataset *dataset, const Preprocess *preprocess,
                        const BusinessConfig *business, const int64_t *rows, int64_t count, bool with_ids,
                        Error *error) {
  Task task = preprocess_task(preprocess);
  *judged = (JudgedRows){.rows = count,
                         .task = task,
                         .classes = task == TASK_MULTICLASS ? preprocess_class_count(preprocess) : 1};
  if (!dataset_has_column(dataset, preprocess_target_name(preprocess))) {
    return error_set(error, STATUS_DATA, "the data have no column '%s': without labels nothing can be judged",
                     preprocess_target_name(preprocess));
  }
  Status status;
  if (with_ids) {
    TRY(dataset_row_ids(&judged->ids, dataset, rows, count, error));
    judged_rows_hash(judged);
  }
  TRY(read_labels(judged, dataset, preprocess, rows, error));
  if (business != NULL && business->present && task == TASK_BINARY) {
    TRY(read_money(judged, dataset, preprocess, business, rows, error));
  }
done:
  if (status != STATUS_OK) judged_rows_free(judged);
  return status;
}

void judged_rows_hash(JudgedRows *judged) {
  judged->row_hash = memory_get((size_t)judged->rows, sizeof *judged->row_hash);
  for (int64_t i = 0; i < judged->rows; i++) judged->row_hash[i] = evaluation_hash(judged->ids[i]);
}

Status judged_rows_cluster(JudgedRows *judged, Dataset *dataset, const char *name, const int64_t *rows,
                           Error *error) {
  if (name[0] == '\0') return STATUS_OK;
  TextList names = {0};
  Frame *frame = NULL;
  Status status;
  text_list_add(&names, name);
  TRY(dataset_frame(&frame, dataset, &names, rows, judged->rows, error));
  judged->cluster_hash = memory_get((size_t)judged->rows, sizeof *judged->cluster_hash);
  for (int64_t i = 0; i < judged->rows; i++) {
    char buffer[NUMBER_TEXT_BYTES];
    const char *text = column_text(frame_find(frame, name), i, buffer);
    if (text == NULL) {
      TRY(error_set(
          error, STATUS_DATA,
          "evaluate.cluster: column '%s' is missing on row %s, which then belongs to no cluster; fill it, "
          "or leave evaluate.cluster out",
          name, judged->ids[i]));
    }
    judged->cluster_hash[i] = evaluation_hash(text);
  }
done:
  frame_free(frame);
  text_list_free(&names);
  return status;
}

static void add_slice(TextList *names, const Dataset *dataset, const char *name, bool optional) {
  if (name[0] == '\0' || text_list_find(names, name) >= 0) return;
  if (!optional || dataset_has_column(dataset, name)) text_list_add(names, name);
}

Status judged_rows_slices(JudgedRows *judged, Dataset *dataset, const Config *config, const int64_t *rows,
                          bool optional, Error *error) {
  TextList names = {0};
  judged->numbers = memory_get((size_t)judged->rows, sizeof *judged->numbers);
  memcpy(judged->numbers, rows, (size_t)judged->rows * sizeof *judged->numbers);
  for (int i = 0; i < config->evaluate_slices.count; i++)
    add_slice(&names, dataset, config->evaluate_slices.items[i], optional);
  if (config->evaluate_fairness.present)
    add_slice(&names, dataset, config->evaluate_fairness.column, optional);
  add_slice(&names, dataset, config->evaluate_time, optional);
  Status status = names.count == 0
                      ? STATUS_OK
                      : dataset_frame(&judged->slices, dataset, &names, rows, judged->rows, error);
  text_list_free(&names);
  return status;
}

EvaluationSet judged_rows_set(const JudgedRows *judged, const double *scores, Policy policy) {
  return (EvaluationSet){
      .task = judged->task,
      .rows = judged->rows,
      .classes = judged->classes,
      .labels = judged->labels,
      .weights = judged->weights,
      .scores = scores,
      .policy = policy,
      .money = {judged->act, judged->skip, judged->gain_if_one, judged->gain_if_zero},
      .slices = judged->slices,
      .row_hash = judged->row_hash,
      .cluster_hash = judged->cluster_hash,
  };
}

void judged_rows_free(JudgedRows *judged) {
  free(judged->labels);
  free(judged->weights);
  free(judged->ids);
  free(judged->row_hash);
  free(judged->cluster_hash);
  free(judged->act);
  free(judged->skip);
  free(judged->gain_if_one);
  free(judged->gain_if_zero);
  payoff_free(&judged->payoffs);
  free(judged->examples);
  free(judged->numbers);
  frame_free(judged->slices);
  *judged = (JudgedRows){0};
}
