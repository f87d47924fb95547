// Where the models of a report came from: kept in environment.json, so that who verifies the report on the
// same machine judges the models themselves and not their stored scores alone.
#ifndef INGOT_TOOLS_CLI_JUDGE_VERIFY_SOURCES_H
#define INGOT_TOOLS_CLI_JUDGE_VERIFY_SOURCES_H

#include "tools/cli/judge/judgement.h"

#include <jansson.h>

// {files: {scores file: path of the run, checkpoint or prediction file}, config, data, split, checkpoint,
// set}: paths absolute, `config` whether one was given. names [challenger_count] of the scores files.
json_t *sources_json(const Judgement *judgement, char (*names)[32]);

typedef struct Sources {
  json_t *json;         // as written; NULL: unknown
  char *config;         // the report's configuration
  JudgeChoices choices; // by which the models were opened; part is not NULL unless data are given
} Sources;

// Reads them from the folder of a report; none where environment.json has none (any more).
void sources_read(Sources *sources, const char *folder);
void sources_free(Sources *sources);

// Opens the model behind a scores file again, with the rows of `kept`, the model as it was stored; `lead` is
// the first challenger (NULL: this is the first). On success *kept is that model, and *more is set where it
// has more rows. Else *kept stays and *reason says what is missing or has changed since (free()); where the
// model and its data are the report's own and only the scores are not theirs, *forged is set.
bool sources_reopen(JudgedModel *kept, bool *more, bool *forged, char **reason, const Sources *sources,
                    const char *file, const JudgedModel *lead);

#endif
