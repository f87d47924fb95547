// Writes a configuration: resolved YAML, bits text, and how two bits texts differ.
#include "io/config/write.h"

#include "engine/shared/memory.h"
#include "io/config/value.h"

#include <stdlib.h>
#include <string.h>

// The struct as the table sees it: the best and the stored threshold are words of business.policy.threshold.
static Config table_view(const Config *config) {
  Config view = *config;
  if (view.business.policy == POLICY_BEST_ON_VALIDATION || view.business.policy == POLICY_FROZEN) {
    view.business.threshold = view.business.policy == POLICY_FROZEN ? THRESHOLD_FROZEN : THRESHOLD_BEST;
    view.business.policy = POLICY_THRESHOLD;
  }
  return view;
}

static FILE *open_text(char **text, size_t *length) {
  FILE *out = open_memstream(text, length);
  if (out == NULL) abort();
  return out;
}

// ---- Resolved YAML

// Whether a row is written for this struct.
static bool is_written(const KeyRow *row, const void *base) {
  const char *slot = (const char *)base + row->offset;
  if (row->type == KEY_SECTION || row->type == KEY_OPTIONAL || !key_active(row, base)) return false;
  if (row->type == KEY_ONE) return ((const TextList *)slot)->count == 1;
  if (row->type == KEY_COLUMNS && key_owner_length(row->path) > 0)
    return ((const TextList *)slot)->count != 1;
  bool is_text = row->type == KEY_TEXT || row->type == KEY_COLUMN;
  if (row->need == NEED_UNSET && is_text) return (*(char *const *)slot)[0] != '\0';
  if (row->need == NEED_UNSET)
    return row->type == KEY_INT64 ? *(const int64_t *)slot != 0 : *(const double *)slot != 0;
  if (row->type != KEY_CHOICE || !key_has_children(row->path)) return true;
  const KeyWord *word = key_word_by_value(row, *(const int *)slot);
  char *below = memory_format("%s.%s", row->path, word->name);
  bool has_rows = key_row_find(below, strlen(below)) != NULL;
  free(below);
  return !has_rows; // else the rows below the word say it
}

static const char *items_of(const KeyRow *row, const void *base, int *count) {
  const char *items;
  memcpy(&items, (const char *)base + row->offset, sizeof items);
  memcpy(count, (const char *)base + row->offset + sizeof items, sizeof *count);
  return items;
}

// {key: value, ...} of one item.
static void write_item(FILE *out, const char *owner, const void *item) {
  const char *joint = "{";
  for (int i = 0; i < key_row_count; i++) {
    const KeyRow *row = &key_rows[i];
    if (!key_has_owner(row, owner) || !is_written(row, item)) continue;
    fprintf(out, "%s%s: ", joint, row->path + strlen(owner) + 1);
    value_write(out, row, (const char *)item + row->offset);
    joint = ", ";
  }
  fputc('}', out);
}

static void write_items(FILE *out, const KeyRow *row, const void *base, int indent) {
  int count;
  const char *items = items_of(row, base, &count);
  if (row->words != NULL && *(const bool *)((const char *)base + row->flag)) {
    fputs(" auto\n", out);
    return;
  }
  if (count == 0) {
    fputs(row->type == KEY_ITEMS ? " []\n" : " {}\n", out);
    return;
  }
  char *owner = memory_format("%s%s", row->path, row->type == KEY_ITEMS ? "[]" : "{}");
  fputc('\n', out);
  for (int i = 0; i < count; i++) {
    const char *item = items + (size_t)i * row->item_size;
    fprintf(out, "%*s", indent + 2, "");
    if (row->type == KEY_ITEMS) {
      fputs("- ", out);
    } else {
      value_write_text(out, *(char *const *)item);
      fputs(": ", out);
    }
    write_item(out, owner, item);
    fputc('\n', out);
  }
  free(owner);
}

// Opens the sections of `path` that are not open yet; returns the last part's indent.
static int open_sections(FILE *out, const char *path, const char *previous) {
  int indent = 0;
  size_t start = 0, length = strlen(path);
  for (size_t i = 0; i < length; i++) {
    if (path[i] != '.') continue;
    bool is_open = strncmp(previous, path, i + 1) == 0;
    if (!is_open) fprintf(out, "%*s%.*s:\n", indent, "", (int)(i - start), path + start);
    start = i + 1;
    indent += 2;
  }
  return indent;
}

char *config_write_resolved(const Config *config) {
  Config view = table_view(config);
  char *text = NULL;
  size_t length;
  FILE *out = open_text(&text, &length);
  const char *previous = "";
  for (int i = 0; i < key_row_count; i++) {
    const KeyRow *row = &key_rows[i];
    if (key_owner_length(row->path) > 0 || !is_written(row, &view)) continue;
    int indent = open_sections(out, row->path, previous);
    previous = row->path;
    const char *dot = strrchr(row->path, '.');
    fprintf(out, "%*s%s:", indent, "", dot == NULL ? row->path : dot + 1);
    if (row->type == KEY_ITEMS || row->type == KEY_NAMED) {
      write_items(out, row, &view, indent);
      continue;
    }
    fputc(' ', out);
    value_write(out, row, (const char *)&view + row->offset);
    fputc('\n', out);
  }
  fclose(out);
  return text;
}

// ---- Bits text

static int compare_lines(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void item_bits(TextList *lines, const KeyRow *list, int index, const void *item) {
  char *owner = memory_format("%s[]", list->path);
  for (int i = 0; i < key_row_count; i++) {
    const KeyRow *row = &key_rows[i];
    if (!key_has_owner(row, owner) || row->type == KEY_ONE || !key_active(row, item)) continue;
    char *key = memory_format("%s.%d.%s", list->path, index, row->path + strlen(owner) + 1);
    value_bits(lines, row, (const char *)item + row->offset, key);
    free(key);
  }
  free(owner);
}

static void row_bits(TextList *lines, const KeyRow *row, const Config *config) {
  if (row->type != KEY_ITEMS) {
    value_bits(lines, row, (const char *)config + row->offset, row->path);
    return;
  }
  int count;
  const char *items = items_of(row, config, &count);
  if (row->words != NULL && *(const bool *)((const char *)config + row->flag)) {
    char *line = memory_format("%s=auto\n", row->path);
    text_list_add(lines, line);
    free(line);
    return;
  }
  for (int i = 0; i < count; i++) item_bits(lines, row, i, items + (size_t)i * row->item_size);
}

char *config_bits_text(const Config *config) {
  TextList lines = {0};
  for (int i = 0; i < key_row_count; i++) {
    const KeyRow *row = &key_rows[i];
    if (key_owner_length(row->path) == 0 && key_is_bits(row, config) && key_active(row, config))
      row_bits(&lines, row, config);
  }
  if (lines.count > 1) qsort(lines.items, (size_t)lines.count, sizeof *lines.items, compare_lines);
  char *text = NULL;
  size_t length;
  FILE *out = open_text(&text, &length);
  for (int i = 0; i < lines.count; i++) fputs(lines.items[i], out);
  fclose(out);
  text_list_free(&lines);
  return text;
}

void config_set_inputs(Config *config, const InputConfig *inputs, int count) {
  DataConfig *data = &config->data;
  InputConfig *copies = memory_get((size_t)count, sizeof *copies);
  for (int i = 0; i < count; i++) {
    copies[i] = inputs[i];
    copies[i].columns = (TextList){0};
    for (int j = 0; j < inputs[i].columns.count; j++)
      text_list_add(&copies[i].columns, inputs[i].columns.items[j]);
  }
  input_config_free(data->inputs, data->input_count);
  data->inputs = copies;
  data->input_count = count;
  data->inputs_auto = false;
  text_list_free(&data->except);
  free(config->bits_text);
  config->bits_text = config_bits_text(config);
}

// ---- Difference

// Value of a bits line as people write it: hex floats in decimal.
static char *readable(const char *value, size_t length) {
  char *text = memory_text_n(value, length), *rest;
  bool hex = strncmp(text, "0x", 2) == 0 || strncmp(text, "-0x", 3) == 0;
  double number = hex ? strtod(text, &rest) : 0;
  if (!hex || *rest != '\0') return text;
  free(text);
  FILE *out = open_text(&text, &length);
  value_write_number(out, number);
  fclose(out);
  return text;
}

static size_t line_length(const char *line) {
  return strcspn(line, "\n");
}

// Compares two sorted texts of `key=value` lines, of which the first lines differ.
static ConfigDifference first_difference(const char *left, const char *right) {
  size_t nl = line_length(left), nr = line_length(right);
  size_t kl = strcspn(left, "=\n"), kr = strcspn(right, "=\n");
  int order = kl == kr && memcmp(left, right, kl) == 0 ? 0 : strcmp(left, right);
  if (left[0] == '\0' || right[0] == '\0') order = left[0] == '\0' ? 1 : -1;
  const char *line = order <= 0 ? left : right;
  ConfigDifference difference = {.key = memory_text_n(line, order <= 0 ? kl : kr)};
  difference.left = order > 0 ? memory_text("(absent)") : readable(left + kl + 1, nl > kl ? nl - kl - 1 : 0);
  difference.right =
      order < 0 ? memory_text("(absent)") : readable(right + kr + 1, nr > kr ? nr - kr - 1 : 0);
  return difference;
}

ConfigDifference config_difference(const char *left_bits, const char *right_bits) {
  const char *left = left_bits, *right = right_bits;
  while (*left != '\0' && *right != '\0') {
    size_t nl = line_length(left), nr = line_length(right);
    if (nl != nr || memcmp(left, right, nl) != 0) break;
    left += nl + (left[nl] == '\n');
    right += nr + (right[nr] == '\n');
  }
  if (*left == '\0' && *right == '\0') return (ConfigDifference){NULL, NULL, NULL};
  return first_difference(left, right);
}

void config_difference_free(ConfigDifference *difference) {
  free(difference->key);
  free(difference->left);
  free(difference->right);
  memset(difference, 0, sizeof *difference);
}
