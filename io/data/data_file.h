// One HDF5 file of columns: checked on opening, read in windows of rows, written atomically.
//
// Layout (root attribute `layout` = "ingot-columns-1"): group /columns, in creation order; a number is a 1-D
// data set of float64, int64, or any h5py integer, float or boolean type; a category is a group {codes: int8,
// int16 or int32, -1 = missing; categories: fixed-length UTF-8, null-padded}. All columns have the same
// number of rows. Two writes of the same columns give the same bytes.
//
// Files are hostile until checked: only hard links, no external or virtual storage, no filter but shuffle,
// deflate (gzip), lz4, zstd and fletcher32, no plugins, extents compared with the size of the file before
// anything is allocated. Values are read by several threads (stored/). Errors: 66 no such file, 65 not such a
// file (names file and column, and the chunk that is damaged), 74 reading failed.
#ifndef INGOT_IO_DATA_DATA_FILE_H
#define INGOT_IO_DATA_DATA_FILE_H

#include "engine/preprocess/frame.h"
#include "engine/shared/status.h"

#include <stdbool.h>
#include <stdint.h>

enum { DATA_CATEGORY_BYTES_MAX = 65536 }; // of one category's text

typedef struct DataFile DataFile;

Status data_file_open(DataFile **file, const char *path, Error *error);
void data_file_close(DataFile *file); // NULL is allowed, here and in every *_free and *_close of io/data

const char *data_file_path(const DataFile *file);
int64_t data_file_rows(const DataFile *file);
int data_file_column_count(const DataFile *file);

// What the file says about a column. Valid until the file is closed.
typedef struct DataColumn {
  char *name;
  ColumnKind kind;
  bool integer;      // COLUMN_NUMBER: stored as an integer or boolean, so never missing
  char **categories; // COLUMN_CATEGORY
  int category_count;
} DataColumn;

const DataColumn *data_file_column(const DataFile *file, int index);
int data_file_find(const DataFile *file, const char *name); // -1 if absent

// Rows [first, first + count) of a column: numbers (NaN = missing; an int64 is rounded once to binary64),
// codes, or the integers themselves (only where `integer`).
Status data_file_numbers(DataFile *file, int column, int64_t first, int64_t count, double *numbers,
                         Error *error);
Status data_file_codes(DataFile *file, int column, int64_t first, int64_t count, int32_t *codes,
                       Error *error);
Status data_file_integers(DataFile *file, int column, int64_t first, int64_t count, int64_t *integers,
                          Error *error);

// How values are stored: one after the other, or in chunks that are shuffled and compressed.
typedef enum DataCompression { DATA_PLAIN, DATA_GZIP, DATA_LZ4, DATA_ZSTD } DataCompression;

typedef struct DataFileOptions {
  const uint8_t *integer; // [column_count], 1 = write as int64 (whole numbers without NaN); NULL = none
  bool force;             // replace an existing file (else 73)
  DataCompression compression;
} DataFileOptions;

// Writes a frame with at least one column as a new file: temporary name, fsync, rename. Errors: 65 a name
// that cannot be a column's or categories too long to be read again, 73 the file exists, 74 writing failed
// (nothing is left behind).
Status data_file_write(const char *path, const Frame *frame, const DataFileOptions *options, Error *error);

#endif
