// Private to tools/cli/judge: what opening the kinds of judged models shares.
#ifndef INGOT_TOOLS_CLI_JUDGE_MODELS_JUDGED_PARTS_H
#define INGOT_TOOLS_CLI_JUDGE_MODELS_JUDGED_PARTS_H

#include "tools/cli/judge/models/judged_model.h"
#include "tools/cli/training/session.h"

// The last name of a path that may end in slashes, be "." or pass through links; freed by free().
char *judged_name_of(const char *path);

// SHA-256 of a file, in hex.
Status judged_file_digest(char hex[DIGEST_HEX], const char *path, Error *error);

// 2 where the name is none of train, validation, test.
Status judged_part_of(SplitPart *part, const char *name, Error *error);

// One model of a report with its scores' rows, of which nothing is priced, under a configuration: the path of
// one, and --set.
Status judged_open_scores(JudgedModel *judged, const json_t *report, const char *folder, const char *subject,
                          const char *config, const SessionChoices *choices, Error *error);

// The validity checks that the report made of one of its models.
void judged_take_checks(JudgedModel *judged, const json_t *report, const char *subject);

// 65 where SHA256SUMS of the folder does not list the scores, or they are not what it lists.
Status judged_check_scores(const char *folder, const char *name, Error *error);

// One model of a report decided again, by choices->config or --set: see judged_model_of_report.
Status judged_model_redecide(JudgedModel *judged, const json_t *report, const char *folder,
                             const char *subject, const JudgeChoices *choices, Error *error);

// Who was judged, as the report says at `path`; replaces what `judged` was called.
void judged_take_subject(JudgedModel *judged, const json_t *report, const char *path);

#endif
