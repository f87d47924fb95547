// ingot compare: may the challenger replace the champion?
#include "tools/cli/judge/contest.h"
#include "tools/cli/judge/retrain.h"

Status verb_compare(int argc, char **argv, Error *error);

enum { CHALLENGERS_MAX = 20 };

Status verb_compare(int argc, char **argv, Error *error) {
  ContestChoices choices = {.output = "comparison"};
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
  if (!parsed.helped) status = contest_judge(&choices, parsed.arguments, parsed.count, error);
done:
  text_list_free(&choices.judge.sets);
  return status;
}
