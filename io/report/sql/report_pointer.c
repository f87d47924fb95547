// Follows a JSON pointer, and says where the nearest one would have led.
#include "io/report/sql/report_pointer.h"

#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

// ~1 is a slash, ~0 a tilde.
static char *unescaped(const char *step, size_t length) {
  Text text = {0};
  for (size_t i = 0; i < length; i++) {
    bool escape = step[i] == '~' && i + 1 < length && (step[i + 1] == '0' || step[i + 1] == '1');
    text_put_n(&text, escape ? (step[++i] == '0' ? "~" : "/") : step + i, 1);
  }
  return text_take(&text);
}

static void put_step(Text *text, const char *key) {
  text_put(text, "/");
  for (const char *c = key; *c != '\0'; c++) {
    if (*c == '/' || *c == '~')
      text_put(text, *c == '/' ? "~1" : "~0");
    else
      text_put_n(text, c, 1);
  }
}

static const json_t *member(const json_t *json, const char *key) {
  if (!json_is_array(json)) return json_object_get(json, key);
  char *end;
  unsigned long index = strtoul(key, &end, 10);
  bool number = key[0] >= '0' && key[0] <= '9' && *end == '\0' && (key[0] != '0' || key[1] == '\0');
  return number ? json_array_get(json, index) : NULL;
}

// Pointers to the members of what the first `steps` steps lead to.
static void neighbours(TextList *found, const ReportPointer *pointer, int steps) {
  const json_t *json = pointer->values[steps];
  const char *key;
  json_t *value;
  Text prefix = {0};
  text_put(&prefix, "");
  for (int i = 0; i < steps; i++) put_step(&prefix, pointer->keys.items[i]);
  for (size_t i = 0; i < json_array_size(json); i++) {
    char *below = memory_format("%s/%zu", prefix.bytes, i);
    text_list_add(found, below);
    free(below);
  }
  json_object_foreach((json_t *)json, key, value) {
    Text below = {0};
    text_put(&below, prefix.bytes);
    put_step(&below, key);
    text_list_add(found, below.bytes);
    text_free(&below);
  }
  if (found->count == 0) text_list_add(found, prefix.bytes);
  text_free(&prefix);
}

static Status refuse(const ReportPointer *pointer, int steps, const char *text, Error *error) {
  TextList found = {0};
  neighbours(&found, pointer, steps);
  const char *nearest = text_nearest(text, (const char *const *)found.items, found.count);
  error_set(error, STATUS_USAGE, "the report has nothing at '%.200s'; the nearest pointer is %s", text,
            nearest != NULL ? nearest : found.items[0]);
  text_list_free(&found);
  return STATUS_USAGE;
}

Status report_pointer_read(ReportPointer *pointer, const json_t *report, const char *text, Error *error) {
  *pointer = (ReportPointer){.values = {report}};
  if (*text == '#') text++;
  const char *at = *text == '/' ? text + 1 : text;
  Status status;
  for (bool more = *at != '\0'; more;) {
    size_t length = strcspn(at, "/");
    int steps = pointer->keys.count;
    if (steps == POINTER_DEPTH) TRY(refuse(pointer, steps, text, error));
    char *key = unescaped(at, length);
    const json_t *found = member(pointer->values[steps], key);
    if (found != NULL) text_list_add(&pointer->keys, key), pointer->values[steps + 1] = found;
    free(key);
    if (found == NULL) TRY(refuse(pointer, steps, text, error));
    more = at[length] == '/';
    at += length + more;
  }
  status = *text == '/' ? STATUS_OK : refuse(pointer, 0, text, error);
done:
  if (status != STATUS_OK) report_pointer_free(pointer);
  return status;
}

void report_pointer_free(ReportPointer *pointer) {
  text_list_free(&pointer->keys);
  *pointer = (ReportPointer){0};
}
