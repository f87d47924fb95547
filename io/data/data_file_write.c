// Writing of a column file: the same columns give the same bytes, and the file appears whole or not at all.
#include "engine/shared/memory.h"
#include "io/data/data_file.h"
#include "io/data/hdf5_shim.h"
#include "io/data/stored/decode.h"
#include "io/data/stored/encode.h"
#include "io/data/text.h"
#include "io/shared/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK_ROWS = 4096, DEFLATE_LEVEL = 4, NAME_BYTES_MAX = 200, DICTIONARY_BYTES_MAX = 1 << 30 };

// ---- names ----

static bool has_control(const char *text) {
  for (const char *c = text; *c != '\0'; c++) {
    if ((unsigned char)*c < ' ' || *c == 127) return true;
  }
  return false;
}

static Status check_name(const char *name, Error *error) {
  size_t length = strlen(name);
  if (length == 0)
    return error_set(error, STATUS_DATA, "a column without a name cannot be stored; give names.");
  if (strcmp(name, ".") == 0 || strchr(name, '/') != NULL) {
    return error_set(
        error, STATUS_DATA,
        "column '%s': HDF5 reads '/' and '.' as paths; give another name, as --rename '%s'=NAME does.", name,
        name);
  }
  if (length > NAME_BYTES_MAX || has_control(name) || !utf8_is_valid(name, length)) {
    return error_set(
        error, STATUS_DATA,
        "column '%.80s': a name is UTF-8 of at most %d bytes without control characters; rename it.", name,
        NAME_BYTES_MAX);
  }
  return STATUS_OK;
}

static size_t widest_category(const Column *column) {
  size_t widest = 1;
  for (int i = 0; i < column->category_count; i++) {
    size_t length = strlen(column->categories[i]);
    if (length > widest) widest = length;
  }
  return widest;
}

// Categories are stored as wide as the widest of them.
static Status check_categories(const Column *column, Error *error) {
  size_t widest = widest_category(column), count = (size_t)column->category_count;
  if (widest > DATA_CATEGORY_BYTES_MAX) {
    return error_set(error, STATUS_DATA, "column '%s': a text of %zu bytes; a category has at most %d.",
                     column->name, widest, DATA_CATEGORY_BYTES_MAX);
  }
  if (count <= DICTIONARY_BYTES_MAX / widest) return STATUS_OK;
  return error_set(error, STATUS_DATA,
                   "column '%s': %zu categories of up to %zu bytes are too many to store; leave it out.",
                   column->name, count, widest);
}

static Status check_columns(const Frame *frame, Error *error) {
  for (int i = 0; i < frame->column_count; i++) {
    const char *name = frame->columns[i].name;
    PASS(check_name(name, error));
    PASS(check_categories(&frame->columns[i], error));
    if (frame_find(frame, name) != &frame->columns[i]) {
      return error_set(error, STATUS_DATA, "column '%s' is there twice; names must differ.", name);
    }
  }
  return STATUS_OK;
}

// ---- values ----

// Every handle may be negative: a failed call is noticed by the next one that uses its result.
static bool write_values(hid_t parent, const char *name, hid_t file_type, hid_t memory_type, int64_t count,
                         const void *values, DataCompression compression) {
  hsize_t extent = (hsize_t)count, chunk = extent < CHUNK_ROWS ? extent : CHUNK_ROWS;
  hid_t space = H5Screate_simple(1, &extent, NULL), properties = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_obj_track_times(properties, 0);
  if (compression != DATA_PLAIN && count > 0) {
    H5Pset_chunk(properties, 1, &chunk);
    H5Pset_shuffle(properties);
    if (compression == DATA_GZIP) H5Pset_deflate(properties, DEFLATE_LEVEL);
    if (compression == DATA_LZ4) H5Pset_filter(properties, CHUNK_LZ4, H5Z_FLAG_MANDATORY, 0, NULL);
    if (compression == DATA_ZSTD) H5Pset_filter(properties, CHUNK_ZSTD, H5Z_FLAG_MANDATORY, 0, NULL);
  }
  hid_t dataset = H5Dcreate2(parent, name, file_type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
  bool written = H5Dwrite(dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0;
  if (dataset >= 0) written = H5Dclose(dataset) >= 0 && written;
  H5Pclose(properties);
  H5Sclose(space);
  return written;
}

static bool write_integers(hid_t parent, const Column *column, int64_t rows, DataCompression compression) {
  int64_t *integers = memory_get((size_t)rows, sizeof *integers);
  for (int64_t i = 0; i < rows; i++) integers[i] = (int64_t)column->numbers[i];
  bool written =
      write_values(parent, column->name, H5T_STD_I64LE, H5T_NATIVE_INT64, rows, integers, compression);
  free(integers);
  return written;
}

static bool write_categories(hid_t group, const Column *column) {
  size_t widest = widest_category(column), count = (size_t)column->category_count;
  char *bytes = memory_get(count, widest);
  for (size_t i = 0; i < count; i++)
    memcpy(bytes + i * widest, column->categories[i], strlen(column->categories[i]));
  hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, widest);
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  H5Tset_cset(type, H5T_CSET_UTF8);
  bool written = write_values(group, "categories", type, type, column->category_count, bytes, DATA_PLAIN);
  H5Tclose(type);
  free(bytes);
  return written;
}

static hid_t create_group(hid_t parent, const char *name) {
  hid_t properties = H5Pcreate(H5P_GROUP_CREATE);
  H5Pset_obj_track_times(properties, 0);
  H5Pset_link_creation_order(properties, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  hid_t group = H5Gcreate2(parent, name, H5P_DEFAULT, properties, H5P_DEFAULT);
  H5Pclose(properties);
  return group;
}

static bool write_category(hid_t parent, const Column *column, int64_t rows, DataCompression compression) {
  hid_t group = create_group(parent, column->name);
  int count = column->category_count;
  hid_t type = count <= INT8_MAX + 1 ? H5T_STD_I8LE : count <= INT16_MAX + 1 ? H5T_STD_I16LE : H5T_STD_I32LE;
  bool written = write_values(group, "codes", type, H5T_NATIVE_INT32, rows, column->codes, compression) &&
                 write_categories(group, column);
  if (group >= 0) H5Gclose(group);
  return written;
}

static bool write_columns(hid_t group, const Frame *frame, const DataFileOptions *options) {
  for (int i = 0; i < frame->column_count; i++) {
    const Column *column = &frame->columns[i];
    bool written;
    if (column->kind == COLUMN_CATEGORY) {
      written = write_category(group, column, frame->rows, options->compression);
    } else if (options->integer != NULL && options->integer[i]) {
      written = write_integers(group, column, frame->rows, options->compression);
    } else {
      written = write_values(group, column->name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, frame->rows,
                             column->numbers, options->compression);
    }
    if (!written) return false;
  }
  return true;
}

static bool write_layout(hid_t file) {
  hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
  H5Tset_size(type, sizeof DATA_FILE_LAYOUT);
  hid_t attribute = H5Acreate2(file, "layout", type, space, H5P_DEFAULT, H5P_DEFAULT);
  bool written = H5Awrite(attribute, type, DATA_FILE_LAYOUT) >= 0;
  if (attribute >= 0) H5Aclose(attribute);
  H5Sclose(space);
  H5Tclose(type);
  return written;
}

// ---- the file ----

static bool write_file(const char *path, const Frame *frame, const DataFileOptions *options) {
  encode_register();
  hid_t access = hdf5_file_access(), creation = H5Pcreate(H5P_FILE_CREATE);
  H5Pset_obj_track_times(creation, 0);
  hid_t file = H5Fcreate(path, H5F_ACC_EXCL, creation, access);
  H5Pclose(creation);
  H5Pclose(access);
  if (file < 0) return false;
  hid_t group = create_group(file, "columns");
  bool written = write_layout(file) && write_columns(group, frame, options);
  if (group >= 0) H5Gclose(group);
  return H5Fclose(file) >= 0 && written;
}

static bool sync_path(const char *path, int flags) {
  int fd = open(path, flags | O_CLOEXEC);
  bool synced = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0) close(fd);
  return synced;
}

static bool sync_folder_of(const char *path) {
  char *folder = memory_text(path);
  char *slash = strrchr(folder, '/');
  if (slash != NULL) slash[slash == folder] = '\0';
  bool synced = sync_path(slash == NULL ? "." : folder, O_RDONLY | O_DIRECTORY);
  free(folder);
  return synced;
}

// Gives the finished file its name.
static Status publish(const char *temporary, const char *path, bool force, Error *error) {
  if (!sync_path(temporary, O_RDONLY)) {
    return error_set(error, STATUS_IO, "%s: writing failed: %s.", path, strerror(errno));
  }
  int failed =
      force ? rename(temporary, path) : renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE);
  if (failed && errno == EEXIST)
    return error_set(error, STATUS_EXISTS, "%s: exists; --force replaces it.", path);
  if (failed || !sync_folder_of(path)) {
    return error_set(error, STATUS_IO, "%s: writing failed: %s.", path, strerror(errno));
  }
  return STATUS_OK;
}

Status data_file_write(const char *path, const Frame *frame, const DataFileOptions *options, Error *error) {
  Status status;
  char *temporary = durable_fresh(path);
  hdf5_set_up();
  TRY(check_columns(frame, error));
  if (!options->force && access(path, F_OK) == 0) {
    TRY(error_set(error, STATUS_EXISTS, "%s: exists; --force replaces it.", path));
  }
  unlink(temporary); // left by a process of the same number that was killed
  errno = 0;
  hdf5_lock();
  bool written = write_file(temporary, frame, options);
  hdf5_unlock();
  if (!written) {
    TRY(error_set(error, STATUS_IO, "%s: writing failed: %s%s.", path,
                  errno == 0 ? "no reason given" : strerror(errno), hdf5_reason()));
  }
  TRY(publish(temporary, path, options->force, error));
done:
  if (status != STATUS_OK) unlink(temporary);
  free(temporary);
  return status;
}
