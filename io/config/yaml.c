// Builds the tree of strict YAML from libfyaml's events, without recursion.
#include "io/config/yaml.h"

#include "engine/shared/memory.h"

#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

typedef struct Builder {
  const Source *source;
  size_t start;
  ProblemList *problems;
  YamlNode *root;
  YamlNode *open[YAML_DEPTH_MAX];
  int depth, nodes, documents;
  char *key; // of the open map, its value still to come
  Place key_place;
  bool stopped; // what follows cannot be understood
} Builder;

YamlNode *yaml_new(YamlKind kind, Place place) {
  YamlNode *node = memory_get(1, sizeof *node);
  node->kind = kind;
  node->place = node->key_place = place;
  return node;
}

void yaml_free(YamlNode *node) {
  if (node == NULL) return;
  for (int i = 0; i < node->count; i++) yaml_free(node->children[i]); // at most YAML_DEPTH_MAX deep
  free(node->children);
  free(node->text);
  free(node->key);
  free(node);
}

YamlNode *yaml_child(const YamlNode *map, const char *key) {
  if (map->kind != YAML_MAP) return NULL;
  for (int i = 0; i < map->count; i++) {
    if (strcmp(map->children[i]->key, key) == 0) return map->children[i];
  }
  return NULL;
}

static YamlNode *list_item(const YamlNode *list, const char *text) {
  if (list->kind != YAML_LIST || strspn(text, "0123456789") != strlen(text) || strlen(text) > 6) return NULL;
  int index = (int)strtol(text, NULL, 10);
  return index < list->count ? list->children[index] : NULL;
}

YamlNode *yaml_follow(YamlNode *root, const char *path, bool *whole) {
  YamlNode *at = root;
  while (*path != '\0') {
    size_t length = strcspn(path, ".");
    char *part = memory_text_n(path, length);
    YamlNode *next = at->kind == YAML_LIST ? list_item(at, part) : yaml_child(at, part);
    free(part);
    if (next == NULL) break;
    at = next;
    path += length + (path[length] == '.');
  }
  *whole = *path == '\0';
  return at;
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Where a scalar's value begins: behind its quote, or in the line below `>` or `|`.
static const char *value_start(const YamlNode *scalar, const char *end) {
  size_t length, used = 0;
  const char *line = source_line(scalar->place.source, scalar->place.line, &length);
  for (int column = 1; column < scalar->place.column && used < length; column++) {
    int bytes = utf8_length((const unsigned char *)line + used, length - used);
    used += bytes == 0 ? 1 : (size_t)bytes;
  }
  const char *at = line + used;
  if (!scalar->quoted || at == end) return at;
  if (*at == '"' || *at == '\'') return at + 1;
  if (*at == '>' || *at == '|') at = line + length;
  while (at < end && is_blank(*at)) at++;
  return at;
}

// A fold writes a blank of the value as a line's end and the next line's indent, so any blanks equal any.
static const char *follow_text(const char *at, const char *end, const char *text, size_t length) {
  for (size_t i = 0; i < length;) {
    if (at == end || (is_blank(*at) != is_blank(text[i]))) return NULL;
    if (!is_blank(*at)) {
      if (*at++ != text[i++]) return NULL;
      continue;
    }
    while (at < end && is_blank(*at)) at++;
    while (i < length && is_blank(text[i])) i++;
  }
  return at;
}

bool yaml_place_within(Place *place, const YamlNode *scalar, size_t offset) {
  const Source *source = scalar->place.source;
  const char *end = source->text + source->length;
  *place = scalar->place;
  if (scalar->kind != YAML_SCALAR || offset > strlen(scalar->text)) return false;
  if (scalar->text[offset] == '\0') { // the end of a block lies before its last line's end
    while (offset > 0 && is_blank(scalar->text[offset - 1])) offset--;
  }
  const char *at = follow_text(value_start(scalar, end), end, scalar->text, offset);
  if (at == NULL) return false;
  *place = (Place){source, 1, 1, 1};
  for (const char *c = source->text; c < at; c++) {
    if (*c == '\n') place->line++, place->column = 0;
    if ((*c & 0xC0) != 0x80) place->column++; // bytes that begin a character
  }
  return true;
}

static void append(YamlNode *parent, YamlNode *child) {
  if (parent->count == parent->capacity) {
    parent->capacity = parent->capacity == 0 ? 8 : 2 * parent->capacity;
    parent->children = memory_grow(parent->children, (size_t)parent->capacity, sizeof *parent->children);
  }
  parent->children[parent->count++] = child;
}

void yaml_put(YamlNode *map, const char *key, Place key_place, YamlNode *value) {
  free(value->key);
  value->key = memory_text(key);
  value->key_place = key_place;
  for (int i = 0; i < map->count; i++) {
    if (strcmp(map->children[i]->key, key) != 0) continue;
    yaml_free(map->children[i]);
    map->children[i] = value;
    return;
  }
  append(map, value);
}

static Place place_at(const Builder *b, int line, int column, int width) {
  if (line == 0) column += (int)b->start;
  return (Place){b->source, line + 1, column + 1, width};
}

static Place place_of(const Builder *b, struct fy_token *token) {
  const struct fy_mark *from = token == NULL ? NULL : fy_token_start_mark(token);
  const struct fy_mark *to = token == NULL ? NULL : fy_token_end_mark(token);
  if (from == NULL) return b->key == NULL ? place_at(b, 0, 0, 1) : b->key_place;
  int width = to != NULL && to->line == from->line ? to->column - from->column : 1;
  return place_at(b, from->line, from->column, width);
}

static void stop(Builder *b, Place place, const char *sentence) {
  problem_add(b->problems, place, "%s", sentence);
  b->stopped = true;
}

// Gives a finished or opened node its place in the tree.
static void attach(Builder *b, YamlNode *node) {
  if (b->depth == 0) {
    if (b->root == NULL) {
      b->root = node;
    } else {
      yaml_free(node);
    }
    return;
  }
  YamlNode *parent = b->open[b->depth - 1];
  if (parent->kind == YAML_LIST) {
    append(parent, node);
    return;
  }
  const YamlNode *earlier = yaml_child(parent, b->key);
  if (earlier != NULL)
    problem_add(b->problems, b->key_place, "duplicate key '%s': it was already given on line %d", b->key,
                earlier->key_place.line);
  node->key = b->key;
  node->key_place = b->key_place;
  b->key = NULL;
  append(parent, node);
}

static bool awaits_key(const Builder *b) {
  return b->depth > 0 && b->open[b->depth - 1]->kind == YAML_MAP && b->key == NULL;
}

static void refuse_extras(Builder *b, struct fy_token *anchor, struct fy_token *tag) {
  if (anchor != NULL)
    problem_add(b->problems, place_of(b, anchor), "anchors are not allowed here: write the value itself");
  if (tag != NULL)
    problem_add(b->problems, place_of(b, tag), "tags are not allowed here: the key decides the type");
}

static void on_scalar(Builder *b, const struct fy_event *event) {
  struct fy_token *token = event->scalar.value;
  refuse_extras(b, event->scalar.anchor, event->scalar.tag);
  size_t length = 0;
  const char *text = token == NULL ? "" : fy_token_get_text(token, &length);
  if (text == NULL) text = "", length = 0;
  Place place = place_of(b, token);
  if (memchr(text, '\0', length) != NULL) {
    stop(b, place, "a text must not contain the character \\0");
    return;
  }
  enum fy_scalar_style style = token == NULL ? FYSS_PLAIN : fy_token_scalar_style(token);
  bool quoted = style != FYSS_PLAIN;
  if ((style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED) && place.column > 1) {
    place.column--; // the mark stands behind the quote
    place.width += 2;
  }
  if (awaits_key(b)) {
    if (b->open[b->depth - 1]->count >= YAML_KEYS_MAX) {
      stop(b, place, "more than 1000 keys in one map");
      return;
    }
    if (!quoted && length == 2 && memcmp(text, "<<", 2) == 0)
      problem_add(b->problems, place, "merge keys are not allowed here: write the keys themselves");
    b->key = memory_text_n(text, length);
    b->key_place = place;
    return;
  }
  YamlNode *node = yaml_new(YAML_SCALAR, place);
  node->text = memory_text_n(text, length);
  node->quoted = quoted;
  attach(b, node);
}

static void on_open(Builder *b, YamlKind kind, struct fy_token *start, struct fy_token *anchor,
                    struct fy_token *tag) {
  refuse_extras(b, anchor, tag);
  Place place = place_of(b, start);
  place.width = 1;
  if (awaits_key(b)) {
    stop(b, place, "a key must be a word, not a map or a list");
    return;
  }
  if (b->depth == YAML_DEPTH_MAX) {
    stop(b, place, "nested deeper than 16 levels");
    return;
  }
  YamlNode *node = yaml_new(kind, place);
  attach(b, node);
  b->open[b->depth++] = node;
}

static void on_document(Builder *b, const struct fy_event *event) {
  Place place = place_of(b, event->document_start.document_start);
  if (++b->documents > 1) {
    stop(b, place, "a second document begins here: a configuration is one document");
    return;
  }
  struct fy_document_state *state = event->document_start.document_state;
  if (state != NULL && (fy_document_state_version_explicit(state) || fy_document_state_tags_explicit(state)))
    problem_add(b->problems, place_at(b, 0, 0, 1), "directives (%%YAML, %%TAG) are not allowed here");
}

static void on_alias(Builder *b, const struct fy_event *event) {
  Place place = place_of(b, event->alias.anchor);
  problem_add(b->problems, place, "aliases are not allowed here: write the value itself");
  if (awaits_key(b)) {
    b->stopped = true;
    return;
  }
  YamlNode *node = yaml_new(YAML_SCALAR, place);
  node->text = memory_text("");
  node->failed = true;
  attach(b, node);
}

static void on_event(Builder *b, const struct fy_event *event) {
  if (++b->nodes > 2 * YAML_NODES_MAX) {
    stop(b, place_at(b, 0, 0, 1), "more than 50000 values in one configuration");
    return;
  }
  switch (event->type) {
  case FYET_DOCUMENT_START:
    on_document(b, event);
    break;
  case FYET_ALIAS:
    on_alias(b, event);
    break;
  case FYET_SCALAR:
    on_scalar(b, event);
    break;
  case FYET_MAPPING_START:
    on_open(b, YAML_MAP, event->mapping_start.mapping_start, event->mapping_start.anchor,
            event->mapping_start.tag);
    break;
  case FYET_SEQUENCE_START:
    on_open(b, YAML_LIST, event->sequence_start.sequence_start, event->sequence_start.anchor,
            event->sequence_start.tag);
    break;
  case FYET_MAPPING_END:
  case FYET_SEQUENCE_END:
    if (b->depth > 0) b->depth--;
    break;
  default:
    break;
  }
}

// What to do about a message of libfyaml, where it does not say so itself.
static const char *remedy_of(const char *message) {
  static const struct {
    const char *part, *remedy;
  } remedies[] = {
      {"tab character", ": indent with blanks"},
      {"nested block mapping", ": put a text that contains ': ' in quotes"},
      {"closing bracket", ": close it with ]"},
      {"missing comma", ": put a comma between items and close what was opened"},
  };
  for (size_t i = 0; i < sizeof remedies / sizeof remedies[0]; i++) {
    if (strstr(message, remedies[i].part) != NULL) return remedies[i].remedy;
  }
  return "";
}

// Turns libfyaml's first message into ours; later ones are consequences of it.
static void report_syntax(Builder *b, struct fy_diag *diag) {
  void *iterator = NULL;
  struct fy_diag_error *error = fy_diag_errors_iterate(diag, &iterator);
  if (error == NULL || error->msg == NULL) {
    stop(b, place_at(b, 0, 0, 1), "not YAML");
    return;
  }
  int line = error->line > 0 ? error->line - 1 : 0, column = error->column > 0 ? error->column - 1 : 0;
  problem_add(b->problems, place_at(b, line, column, 1), "not YAML: %.200s%s", error->msg,
              remedy_of(error->msg));
  b->stopped = true;
}

static void run_parser(Builder *b) {
  struct fy_diag_cfg diag_settings;
  fy_diag_cfg_default(&diag_settings);
  diag_settings.fp = NULL;
  struct fy_diag *diag = fy_diag_create(&diag_settings);
  if (diag == NULL) {
    stop(b, place_at(b, 0, 0, 1), "the YAML reader could not be started");
    return;
  }
  fy_diag_set_collect_errors(diag, true);
  struct fy_parse_cfg settings = {.flags = FYPCF_QUIET | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE |
                                           FYPCF_DISABLE_RECYCLING,
                                  .diag = diag};
  struct fy_parser *parser = fy_parser_create(&settings);
  size_t length = b->source->length - b->start;
  if (parser == NULL || fy_parser_set_string(parser, b->source->text + b->start, length) != 0) {
    stop(b, place_at(b, 0, 0, 1), "the YAML reader could not be started");
  }
  bool ended = false;
  while (!b->stopped && !ended) {
    struct fy_event *event = fy_parser_parse(parser);
    if (event == NULL) {
      report_syntax(b, diag);
      break;
    }
    ended = event->type == FYET_STREAM_END;
    on_event(b, event);
    fy_parser_event_free(parser, event);
  }
  if (parser != NULL) fy_parser_destroy(parser);
  fy_diag_destroy(diag);
}

// Refuses what is not UTF-8 and the control characters that a terminal would obey.
static bool check_characters(Builder *b) {
  const unsigned char *text = (const unsigned char *)b->source->text;
  int line = 1, column = 1;
  for (size_t i = 0; i < b->source->length;) {
    int length = utf8_length(text + i, b->source->length - i);
    Place place = {b->source, line, column, 1};
    if (length == 0) {
      problem_add(b->problems, place, "byte 0x%02X is not UTF-8 here: save the file as UTF-8", text[i]);
      return false;
    }
    bool control = (text[i] < 0x20 && strchr("\t\n\r", text[i]) == NULL) || text[i] == 0 || text[i] == 0x7F ||
                   (text[i] == 0xC2 && text[i + 1] < 0xA0);
    if (control) {
      problem_add(b->problems, place, "control character 0x%02X is not allowed", text[i + length - 1]);
      return false;
    }
    line += text[i] == '\n';
    column = text[i] == '\n' ? 1 : column + 1;
    i += (size_t)length;
  }
  return true;
}

YamlNode *yaml_parse(const Source *source, size_t start, ProblemList *problems) {
  Builder b = {.source = source, .start = start, .problems = problems};
  if (source->length > YAML_BYTES_MAX) {
    problem_add(problems, (Place){source, 1, 1, 1}, "%zu bytes are too many for a configuration: at most %d",
                source->length, (int)YAML_BYTES_MAX);
    return NULL;
  }
  if (!check_characters(&b)) return NULL;
  run_parser(&b);
  free(b.key);
  if (b.stopped) {
    yaml_free(b.root);
    return NULL;
  }
  return b.root != NULL ? b.root : yaml_new(YAML_MAP, place_at(&b, 0, 0, 1));
}
