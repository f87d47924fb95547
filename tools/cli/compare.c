// ingot compare: may the challenger replace the champion?
#include "engine/evaluate/rows_match.h"
#include "engine/shared/memory.h"
#include "tools/cli/judge/judgement.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Status verb_compare(int argc, char **argv, Error *error);

typedef struct CompareChoices {
  JudgeChoices judge;
  const char *output, *inconclusive;
  bool intersect, as_json;
} CompareChoices;

static bool ends_with(const char *text, const char *end) {
  size_t length = strlen(text), tail = strlen(end);
  return length >= tail && strcmp(text + length - tail, end) == 0;
}

static bool is_report(const char *path) {
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

// A report was judged already: on its rows and, where its configuration decides, by its rules.
static Status check_report_choices(const char *path, const CompareChoices *choices, bool decides,
                                   Error *error) {
  const JudgeChoices *judge = &choices->judge;
  const char *option = judge->data != NULL                ? "--data"
                       : judge->part != NULL              ? "--split"
                       : decides && judge->config != NULL ? "--config"
                       : decides && judge->sets.count > 0 ? "--set"
                                                          : NULL;
  if (option == NULL) return STATUS_OK;
  return error_set(error, STATUS_USAGE, "%s does not apply to %s, a finished report: give the run instead",
                   option, path);
}

static Status open_side(JudgedModel *judged, const char *argument, const CompareChoices *choices,
                        const Config *business, Error *error) {
  if (access(argument, F_OK) != 0) {
    return error_set(error, STATUS_MISSING, "%s: no such run, checkpoint, report or prediction file",
                     argument);
  }
  if (is_report(argument)) {
    PASS(check_report_choices(argument, choices, business == NULL, error));
    return judged_model_open_report(judged, argument, error);
  }
  if (is_file(argument)) return judged_model_open_predictions(judged, argument, &choices->judge, error);
  return judged_model_open(judged, argument, &choices->judge, business, error);
}

// ---- the same rows in the same order ----

static void permute(void *array, size_t size, const int64_t *rows, int64_t count) {
  char *copy = memory_get((size_t)count, size), *bytes = array;
  for (int64_t i = 0; i < count; i++) memcpy(copy + (size_t)i * size, bytes + (size_t)rows[i] * size, size);
  memcpy(bytes, copy, (size_t)count * size);
  free(copy);
}

// Leaves rows[0..count) of a model, in that order.
static void select_rows(JudgedModel *judged, const int64_t *rows, int64_t count) {
  JudgedRows *all = &judged->judged;
  permute(judged->scores, sizeof(double) * (size_t)all->classes, rows, count);
  permute(all->labels, sizeof(double), rows, count);
  permute(all->ids, sizeof(char *), rows, count);
  if (all->weights != NULL) permute(all->weights, sizeof(double), rows, count);
  if (all->numbers != NULL) permute(all->numbers, sizeof(int64_t), rows, count);
  if (all->slices != NULL) frame_pick(all->slices, rows, count);
  int64_t *const money[] = {all->act, all->skip, all->gain_if_one, all->gain_if_zero};
  for (int i = 0; i < 4; i++) {
    if (money[i] != NULL) permute(money[i], sizeof(int64_t), rows, count);
  }
  all->rows = count;
}

static Status align(JudgedModel *champion, JudgedModel *challenger, bool intersect, bool *partial,
                    Error *error) {
  JudgedRows *a = &champion->judged, *b = &challenger->judged;
  int64_t common = b->rows;
  int64_t *of_challenger = memory_get((size_t)b->rows, sizeof *of_challenger);
  int64_t *of_champion = memory_get((size_t)b->rows, sizeof *of_champion);
  Status status;
  *partial = false;
  if (intersect) {
    TRY(rows_intersect(&common, of_challenger, of_champion, (const char *const *)b->ids, b->rows,
                       (const char *const *)a->ids, a->rows, error));
    if (common == 0) TRY(error_set(error, STATUS_DATA, "not comparable: the two models share no row"));
    *partial = common < a->rows || common < b->rows;
    select_rows(challenger, of_challenger, common);
  } else {
    TRY(rows_match(of_champion, (const char *const *)b->ids, b->rows, (const char *const *)a->ids, a->rows,
                   error));
  }
  select_rows(champion, of_champion, common);
done:
  free(of_challenger);
  free(of_champion);
  return status;
}

// One line for each kind of check: it passes where it passes for both models.
static void merge_checks(ValidityCheck *checks, int *count, const ValidityCheck *more, int more_count) {
  for (int i = 0; i < more_count; i++) {
    int at = 0;
    while (at < *count && strcmp(checks[at].id, more[i].id) != 0) at++;
    if (at == *count)
      checks[(*count)++] = more[i];
    else if (!more[i].passed)
      checks[at] = more[i];
  }
}

// ---- two models ----

// A champion that was judged before has money and a target of its own: they must mean the same.
static Status check_meaning(const JudgedModel *champion, const JudgedModel *challenger, Error *error) {
  const Config *a = champion->config, *b = challenger->config;
  bool money = a->business.present && b->business.present;
  const struct {
    const char *key, *champion, *challenger;
  } texts[] = {{"data.target.column", a->data.target.column, b->data.target.column},
               {"business.unit", money ? a->business.unit : "", money ? b->business.unit : ""},
               {"business.horizon", money ? a->business.horizon : "", money ? b->business.horizon : ""}};
  if (champion->model.checkpoint != NULL) return STATUS_OK; // judged now, by the challenger's
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    if (strcmp(texts[i].champion, texts[i].challenger) == 0) continue;
    return error_set(error, STATUS_DATA,
                     "not comparable: the champion was judged with %s '%s', the challenger with '%s'",
                     texts[i].key, texts[i].champion, texts[i].challenger);
  }
  return STATUS_OK;
}

// The challenger's business may fail on the champion's data because these are other rows, or another target:
// then that is the reason to give.
static Status explain_champion(const char *argument, const CompareChoices *choices, JudgedModel *challenger,
                               Error *error) {
  JudgedModel own = {0};
  Error reason;
  bool partial;
  Status status = error->status;
  if (open_side(&own, argument, choices, NULL, &reason) == STATUS_OK) {
    const char *a = own.config->data.target.column, *b = challenger->config->data.target.column;
    if (strcmp(a, b) != 0)
      status = error_set(error, STATUS_DATA,
                         "not comparable: the champion predicts '%s', the challenger '%s'", a, b);
    else if (align(&own, challenger, choices->intersect, &partial, &reason) == STATUS_DATA)
      status = error_set(error, STATUS_DATA, "%s", reason.text);
  }
  judged_model_close(&own);
  return status;
}

static Status open_both(JudgedModel *champion, JudgedModel *challenger, char **arguments,
                        const CompareChoices *choices, bool *partial, Error *error) {
  PASS(open_side(challenger, arguments[1], choices, NULL, error));
  Status status = open_side(champion, arguments[0], choices, challenger->config, error);
  if (status == STATUS_CONFIG || status == STATUS_DATA)
    status = explain_champion(arguments[0], choices, challenger, error);
  PASS(status);
  PASS(check_meaning(champion, challenger, error));
  return align(champion, challenger, choices->intersect, partial, error);
}

// Every refusal to compare says so; other errors of data are about one model.
static bool is_refusal(Status status, const Error *error) {
  return status == STATUS_DATA && strncmp(error->text, "not comparable", 14) == 0;
}

static Status judge_both(Judgement *judgement, Validity *validity, const CompareChoices *choices,
                         Error *error) {
  ValidityCheck checks[6], more[3];
  const JudgedModel *champion = judgement->champion, *challenger = judgement->challenger;
  int count;
  validity->checks = checks;
  PASS(judgement_checks(checks, &validity->count, champion, &choices->judge, error));
  PASS(judgement_checks(more, &count, challenger, &choices->judge, error));
  merge_checks(checks, &validity->count, more, count);
  validity->identical = champion->subject.model_digest[0] != '\0' &&
                        strcmp(champion->subject.model_digest, challenger->subject.model_digest) == 0;
  judgement->validity = validity;
  return judgement_write(judgement, error);
}

static Status compare(const CompareChoices *choices, char **arguments, Error *error) {
  JudgedModel champion = {0}, challenger = {0};
  Validity validity = {0};
  char *command = NULL;
  PASS(judge_choices_check(&choices->judge, error));
  Status status = open_both(&champion, &challenger, arguments, choices, &validity.partial, error);
  if (status == STATUS_OK || is_refusal(status, error)) {
    command = judgement_command(choices->intersect ? "compare --intersect" : "compare", champion.name,
                                challenger.name, &choices->judge);
    Judgement judgement = {.challenger = &challenger,
                           .champion = &champion,
                           .part = choices->judge.data != NULL   ? "given"
                                   : choices->judge.part != NULL ? choices->judge.part
                                                                 : "test",
                           .folder = choices->output,
                           .command = command,
                           .inconclusive = choices->inconclusive,
                           .as_json = choices->as_json};
    if (status == STATUS_OK) status = judge_both(&judgement, &validity, choices, error);
    Error refusal = *error;
    if (is_refusal(status, &refusal)) status = judgement_refuse(&judgement, &refusal, error);
  }
  free(command);
  judged_model_close(&champion);
  judged_model_close(&challenger);
  return status;
}

Status verb_compare(int argc, char **argv, Error *error) {
  CompareChoices choices = {.output = "comparison"};
  Option options[] = {
      TEXT('o', "output", "DIR", &choices.output, "folder of the report (default: comparison)"),
      TEXT(0, "data", "F.h5", &choices.judge.data, "judge on all rows of this file"),
      TEXT(0, "split", "PART", &choices.judge.part, "test (default), validation or train"),
      TEXT(0, "config", "C.yaml", &choices.judge.config, "business, gates and metrics of this configuration"),
      TEXT(0, "device", "D", &choices.judge.device,
           "that scores: cpu, cuda or cuda:N (default: a GPU where one can be used)"),
      LIST(0, "set", "KEY=VALUE", &choices.judge.sets, "a key of the configuration; repeatable"),
      FLAG(0, "intersect", &choices.intersect, "compare the rows both have; at best INCONCLUSIVE"),
      TEXT(0, "inconclusive", "HOW", &choices.inconclusive,
           "exit code of INCONCLUSIVE: fail (1) or ok (0) instead of 20"),
      FLAG(0, "json", &choices.as_json, "print report.json"),
  };
  Command command = {
      "compare",
      "CHAMPION CHALLENGER",
      "Compares two models on the same rows by the challenger's business, gates and metrics. Each is a\n"
      "run, a checkpoint, a report, or a prediction file (with --config and --data).\n"
      "Exit code 0: SHIP or IDENTICAL, 10: HOLD, 20: INCONCLUSIVE or UNDECIDED, 65: not comparable.\n",
      "ingot compare runs/churn_linear-5e6f7a8b runs/churn-1a2b3c4d -o comparison\n"
      "ingot compare a.csv b.csv --config configs/churn.yaml --set 'business.policy={threshold: 0.3}'",
      options,
      sizeof options / sizeof options[0],
      2,
      2};
  Parsed parsed;
  Status status;
  TRY(command_parse(&parsed, &command, argc, argv, error));
  if (!parsed.helped) status = compare(&choices, parsed.arguments, error);
done:
  text_list_free(&choices.judge.sets);
  return status;
}
