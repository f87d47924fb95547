// Private to io/run: names that manifest.json is written and read with.
#ifndef INGOT_IO_RUN_MANIFEST_NAMES_H
#define INGOT_IO_RUN_MANIFEST_NAMES_H

extern const char *const manifest_gate_rules[]; // by GateRule
extern const char *const manifest_parts[];      // by SplitPart

#endif
