// Which part of the split a row belongs to, the ids of rows, and the digest of the data.
#include "engine/shared/memory.h"
#include "engine/shared/parallel.h"
#include "io/data/dataset_state.h"
#include "io/data/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- row ids ----

// Text one after the other, and where each begins.
typedef struct Texts {
  char *bytes;
  size_t length, room;
  size_t *starts;
} Texts;

static void texts_add(Texts *texts, int64_t index, const char *text) {
  size_t length = strlen(text) + 1;
  if (texts->length + length > texts->room) {
    texts->room = 2 * (texts->length + length);
    texts->bytes = memory_grow(texts->bytes, texts->room, 1);
  }
  texts->starts[index] = texts->length;
  memcpy(texts->bytes + texts->length, text, length);
  texts->length += length;
}

// Key values of one window of rows: categories, exact integers, or numbers.
typedef struct KeyWindow {
  int64_t start, rows;
  Column column;
  int64_t *integers; // NULL where the column is not stored as integers
} KeyWindow;

static bool key_is_integer(const Dataset *dataset, const DatasetColumn *key) {
  for (int file = 0; file < dataset->file_count; file++) {
    if (key->kind != COLUMN_NUMBER || key->index[file] < 0) return false;
    if (!data_file_column(dataset->files[file], key->index[file])->integer) return false;
  }
  return true;
}

// Moves the window to where `row` is; windows do not cross files.
static Status key_window_move(KeyWindow *window, const Dataset *dataset, const DatasetColumn *key,
                              int64_t row, Error *error) {
  if (window->rows > 0 && row >= window->start && row < window->start + window->rows) return STATUS_OK;
  int file = dataset_file_of(dataset, row);
  int64_t local = row - dataset->first_row[file];
  window->start = dataset->first_row[file] + local - local % WINDOW_ROWS;
  window->rows = dataset->first_row[file + 1] - window->start;
  if (window->rows > WINDOW_ROWS) window->rows = WINDOW_ROWS;
  if (window->integers == NULL) {
    return dataset_fill_column(&window->column, dataset, key, window->start, window->rows, error);
  }
  return data_file_integers(dataset->files[file], key->index[file], window->start - dataset->first_row[file],
                            window->rows, window->integers, error);
}

// The key of a row as text, in `buffer` or the column's dictionary.
static Status key_text(const char **text, char buffer[NUMBER_TEXT_BYTES], const KeyWindow *window,
                       const Dataset *dataset, int64_t row, Error *error) {
  int64_t at = row - window->start;
  int file = dataset_file_of(dataset, row);
  const char *path = data_file_path(dataset->files[file]);
  long long local = ROW_SHOWN(row - dataset->first_row[file]);
  *text = buffer;
  if (window->integers != NULL) {
    snprintf(buffer, NUMBER_TEXT_BYTES, "%" PRId64, window->integers[at]);
    return STATUS_OK;
  }
  *text = column_text(&window->column, at, buffer);
  if (*text == NULL) {
    return error_set(error, STATUS_DATA,
                     "%s: column '%s', " ROW_FORMAT ": the key is missing; every row needs one.", path,
                     dataset->key, local);
  }
  double number = window->column.kind == COLUMN_NUMBER ? window->column.numbers[at] : 0;
  if (number > -0x1p53 && number < 0x1p53 && number == (double)(int64_t)number) return STATUS_OK;
  return error_set(error, STATUS_DATA,
                   "%s: column '%s', " ROW_FORMAT
                   ": the key %s is not a whole number below 2^53; use integers or texts.",
                   path, dataset->key, local, *text);
}

static Status collect_keys(Texts *texts, const Dataset *dataset, const int64_t *rows, int64_t count,
                           Error *error) {
  Status status = STATUS_OK;
  KeyWindow window = {0};
  const DatasetColumn *key = dataset_find(dataset, dataset->key);
  if (key_is_integer(dataset, key))
    window.integers = memory_get(WINDOW_ROWS, sizeof *window.integers);
  else
    dataset_make_column(&window.column, key, WINDOW_ROWS);
  for (int64_t i = 0; i < count; i++) {
    char buffer[NUMBER_TEXT_BYTES];
    const char *text;
    TRY(key_window_move(&window, dataset, key, rows[i], error));
    TRY(key_text(&text, buffer, &window, dataset, rows[i], error));
    texts_add(texts, i, text);
  }
done:
  free(window.integers);
  column_clear(&window.column);
  return status;
}

static void collect_numbers(Texts *texts, const Dataset *dataset, const int64_t *rows, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    char buffer[NUMBER_TEXT_BYTES];
    int64_t first = dataset->first_row[dataset_file_of(dataset, rows[i])];
    snprintf(buffer, sizeof buffer, "%" PRId64, rows[i] - first);
    texts_add(texts, i, buffer);
  }
}

Status dataset_row_ids(char ***ids, Dataset *dataset, const int64_t *rows, int64_t count, Error *error) {
  Texts texts = {.starts = memory_get((size_t)count, sizeof(size_t))};
  Status status = STATUS_OK;
  if (dataset->key[0] == '\0')
    collect_numbers(&texts, dataset, rows, count);
  else
    status = collect_keys(&texts, dataset, rows, count, error);
  if (status == STATUS_OK) {
    size_t table = (size_t)count * sizeof **ids;
    char *block = memory_get(table + texts.length, 1);
    if (texts.length > 0) memcpy(block + table, texts.bytes, texts.length);
    *ids = (char **)(void *)block;
    for (int64_t i = 0; i < count; i++) (*ids)[i] = block + table + texts.starts[i];
  }
  free(texts.bytes);
  free(texts.starts);
  return status;
}

// ---- parts ----

// The first 8 bytes, big-endian, of SHA-256(salt | 0x00 | key).
static uint64_t key_hash(const char *salt, const char *key) {
  uint8_t digest[DIGEST_BYTES];
  size_t salt_length = strlen(salt) + 1, key_length = strlen(key);
  char *bytes = memory_get(salt_length + key_length, 1);
  memcpy(bytes, salt, salt_length);
  memcpy(bytes + salt_length, key, key_length);
  sha256(digest, bytes, salt_length + key_length);
  free(bytes);
  uint64_t hash = 0;
  for (int i = 0; i < 8; i++) hash = hash << 8 | digest[i];
  return hash;
}

typedef struct HashedRow {
  uint64_t hash;
  int64_t row;
} HashedRow;

static int by_hash_then_row(const void *a, const void *b) {
  const HashedRow *x = a, *y = b;
  if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
  return (x->row > y->row) - (x->row < y->row);
}

// The ids of consecutive rows and the place of their hashes.
typedef struct Hashing {
  HashedRow *hashed;
  const char *salt;
  char **ids;
} Hashing;

static void hash_ids(const void *arguments, int64_t first, int64_t last) {
  const Hashing *hashing = arguments;
  for (int64_t i = first; i < last; i++) hashing->hashed[i].hash = key_hash(hashing->salt, hashing->ids[i]);
}

static Status hash_rows(HashedRow *hashed, Dataset *dataset, const char *salt, Error *error) {
  enum { ROWS = 32768 };
  int64_t all = dataset_rows(dataset);
  int64_t *window = memory_get(ROWS, sizeof *window);
  Status status = STATUS_OK;
  for (int64_t first = 0; first < all; first += ROWS) {
    int64_t count = all - first < ROWS ? all - first : ROWS;
    char **ids;
    for (int64_t i = 0; i < count; i++) window[i] = hashed[first + i].row;
    TRY(dataset_row_ids(&ids, dataset, window, count, error));
    Hashing hashing = {hashed + first, salt, ids};
    parallel_run(hash_ids, &hashing, count, count < ROWS / 8 ? 1 : 0);
    free(ids);
  }
done:
  free(window);
  return status;
}

static Status key_is_there_twice(const Dataset *dataset, const int64_t rows[2], const char *key,
                                 Error *error) {
  int first = dataset_file_of(dataset, rows[0]), file = dataset_file_of(dataset, rows[1]);
  return error_set(
      error, STATUS_DATA,
      "%s: column '%s', " ROW_FORMAT ": the key '%s' is there twice (first in row %lld%s%s); a key "
      "names one row.",
      data_file_path(dataset->files[file]), dataset->key, ROW_SHOWN(rows[1] - dataset->first_row[file]), key,
      ROW_SHOWN(rows[0] - dataset->first_row[first]), first == file ? "" : " of ",
      first == file ? "" : data_file_path(dataset->files[first]));
}

// A key names one row only.
static Status check_unique_keys(Dataset *dataset, HashedRow *hashed, Error *error) {
  Status status = STATUS_OK;
  int64_t all = dataset_rows(dataset);
  qsort(hashed, (size_t)all, sizeof *hashed, by_hash_then_row);
  for (int64_t i = 1; i < all && status == STATUS_OK; i++) {
    if (hashed[i].hash != hashed[i - 1].hash) continue;
    char **ids;
    int64_t pair[2] = {hashed[i - 1].row, hashed[i].row};
    PASS(dataset_row_ids(&ids, dataset, pair, 2, error));
    if (strcmp(ids[0], ids[1]) == 0) status = key_is_there_twice(dataset, pair, ids[0], error);
    free(ids);
  }
  return status;
}

// Rows [0, floor(N * cumulative fraction)) in integers: rows <= N * units / 10^15 without a division.
static SplitPart part_by_order(const Dataset *dataset, const SplitConfig *split, int64_t row) {
  static const __int128 one = 1000000000000000;
  __int128 taken = (__int128)(row + 1) * one, all = dataset_rows(dataset);
  if (taken <= all * split->units[0]) return PART_TRAIN;
  return taken <= all * split->units[1] ? PART_VALIDATION : PART_TEST;
}

static SplitPart part_of(const Dataset *dataset, const SplitConfig *split, const HashedRow *hashed) {
  if (split == NULL || dataset_file_of(dataset, hashed->row) == 1) return PART_TEST;
  if (split->by == SPLIT_ORDER) return part_by_order(dataset, split, hashed->row);
  if (split->bounds[0] == UINT64_MAX || hashed->hash < split->bounds[0]) return PART_TRAIN;
  if (split->bounds[1] == UINT64_MAX || hashed->hash < split->bounds[1]) return PART_VALIDATION;
  return PART_TEST;
}

static void fill_parts(Dataset *dataset, const SplitConfig *split, const HashedRow *hashed) {
  int64_t all = dataset_rows(dataset);
  for (int64_t i = 0; i < all; i++) dataset->part_counts[part_of(dataset, split, &hashed[i])]++;
  for (int part = 0; part < PART_COUNT; part++) {
    dataset->parts[part] = memory_get((size_t)dataset->part_counts[part], sizeof **dataset->parts);
    dataset->part_counts[part] = 0;
  }
  for (int64_t i = 0; i < all; i++) {
    SplitPart part = part_of(dataset, split, &hashed[i]);
    dataset->parts[part][dataset->part_counts[part]++] = hashed[i].row;
  }
}

static Status check_parts(const Dataset *dataset, const SplitConfig *split, Error *error) {
  static const char *const names[] = {"training", "validation", "test"};
  bool wanted[PART_COUNT] = {true, split->bounds[1] > split->bounds[0], split->has_test};
  for (int part = 0; part < PART_COUNT; part++) {
    if (!wanted[part] || dataset->part_counts[part] > 0) continue;
    return error_set(
        error, STATUS_DATA,
        "%s: the split leaves no rows for the %s part (%lld row%s in all); change the fractions of "
        "data.split or use more rows.",
        data_file_path(dataset->files[0]), names[part], (long long)dataset_rows(dataset),
        dataset_rows(dataset) == 1 ? "" : "s");
  }
  return STATUS_OK;
}

Status dataset_split(Dataset *dataset, const Config *config, Error *error) {
  Status status = STATUS_OK;
  const SplitConfig *split = config == NULL ? NULL : &config->data.split;
  size_t all = (size_t)dataset_rows(dataset);
  HashedRow *hashed = memory_get(all, sizeof *hashed);
  for (size_t i = 0; i < all; i++) hashed[i].row = (int64_t)i;
  bool by_hash = split != NULL && split->by != SPLIT_ORDER;
  if (by_hash || dataset->key[0] != '\0')
    TRY(hash_rows(hashed, dataset, split == NULL ? "" : split->salt, error));
  fill_parts(dataset, split, hashed);
  if (dataset->key[0] != '\0') TRY(check_unique_keys(dataset, hashed, error));
  if (split != NULL) TRY(check_parts(dataset, split, error));
done:
  free(hashed);
  return status;
}

// ---- digest ----

// One number, bit for bit the same for every NaN.
static void canonical_numbers(double *numbers, int64_t rows) {
  const uint64_t canonical = (uint64_t)0x7ff8 << 48;
  for (int64_t i = 0; i < rows; i++) {
    if (numbers[i] != numbers[i]) memcpy(&numbers[i], &canonical, sizeof canonical);
  }
}

static char *line_of(const char *name, const char *suffix, DType dtype, int64_t count, void *data) {
  TensorView tensor = {.dtype = dtype, .rank = 1, .shape = {count}, .data = data};
  snprintf(tensor.name, sizeof tensor.name, "%s%s", name, suffix);
  return tensor_digest_line(&tensor);
}

// A number has one line, a category two.
static void column_lines(char *lines[2], const Column *column, int64_t rows) {
  if (column->kind == COLUMN_NUMBER) {
    canonical_numbers(column->numbers, rows);
    lines[0] = line_of(column->name, "", DTYPE_F64, rows, column->numbers);
    return;
  }
  Texts texts = {.starts = memory_get((size_t)column->category_count, sizeof(size_t))};
  for (int i = 0; i < column->category_count; i++) texts_add(&texts, i, column->categories[i]);
  lines[0] = line_of(column->name, "", DTYPE_I32, rows, column->codes);
  lines[1] = line_of(column->name, "/categories", DTYPE_U8, (int64_t)texts.length, texts.bytes);
  free(texts.bytes);
  free(texts.starts);
}

static void columns_read(TextList *names, const Config *config) {
  const DataConfig *data = &config->data;
  const char *others[] = {data->target.column, data->weight, data->split.key};
  for (int i = 0; i < 3; i++) {
    if (others[i][0] != '\0' && text_list_find(names, others[i]) < 0) text_list_add(names, others[i]);
  }
  for (int i = 0; i < data->input_count; i++) {
    for (int j = 0; j < data->inputs[i].columns.count; j++) {
      const char *name = data->inputs[i].columns.items[j];
      if (text_list_find(names, name) < 0) text_list_add(names, name);
    }
  }
}

enum { DIGEST_THREADS = 4 }; // each has a whole column in memory

// The columns to be digested, one a task.
typedef struct Digesting {
  const Dataset *dataset;
  const TextList *names;
  char **lines; // [names][2]
  FirstFailure *failure;
} Digesting;

static Status digest_column(const Digesting *digesting, int64_t index, Error *error) {
  const Dataset *dataset = digesting->dataset;
  const char *name = digesting->names->items[index];
  const DatasetColumn *source = dataset_find(dataset, name);
  Column column = {0};
  if (source == NULL) return error_set(error, STATUS_DATA, "column '%s' is missing.", name);
  dataset_make_column(&column, source, dataset_rows(dataset));
  Status status = dataset_fill_column(&column, dataset, source, 0, dataset_rows(dataset), error);
  if (status == STATUS_OK) column_lines(&digesting->lines[2 * index], &column, dataset_rows(dataset));
  column_clear(&column);
  return status;
}

static void digest_task(const void *arguments, int64_t task) {
  const Digesting *digesting = arguments;
  Error error;
  Status status = digest_column(digesting, task, &error);
  first_failure_add(digesting->failure, task, status, &error);
}

static Status digest_columns(char **lines, const Dataset *dataset, const TextList *names, Error *error) {
  FirstFailure failure;
  Digesting digesting = {dataset, names, lines, &failure};
  int threads = parallel_cores() < DIGEST_THREADS ? parallel_cores() : DIGEST_THREADS;
  first_failure_begin(&failure);
  parallel_each(digest_task, &digesting, names->count, threads);
  return first_failure_end(&failure, error);
}

Status dataset_digest(uint8_t digest[DIGEST_BYTES], Dataset *dataset, const Config *config, Error *error) {
  TextList names = {0};
  columns_read(&names, config);
  int room = 2 * names.count + 1, count = 0;
  char **lines = memory_get((size_t)room, sizeof *lines);
  Status status = digest_columns(lines, dataset, &names, error);
  // Where the first file ends decides the split, so it is part of the data of two files.
  if (dataset->file_count > 1)
    lines[room - 1] = line_of("files", "/rows", DTYPE_I64, 2, &dataset->first_row[1]);
  for (int i = 0; i < room; i++) {
    if (lines[i] != NULL) lines[count++] = lines[i];
  }
  if (status == STATUS_OK) tensor_lines_digest(digest, lines, count);
  for (int i = 0; i < count; i++) free(lines[i]);
  free(lines);
  text_list_free(&names);
  return status;
}
