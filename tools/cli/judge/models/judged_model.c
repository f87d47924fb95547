// Opens runs and checkpoints to be judged, and what every kind of judged model shares.
#include "engine/evaluate/metrics.h"
#include "engine/evaluate/money.h"
#include "engine/shared/memory.h"
#include "io/run/manifest.h"
#include "io/shared/durable.h"
#include "tools/cli/judge/models/judged_parts.h"
#include "tools/cli/judge/models/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

// ---- pieces ----

char *judged_name_of(const char *given) {
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

Status judged_file_digest(char hex[DIGEST_HEX], const char *path, Error *error) {
  uint8_t digest[DIGEST_BYTES];
  int64_t bytes;
  PASS(file_sha256(digest, &bytes, path, -1, error));
  sha256_hex(hex, digest);
  return STATUS_OK;
}

Status judged_part_of(SplitPart *part, const char *name, Error *error) {
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
    PASS(judged_part_of(&part, choices->part == NULL ? "test" : choices->part, error));
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
  const TensorView *data = tensor_set_find(&checkpoint->tensors, "state.data");
  if (data != NULL && tensor_bytes(data) == DIGEST_BYTES) sha256_hex(subject->data_digest, data->data);
  const Config *trained = judged->model.config;
  if (trained == NULL) return;
  uint8_t digest[DIGEST_BYTES];
  subject->kind = trained->model.kind == MODEL_LINEAR ? "linear" : "mlp";
  subject->has_seed = true;
  subject->seed = trained->seed;
  sha256(digest, trained->bits_text, strlen(trained->bits_text));
  sha256_hex(subject->config_digest, digest);
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

static Status score(JudgedModel *judged, const int64_t *rows, int64_t count, Error *error) {
  struct timespec begun, ended;
  clock_gettime(CLOCK_MONOTONIC, &begun);
  PASS(trained_model_scores(&judged->scores, NULL, &judged->model, judged->dataset, rows, count, error));
  clock_gettime(CLOCK_MONOTONIC, &ended);
  judged->scoring_seconds =
      (double)(ended.tv_sec - begun.tv_sec) + 1e-9 * (double)(ended.tv_nsec - begun.tv_nsec);
  device_describe(judged->device, judged->model.device);
  return STATUS_OK;
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
  judged->name = judged_name_of(judged->model.run != NULL ? judged->model.run : argument);
  judged->checkpoint_name = judged_name_of(judged->model.checkpoint->path);
  describe_model(judged);
  judged_class_names(&judged->class_names, judged->model.preprocess);
  PASS(open_rows(judged, choices, &rows, &count, error));
  PASS(judged_rows_load(&judged->judged, judged->dataset, judged->model.preprocess, money, rows, count, true,
                        error));
  PASS(judged_rows_slices(&judged->judged, judged->dataset, business != NULL ? business : judged->config,
                          rows, business != NULL, error));
  PASS(score(judged, rows, count, error));
  PASS(judged_rows_price(&judged->judged, money, judged->scores, error));
  return policy_of_model(&judged->policy, &judged->model, money, error);
}

// ---- whatever it is ----

static bool ends_with(const char *text, const char *end) {
  size_t length = strlen(text), tail = strlen(end);
  return length >= tail && strcmp(text + length - tail, end) == 0;
}

bool judged_is_report(const char *path) {
  if (ends_with(path, ".json")) return true;
  char *report = memory_format("%s/report.json", path), *manifest = memory_format("%s/manifest.json", path);
  bool found = access(report, F_OK) == 0 && access(manifest, F_OK) != 0;
  free(report);
  free(manifest);
  return found;
}

static bool is_file(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static Status open_any(JudgedModel *judged, const char *argument, const JudgeChoices *choices,
                       const Config *business, Error *error) {
  *judged = (JudgedModel){0};
  if (access(argument, F_OK) != 0) {
    return error_set(error, STATUS_MISSING, "%s: no such run, checkpoint, report or prediction file",
                     argument);
  }
  if (judged_is_report(argument)) return judged_model_open_report(judged, argument, choices, error);
  if (is_file(argument)) return judged_model_open_predictions(judged, argument, choices, error);
  return judged_model_open(judged, argument, choices, business, error);
}

Status judged_model_open_any(JudgedModel *judged, const char *argument, const JudgeChoices *choices,
                             const Config *business, Error *error) {
  PASS(open_any(judged, argument, choices, business, error));
  if (judged->source == NULL) judged->source = realpath(argument, NULL);
  return STATUS_OK;
}

// ---- what others need of it ----

EvaluationSet judged_model_set(const JudgedModel *judged) {
  EvaluationSet set = judged_rows_set(&judged->judged, judged->scores, judged->policy);
  if (judged->config != NULL) {
    const BootstrapConfig *bootstrap = &judged->config->evaluate_bootstrap;
    set.resampling = (Resampling){.replicates = bootstrap->replicates, .seed = bootstrap->seed};
  }
  set.ends = judged->ends;
  set.cut = judged->cut;
  set.listed = judged->listed;
  return set;
}

void judged_model_limit(JudgedModel *judged) {
  EvaluationSet set = judged_model_set(judged);
  if (!set.capacity.limited) return;
  money_limit(&set);
  judged->policy = set.policy;
  judged->cut = set.cut;
  free(judged->listed);
  judged->listed = memory_get((size_t)set.rows, sizeof *judged->listed);
  money_list(judged->listed, &set, (const char *const *)judged->judged.ids);
}

Predictions judged_model_predictions(const JudgedModel *judged) {
  const JudgedRows *rows = &judged->judged;
  EvaluationSet set = judged_model_set(judged);
  Predictions predictions = {.rows = rows->rows,
                             .classes = rows->classes,
                             .class_names = rows->classes > 1 ? judged->class_names.items : NULL,
                             .ids = rows->ids,
                             .scores = judged->scores,
                             .ends = judged->ends,
                             .labels = rows->labels,
                             .weights = rows->weights,
                             .act = rows->act,
                             .skip = rows->skip,
                             .best = rows->best,
                             .cost = rows->cost,
                             .gain_if_one = rows->gain_if_one,
                             .gain_if_zero = rows->gain_if_zero,
                             .slices = rows->slices,
                             .payoffs = rows->frame};
  if (rows->task != TASK_REGRESSION) {
    predictions.label_names = judged->class_names.items;
    predictions.label_count = judged->class_names.count;
  }
  if (rows->task == TASK_REGRESSION) return predictions;
  predictions.decisions = memory_get((size_t)rows->rows, sizeof *predictions.decisions);
  for (int64_t i = 0; i < rows->rows; i++) {
    const double *scores = judged->scores + i * rows->classes;
    predictions.decisions[i] = rows->task == TASK_BINARY ? (double)policy_acts(&set, i)
                               : rows->costs != NULL     ? money_cheapest(scores, rows->costs, rows->classes)
                                                         : predicted_class(&set, i);
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
  free(judged->ends);
  free(judged->listed);
  free(judged->name);
  free(judged->checkpoint_name);
  free(judged->kind);
  free(judged->source);
  text_list_free(&judged->class_names);
  *judged = (JudgedModel){0};
}
