// What the stages of loading share: tree, struct, problems. Internal to io/config.
#ifndef INGOT_IO_CONFIG_LOADER_H
#define INGOT_IO_CONFIG_LOADER_H

#include "io/config/load.h"
#include "io/config/value.h"

typedef struct Loader {
  ValueReader reader;
  YamlNode *root;
  Config *config;
} Loader;

// Adds a problem at the value of a key, or at what stands nearest above it; `column` (from 1; 0: the whole
// value) is a byte of the value, and named in the sentence where the source writes it in another way.
void complain_at(ProblemList *problems, YamlNode *root, const char *key, int column, const char *sentence);

// overrides.c: changes the tree. The sources are kept by the caller as long as the tree.
void apply_override(Loader *loader, const Source *source);

// read.c: tree -> config by the table, defaults first; unknown, missing and inapplicable keys.
void read_config(Loader *loader);

// rules.c: what one key alone cannot tell: values by rule, and checks across keys.
void finish_config(Loader *loader);

#endif
