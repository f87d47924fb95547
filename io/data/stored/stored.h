// Private to io/data: how a file stores the values of a data set of one axis, and reading them as stored.
//
// DESIGN. HDF5 says where values are and is left out of the rest: contiguous values are read from the file
// itself, chunks by H5Dread_chunk, which hands out their bytes as they are (asking for addresses of chunks is
// quadratic in 1.10), and filters are undone here, outside HDF5's lock. So several threads read one file.
#ifndef INGOT_IO_DATA_STORED_STORED_H
#define INGOT_IO_DATA_STORED_STORED_H

#include "io/data/data_file.h"
#include "io/data/hdf5_shim.h"
#include "io/data/stored/decode.h"

enum { STORED_BYTES_MAX = 8, STORED_PIECE_BYTES = 1 << 18 }; // of one number; of contiguous values at once

typedef enum Storage {
  STORAGE_FLOAT,
  STORAGE_SIGNED,
  STORAGE_UNSIGNED,
  STORAGE_BOOLEAN,
  STORAGE_TEXT
} Storage;

// Where values lie.
typedef enum Placing {
  PLACED_TOGETHER, // one after the other in the file
  PLACED_IN_CHUNKS,
  PLACED_IN_HEADER // few of them: HDF5 has them in memory
} Placing;

typedef struct Values {
  hid_t dataset;
  Storage storage;
  size_t size; // bytes of one value
  bool big_endian;
  int64_t count;
  Placing placing;
  uint64_t offset;    // PLACED_TOGETHER: in the file
  int64_t chunk_rows; // PLACED_IN_CHUNKS
  ChunkFormat format; // of whole chunks
  bool plain_end;     // a last chunk that is not full has no filters
} Values;

// What is known of a file when its data sets are checked.
typedef struct StoredFile {
  char *path;
  uint64_t bytes; // of the file
  uint64_t base;  // of its addresses
  int fd;         // HDF5's own, only for pread
} StoredFile;

// Refuses with 65 and "PATH: <object>: <rule>".
Status stored_refuse(const StoredFile *file, const char *object, const char *rule, Error *error);

// Fills `values` from its data set, which is open and stays the caller's. 65 where the data set is not one
// axis of a known type, is stored in a way that is not read, or declares more than the file holds.
Status stored_check(Values *values, const StoredFile *file, const char *name, Error *error);

// Consecutive values as they are stored.
typedef struct Piece {
  int64_t first, count;
  const uint8_t *bytes; // [count * size], the reader's until its next call
} Piece;

// One thread's buffers for pieces.
typedef struct PieceReader {
  ChunkDecoder *decoder;
  uint8_t *raw;
  size_t room;
} PieceReader;

void piece_reader_free(PieceReader *reader);

// Bytes that a reader holds once it has read pieces of these values.
size_t stored_piece_bytes(const Values *values);

// The piece that begins with value `first` or holds it: a chunk, or values up to `end` (at least one; fewer
// where they would be too many). `name` is the column's. 65 wrong bytes, naming the chunk; 74 reading failed.
Status stored_read(Piece *piece, PieceReader *reader, const Values *values, const StoredFile *file,
                   const char *name, int64_t first, int64_t end, Error *error);

// Stored bytes to values, little-endian and consecutive; count values. Index of the first one that is no
// value (a boolean that is neither, an integer above 63 bits), or -1.
int64_t stored_integers(int64_t *integers, const Values *values, const uint8_t *bytes, int64_t count);
int64_t stored_numbers(double *numbers, const Values *values, const uint8_t *bytes, int64_t count);

// What an index from stored_integers or stored_numbers means.
const char *stored_rule(const Values *values);

// Swaps the bytes of big-endian values in place.
void stored_swap(const Values *values, uint8_t *bytes, int64_t count);

// What a file knows of itself and of a column's values (of the codes where it is a category).
const StoredFile *data_file_stored(const DataFile *file);
const Values *data_file_values(const DataFile *file, int column);

// 65 for a row whose value breaks a rule.
Status data_file_bad_value(const DataFile *file, int column, int64_t row, const char *rule, Error *error);

// The codes that are none of the column's: the first one's index, or -1.
int64_t codes_outside(const int64_t *codes, int64_t count, int category_count);

#endif
