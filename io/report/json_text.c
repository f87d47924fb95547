// Writes a jansson tree in canonical form (jansson itself prints binary64 with 17 digits).
#include "io/report/json_text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static void write_string(Text *text, const char *string) {
  text_put(text, "\"");
  for (const char *p = string; *p; p++) {
    unsigned char c = (unsigned char)*p;
    if (c == '"' || c == '\\') {
      text_add(text, "\\%c", c);
    } else if (c < ' ' || c == 0x7f) {
      text_add(text, "\\u%04x", c);
    } else {
      text_put_n(text, p, 1);
    }
  }
  text_put(text, "\"");
}

static bool is_plain(const json_t *array) {
  for (size_t i = 0; i < json_array_size(array); i++) {
    const json_t *item = json_array_get(array, i);
    if (json_is_object(item) || json_is_array(item)) return false;
  }
  return true;
}

static void indent(Text *text, int depth) {
  text_add(text, "\n%*s", 2 * depth, "");
}

static void write_value(Text *text, const json_t *json, int depth);

static void write_array(Text *text, const json_t *json, int depth) {
  bool plain = is_plain(json);
  text_put(text, "[");
  for (size_t i = 0; i < json_array_size(json); i++) {
    text_put(text, !i ? "" : plain ? ", " : ",");
    if (!plain) indent(text, depth + 1);
    write_value(text, json_array_get(json, i), depth + 1);
  }
  if (!plain) indent(text, depth);
  text_put(text, "]");
}

static void write_object(Text *text, const json_t *json, int depth) {
  const char *key;
  json_t *value;
  int count = 0;
  text_put(text, "{");
  json_object_foreach((json_t *)json, key, value) {
    text_put(text, count++ ? "," : "");
    indent(text, depth + 1);
    write_string(text, key);
    text_put(text, ": ");
    write_value(text, value, depth + 1);
  }
  if (count) indent(text, depth);
  text_put(text, "}");
}

static void write_value(Text *text, const json_t *json, int depth) {
  switch (json ? json_typeof(json) : JSON_NULL) {
  case JSON_OBJECT:
    write_object(text, json, depth);
    break;
  case JSON_ARRAY:
    write_array(text, json, depth);
    break;
  case JSON_STRING:
    write_string(text, json_string_value(json));
    break;
  case JSON_INTEGER:
    text_add(text, "%lld", (long long)json_integer_value(json));
    break;
  case JSON_REAL:
    text_number(text, json_real_value(json));
    break;
  case JSON_TRUE:
    text_put(text, "true");
    break;
  case JSON_FALSE:
    text_put(text, "false");
    break;
  case JSON_NULL:
    text_put(text, "null");
    break;
  }
}

void json_text(Text *text, const json_t *json) {
  write_value(text, json, 0);
  text_put(text, "\n");
}

json_t *json_finite(double value) {
  return value - value == 0 ? json_real(value) : json_null();
}

Status json_text_read(json_t **json, const char *path, Error *error) {
  *json = NULL;
  FILE *file = fopen(path, "rb");
  if (!file)
    return error_set(error, errno == ENOENT ? STATUS_MISSING : STATUS_IO, "%s: %s", path, strerror(errno));
  json_error_t problem;
  *json = json_loadf(file, JSON_REJECT_DUPLICATES, &problem);
  fclose(file);
  if (*json) return STATUS_OK;
  return error_set(error, STATUS_DATA, "%s:%d: not JSON: %s", path, problem.line, problem.text);
}
