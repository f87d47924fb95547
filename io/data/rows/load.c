// Loads rows, group by group and column by column.
#include "io/data/rows/load.h"

#include "engine/device/thread_pool.h"
#include "engine/shared/memory.h"
#include "engine/shared/parallel.h"
#include "io/data/stored/stored.h"

#include <stdlib.h>
#include <string.h>

enum {
  TILE = 128,                  // rows converted at once
  PAGE_ROWS = 512,             // that a disk reads for one of 8 bytes
  GROUP_ROWS = 2048,           // of a group where values are not in chunks
  SLAB_ROWS = 1 << 17,         // of a whole part, put on the list at once
  SPLIT_GROUPS = 4,            // of fewer groups a thread, columns are shared out too
  READS_AT_LEAST = 4,          // at once, whatever the cores: a disk takes several requests
  GAP_BYTES = 4096,            // what is read in vain rather than by a request more
  DECOMPRESSOR_BYTES = 1 << 18 // of one thread
};

enum { AS_TARGET = -1, AS_WEIGHT = -2 }; // else the number of an input

// A column of the data set and what its values become.
typedef struct LoadColumn {
  const DatasetColumn *source;
  int as;
  int32_t *ids; // of its codes
} LoadColumn;

struct Loader {
  const Dataset *dataset;
  const Preprocess *preprocess;
  const atomic_int *stop;
  LoadColumn *columns;
  int column_count;
  int64_t group_rows;
  int64_t chunk_rows; // the most; 0: nothing is in chunks
  int64_t *starts;    // of the groups in the list, and its end
  int64_t start_room;
  ThreadPool *pool;
  PieceReader *readers; // one a thread
  int reader_count;
};

// What one call of loader_run shares among its threads.
typedef struct Work {
  Loader *loader;
  Batch *batch;
  const int64_t *rows, *places;
  bool distinct;         // no row is wanted twice
  int64_t groups, spans; // task: a group, and a span of the columns
  atomic_llong *next;
  atomic_int *failed;
  FirstFailure *failure;
} Work;

// ---- one column of one group ----

// Some of the wanted rows of a group, in one file and one column.
typedef struct Part {
  const LoadColumn *column;
  int file;
  const int64_t *rows, *places; // of the data set, of the batch
  int64_t count;
} Part;

// A tile on its way: its stored bytes, then its values.
typedef struct Tile {
  uint8_t bytes[TILE * STORED_BYTES_MAX];
  double numbers[TILE];
  int64_t integers[TILE];
  int32_t codes[TILE];
} Tile;

static const DataFile *file_of(const Work *work, const Part *part) {
  return work->loader->dataset->files[part->file];
}

static const Values *values_of(const Work *work, const Part *part) {
  return data_file_values(file_of(work, part), part->column->source->index[part->file]);
}

// Number of a row in its file.
static int64_t in_file(const Work *work, const Part *part, int64_t row) {
  return row - work->loader->dataset->first_row[part->file];
}

// The stored bytes of the part's rows, all of which the piece holds.
static const uint8_t *tile_bytes(Tile *tile, const Work *work, const Part *part, const Piece *piece) {
  const Values *values = values_of(work, part);
  int64_t count = part->count, base = in_file(work, part, 0) - piece->first;
  bool consecutive = work->distinct && part->rows[count - 1] - part->rows[0] == count - 1;
  if (consecutive && !values->big_endian) return piece->bytes + (size_t)(part->rows[0] + base) * values->size;
  for (int64_t i = 0; i < count; i++) {
    memcpy(tile->bytes + (size_t)i * values->size,
           piece->bytes + (size_t)(part->rows[i] + base) * values->size, values->size);
  }
  if (values->big_endian) stored_swap(values, tile->bytes, count);
  return tile->bytes;
}

static Status tile_codes(Tile *tile, const Work *work, const Part *part, const uint8_t *bytes, Error *error) {
  const DataFile *from = file_of(work, part);
  const int32_t *recode = part->column->source->recode[part->file];
  int index = part->column->source->index[part->file];
  stored_integers(tile->integers, values_of(work, part), bytes, part->count);
  int64_t bad = codes_outside(tile->integers, part->count, data_file_column(from, index)->category_count);
  if (bad >= 0) {
    return data_file_bad_value(from, index, in_file(work, part, part->rows[bad]),
                               "has a code outside its categories.", error);
  }
  for (int64_t i = 0; i < part->count; i++) {
    int64_t code = tile->integers[i];
    tile->codes[i] = recode != NULL && code >= 0 ? recode[code] : (int32_t)code;
  }
  return STATUS_OK;
}

static Status tile_numbers(Tile *tile, const Work *work, const Part *part, const uint8_t *bytes,
                           Error *error) {
  const Values *values = values_of(work, part);
  int64_t bad = stored_numbers(tile->numbers, values, bytes, part->count);
  if (bad < 0) return STATUS_OK;
  return data_file_bad_value(file_of(work, part), part->column->source->index[part->file],
                             in_file(work, part, part->rows[bad]), stored_rule(values), error);
}

static Status tile_apply(const Tile *tile, const Work *work, const Part *part, Error *error) {
  const LoadColumn *column = part->column;
  const Preprocess *preprocess = work->loader->preprocess;
  bool is_number = column->source->kind == COLUMN_NUMBER;
  ColumnValues values = {.numbers = is_number ? tile->numbers : NULL,
                         .codes = is_number ? NULL : tile->codes,
                         .ids = column->ids,
                         .categories = (const char *const *)column->source->categories,
                         .places = part->places,
                         .rows = part->rows,
                         .base = work->loader->dataset->first_row[part->file],
                         .count = part->count};
  Status status = column->as == AS_TARGET ? preprocess_apply_target(preprocess, work->batch, &values, error)
                  : column->as == AS_WEIGHT
                      ? preprocess_apply_weight(preprocess, work->batch, &values, error)
                      : preprocess_apply_input(preprocess, column->as, work->batch, &values, error);
  return status == STATUS_OK ? status : error_prefix(error, "%s", data_file_path(file_of(work, part)));
}

// Rows that one piece holds.
static Status load_piece(const Work *work, const Part *part, const Piece *piece, Error *error) {
  Tile tile;
  for (int64_t first = 0; first < part->count; first += TILE) {
    Part some = *part;
    some.rows += first;
    some.places += first;
    some.count = part->count - first < TILE ? part->count - first : TILE;
    const uint8_t *bytes = tile_bytes(&tile, work, &some, piece);
    if (part->column->source->kind == COLUMN_NUMBER)
      PASS(tile_numbers(&tile, work, &some, bytes, error));
    else
      PASS(tile_codes(&tile, work, &some, bytes, error));
    PASS(tile_apply(&tile, work, &some, error));
  }
  return STATUS_OK;
}

// The end of the rows that one request should read from rows[0] on, where gaps are small.
static int64_t run_end(const int64_t *rows, int64_t count, size_t size) {
  int64_t i = 1, gap = GAP_BYTES / (int64_t)size;
  if (rows[count - 1] - rows[0] < count + gap) return rows[count - 1] + 1;
  while (i < count && rows[i] - rows[i - 1] <= gap) i++;
  return rows[i - 1] + 1;
}

// How many of rows[0..count), ascending, are below a limit; the first one is.
static int64_t rows_below(const int64_t *rows, int64_t count, int64_t limit) {
  int64_t low = 1, high = count - 1;
  if (rows[count - 1] < limit) return count;
  while (low < high) {
    int64_t middle = low + (high - low) / 2;
    if (rows[middle] < limit)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static Status load_column(const Work *work, PieceReader *reader, const Part *part, Error *error) {
  const Dataset *dataset = work->loader->dataset;
  const DataFile *from = file_of(work, part);
  const DatasetColumn *source = part->column->source;
  if (source->index[part->file] < 0) {
    return error_set(error, STATUS_DATA, "%s: column '%s' is missing; %s has it.", data_file_path(from),
                     source->name, data_file_path(dataset->files[0]));
  }
  const Values *values = values_of(work, part);
  bool in_chunks = values->placing == PLACED_IN_CHUNKS;
  int64_t base = dataset->first_row[part->file];
  for (int64_t at = 0; at < part->count;) {
    Piece piece;
    Part some = *part;
    some.rows += at;
    some.places += at;
    int64_t end = in_chunks ? some.rows[0] + 1 : run_end(some.rows, part->count - at, values->size);
    PASS(stored_read(&piece, reader, values, data_file_stored(from), source->name, some.rows[0] - base,
                     end - base, error));
    some.count = rows_below(some.rows, part->count - at, piece.first + piece.count + base);
    PASS(load_piece(work, &some, &piece, error));
    at += some.count;
  }
  return STATUS_OK;
}

// ---- groups ----

// Groups are numbered through all files: each begins with groups of its own.
static int64_t group_of(const Loader *loader, int64_t row) {
  const Dataset *dataset = loader->dataset;
  int file = dataset_file_of(dataset, row);
  int64_t groups_before =
      file == 0 ? 0 : (dataset->first_row[1] + loader->group_rows - 1) / loader->group_rows;
  return groups_before + (row - dataset->first_row[file]) / loader->group_rows;
}

// Cuts the list into groups; how many there are.
static int64_t cut_groups(Loader *loader, bool *distinct, const int64_t *rows, int64_t count) {
  int64_t groups = 0, last = -1;
  *distinct = true;
  for (int64_t i = 0; i < count; i++) {
    int64_t group = group_of(loader, rows[i]);
    *distinct &= i == 0 || rows[i] != rows[i - 1];
    if (group == last) continue;
    last = group;
    if (groups + 2 > loader->start_room) {
      loader->start_room = 2 * groups + 64;
      loader->starts = memory_grow(loader->starts, (size_t)loader->start_room, sizeof *loader->starts);
    }
    loader->starts[groups++] = i;
  }
  loader->starts[groups] = count;
  return groups;
}

static Status run_task(const Work *work, PieceReader *reader, int64_t task, Error *error) {
  const Loader *loader = work->loader;
  int64_t group = task / work->spans, span = task % work->spans, columns = loader->column_count;
  int64_t first = loader->starts[group];
  Part part = {.file = dataset_file_of(loader->dataset, work->rows[first]),
               .rows = work->rows + first,
               .places = work->places + first,
               .count = loader->starts[group + 1] - first};
  for (int64_t i = columns * span / work->spans; i < columns * (span + 1) / work->spans; i++) {
    part.column = &loader->columns[i];
    PASS(load_column(work, reader, &part, error));
  }
  return STATUS_OK;
}

static void run_tasks(const void *arguments, int64_t first, int64_t last) {
  Work *work = (Work *)(uintptr_t)arguments;
  int64_t tasks = work->groups * work->spans;
  (void)last;
  for (;;) {
    Error error;
    if (work->loader->stop != NULL && atomic_load(work->loader->stop)) return;
    if (atomic_load(work->failed)) return; // every task before the one that failed was taken before it
    int64_t task = atomic_fetch_add(work->next, 1);
    if (task >= tasks) return;
    Status status = run_task(work, &work->loader->readers[first], task, &error);
    if (status != STATUS_OK) atomic_store(work->failed, 1);
    first_failure_add(work->failure, task, status, &error);
  }
}

Status loader_run(Loader *loader, Batch *batch, const int64_t *rows, const int64_t *places, int64_t count,
                  Error *error) {
  if (count == 0) return STATUS_OK;
  FirstFailure failure;
  atomic_llong next = 0;
  atomic_int failed = 0;
  Work work = {.loader = loader,
               .batch = batch,
               .rows = rows,
               .places = places,
               .spans = 1,
               .next = &next,
               .failed = &failed,
               .failure = &failure};
  work.groups = cut_groups(loader, &work.distinct, rows, count);
  if (work.groups < SPLIT_GROUPS * loader->reader_count) work.spans = SPLIT_GROUPS * loader->reader_count;
  if (work.spans > loader->column_count) work.spans = loader->column_count;
  first_failure_begin(&failure);
  thread_pool_run(loader->pool, run_tasks, &work, loader->reader_count, 1);
  return first_failure_end(&failure, error);
}

Status loader_part(Loader *loader, Batch *batch, const int64_t *rows, int64_t count, Error *error) {
  Status status = STATUS_OK;
  int64_t *places = NULL, room = 0;
  for (int64_t first = 0; first < count && status == STATUS_OK;) {
    int64_t end = count - first < SLAB_ROWS ? count : first + SLAB_ROWS;
    while (end < count && group_of(loader, rows[end]) == group_of(loader, rows[end - 1])) end++;
    if (end - first > room) {
      room = end - first;
      places = memory_grow(places, (size_t)room, sizeof *places);
    }
    for (int64_t i = first; i < end; i++) places[i - first] = i;
    status = loader_run(loader, batch, rows + first, places, end - first, error);
    first = end;
  }
  free(places);
  return status;
}

int64_t loader_cut(const Loader *loader, const int64_t *rows, int64_t count) {
  int64_t cut = count;
  if (loader->dataset->first_row[DATASET_FILES_MAX] == rows[count - 1] + 1) return count;
  while (cut > 0 && group_of(loader, rows[cut - 1]) == group_of(loader, rows[count - 1] + 1)) cut--;
  return cut > 0 ? cut : count;
}

double loader_excess(const Loader *loader, const int64_t *rows, int64_t count) {
  const Dataset *dataset = loader->dataset;
  int64_t unit = loader->chunk_rows > 0 ? loader->chunk_rows : PAGE_ROWS, read = 0, end = 0;
  for (int64_t i = 0; i < count; i++) {
    if (rows[i] < end) continue;
    int64_t base = dataset->first_row[dataset_file_of(dataset, rows[i])];
    end = base + ((rows[i] - base) / unit + 1) * unit;
    read += unit;
  }
  return (double)read / (double)count;
}

// ---- sorting ----

void rows_sort(int64_t **rows, int64_t **places, RowWanted *wanted, RowWanted *spare, int64_t count) {
  enum { BITS = 11, BUCKETS = 1 << BITS };
  int64_t ends[BUCKETS], all = 0;
  for (int64_t i = 0; i < count; i++) all |= wanted[i].row;
  RowWanted *from = wanted, *to = spare;
  for (int shift = 0; all >> shift != 0; shift += BITS) {
    memset(ends, 0, sizeof ends);
    for (int64_t i = 0; i < count; i++) ends[from[i].row >> shift & (BUCKETS - 1)]++;
    for (int64_t i = 0, sum = 0; i < BUCKETS; i++) {
      int64_t here = ends[i];
      ends[i] = sum;
      sum += here;
    }
    for (int64_t i = 0; i < count; i++) to[ends[from[i].row >> shift & (BUCKETS - 1)]++] = from[i];
    RowWanted *swapped = from;
    from = to;
    to = swapped;
  }
  *rows = (int64_t *)to;
  *places = *rows + count;
  for (int64_t i = 0; i < count; i++) {
    (*rows)[i] = from[i].row;
    (*places)[i] = from[i].place;
  }
}

// ---- life ----

static Status add_column(Loader *loader, const char *name, int as, ColumnKind kind, Error *error) {
  const Dataset *dataset = loader->dataset;
  const Preprocess *preprocess = loader->preprocess;
  const DatasetColumn *source = dataset_find(dataset, name);
  if (source == NULL || source->kind != kind) {
    return error_set(error, STATUS_DATA, "%s: column '%s' %s; the model reads it.",
                     data_file_path(dataset->files[0]), name,
                     source == NULL          ? "is missing"
                     : kind == COLUMN_NUMBER ? "holds categories, not numbers"
                                             : "holds numbers, not categories");
  }
  LoadColumn *column = &loader->columns[loader->column_count++];
  *column = (LoadColumn){.source = source, .as = as};
  const char *const *categories = (const char *const *)source->categories;
  if (source->kind == COLUMN_CATEGORY) {
    column->ids = as == AS_TARGET ? preprocess_class_ids(preprocess, categories, source->category_count)
                                  : preprocess_ids(preprocess, as, categories, source->category_count);
  }
  for (int file = 0; file < dataset->file_count; file++) {
    if (source->index[file] < 0) continue;
    const Values *values = data_file_values(dataset->files[file], source->index[file]);
    if (values->placing != PLACED_IN_CHUNKS) continue;
    if (values->chunk_rows > loader->chunk_rows) loader->chunk_rows = values->chunk_rows;
    if (values->chunk_rows > loader->group_rows) loader->group_rows = values->chunk_rows;
  }
  return STATUS_OK;
}

static Status add_columns(Loader *loader, Error *error) {
  const Preprocess *preprocess = loader->preprocess;
  int inputs = preprocess_column_count(preprocess);
  loader->columns = memory_get((size_t)inputs + 2, sizeof *loader->columns);
  loader->group_rows = GROUP_ROWS;
  for (int i = 0; i < inputs; i++) {
    ColumnKind kind = preprocess_column_is_numeric(preprocess, i) ? COLUMN_NUMBER : COLUMN_CATEGORY;
    PASS(add_column(loader, preprocess_column_name(preprocess, i), i, kind, error));
  }
  PASS(add_column(loader, preprocess_target_name(preprocess), AS_TARGET, preprocess_target_kind(preprocess),
                  error));
  const char *weight = preprocess_weight_name(preprocess);
  return weight == NULL ? STATUS_OK : add_column(loader, weight, AS_WEIGHT, COLUMN_NUMBER, error);
}

// Chunks are fetched by one thread at a time, and the others have cores to decode them on.
static int thread_count(const Dataset *dataset, int threads) {
  if (threads > 0) return threads;
  int cores = parallel_cores();
  bool in_chunks =
      data_file_values(dataset->files[0], dataset->columns[0].index[0])->placing == PLACED_IN_CHUNKS;
  return in_chunks || cores > READS_AT_LEAST ? cores : READS_AT_LEAST;
}

Status loader_create(Loader **made, const Dataset *dataset, const Preprocess *preprocess, int threads,
                     const atomic_int *stop, Error *error) {
  Status status;
  Loader *loader = memory_get(1, sizeof *loader);
  loader->dataset = dataset;
  loader->preprocess = preprocess;
  loader->stop = stop;
  TRY(add_columns(loader, error));
  TRY(thread_pool_create(&loader->pool, thread_count(dataset, threads), POOL_ANYWHERE, error));
  loader->reader_count = thread_pool_size(loader->pool);
  loader->readers = memory_get((size_t)loader->reader_count, sizeof *loader->readers);
  *made = loader;
  loader = NULL;
done:
  loader_free(loader);
  return status;
}

void loader_free(Loader *loader) {
  if (loader == NULL) return;
  thread_pool_free(loader->pool);
  for (int i = 0; i < loader->reader_count; i++) piece_reader_free(&loader->readers[i]);
  for (int i = 0; i < loader->column_count; i++) free(loader->columns[i].ids);
  free(loader->starts);
  free(loader->readers);
  free(loader->columns);
  free(loader);
}

// ---- bytes ----

// The most that a thread's reader takes for a column.
static size_t column_bytes(const Dataset *dataset, const char *name) {
  const DatasetColumn *source = name[0] == '\0' ? NULL : dataset_find(dataset, name);
  size_t most = 0;
  for (int file = 0; file < dataset->file_count && source != NULL; file++) {
    if (source->index[file] < 0) continue;
    size_t bytes = stored_piece_bytes(data_file_values(dataset->files[file], source->index[file]));
    if (bytes > most) most = bytes;
  }
  return most;
}

int64_t loader_bytes(const Dataset *dataset, const Config *config) {
  const DataConfig *data = &config->data;
  size_t most = column_bytes(dataset, data->target.column), weight = column_bytes(dataset, data->weight);
  if (weight > most) most = weight;
  for (int i = 0; i < data->input_count; i++) {
    for (int j = 0; j < data->inputs[i].columns.count; j++) {
      size_t bytes = column_bytes(dataset, data->inputs[i].columns.items[j]);
      if (bytes > most) most = bytes;
    }
  }
  return (int64_t)(most + DECOMPRESSOR_BYTES) * thread_count(dataset, config->machine.threads);
}
