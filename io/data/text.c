// Texts of data files: UTF-8, and the nearest name for a hint.
#include "io/data/text.h"

#include "io/config/problems.h"

size_t utf8_valid_length(const char *text, size_t length) {
  size_t at = 0;
  while (at < length) {
    int step = utf8_length((const unsigned char *)text + at, length - at);
    if (step == 0) break;
    at += (size_t)step;
  }
  return at;
}

bool utf8_is_valid(const char *text, size_t length) {
  return utf8_valid_length(text, length) == length;
}

const char *nearest_text(const char *text, const TextList *list) {
  Nearest nearest = nearest_start(text);
  for (int i = 0; i < list->count; i++) nearest_try(&nearest, list->items[i]);
  return nearest.found;
}
