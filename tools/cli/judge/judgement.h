// From judged models to a written report: what evaluate and compare share.
#ifndef INGOT_TOOLS_CLI_JUDGE_JUDGEMENT_H
#define INGOT_TOOLS_CLI_JUDGE_JUDGEMENT_H

#include "engine/evaluate/evaluate.h"
#include "io/report/ledger.h"
#include "tools/cli/judge/models/judged_model.h"
#include "tools/cli/shared/command.h"

// The commit that the program was built from, with "-dirty" where files differed; "unknown" outside of git.
// The build writes it (tools/dev/write_commit.cmake).
extern const char source_commit[];

// A person's decision to go on without evidence; written into the report.
typedef struct Override {
  bool accepted; // --accept-inconclusive
  const char *reason, *by;
} Override;

#define OVERRIDE_OPTIONS(override)                                                                           \
  FLAG(0, "accept-inconclusive", &(override)->accepted,                                                      \
       "go on without evidence: exit code 0 for INCONCLUSIVE; needs --reason and --by"),                     \
      TEXT(0, "reason", "TEXT", &(override)->reason, "why; stands in the report"),                           \
      TEXT(0, "by", "NAME", &(override)->by, "who answers for it; stands in the report")

// 2 where the three do not stand together.
Status override_check(const Override *override, Error *error);

// What a finished report says of its decision's place in the ledger, where that is asked of gates.ledger.
typedef struct Recall {
  LedgerEntry entry;
  bool found; // set where the ledger itself tells
} Recall;

typedef struct Judgement {
  JudgedModel *challengers; // [challenger_count]; the configuration of the first decides
  int challenger_count;
  JudgedModel *champion;       // NULL: one model
  const Validity *validity;    // [challenger_count]
  const char *part;            // what the rows are called
  const char *folder;          // where the report goes
  const char *command;         // that writes it again
  const char *inconclusive;    // --inconclusive: "fail", "ok" or NULL
  const Override *override;    // NULL: none
  const JudgeChoices *choices; // by which the models were opened, and the challenger's other seeds are judged
  Recall *recall;              // of a finished report that is judged again; else NULL
  bool as_json;
} Judgement;

// 73 where the output is the folder of what is judged: its report would be replaced by less.
Status judgement_check_output(const char *output, const char *argument, Error *error);

// Judges, writes the report, prints the summary; the verdict's status. Of several challengers the report is
// about the one that the leaderboard chooses.
Status judgement_write(const Judgement *judgement, Error *error);

// The report alone, as judgement_write would write it; nothing is written, no ledger is read.
Status judgement_report(json_t **report, const Judgement *judgement, Error *error);

// Writes the report of models that `refusal` (65) keeps from being compared, and prints it under as_json;
// the refusal's status, or that of the writing.
Status judgement_refuse(const Judgement *judgement, const Error *refusal, Error *error);

// The command that writes a report again, files without their folders; freed by free().
char *judgement_command(const char *verb, const char *const *names, int count, const JudgeChoices *choices);

// Whether the rows that a model is judged on are new to it and its threshold, and not older than its training
// rows. role: "champion" or "challenger".
Status judgement_checks(ValidityCheck checks[MODEL_CHECKS], int *count, const JudgedModel *judged,
                        const char *role, const JudgeChoices *choices, Error *error);

// Equal digests of the models or, where scores are all that is known, equal scores and thresholds.
Status judgement_same_model(bool *same, const JudgedModel *champion, const JudgedModel *challenger,
                            Error *error);

#endif
