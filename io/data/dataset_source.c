// Rows of one part of the split as batches: all of them in memory, or streamed.
#include "engine/shared/memory.h"
#include "engine/shared/memory_limit.h"
#include "io/data/dataset_state.h"
#include "io/data/rows/batch_memory.h"
#include "io/data/rows/load.h"
#include "io/data/rows/stream.h"

#include <stdlib.h>

enum { AHEAD = 12 }; // rows asked for before they are copied

typedef struct Source {
  BatchSource base;
  const InputLayout *layout;
  Batch all;      // in memory
  Stream *stream; // or streamed
} Source;

// ---- reading ----

static void fetch_row(const Batch *all, const InputLayout *layout, int64_t row) {
  const char *values = (const char *)(all->values + row * layout->value_count);
  for (int64_t at = 0; at < layout->value_count * (int64_t)sizeof(float); at += 64)
    __builtin_prefetch(values + at);
  __builtin_prefetch(all->ids + row * layout->category_count);
}

static Status read_resident(BatchSource *base, Batch *batch, const int64_t *rows, int64_t count,
                            Error *error) {
  (void)error;
  const Source *source = (const Source *)base;
  for (int64_t i = 0; i < count; i++) {
    if (i + AHEAD < count) fetch_row(&source->all, source->layout, rows[i + AHEAD]);
    Batch to = batch_at(batch, source->layout, i), from = batch_at(&source->all, source->layout, rows[i]);
    batch_copy(&to, &from, source->layout, 1);
  }
  return STATUS_OK;
}

static Status read_streamed(BatchSource *base, Batch *batch, const int64_t *rows, int64_t count,
                            Error *error) {
  return stream_read(((Source *)base)->stream, batch, rows, count, error);
}

static Status follow_streamed(BatchSource *base, Batch *batch, const RowSpan *span, Error *error) {
  return stream_follow(((Source *)base)->stream, batch, span, error);
}

// ---- residency ----

// What is left shrinks while rows are read, so `auto` is decided once.
static bool is_streamed(Dataset *dataset, const Config *config, const InputLayout *layout, SplitPart part) {
  Residency *decided = &dataset->residency[part];
  if (config->machine.residency != RESIDENCY_AUTO) return config->machine.residency == RESIDENCY_STREAM;
  if (*decided == RESIDENCY_AUTO) {
    const int64_t rows = dataset->part_counts[part], held = rows * batch_row_bytes(layout);
    const bool is_much = (size_t)held > memory_left().bytes / 2;
    *decided =
        is_much && stream_bytes(dataset, config, layout, rows) < held ? RESIDENCY_STREAM : RESIDENCY_MEMORY;
  }
  return *decided == RESIDENCY_STREAM;
}

int64_t dataset_source_bytes(Dataset *dataset, const Config *config, const InputLayout *layout,
                             SplitPart part) {
  int64_t rows = dataset->part_counts[part];
  if (rows == 0) return 0;
  return is_streamed(dataset, config, layout, part) ? stream_bytes(dataset, config, layout, rows)
                                                    : rows * batch_row_bytes(layout);
}

double dataset_source_excess(BatchSource *base, const Config *config) {
  const Source *source = (const Source *)base;
  RowOrder order = {.rows = base->rows, .seed = config->seed};
  if (source->stream == NULL) return 0;
  if (config->data.order == ORDER_BLOCKS) {
    order.block_rows = config->data.block_rows;
    order.block_window = config->data.block_window;
  }
  return stream_excess(source->stream, &order);
}

// ---- life ----

static Status load_all(Source *source, const Dataset *dataset, const Config *config,
                       const Preprocess *preprocess, const int64_t *rows, Error *error) {
  Loader *loader;
  PASS(loader_create(&loader, dataset, preprocess, config->machine.threads, NULL, error));
  batch_make(&source->all, source->layout, source->base.rows);
  Status status = loader_part(loader, &source->all, rows, source->base.rows, error);
  loader_free(loader);
  source->base.read = read_resident;
  source->base.resident = &source->all;
  return status;
}

Status dataset_source(BatchSource **made, Dataset *dataset, const Config *config,
                      const Preprocess *preprocess, SplitPart part, Error *error) {
  Status status;
  Source *source = memory_get(1, sizeof *source);
  source->layout = preprocess_layout(preprocess);
  const int64_t *rows = dataset_part(dataset, part, &source->base.rows);
  if (source->base.rows == 0) {
    TRY(error_set(error, STATUS_DATA, "%s: this part of the split has no rows.",
                  data_file_path(dataset->files[0])));
  }
  if (is_streamed(dataset, config, source->layout, part)) {
    source->base.read = read_streamed;
    source->base.follow = follow_streamed;
    TRY(stream_create(&source->stream, dataset, config, preprocess, rows, source->base.rows, error));
    TRY(stream_check(source->stream, error));
  } else {
    TRY(load_all(source, dataset, config, preprocess, rows, error));
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
  stream_free(source->stream);
  batch_free(&source->all);
  free(source);
}
