// Everything that is wrong with a configuration, collected with its place, reported at once.
#ifndef INGOT_IO_CONFIG_PROBLEMS_H
#define INGOT_IO_CONFIG_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>

// A text that is parsed: the config file, or one `--set key=value`.
typedef struct Source {
  const char *label; // the file's path as the user gave it, or `--set key=value`
  const char *text;
  size_t length;
  bool is_override;
  int rank; // problems are listed by rank, line, column
} Source;

// The bytes of line `number` (from 1), without its end.
const char *source_line(const Source *source, int number, size_t *length);

typedef struct Place {
  const Source *source;
  int line, column, width; // from 1, in characters; width >= 1 is underlined
} Place;

typedef struct Problem {
  Place place;
  char *sentence;
} Problem;

typedef struct ProblemList {
  Problem *items;
  int count, capacity;
} ProblemList;

void problem_add(ProblemList *list, Place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// `label:line:column: error: sentence`, the source line and a caret for each, in order; fresh text.
char *problem_list_text(ProblemList *list);
void problem_list_free(ProblemList *list);

// Bytes of the UTF-8 character at text, `left` bytes being there; 0: malformed, a surrogate, above U+10FFFF.
int utf8_length(const unsigned char *text, size_t left);

// The candidate that is fewest edits (insert, delete, replace, swap neighbours; case counts half) from the
// word, if near enough to be a slip of the pen; else NULL. Keep the best over several lists in `best`.
typedef struct Nearest {
  const char *word, *found;
  int edits; // of found, doubled
} Nearest;

Nearest nearest_start(const char *word);
void nearest_try(Nearest *nearest, const char *candidate);

#endif
