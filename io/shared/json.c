// Reading and writing of our own small JSON files.
#include "io/shared/json.h"

#include "engine/shared/memory.h"
#include "io/shared/durable.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Status json_object_read(json_t **object, const char *path, Error *error) {
  char *text;
  size_t length;
  json_error_t problem;
  *object = NULL;
  PASS(file_read(&text, &length, path, 64 << 20, error));
  *object = json_loadb(text, length, JSON_REJECT_DUPLICATES, &problem);
  free(text);
  if (*object == NULL) {
    return error_set(error, STATUS_DATA, "%s:%d:%d: not JSON: %.160s", path, problem.line, problem.column,
                     problem.text);
  }
  if (json_is_object(*object)) return STATUS_OK;
  json_decref(*object);
  *object = NULL;
  return error_set(error, STATUS_DATA, "'%s' is not a JSON object", path);
}

int json_get_u64(uint64_t *number, const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  *number = (uint64_t)json_integer_value(value);
  return json_is_integer(value) && json_integer_value(value) >= 0;
}

int json_get_digest(uint8_t digest[DIGEST_BYTES], const json_t *object, const char *key) {
  const char *hex = json_string_value(json_object_get(object, key));
  return hex != NULL && sha256_parse(digest, hex);
}

int json_get_flag(int *flag, const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  *flag = json_is_true(value);
  return json_is_boolean(value);
}

int json_get_number(double *number, const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  *number = json_is_null(value) ? __builtin_nan("") : json_number_value(value);
  return json_is_null(value) || json_is_number(value);
}

int json_get_text(char **text, const json_t *object, const char *key) {
  const char *value = json_string_value(json_object_get(object, key));
  if (value == NULL) return 0;
  *text = memory_text(value);
  return 1;
}

void json_put_string(Text *text, const char *string) {
  text_put(text, "\"");
  for (const unsigned char *p = (const unsigned char *)string; *p; p++) {
    if (*p == '\n') {
      text_put(text, "\\n");
    } else if (*p < ' ' || *p == 127) {
      text_add(text, "\\u%04x", *p);
    } else {
      if (*p == '"' || *p == '\\') text_put(text, "\\");
      text_put_n(text, (const char *)p, 1);
    }
  }
  text_put(text, "\"");
}

void json_put_digest(Text *text, const char *key, const uint8_t digest[DIGEST_BYTES]) {
  char hex[DIGEST_HEX];
  sha256_hex(hex, digest);
  text_add(text, "\"%s\": \"%s\"", key, hex);
}

void json_put_number(Text *text, double number) {
  if (isfinite(number))
    text_number(text, number);
  else
    text_put(text, "null");
}
