// Opens the models of a comparison, finds whether they can be compared, and judges them.
#include "tools/cli/judge/contest.h"

#include "engine/shared/memory.h"
#include "io/report/report_read.h"
#include "tools/cli/judge/models/judged_parts.h"
#include "tools/cli/judge/retrain.h"
#include "tools/cli/shared/output.h"

#include <stdlib.h>
#include <string.h>

// One champion and its challengers.
typedef struct Contestants {
  JudgedModel champion, *challengers;
  Validity *validity; // [count]
  ValidityCheck (*checks)[2 * MODEL_CHECKS];
  int count;
  bool partial;   // some had more rows
  int64_t scored; // the most rows that one of them scored
} Contestants;

// Every model on the rows of the first challenger. Where these shrink to what all share, the second pass
// leaves the same rows in the models that were aligned before.
static Status align_all(Contestants *all, bool intersect, Error *error) {
  all->scored = all->champion.judged.rows;
  for (int i = 0; i < all->count; i++) {
    if (all->challengers[i].judged.rows > all->scored) all->scored = all->challengers[i].judged.rows;
  }
  for (int pass = 0; pass < 1 + (intersect && all->count > 1); pass++) {
    PASS(judged_model_align(&all->champion, all->challengers, intersect, &all->partial, error));
    for (int i = 1; i < all->count; i++)
      PASS(judged_model_align(&all->challengers[i], all->challengers, intersect, &all->partial, error));
  }
  return STATUS_OK;
}

// ---- the models ----

// A model that was judged before has money and a target of its own: they must mean the same.
static Status check_meaning(const JudgedModel *judged, const char *role, const JudgedModel *lead,
                            Error *error) {
  const Config *a = judged->config, *b = lead->config;
  bool money = a->business.present && b->business.present;
  const struct {
    const char *key, *judged, *lead;
  } texts[] = {{"data.target.column", a->data.target.column, b->data.target.column},
               {"business.unit", money ? a->business.unit : "", money ? b->business.unit : ""},
               {"business.horizon", money ? a->business.horizon : "", money ? b->business.horizon : ""}};
  if (judged->model.checkpoint != NULL) return STATUS_OK; // judged now, by the first challenger's
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    if (strcmp(texts[i].judged, texts[i].lead) == 0) continue;
    return error_set(error, STATUS_DATA,
                     "not comparable: the %s was judged with %s '%s', the challenger with '%s'", role,
                     texts[i].key, texts[i].judged, texts[i].lead);
  }
  bool same =
      !money || (a->business.policy == b->business.policy && a->business.threshold == b->business.threshold);
  if (same) return STATUS_OK;
  return error_set(
      error, STATUS_DATA,
      "not comparable: the %s was judged by another business.policy than the challenger; decide both "
      "again with --set business.policy=...",
      role);
}

// The first challenger's business may fail on a model's data because these are other rows, or another target:
// then that is the reason to give.
static Status explain(const char *argument, const char *role, const ContestChoices *choices,
                      JudgedModel *lead, Error *error) {
  JudgedModel own = {0};
  Error reason;
  bool partial = false;
  Status status = error->status;
  if (judged_model_open_any(&own, argument, &choices->judge, NULL, &reason) == STATUS_OK) {
    const char *a = own.config->data.target.column, *b = lead->config->data.target.column;
    if (strcmp(a, b) != 0)
      status = error_set(error, STATUS_DATA, "not comparable: the %s predicts '%s', the challenger '%s'",
                         role, a, b);
    else if (judged_model_align(&own, lead, choices->intersect, &partial, &reason) == STATUS_DATA)
      status = error_set(error, STATUS_DATA, "%s", reason.text);
  }
  judged_model_close(&own);
  return status;
}

// Another model, by the business of the first challenger.
static Status open_other(JudgedModel *judged, const char *argument, const char *role, JudgedModel *lead,
                         const ContestChoices *choices, Error *error) {
  Status status = judged_model_open_any(judged, argument, &choices->judge, lead->config, error);
  if (status == STATUS_CONFIG || status == STATUS_DATA)
    status = explain(argument, role, choices, lead, error);
  PASS(status);
  return check_meaning(judged, role, lead, error);
}

static Status open_all(Contestants *all, char **arguments, const ContestChoices *choices, Error *error) {
  JudgedModel *lead = all->challengers;
  PASS(judged_model_open_any(lead, arguments[1], &choices->judge, NULL, error));
  PASS(open_other(&all->champion, arguments[0], "champion", lead, choices, error));
  for (int i = 1; i < all->count; i++) {
    PASS(open_other(&all->challengers[i], arguments[i + 1], "other challenger", lead, choices, error));
  }
  return align_all(all, choices->intersect, error);
}

// Every refusal to compare says so; other errors of data are about one model.
static bool is_refusal(Status status, const Error *error) {
  return status == STATUS_DATA && strncmp(error->text, "not comparable", 14) == 0;
}

static Status check_one_pair(const JudgedModel *a, const JudgedModel *b, Error *error) {
  bool same;
  PASS(judgement_same_model(&same, a, b, error));
  if (!same) return STATUS_OK;
  return error_set(
      error, STATUS_USAGE,
      "%s and %s are the same model: among several challengers it would only make every rule stricter; "
      "name it once",
      a->name, b->name);
}

// Of several challengers each counts in Holm's procedure, so none may be another one or the champion.
static Status check_distinct(const Contestants *all, Error *error) {
  for (int i = 0; all->count > 1 && i < all->count; i++) {
    PASS(check_one_pair(&all->champion, &all->challengers[i], error));
    for (int j = 0; j < i; j++) PASS(check_one_pair(&all->challengers[j], &all->challengers[i], error));
  }
  return STATUS_OK;
}

// The champion's checks, then the challenger's own.
static Status check_all(Contestants *all, const JudgeChoices *choices, Error *error) {
  ValidityCheck champion[MODEL_CHECKS];
  int count, own;
  PASS(judgement_checks(champion, &count, &all->champion, "champion", choices, error));
  for (int i = 0; i < all->count; i++) {
    const JudgedModel *challenger = &all->challengers[i];
    Validity *validity = &all->validity[i];
    memcpy(all->checks[i], champion, sizeof champion);
    PASS(judgement_checks(all->checks[i] + count, &own, challenger, "challenger", choices, error));
    validity->checks = all->checks[i];
    validity->count = count + own;
    validity->partial = all->partial;
    validity->scored = all->scored;
    PASS(judgement_same_model(&validity->identical, &all->champion, challenger, error));
  }
  return STATUS_OK;
}

static char *command_of(const Contestants *all, const ContestChoices *choices) {
  const char **names = memory_get((size_t)all->count + 1, sizeof *names);
  names[0] = all->champion.name;
  for (int i = 0; i < all->count; i++) names[i + 1] = all->challengers[i].name;
  char *command = judgement_command(choices->intersect ? "compare --intersect" : "compare", names,
                                    all->count + 1, &choices->judge);
  free(names);
  return command;
}

// opened: whether all can be compared, as `error` says.
static Status judge_all(Contestants *all, const ContestChoices *choices, Status opened, const char *part,
                        const char *command, Error *error) {
  Judgement judgement = {.challengers = all->challengers,
                         .challenger_count = all->count,
                         .champion = &all->champion,
                         .validity = all->validity,
                         .part = part,
                         .folder = choices->output,
                         .command = command,
                         .choices = &choices->judge,
                         .inconclusive = choices->inconclusive,
                         .override = &choices->override,
                         .as_json = output_is_json()};
  Status status = opened;
  if (status == STATUS_OK) status = check_distinct(all, error);
  if (status == STATUS_OK) status = check_all(all, &choices->judge, error);
  if (status == STATUS_OK) status = judgement_write(&judgement, error);
  Error refusal = *error;
  return is_refusal(status, &refusal) ? judgement_refuse(&judgement, &refusal, error) : status;
}

// ---- the contest ----

static Contestants contestants_of(int challengers) {
  size_t count = (size_t)challengers;
  Contestants all = {.count = challengers};
  all.challengers = memory_get(count, sizeof *all.challengers);
  all.validity = memory_get(count, sizeof *all.validity);
  all.checks = memory_get(count, sizeof *all.checks);
  return all;
}

static void contestants_free(Contestants *all) {
  judged_model_close(&all->champion);
  for (int i = 0; i < all->count; i++) judged_model_close(&all->challengers[i]);
  free(all->challengers);
  free(all->validity);
  free(all->checks);
}

Status contest_judge(const ContestChoices *choices, char **arguments, int count, Error *error) {
  const JudgeChoices *judge = &choices->judge;
  PASS(judge_choices_check(judge, error));
  if (judge->retrain > 0 && count > 2)
    return error_set(error, STATUS_USAGE, "--retrain %lld: one challenger can be trained again, not %d",
                     (long long)judge->retrain, count - 1);
  PASS(retrain_check(judge, arguments[1], error));
  for (int i = 0; i < count; i++) PASS(judgement_check_output(choices->output, arguments[i], error));
  PASS(override_check(&choices->override, error));
  Contestants all = contestants_of(count - 1);
  const char *part = judge->data != NULL ? "given" : judge->part != NULL ? judge->part : "test";
  Status status = open_all(&all, arguments, choices, error);
  if (status == STATUS_OK || is_refusal(status, error)) {
    char *command = command_of(&all, choices);
    status = judge_all(&all, choices, status, part, command, error);
    free(command);
  }
  contestants_free(&all);
  return status;
}

bool contest_is_in(const json_t *report) {
  return report_at(report, "subject/champion") != NULL;
}

// The models of a report, which hold the same rows.
static Status open_stored(Contestants *all, const json_t *report, const char *folder,
                          const ContestChoices *choices, Error *error) {
  const JudgeChoices *judge = &choices->judge;
  PASS(judged_model_of_report(all->challengers, report, folder, "subject/challenger", judge, error));
  PASS(judged_model_of_report(&all->champion, report, folder, "subject/champion", judge, error));
  for (int i = 1; i < all->count; i++) {
    char *subject = memory_format("subject/others/%d", i - 1);
    Status status = judged_model_of_report(&all->challengers[i], report, folder, subject, judge, error);
    free(subject);
    PASS(status);
  }
  PASS(align_all(all, false, error));
  all->partial = json_is_true(report_at(report, "evaluation_set/partial"));
  double scored = report_number(report, "evaluation_set/coverage/of");
  if (all->partial && scored >= 1 && scored < 0x1p53) all->scored = (int64_t)scored;
  return STATUS_OK;
}

Status contest_judge_again(const ContestChoices *choices, const json_t *report, const char *folder,
                           Error *error) {
  Contestants all = contestants_of(1 + (int)report_size(report, "subject/others"));
  char *command = NULL, *name = judged_name_of(folder);
  Status status;
  TRY(open_stored(&all, report, folder, choices, error));
  command = judgement_command("evaluate", (const char *const *)&name, 1, &choices->judge);
  status = judge_all(&all, choices, status, report_string(report, "evaluation_set/part"), command, error);
done:
  free(command);
  free(name);
  contestants_free(&all);
  return status;
}
