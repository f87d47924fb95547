// Writes configs/reference.yaml from the table: a valid configuration with every key, annotated.
#include "engine/evaluate/metrics.h"
#include "engine/shared/memory.h"
#include "io/config/schema.h"
#include "io/config/write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 100 };

static const char head[] =
    "# Reference of the run configuration: every key, what it does, its values, its default.\n"
    "# This file is itself a valid configuration; keys that do not apply to it are commented out.\n"
    "# It is written from the table of keys (io/config/rows.c), and a test keeps it so: do not edit it.\n"
    "#\n"
    "# bits: the key decides the trained bits and is part of every digest. free: it does not; resume may\n"
    "# set it. Intervals: [0, 1) holds 0 and not 1. Paths are relative to the folder of the configuration.\n"
    "# `--set train.batch=512` overrides any key.\n"
    "#\n"
    "# yaml-language-server: $schema=schema.json\n"
    "#\n";

static const char *type_text(const KeyRow *row) {
  switch (row->type) {
  case KEY_SECTION:
  case KEY_OPTIONAL:
    return "";
  case KEY_TEXT:
    return "text";
  case KEY_COLUMN:
  case KEY_ONE:
    return "a column";
  case KEY_PATH:
    return "a path";
  case KEY_WORD:
  case KEY_CHOICE:
    return "";
  case KEY_INT:
  case KEY_INT64:
  case KEY_SEED:
    return "a whole number";
  case KEY_NUMBER:
    return "a number";
  case KEY_RULE:
    if (row->words->name != NULL) return "";
    return gate_rule_is_relative((GateRule)row->rule)
               ? "a number, or a percentage of the champion's, as in 2%,"
               : "a number";
  case KEY_FRACTION:
    return "a decimal of at most 15 places";
  case KEY_COLUMNS:
    return "a list of columns";
  case KEY_INTS:
    return "a list of whole numbers";
  case KEY_METRIC:
    return "a metric";
  case KEY_METRICS:
    return "a list of metrics";
  case KEY_ITEMS:
    return "a list";
  case KEY_NAMED:
    return "a map of names";
  case KEY_COSTS:
    return "a map of maps of numbers";
  }
  return "";
}

// "a whole number in [1, 256] threads, or auto; default auto; free"
static void write_facts(FILE *out, const KeyRow *row) {
  const char *type = type_text(row), *joint = type[0] == '\0'              ? ""
                                              : row->words[0].name == NULL ? ""
                                                                           : ", or ";
  fputs(type, out);
  if (row->range != NULL && row->range[0] != '\0') fprintf(out, " in %s", row->range);
  if (row->unit != NULL && row->unit[0] != '\0') fprintf(out, " %s", row->unit);
  for (const KeyWord *word = row->words; word->name != NULL; word++) {
    fprintf(out, "%s%s", joint, word->name);
    joint = word[1].name != NULL && word[2].name == NULL ? " or " : ", ";
  }
  if (row->fallback != NULL) fprintf(out, "; default %s", row->fallback);
  if (row->need == NEED_GIVEN) fputs("; required", out);
  if (row->when != NULL && row->when[0] != '!') {
    const char *equals = strchr(row->when, '=');
    fprintf(out, "; only where %.*s is ", (int)(equals - row->when), row->when);
    for (const char *c = equals + 1; *c != '\0'; c++) fprintf(out, *c == '|' ? " or " : "%c", *c);
  }
  fputs(row->role == KEY_BITS ? "; bits" : "; free", out);
  if (row->bits_when != NULL) fprintf(out, ", but bits where %s", row->bits_when);
}

// Comment lines of at most WIDTH characters, `lead` blanks after the #.
static void write_comment(FILE *out, int indent, int lead, const char *text) {
  int column = 0;
  while (*text != '\0') {
    size_t length = strcspn(text, " ");
    if (column > 0 && column + 1 + (int)length > WIDTH) {
      fputc('\n', out);
      column = 0;
    }
    if (column == 0) column = fprintf(out, "%*s#%*s", indent, "", lead, "");
    column += fprintf(out, " %.*s", (int)length, text);
    text += length + (text[length] == ' ');
  }
  fputc('\n', out);
}

static void write_annotation(FILE *out, int indent, const KeyRow *row) {
  static const KeyWord none[] = {{NULL, 0}};
  KeyRow copy = *row;
  if (copy.words == NULL) copy.words = none;
  write_comment(out, indent, 0, row->help);
  if (row->type == KEY_SECTION || row->type == KEY_OPTIONAL) return;
  char *facts = NULL;
  size_t length;
  FILE *text = open_memstream(&facts, &length);
  if (text == NULL) abort();
  write_facts(text, &copy);
  fclose(text);
  write_comment(out, indent, 3, facts);
  free(facts);
}

static const char *shown_value(const KeyRow *row) {
  return row->example != NULL ? row->example : row->fallback;
}

// Whether another row applies only where this section is absent: then the reference leaves it out.
static bool is_alternative(const KeyRow *row) {
  for (int i = 0; i < key_row_count; i++) {
    if (key_rows[i].when != NULL && key_rows[i].when[0] == '!' &&
        strcmp(key_rows[i].when + 1, row->path) == 0)
      return true;
  }
  return false;
}

// Whether the row applies among the values that the reference shows.
static bool shown_active(const KeyRow *row) {
  if (row->type == KEY_OPTIONAL && is_alternative(row)) return false;
  if (row->type == KEY_RULE) return row->rule == GATE_SUPERIOR;
  if (row->need == NEED_UNSET) return strcmp(row->fallback, "not used") != 0;
  const char *equals = row->when == NULL ? NULL : strchr(row->when, '=');
  if (equals == NULL) return true;
  const KeyRow *asked = key_row_find(row->when, (size_t)(equals - row->when));
  return key_when_allows(row->when, shown_value(asked));
}

static bool section_active(const KeyRow *row) {
  for (size_t i = 0; row->path[i] != '\0'; i++) {
    const KeyRow *above = row->path[i] == '.' ? key_row_find(row->path, i) : NULL;
    if (above != NULL && !shown_active(above)) return false;
  }
  return shown_active(row);
}

static const char *last_part(const char *path) {
  const char *dot = strrchr(path, '.');
  return dot == NULL ? path : dot + 1;
}

static int depth_of(const char *path) {
  int depth = 0;
  for (; *path != '\0'; path++) depth += *path == '.';
  return depth;
}

// A choice whose shown word has keys below it is written as a section.
static bool opens_section(const KeyRow *row) {
  if (row->type == KEY_SECTION || row->type == KEY_OPTIONAL) return true;
  if (row->type != KEY_CHOICE || !key_has_children(row->path)) return false;
  char *below = memory_format("%s.%s", row->path, shown_value(row));
  bool opens = key_row_find(below, strlen(below)) != NULL;
  free(below);
  return opens;
}

static void write_row(FILE *out, const KeyRow *row) {
  int indent = 2 * depth_of(row->path);
  bool item = key_owner_length(row->path) > 0, active = !item && section_active(row);
  if (opens_section(row) && indent == 0) fputc('\n', out);
  write_annotation(out, indent, row);
  fprintf(out, "%*s%s", indent, "", active ? "" : "# ");
  if (item) fputs("  ", out); // below the key whose items it describes
  fprintf(out, "%s:", last_part(row->path));
  if (!opens_section(row)) fprintf(out, " %s", shown_value(row));
  fputc('\n', out);
}

static void write_metrics(FILE *out) {
  static const char *const tasks[] = {"binary", "multiclass", "regression"};
  fputs("# Metrics\n", out);
  for (unsigned task = 0; task < sizeof tasks / sizeof tasks[0]; task++) {
    fprintf(out, "#   %s:", tasks[task]);
    for (int i = 0; i < METRIC_COUNT; i++) {
      if ((metric_table[i].tasks & 1u << task) != 0) fprintf(out, " %s", metric_table[i].name);
    }
    fputc('\n', out);
  }
  fputc('\n', out);
}

char *config_write_reference(void) {
  char *text = NULL;
  size_t length;
  FILE *out = open_memstream(&text, &length);
  if (out == NULL) abort();
  fputs(head, out);
  write_metrics(out);
  for (int i = 0; i < key_row_count; i++) write_row(out, &key_rows[i]);
  fclose(out);
  return text;
}
