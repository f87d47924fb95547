// Collects what judging a model on rows takes, whatever the model.
#include "tools/cli/judge/models/judged_rows.h"

#include "engine/evaluate/money.h"
#include "engine/shared/memory.h"
#include "io/shared/text.h"

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

static Status expected_gains(JudgedRows *judged, const BusinessConfig *business, Error *error) {
  int64_t *plain[2] = {NULL, NULL};
  Status status;
  TRY(judged_gains(&plain[1], business, judged->frame, 1.0, error));
  TRY(judged_gains(&plain[0], business, judged->frame, 0.0, error));
  TRY(weigh(&judged->gain_if_one, plain[1], judged, error));
  TRY(weigh(&judged->gain_if_zero, plain[0], judged, error));
done:
  free(plain[0]);
  free(plain[1]);
  return status;
}

static PayoffRows payoff_rows(const JudgedRows *judged, const double *scores) {
  return (PayoffRows){.frame = judged->frame,
                      .task = judged->task,
                      .target = judged->labels,
                      .score = scores,
                      .row_ids = (const char *const *)judged->ids};
}

// The columns that the definition uses, and no others; an error of the definition is found before they are
// read.
static Status read_frame(JudgedRows *judged, Dataset *dataset, const BusinessConfig *business,
                         const int64_t *numbers, Error *error) {
  TextList names = {0};
  Frame *empty = NULL;
  Status status;
  TRY(dataset_frame(&empty, dataset, NULL, numbers, 0, error));
  PayoffRows none = {.frame = empty, .task = judged->task, .target = judged->labels, .score = judged->labels};
  TRY(payoff_columns(&names, business, &none, error));
  TRY(dataset_frame(&judged->frame, dataset, &names, numbers, judged->rows, error));
done:
  frame_free(empty);
  text_list_free(&names);
  return status;
}

Status judged_rows_count(JudgedRows *judged, const BusinessConfig *business, Error *error) {
  judged->capacity = business->capacity;
  bool counts = business->capacity.rows > 0 || business->capacity.fraction > 0;
  if (!counts || judged->weights == NULL) return STATUS_OK;
  free(judged->cost);
  judged->cost = memory_get((size_t)judged->rows, sizeof *judged->cost);
  for (int64_t i = 0; i < judged->rows; i++) judged->cost[i] = MONEY_SCALE;
  return money_weigh(judged->cost, judged->cost, judged->weights, judged->rows, error);
}

static Status read_capacity(JudgedRows *judged, const BusinessConfig *business, const PayoffRows *rows,
                            Error *error) {
  int64_t *plain = NULL;
  if (!(business->capacity.budget > 0)) return judged_rows_count(judged, business, error);
  judged->capacity = business->capacity;
  PASS(payoff_expression(&plain, business, business->capacity.cost, "capacity.cost", rows, error));
  Status status = weigh(&judged->cost, plain, judged, error);
  free(plain);
  return status;
}

// Payoffs [frame rows] of a definition, weighed into `act` and `skip`; their texts and digest stay.
static Status price(JudgedRows *judged, const BusinessConfig *business, const PayoffRows *rows,
                    Error *error) {
  PASS(payoff_evaluate(&judged->payoffs, business, rows, error));
  PASS(weigh(&judged->act, judged->payoffs.act, judged, error));
  PASS(weigh(&judged->skip, judged->payoffs.skip, judged, error));
  payoff_forget_values(&judged->payoffs);
  return STATUS_OK;
}

Status judged_rows_examples(char **examples, const JudgedRows *judged, const BusinessConfig *business,
                            const char *target, const char *positive, Error *error) {
  *examples = NULL;
  if (judged->frame == NULL) return STATUS_OK;
  PayoffRows rows = payoff_rows(judged, judged->labels); // regression: of a prediction that is right
  return payoff_examples(examples, business, &rows, target, judged->task == TASK_BINARY ? positive : NULL,
                         error);
}

Status judged_rows_payoffs(JudgedRows *judged, const BusinessConfig *business, Error *error) {
  if (judged->frame == NULL || judged->task != TASK_BINARY) return STATUS_OK;
  PayoffRows rows = payoff_rows(judged, judged->labels);
  PASS(price(judged, business, &rows, error));
  PASS(read_capacity(judged, business, &rows, error));
  return business->policy == POLICY_EXPECTED_GAIN ? expected_gains(judged, business, error) : STATUS_OK;
}

// ---- several classes ----

static Status no_class(const TextList *classes, const char *name, Error *error) {
  const char *nearest = text_nearest(name, (const char *const *)classes->items, classes->count);
  return error_set(error, STATUS_CONFIG, "business.costs: the target has no class '%.100s'%s%.100s%s", name,
                   nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

void judged_class_names(TextList *names, const Preprocess *preprocess) {
  for (int i = 0; i < preprocess_class_count(preprocess); i++)
    text_list_add(names, preprocess_class_name(preprocess, i));
}

Status judged_costs(double **costs, const BusinessConfig *business, const TextList *classes, Error *error) {
  int count = classes->count;
  double *made = memory_get((size_t)count * (size_t)count, sizeof *made);
  bool *given = memory_get((size_t)count * (size_t)count, sizeof *given);
  Status status = STATUS_OK;
  for (int i = 0; i < count; i++) given[i * count + i] = true;
  for (int i = 0; i < business->costs.count; i++) {
    const Cost *cost = &business->costs.items[i];
    int truth = text_list_find(classes, cost->truth), decision = text_list_find(classes, cost->decision);
    if (truth < 0 || decision < 0) TRY(no_class(classes, truth < 0 ? cost->truth : cost->decision, error));
    made[truth * count + decision] = cost->amount;
    given[truth * count + decision] = true;
  }
  for (int i = 0; i < count * count; i++) {
    const char *truth = classes->items[i / count], *decision = classes->items[i % count];
    if (given[i]) continue;
    TRY(error_set(
        error, STATUS_CONFIG,
        "business.costs: nothing is said of deciding for '%s' where '%s' is true; write %s: {%s: ...}",
        decision, truth, truth, decision));
  }
  *costs = made;
  made = NULL;
done:
  free(made);
  free(given);
  return status;
}

static Status read_costs(JudgedRows *judged, const BusinessConfig *business, const Preprocess *preprocess,
                         Error *error) {
  TextList classes = {0};
  judged_class_names(&classes, preprocess);
  Status status = judged_costs(&judged->costs, business, &classes, error);
  text_list_free(&classes);
  payoff_digest_costs(judged->payoffs.definition, business);
  return status;
}

// The single decision that is cheapest on these rows: what can be had without a model.
static int cheapest_for_all(const JudgedRows *judged) {
  double *counts = memory_get((size_t)judged->classes, sizeof *counts);
  for (int64_t i = 0; i < judged->rows; i++)
    counts[(int)judged->labels[i]] += judged->weights == NULL ? 1 : judged->weights[i];
  int best = money_cheapest(counts, judged->costs, judged->classes);
  free(counts);
  return best;
}

static Status price_classes(JudgedRows *judged, const double *scores, Error *error) {
  int classes = judged->classes, single = cheapest_for_all(judged);
  int64_t **const made[3] = {&judged->act, &judged->skip, &judged->best};
  for (int i = 0; i < 3; i++) *made[i] = memory_get((size_t)judged->rows, sizeof **made[i]);
  for (int64_t i = 0; i < judged->rows; i++) {
    const double *costs = judged->costs + (int)judged->labels[i] * classes;
    double least = costs[0];
    for (int d = 1; d < classes; d++) least = costs[d] < least ? costs[d] : least;
    judged->act[i] = -money_millionths(costs[money_cheapest(scores + i * classes, judged->costs, classes)]);
    judged->skip[i] = -money_millionths(costs[single]);
    judged->best[i] = -money_millionths(least);
  }
  for (int i = 0; judged->weights != NULL && i < 3; i++)
    PASS(money_weigh(*made[i], *made[i], judged->weights, judged->rows, error));
  return STATUS_OK;
}

// ---- what depends on predictions ----

Status judged_rows_price(JudgedRows *judged, const BusinessConfig *business, const double *scores,
                         Error *error) {
  int64_t *act = NULL, *skip = NULL;
  if (judged->costs != NULL) return price_classes(judged, scores, error);
  if (judged->task != TASK_REGRESSION || judged->frame == NULL) return STATUS_OK;
  PayoffRows rows = payoff_rows(judged, scores);
  PASS(price(judged, business, &rows, error));
  PASS(judged_rows_value(&act, &skip, judged, business, judged->labels, NULL, error));
  judged->best = act;
  free(skip);
  return STATUS_OK;
}

// One of act and skip; `known` is what it is worth where nothing that it uses has changed.
static Status value_one(int64_t **out, const JudgedRows *judged, const BusinessConfig *business,
                        const char *key, const char *changed, const PayoffRows *rows, Error *error) {
  bool act = strcmp(key, "act") == 0;
  const char *text = act ? business->act : business->skip;
  const int64_t *known = act ? judged->act : judged->skip;
  int64_t *values = NULL;
  if (judged->task == TASK_BINARY && changed != NULL && !payoff_uses(text, changed)) {
    *out = memory_get((size_t)judged->rows, sizeof **out);
    memcpy(*out, known, (size_t)judged->rows * sizeof **out);
    return STATUS_OK;
  }
  PASS(payoff_expression(&values, business, text, key, rows, error));
  Status status = weigh(out, values, judged, error);
  free(values);
  return status;
}

Status judged_rows_value(int64_t **act, int64_t **skip, const JudgedRows *judged,
                         const BusinessConfig *business, const double *scores, const char *changed,
                         Error *error) {
  Status status;
  *act = *skip = NULL;
  if (judged->frame == NULL) {
    return error_set(error, STATUS_MISSING, "the columns of the payoffs are not kept in this report");
  }
  PayoffRows rows = payoff_rows(judged, judged->task == TASK_REGRESSION ? scores : NULL);
  TRY(value_one(act, judged, business, "act", changed, &rows, error));
  TRY(value_one(skip, judged, business, "skip", changed, &rows, error));
done:
  if (status != STATUS_OK) {
    free(*act);
    free(*skip);
    *act = *skip = NULL;
  }
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
  if (with_ids) TRY(dataset_row_ids(&judged->ids, dataset, rows, count, error));
  TRY(read_labels(judged, dataset, preprocess, rows, error));
  if (business != NULL && business->present && task == TASK_MULTICLASS) {
    TRY(read_costs(judged, business, preprocess, error));
  } else if (business != NULL && business->present) {
    TRY(read_frame(judged, dataset, business, rows, error));
    TRY(judged_rows_payoffs(judged, business, error));
  }
done:
  if (status != STATUS_OK) judged_rows_free(judged);
  return status;
}

Status judged_rows_hash(JudgedRows *judged, const char *cluster, bool optional, Error *error) {
  judged->row_hash = memory_get((size_t)judged->rows, sizeof *judged->row_hash);
  for (int64_t i = 0; i < judged->rows; i++) judged->row_hash[i] = evaluation_hash(judged->ids[i]);
  if (cluster[0] == '\0') return STATUS_OK;
  const Column *column = judged->slices == NULL ? NULL : frame_find(judged->slices, cluster);
  if (column == NULL && optional) return STATUS_OK;
  if (column == NULL) {
    return error_set(
        error, STATUS_DATA,
        "evaluate.cluster: column '%s' is not kept with these rows; evaluate the run again under this "
        "configuration",
        cluster);
  }
  judged->cluster_hash = memory_get((size_t)judged->rows, sizeof *judged->cluster_hash);
  for (int64_t i = 0; i < judged->rows; i++) {
    char buffer[NUMBER_TEXT_BYTES];
    const char *text = column_text(column, i, buffer);
    if (text == NULL) {
      return error_set(
          error, STATUS_DATA,
          "evaluate.cluster: column '%s' is missing on row %s, which then belongs to no cluster; fill "
          "it, or leave evaluate.cluster out",
          cluster, judged->ids[i]);
    }
    judged->cluster_hash[i] = evaluation_hash(text);
  }
  return STATUS_OK;
}

// A column by a key of `evaluate`; one that the data lack is left out where it is optional.
static Status add_slice(TextList *names, const Dataset *dataset, const char *key, const char *name,
                        bool optional, Error *error) {
  if (name[0] == '\0' || text_list_find(names, name) >= 0) return STATUS_OK;
  if (dataset_has_column(dataset, name)) {
    text_list_add(names, name);
    return STATUS_OK;
  }
  if (optional) return STATUS_OK;
  dataset_no_column(dataset, name, error);
  error_prefix(error, "%s", key);
  return error->status = STATUS_CONFIG; // a name of the configuration
}

Status judged_rows_slices(JudgedRows *judged, Dataset *dataset, const Config *config, const int64_t *rows,
                          bool optional, Error *error) {
  TextList names = {0};
  Status status;
  judged->numbers = memory_get((size_t)judged->rows, sizeof *judged->numbers);
  memcpy(judged->numbers, rows, (size_t)judged->rows * sizeof *judged->numbers);
  for (int i = 0; i < config->evaluate_slices.count; i++)
    TRY(add_slice(&names, dataset, "evaluate.slices", config->evaluate_slices.items[i], optional, error));
  if (config->evaluate_fairness.present)
    TRY(add_slice(&names, dataset, "evaluate.fairness.column", config->evaluate_fairness.column, optional,
                  error));
  TRY(add_slice(&names, dataset, "evaluate.time", config->evaluate_time, optional, error));
  TRY(add_slice(&names, dataset, "evaluate.cluster", config->evaluate_cluster, optional, error));
  if (names.count > 0) TRY(dataset_frame(&judged->slices, dataset, &names, rows, judged->rows, error));
  status = judged_rows_hash(judged, config->evaluate_cluster, optional, error);
done:
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
      .capacity = money_capacity(&judged->capacity, judged->rows, judged->cost),
      .best = judged->best,
      .costs = judged->costs,
      .money = {judged->act, judged->skip, judged->gain_if_one, judged->gain_if_zero},
      .slices = judged->slices,
      .row_hash = judged->row_hash,
      .cluster_hash = judged->cluster_hash,
      .ids = (const char *const *)judged->ids,
  };
}

void judged_rows_forget_money(JudgedRows *judged) {
  int64_t **const money[] = {&judged->act,          &judged->skip, &judged->gain_if_one,
                             &judged->gain_if_zero, &judged->best, &judged->cost};
  for (size_t i = 0; i < sizeof money / sizeof money[0]; i++) {
    free(*money[i]);
    *money[i] = NULL;
  }
  payoff_free(&judged->payoffs);
}

void judged_rows_free(JudgedRows *judged) {
  free(judged->labels);
  free(judged->weights);
  free(judged->ids);
  free(judged->row_hash);
  free(judged->cluster_hash);
  judged_rows_forget_money(judged);
  free(judged->costs);
  frame_free(judged->frame);
  free(judged->numbers);
  free(judged->stated);
  frame_free(judged->slices);
  *judged = (JudgedRows){0};
}
