// Opens models to be judged: runs and checkpoints, reports, prediction files.
#include "tools/cli/judge/judged_model.h"

#include "engine/evaluate/metrics.h"
#include "engine/evaluate/money.h"
#include "engine/evaluate/rows_match.h"
#include "engine/shared/memory.h"
#include "io/report/json_text.h"
#include "io/report/report_read.h"
#include "io/run/manifest.h"
#include "io/shared/sums.h"
#include "tools/cli/judge/policy.h"
#include "tools/cli/training/session.h"

#include <stdlib.h>
#include <string.h>

// ---- pieces ----

// The last name of a path that may end in slashes, be "." or pass through links.
static char *name_of(const char *given) {
  char *absolute = realpath(given, NULL);
  const char *path = absolute == NULL ? given : absolute;
  size_t length = strlen(path);
  while (length > 1 && path[length - 1] == '/') length--;
  size_t start = length;
  while (start > 0 && path[start - 1] != '/') start--;
  char *name = memory_text_n(path + start, length - start);
  free(absolute);
  return name;
}

static Status part_of(SplitPart *part, const char *name, Error *error) {
  static const char *const names[PART_COUNT] = {"train", "validation", "test"};
  for (int i = 0; i < PART_COUNT; i++) {
    if (strcmp(names[i], name) == 0) {
      *part = (SplitPart)i;
      return STATUS_OK;
    }
  }
  return error_set(error, STATUS_USAGE, "--split %s: it takes train, validation or test", name);
}

// The run's own data must be those it was trained on: else its split means something else.
static Status check_data(const JudgedModel *judged, Error *error) {
  uint8_t digest[DIGEST_BYTES];
  Manifest *manifest = NULL;
  if (judged->model.run == NULL) return STATUS_OK;
  char *path = memory_format("%s/manifest.json", judged->model.run);
  Status status;
  TRY(manifest_read(&manifest, path, error));
  TRY(dataset_digest(digest, judged->dataset, judged->config, error));
  if (memcmp(digest, manifest->data_digest, DIGEST_BYTES) != 0) {
    TRY(error_set(
        error, STATUS_DATA,
        "%s: these are not the data of the run (another data digest): its split would mix up training and "
        "test rows; to judge the model on other rows give them with --data",
        judged->config->data.file));
  }
done:
  manifest_free(manifest);
  free(path);
  return status;
}

static Status open_rows(JudgedModel *judged, const JudgeChoices *choices, const int64_t **rows,
                        int64_t *count, Error *error) {
  const DataConfig *data = &judged->config->data;
  SplitPart part = PART_TEST;
  if (choices->data != NULL) {
    PASS(dataset_open_file(&judged->dataset, choices->data, data->split.key, error));
  } else {
    PASS(part_of(&part, choices->part == NULL ? "test" : choices->part, error));
    PASS(dataset_open(&judged->dataset, judged->config, error));
    PASS(check_data(judged, error));
  }
  *rows = dataset_part(judged->dataset, part, count);
  if (*count > 0) return STATUS_OK;
  return error_set(error, STATUS_DATA,
                   "the data have no rows in that part: choose another with --split, or --data");
}

static void describe_model(JudgedModel *judged) {
  const Checkpoint *checkpoint = judged->model.checkpoint;
  ReportSubject *subject = &judged->subject;
  subject->name = judged->name;
  subject->checkpoint = judged->checkpoint_name;
  sha256_hex(subject->model_digest, checkpoint->state.model_digest);
  sha256_hex(subject->state_digest, checkpoint->state.state_digest);
  const Config *trained = judged->model.config;
  if (trained == NULL) return;
  uint8_t digest[DIGEST_BYTES];
  subject->kind = trained->model.kind == MODEL_LINEAR ? "linear" : "mlp";
  subject->has_seed = true;
  subject->seed = trained->seed;
  sha256(digest, trained->bits_text, strlen(trained->bits_text));
  sha256_hex(subject->config_digest, digest);
}

static void name_classes(JudgedModel *judged, const Preprocess *preprocess) {
  for (int i = 0; i < preprocess_class_count(preprocess); i++) {
    text_list_add(&judged->class_names, preprocess_class_name(preprocess, i));
  }
}

Status judge_choices_check(const JudgeChoices *choices, Error *error) {
  if (choices->data == NULL || choices->part == NULL) return STATUS_OK;
  return error_set(error, STATUS_USAGE, "--data judges on all rows of its file: --split %s has no part there",
                   choices->part);
}

// ---- a run or a checkpoint ----

static Status load_own_config(JudgedModel *judged, const JudgeChoices *choices, Error *error) {
  SessionChoices session = {.sets = choices->sets};
  const char *path = choices->config;
  if (path == NULL && judged->model.config == NULL) {
    return error_set(error, STATUS_MISSING,
                     "%s: the checkpoint lies outside of its run: give the configuration with --config",
                     judged->model.checkpoint->path);
  }
  // What decided the bits of the model is a fact: free keys alone can be set.
  return load_config(&judged->config, path != NULL ? path : judged->model.checkpoint->config_path, &session,
                     true, error);
}

Status judged_model_open(JudgedModel *judged, const char *argument, const JudgeChoices *choices,
                         const Config *business, Error *error) {
  const int64_t *rows;
  int64_t count;
  *judged = (JudgedModel){0};
  DeviceChoice device = {.name = choices->device == NULL ? "auto" : choices->device, .isa = "auto"};
  PASS(trained_model_open(&judged->model, argument, choices->checkpoint == NULL ? "" : choices->checkpoint,
                          &device, error));
  PASS(load_own_config(judged, choices, error));
  const BusinessConfig *money = business != NULL ? &business->business : &judged->config->business;
  judged->name = name_of(judged->model.run != NULL ? judged->model.run : argument);
  judged->checkpoint_name = name_of(judged->model.checkpoint->path);
  describe_model(judged);
  name_classes(judged, judged->model.preprocess);
  PASS(open_rows(judged, choices, &rows, &count, error));
  PASS(judged_rows_load(&judged->judged, judged->dataset, judged->model.preprocess, money, rows, count, true,
                        error));
  PASS(judged_rows_cluster(&judged->judged, judged->dataset, judged->config->evaluate_cluster, rows, error));
  PASS(trained_model_scores(&judged->scores, NULL, &judged->model, judged->dataset, rows, count, error));
  return policy_of_model(&judged->policy, &judged->model, money, error);
}

// ---- a prediction file ----

static Status policy_without_model(JudgedModel *judged, Error *error) {
  const BusinessConfig *business = &judged->config->business;
  judged->policy = policy_default;
  if (!business->present || judged->judged.task != TASK_BINARY) return STATUS_OK;
  if (business->policy == POLICY_BEST_ON_VALIDATION) {
    return error_set(
        error, STATUS_CONFIG,
        "business.policy: a threshold cannot be chosen on validation rows that a prediction file does not "
        "hold; set business.policy={threshold: 0.5} or business.policy=expected_gain with --set");
  }
  EvaluationSet set = judged_model_set(judged);
  if (evaluation_set_check(&set, error) != STATUS_OK) return error_prefix(error, "%s", judged->name);
  judged->policy = money_policy(business, &set);
  return STATUS_OK;
}

// Columns of scores in the order of the target's classes, by their names.
static Status order_classes(Predictions *read, const JudgedModel *judged, Error *error) {
  const TextList *classes = &judged->class_names;
  int *column = memory_get((size_t)read->classes, sizeof *column);
  double *row = memory_get((size_t)read->classes, sizeof *row);
  Status status = STATUS_OK;
  if (judged->config->data.target.task != TASK_MULTICLASS) {
    if (read->classes != 1)
      TRY(error_set(error, STATUS_DATA, "%s: predictions of this target need one column 'score'",
                    judged->name));
    goto done;
  }
  if (read->classes != classes->count) {
    TRY(error_set(error, STATUS_DATA, "%s: %d score columns, but the target has %d classes", judged->name,
                  read->classes, classes->count));
  }
  for (int k = 0; k < classes->count; k++) {
    int at = 0;
    while (at < read->classes && strcmp(read->class_names[at], classes->items[k]) != 0) at++;
    if (at == read->classes)
      TRY(error_set(error, STATUS_DATA, "%s: there is no column 'score.%s'", judged->name,
                    classes->items[k]));
    column[k] = at;
  }
  for (int64_t i = 0; i < read->rows; i++) {
    double *scores = read->scores + i * read->classes;
    memcpy(row, scores, (size_t)read->classes * sizeof *row);
    for (int k = 0; k < read->classes; k++) scores[k] = row[column[k]];
  }
done:
  free(column);
  free(row);
  return status;
}

// Rows of the dataset that the file names, in the dataset's order, with the file's scores beside them.
static Status match_predictions(JudgedModel *judged, const Predictions *read, int64_t **rows, Error *error) {
  int64_t all = dataset_rows(judged->dataset), count;
  char **ids = NULL;
  int64_t *every = memory_get((size_t)all, sizeof *every),
          *of_file = memory_get((size_t)all, sizeof *of_file);
  *rows = memory_get((size_t)all, sizeof **rows);
  Status status;
  for (int64_t i = 0; i < all; i++) every[i] = i;
  TRY(dataset_row_ids(&ids, judged->dataset, every, all, error));
  status = rows_intersect(&count, *rows, of_file, (const char *const *)ids, all,
                          (const char *const *)read->ids, read->rows, error);
  if (status != STATUS_OK) TRY(error_prefix(error, "%s", judged->name));
  if (count != read->rows) {
    TRY(error_set(error, STATUS_DATA, "%s: %lld of its %lld row ids are not in the data", judged->name,
                  (long long)(read->rows - count), (long long)read->rows));
  }
  judged->scores = memory_get((size_t)count * (size_t)read->classes, sizeof *judged->scores);
  for (int64_t i = 0; i < count; i++) {
    memcpy(judged->scores + i * read->classes, read->scores + of_file[i] * read->classes,
           (size_t)read->classes * sizeof *judged->scores);
  }
done:
  free(ids);
  free(every);
  free(of_file);
  return status;
}

Status judged_model_open_predictions(JudgedModel *judged, const char *path, const JudgeChoices *choices,
                                     Error *error) {
  SessionChoices session = {.sets = choices->sets};
  Predictions *read = NULL;
  int64_t *rows = NULL;
  char *data = NULL;
  Status status;
  *judged = (JudgedModel){.rows_unseen = -1, .threshold_frozen = -1};
  if (choices->config == NULL) {
    return error_set(
        error, STATUS_USAGE,
        "%s: a prediction file is judged by a configuration and its data: give --config C and --data F",
        path);
  }
  if (choices->part != NULL) {
    return error_set(error, STATUS_USAGE, "--split %s: a prediction file is judged on the rows that it names",
                     choices->part);
  }
  TextList sets = {0};
  for (int i = 0; i < choices->sets.count; i++) text_list_add(&sets, choices->sets.items[i]);
  if (choices->data != NULL) {
    data = memory_format("data.file=%s", choices->data);
    text_list_add(&sets, data);
  }
  session.sets = sets;
  judged->name = name_of(path);
  judged->subject = (ReportSubject){.name = judged->name, .kind = "predictions"};
  TRY(load_config(&judged->config, choices->config, &session, false, error));
  TRY(predictions_read(&read, path, error));
  TRY(dataset_open(&judged->dataset, judged->config, error));
  TRY(dataset_fit(&judged->fitted, judged->dataset, judged->config, error));
  name_classes(judged, judged->fitted);
  TRY(order_classes(read, judged, error));
  TRY(match_predictions(judged, read, &rows, error));
  TRY(judged_rows_load(&judged->judged, judged->dataset, judged->fitted, &judged->config->business, rows,
                       read->rows, true, error));
  TRY(judged_rows_cluster(&judged->judged, judged->dataset, judged->config->evaluate_cluster, rows, error));
  TRY(policy_without_model(judged, error));
done:
  text_list_free(&sets);
  free(data);
  free(rows);
  predictions_free(read);
  return status;
}

// ---- a report ----

static void take_rows(JudgedModel *judged, Predictions *read) {
  JudgedRows *rows = &judged->judged;
  rows->rows = read->rows;
  rows->task = judged->config->data.target.task;
  rows->classes = read->classes;
  // What is taken over is no longer the predictions' to free; ids keep their one text each.
  rows->labels = read->labels;
  rows->weights = read->weights;
  rows->act = read->act;
  rows->skip = read->skip;
  judged->scores = read->scores;
  read->labels = read->weights = read->scores = NULL;
  read->act = read->skip = NULL;
  size_t bytes = 0;
  for (int64_t i = 0; i < read->rows; i++) bytes += strlen(read->ids[i]) + 1;
  rows->ids = memory_get((size_t)read->rows * sizeof(char *) + bytes, 1);
  char *at = (char *)(rows->ids + read->rows);
  for (int64_t i = 0; i < read->rows; i++) {
    rows->ids[i] = strcpy(at, read->ids[i]);
    at += strlen(at) + 1;
  }
  judged_rows_hash(rows);
}

static void copy_hex(char hex[DIGEST_HEX], const char *text) {
  if (strlen(text) == DIGEST_HEX - 1) strcpy(hex, text);
}

// Names of the classes, and what the report says of payoffs: it was found where the data were.
static void take_texts(JudgedModel *judged, const json_t *report) {
  Text examples = {0};
  for (size_t i = 0; i < report_size(report, "confusion/classes"); i++) {
    text_list_add(&judged->class_names,
                  report_string(json_array_get(report_at(report, "confusion/classes"), i), ""));
  }
  for (size_t i = 0; i < report_size(report, "business/examples"); i++) {
    text_add(&examples, "%s\n", report_string(json_array_get(report_at(report, "business/examples"), i), ""));
  }
  judged->judged.examples = text_take(&examples);
  copy_hex(judged->judged.payoffs.definition, report_string(report, "business/definition_digest"));
}

// A validity check that the report made: 1 passed, 0 failed, -1 not made.
static int check_of(const json_t *report, const char *id) {
  for (size_t i = 0; i < report_size(report, "checks"); i++) {
    const json_t *check = json_array_get(report_at(report, "checks"), i);
    if (strcmp(report_string(check, "id"), id) == 0)
      return strcmp(report_string(check, "result"), "pass") == 0;
  }
  return -1;
}

static Status take_report(JudgedModel *judged, const json_t *report, const char *folder, Error *error) {
  const char *policy = report_string(report, "business/policy/kind");
  judged->policy = policy_default;
  if (strcmp(policy, "expected_gain") == 0) {
    return error_set(error, STATUS_DATA,
                     "%s: under the policy expected_gain a report cannot be compared; give the run itself",
                     folder);
  }
  if (policy[0] != '\0') {
    judged->policy = (Policy){strcmp(policy, "threshold") == 0 ? POLICY_THRESHOLD : POLICY_BEST_ON_VALIDATION,
                              report_number(report, "business/policy/threshold"),
                              json_is_true(report_at(report, "business/policy/act_below"))};
  }
  judged->name = memory_text(report_string(report, "subject/challenger/name"));
  judged->checkpoint_name = memory_text(report_string(report, "subject/challenger/checkpoint"));
  judged->rows_unseen = check_of(report, "validity.rows_unseen");
  judged->threshold_frozen = check_of(report, "validity.threshold_frozen");
  judged->kind = memory_text(report_string(report, "subject/challenger/kind"));
  const json_t *seed = report_at(report, "subject/challenger/seed");
  judged->subject = (ReportSubject){.name = judged->name,
                                    .kind = judged->kind,
                                    .checkpoint = judged->checkpoint_name,
                                    .has_seed = json_is_integer(seed),
                                    .seed = (uint64_t)json_integer_value(seed)};
  copy_hex(judged->subject.config_digest, report_string(report, "subject/challenger/config_digest"));
  copy_hex(judged->subject.model_digest, report_string(report, "subject/challenger/model_digest"));
  copy_hex(judged->subject.state_digest, report_string(report, "subject/challenger/state_digest"));
  return STATUS_OK;
}

// What is compared must be what was written: whoever changes one file of a report changes its verdict.
static Status check_folder(const char *folder, Error *error) {
  static const char *const needed[] = {"config.yaml", "predictions.h5", "report.json"};
  char name[TENSOR_NAME_MAX];
  Status status = sums_check(name, folder, needed, sizeof needed / sizeof needed[0], error);
  return status == STATUS_OK ? status : error_prefix(error, "%s/%s", folder, name);
}

Status judged_model_open_report(JudgedModel *judged, const char *path, Error *error) {
  size_t length = strlen(path);
  bool file = length > 5 && strcmp(path + length - 5, ".json") == 0;
  const char *slash = strrchr(path, '/');
  char *folder = !file           ? memory_text(path)
                 : slash == NULL ? memory_text(".")
                                 : memory_text_n(path, (size_t)(slash - path));
  char *json_path = file ? memory_text(path) : memory_format("%s/report.json", folder);
  char *config = memory_format("%s/config.yaml", folder), *h5 = memory_format("%s/predictions.h5", folder);
  SessionChoices none = {0};
  Predictions *read = NULL;
  json_t *report = NULL;
  Status status;
  *judged = (JudgedModel){0};
  TRY(check_folder(folder, error));
  TRY(json_text_read(&report, json_path, error));
  TRY(load_config(&judged->config, config, &none, false, error));
  TRY(predictions_read(&read, h5, error));
  if (read->labels == NULL) TRY(error_set(error, STATUS_DATA, "%s: there is no column 'label'", h5));
  if (judged->config->evaluate_cluster[0] != '\0') {
    TRY(error_set(
        error, STATUS_DATA,
        "%s: under evaluate.cluster a report cannot be compared, it does not hold the clusters; give the "
        "run itself",
        folder));
  }
  TRY(take_report(judged, report, folder, error));
  take_texts(judged, report);
  int classes = judged->config->data.target.task == TASK_MULTICLASS ? judged->class_names.count : 1;
  if (read->classes != classes) {
    TRY(error_set(error, STATUS_DATA, "%s: %d score columns, but the report is about %d", h5, read->classes,
                  classes));
  }
  take_rows(judged, read);
done:
  json_decref(report);
  predictions_free(read);
  free(config);
  free(h5);
  free(json_path);
  free(folder);
  return status;
}

// ---- what others need of it ----

EvaluationSet judged_model_set(const JudgedModel *judged) {
  EvaluationSet set = judged_rows_set(&judged->judged, judged->scores, judged->policy);
  if (judged->config != NULL) {
    const BootstrapConfig *bootstrap = &judged->config->evaluate_bootstrap;
    set.resampling = (Resampling){.replicates = bootstrap->replicates, .seed = bootstrap->seed};
  }
  return set;
}

Predictions judged_model_predictions(const JudgedModel *judged) {
  const JudgedRows *rows = &judged->judged;
  EvaluationSet set = judged_model_set(judged);
  Predictions predictions = {.rows = rows->rows,
                             .classes = rows->classes,
                             .class_names = rows->classes > 1 ? judged->class_names.items : NULL,
                             .ids = rows->ids,
                             .scores = judged->scores,
                             .labels = rows->labels,
                             .weights = rows->weights,
                             .act = rows->act,
                             .skip = rows->skip};
  if (rows->task == TASK_REGRESSION) return predictions;
  predictions.decisions = memory_get((size_t)rows->rows, sizeof *predictions.decisions);
  for (int64_t i = 0; i < rows->rows; i++) {
    predictions.decisions[i] =
        rows->task == TASK_BINARY ? (double)policy_acts(&set, i) : predicted_class(&set, i);
  }
  return predictions;
}

void judged_model_close(JudgedModel *judged) {
  trained_model_close(&judged->model);
  config_free(judged->config);
  preprocess_free(judged->fitted);
  dataset_close(judged->dataset);
  judged_rows_free(&judged->judged);
  free(judged->scores);
  free(judged->name);
  free(judged->checkpoint_name);
  free(judged->kind);
  text_list_free(&judged->class_names);
  *judged = (JudgedModel){0};
}
