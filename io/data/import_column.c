// One column while CSV files are read: from texts to numbers or codes.
#include "io/data/import_column.h"

#include "engine/shared/memory.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const import_type_names[] = {"", "number", "integer", "category", "skip", NULL};

enum { TEXTS_MAX = 1 << 30 };
static const double INTEGER_MAX =
    9007199254740992.0; // 2^53: from here on a number may stand for its neighbours

// ---- different texts ----

// FNV-1a: only for finding; no order depends on it.
static uint64_t hash_text(const char *text) {
  uint64_t hash = 14695981039346656037u;
  for (const char *c = text; *c != '\0'; c++) hash = (hash ^ (unsigned char)*c) * 1099511628211u;
  return hash ^ (hash >> 29);
}

static int32_t *find_slot(const ImportField *field, const char *text) {
  uint32_t mask = (uint32_t)field->slot_count - 1;
  for (uint32_t at = (uint32_t)hash_text(text) & mask;; at = (at + 1) & mask) {
    int32_t *slot = &field->slots[at];
    if (*slot == 0 || strcmp(field->texts[*slot - 1], text) == 0) return slot;
  }
}

static void grow_slots(ImportField *field) {
  free(field->slots);
  field->slot_count = field->slot_count == 0 ? 64 : 2 * field->slot_count;
  field->slots = memory_get((size_t)field->slot_count, sizeof *field->slots);
  for (int32_t i = 0; i < field->text_count; i++) *find_slot(field, field->texts[i]) = i + 1;
}

static int32_t index_of(ImportField *field, const char *text) {
  if (2 * field->text_count >= field->slot_count) grow_slots(field);
  int32_t *slot = find_slot(field, text);
  if (*slot != 0) return *slot - 1;
  if (field->text_count == field->text_capacity) {
    field->text_capacity = field->text_capacity == 0 ? 64 : 2 * field->text_capacity;
    field->texts = memory_grow(field->texts, (size_t)field->text_capacity, sizeof *field->texts);
  }
  field->texts[field->text_count] = memory_text(text);
  *slot = field->text_count + 1;
  return field->text_count++;
}

Status import_field_add(ImportField *field, const char *text, Error *error) {
  if (field->rows == field->capacity) {
    field->capacity = field->capacity == 0 ? 1024 : 2 * field->capacity;
    field->codes = memory_grow(field->codes, (size_t)field->capacity, sizeof *field->codes);
  }
  if (field->text_count == TEXTS_MAX) {
    return error_set(error, STATUS_DATA, "column '%s' has too many different values", field->name);
  }
  field->codes[field->rows++] = text == NULL ? -1 : index_of(field, text);
  field->missing += text == NULL;
  return STATUS_OK;
}

void import_field_clear(ImportField *field) {
  for (int32_t i = 0; i < field->text_count; i++) free(field->texts[i]);
  free(field->texts);
  free(field->slots);
  free(field->codes);
  free(field->name);
  free(field->note);
  *field = (ImportField){0};
}

// ---- types ----

static const char *skip_digits(const char *at, int *count) {
  for (; isdigit((unsigned char)*at); at++) (*count)++;
  return at;
}

bool import_number(double *number, const char *text) {
  int digits = 0, exponent_digits = 0;
  const char *at = text + (*text == '+' || *text == '-');
  at = skip_digits(at, &digits);
  if (*at == '.') at = skip_digits(at + 1, &digits);
  if (digits == 0) return false;
  if (*at == 'e' || *at == 'E') {
    at++;
    at = skip_digits(at + (*at == '+' || *at == '-'), &exponent_digits);
    if (exponent_digits == 0) return false;
  }
  if (*at != '\0') return false;
  *number = strtod(text, NULL);    // the C locale: nothing calls setlocale
  return *number - *number == 0.0; // 1e999 is no number
}

// A whole number in digits that as binary64 would become another text: 007, or 9007199254740993.
static bool is_code(const char *text, double number) {
  char back[400];
  const char *digits = text + (*text == '+' || *text == '-');
  if (digits[strspn(digits, "0123456789")] != '\0') return false;
  if (digits[0] == '0') return digits[1] != '\0';
  if (number > -INTEGER_MAX && number < INTEGER_MAX) return false;
  snprintf(back, sizeof back, "%.0f", number < 0 ? -number : number);
  return strcmp(back, digits) != 0;
}

static bool is_whole(double number) {
  return number > -INTEGER_MAX && number < INTEGER_MAX && number == (double)(int64_t)number;
}

// The first text that is no number (or, where `whole`, no whole number), -1 where all are.
static int32_t first_misfit(const ImportField *field, bool whole) {
  double number;
  for (int32_t i = 0; i < field->text_count; i++) {
    if (!import_number(&number, field->texts[i]) || (whole && !is_whole(number))) return i;
  }
  return -1;
}

// The first text that keeps the column from being inferred as numbers, -1 where none does.
static int32_t first_text(const ImportField *field) {
  double number;
  for (int32_t i = 0; i < field->text_count; i++) {
    if (!import_number(&number, field->texts[i]) || is_code(field->texts[i], number)) return i;
  }
  return -1;
}

static int64_t row_of(const ImportField *field, int32_t text) {
  int64_t row = 0;
  while (field->codes[row] != text) row++;
  return row;
}

// Where most values are numbers, nobody expects a category: says what made it one.
static void note_category(ImportField *field, int32_t text) {
  double number;
  int32_t numbers = 0;
  for (int32_t i = 0; i < field->text_count; i++) numbers += import_number(&number, field->texts[i]);
  if (2 * (int64_t)numbers < field->text_count) return;
  bool code = import_number(&number, field->texts[text]);
  field->note = memory_format("a category: '%.40s' of " ROW_FORMAT " %s", field->texts[text],
                              ROW_SHOWN(row_of(field, text)),
                              code ? "would be another text as a number" : "is no number");
}

static Status misfit(const ImportField *field, int32_t text, Error *error) {
  return error_set(
      error, STATUS_DATA,
      "column '%s' is to be %s, but " ROW_FORMAT " holds '%.80s'; correct the value, name it with --missing, "
      "or let the column be a category",
      field->name, import_type_names[field->type], ROW_SHOWN(row_of(field, text)), field->texts[text]);
}

Status import_field_settle(ImportField *field, Error *error) {
  bool whole = first_misfit(field, true) < 0 && field->missing == 0;
  if (field->type == TYPE_INFERRED) {
    int32_t text = first_text(field);
    bool numbers = text < 0 && field->text_count > 0;
    field->type = !numbers ? TYPE_CATEGORY : whole ? TYPE_INTEGER : TYPE_NUMBER;
    if (text >= 0) note_category(field, text);
  }
  if (field->like != NULL && field->like->integer && whole) field->type = TYPE_INTEGER;
  if (field->type == TYPE_CATEGORY || field->type == TYPE_SKIP) return STATUS_OK;
  if (field->type == TYPE_INTEGER && field->missing > 0) {
    return error_set(error, STATUS_DATA,
                     "column '%s' is to be integer, but %lld row%s no value; make it a number", field->name,
                     (long long)field->missing, field->missing == 1 ? " has" : "s have");
  }
  int32_t text = first_misfit(field, field->type == TYPE_INTEGER);
  return text < 0 ? STATUS_OK : misfit(field, text, error);
}

// ---- the finished column ----

typedef struct Entry {
  const char *text;
  int32_t index; // of the field's texts
} Entry;

static int by_text(const void *a, const void *b) {
  return strcmp(((const Entry *)a)->text, ((const Entry *)b)->text);
}

static int32_t code_in(const DataColumn *like, const char *text) {
  for (int i = 0; like != NULL && i < like->category_count; i++) {
    if (strcmp(like->categories[i], text) == 0) return i;
  }
  return -1;
}

// The code of each text: like's dictionary as it is, then the new texts in byte order.
static int make_dictionary(const char **categories, int32_t *code_of, const ImportField *field) {
  const DataColumn *like = field->like != NULL && field->like->kind == COLUMN_CATEGORY ? field->like : NULL;
  Entry *entries = memory_get((size_t)field->text_count, sizeof *entries);
  int count = like == NULL ? 0 : like->category_count, fresh = 0;
  for (int i = 0; i < count; i++) categories[i] = like->categories[i];
  for (int32_t i = 0; i < field->text_count; i++) {
    code_of[i] = code_in(like, field->texts[i]);
    if (code_of[i] < 0) entries[fresh++] = (Entry){field->texts[i], i};
  }
  if (fresh > 1) qsort(entries, (size_t)fresh, sizeof *entries, by_text);
  for (int i = 0; i < fresh; i++) {
    categories[count] = entries[i].text;
    code_of[entries[i].index] = count++;
  }
  free(entries);
  return count;
}

static void fill_category(Column *column, const ImportField *field) {
  size_t room = (size_t)field->text_count + (field->like == NULL ? 0 : (size_t)field->like->category_count);
  const char **categories = memory_get(room, sizeof *categories);
  int32_t *code_of = memory_get((size_t)field->text_count, sizeof *code_of);
  int count = make_dictionary(categories, code_of, field);
  column_make_codes(column, field->name, field->rows, (char *const *)categories, count);
  for (int64_t i = 0; i < field->rows; i++)
    column->codes[i] = field->codes[i] < 0 ? -1 : code_of[field->codes[i]];
  free(code_of);
  free(categories);
}

void import_field_column(Column *column, const ImportField *field) {
  if (field->type == TYPE_CATEGORY) {
    fill_category(column, field);
    return;
  }
  double *numbers = memory_get((size_t)field->text_count, sizeof *numbers);
  for (int32_t i = 0; i < field->text_count; i++) import_number(&numbers[i], field->texts[i]);
  column_make_numbers(column, field->name, field->rows);
  for (int64_t i = 0; i < field->rows; i++) {
    column->numbers[i] = field->codes[i] < 0 ? __builtin_nan("") : numbers[field->codes[i]];
  }
  free(numbers);
}
