// Parses command lines from tables of options and prints their help.
#include "tools/cli/shared/command.h"

#include "engine/shared/memory.h"
#include "io/shared/text.h"
#include "kernels/operators.h"
#include "tools/cli/shared/output.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTIONS_MAX = 40, LONG_BASE = 256 }; // getopt's values of options are LONG_BASE + index

static bool quiet_flag, verbose_flag, json_flag, help_flag;

static const Option common_options[] = {
    FLAG('q', "quiet", &quiet_flag, "say nothing but results and errors"),
    FLAG('v', "verbose", &verbose_flag, "say more: what is read and written on the way"),
    FLAG(0, "json", &json_flag, "print the result as JSON"),
    FLAG('h', "help", &help_flag, "this text"),
};
enum { COMMON_COUNT = sizeof common_options / sizeof common_options[0] };

static void print_option(const Option *option) {
  char left[64];
  snprintf(left, sizeof left, "%s--%s%s%s",
           option->letter != 0 ? (char[]){'-', option->letter, ',', ' ', 0} : "    ", option->name,
           option->argument != NULL ? " " : "", option->argument != NULL ? option->argument : "");
  printf("  %-28s %s\n", left, option->help);
}

static void print_help(const Command *command) {
  printf("Usage: ingot %s [OPTION]... %s\n%s\nOptions:\n", command->name, command->arguments, command->text);
  for (int i = 0; i < command->option_count; i++) print_option(&command->options[i]);
  for (int i = 0; i < COMMON_COUNT; i++) print_option(&common_options[i]);
  printf("\nExamples:\n");
  for (const char *line = command->examples; *line != '\0';) {
    size_t length = strcspn(line, "\n");
    printf("  %.*s\n", (int)length, line);
    line += length + (line[length] == '\n');
  }
}

static const Option *option_at(const Command *command, int index) {
  return index < command->option_count ? &command->options[index]
                                       : &common_options[index - command->option_count];
}

static Status set_option(const Option *option, const char *value, Error *error) {
  switch (option->kind) {
  case OPTION_FLAG:
    *(bool *)option->target = true;
    return STATUS_OK;
  case OPTION_TEXT:
    *(const char **)option->target = value;
    return STATUS_OK;
  case OPTION_LIST:
    text_list_add(option->target, value);
    return STATUS_OK;
  case OPTION_NUMBER:
    break;
  }
  char *end;
  errno = 0;
  long long number = strtoll(value, &end, 10);
  if (errno != 0 || end == value || *end != '\0' || number < option->least || number > option->most) {
    return error_set(error, STATUS_USAGE, "--%s %s: it takes a whole number from %lld to %lld", option->name,
                     value, (long long)option->least, (long long)option->most);
  }
  *(int64_t *)option->target = number;
  return STATUS_OK;
}

// getopt gave up on `word`: says which option was meant, or what is wrong with its value.
static Status explain(const Command *command, const char *word, int code, Error *error) {
  if (word == NULL) word = "";
  if (code == ':')
    return error_set(error, STATUS_USAGE, "%s needs a value; see ingot %s -h", word, command->name);
  if (strncmp(word, "--", 2) != 0) {
    return error_set(error, STATUS_USAGE, "unknown option in '%s'; see ingot %s -h", word, command->name);
  }
  const char *names[OPTIONS_MAX];
  int count = command->option_count + COMMON_COUNT;
  size_t length = strcspn(word + 2, "=");
  char *name = memory_text_n(word + 2, length);
  for (int i = 0; i < count; i++) names[i] = option_at(command, i)->name;
  for (int i = 0; i < count; i++) {
    if (strcmp(names[i], name) != 0) continue;
    free(name);
    return error_set(error, STATUS_USAGE, "--%s takes no value", names[i]);
  }
  const char *near = text_nearest(name, names, count);
  free(name);
  return near != NULL
             ? error_set(error, STATUS_USAGE, "unknown option '%s'; did you mean --%s?", word, near)
             : error_set(error, STATUS_USAGE, "unknown option '%s'; see ingot %s -h", word, command->name);
}

static void fill_tables(const Command *command, struct option *longs, char *shorts) {
  *shorts++ = ':';
  int count = command->option_count + COMMON_COUNT;
  for (int i = 0; i < count; i++) {
    const Option *option = option_at(command, i);
    int takes = option->argument != NULL ? required_argument : no_argument;
    longs[i] = (struct option){option->name, takes, NULL, LONG_BASE + i};
    if (option->letter == 0) continue;
    *shorts++ = option->letter;
    if (takes == required_argument) *shorts++ = ':';
  }
  longs[count] = (struct option){0};
  *shorts = '\0';
}

static const Option *option_of(const Command *command, int code) {
  if (code >= LONG_BASE) return option_at(command, code - LONG_BASE);
  for (int i = 0; i < command->option_count + COMMON_COUNT; i++) {
    if (option_at(command, i)->letter == code) return option_at(command, i);
  }
  return NULL;
}

static Status check_count(const Command *command, int count, Error *error) {
  if (count >= command->least && count <= command->most) return STATUS_OK;
  return error_set(error, STATUS_USAGE, "ingot %s takes %s, %d %s given; see ingot %s -h", command->name,
                   command->arguments[0] != '\0' ? command->arguments : "no arguments", count,
                   count == 1 ? "was" : "were", command->name);
}

// Kernels run from here on, compiled for processors with FMA; what came before is compiled for all.
static Status check_processor(const Command *command, Error *error) {
  if (command->on_any_processor || operators_best_isa() != NULL) return STATUS_OK;
  return error_set(
      error, STATUS_UNAVAILABLE,
      "this processor has no fused multiply-add (FMA), by which exact numbers are computed: ingot %s "
      "needs a processor of 2013 or later, and an emulator or virtual machine that passes FMA on; "
      "ingot doctor says more",
      command->name);
}

Status command_parse(Parsed *parsed, const Command *command, int argc, char **argv, Error *error) {
  struct option longs[OPTIONS_MAX + 1];
  char shorts[2 * OPTIONS_MAX + 2];
  *parsed = (Parsed){0};
  fill_tables(command, longs, shorts);
  opterr = 0;
  optind = 0; // starts over, in GNU's way
  for (int code; (code = getopt_long(argc, argv, shorts, longs, NULL)) != -1;) {
    const Option *option = code == '?' || code == ':' ? NULL : option_of(command, code);
    if (option == NULL) return explain(command, argv[optind - 1], code, error);
    PASS(set_option(option, optarg, error));
  }
  if (help_flag) {
    print_help(command);
    parsed->helped = true;
    return STATUS_OK;
  }
  output_set_quiet(quiet_flag);
  output_set_verbose(verbose_flag);
  output_set_json(json_flag);
  parsed->arguments = argv + optind;
  parsed->count = argc - optind;
  PASS(check_count(command, parsed->count, error));
  return check_processor(command, error);
}
