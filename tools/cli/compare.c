// ingot compare: may the challenger replace the champion?
#include "engine/evaluate/rows_match.h"
#include "engine/shared/memory.h"
#include "io/shared/durable.h"
#include "tools/cli/judge/judgement.h"
#include "tools/cli/judge/retrain.h"
#include "tools/cli/shared/output.h"

#include <stdlib.h>
#include <string.h>

Status verb_compare(int argc, char **argv, Error *error);

enum { CHALLENGERS_MAX = 20 };

typedef struct CompareChoices {
  JudgeChoices judge;
  Override override;
  const char *output, *inconclusive;
  bool intersect;
} CompareChoices;

// One champion and its challengers.
typedef struct Contestants {
  JudgedModel champion, *challengers;
  Validity *validity; // [count]
  ValidityCheck (*checks)[2 * MODEL_CHECKS];
  int count;
} Contestants;

// Every model on the rows of the first challenger. Where these shrink to what all share, the second pass
// leaves the same rows in the models that were aligned before.
static Status align_all(Contestants *all, bool intersect, bool *partial, Error *error) {
  *partial = false;
  for (int pass = 0; pass < 1 + (intersect && all->count > 1); pass++) {
    PASS(judged_model_align(&all->champion, all->challengers, intersect, partial, error));
    for (int i = 1; i < all->count; i++)
      PASS(judged_model_align(&all->challengers[i], all->challengers, intersect, partial, error));
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
static Status explain(const char *argument, const char *role, const CompareChoices *choices,
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
                         const CompareChoices *choices, Error *error) {
  Status status = judged_model_open_any(judged, argument, &choices->judge, lead->config, error);
  if (status == STATUS_CONFIG || status == STATUS_DATA)
    status = explain(argument, role, choices, lead, error);
  PASS(status);
  return check_meaning(judged, role, lead, error);
}

static Status open_all(Contestants *all, char **arguments, const CompareChoices *choices, bool *partial,
                       Error *error) {
  JudgedModel *lead = all->challengers;
  PASS(judged_model_open_any(lead, arguments[1], &choices->judge, NULL, error));
  PASS(open_other(&all->champion, arguments[0], "champion", lead, choices, error));
  for (int i = 1; i < all->count; i++) {
    PASS(open_other(&all->challengers[i], arguments[i + 1], "other challenger", lead, choices, error));
  }
  return align_all(all, choices->intersect, partial, error);
}

// Every refusal to compare says so; other errors of data are about one model.
static bool is_refusal(Status status, const Error *error) {
  return status == STATUS_DATA && strncmp(error->text, "not comparable", 14) == 0;
}

// Equal digests of the models or, where scores are all that is known, equal scores and thresholds.
static Status same_model(bool *same, const JudgedModel *champion, const JudgedModel *challenger,
                         Error *error) {
  const char *a = champion->subject.model_digest, *b = challenger->subject.model_digest;
  uint8_t scores[2][DIGEST_BYTES];
  *same = a[0] != '\0' && strcmp(a, b) == 0;
  if (a[0] != '\0' || b[0] != '\0') return STATUS_OK;
  EvaluationSet sets[2] = {judged_model_set(champion), judged_model_set(challenger)};
  PASS(scores_digest(scores[0], &sets[0], (const char *const *)champion->judged.ids, error));
  PASS(scores_digest(scores[1], &sets[1], (const char *const *)challenger->judged.ids, error));
  *same = memcmp(scores[0], scores[1], DIGEST_BYTES) == 0 &&
          champion->policy.kind == challenger->policy.kind &&
          champion->policy.threshold == challenger->policy.threshold;
  return STATUS_OK;
}

// The champion's checks, then the challenger's own.
static Status check_all(Contestants *all, bool partial, const JudgeChoices *choices, Error *error) {
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
    validity->partial = partial;
    PASS(same_model(&validity->identical, &all->champion, challenger, error));
  }
  return STATUS_OK;
}

static char *command_of(const Contestants *all, const CompareChoices *choices) {
  const char **names = memory_get((size_t)all->count + 1, sizeof *names);
  names[0] = all->champion.name;
  for (int i = 0; i < all->count; i++) names[i + 1] = all->challengers[i].name;
  char *command = judgement_command(choices->intersect ? "compare --intersect" : "compare", names,
                                    all->count + 1, &choices->judge);
  free(names);
  return command;
}

static Status judge_all(Contestants *all, const CompareChoices *choices, Status opened, bool partial,
                        Error *error) {
  char *command = command_of(all, choices);
  Judgement judgement = {.challengers = all->challengers,
                         .challenger_count = all->count,
                         .champion = &all->champion,
                         .validity = all->validity,
                         .part = choices->judge.data != NULL   ? "given"
                                 : choices->judge.part != NULL ? choices->judge.part
                                                               : "test",
                         .folder = choices->output,
                         .command = command,
                         .retrain = &choices->judge,
                         .inconclusive = choices->inconclusive,
                         .override = &choices->override,
                         .as_json = output_is_json()};
  Status status = opened;
  if (status == STATUS_OK) status = check_all(all, partial, &choices->judge, error);
  if (status == STATUS_OK) status = judgement_write(&judgement, error);
  Error refusal = *error;
  if (is_refusal(status, &refusal)) status = judgement_refuse(&judgement, &refusal, error);
  free(command);
  return status;
}

static Status compare(const CompareChoices *choices, char **arguments, int count, Error *error) {
  Contestants all = {.count = count - 1};
  bool partial = false;
  PASS(judge_choices_check(&choices->judge, error));
  if (choices->judge.retrain > 0 && count > 2)
    return error_set(error, STATUS_USAGE, "--retrain %lld: one challenger can be trained again, not %d",
                     (long long)choices->judge.retrain, count - 1);
  PASS(retrain_check(&choices->judge, arguments[1], error));
  for (int i = 0; i < count; i++) PASS(judgement_check_output(choices->output, arguments[i], error));
  PASS(override_check(&choices->override, error));
  all.challengers = memory_get((size_t)all.count, sizeof *all.challengers);
  all.validity = memory_get((size_t)all.count, sizeof *all.validity);
  all.checks = memory_get((size_t)all.count, sizeof *all.checks);
  Status status = open_all(&all, arguments, choices, &partial, error);
  if (status == STATUS_OK || is_refusal(status, error))
    status = judge_all(&all, choices, status, partial, error);
  judged_model_close(&all.champion);
  for (int i = 0; i < all.count; i++) judged_model_close(&all.challengers[i]);
  free(all.challengers);
  free(all.validity);
  free(all.checks);
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
      RETRAIN_OPTION(&choices.judge),
      FLAG(0, "intersect", &choices.intersect, "compare the rows both have; at best INCONCLUSIVE"),
      TEXT(0, "inconclusive", "HOW", &choices.inconclusive,
           "exit code of INCONCLUSIVE: fail (1) or ok (0) instead of 20"),
      OVERRIDE_OPTIONS(&choices.override),
  };
  Command command = {
      "compare",
      "CHAMPION CHALLENGER [CHALLENGER ...]",
      "Compares models on the same rows by the first challenger's business, gates and metrics. Each is a\n"
      "run, a checkpoint, a report, or a prediction file (with --config; columns row_id and score, of "
      "several\n"
      "classes score.CLASS for each, and part, what the row was to the model: train, validation or test;\n"
      "without it nobody knows whether judged rows were trained on: at best INCONCLUSIVE).\n"
      "Several challengers: a leaderboard, Holm's procedure, and a report about the best one.\n"
      "Exit code 0: SHIP or IDENTICAL, 10: HOLD, 20: INCONCLUSIVE or UNDECIDED, 65: not comparable.\n",
      "ingot compare runs/churn_linear-5e6f7a8b runs/churn-1a2b3c4d -o comparison\n"
      "ingot compare runs/churn_linear-5e6f7a8b runs/churn-1a2b3c4d --retrain 5\n"
      "ingot compare a.csv b.csv --config configs/churn.yaml --set 'business.policy={threshold: 0.3}'",
      options,
      sizeof options / sizeof options[0],
      2,
      1 + CHALLENGERS_MAX};
  Parsed parsed;
  Status status;
  TRY(command_parse(&parsed, &command, argc, argv, error));
  if (!parsed.helped) status = compare(&choices, parsed.arguments, parsed.count, error);
done:
  text_list_free(&choices.judge.sets);
  return status;
}
