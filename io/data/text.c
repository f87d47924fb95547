// Texts of data files: UTF-8, lists, and the nearest name for a hint.
#include "io/data/text.h"

#include "engine/shared/memory.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// Bytes of the sequence at `text`, 0 where it is not well formed (Unicode, table 3-7).
static size_t sequence_length(const unsigned char *text, size_t room) {
  unsigned char first = text[0];
  if (first < 0x80) return 1;
  size_t length = first >= 0xc2 && first <= 0xdf ? 2 : (first & 0xf0) == 0xe0 ? 3 : 4;
  if (first < 0xc2 || first > 0xf4 || length > room) return 0;
  unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (text[1] < low || text[1] > high) return 0;
  for (size_t i = 2; i < length; i++) {
    if ((text[i] & 0xc0) != 0x80) return 0;
  }
  return length;
}

bool utf8_is_valid(const char *text, size_t length) {
  for (size_t at = 0; at < length;) {
    size_t step = sequence_length((const unsigned char *)text + at, length - at);
    if (step == 0) return false;
    at += step;
  }
  return true;
}

void text_list_add(TextList *list, const char *text) {
  if ((list->count & (list->count - 1)) == 0) { // full at powers of two
    list->items =
        memory_grow(list->items, list->count == 0 ? 1 : 2 * (size_t)list->count, sizeof *list->items);
  }
  list->items[list->count++] = memory_text(text);
}

int text_list_find(const TextList *list, const char *text) {
  for (int i = 0; i < list->count; i++) {
    if (strcmp(list->items[i], text) == 0) return i;
  }
  return -1;
}

void text_list_free(TextList *list) {
  for (int i = 0; i < list->count; i++) free(list->items[i]);
  free(list->items);
  memset(list, 0, sizeof *list);
}

enum { NAME_MAX_BYTES = 64 };

// Twice the Levenshtein distance; a change of case only counts 1. Long names are cut.
static int distance(const char *a, const char *b) {
  int row[NAME_MAX_BYTES + 1];
  int width = (int)strnlen(b, NAME_MAX_BYTES);
  for (int j = 0; j <= width; j++) row[j] = 2 * j;
  for (int i = 0; a[i] != '\0' && i < NAME_MAX_BYTES; i++) {
    int diagonal = row[0];
    row[0] = 2 * (i + 1);
    for (int j = 0; j < width; j++) {
      int same_letter = tolower((unsigned char)a[i]) == tolower((unsigned char)b[j]);
      int best = diagonal + (a[i] == b[j] ? 0 : same_letter ? 1 : 2);
      if (row[j] + 2 < best) best = row[j] + 2;
      if (row[j + 1] + 2 < best) best = row[j + 1] + 2;
      diagonal = row[j + 1];
      row[j + 1] = best;
    }
  }
  return row[width];
}

const char *nearest_text(const char *text, const TextList *list) {
  const char *nearest = NULL;
  int least = (int)strnlen(text, NAME_MAX_BYTES) + 1; // half of the letters may differ
  for (int i = 0; i < list->count; i++) {
    int edits = distance(text, list->items[i]);
    if (edits < least) {
      least = edits;
      nearest = list->items[i];
    }
  }
  return nearest;
}
