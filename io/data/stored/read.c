// Reads consecutive values as they are stored.
#include "io/data/stored/stored.h"

#include "engine/shared/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void piece_reader_free(PieceReader *reader) {
  chunk_decoder_free(reader->decoder);
  free(reader->raw);
  *reader = (PieceReader){0};
}

size_t stored_piece_bytes(const Values *values) {
  if (values->placing != PLACED_IN_CHUNKS) {
    return values->size > STORED_PIECE_BYTES ? values->size : STORED_PIECE_BYTES;
  }
  return chunk_raw_bytes_max(&values->format) + chunk_decoder_bytes(&values->format);
}

static void make_room(PieceReader *reader, size_t bytes) {
  if (reader->room >= bytes) return;
  free(reader->raw);
  reader->raw = memory_get(bytes, 1);
  reader->room = bytes;
}

static Status cannot_read(Status status, const StoredFile *file, const char *name, const Piece *piece,
                          const char *reason, Error *error) {
  return error_set(error, status, "%s: column '%s': rows %lld to %lld (row 1 is the first) cannot be read%s.",
                   file->path, name, ROW_SHOWN(piece->first), (long long)(piece->first + piece->count),
                   reason);
}

// By the library, under its lock.
static Status not_given(const StoredFile *file, const char *name, const Piece *piece, Error *error) {
  return hdf5_blame(cannot_read(STATUS_DATA, file, name, piece, hdf5_reason(), error), file->path, error);
}

// ---- values one after the other ----

static Status read_extent(Piece *piece, PieceReader *reader, const Values *values, const StoredFile *file,
                          const char *name, Error *error) {
  size_t bytes = (size_t)piece->count * values->size, done = 0;
  while (done < bytes) {
    off_t at = (off_t)(values->offset + (uint64_t)piece->first * values->size + done);
    ssize_t got = pread(file->fd, reader->raw + done, bytes - done, at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      char reason[160];
      snprintf(reason, sizeof reason, ": %s", strerror(errno));
      return cannot_read(STATUS_IO, file, name, piece, reason, error);
    }
    if (got == 0) return cannot_read(STATUS_DATA, file, name, piece, ": the file ends before them", error);
    done += (size_t)got;
  }
  piece->bytes = reader->raw;
  return STATUS_OK;
}

// What HDF5 itself reads: values in a header, and of chunks that were never written, which hold a fill value.
static Status read_by_library(Piece *piece, PieceReader *reader, const Values *values, const StoredFile *file,
                              const char *name, Error *error) {
  hsize_t start = (hsize_t)piece->first, extent = (hsize_t)piece->count;
  hdf5_lock();
  hid_t type = H5Dget_type(values->dataset), space = H5Dget_space(values->dataset);
  hid_t window = H5Screate_simple(1, &extent, NULL);
  int failed = H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, NULL, &extent, NULL) < 0 ||
               H5Dread(values->dataset, type, window, space, H5P_DEFAULT, reader->raw) < 0;
  Status status = failed ? not_given(file, name, piece, error) : STATUS_OK;
  H5Sclose(window);
  H5Sclose(space);
  H5Tclose(type);
  hdf5_unlock();
  piece->bytes = reader->raw;
  return status;
}

// ---- chunks ----

static Status bad_chunk(const Values *values, const StoredFile *file, const char *name, const Piece *piece,
                        const char *problem, Error *error) {
  return error_set(
      error, STATUS_DATA,
      "%s: column '%s': chunk %lld (rows %lld to %lld, row 1 is the first) %s: the file is damaged; "
      "make it again.",
      file->path, name, (long long)(piece->first / values->chunk_rows + 1), ROW_SHOWN(piece->first),
      (long long)(piece->first + piece->count), problem);
}

// The chunk's bytes as they are in the file; *bytes 0 where it was never written, or cannot be found.
static Status fetch_chunk(size_t *bytes, uint32_t *left_out, PieceReader *reader, const Piece *piece,
                          const Values *values, const StoredFile *file, const char *name, Error *error) {
  hsize_t start = (hsize_t)piece->first, stored = 0;
  Status status = STATUS_OK;
  hdf5_lock();
  if (H5Dget_chunk_storage_size(values->dataset, &start, &stored) < 0) stored = 0;
  *bytes = (size_t)stored;
  if (stored > file->bytes || stored > chunk_raw_bytes_max(&values->format)) {
    status = bad_chunk(values, file, name, piece, "is larger than its values", error);
  } else if (stored > 0 && H5Dread_chunk(values->dataset, H5P_DEFAULT, &start, left_out, reader->raw) < 0) {
    status = not_given(file, name, piece, error);
  }
  hdf5_unlock();
  return status;
}

static Status read_chunk(Piece *piece, PieceReader *reader, const Values *values, const StoredFile *file,
                         const char *name, Error *error) {
  size_t bytes;
  uint32_t left_out = 0;
  make_room(reader, chunk_raw_bytes_max(&values->format));
  PASS(fetch_chunk(&bytes, &left_out, reader, piece, values, file, name, error));
  if (bytes == 0) return read_by_library(piece, reader, values, file, name, error);
  if (values->plain_end && piece->count < values->chunk_rows) left_out = UINT32_MAX;
  if (reader->decoder == NULL) reader->decoder = chunk_decoder_new();
  const char *problem =
      chunk_decode(&piece->bytes, reader->decoder, &values->format, left_out, reader->raw, bytes);
  return problem == NULL ? STATUS_OK : bad_chunk(values, file, name, piece, problem, error);
}

Status stored_read(Piece *piece, PieceReader *reader, const Values *values, const StoredFile *file,
                   const char *name, int64_t first, int64_t end, Error *error) {
  if (values->placing == PLACED_IN_CHUNKS) {
    piece->first = first - first % values->chunk_rows;
    int64_t left = values->count - piece->first;
    piece->count = left < values->chunk_rows ? left : values->chunk_rows;
    return read_chunk(piece, reader, values, file, name, error);
  }
  size_t room = stored_piece_bytes(values);
  int64_t most = (int64_t)(room / values->size);
  piece->first = first;
  piece->count = end - first < most ? end - first : most;
  make_room(reader, room);
  return values->placing == PLACED_TOGETHER ? read_extent(piece, reader, values, file, name, error)
                                            : read_by_library(piece, reader, values, file, name, error);
}
