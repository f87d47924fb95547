// ingot evaluate: judges one model in model metrics and money.
#include "engine/shared/memory.h"
#include "tools/cli/judge/contest.h"
#include "tools/cli/judge/retrain.h"
#include "tools/cli/shared/output.h"

#include <stdlib.h>
#include <string.h>

Status verb_evaluate(int argc, char **argv, Error *error);

// <run>/report of the selected checkpoint on its test rows; beside it for everything else.
static char *default_folder(const ContestChoices *choices, const JudgedModel *judged) {
  const char *run = judged->model.run;
  if (run == NULL) return memory_text("report");
  const char *part = choices->judge.data != NULL ? "data" : choices->judge.part;
  bool own = choices->judge.config == NULL && choices->judge.sets.count == 0;
  if (own && choices->judge.checkpoint == NULL && (part == NULL || strcmp(part, "test") == 0))
    return memory_format("%s/report", run);
  return memory_format("%s/report-%s-%s", run, judged->checkpoint_name, part == NULL ? "test" : part);
}

static Status evaluate_one(const ContestChoices *choices, const char *argument, Error *error) {
  JudgedModel judged = {0};
  ValidityCheck checks[MODEL_CHECKS];
  Validity validity = {.checks = checks};
  char *folder = NULL, *command = NULL;
  Status status;
  TRY(judged_model_open_any(&judged, argument, &choices->judge, NULL, error));
  TRY(judgement_checks(checks, &validity.count, &judged, "challenger", &choices->judge, error));
  const char *part = choices->judge.data != NULL   ? "given"
                     : choices->judge.part != NULL ? choices->judge.part
                                                   : "test";
  folder = choices->output != NULL ? memory_text(choices->output) : default_folder(choices, &judged);
  const char *name = judged.name;
  command = judgement_command("evaluate", &name, 1, &choices->judge);
  Judgement judgement = {.challengers = &judged,
                         .challenger_count = 1,
                         .validity = &validity,
                         .part = part,
                         .folder = folder,
                         .command = command,
                         .choices = &choices->judge,
                         .inconclusive = choices->inconclusive,
                         .override = &choices->override,
                         .as_json = output_is_json()};
  status = judgement_write(&judgement, error);
done:
  free(command);
  free(folder);
  judged_model_close(&judged);
  return status;
}

// The report of a comparison keeps its champion and its other challengers.
static Status evaluate_report(const ContestChoices *choices, const char *argument, Error *error) {
  ContestChoices again = *choices;
  json_t *report = NULL;
  char *folder = NULL;
  Status status;
  if (again.output == NULL) again.output = "report";
  TRY(judgement_check_output(again.output, argument, error));
  TRY(judged_report_read(&report, &folder, argument, error));
  status = contest_is_in(report) ? contest_judge_again(&again, report, folder, error)
                                 : evaluate_one(choices, argument, error);
done:
  json_decref(report);
  free(folder);
  return status;
}

static Status evaluate(const ContestChoices *choices, const char *argument, Error *error) {
  PASS(judge_choices_check(&choices->judge, error));
  PASS(retrain_check(&choices->judge, argument, error));
  PASS(override_check(&choices->override, error));
  return judged_is_report(argument) ? evaluate_report(choices, argument, error)
                                    : evaluate_one(choices, argument, error);
}

Status verb_evaluate(int argc, char **argv, Error *error) {
  ContestChoices choices = {0};
  Option options[] = {
      TEXT(0, "data", "F.h5", &choices.judge.data,
           "judge on all rows of this file instead of a part of the run's data"),
      TEXT(0, "split", "PART", &choices.judge.part, "test (default), validation or train"),
      TEXT(0, "checkpoint", "WHICH", &choices.judge.checkpoint, "best (default), last or a step"),
      TEXT(0, "config", "C.yaml", &choices.judge.config, "business, gates and metrics of this configuration"),
      TEXT(0, "device", "D", &choices.judge.device,
           "that scores: cpu, cuda or cuda:N (default: a GPU where one can be used)"),
      LIST(0, "set", "KEY=VALUE", &choices.judge.sets,
           "a key of the configuration, as in business.unit=EUR; repeatable"),
      TEXT('o', "output", "DIR", &choices.output, "folder of the report (default: <run>/report)"),
      RETRAIN_OPTION(&choices.judge),
      TEXT(0, "inconclusive", "HOW", &choices.inconclusive,
           "exit code of INCONCLUSIVE: fail (1) or ok (0) instead of 20"),
      OVERRIDE_OPTIONS(&choices.override),
  };
  Command command = {
      "evaluate",
      "RUN|CHECKPOINT|REPORT",
      "Judges a model: metrics with intervals, and what its decisions are worth. Writes report.json,\n"
      "report.html, report.md and predictions.h5. A report is judged again, that of a comparison with all\n"
      "its models; with --set or --config by other costs and rules, where a threshold that was chosen by\n"
      "the old costs stays and the report says so.\n"
      "Exit code 0: no rule fails, 10: HOLD, 20: undecided.\n",
      "ingot evaluate runs/churn-1a2b3c4d\n"
      "ingot evaluate runs/churn-1a2b3c4d --split validation\n"
      "ingot evaluate runs/churn-1a2b3c4d --data new.h5 -o report-new\n"
      "ingot evaluate runs/comparison --set business.params.offer=60 -o runs/cheaper",
      options,
      sizeof options / sizeof options[0],
      1,
      1};
  Parsed parsed;
  Status status;
  TRY(command_parse(&parsed, &command, argc, argv, error));
  if (!parsed.helped) status = evaluate(&choices, parsed.arguments[0], error);
done:
  text_list_free(&choices.judge.sets);
  return status;
}
