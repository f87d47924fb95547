// Reads one value of a configuration into its slot, checking type, words and range.
#include "io/config/value.h"

#include "engine/evaluate/metrics.h"
#include "engine/shared/memory.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static bool fail(const ValueReader *reader, YamlNode *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool fail(const ValueReader *reader, YamlNode *node, const char *format, ...) {
  va_list arguments;
  char *sentence = NULL;
  va_start(arguments, format);
  int length = vasprintf(&sentence, format, arguments);
  va_end(arguments);
  if (!node->failed) problem_add(reader->problems, node->place, "%s", length < 0 ? format : sentence);
  free(sentence);
  node->failed = true;
  return false;
}

// What a value was, for messages: at most 60 bytes of a scalar.
static const char *describe(const YamlNode *node, char room[80]) {
  if (node->kind == YAML_LIST) return "a list";
  if (node->kind == YAML_MAP) return "a map of keys";
  if (node->text[0] == '\0' && !node->quoted) return "empty";
  int length = (int)strlen(node->text), cut = length > 60 ? 60 : length;
  while (cut < length && cut > 0 && ((unsigned char)node->text[cut] & 0xC0) == 0x80) cut--;
  snprintf(room, 80, node->quoted ? "the text \"%.*s%s\"" : "'%.*s%s'", cut, node->text,
           cut < length ? "..." : "");
  for (char *c = room; *c != '\0'; c++) {
    if (*c == '\n' || *c == '\t') *c = ' ';
  }
  return room;
}

// "a, b or c" of the row's words, before them `lead`; fresh text.
static char *word_list(const KeyRow *row, const char *lead) {
  char *list = memory_text(lead);
  for (const KeyWord *word = row->words; word != NULL && word->name != NULL; word++) {
    const char *joint = list[0] == '\0' ? "" : word[1].name == NULL ? " or " : ", ";
    char *longer = memory_format("%s%s%s", list, joint, word->name);
    free(list);
    list = longer;
  }
  return list;
}

static bool wrong_type(const ValueReader *reader, const KeyRow *row, YamlNode *node, const char *shown,
                       const char *need) {
  char room[80];
  char *list = word_list(row, need);
  if (row->range != NULL && row->range[0] != '\0') {
    fail(reader, node, "%s must be %s in %s, not %s", shown, list, row->range, describe(node, room));
  } else {
    fail(reader, node, "%s must be %s, not %s", shown, list, describe(node, room));
  }
  free(list);
  return false;
}

static bool in_range(const KeyRow *row, double value) {
  KeyRange range = key_range(row);
  return (range.low_open ? value > range.low : value >= range.low) &&
         (range.high_open ? value < range.high : value <= range.high);
}

static bool out_of_range(const ValueReader *reader, const KeyRow *row, YamlNode *node, const char *shown) {
  return fail(reader, node, "%s is %s, outside %s%s%s", shown, node->text, row->range,
              row->unit[0] == '\0' ? "" : " ", row->unit);
}

// Digits with an optional sign, no leading zero.
static bool is_integer(const char *text) {
  text += *text == '-' || *text == '+';
  size_t digits = strspn(text, "0123456789");
  return digits > 0 && text[digits] == '\0' && (text[0] != '0' || digits == 1);
}

static bool is_number(const char *text) {
  text += *text == '-' || *text == '+';
  size_t whole = strspn(text, "0123456789"), fraction = 0;
  text += whole;
  if (*text == '.') {
    fraction = strspn(text + 1, "0123456789");
    text += 1 + fraction;
  }
  if (whole + fraction == 0) return false;
  if (*text == 'e' || *text == 'E') {
    text += 1 + (text[1] == '-' || text[1] == '+');
    size_t exponent = strspn(text, "0123456789");
    if (exponent == 0) return false;
    text += exponent;
  }
  return *text == '\0';
}

static bool plain_scalar(const YamlNode *node) {
  return node->kind == YAML_SCALAR && !node->quoted;
}

static bool read_integer(const ValueReader *reader, const KeyRow *row, YamlNode *node, const char *shown,
                         int64_t *value) {
  const KeyWord *word = plain_scalar(node) ? key_word_by_name(row, node->text) : NULL;
  if (word != NULL) {
    *value = word->value;
    return true;
  }
  if (!plain_scalar(node) || !is_integer(node->text))
    return wrong_type(reader, row, node, shown, "a whole number");
  errno = 0;
  long long number = strtoll(node->text, NULL, 10);
  if (errno == ERANGE || !in_range(row, (double)number)) return out_of_range(reader, row, node, shown);
  *value = number;
  return true;
}

static bool read_seed(const ValueReader *reader, const KeyRow *row, YamlNode *node, const char *shown,
                      uint64_t *value) {
  if (!plain_scalar(node) || !is_integer(node->text))
    return wrong_type(reader, row, node, shown, "a whole number");
  errno = 0;
  unsigned long long number = strtoull(node->text, NULL, 10);
  if (errno == ERANGE || node->text[0] == '-') return out_of_range(reader, row, node, shown);
  *value = number;
  return true;
}

static bool read_number(const ValueReader *reader, const KeyRow *row, YamlNode *node, const char *shown,
                        double *value) {
  const KeyWord *word = plain_scalar(node) ? key_word_by_name(row, node->text) : NULL;
  if (word != NULL) {
    *value = (double)word->value;
    return true;
  }
  if (!plain_scalar(node) || !is_number(node->text))
    return wrong_type(reader, row, node, shown, "a finite number");
  double number = strtod(node->text, NULL);
  char first = node->text[strspn(node->text, "+-0.")]; // the first digit that is not 0, if any
  bool zero = first == '\0' || first == 'e' || first == 'E';
  if (!isfinite(number) || (number == 0 && !zero))
    return fail(reader, node, "%s is %s, which no binary64 number can hold", shown, node->text);
  if (!in_range(row, number)) return out_of_range(reader, row, node, shown);
  *value = number == 0 ? 0 : number; // -0 is 0
  return true;
}

static bool read_fraction(const ValueReader *reader, const KeyRow *row, YamlNode *node, const char *shown,
                          double *value) {
  if (!read_number(reader, row, node, shown, value)) return false;
  const char *point = strchr(node->text, '.');
  if (strpbrk(node->text, "eE") != NULL || (point != NULL && strlen(point + 1) > 15))
    return fail(reader, node, "%s must be a plain decimal of at most 15 places, not %s: parts are exact",
                shown, node->text);
  return true;
}

static bool is_misread(const char *text) {
  static const char *const words[] = {"",     "~",    "null",  "Null",  "NULL", "true",
                                      "True", "TRUE", "false", "False", "FALSE"};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (strcmp(text, words[i]) == 0) return true;
  }
  return false;
}

// Text that is not missing, null or a boolean by accident. Where it decides bits, one line of it.
static bool check_text(const ValueReader *reader, const KeyRow *row, YamlNode *node, const char *shown) {
  if (node->kind != YAML_SCALAR) return wrong_type(reader, row, node, shown, "a text");
  if (!node->quoted && node->text[0] == '\0')
    return fail(reader, node, "%s has no value: leave the key out, or write \"\" for an empty text", shown);
  if (!node->quoted && is_misread(node->text))
    return fail(reader, node, "%s must be a text: write \"%s\" in quotes if it is one", shown, node->text);
  for (const unsigned char *c = (const unsigned char *)node->text; *c != '\0'; c++) {
    bool control = *c < 0x20 || *c == 0x7F || (*c == 0xC2 && c[1] < 0xA0);
    bool line_end = (*c == '\n' || *c == '\t') && row->role == KEY_FREE;
    if (control && !line_end) return fail(reader, node, "%s contains control character 0x%02X", shown, *c);
  }
  return true;
}

static void put_text(char **slot, char *text) {
  free(*slot);
  *slot = text;
}

static bool read_text(const ValueReader *reader, const KeyRow *row, YamlNode *node, const char *shown,
                      char **slot) {
  if (!check_text(reader, row, node, shown)) return false;
  if (row->need == NEED_GIVEN && node->text[0] == '\0') return fail(reader, node, "%s is empty", shown);
  put_text(slot, memory_text(node->text));
  return true;
}

// folder/path, with leading ./ and ../ of the path taken away (the folder has no links in it).
static char *join_path(const char *folder, const char *path) {
  if (path[0] == '/') return memory_text(path);
  char *base = memory_text(folder);
  for (;;) {
    if (strncmp(path, "./", 2) == 0) {
      path += 2;
    } else if (strncmp(path, "../", 3) == 0 && strrchr(base, '/') != NULL) {
      *strrchr(base, '/') = '\0';
      path += 3;
    } else {
      break;
    }
  }
  char *joined = memory_format("%s/%s", base, path);
  free(base);
  return joined;
}

static bool read_path(const ValueReader *reader, const KeyRow *row, YamlNode *node, const char *shown,
                      char **slot) {
  if (!read_text(reader, row, node, shown, slot)) return false;
  if (node->text[0] == '\0' && row->need != NEED_GIVEN) return true; // no file
  const char *folder = node->place.source->is_override ? reader->working : reader->folder;
  put_text(slot, join_path(folder, node->text));
  return true;
}

static bool unknown_word(const ValueReader *reader, const KeyRow *row, YamlNode *node, const char *shown) {
  char *list = word_list(row, "");
  char room[80];
  Nearest nearest = nearest_start(node->text);
  for (const KeyWord *word = row->words; word->name != NULL; word++) nearest_try(&nearest, word->name);
  fail(reader, node, "%s must be %s, not %s%s%s%s", shown, list, describe(node, room),
       nearest.found == NULL ? "" : "; did you mean '", nearest.found == NULL ? "" : nearest.found,
       nearest.found == NULL ? "" : "'?");
  free(list);
  return false;
}

static const KeyWord *read_word(const ValueReader *reader, const KeyRow *row, YamlNode *node,
                                const char *shown) {
  if (node->kind != YAML_SCALAR) {
    wrong_type(reader, row, node, shown, "");
    return NULL;
  }
  const KeyWord *word = key_word_by_name(row, node->text);
  if (word == NULL) unknown_word(reader, row, node, shown);
  return word;
}

static bool read_metric(const ValueReader *reader, const KeyRow *row, YamlNode *node, const char *shown,
                        char **slot) {
  if (!check_text(reader, row, node, shown)) return false;
  const Metric *metric;
  Error error;
  Status status = metric_parse(&metric, node->text, &error);
  if (status != STATUS_OK && metric != NULL) return fail(reader, node, "%s: %s", shown, error.text);
  if (status != STATUS_OK) {
    Nearest nearest = nearest_start(node->text);
    for (int i = 0; i < METRIC_COUNT; i++) nearest_try(&nearest, metric_table[i].name);
    char room[80];
    return fail(reader, node, "%s: no metric is called %s%s%s%s", shown, describe(node, room),
                nearest.found == NULL ? "" : "; did you mean '", nearest.found == NULL ? "" : nearest.found,
                nearest.found == NULL ? "" : "'?");
  }
  put_text(slot, memory_text(node->text));
  return true;
}

// Texts of a list, each of which `row` describes (its type is the list's).
static bool read_texts(const ValueReader *reader, const KeyRow *row, YamlNode *node, const char *shown,
                       TextList *slot) {
  if (node->kind != YAML_LIST) return wrong_type(reader, row, node, shown, "a list, [a, b]");
  KeyRow element = *row;
  element.need = NEED_GIVEN;
  TextList list = {0};
  bool good = true;
  for (int i = 0; i < node->count; i++) {
    char *name = memory_format("%s.%d", shown, i), *text = NULL;
    bool fine = row->type == KEY_METRICS ? read_metric(reader, &element, node->children[i], name, &text)
                                         : read_text(reader, &element, node->children[i], name, &text);
    if (fine) text_list_add(&list, text);
    good = good && fine;
    free(text);
    free(name);
  }
  text_list_free(slot);
  *slot = list;
  node->failed = node->failed || !good;
  return good;
}

static bool read_one(const ValueReader *reader, const KeyRow *row, YamlNode *node, const char *shown,
                     TextList *slot) {
  KeyRow element = *row;
  element.need = NEED_GIVEN;
  char *text = NULL;
  if (node->kind == YAML_LIST)
    return fail(reader, node, "%s is one column: write `columns:` for several", shown);
  if (!read_text(reader, &element, node, shown, &text)) return false;
  text_list_free(slot);
  text_list_add(slot, text);
  free(text);
  return true;
}

static bool read_integers(const ValueReader *reader, const KeyRow *row, YamlNode *node, const char *shown,
                          void *slot) {
  enum { LIST_MAX = 64 };
  if (node->kind != YAML_LIST)
    return wrong_type(reader, row, node, shown, "a list of whole numbers, [a, b],");
  if (node->count < 1 || node->count > LIST_MAX)
    return fail(reader, node, "%s has %d items: 1 to %d are possible", shown, node->count, (int)LIST_MAX);
  int *values = memory_get((size_t)node->count, sizeof *values);
  bool good = true;
  for (int i = 0; i < node->count; i++) {
    char *name = memory_format("%s.%d", shown, i);
    int64_t value = 0;
    if (!read_integer(reader, row, node->children[i], name, &value)) good = false;
    values[i] = (int)value;
    free(name);
  }
  value_clear(row, slot);
  memcpy(slot, &values, sizeof values);
  memcpy((char *)slot + sizeof values, &node->count, sizeof node->count);
  node->failed = node->failed || !good;
  return good;
}

static bool read_costs(const ValueReader *reader, const KeyRow *row, YamlNode *node, const char *shown,
                       CostList *slot) {
  static const char shape[] = "a map of maps, {TRUTH: {DECISION: cost}}";
  bool good = true;
  cost_list_free(slot);
  if (node->kind != YAML_MAP) return wrong_type(reader, row, node, shown, shape);
  for (int i = 0; i < node->count; i++) {
    YamlNode *truth = node->children[i];
    if (truth->kind != YAML_MAP) return wrong_type(reader, row, truth, shown, shape);
    for (int j = 0; j < truth->count; j++) {
      Cost cost = {memory_text(truth->key), memory_text(truth->children[j]->key), 0};
      char *name = memory_format("%s.%s.%s", shown, cost.truth, cost.decision);
      good = read_number(reader, row, truth->children[j], name, &cost.amount) && good;
      free(name);
      slot->items = memory_grow(slot->items, (size_t)slot->count + 1, sizeof *slot->items);
      slot->items[slot->count++] = cost;
    }
  }
  node->failed = node->failed || !good;
  return good;
}

static bool read_rule(const ValueReader *reader, const KeyRow *row, YamlNode *node, const char *shown,
                      Gate *gate) {
  gate->rule = (GateRule)row->rule;
  if (row->words != NULL) {
    gate->margin = 0;
    return read_word(reader, row, node, shown) != NULL;
  }
  size_t length = node->kind == YAML_SCALAR ? strlen(node->text) : 0;
  if (!gate_rule_is_relative(gate->rule) || node->quoted || length < 2 || node->text[length - 1] != '%')
    return read_number(reader, row, node, shown, &gate->margin);
  YamlNode percent = *node; // "2%": of the champion's metric
  percent.text = memory_text_n(node->text, length - 1);
  bool good = read_number(reader, row, &percent, shown, &gate->margin);
  gate->margin /= 100;
  gate->relative = true;
  node->failed = percent.failed;
  free(percent.text);
  return good;
}

bool value_read(const ValueReader *reader, const KeyRow *row, YamlNode *node, void *slot, const char *shown) {
  if (node->failed) return false;
  int64_t number = 0;
  const KeyWord *word;
  switch (row->type) {
  case KEY_TEXT:
  case KEY_COLUMN:
    return read_text(reader, row, node, shown, slot);
  case KEY_PATH:
    return read_path(reader, row, node, shown, slot);
  case KEY_WORD:
    if ((word = read_word(reader, row, node, shown)) == NULL) return false;
    put_text(slot, memory_text(word->name));
    return true;
  case KEY_CHOICE:
    if ((word = read_word(reader, row, node, shown)) == NULL) return false;
    *(int *)slot = (int)word->value;
    return true;
  case KEY_INT:
    if (!read_integer(reader, row, node, shown, &number)) return false;
    *(int *)slot = (int)number;
    return true;
  case KEY_INT64:
    return read_integer(reader, row, node, shown, slot);
  case KEY_SEED:
    return read_seed(reader, row, node, shown, slot);
  case KEY_NUMBER:
    return read_number(reader, row, node, shown, slot);
  case KEY_FRACTION:
    return read_fraction(reader, row, node, shown, slot);
  case KEY_COLUMNS:
  case KEY_METRICS:
    return read_texts(reader, row, node, shown, slot);
  case KEY_ONE:
    return read_one(reader, row, node, shown, slot);
  case KEY_INTS:
    return read_integers(reader, row, node, shown, slot);
  case KEY_METRIC:
    return read_metric(reader, row, node, shown, slot);
  case KEY_COSTS:
    return read_costs(reader, row, node, shown, slot);
  case KEY_RULE:
    return read_rule(reader, row, node, shown, slot);
  case KEY_SECTION:
  case KEY_OPTIONAL:
  case KEY_ITEMS:
  case KEY_NAMED:
    break; // load.c walks these
  }
  return true;
}
