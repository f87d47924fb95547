// A strict subset of YAML 1.2 as a tree whose nodes know their place.
//
// One document of maps, lists and scalars in UTF-8. Refused, each with its place: anchors, aliases, tags,
// merge keys, directives, several documents, duplicate keys, keys that are not scalars, control characters;
// and more than 1 MiB, 16 levels, 50,000 nodes or 1,000 keys in one map.
#ifndef INGOT_IO_CONFIG_YAML_H
#define INGOT_IO_CONFIG_YAML_H

#include "io/config/problems.h"

enum { YAML_BYTES_MAX = 1 << 20, YAML_DEPTH_MAX = 16, YAML_NODES_MAX = 50000, YAML_KEYS_MAX = 1000 };

typedef enum YamlKind { YAML_SCALAR, YAML_LIST, YAML_MAP } YamlKind;

typedef struct YamlNode YamlNode;
struct YamlNode {
  YamlKind kind;
  Place place;
  char *text;      // scalar: its value, folded and unescaped; contains no NUL
  bool quoted;     // scalar: written in quotes or as a block, so a text and never a number
  bool failed;     // a problem was reported here: no second one needed
  char *key;       // in a map: the key it stands under; else NULL
  Place key_place; // in a map: the key's place; else place
  YamlNode **children;
  int count, capacity;
};

// Parses source->text from byte `start` on (which lies in line 1). Problems are added; NULL if there is no
// usable tree. An empty text gives an empty map.
YamlNode *yaml_parse(const Source *source, size_t start, ProblemList *problems);

YamlNode *yaml_child(const YamlNode *map, const char *key); // NULL if absent or no map

// Follows `a.b.0.c` (numbers are indexes of lists) as far as it goes; *whole tells whether to the end.
YamlNode *yaml_follow(YamlNode *root, const char *path, bool *whole);

// Where byte `offset` of a scalar's value stands in its source; false, and the scalar's own place, where the
// source writes the value in another way (escapes).
bool yaml_place_within(Place *place, const YamlNode *scalar, size_t offset);

// Puts a value (now owned by the tree) under a key of a map, replacing what was there.
void yaml_put(YamlNode *map, const char *key, Place key_place, YamlNode *value);
YamlNode *yaml_new(YamlKind kind, Place place);
void yaml_free(YamlNode *node);

#endif
