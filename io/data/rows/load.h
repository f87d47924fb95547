// Private to io/data: rows of a data set, preprocessed, to any places of a batch, by several threads.
//
// DESIGN. What is wanted is sorted by row and cut into groups that end where chunks do, so that a chunk is
// decoded once. A thread takes a group and goes through its columns: piece by piece out of the file, to
// numbers, through preprocessing, to the rows' places, which stay in the cache meanwhile. No thread waits for
// another.
#ifndef INGOT_IO_DATA_ROWS_LOAD_H
#define INGOT_IO_DATA_ROWS_LOAD_H

#include "engine/preprocess/preprocess.h"
#include "io/data/dataset_state.h"

#include <stdatomic.h>

typedef struct Loader Loader;

// threads: 0 = the cores, and at least four where the file is read by several at once. 65 where the data
// set lacks a column that the model reads; 69 where the system refuses a thread. `stop` (may be NULL): once
// it is not 0, loading ends early and leaves the batch as it is.
Status loader_create(Loader **loader, const Dataset *dataset, const Preprocess *preprocess, int threads,
                     const atomic_int *stop, Error *error);

// Row rows[i], ascending, to place places[i] of the batch. One caller at a time. Errors name file, column and
// row (or chunk), those of the first group that failed.
Status loader_run(Loader *loader, Batch *batch, const int64_t *rows, const int64_t *places, int64_t count,
                  Error *error);

// The same where row rows[i] goes to place i.
Status loader_part(Loader *loader, Batch *batch, const int64_t *rows, int64_t count, Error *error);

// How many of rows[0..count), ascending, to load at once so that the next ones begin with a chunk of their
// own: all where no such place is.
int64_t loader_cut(const Loader *loader, const int64_t *rows, int64_t count);

// Rows of the file that are read, by chunks or by pages of the disk, for each of rows[0..count), ascending.
double loader_excess(const Loader *loader, const int64_t *rows, int64_t count);
void loader_free(Loader *loader); // NULL is allowed

// A row that is wanted and its place in the batch.
typedef struct RowWanted {
  int64_t row, place;
} RowWanted;

// Sorts by row, without a comparison: the result are two arrays that lie in `wanted` or in `spare`, which is
// as long.
void rows_sort(int64_t **rows, int64_t **places, RowWanted *wanted, RowWanted *spare, int64_t count);

// Bytes that the buffers of a loader take for this configuration's columns.
int64_t loader_bytes(const Dataset *dataset, const Config *config);

#endif
