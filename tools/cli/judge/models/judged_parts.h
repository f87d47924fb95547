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

void judged_name_classes(JudgedModel *judged, const Preprocess *preprocess);

#endif
