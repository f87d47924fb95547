// Growable text with escapes for HTML and Markdown, and the nearest name for hints.
#include "io/shared/text.h"

#include "engine/shared/memory.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void text_reserve(Text *text, size_t more) {
  size_t need = text->length + more + 1;
  if (need <= text->capacity) return;
  size_t capacity = text->capacity ? text->capacity : 256;
  while (capacity < need) capacity *= 2;
  text->bytes = memory_grow(text->bytes, capacity, 1);
  text->capacity = capacity;
}

void text_put_n(Text *text, const char *bytes, size_t length) {
  text_reserve(text, length);
  memcpy(text->bytes + text->length, bytes, length);
  text->length += length;
  text->bytes[text->length] = '\0';
}

void text_put(Text *text, const char *string) {
  text_put_n(text, string, strlen(string));
}

void text_add(Text *text, const char *format, ...) {
  va_list list, copy;
  va_start(list, format);
  va_copy(copy, list);
  int length = vsnprintf(NULL, 0, format, list);
  va_end(list);
  text_reserve(text, (size_t)length);
  vsnprintf(text->bytes + text->length, (size_t)length + 1, format, copy);
  va_end(copy);
  text->length += (size_t)length;
}

static const char *html_entity(char c) {
  switch (c) {
  case '&':
    return "&amp;";
  case '<':
    return "&lt;";
  case '>':
    return "&gt;";
  case '"':
    return "&quot;";
  case '\'':
    return "&#39;";
  default:
    return (unsigned char)c < ' ' && c != '\n' && c != '\t' ? " " : NULL;
  }
}

void text_html(Text *text, const char *string) {
  const char *start = string;
  for (const char *p = string; *p; p++) {
    const char *entity = html_entity(*p);
    if (!entity) continue;
    text_put_n(text, start, (size_t)(p - start));
    text_put(text, entity);
    start = p + 1;
  }
  text_put(text, start);
}

void text_markdown(Text *text, const char *string) {
  for (const char *p = string; *p; p++) {
    if (*p == '<') {
      text_put(text, "&lt;");
    } else if (*p == '&') {
      text_put(text, "&amp;");
    } else if ((unsigned char)*p < ' ') {
      text_put(text, " ");
    } else {
      if (strchr("\\`*_[]>#|~!", *p)) text_put(text, "\\");
      text_put_n(text, p, 1);
    }
  }
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

void text_csv(Text *text, const char *value) {
  size_t length = strlen(value);
  bool trimmed = length > 0 && (is_blank(value[0]) || is_blank(value[length - 1]));
  if (strpbrk(value, ",\"\n\r") == NULL && !trimmed) {
    text_put(text, value);
    return;
  }
  text_put(text, "\"");
  for (const char *c = value; *c != '\0'; c++) text_add(text, *c == '"' ? "\"\"" : "%c", *c);
  text_put(text, "\"");
}

void text_number(Text *text, double value) {
  char digits[40];
  for (int precision = 15; precision <= 17; precision++) {
    snprintf(digits, sizeof digits, "%.*g", precision, value);
    if (strtod(digits, NULL) == value) break;
  }
  text_put(text, value == 0 ? "0" : digits);
}

const char *plural(int64_t count) {
  return count == 1 ? "" : "s";
}

char *text_take(Text *text) {
  char *bytes = text->bytes ? text->bytes : memory_text("");
  *text = (Text){0};
  return bytes;
}

void text_free(Text *text) {
  free(text->bytes);
  *text = (Text){0};
}

// Edit distance of at most 64 bytes each; a substitution costs 2, one of case only 1, others 2.
static int edit_distance(const char *a, const char *b) {
  enum { LONGEST = 64 };
  size_t n = strlen(a), m = strlen(b);
  if (n > LONGEST || m > LONGEST) return 2 * LONGEST;
  int row[LONGEST + 1];
  for (size_t j = 0; j <= m; j++) row[j] = 2 * (int)j;
  for (size_t i = 1; i <= n; i++) {
    int diagonal = row[0];
    row[0] = 2 * (int)i;
    for (size_t j = 1; j <= m; j++) {
      char x = a[i - 1], y = b[j - 1];
      int change = x == y ? 0 : tolower((unsigned char)x) == tolower((unsigned char)y) ? 1 : 2;
      int best = diagonal + change;
      if (row[j] + 2 < best) best = row[j] + 2;
      if (row[j - 1] + 2 < best) best = row[j - 1] + 2;
      diagonal = row[j];
      row[j] = best;
    }
  }
  return row[m];
}

const char *text_nearest(const char *name, const char *const *candidates, int count) {
  const char *nearest = NULL;
  int best = (int)strlen(name) + 2; // half of the letters may differ
  for (int i = 0; i < count; i++) {
    int distance = edit_distance(name, candidates[i]);
    if (distance < best) {
      best = distance;
      nearest = candidates[i];
    }
  }
  return nearest;
}
