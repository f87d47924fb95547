// The one table of configuration keys: parsing, resolved output, bits text, configs/reference.yaml and the
// JSON Schema are all read from it. A key absent from the table does not exist.
//
// Paths: `a.b` keys of maps; `a[].b` a key of each item of the list a; `a{}.b` a key of each named item of
// the map a. The part up to the last [] or {} is the row's owner: its offset counts from that item's struct,
// else from Config.
#ifndef INGOT_IO_CONFIG_SCHEMA_H
#define INGOT_IO_CONFIG_SCHEMA_H

#include "engine/shared/config.h"

#include <stddef.h>

typedef enum KeyType {
  KEY_SECTION,  // a map of keys; no value of its own
  KEY_OPTIONAL, // a section that may be absent; bool: it was given
  KEY_TEXT,     // char *
  KEY_COLUMN,   // char *: name of a column
  KEY_PATH,     // char *: resolved against the folder of the config
  KEY_WORD,     // char *: one of `words`
  KEY_CHOICE,   // enum: one of `words`; may be a map {word: {...}} where rows lie below path.word
  KEY_INT,      // int, or a word
  KEY_INT64,    // int64_t, or a word
  KEY_SEED,     // uint64_t
  KEY_NUMBER,   // double, or a word
  KEY_FRACTION, // double: a decimal of at most 15 places
  KEY_COLUMNS,  // TextList
  KEY_ONE,      // TextList: a list of one column, written without brackets
  KEY_INTS,     // int *, then int count
  KEY_METRIC,   // char *
  KEY_METRICS,  // TextList
  KEY_COSTS,    // CostList: a map of maps of numbers
  KEY_RULE,     // Gate: sets rule and margin
  KEY_ITEMS,    // pointer, then int count: list of structs of item_size, or the word `auto` (bool at flag)
  KEY_NAMED     // the same from a map; the item's first member is char *name
} KeyType;

typedef enum KeyRole { KEY_UNKNOWN, KEY_FREE, KEY_BITS } KeyRole;

typedef enum KeyNeed {
  NEED_DEFAULT, // fallback is the default, as YAML
  NEED_GIVEN,   // must be given (where `when` holds)
  NEED_RULE,    // finish.c gives it a value by the rule in fallback (a sentence)
  NEED_UNSET    // 0 stands for not given: not written
} KeyNeed;

typedef struct KeyWord { // a list of them ends with name NULL
  const char *name;
  int64_t value;
} KeyWord;

typedef struct KeyRow {
  const char *path;
  KeyType type;
  KeyRole role;
  KeyNeed need;
  size_t offset;
  const char *fallback;
  const char *range; // interval of numbers: [low, high], ( and ) exclude the end; "" = any
  const char *unit;
  const char *help;
  const KeyWord *words;
  // the row applies where `path=word` (or `path=word|word`) of the same owner holds, or `!path`: not given
  const char *when;
  const char *bits_when; // a free row is a bits row where this, written like `when`, holds
  const char *example;   // for the reference, where the default would teach nothing; YAML
  size_t item_size, flag;
  int rule; // KEY_RULE: the GateRule
} KeyRow;

// Words of business.policy.threshold, which stand for policies of their own.
enum { THRESHOLD_BEST = -1, THRESHOLD_FROZEN = -2 };

extern const KeyRow key_rows[];
extern const int key_row_count;

// The row of a path as in the table, or NULL. `length` bytes of path count.
const KeyRow *key_row_find(const char *path, size_t length);

// Bytes of the owner's path, "[]" or "{}" included; 0 for rows of Config. `a[].` rows: strlen("a[]").
size_t key_owner_length(const char *path);
bool key_has_owner(const KeyRow *row, const char *owner);

// Whether rows lie below the path: `path.` begins another row's path.
bool key_has_children(const char *path);

// Whether the row decides bits in this configuration.
bool key_is_bits(const KeyRow *row, const void *base);

// Whether the row applies to this struct: its optional sections were given and its `when` holds.
bool key_active(const KeyRow *row, const void *base);

// Whether `word` is one of the words of a condition `path=word|word`.
bool key_when_allows(const char *when, const char *word);

// The word of a row's list with that value or name, or NULL.
const KeyWord *key_word_by_value(const KeyRow *row, int64_t value);
const KeyWord *key_word_by_name(const KeyRow *row, const char *name);

// Low and high end of the row's range and whether they are excluded; infinite where open.
typedef struct KeyRange {
  double low, high;
  bool low_open, high_open;
} KeyRange;
KeyRange key_range(const KeyRow *row);

// Role of a key, or of a section (bits where any key below is), written with indexes or names:
// `data.inputs.0.embed`, `business.params.offer.low`, `train`.
KeyRole key_role(const char *path);

// What a key of other tools is called here (a path of the table), or NULL.
const char *key_alias(const char *name);

#endif
