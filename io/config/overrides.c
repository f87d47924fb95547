// Puts `--set key=value` into the tree of a configuration, and says which keys resume may set.
#include "engine/shared/memory.h"
#include "io/config/loader.h"

#include <stdlib.h>
#include <string.h>

static int characters(const char *text, size_t bytes) {
  int count = 0;
  for (size_t i = 0; i < bytes; i++) count += ((unsigned char)text[i] & 0xC0) != 0x80;
  return count;
}

// The child that one part of the key path names, made where it is missing; NULL if it cannot be.
static YamlNode *step_into(Loader *loader, YamlNode *at, const char *part, Place place) {
  bool whole;
  YamlNode *next = yaml_follow(at, part, &whole);
  if (whole) return next;
  if (at->kind != YAML_MAP) {
    problem_add(loader->reader.problems, place,
                at->kind == YAML_LIST ? "there is no item '%s': the list has %d"
                                      : "'%s' cannot stand under a value",
                part, at->count);
    return NULL;
  }
  YamlNode *made = yaml_new(YAML_MAP, place);
  yaml_put(at, part, place, made);
  return made;
}

static void put_value(Loader *loader, YamlNode *at, const char *part, Place place, YamlNode *value) {
  bool whole;
  if (at->kind == YAML_MAP) {
    yaml_put(at, part, place, value);
    return;
  }
  YamlNode *old = yaml_follow(at, part, &whole);
  for (int i = 0; whole && i < at->count; i++) {
    if (at->children[i] != old) continue;
    yaml_free(old);
    at->children[i] = value;
    return;
  }
  problem_add(loader->reader.problems, place,
              at->kind == YAML_LIST ? "there is no item '%s': the list has %d"
                                    : "'%s' cannot stand under a value",
              part, at->count);
  yaml_free(value);
}

void apply_override(Loader *loader, const Source *source) {
  const char *text = source->text, *equals = strchr(text, '=');
  Place start = {source, 1, 1, 1};
  if (equals == NULL || equals == text || strchr(text, '\n') != NULL) {
    problem_add(loader->reader.problems, start, "an override is one line key=value, such as train.batch=512");
    return;
  }
  YamlNode *value = yaml_parse(source, (size_t)(equals + 1 - text), loader->reader.problems);
  if (value == NULL) return;
  if (value->kind == YAML_MAP && value->count == 0 && strchr(equals, '{') == NULL) {
    problem_add(loader->reader.problems, start, "no value after '=': write \"\" for an empty text");
    yaml_free(value);
    return;
  }
  YamlNode *at = loader->root;
  for (const char *part = text; at != NULL;) {
    size_t length = strcspn(part, ".=");
    Place place = {source, 1, characters(text, (size_t)(part - text)) + 1, characters(part, length)};
    char *name = memory_text_n(part, length);
    bool last = part[length] == '=';
    if (last) put_value(loader, at, name, place, value);
    at = last ? NULL : step_into(loader, at, name, place);
    if (!last && at == NULL) yaml_free(value);
    free(name);
    part += length + 1;
  }
}

Status config_check_free(const ConfigOverride *overrides, int override_count, Error *error) {
  for (int i = 0; i < override_count; i++) {
    const char *text = overrides[i].text;
    char *key = memory_text_n(text, strcspn(text, "="));
    KeyRole role = key_role(key);
    if (role == KEY_BITS)
      error_set(
          error, STATUS_CONFIG,
          "--set %.200s: %.200s decides the digest and is fixed when a run starts; start a new run for it",
          text, key);
    if (role == KEY_UNKNOWN)
      error_set(error, STATUS_CONFIG, "--set %.200s: there is no key %.200s", text, key);
    free(key);
    if (role != KEY_FREE) return STATUS_CONFIG;
  }
  return STATUS_OK;
}
