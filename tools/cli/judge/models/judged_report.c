// Opens finished reports to be compared.
#include "engine/shared/memory.h"
#include "io/report/json_text.h"
#include "io/report/report_read.h"
#include "io/shared/sums.h"
#include "tools/cli/judge/models/judged_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
  rows->best = read->best;
  rows->cost = read->cost;
  rows->gain_if_one = read->gain_if_one;
  rows->gain_if_zero = read->gain_if_zero;
  rows->slices = read->slices;
  judged->scores = read->scores;
  judged->ends = read->ends;
  read->slices = NULL;
  read->labels = read->weights = read->scores = read->ends = NULL;
  read->act = read->skip = read->best = read->cost = NULL;
  read->gain_if_one = read->gain_if_zero = NULL;
  size_t bytes = 0;
  for (int64_t i = 0; i < read->rows; i++) bytes += strlen(read->ids[i]) + 1;
  rows->ids = memory_get((size_t)read->rows * sizeof(char *) + bytes, 1);
  char *at = (char *)(rows->ids + read->rows);
  for (int64_t i = 0; i < read->rows; i++) {
    rows->ids[i] = strcpy(at, read->ids[i]);
    at += strlen(at) + 1;
  }
}

static void copy_hex(char hex[DIGEST_HEX], const char *text) {
  if (strlen(text) == DIGEST_HEX - 1) strcpy(hex, text);
}

// Names of the classes: of the scores, else (an earlier version) of the report.
static void take_classes(JudgedModel *judged, const Predictions *read, const json_t *report) {
  for (int k = 0; k < read->label_count; k++) text_list_add(&judged->class_names, read->label_names[k]);
  for (size_t i = 0; read->label_count == 0 && i < report_size(report, "confusion/classes"); i++) {
    text_list_add(&judged->class_names,
                  report_string(json_array_get(report_at(report, "confusion/classes"), i), ""));
  }
}

// The columns that the payoffs use, where the scores hold all of them (an earlier version kept none).
static void take_frame(JudgedRows *rows, Predictions *read, const BusinessConfig *business) {
  TextList names = {0};
  Error ignored;
  if (!business->present || business->act == NULL || rows->task == TASK_MULTICLASS) return;
  rows->frame = read->payoffs != NULL ? read->payoffs : frame_new(rows->rows, 0);
  read->payoffs = NULL;
  PayoffRows schema = {
      .frame = rows->frame, .task = rows->task, .target = rows->labels, .score = rows->labels};
  if (payoff_columns(&names, business, &schema, &ignored) != STATUS_OK) {
    frame_free(rows->frame);
    rows->frame = NULL;
  }
  text_list_free(&names);
}

// What the rows are worth: by their columns, or as it was stored.
static Status price_again(JudgedModel *judged, const json_t *report, Error *error) {
  const BusinessConfig *business = &judged->config->business;
  JudgedRows *rows = &judged->judged;
  if (rows->frame != NULL) {
    judged_rows_forget_money(rows);
    PASS(judged_rows_payoffs(rows, business, error));
    PASS(judged_rows_price(rows, business, judged->scores, error));
  } else {
    copy_hex(rows->payoffs.definition, report_string(report, "business/definition_digest"));
    PASS(judged_rows_count(rows, business, error));
  }
  if (business->costs.count == 0) return STATUS_OK;
  payoff_digest_costs(rows->payoffs.definition, business);
  return judged_costs(&rows->costs, business, &judged->class_names, error);
}

static GateResult result_named(const char *name) {
  return strcmp(name, "pass") == 0 ? RESULT_PASS : strcmp(name, "fail") == 0 ? RESULT_FAIL : RESULT_UNKNOWN;
}

void judged_take_checks(JudgedModel *judged, const json_t *report, const char *subject) {
  static const char *const ids[MODEL_CHECKS] = {"rows_unseen", "threshold_frozen", "data_not_older"};
  const json_t *own = report_at(report_at(report, subject), "checks"), // of a challenger it is not about
      *checks = own != NULL ? own : report_at(report, "checks");
  const char *role = strcmp(subject, "subject/champion") == 0 ? "champion" : "challenger";
  judged->known_count = 0;
  for (size_t i = 0; i < json_array_size(checks); i++) {
    const json_t *check = json_array_get(checks, i);
    for (int k = 0; k < MODEL_CHECKS; k++) {
      char id[64];
      snprintf(id, sizeof id, "validity.%s.%s", ids[k], role);
      if (strcmp(report_string(check, "id"), id) != 0 || judged->known_count == MODEL_CHECKS) continue;
      ValidityCheck *known = &judged->known[judged->known_count++];
      *known = (ValidityCheck){ids[k], role, result_named(report_string(check, "result")),
                               json_is_true(report_at(check, "stated")), ""};
      snprintf(known->text, sizeof known->text, "%s", report_string(check, "text"));
    }
  }
}

void judged_take_subject(JudgedModel *judged, const json_t *report, const char *path) {
  const json_t *subject = report_at(report, path), *seed = report_at(subject, "seed");
  free(judged->name);
  free(judged->checkpoint_name);
  free(judged->kind);
  judged->name = memory_text(report_string(subject, "name"));
  judged->checkpoint_name = memory_text(report_string(subject, "checkpoint"));
  judged->kind = memory_text(report_string(subject, "kind"));
  judged->subject = (ReportSubject){.name = judged->name,
                                    .kind = judged->kind,
                                    .checkpoint = judged->checkpoint_name,
                                    .has_seed = json_is_integer(seed),
                                    .seed = (uint64_t)json_integer_value(seed),
                                    .threshold_kept = json_is_true(report_at(subject, "threshold_kept"))};
  copy_hex(judged->subject.config_digest, report_string(subject, "config_digest"));
  copy_hex(judged->subject.model_digest, report_string(subject, "model_digest"));
  copy_hex(judged->subject.state_digest, report_string(subject, "state_digest"));
  copy_hex(judged->subject.data_digest, report_string(subject, "data_digest"));
  copy_hex(judged->subject.predictions_digest, report_string(subject, "predictions_digest"));
  copy_hex(judged->subject.report_digest, report_string(subject, "report_digest"));
}

static void take_report(JudgedModel *judged, const json_t *report, const char *subject) {
  const BusinessConfig *business = &judged->config->business;
  const json_t *model = report_at(report, subject);
  judged->policy = policy_default;
  if (report_at(model, "threshold") != NULL) {
    judged->policy = (Policy){business->present ? business->policy : POLICY_THRESHOLD,
                              report_number(model, "threshold"), json_is_true(report_at(model, "act_below"))};
  }
  if (business->present && business->policy == POLICY_THRESHOLD)
    judged->policy.threshold = business->threshold;
  judged_take_subject(judged, report, subject);
  judged_take_checks(judged, report, subject);
  judged->threshold_common = -1;
}

// What is compared must be what was written: whoever changes one file of a report changes its verdict.
static Status check_folder(const char *folder, Error *error) {
  static const char *const needed[] = {"config.yaml", "report.json"};
  char name[TENSOR_NAME_MAX];
  Status status = sums_check(name, folder, needed, sizeof needed / sizeof needed[0], error);
  return status == STATUS_OK ? status : error_prefix(error, "%s/%s", folder, name);
}

// The folder of a report, given by its path or by that of its report.json; freed by free().
static char *folder_of(const char *path) {
  size_t length = strlen(path);
  const char *slash = strrchr(path, '/');
  if (length <= 5 || strcmp(path + length - 5, ".json") != 0) return memory_text(path);
  return slash == NULL ? memory_text(".") : memory_text_n(path, (size_t)(slash - path));
}

// The scores of a model are a file of the folder that SHA256SUMS lists, and nothing else.
Status judged_check_scores(const char *folder, const char *file, Error *error) {
  char name[TENSOR_NAME_MAX];
  if (file[0] == '\0' || strchr(file, '/') != NULL) {
    return error_set(error, STATUS_DATA, "%s/report.json: '%.60s' is no file of scores in its folder", folder,
                     file);
  }
  Status status = sums_check(name, folder, &file, 1, error);
  return status == STATUS_OK ? status : error_prefix(error, "%s/%s", folder, name);
}

Status judged_open_scores(JudgedModel *judged, const json_t *report, const char *folder, const char *subject,
                          const char *config, const SessionChoices *choices, Error *error) {
  const json_t *model = report_at(report, subject);
  char *h5 = memory_format("%s/%s", folder, report_string(model, "predictions"));
  Predictions *read = NULL;
  Status status;
  *judged = (JudgedModel){0};
  TRY(judged_check_scores(folder, report_string(model, "predictions"), error));
  TRY(load_config(&judged->config, config, choices, false, error));
  TRY(predictions_read(&read, h5, error));
  if (read->labels == NULL) TRY(error_set(error, STATUS_DATA, "%s: there is no column 'label'", h5));
  take_report(judged, report, subject);
  take_classes(judged, read, report);
  int classes = judged->config->data.target.task == TASK_MULTICLASS ? judged->class_names.count : 1;
  if (read->classes != classes) {
    TRY(error_set(error, STATUS_DATA, "%s: %d score columns, but the report is about %d", h5, read->classes,
                  classes));
  }
  take_rows(judged, read);
  take_frame(&judged->judged, read, &judged->config->business);
  status = judged_rows_hash(&judged->judged, judged->config->evaluate_cluster, false, error);
done:
  predictions_free(read);
  free(h5);
  return status;
}

Status judged_model_open_stored(JudgedModel *judged, const json_t *report, const char *folder,
                                const char *subject, Error *error) {
  char *config = memory_format("%s/config.yaml", folder);
  SessionChoices none = {0};
  Status status = judged_open_scores(judged, report, folder, subject, config, &none, error);
  free(config);
  return status == STATUS_OK ? price_again(judged, report, error) : status;
}

Status judged_report_read(json_t **report, char **folder, const char *path, Error *error) {
  *folder = folder_of(path);
  char *json_path = memory_format("%s/report.json", *folder);
  Status status;
  TRY(check_folder(*folder, error));
  TRY(json_text_read(report, json_path, error));
  if (strcmp(report_string(*report, "schema"), "eval-report/1") != 0) {
    TRY(error_set(error, STATUS_DATA,
                  "%s: its schema is '%.60s', and this program reads eval-report/1: write the "
                  "report again with ingot evaluate or ingot compare",
                  json_path, report_string(*report, "schema")));
  }
  if (report_at(*report, "subject/challenger/predictions") == NULL) {
    TRY(error_set(error, STATUS_DATA, "%s holds no scores: the models were refused (%s)", json_path,
                  report_string(*report, "verdict/sentence")));
  }
done:
  free(json_path);
  return status;
}

// The evidence that a model came with.
static Status take_origin(JudgedModel *judged, const char *folder, Error *error) {
  char *path = memory_format("%s/report.json", folder);
  Status status = judged_file_digest(judged->subject.report_digest, path, error);
  judged->source = realpath(path, NULL);
  free(path);
  return status;
}

// A finished report was judged on its rows.
static Status check_report_choices(const char *folder, const JudgeChoices *judge, Error *error) {
  const char *option = judge->data != NULL ? "--data" : judge->part != NULL ? "--split" : NULL;
  if (option == NULL) return STATUS_OK;
  return error_set(
      error, STATUS_USAGE,
      "%s does not apply to %s, a finished report: give the run instead, or decide again by another "
      "--config",
      option, folder);
}

Status judged_model_of_report(JudgedModel *judged, const json_t *report, const char *folder,
                              const char *subject, const JudgeChoices *choices, Error *error) {
  *judged = (JudgedModel){0};
  if (choices->config != NULL || choices->sets.count > 0) {
    PASS(judged_model_redecide(judged, report, folder, subject, choices, error));
  } else {
    PASS(check_report_choices(folder, choices, error));
    PASS(judged_model_open_stored(judged, report, folder, subject, error));
  }
  return take_origin(judged, folder, error);
}

Status judged_model_open_report(JudgedModel *judged, const char *path, const JudgeChoices *choices,
                                Error *error) {
  char *folder = NULL;
  json_t *report = NULL;
  Status status;
  *judged = (JudgedModel){0};
  TRY(judged_report_read(&report, &folder, path, error));
  status = judged_model_of_report(judged, report, folder, "subject/challenger", choices, error);
done:
  json_decref(report);
  free(folder);
  return status;
}
