// ingot predict: scores new rows and decides by the frozen policy.
#include "engine/evaluate/metrics.h"
#include "engine/evaluate/money.h"
#include "engine/shared/memory.h"
#include "io/report/predictions.h"
#include "io/shared/durable.h"
#include "io/shared/text.h"
#include "tools/cli/judge/models/judged_rows.h"
#include "tools/cli/judge/models/policy.h"
#include "tools/cli/shared/command.h"
#include "tools/cli/shared/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Status verb_predict(int argc, char **argv, Error *error);

typedef struct PredictChoices {
  const char *output, *checkpoint, *device, *isa, *id;
  int64_t top, thread_count;
  bool acted, force;
} PredictChoices;

// What is known of the rows before they are written.
typedef struct Prediction {
  TrainedModel model;
  Dataset *dataset;
  const int64_t *rows;
  Policy policy;
  const char *key; // column of row ids, "" = row numbers
  TextList extra;
  TextList class_names;
  Predictions out; // owned here
  int64_t *gains[2], *cost;
  double *costs; // of several classes, where decisions have costs
  PolicyCut cut;
  bool *listed;
} Prediction;

static const char *key_of(const PredictChoices *choices, const TrainedModel *model) {
  if (choices->id != NULL) return choices->id;
  return model->config == NULL ? "" : model->config->data.split.key;
}

// A key column of training need not be in new data: then rows go by their numbers.
static Status open_data(Prediction *prediction, const PredictChoices *choices, const char *path,
                        Error *error) {
  const char *key = key_of(choices, &prediction->model);
  prediction->key = "";
  PASS(dataset_open_file(&prediction->dataset, path, "", error));
  if (key[0] == '\0') return STATUS_OK;
  if (!dataset_has_column(prediction->dataset, key) && choices->id == NULL) {
    say("%s has no column '%s': rows are named by their numbers", path, key);
    return STATUS_OK;
  }
  dataset_close(prediction->dataset);
  prediction->dataset = NULL;
  prediction->key = key;
  return dataset_open_file(&prediction->dataset, path, key, error);
}

static void warn_about_extra(const Prediction *prediction, const char *target, const char *key) {
  Text names = {0};
  int count = 0;
  for (int i = 0; i < prediction->extra.count; i++) {
    const char *name = prediction->extra.items[i];
    if (strcmp(name, target) == 0 || strcmp(name, key) == 0) continue;
    text_add(&names, "%s%s", count++ > 0 ? ", " : "", name);
  }
  if (count > 0) say("columns that the model does not read: %s", names.bytes);
  text_free(&names);
}

// The column of a category input, with the rows whose value the model has no id for added to `text`.
static Status add_unknown(Text *text, const Prediction *prediction, int index, Error *error) {
  const Preprocess *preprocess = prediction->model.preprocess;
  const char *name = preprocess_column_name(preprocess, index);
  TextList names = {.items = (char **)&name, .count = 1};
  Frame *frame = NULL;
  PASS(dataset_frame(&frame, prediction->dataset, &names, prediction->rows, prediction->out.rows, error));
  char buffer[NUMBER_TEXT_BYTES], first[NUMBER_TEXT_BYTES + 16] = "";
  int64_t count = 0;
  for (int64_t i = 0; i < frame->rows; i++) {
    const char *value = column_text(&frame->columns[0], i, buffer);
    if (value == NULL || preprocess_knows(preprocess, index, value)) continue;
    if (count++ == 0) snprintf(first, sizeof first, "%.40s", value);
  }
  if (count > 0)
    text_add(text, "%s%s in %lld row%s (such as '%s')", text->length > 0 ? ", " : "", name, (long long)count,
             plural(count), first);
  frame_free(frame);
  return STATUS_OK;
}

// Values of categories that were not in the training rows, or too rare there: they count as unknown.
static Status say_unknown(const Prediction *prediction, Error *error) {
  Text text = {0};
  Status status = STATUS_OK;
  for (int i = 0; i < preprocess_column_count(prediction->model.preprocess); i++) {
    if (preprocess_layout(prediction->model.preprocess)->segments[i].is_category)
      TRY(add_unknown(&text, prediction, i, error));
  }
  if (text.length > 0) say("values that the model does not know: %s", text.bytes);
done:
  text_free(&text);
  return status;
}

// The expected gain of acting, by the payoffs under both labels.
static Status add_gains(Prediction *prediction, Error *error) {
  const Config *config = prediction->model.config;
  Predictions *out = &prediction->out;
  Frame *frame = NULL;
  Status status;
  TRY(dataset_frame(&frame, prediction->dataset, NULL, prediction->rows, out->rows, error));
  for (int label = 0; label < 2; label++) {
    TRY(judged_gains(&prediction->gains[label], &config->business, frame, label, error));
  }
  out->expected_gains = memory_get((size_t)out->rows, sizeof *out->expected_gains);
  for (int64_t i = 0; i < out->rows; i++) {
    out->expected_gains[i] =
        money_expected_gain(out->scores[i], prediction->gains[1][i], prediction->gains[0][i]) / MONEY_SCALE;
  }
  if (config->business.capacity.budget > 0) {
    PayoffRows rows = {.frame = frame, .task = TASK_BINARY, .row_ids = (const char *const *)out->ids};
    TRY(payoff_expression(&prediction->cost, &config->business, config->business.capacity.cost,
                          "capacity.cost", &rows, error));
  }
done:
  frame_free(frame);
  return status;
}

// The capacity counts the rows of this file.
static void limit(Prediction *prediction, EvaluationSet *set) {
  const BusinessConfig *business = &prediction->model.config->business;
  set->capacity = money_capacity(&business->capacity, set->rows, prediction->cost);
  money_limit(set);
  prediction->listed = memory_get((size_t)set->rows, sizeof *prediction->listed);
  money_list(prediction->listed, set, (const char *const *)prediction->out.ids);
  set->listed = prediction->listed;
}

static void decide(Prediction *prediction) {
  Predictions *out = &prediction->out;
  Task task = preprocess_task(prediction->model.preprocess);
  EvaluationSet set = {.task = task,
                       .rows = out->rows,
                       .classes = out->classes,
                       .scores = out->scores,
                       .policy = prediction->policy,
                       .money = {NULL, NULL, prediction->gains[1], prediction->gains[0]}};
  if (task == TASK_REGRESSION) return;
  if (out->expected_gains != NULL) limit(prediction, &set);
  out->decisions = memory_get((size_t)out->rows, sizeof *out->decisions);
  for (int64_t i = 0; i < out->rows; i++) {
    const double *scores = out->scores + i * out->classes;
    out->decisions[i] = task == TASK_BINARY         ? (double)policy_acts(&set, i)
                        : prediction->costs != NULL ? money_cheapest(scores, prediction->costs, out->classes)
                                                    : predicted_class(&set, i);
  }
}

static Status predict_rows(Prediction *prediction, Error *error) {
  const TrainedModel *model = &prediction->model;
  Predictions *out = &prediction->out;
  Task task = preprocess_task(model->preprocess);
  prediction->rows = dataset_part(prediction->dataset, PART_TEST, &out->rows);
  out->classes = preprocess_layout(model->preprocess)->outputs;
  if (task == TASK_MULTICLASS) judged_class_names(&prediction->class_names, model->preprocess);
  out->class_names = prediction->class_names.items;
  PASS(dataset_row_ids(&out->ids, prediction->dataset, prediction->rows, out->rows, error));
  PASS(trained_model_scores(&out->scores, &prediction->extra, model, prediction->dataset, prediction->rows,
                            out->rows, error));
  warn_about_extra(prediction, preprocess_target_name(model->preprocess), prediction->key);
  PASS(say_unknown(prediction, error));
  const BusinessConfig *business = model->config == NULL ? NULL : &model->config->business;
  PASS(policy_of_model(&prediction->policy, model, business, error));
  if (business != NULL && business->present && task == TASK_BINARY) PASS(add_gains(prediction, error));
  if (business != NULL && business->present && task == TASK_MULTICLASS)
    PASS(judged_costs(&prediction->costs, business, &prediction->class_names, error));
  decide(prediction);
  return STATUS_OK;
}

// ---- the rows to act on first ----

typedef struct Ranked {
  double key, score;
  uint8_t
      digest[DIGEST_BYTES]; // of the row's id: equal rows in an order that the file's order does not decide
  const char *id;
  int64_t row;
} Ranked;

static int by_rank(const void *a, const void *b) {
  const Ranked *x = a, *y = b;
  if (x->key != y->key) return x->key > y->key ? -1 : 1;
  if (x->score != y->score) return x->score > y->score ? -1 : 1;
  int order = memcmp(x->digest, y->digest, DIGEST_BYTES);
  if (order == 0) order = strcmp(x->id, y->id);
  return order != 0 ? order : (x->row > y->row) - (x->row < y->row);
}

// The score of a row; of several classes that of the class decided on.
static double score_of(const Predictions *out, int64_t row) {
  return out->scores[row * out->classes + (out->classes > 1 ? (int64_t)out->decisions[row] : 0)];
}

// Of the rows to act on (several classes, a number: of all) the best `top`, by expected gain, without money
// by score. `acted`: how many there are.
static int64_t *rank(int64_t *count, int64_t *acted, const Predictions *out, int64_t top) {
  Ranked *ranked = memory_get((size_t)out->rows, sizeof *ranked);
  bool binary = out->classes == 1 && out->decisions != NULL;
  *acted = 0;
  for (int64_t i = 0; i < out->rows; i++) {
    if (binary && out->decisions[i] == 0) continue;
    double score = score_of(out, i);
    Ranked *one = &ranked[(*acted)++];
    *one = (Ranked){.key = out->expected_gains == NULL ? score : out->expected_gains[i],
                    .score = score,
                    .id = out->ids[i],
                    .row = i};
    sha256(one->digest, one->id, strlen(one->id));
  }
  if (*acted > 1) qsort(ranked, (size_t)*acted, sizeof *ranked, by_rank);
  *count = *acted < top ? *acted : top;
  int64_t *order = memory_get((size_t)*count, sizeof *order);
  for (int64_t i = 0; i < *count; i++) order[i] = ranked[i].row;
  free(ranked);
  return order;
}

// Of the listed rows, those on which acting is expected to lose: a threshold does not ask for the gain.
static int64_t count_losses(const Predictions *out, const int64_t *order, int64_t count) {
  int64_t losses = 0;
  for (int64_t i = 0; i < count && out->expected_gains != NULL; i++)
    losses += out->expected_gains[order[i]] < 0;
  return losses;
}

// What was written: acted on and losing are told of a list (--top) where they are known.
static Status report_written(const Predictions *out, const PredictChoices *choices, const int64_t *order,
                             int64_t count, int64_t acted, Error *error) {
  int64_t rows = order == NULL ? out->rows : count,
          losses = order == NULL ? 0 : count_losses(out, order, count);
  bool decided = order != NULL && out->classes == 1 && out->decisions != NULL;
  Text text = {0};
  text_add(&text, "wrote %s: %lld row%s", choices->output, (long long)rows, plural(rows));
  if (decided) text_add(&text, ", of %lld that the policy acts on", (long long)acted);
  if (losses > 0) text_add(&text, "; %lld of them have a negative expected gain", (long long)losses);
  say("%s", text.bytes);
  text_free(&text);
  if (!output_is_json()) return STATUS_OK;
  bool weighed = order != NULL && out->expected_gains != NULL;
  return print_json(json_pack("{s:s,s:I,s:o*,s:o*}", "output", choices->output, "rows", (json_int_t)rows,
                              "acted_on", decided ? json_integer(acted) : NULL, "negative_expected_gain",
                              weighed ? json_integer(losses) : NULL),
                    error);
}

static void prediction_close(Prediction *prediction) {
  Predictions *out = &prediction->out;
  free(out->ids);
  free(out->scores);
  free(out->decisions);
  free(out->expected_gains);
  free(prediction->gains[0]);
  free(prediction->gains[1]);
  free(prediction->cost);
  free(prediction->costs);
  free(prediction->listed);
  text_list_free(&prediction->extra);
  text_list_free(&prediction->class_names);
  dataset_close(prediction->dataset);
  trained_model_close(&prediction->model);
}

static Status predict(const PredictChoices *choices, char **arguments, Error *error) {
  Prediction prediction = {0};
  int64_t *order = NULL, count = 0, acted = 0;
  DeviceChoice device = {.name = choices->device == NULL ? "auto" : choices->device,
                         .isa = choices->isa == NULL ? "auto" : choices->isa,
                         .threads = (int)choices->thread_count};
  Status status;
  TRY(file_check_output(choices->output, arguments[1], error));
  TRY(file_check_folder(choices->output, error));
  TRY(trained_model_open(&prediction.model, arguments[0],
                         choices->checkpoint == NULL ? "" : choices->checkpoint, &device, error));
  say_more("model %s", prediction.model.checkpoint->path);
  TRY(open_data(&prediction, choices, arguments[1], error));
  TRY(predict_rows(&prediction, error));
  if (choices->top > 0) order = rank(&count, &acted, &prediction.out, choices->top);
  TRY(predictions_write(choices->output, &prediction.out, order, count, choices->force, error));
  status = report_written(&prediction.out, choices, order, count, acted, error);
done:
  free(order);
  prediction_close(&prediction);
  return status;
}

Status verb_predict(int argc, char **argv, Error *error) {
  PredictChoices choices = {0};
  Option options[] = {
      TEXT('o', "output", "OUT", &choices.output, "OUT.h5 or OUT.csv (required)"),
      NUMBER(0, "top", "K", &choices.top, 1, INT64_MAX,
             "the K rows to act on first, by expected gain, then score; at most those acted on"),
      FLAG(0, "acted", &choices.acted,
           "only the rows acted on, in that order; with business.capacity as many as it allows"),
      TEXT(0, "id", "COLUMN", &choices.id,
           "column of row ids (default: the key of the split, else row numbers)"),
      TEXT(0, "checkpoint", "WHICH", &choices.checkpoint,
           "best (default), last or a step, where a run is given"),
      TEXT(0, "device", "D", &choices.device, "cpu, cuda or cuda:N (default: a GPU where one can be used)"),
      NUMBER(0, "threads", "N", &choices.thread_count, 1, DEVICE_THREADS_MAX,
             "threads of the CPU (default: all)"),
      TEXT(0, "isa", "I", &choices.isa, "instruction set: portable, avx2 or avx512 (default: the best)"),
      FLAG('f', "force", &choices.force, "replace OUT"),
  };
  Command command = {
      "predict",
      "RUN|CHECKPOINT DATA.h5",
      "Scores the rows of DATA and decides by the frozen policy: row_id, score, decision and, where a\n"
      "business is defined, expected_gain. DATA holds raw columns. A missing column or another type is\n"
      "an error; columns the model does not read are named and ignored; unknown categories count as\n"
      "unknown; rows keep their order.\n",
      "ingot predict runs/churn-1a2b3c4d new.h5 -o scores.csv\n"
      "ingot predict runs/churn-1a2b3c4d new.h5 -o call_list.csv --top 800\n"
      "ingot predict runs/churn-1a2b3c4d new.h5 -o call_list.csv --acted",
      options,
      sizeof options / sizeof options[0],
      2,
      2};
  Parsed parsed;
  PASS(command_parse(&parsed, &command, argc, argv, error));
  if (parsed.helped) return STATUS_OK;
  if (choices.output == NULL)
    return error_set(error, STATUS_USAGE, "-o OUT is missing: a name that ends in .h5 or .csv");
  if (choices.acted && choices.top == 0) choices.top = INT64_MAX;
  return predict(&choices, parsed.arguments, error);
}
