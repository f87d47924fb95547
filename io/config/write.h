// What is written from a configuration and from the table of its keys. Every text is fresh: free() it.
#ifndef INGOT_IO_CONFIG_WRITE_H
#define INGOT_IO_CONFIG_WRITE_H

#include "engine/shared/config.h"

// Complete YAML, every default written out, paths absolute; the same bytes for the same Config, and loading
// it gives the same Config and bits text.
char *config_write_resolved(const Config *config);

// The sorted lines `key=value\n` of all bits keys that apply, defaults included: numbers as C99 hex floats,
// whole numbers in decimal, lists by index.
char *config_bits_text(const Config *config);

// Stores what `inputs: auto` stands for (the items are copied) and computes bits_text again.
void config_set_inputs(Config *config, const InputConfig *inputs, int count);

// The first key in which two bits texts differ, with both values as people write them; "(absent)" where one
// lacks the key. key is NULL where the texts are equal. Free with config_difference_free.
typedef struct ConfigDifference {
  char *key, *left, *right;
} ConfigDifference;
ConfigDifference config_difference(const char *left_bits, const char *right_bits);
void config_difference_free(ConfigDifference *difference);

// configs/reference.yaml: a valid configuration with every key, annotated; and the JSON Schema for editors.
char *config_write_reference(void);
char *config_write_json_schema(void);

#endif
