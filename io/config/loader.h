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

// overrides.c: changes the tree. The sources are kept by the caller as long as the tree.
void apply_override(Loader *loader, const Source *source);

// read.c: tree -> config by the table, defaults first; unknown, missing and inapplicable keys.
void read_config(Loader *loader);

// rules.c: what one key alone cannot tell: values by rule, and checks across keys.
void finish_config(Loader *loader);

#endif
