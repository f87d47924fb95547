// One value of a configuration: YAML -> the struct, and the struct -> YAML or bits lines, by its type.
#ifndef INGOT_IO_CONFIG_VALUE_H
#define INGOT_IO_CONFIG_VALUE_H

#include "io/config/schema.h"
#include "io/config/yaml.h"

#include <stdio.h>

typedef struct ValueReader {
  ProblemList *problems;
  const char *folder;  // of the config file: what its paths are relative to
  const char *working; // what the paths of overrides are relative to
} ValueReader;

// Reads a node into the row's slot (freeing what it held). `shown` is the key as the user wrote it, with
// indexes. A problem is added and node->failed set where the value breaks its type or range; false then.
bool value_read(const ValueReader *reader, const KeyRow *row, YamlNode *node, void *slot, const char *shown);

// The value as YAML on one line; reading it back gives the same slot.
void value_write(FILE *out, const KeyRow *row, const void *slot);
void value_write_text(FILE *out, const char *text); // quoted where plain would be misread
void value_write_number(FILE *out, double number);  // the fewest of 15 to 17 digits that read back equal

// The lines `key=value` of a bits key (a list gives one line an element), appended to `lines`.
void value_bits(TextList *lines, const KeyRow *row, const void *slot, const char *key);

// Frees what the slot owns and clears it.
void value_clear(const KeyRow *row, void *slot);

#endif
