// Rows of one part of the split as batches: all of them in memory, or a window of blocks streamed.
#include "engine/shared/memory.h"
#include "io/data/dataset_state.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FULL_BLOCK_ROWS = 16, FULL_SLOTS = 4096, UNUSED = -1 };

// A request: the row of the source and its place in the batch.
typedef struct Request {
  int64_t row, place;
} Request;

// Blocks of consecutive rows, preprocessed, the least recently used one replaced first.
typedef struct Cache {
  Batch batch; // [slots * block_rows]
  int64_t block_rows, slots;
  int64_t *block_in; // [slots], UNUSED where empty
  int64_t *slot_of;  // [blocks], UNUSED where not in memory
  uint64_t *used_at; // [slots]
  uint64_t now;
} Cache;

typedef struct Source {
  BatchSource base;
  Dataset *dataset;
  const Preprocess *preprocess;
  const int64_t *rows; // of the dataset, ascending
  Frame *window;       // raw rows, refilled
  int64_t window_rows;
  Batch all; // in memory
  Cache cache;
  Request *requests;
  int64_t request_room;
} Source;

// ---- batches ----

static int64_t row_bytes(const InputLayout *layout) {
  return 4 * ((int64_t)layout->value_count + layout->category_count + 2);
}

static void batch_make(Batch *batch, const InputLayout *layout, int64_t rows) {
  batch->values = memory_get((size_t)rows * (size_t)layout->value_count, sizeof *batch->values);
  batch->ids = memory_get((size_t)rows * (size_t)layout->category_count, sizeof *batch->ids);
  batch->targets = memory_get((size_t)rows, sizeof *batch->targets);
  batch->weights = memory_get((size_t)rows, sizeof *batch->weights);
}

static void batch_free(Batch *batch) {
  free(batch->values);
  free(batch->ids);
  free(batch->targets);
  free(batch->weights);
}

static Batch batch_at(const Batch *batch, const InputLayout *layout, int64_t row) {
  return (Batch){batch->values + row * layout->value_count, batch->ids + row * layout->category_count,
                 batch->targets + row, batch->weights + row};
}

static void copy_row(Batch *to, int64_t to_row, const Batch *from, int64_t from_row,
                     const InputLayout *layout) {
  Batch target = batch_at(to, layout, to_row), source = batch_at(from, layout, from_row);
  memcpy(target.values, source.values, (size_t)layout->value_count * sizeof *target.values);
  memcpy(target.ids, source.ids, (size_t)layout->category_count * sizeof *target.ids);
  *target.targets = *source.targets;
  *target.weights = *source.weights;
}

// ---- loading ----

// Raw rows [first, first + count) of one file into the window.
static Status fill_window(Source *source, int64_t first, int64_t count, Error *error) {
  Frame *window = source->window;
  int file = dataset_file_of(source->dataset, first);
  window->rows = count;
  window->first_row = first - source->dataset->first_row[file];
  for (int i = 0; i < window->column_count; i++) {
    Column *column = &window->columns[i];
    const DatasetColumn *from = dataset_find(source->dataset, column->name);
    PASS(dataset_fill_column(column, source->dataset, from, first, count, error));
  }
  return STATUS_OK;
}

// Rows [first, end) of the source that one window holds: the end of the run.
static int64_t run_end(const Source *source, int64_t first, int64_t end) {
  int file = dataset_file_of(source->dataset, source->rows[first]);
  int64_t limit = source->rows[first] + source->window_rows;
  if (limit > source->dataset->first_row[file + 1]) limit = source->dataset->first_row[file + 1];
  int64_t run = first;
  while (run < end && source->rows[run] < limit) run++;
  return run;
}

// Rows [first, first + count) of the source, preprocessed.
static Status load_rows(Source *source, Batch *batch, int64_t first, int64_t count, Error *error) {
  Status status = STATUS_OK;
  const InputLayout *layout = preprocess_layout(source->preprocess);
  int64_t *relative = memory_get((size_t)count, sizeof *relative);
  for (int64_t at = first; at < first + count;) {
    int64_t end = run_end(source, at, first + count), start = source->rows[at];
    Batch target = batch_at(batch, layout, at - first);
    for (int64_t i = at; i < end; i++) relative[i - at] = source->rows[i] - start;
    TRY(fill_window(source, start, source->rows[end - 1] - start + 1, error));
    status = preprocess_apply(source->preprocess, &target, source->window, relative, end - at, 1, error);
    if (status != STATUS_OK) {
      error_prefix(error, "%s",
                   data_file_path(source->dataset->files[dataset_file_of(source->dataset, start)]));
      goto done;
    }
    at = end;
  }
done:
  free(relative);
  return status;
}

// ---- in memory ----

static Status read_resident(BatchSource *base, Batch *batch, const int64_t *rows, int64_t count,
                            Error *error) {
  (void)error;
  Source *source = (Source *)base;
  const InputLayout *layout = preprocess_layout(source->preprocess);
  for (int64_t i = 0; i < count; i++) copy_row(batch, i, &source->all, rows[i], layout);
  return STATUS_OK;
}

// ---- streamed ----

static int by_row(const void *a, const void *b) {
  int64_t x = ((const Request *)a)->row, y = ((const Request *)b)->row;
  return (x > y) - (x < y);
}

// The slot of a block, loaded where it is not in memory.
static Status cache_slot(int64_t *slot, Source *source, int64_t block, Error *error) {
  Cache *cache = &source->cache;
  *slot = cache->slot_of[block];
  if (*slot == UNUSED) {
    int64_t oldest = 0;
    for (int64_t i = 1; i < cache->slots; i++) {
      if (cache->used_at[i] < cache->used_at[oldest]) oldest = i;
    }
    if (cache->block_in[oldest] != UNUSED) cache->slot_of[cache->block_in[oldest]] = UNUSED;
    cache->block_in[oldest] = UNUSED;
    int64_t first = block * cache->block_rows, left = source->base.rows - first;
    Batch target = batch_at(&cache->batch, preprocess_layout(source->preprocess), oldest * cache->block_rows);
    PASS(load_rows(source, &target, first, left < cache->block_rows ? left : cache->block_rows, error));
    cache->block_in[oldest] = block;
    cache->slot_of[block] = *slot = oldest;
  }
  cache->used_at[*slot] = ++cache->now;
  return STATUS_OK;
}

static Status read_streamed(BatchSource *base, Batch *batch, const int64_t *rows, int64_t count,
                            Error *error) {
  Source *source = (Source *)base;
  const Cache *cache = &source->cache;
  if (count > source->request_room) {
    source->requests = memory_grow(source->requests, (size_t)count, sizeof *source->requests);
    source->request_room = count;
  }
  Request *requests = source->requests;
  for (int64_t i = 0; i < count; i++) requests[i] = (Request){rows[i], i};
  qsort(requests, (size_t)count, sizeof *requests, by_row);
  for (int64_t i = 0; i < count; i++) {
    int64_t slot;
    PASS(cache_slot(&slot, source, requests[i].row / cache->block_rows, error));
    copy_row(batch, requests[i].place, &cache->batch,
             slot * cache->block_rows + requests[i].row % cache->block_rows,
             preprocess_layout(source->preprocess));
  }
  return STATUS_OK;
}

static void cache_size(Cache *cache, const Config *config, int64_t rows) {
  bool blocks = config->data.order == ORDER_BLOCKS;
  cache->block_rows = blocks ? config->data.block_rows : FULL_BLOCK_ROWS;
  if (cache->block_rows > rows && rows > 0) cache->block_rows = rows;
  int64_t all = (rows + cache->block_rows - 1) / cache->block_rows;
  cache->slots = blocks ? 2 * config->data.block_window : FULL_SLOTS; // two pools meet in a batch
  if (cache->slots > all) cache->slots = all;
}

static void cache_make(Cache *cache, const InputLayout *layout, int64_t rows) {
  int64_t blocks = (rows + cache->block_rows - 1) / cache->block_rows;
  batch_make(&cache->batch, layout, cache->slots * cache->block_rows);
  cache->block_in = memory_get((size_t)cache->slots, sizeof *cache->block_in);
  cache->used_at = memory_get((size_t)cache->slots, sizeof *cache->used_at);
  cache->slot_of = memory_get((size_t)blocks, sizeof *cache->slot_of);
  for (int64_t i = 0; i < cache->slots; i++) cache->block_in[i] = UNUSED;
  for (int64_t i = 0; i < blocks; i++) cache->slot_of[i] = UNUSED;
}

// Unusable values are found before training starts, not in its middle.
static Status check_rows(Source *source, Error *error) {
  const Cache *cache = &source->cache;
  int64_t blocks = (source->base.rows + cache->block_rows - 1) / cache->block_rows;
  for (int64_t block = 0, slot; block < blocks; block++) PASS(cache_slot(&slot, source, block, error));
  return STATUS_OK;
}

// ---- residency ----

static int64_t streamed_bytes(const Config *config, const InputLayout *layout, int64_t rows) {
  Cache cache = {0};
  cache_size(&cache, config, rows);
  return cache.slots * cache.block_rows * row_bytes(layout);
}

static bool is_streamed(const Config *config, const InputLayout *layout, int64_t rows) {
  if (config->machine.residency != RESIDENCY_AUTO) return config->machine.residency == RESIDENCY_STREAM;
  int64_t available = (int64_t)sysconf(_SC_AVPHYS_PAGES) * sysconf(_SC_PAGESIZE);
  return rows * row_bytes(layout) > available / 2;
}

int64_t dataset_source_bytes(const Dataset *dataset, const Config *config, const InputLayout *layout,
                             SplitPart part) {
  int64_t rows = dataset->part_counts[part];
  if (rows == 0) return 0;
  return is_streamed(config, layout, rows) ? streamed_bytes(config, layout, rows) : rows * row_bytes(layout);
}

// ---- life ----

static void add_window_column(Source *source, const char *name) {
  if (name == NULL || frame_find(source->window, name) != NULL) return;
  Column *column = &source->window->columns[source->window->column_count++];
  dataset_make_column(column, dataset_find(source->dataset, name), source->window_rows);
}

static Status make_window(Source *source, Error *error) {
  const Preprocess *preprocess = source->preprocess;
  int inputs = preprocess_column_count(preprocess);
  source->window_rows =
      dataset_rows(source->dataset) < WINDOW_ROWS ? dataset_rows(source->dataset) : WINDOW_ROWS;
  source->window = frame_new(0, inputs + 2);
  source->window->column_count = 0;
  const char *target = preprocess_target_name(preprocess), *weight = preprocess_weight_name(preprocess);
  for (int i = 0; i < inputs + 2; i++) {
    const char *name = i < inputs ? preprocess_column_name(preprocess, i) : i == inputs ? target : weight;
    if (name != NULL && !dataset_has_column(source->dataset, name)) {
      return error_set(error, STATUS_DATA, "%s: column '%s' is missing; the model reads it.",
                       data_file_path(source->dataset->files[0]), name);
    }
    add_window_column(source, name);
  }
  return STATUS_OK;
}

Status dataset_source(BatchSource **made, Dataset *dataset, const Config *config,
                      const Preprocess *preprocess, SplitPart part, Error *error) {
  Status status;
  const InputLayout *layout = preprocess_layout(preprocess);
  Source *source = memory_get(1, sizeof *source);
  source->dataset = dataset;
  source->preprocess = preprocess;
  source->rows = dataset_part(dataset, part, &source->base.rows);
  if (source->base.rows == 0) {
    TRY(error_set(error, STATUS_DATA, "%s: this part of the split has no rows.",
                  data_file_path(dataset->files[0])));
  }
  TRY(make_window(source, error));
  if (is_streamed(config, layout, source->base.rows)) {
    source->base.read = read_streamed;
    cache_size(&source->cache, config, source->base.rows);
    cache_make(&source->cache, layout, source->base.rows);
    TRY(check_rows(source, error));
  } else {
    source->base.read = read_resident;
    batch_make(&source->all, layout, source->base.rows);
    TRY(load_rows(source, &source->all, 0, source->base.rows, error));
    source->base.resident = &source->all;
    frame_free(source->window);
    source->window = NULL;
  }
  *made = &source->base;
  source = NULL;
done:
  dataset_source_free(source == NULL ? NULL : &source->base);
  return status;
}

void dataset_source_free(BatchSource *base) {
  Source *source = (Source *)base;
  if (source == NULL) return;
  frame_free(source->window);
  batch_free(&source->all);
  batch_free(&source->cache.batch);
  free(source->cache.block_in);
  free(source->cache.slot_of);
  free(source->cache.used_at);
  free(source->requests);
  free(source);
}
