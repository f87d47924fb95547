// Opens prediction files, of any tool, to be judged.
#include "engine/evaluate/money.h"
#include "engine/evaluate/rows_match.h"
#include "engine/shared/memory.h"
#include "tools/cli/judge/models/judged_parts.h"
#include "tools/cli/shared/output.h"

#include <stdlib.h>
#include <string.h>

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
    TRY(error_set(
        error, STATUS_DATA,
        "%s: %d score column%s, but the target has %d classes: it needs a column 'score.CLASS' for each, "
        "as in 'score.%.60s'",
        judged->name, read->classes, read->classes == 1 ? "" : "s", classes->count, classes->items[0]));
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

// Rows of the dataset that the file names, ascending, with the file's scores beside them.
typedef struct NamedRows {
  int64_t count;
  int64_t *rows;
  double *scores; // [count, classes]
  double *ends;   // [count, 2] of prediction intervals; NULL where the file has none
  double *labels; // [count]; NULL where the file has none
  int8_t *parts;  // [count] what each row was to the model; NULL likewise
} NamedRows;

static void named_rows_free(NamedRows *named) {
  free(named->rows);
  free(named->scores);
  free(named->ends);
  free(named->labels);
  free(named->parts);
}

static Status match_predictions(NamedRows *named, const JudgedModel *judged, const Predictions *read,
                                Error *error) {
  int64_t all = dataset_rows(judged->dataset);
  size_t classes = (size_t)read->classes;
  char **ids = NULL;
  int64_t *every = memory_get((size_t)all, sizeof *every),
          *of_file = memory_get((size_t)all, sizeof *of_file);
  named->rows = memory_get((size_t)all, sizeof *named->rows);
  Status status;
  for (int64_t i = 0; i < all; i++) every[i] = i;
  TRY(dataset_row_ids(&ids, judged->dataset, every, all, error));
  status = rows_intersect(&named->count, named->rows, of_file, (const char *const *)ids, all,
                          (const char *const *)read->ids, read->rows, error);
  if (status != STATUS_OK) TRY(error_prefix(error, "%s", judged->name));
  if (named->count != read->rows) {
    TRY(error_set(error, STATUS_DATA, "%s: %lld of its %lld row ids are not in the data", judged->name,
                  (long long)(read->rows - named->count), (long long)read->rows));
  }
  named->scores = memory_get((size_t)named->count * classes, sizeof *named->scores);
  for (int64_t i = 0; i < named->count; i++) {
    memcpy(named->scores + (size_t)i * classes, read->scores + (size_t)of_file[i] * classes,
           classes * sizeof *named->scores);
  }
  bool intervals = read->ends != NULL && judged->config->data.target.task == TASK_REGRESSION;
  if (intervals) named->ends = memory_get((size_t)named->count * 2, sizeof *named->ends);
  if (read->labels != NULL) named->labels = memory_get((size_t)named->count, sizeof *named->labels);
  if (read->parts != NULL) named->parts = memory_get((size_t)named->count, sizeof *named->parts);
  for (int64_t i = 0; i < named->count; i++) {
    if (named->labels != NULL) named->labels[i] = read->labels[of_file[i]];
    if (named->parts != NULL) named->parts[i] = read->parts[of_file[i]];
    if (named->ends != NULL) memcpy(named->ends + 2 * i, read->ends + 2 * of_file[i], 2 * sizeof(double));
  }
done:
  free(ids);
  free(every);
  free(of_file);
  return status;
}

// Those of the named rows that belong to a part; both ascend.
static NamedRows rows_of_part(const NamedRows *named, const JudgedModel *judged, int classes,
                              SplitPart part) {
  int64_t count;
  const int64_t *rows = dataset_part(judged->dataset, part, &count);
  NamedRows found = {0,
                     memory_get((size_t)named->count, sizeof *found.rows),
                     memory_get((size_t)named->count * (size_t)classes, sizeof *found.scores),
                     named->ends == NULL ? NULL : memory_get((size_t)named->count * 2, sizeof *found.ends),
                     named->labels == NULL ? NULL : memory_get((size_t)named->count, sizeof *found.labels),
                     named->parts == NULL ? NULL : memory_get((size_t)named->count, sizeof *found.parts)};
  for (int64_t i = 0, j = 0; i < named->count && j < count;) {
    if (named->rows[i] == rows[j]) {
      memcpy(found.scores + found.count * classes, named->scores + i * classes,
             (size_t)classes * sizeof *found.scores);
      if (named->labels != NULL) found.labels[found.count] = named->labels[i];
      if (named->ends != NULL)
        memcpy(found.ends + 2 * found.count, named->ends + 2 * i, 2 * sizeof *found.ends);
      if (named->parts != NULL) found.parts[found.count] = named->parts[i];
      found.rows[found.count++] = rows[j];
    }
    if (named->rows[i] < rows[j])
      i++;
    else
      j++;
  }
  return found;
}

// Leaves the rows to be judged: see judged_model.h.
static Status choose_rows(NamedRows *named, const JudgedModel *judged, int classes,
                          const JudgeChoices *choices, Error *error) {
  SplitPart part = PART_TEST;
  bool asked = choices->part != NULL;
  if (choices->data != NULL || (asked && strcmp(choices->part, "all") == 0)) return STATUS_OK;
  if (asked) PASS(judged_part_of(&part, choices->part, error));
  NamedRows found = rows_of_part(named, judged, classes, part);
  if (found.count == 0) {
    named_rows_free(&found);
    return error_set(error, STATUS_DATA,
                     "%s: names no row of the %s part; --split all judges every row it names", judged->name,
                     asked ? choices->part : "test");
  }
  if (found.count == named->count) {
    named_rows_free(&found);
    return STATUS_OK;
  }
  if (!asked) {
    say("%s: judged on its %lld test rows; it also names %lld others (--split all: on every row)",
        judged->name, (long long)found.count, (long long)(named->count - found.count));
  }
  named_rows_free(named);
  *named = found;
  return STATUS_OK;
}

// The threshold worth most on the validation rows that the file names.
static Status best_on_validation(JudgedModel *judged, const NamedRows *named, const JudgeChoices *choices,
                                 Error *error) {
  const Policy *frozen = choices->frozen;
  NamedRows validation = rows_of_part(named, judged, 1, PART_VALIDATION);
  JudgedRows rows = {0};
  Status status = STATUS_OK;
  if (validation.count == 0 && frozen != NULL) {
    say("%s: keeps its threshold, %.6g: its scores hold no validation rows to choose another on",
        judged->name, frozen->threshold);
    judged->policy = *frozen;
    judged->policy.kind = POLICY_BEST_ON_VALIDATION;
    judged->subject.threshold_kept = true;
    goto done;
  }
  if (validation.count == 0 && choices->data != NULL) {
    TRY(error_set(
        error, STATUS_CONFIG,
        "business.policy: a threshold cannot be chosen on validation rows where every row of --data is "
        "judged; set business.policy={threshold: 0.5} or another number, or "
        "business.policy=expected_gain with --set"));
  }
  if (validation.count == 0) {
    TRY(error_set(error, STATUS_CONFIG,
                  "business.policy: a threshold cannot be chosen on validation rows, of which %s names none; "
                  "add their scores to the file, or set business.policy={threshold: 0.5} or "
                  "business.policy=expected_gain with --set",
                  judged->name));
  }
  TRY(judged_rows_load(&rows, judged->dataset, judged->fitted, &judged->config->business, validation.rows,
                       validation.count, true, error));
  EvaluationSet set = judged_rows_set(&rows, validation.scores, policy_default);
  TRY(evaluation_set_check(&set, error));
  judged->policy = money_policy(&judged->config->business, &set);
done:
  judged_rows_free(&rows);
  named_rows_free(&validation);
  return status;
}

static bool has_policy(const JudgedModel *judged) {
  return judged->config->business.present && judged->config->data.target.task == TASK_BINARY;
}

static bool chosen_on_validation(const JudgedModel *judged) {
  return has_policy(judged) && judged->config->business.policy == POLICY_BEST_ON_VALIDATION;
}

// Policies that need no validation rows, once the judged ones are there.
static Status fixed_policy(JudgedModel *judged, const Policy *frozen, Error *error) {
  if (!has_policy(judged) || chosen_on_validation(judged)) return STATUS_OK;
  if (judged->config->business.policy == POLICY_FROZEN && frozen != NULL) {
    judged->policy = *frozen;
    judged->policy.kind = POLICY_FROZEN;
    return STATUS_OK;
  }
  if (judged->config->business.policy == POLICY_FROZEN) {
    return error_set(error, STATUS_CONFIG,
                     "business.policy: %s is a prediction file, which stores no threshold; set "
                     "business.policy={threshold: 0.5} or another number with --set",
                     judged->name);
  }
  EvaluationSet set = judged_model_set(judged);
  if (evaluation_set_check(&set, error) != STATUS_OK) return error_prefix(error, "%s", judged->name);
  judged->policy = money_policy(&judged->config->business, &set);
  return STATUS_OK;
}

static int64_t count_validation(const NamedRows *named, const JudgedModel *judged) {
  NamedRows found = rows_of_part(named, judged, 1, PART_VALIDATION);
  named_rows_free(&found);
  return found.count;
}

// Labels that a file brings along are those of the data, or it is about something else.
static Status check_labels(const NamedRows *named, const JudgedModel *judged, Error *error) {
  for (int64_t i = 0; named->labels != NULL && i < named->count; i++) {
    if (named->labels[i] == judged->judged.labels[i]) continue;
    return error_set(
        error, STATUS_DATA,
        "not comparable: %s says that the label of row '%s' is %g, and the data that it is %g: the file is "
        "about other rows or another target",
        judged->name, judged->judged.ids[i], named->labels[i], judged->judged.labels[i]);
  }
  return STATUS_OK;
}

static Status load_business(JudgedModel *judged, const char *path, const JudgeChoices *choices,
                            Error *error) {
  SessionChoices session = {0};
  char *data = NULL;
  if (choices->config == NULL) {
    return error_set(
        error, STATUS_USAGE,
        "%s: a prediction file is judged by a configuration and its data: give --config C and --data F",
        path);
  }
  for (int i = 0; i < choices->sets.count; i++) text_list_add(&session.sets, choices->sets.items[i]);
  if (choices->data != NULL) {
    data = memory_format("data.file=%s", choices->data);
    text_list_add(&session.sets, data);
  }
  Status status = load_config(&judged->config, choices->config, &session, false, error);
  text_list_free(&session.sets);
  free(data);
  return status;
}

// What the file says, in whatever order of rows: the report does not depend on that.
static Status digest_scores(JudgedModel *judged, const Predictions *read, Error *error) {
  EvaluationSet set = {.rows = read->rows, .classes = read->classes, .scores = read->scores};
  uint8_t digest[DIGEST_BYTES];
  Status status = scores_digest(digest, &set, (const char *const *)read->ids, error);
  if (status != STATUS_OK) return error_prefix(error, "%s", judged->name);
  sha256_hex(judged->subject.predictions_digest, digest);
  return STATUS_OK;
}

// The configuration's data and split, or every row of --data, which nobody trains on.
static Status open_data(JudgedModel *judged, const JudgeChoices *choices, Error *error) {
  if (choices->data == NULL) {
    PASS(dataset_open(&judged->dataset, judged->config, error));
    return dataset_fit(&judged->fitted, judged->dataset, judged->config, error);
  }
  PASS(dataset_open_file(&judged->dataset, choices->data, judged->config->data.split.key, error));
  return dataset_fit_labels(&judged->fitted, judged->dataset, judged->config, error);
}

Status judged_model_open_predictions(JudgedModel *judged, const char *path, const JudgeChoices *choices,
                                     Error *error) {
  Predictions *read = NULL;
  NamedRows named = {0};
  Status status;
  *judged = (JudgedModel){.threshold_common = -1, .policy = policy_default};
  judged->name = judged_name_of(path);
  judged->subject = (ReportSubject){.name = judged->name, .kind = "predictions"};
  TRY(load_business(judged, path, choices, error));
  TRY(judged_file_digest(judged->file_digest, path, error));
  TRY(predictions_read(&read, path, error));
  TRY(open_data(judged, choices, error));
  judged_class_names(&judged->class_names, judged->fitted);
  TRY(order_classes(read, judged, error));
  TRY(digest_scores(judged, read, error));
  TRY(match_predictions(&named, judged, read, error));
  if (chosen_on_validation(judged)) TRY(best_on_validation(judged, &named, choices, error));
  TRY(choose_rows(&named, judged, read->classes, choices, error));
  if (chosen_on_validation(judged) && !judged->subject.threshold_kept)
    judged->threshold_common = count_validation(&named, judged);
  TRY(judged_rows_load(&judged->judged, judged->dataset, judged->fitted, &judged->config->business,
                       named.rows, named.count, true, error));
  TRY(check_labels(&named, judged, error));
  TRY(judged_rows_slices(&judged->judged, judged->dataset, judged->config, named.rows, false, error));
  judged->scores = named.scores;
  judged->ends = named.ends;
  judged->judged.stated = named.parts;
  named.scores = named.ends = NULL;
  named.parts = NULL;
  TRY(judged_rows_price(&judged->judged, &judged->config->business, judged->scores, error));
  status = fixed_policy(judged, choices->frozen, error);
done:
  named_rows_free(&named);
  predictions_free(read);
  return status;
}
