// Writes the JSON Schema (draft 2020-12) of a configuration from the table, for editors.
#include "engine/evaluate/metrics.h"
#include "engine/shared/memory.h"
#include "io/config/schema.h"
#include "io/config/write.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void set(json_t *object, const char *key, json_t *value) {
  if (json_object_set_new(object, key, value) != 0) abort();
}

static json_t *of_type(const char *type) {
  json_t *schema = json_object();
  set(schema, "type", json_string(type));
  return schema;
}

static json_t *bound(double value) {
  bool whole = value > -1e15 && value < 1e15 && value == (double)(int64_t)value;
  return whole ? json_integer((json_int_t)value) : json_real(value);
}

static json_t *number(const KeyRow *row, const char *type) {
  KeyRange range = key_range(row);
  json_t *schema = of_type(type);
  if (isfinite(range.low)) set(schema, range.low_open ? "exclusiveMinimum" : "minimum", bound(range.low));
  if (isfinite(range.high)) set(schema, range.high_open ? "exclusiveMaximum" : "maximum", bound(range.high));
  return schema;
}

static json_t *words(const KeyRow *row) {
  json_t *schema = json_object(), *list = json_array();
  for (const KeyWord *word = row->words; word->name != NULL; word++)
    json_array_append_new(list, json_string(word->name));
  set(schema, "enum", list);
  return schema;
}

// The names, and for those with a parameter any text behind the '@': the program checks it.
static json_t *metrics(void) {
  json_t *names = json_array(), *choices = json_array();
  for (int i = 0; i < METRIC_COUNT; i++) {
    const Metric *metric = &metric_table[i];
    json_array_append_new(names, json_string(metric->name));
    if (metric->takes == PARAMETER_NONE) continue;
    char *pattern = memory_format("^%.*s@", (int)strcspn(metric->name, "@"), metric->name);
    json_array_append_new(choices, json_pack("{s:s,s:s}", "type", "string", "pattern", pattern));
    free(pattern);
  }
  json_array_insert_new(choices, 0, json_pack("{s:o}", "enum", names));
  return json_pack("{s:o}", "anyOf", choices);
}

static json_t *text(void) { // plain numbers are texts as well
  json_t *schema = json_object();
  set(schema, "type", json_pack("[ss]", "string", "number"));
  return schema;
}

static json_t *list_of(json_t *items) {
  json_t *schema = of_type("array");
  set(schema, "items", items);
  return schema;
}

static json_t *section(void) {
  json_t *schema = of_type("object");
  set(schema, "properties", json_object());
  set(schema, "additionalProperties", json_false());
  return schema;
}

static json_t *either(json_t *first, json_t *second) {
  json_t *schema = json_object();
  set(schema, "anyOf", json_pack("[oo]", first, second));
  return schema;
}

// The schema of a row's value; *container is where the rows below it go, if any do.
static json_t *value_schema(const KeyRow *row, json_t **container) {
  json_t *schema = NULL;
  switch (row->type) {
  case KEY_SECTION:
  case KEY_OPTIONAL:
    return *container = section();
  case KEY_ITEMS:
    schema = list_of(*container = section());
    return row->words == NULL ? schema : either(words(row), schema);
  case KEY_NAMED:
    schema = of_type("object");
    set(schema, "additionalProperties", either(of_type("number"), *container = section()));
    return schema;
  case KEY_COSTS:
    schema = of_type("object");
    set(schema, "additionalProperties",
        json_pack("{s:s,s:o}", "type", "object", "additionalProperties", of_type("number")));
    return schema;
  case KEY_CHOICE:
    if (!key_has_children(row->path)) return words(row);
    return either(words(row), *container = section());
  case KEY_WORD:
    return words(row);
  case KEY_TEXT:
  case KEY_COLUMN:
  case KEY_ONE:
    return text();
  case KEY_PATH:
    return of_type("string");
  case KEY_INT:
  case KEY_INT64:
  case KEY_SEED:
    schema = number(row, "integer");
    break;
  case KEY_NUMBER:
  case KEY_FRACTION:
    schema = number(row, "number");
    break;
  case KEY_RULE:
    if (row->words != NULL) return json_pack("{s:b}", "const", 1); // true
    schema = number(row, "number");
    if (gate_rule_is_relative((GateRule)row->rule))
      schema = either(schema, json_pack("{s:s,s:s}", "type", "string", "pattern", "^[0-9.]+%$"));
    break;
  case KEY_COLUMNS:
    return list_of(text());
  case KEY_INTS:
    return list_of(number(row, "integer"));
  case KEY_METRIC:
    return metrics();
  case KEY_METRICS:
    return list_of(metrics());
  }
  return row->words == NULL ? schema : either(words(row), schema);
}

// Index of the row under which `path` stands, -1 for the top.
static int parent_index(const char *path) {
  const char *dot = strrchr(path, '.');
  size_t length = dot == NULL ? 0 : (size_t)(dot - path);
  if (length >= 2 && strchr("]}", path[length - 1]) != NULL) length -= 2;
  for (int i = 0; i < key_row_count; i++) {
    if (strlen(key_rows[i].path) == length && memcmp(key_rows[i].path, path, length) == 0) return i;
  }
  return -1;
}

// A key that must be given makes the plain sections above it required.
static void require(json_t **containers, json_t *top, int index) {
  while (index >= 0) {
    const KeyRow *row = &key_rows[index];
    const char *dot = strrchr(row->path, '.');
    int parent = parent_index(row->path);
    json_t *container = parent < 0 ? top : containers[parent];
    json_t *list = json_object_get(container, "required");
    if (list == NULL) set(container, "required", list = json_array());
    const char *name = dot == NULL ? row->path : dot + 1;
    bool known = false;
    for (size_t i = 0; i < json_array_size(list); i++)
      known = known || strcmp(json_string_value(json_array_get(list, i)), name) == 0;
    if (!known) json_array_append_new(list, json_string(name));
    if (parent < 0 || key_rows[parent].type != KEY_SECTION) return;
    index = parent;
  }
}

char *config_write_json_schema(void) {
  json_t *top = section();
  json_t **containers = memory_get((size_t)key_row_count, sizeof *containers);
  set(top, "$schema", json_string("https://json-schema.org/draft/2020-12/schema"));
  set(top, "title", json_string("Ingot run configuration"));
  for (int i = 0; i < key_row_count; i++) {
    const KeyRow *row = &key_rows[i];
    int parent = parent_index(row->path);
    json_t *container = parent < 0 ? top : containers[parent];
    json_t *schema = value_schema(row, &containers[i]);
    char *help = memory_format("%s%s", row->help,
                               row->role == KEY_BITS   ? " (bits)"
                               : row->role == KEY_FREE ? " (free)"
                                                       : "");
    set(schema, "description", json_string(help));
    free(help);
    const char *dot = strrchr(row->path, '.');
    set(json_object_get(container, "properties"), dot == NULL ? row->path : dot + 1, schema);
    if (row->need == NEED_GIVEN && row->when == NULL) require(containers, top, i);
  }
  char *dump = json_dumps(top, JSON_INDENT(2)), *result = memory_format("%s\n", dump);
  free(dump);
  json_decref(top);
  free(containers);
  return result;
}
