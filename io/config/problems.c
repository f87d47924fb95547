// Collects what is wrong with a configuration and prints it with source line and caret.
#include "io/config/problems.h"

#include "engine/shared/memory.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 100, LINE_SHOWN = 100, WORD_MAX = 64 };

int utf8_length(const unsigned char *text, size_t left) {
  if (text[0] < 0x80) return 1;
  int length = text[0] >= 0xF0 ? 4 : text[0] >= 0xE0 ? 3 : 2;
  if (text[0] < 0xC2 || text[0] > 0xF4 || (size_t)length > left) return 0;
  for (int i = 1; i < length; i++) {
    if ((text[i] & 0xC0) != 0x80) return 0;
  }
  if (text[0] == 0xE0 && text[1] < 0xA0) return 0;
  if (text[0] == 0xED && text[1] > 0x9F) return 0;
  if (text[0] == 0xF0 && text[1] < 0x90) return 0;
  if (text[0] == 0xF4 && text[1] > 0x8F) return 0;
  return length;
}

void problem_add(ProblemList *list, Place place, const char *format, ...) {
  va_list arguments;
  char *sentence = NULL;
  va_start(arguments, format);
  int length = vasprintf(&sentence, format, arguments);
  va_end(arguments);
  if (length < 0) sentence = memory_text(format);
  if (list->count == list->capacity) {
    list->capacity = list->capacity == 0 ? 16 : 2 * list->capacity;
    list->items = memory_grow(list->items, (size_t)list->capacity, sizeof *list->items);
  }
  list->items[list->count++] = (Problem){place, sentence};
}

void problem_list_free(ProblemList *list) {
  for (int i = 0; i < list->count; i++) free(list->items[i].sentence);
  free(list->items);
  memset(list, 0, sizeof *list);
}

static int compare_places(const void *left, const void *right) {
  const Problem *a = left, *b = right;
  if (a->place.source->rank != b->place.source->rank)
    return a->place.source->rank < b->place.source->rank ? -1 : 1;
  if (a->place.line != b->place.line) return a->place.line < b->place.line ? -1 : 1;
  if (a->place.column != b->place.column) return a->place.column < b->place.column ? -1 : 1;
  return strcmp(a->sentence, b->sentence);
}

const char *source_line(const Source *source, int number, size_t *length) {
  const char *at = source->text, *end = source->text + source->length;
  for (int line = 1; line < number && at < end; line++) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    if (newline == NULL) break;
    at = newline + 1;
  }
  const char *newline = memchr(at, '\n', (size_t)(end - at));
  *length = (size_t)((newline == NULL ? end : newline) - at);
  if (*length > 0 && at[*length - 1] == '\r') --*length;
  return at;
}

// Prints at most LINE_SHOWN characters of the line around the column; returns how many were cut on the left.
// What a terminal would obey or cannot show becomes a blank or a question mark.
static int print_line(FILE *out, const char *line, size_t length, int column) {
  int cut = column > LINE_SHOWN - 20 ? column - LINE_SHOWN / 2 : 0, character = 0;
  for (size_t i = 0; i < length;) {
    const unsigned char *at = (const unsigned char *)line + i;
    int bytes = utf8_length(at, length - i);
    bool control = at[0] < 0x20 || at[0] == 0x7F || (at[0] == 0xC2 && bytes == 2 && at[1] < 0xA0);
    if (++character > cut && character <= cut + LINE_SHOWN) {
      if (bytes == 0 || control)
        fputc(bytes == 0 ? '?' : ' ', out);
      else
        fwrite(at, 1, (size_t)bytes, out);
    }
    i += (size_t)(bytes == 0 ? 1 : bytes);
  }
  fputc('\n', out);
  return cut;
}

static void print_problem(FILE *out, const Problem *problem) {
  const Place *place = &problem->place;
  char margin[32];
  if (place->source->is_override) {
    fprintf(out, "%s: error: %s\n", place->source->label, problem->sentence);
    snprintf(margin, sizeof margin, "    ");
  } else {
    fprintf(out, "%s:%d:%d: error: %s\n", place->source->label, place->line, place->column,
            problem->sentence);
    snprintf(margin, sizeof margin, "%4d", place->line);
  }
  size_t length;
  const char *line = source_line(place->source, place->line, &length);
  fprintf(out, "%s | ", margin);
  int cut = print_line(out, line, length, place->column);
  int width = place->width < 1 ? 1 : place->width;
  if (place->column - cut + width > LINE_SHOWN) width = 1;
  fprintf(out, "%*s | %*s^", (int)strlen(margin), "", place->column - cut - 1, "");
  for (int i = 1; i < width; i++) fputc('~', out);
  fputc('\n', out);
}

char *problem_list_text(ProblemList *list) {
  if (list->count > 1) qsort(list->items, (size_t)list->count, sizeof *list->items, compare_places);
  char *text = NULL;
  size_t length;
  FILE *out = open_memstream(&text, &length);
  if (out == NULL) return memory_text("out of memory\n");
  for (int i = 0; i < list->count && i < SHOWN_MAX; i++) print_problem(out, &list->items[i]);
  if (list->count > SHOWN_MAX) fprintf(out, "and %d more errors\n", list->count - SHOWN_MAX);
  fclose(out);
  return text;
}

static bool same_letter(char a, char b) {
  return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static int least(int a, int b) {
  return a < b ? a : b;
}

// Edits between two words of at most WORD_MAX bytes (optimal string alignment); case does not count.
static int edits_between(const char *a, const char *b) {
  int rows[3][WORD_MAX + 1], *before = rows[0], *above = rows[1], *here = rows[2];
  int na = (int)strlen(a), nb = (int)strlen(b);
  for (int j = 0; j <= nb; j++) above[j] = j, before[j] = 0;
  for (int i = 1; i <= na; i++) {
    here[0] = i;
    for (int j = 1; j <= nb; j++) {
      here[j] = least(above[j - 1] + !same_letter(a[i - 1], b[j - 1]), least(above[j], here[j - 1]) + 1);
      if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1]))
        here[j] = least(here[j], before[j - 2] + 1);
    }
    int *free_row = before;
    before = above, above = here, here = free_row;
  }
  return above[nb];
}

Nearest nearest_start(const char *word) {
  return (Nearest){word, NULL, 0};
}

void nearest_try(Nearest *nearest, const char *candidate) {
  size_t length = strlen(nearest->word), other = strlen(candidate);
  if (length > WORD_MAX || other > WORD_MAX) return;
  int edits = edits_between(nearest->word, candidate);
  int limit = (int)(length > other ? length : other) / 3; // a third of the letters
  if (edits > (limit < 1 ? 1 : limit)) return;
  if (nearest->found == NULL || edits < nearest->edits) {
    nearest->found = candidate;
    nearest->edits = edits;
  }
}
