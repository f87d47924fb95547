// Texts of data files: UTF-8, and the nearest name for a hint.
#include "io/data/text.h"

#include "io/config/problems.h"

bool utf8_is_valid(const char *text, size_t length) {
  for (size_t at = 0; at < length;) {
    int step = utf8_length((const unsigned char *)text + at, length - at);
    if (step == 0) return false;
    at += (size_t)step;
  }
  return true;
}

const char *nearest_text(const char *text, const TextList *list) {
  Nearest nearest = nearest_start(text);
  for (int i = 0; i < list->count; i++) nearest_try(&nearest, list->items[i]);
  return nearest.found;
}
