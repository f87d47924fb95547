// Finds the first value in which a report differs from what was made again.
#include "tools/cli/judge/verify/difference.h"

#include "engine/shared/memory.h"
#include "io/report/report_read.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_BYTES = 80, NOTE_BYTES = 1024 };

void difference_except(Difference *difference, const char *pointer, const char *needs, bool taken) {
  difference->unmade =
      memory_grow(difference->unmade, (size_t)difference->unmade_count + 1, sizeof *difference->unmade);
  difference->unmade[difference->unmade_count++] = (Unmade){memory_text(pointer), memory_text(needs), taken};
}

void difference_note(Difference *difference, const char *format, ...) {
  char text[NOTE_BYTES];
  va_list arguments;
  if (difference->text != NULL) return;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  difference->text = memory_text(text);
}

static char *value_text(const json_t *value) {
  char *text =
      value == NULL ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
  size_t cut = SHOWN_BYTES - 3;
  if (text != NULL && strlen(text) > SHOWN_BYTES) {
    while ((text[cut] & 0xC0) == 0x80) cut--; // not within a character
    strcpy(text + cut, "...");
  }
  return text == NULL ? memory_text("nothing") : text;
}

static void note(Difference *difference, const char *pointer, const json_t *said, const json_t *found) {
  char *a = value_text(said), *b = value_text(found);
  difference_note(difference, "%.600s: the report says %s, recomputed it is %s", pointer, a, b);
  free(a);
  free(b);
}

static bool is_unmade(const Difference *difference, const char *pointer) {
  for (int i = 0; i < difference->unmade_count; i++)
    if (!difference->unmade[i].taken && strcmp(difference->unmade[i].pointer, pointer) == 0) return true;
  return false;
}

static bool is_above_unmade(const Difference *difference, const char *pointer) {
  size_t length = strlen(pointer);
  for (int i = 0; i < difference->unmade_count; i++) {
    const Unmade *unmade = &difference->unmade[i];
    if (!unmade->taken && strncmp(unmade->pointer, pointer, length) == 0 && unmade->pointer[length] == '/')
      return true;
  }
  return false;
}

// A key as JSON pointers write it.
static char *below(const char *pointer, const char *key) {
  Text text = {0};
  text_add(&text, "%s/", pointer);
  for (const char *c = key; *c != '\0'; c++) {
    if (*c == '~' || *c == '/')
      text_put(&text, *c == '~' ? "~0" : "~1");
    else
      text_put_n(&text, c, 1);
  }
  return text_take(&text);
}

static void compare(Difference *difference, const char *pointer, const json_t *said, const json_t *found);

static void compare_objects(Difference *difference, const char *pointer, const json_t *said,
                            const json_t *found) {
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)said, key, value) {
    char *at = below(pointer, key);
    compare(difference, at, value, json_object_get(found, key));
    free(at);
  }
  json_object_foreach((json_t *)found, key, value) {
    char *at = below(pointer, key);
    if (json_object_get(said, key) == NULL) compare(difference, at, NULL, value);
    free(at);
  }
}

static void compare_arrays(Difference *difference, const char *pointer, const json_t *said,
                           const json_t *found) {
  size_t count =
      json_array_size(said) > json_array_size(found) ? json_array_size(said) : json_array_size(found);
  for (size_t i = 0; i < count && difference->text == NULL; i++) {
    char *at = memory_format("%s/%zu", pointer, i);
    compare(difference, at, json_array_get(said, i), json_array_get(found, i));
    free(at);
  }
}

static void compare(Difference *difference, const char *pointer, const json_t *said, const json_t *found) {
  if (difference->text != NULL || is_unmade(difference, pointer)) return;
  json_t *nothing =
      found == NULL && json_is_object(said) && is_above_unmade(difference, pointer) ? json_object() : NULL;
  if (nothing != NULL) found = nothing;
  if (said == NULL || found == NULL || json_typeof(said) != json_typeof(found)) {
    note(difference, pointer, said, found);
  } else if (json_is_object(found)) {
    compare_objects(difference, pointer, said, found);
  } else if (json_is_array(found)) {
    compare_arrays(difference, pointer, said, found);
  } else {
    difference->compared++;
    if (!json_equal(said, found)) note(difference, pointer, said, found);
  }
  json_decref(nothing);
}

void difference_find(Difference *difference, const json_t *said, const json_t *found) {
  compare(difference, "", said, found);
}

json_t *difference_unmade(const Difference *difference, const json_t *report) {
  json_t *json = json_object();
  for (int i = 0; i < difference->unmade_count; i++) {
    const Unmade *unmade = &difference->unmade[i];
    if (report_at(report, unmade->pointer + 1) == NULL) continue;
    if (json_object_get(json, unmade->needs) == NULL) json_object_set_new(json, unmade->needs, json_array());
    json_array_append_new(json_object_get(json, unmade->needs), json_string(unmade->pointer + 1));
  }
  return json;
}

void difference_clear(Difference *difference) {
  for (int i = 0; i < difference->unmade_count; i++) {
    free(difference->unmade[i].pointer);
    free(difference->unmade[i].needs);
  }
  free(difference->unmade);
  free(difference->text);
  *difference = (Difference){0};
}
