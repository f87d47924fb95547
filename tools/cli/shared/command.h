// A verb's command line: its options as one table, parsed and explained in the same way for every verb.
#ifndef INGOT_TOOLS_CLI_SHARED_COMMAND_H
#define INGOT_TOOLS_CLI_SHARED_COMMAND_H

#include "engine/shared/config.h"
#include "engine/shared/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum OptionKind { OPTION_FLAG, OPTION_TEXT, OPTION_NUMBER, OPTION_LIST } OptionKind;

typedef struct Option {
  OptionKind kind;
  char letter;          // 0: none
  const char *name;     // without the dashes
  const char *argument; // what help calls it; NULL for a flag
  void *target;         // bool, const char *, int64_t, TextList
  int64_t least, most;  // of a number
  const char *help;
} Option;

#define FLAG(letter, name, target, help)                                                                     \
  { OPTION_FLAG, letter, name, NULL, target, 0, 0, help }
#define TEXT(letter, name, argument, target, help)                                                           \
  { OPTION_TEXT, letter, name, argument, target, 0, 0, help }
#define LIST(letter, name, argument, target, help)                                                           \
  { OPTION_LIST, letter, name, argument, target, 0, 0, help }
#define NUMBER(letter, name, argument, target, least, most, help)                                            \
  { OPTION_NUMBER, letter, name, argument, target, least, most, help }

typedef struct Command {
  const char *name;      // "train"
  const char *arguments; // "CONFIG"
  const char *text;      // what it does, whole lines
  const char *examples;  // lines without indent
  const Option *options;
  int option_count;
  int least, most;       // arguments
  bool on_any_processor; // works without FMA too
} Command;

// Arguments in order; `helped`: -h was asked for and answered, there is nothing to do.
typedef struct Parsed {
  char **arguments;
  int count;
  bool helped;
} Parsed;

// argv[0] is the verb. Every command also takes -h, --help, -q, --quiet, -v, --verbose
// and --json. Lists are owned by the
// caller (text_list_free), texts point into argv. 2: an option is unknown (the nearest is named), lacks or
// should not have a value, or the number of arguments is wrong. 69: this processor lacks FMA, by which all
// numbers are computed.
Status command_parse(Parsed *parsed, const Command *command, int argc, char **argv, Error *error);

#endif
