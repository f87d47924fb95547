// A growable text: what reports, messages and definitions are written into.
#ifndef INGOT_IO_SHARED_TEXT_H
#define INGOT_IO_SHARED_TEXT_H

#include <stddef.h>
#include <stdint.h>

// Zero-initialise; `bytes` is NUL-terminated once something was added (NULL before). Freed by text_free, or
// by free() on what text_take hands out.
typedef struct Text {
  char *bytes;
  size_t length, capacity;
} Text;

void text_add(Text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_put(Text *text, const char *string);
void text_put_n(Text *text, const char *bytes, size_t length);

// Escapes & < > " ' so that the string is inert as HTML text and inside a quoted attribute; control
// characters (which HTML forbids) become a blank.
void text_html(Text *text, const char *string);

// Escapes what Markdown or its embedded HTML would read as syntax (and line ends, and table bars).
void text_markdown(Text *text, const char *string);

// A value of CSV, quoted where it must be: readers trim blanks that are not.
void text_csv(Text *text, const char *value);

// The first of 15, 16, 17 significant digits that reads back as the same binary64; value must be finite.
void text_number(Text *text, double value);

// The ending of a noun behind this count: "" for 1, else "s".
const char *plural(int64_t count);

char *text_take(Text *text); // the string, never NULL; the text is empty afterwards
void text_free(Text *text);

// The candidate nearest to `name` by edit distance (letters' case counts half), or NULL if none is near.
const char *text_nearest(const char *name, const char *const *candidates, int count);

#endif
