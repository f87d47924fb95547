// Writes one value of a configuration as YAML and as lines of the bits text.
#include "engine/shared/memory.h"
#include "io/config/value.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// Words that a YAML reader, of 1.1 or 1.2, might take for something else than text.
static bool is_plain(const char *text) {
  static const char *const special[] = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
  if (!isalpha((unsigned char)text[0]) && text[0] != '/') return false;
  for (const char *c = text; *c != '\0'; c++) {
    if (!isalnum((unsigned char)*c) && strchr("_-./+ ", *c) == NULL) return false;
  }
  if (text[strlen(text) - 1] == ' ') return false;
  for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
    if (strcasecmp(text, special[i]) == 0) return false;
  }
  return true;
}

void value_write_text(FILE *out, const char *text) {
  if (is_plain(text)) {
    fputs(text, out);
    return;
  }
  fputc('"', out);
  for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
    if (*c == '"' || *c == '\\') {
      fprintf(out, "\\%c", *c);
    } else if (*c == '\n') {
      fputs("\\n", out);
    } else if (*c == '\t') {
      fputs("\\t", out);
    } else {
      fputc(*c, out);
    }
  }
  fputc('"', out);
}

void value_write_number(FILE *out, double number) {
  char text[40];
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, number);
    if (strtod(text, NULL) == number) break;
  }
  fputs(text, out);
}

static void write_texts(FILE *out, const TextList *list) {
  fputc('[', out);
  for (int i = 0; i < list->count; i++) {
    if (i > 0) fputs(", ", out);
    value_write_text(out, list->items[i]);
  }
  fputc(']', out);
}

static void write_integer(FILE *out, const KeyRow *row, int64_t value) {
  const KeyWord *word = key_word_by_value(row, value);
  if (word != NULL) {
    fputs(word->name, out);
  } else {
    fprintf(out, "%lld", (long long)value);
  }
}

static void write_number_or_word(FILE *out, const KeyRow *row, double value) {
  for (const KeyWord *word = row->words; word != NULL && word->name != NULL; word++) {
    if ((double)word->value != value) continue;
    fputs(word->name, out);
    return;
  }
  value_write_number(out, value);
}

static int int_list(const void *slot, const int **values) {
  int count;
  memcpy(values, slot, sizeof *values);
  memcpy(&count, (const char *)slot + sizeof *values, sizeof count);
  return count;
}

static void write_integers(FILE *out, const void *slot) {
  const int *values;
  int count = int_list(slot, &values);
  fputc('[', out);
  for (int i = 0; i < count; i++) fprintf(out, i == 0 ? "%d" : ", %d", values[i]);
  fputc(']', out);
}

// Costs of one truth stand together, as they were read.
static void write_costs(FILE *out, const CostList *list) {
  const char *truth = NULL;
  fputc('{', out);
  for (int i = 0; i < list->count; i++) {
    const Cost *cost = &list->items[i];
    bool next = truth == NULL || strcmp(truth, cost->truth) != 0;
    if (next) {
      fputs(truth == NULL ? "" : "}, ", out);
      value_write_text(out, truth = cost->truth);
    }
    fputs(next ? ": {" : ", ", out);
    value_write_text(out, cost->decision);
    fputs(": ", out);
    value_write_number(out, cost->amount);
  }
  fputs(list->count > 0 ? "}}" : "}", out);
}

static void write_margin(FILE *out, const Gate *gate) {
  if (gate->relative)
    fprintf(out, "%.15g%%", gate->margin * 100);
  else
    value_write_number(out, gate->margin);
}

void value_write(FILE *out, const KeyRow *row, const void *slot) {
  switch (row->type) {
  case KEY_TEXT:
  case KEY_COLUMN:
  case KEY_PATH:
  case KEY_WORD:
  case KEY_METRIC:
    value_write_text(out, *(char *const *)slot);
    break;
  case KEY_CHOICE:
    fputs(key_word_by_value(row, *(const int *)slot)->name, out);
    break;
  case KEY_INT:
    write_integer(out, row, *(const int *)slot);
    break;
  case KEY_INT64:
    write_integer(out, row, *(const int64_t *)slot);
    break;
  case KEY_SEED:
    fprintf(out, "%llu", (unsigned long long)*(const uint64_t *)slot);
    break;
  case KEY_NUMBER:
    write_number_or_word(out, row, *(const double *)slot);
    break;
  case KEY_FRACTION:
    fprintf(out, "%.15g", *(const double *)slot);
    break;
  case KEY_COLUMNS:
  case KEY_METRICS:
    write_texts(out, slot);
    break;
  case KEY_ONE:
    value_write_text(out, ((const TextList *)slot)->items[0]);
    break;
  case KEY_INTS:
    write_integers(out, slot);
    break;
  case KEY_COSTS:
    write_costs(out, slot);
    break;
  case KEY_RULE:
    if (row->words != NULL)
      fputs(row->words->name, out);
    else
      write_margin(out, slot);
    break;
  case KEY_SECTION:
  case KEY_OPTIONAL:
  case KEY_ITEMS:
  case KEY_NAMED:
    break; // write.c walks these
  }
}

static void add_line(TextList *lines, char *line) {
  text_list_add(lines, line);
  free(line);
}

void value_bits(TextList *lines, const KeyRow *row, const void *slot, const char *key) {
  const int *values;
  switch (row->type) {
  case KEY_NUMBER:
  case KEY_FRACTION:
    add_line(lines, memory_format("%s=%a\n", key, *(const double *)slot));
    break;
  case KEY_COLUMNS:
  case KEY_ONE:
    for (int i = 0; i < ((const TextList *)slot)->count; i++)
      add_line(lines, memory_format("%s.%d=%s\n", key, i, ((const TextList *)slot)->items[i]));
    break;
  case KEY_INTS:
    for (int i = 0, count = int_list(slot, &values); i < count; i++)
      add_line(lines, memory_format("%s.%d=%d\n", key, i, values[i]));
    break;
  case KEY_TEXT:
  case KEY_COLUMN:
  case KEY_PATH:
  case KEY_WORD:
  case KEY_METRIC:
    add_line(lines, memory_format("%s=%s\n", key, *(char *const *)slot));
    break;
  default: { // words and decimal integers read as in YAML
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL) abort();
    value_write(out, row, slot);
    fclose(out);
    add_line(lines, memory_format("%s=%s\n", key, text));
    free(text);
  }
  }
}

void value_clear(const KeyRow *row, void *slot) {
  switch (row->type) {
  case KEY_TEXT:
  case KEY_COLUMN:
  case KEY_PATH:
  case KEY_WORD:
  case KEY_METRIC: {
    char **text = slot;
    free(*text);
    *text = NULL;
    break;
  }
  case KEY_COLUMNS:
  case KEY_ONE:
  case KEY_METRICS:
    text_list_free(slot);
    break;
  case KEY_COSTS:
    cost_list_free(slot);
    break;
  case KEY_INTS: {
    int *values;
    memcpy(&values, slot, sizeof values);
    free(values);
    memset(slot, 0, sizeof values + sizeof(int));
    break;
  }
  default:
    break;
  }
}
