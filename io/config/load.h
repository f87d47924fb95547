// Loads a run configuration: strict YAML, overrides, defaults, every error at once.
//
//     Config *config = NULL;
//     ConfigProblems problems = {0};
//     status = config_load(&config, &problems, "configs/churn.yaml", overrides, count, error);
//     if (status == STATUS_CONFIG) fputs(problems.text, stderr);
#ifndef INGOT_IO_CONFIG_LOAD_H
#define INGOT_IO_CONFIG_LOAD_H

#include "engine/shared/config.h"
#include "engine/shared/status.h"

#include <stddef.h>

// `a.b=value`, as --set takes it: a key path (numbers are indexes of lists) and a YAML scalar, [list] or
// {map} in one line. Later ones win. Paths to files in it are relative to the working directory.
typedef struct ConfigOverride {
  const char *text;
} ConfigOverride;

// Where the keys of a configuration stand.
typedef struct ConfigOrigin ConfigOrigin;

// One block `file:line:column: error: sentence`, source line and caret for each problem, in order.
typedef struct ConfigProblems {
  char *text; // "" or NULL where there are none
  int count;
  ConfigOrigin *origin; // its text and tree, for the problems that only its data reveal
} ConfigProblems;

// Fills a fresh Config with every default applied. 78: problems->text holds all errors, error->text one
// sentence; 66: no such file; 65: not a plain file; 74: it cannot be read. `problems` may be NULL: then
// error->text begins with the first of them.
Status config_load(Config **config, ConfigProblems *problems, const char *path,
                   const ConfigOverride *overrides, int override_count, Error *error);

// The same from text; `label` stands in messages for the path, `folder` is what its paths are relative to.
Status config_load_text(Config **config, ConfigProblems *problems, const char *label, const char *text,
                        size_t length, const char *folder, const ConfigOverride *overrides,
                        int override_count, Error *error);

// Adds a problem that the data reveal, at the value of a key ("data.inputs.0.columns.1") or what stands
// nearest above it; `column` (from 1; 0: the whole) is the byte of the value that is wrong. Needs an origin.
void config_problem_add(ConfigProblems *problems, const char *key, int column, const char *sentence);

// Whether the key was written.
bool config_has_key(const ConfigProblems *problems, const char *key);

// OK where none was added; else problems->text holds them all and error, of this status, their number.
Status config_problems_report(ConfigProblems *problems, Status status, Error *error);

// Problem number `index` below count: its file (or --set key=value, line 1), and its sentence.
typedef struct ConfigProblem {
  const char *source, *sentence;
  int line, column;
} ConfigProblem;

ConfigProblem config_problem(const ConfigProblems *problems, int index);

void config_problems_free(ConfigProblems *problems);

// Refuses (78) the first override of a key that is not free: what `resume --set` may not change.
Status config_check_free(const ConfigOverride *overrides, int override_count, Error *error);

#endif
