// Walks the tree of a configuration along the table and fills the struct.
#include "engine/shared/memory.h"
#include "io/config/loader.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void read_owner(Loader *loader, YamlNode *node, const char *owner, const char *shown, void *base);
static void read_section(Loader *loader, YamlNode *node, const char *path, const char *shown, void *base);

static char *join(const char *path, const char *key) {
  return memory_format("%s%s%s", path, path[0] == '\0' ? "" : ".", key);
}

// ---- Defaults

// A default as a tree node: a scalar (quotes taken off), or a list.
static YamlNode *fallback_node(const char *text, Source *source, ProblemList *problems) {
  *source = (Source){.label = "default", .text = text, .length = strlen(text)};
  if (text[0] == '[' || text[0] == '{') return yaml_parse(source, 0, problems);
  YamlNode *node = yaml_new(YAML_SCALAR, (Place){source, 1, 1, 1});
  node->quoted = text[0] == '"';
  node->text = node->quoted ? memory_text_n(text + 1, strlen(text) - 2) : memory_text(text);
  return node;
}

static void set_default(const KeyRow *row, void *base) {
  char *slot = (char *)base + row->offset;
  bool is_text = row->type == KEY_TEXT || row->type == KEY_COLUMN || row->type == KEY_PATH ||
                 row->type == KEY_WORD || row->type == KEY_METRIC;
  if (is_text && *(char **)slot == NULL) *(char **)slot = memory_text("");
  if (row->type == KEY_ITEMS && row->words != NULL) *(bool *)((char *)base + row->flag) = true;
  if (row->need != NEED_DEFAULT || row->fallback == NULL) return;
  ProblemList problems = {0};
  ValueReader reader = {&problems, "", ""};
  Source source;
  YamlNode *node = fallback_node(row->fallback, &source, &problems);
  bool list = row->type == KEY_ITEMS || row->type == KEY_NAMED; // empty by default, or auto
  if (!list) value_read(&reader, row, node, slot, row->path);
  assert(problems.count == 0);
  yaml_free(node);
}

static void set_defaults(const char *owner, void *base) {
  for (int i = 0; i < key_row_count; i++) {
    if (key_has_owner(&key_rows[i], owner)) set_default(&key_rows[i], base);
  }
}

// ---- Keys

static void try_below(Nearest *nearest, const char *path) {
  size_t length = strlen(path);
  for (int i = 0; i < key_row_count; i++) {
    const char *candidate = key_rows[i].path;
    if (length > 0 && (strncmp(candidate, path, length) != 0 || candidate[length] != '.')) continue;
    const char *name = candidate + (length > 0 ? length + 1 : 0);
    if (strpbrk(name, ".[{") == NULL) nearest_try(nearest, name);
  }
}

// A key of this name that stands elsewhere in the table; whole words only.
static const char *elsewhere(const char *key) {
  for (int i = 0; i < key_row_count; i++) {
    const char *dot = strrchr(key_rows[i].path, '.');
    if (strcmp(dot == NULL ? key_rows[i].path : dot + 1, key) == 0) return key_rows[i].path;
  }
  return NULL;
}

static void report_unknown(Loader *loader, const YamlNode *child, const char *path, const char *shown) {
  char *place = shown[0] == '\0' ? memory_text("") : memory_format(" in %s", shown);
  Nearest nearest = nearest_start(child->key);
  try_below(&nearest, path);
  const char *alias = key_alias(child->key), *other = elsewhere(child->key);
  ProblemList *problems = loader->reader.problems;
  char key[80];
  snprintf(key, sizeof key, "%.60s%s", child->key, strlen(child->key) > 60 ? "..." : "");
  for (char *c = key; *c != '\0'; c++) {
    if (*c == '\n' || *c == '\t') *c = ' ';
  }
  if (alias != NULL) {
    problem_add(problems, child->key_place, "unknown key '%s'%s; here it is called %s", key, place, alias);
  } else if (nearest.found != NULL) {
    problem_add(problems, child->key_place, "unknown key '%s'%s; did you mean '%s'?", key, place,
                nearest.found);
  } else if (other != NULL) {
    problem_add(problems, child->key_place, "unknown key '%s'%s; did you mean '%s'?", key, place, other);
  } else {
    problem_add(problems, child->key_place, "unknown key '%s'%s; configs/reference.yaml lists every key", key,
                place);
  }
  free(place);
}

static void report_not(Loader *loader, YamlNode *node, const char *shown, const char *need) {
  if (!node->failed) problem_add(loader->reader.problems, node->place, "%s must be %s", shown, need);
  node->failed = true;
}

// ---- Lists of structs

static char *grow_items(const KeyRow *row, char *slot, int count) {
  char *items = memory_get((size_t)(count > 0 ? count : 1), row->item_size);
  memcpy(slot, &items, sizeof items);
  memcpy(slot + sizeof items, &count, sizeof count);
  return items;
}

static void read_items(Loader *loader, const KeyRow *row, YamlNode *node, const char *shown, void *base) {
  bool word = row->words != NULL && node->kind == YAML_SCALAR && !node->quoted;
  if (word && key_word_by_name(row, node->text) != NULL) return; // the default already
  if (node->kind != YAML_LIST) {
    report_not(loader, node, shown,
               row->words != NULL ? "auto or a list, one `- {...}` an item"
                                  : "a list, one `- {...}` an item");
    return;
  }
  if (row->words != NULL) *(bool *)((char *)base + row->flag) = false;
  char *items = grow_items(row, (char *)base + row->offset, node->count);
  char *owner = memory_format("%s[]", row->path);
  for (int i = 0; i < node->count; i++) {
    char *name = memory_format("%s.%d", shown, i);
    read_owner(loader, node->children[i], owner, name, items + (size_t)i * row->item_size);
    free(name);
  }
  free(owner);
}

static bool is_identifier(const char *text) {
  if (!isalpha((unsigned char)text[0]) && text[0] != '_') return false;
  for (; *text != '\0'; text++) {
    if (!isalnum((unsigned char)*text) && *text != '_') return false;
  }
  return true;
}

// `name: number` stands for `name: {value: number}`.
static void wrap_value(YamlNode *map, int index) {
  YamlNode *value = map->children[index];
  if (value->kind != YAML_SCALAR) return;
  YamlNode *outer = yaml_new(YAML_MAP, value->place);
  outer->key = value->key;
  outer->key_place = value->key_place;
  value->key = NULL;
  yaml_put(outer, "value", value->place, value);
  map->children[index] = outer;
}

static void read_named(Loader *loader, const KeyRow *row, YamlNode *node, const char *shown, void *base) {
  if (node->kind != YAML_MAP) {
    report_not(loader, node, shown, "a map of names, NAME: {...}");
    return;
  }
  char *items = grow_items(row, (char *)base + row->offset, node->count);
  char *owner = memory_format("%s{}", row->path);
  for (int i = 0; i < node->count; i++) {
    wrap_value(node, i);
    YamlNode *child = node->children[i];
    char *name = join(shown, child->key);
    char *item = items + (size_t)i * row->item_size;
    *(char **)item = memory_text(child->key);
    if (!is_identifier(child->key))
      problem_add(loader->reader.problems, child->key_place,
                  "'%.60s' is no name: letters, digits and _, not beginning with a digit", child->key);
    read_owner(loader, child, owner, name, item);
    free(name);
  }
  free(owner);
}

// ---- Values

// `order: {blocks: {...}}`: the one key is the word, the rows below its path are read from the map.
static void read_choice_map(Loader *loader, const KeyRow *row, YamlNode *node, const char *shown,
                            void *base) {
  const KeyWord *word = node->count == 1 ? key_word_by_name(row, node->children[0]->key) : NULL;
  if (node->count != 1) {
    report_not(loader, node, shown, "one word, or a map with that word as its one key");
    return;
  }
  if (word != NULL) *(int *)((char *)base + row->offset) = (int)word->value;
  if (word == NULL) node->failed = true; // reported as an unknown key
  read_section(loader, node, row->path, shown, base);
}

static void read_row(Loader *loader, const KeyRow *row, YamlNode *node, const char *shown, void *base) {
  char *slot = (char *)base + row->offset;
  if (node->failed) return;
  if (row->type == KEY_OPTIONAL) *(bool *)slot = true;
  if (row->type == KEY_SECTION || row->type == KEY_OPTIONAL) {
    read_section(loader, node, row->path, shown, base);
  } else if (row->type == KEY_CHOICE && node->kind == YAML_MAP && key_has_children(row->path)) {
    read_choice_map(loader, row, node, shown, base);
  } else if (row->type == KEY_ITEMS) {
    read_items(loader, row, node, shown, base);
  } else if (row->type == KEY_NAMED) {
    read_named(loader, row, node, shown, base);
  } else {
    value_read(&loader->reader, row, node, slot, shown);
  }
}

static void read_section(Loader *loader, YamlNode *node, const char *path, const char *shown, void *base) {
  if (node->kind != YAML_MAP) {
    report_not(loader, node, shown[0] == '\0' ? "a configuration" : shown, "a map of keys, `key: value`");
    return;
  }
  for (int i = 0; i < node->count; i++) {
    YamlNode *child = node->children[i];
    if (yaml_child(node, child->key) != child) continue; // a duplicate, reported
    char *child_path = join(path, child->key), *child_shown = join(shown, child->key);
    bool simple = strpbrk(child->key, ".[]{}") == NULL && child->key[0] != '\0';
    const KeyRow *row = simple ? key_row_find(child_path, strlen(child_path)) : NULL;
    if (row != NULL) {
      read_row(loader, row, child, child_shown, base);
    } else if (strcmp(child->key, "<<") != 0) {
      report_unknown(loader, child, path, shown);
    }
    free(child_path);
    free(child_shown);
  }
}

// ---- Keys that are missing or out of place

// Whether the key that the row's condition asks for has a sure value.
static bool condition_known(const KeyRow *row, YamlNode *node, size_t owner) {
  if (row->when == NULL || row->when[0] == '!') return true;
  size_t length = strcspn(row->when, "=");
  const KeyRow *asked = key_row_find(row->when, length);
  char *relative = memory_text_n(row->when + owner + (owner > 0), length - owner - (owner > 0));
  bool whole;
  const YamlNode *found = yaml_follow(node, relative, &whole);
  free(relative);
  return whole ? !found->failed : asked->need != NEED_GIVEN;
}

static void check_row(Loader *loader, const KeyRow *row, YamlNode *node, const char *shown, void *base) {
  size_t owner = key_owner_length(row->path);
  const char *relative = row->path + owner + (owner > 0);
  bool whole;
  YamlNode *found = yaml_follow(node, relative, &whole);
  if (row->type == KEY_RULE || !condition_known(row, node, owner)) return;
  bool active = key_active(row, base);
  if (whole && !active && row->when != NULL) {
    const char *when = row->when[0] == '!' ? row->when + 1 : row->when + owner + (owner > 0);
    const char *value = strchr(when, '=');
    char *name = join(shown, relative);
    if (value == NULL) {
      problem_add(loader->reader.problems, found->key_place, "%s cannot stand beside %s", name, when);
    } else {
      const char *bar = strchr(value, '|');
      problem_add(loader->reader.problems, found->key_place, "%s applies only where %.*s is %.*s%s%s", name,
                  (int)(value - when), when, (int)strcspn(value + 1, "|"), value + 1,
                  bar == NULL ? "" : " or ", bar == NULL ? "" : bar + 1);
    }
    found->failed = true;
    free(name);
  }
  if (!whole && active && row->need == NEED_GIVEN && !found->failed && found->kind == YAML_MAP) {
    char *name = join(shown, relative);
    Place place = found->key_place;
    if (place.width < 1) place.width = 1;
    problem_add(loader->reader.problems, place, "%s is missing: %s", name, row->help);
    free(name);
  }
}

static void read_owner(Loader *loader, YamlNode *node, const char *owner, const char *shown, void *base) {
  set_defaults(owner, base);
  if (node->failed) return;
  read_section(loader, node, owner, shown, base);
  if (node->failed) return;
  for (int i = 0; i < key_row_count; i++) {
    if (key_has_owner(&key_rows[i], owner)) check_row(loader, &key_rows[i], node, shown, base);
  }
}

void read_config(Loader *loader) {
  read_owner(loader, loader->root, "", "", loader->config);
}
