// Reading of a column file: every object is checked before a byte of it is used.
#include "io/data/data_file.h"

#include "engine/shared/memory.h"
#include "engine/shared/memory_limit.h"
#include "io/data/stored/stored.h"
#include "io/data/text.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
  COLUMNS_MAX = 10000,
  COLUMNS_A_LOOK = 64, // at the memory that is left: some 20 KB each
  NAME_BYTES_MAX = 200,
  DICTIONARY_BYTES_MAX = 1 << 30
};

typedef struct StoredColumn {
  DataColumn column;
  Values values; // of the codes where it is a category
} StoredColumn;

struct DataFile {
  StoredFile stored;
  hid_t file, group;
  int64_t rows;
  StoredColumn *columns;
  int count;
};

// ---- set-up of the library ----

static pthread_mutex_t library = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

void hdf5_lock(void) {
  pthread_mutex_lock(&library);
}

void hdf5_unlock(void) {
  pthread_mutex_unlock(&library);
}

void hdf5_set_up(void) {
  H5dont_atexit(); // at the end it would write again what a full disk did not take, and crash
  H5open();
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  H5PLset_loading_state(0);
}

// Its own error codes say it only sometimes: to write them down takes memory.
Status hdf5_blame(Status status, const char *path, Error *error) {
  MemoryLimit left = memory_left();
  if (left.bytes >= HDF5_ROOM_BYTES) return status;
  return error_set(
      error, STATUS_UNAVAILABLE,
      "%s: HDF5 could not read it, and %zu bytes (%.1f MiB) are left to this process by %s: raise the "
      "limit",
      path, left.bytes, (double)left.bytes / 0x1p20, left.name);
}

// Out of memory the library may crash, or end the program without a word.
static Status check_room(Error *error) {
  return memory_check(HDF5_ROOM_BYTES, "opening a file by HDF5", "raise the limit", error);
}

static herr_t keep_reason(unsigned depth, const H5E_error2_t *entry, void *text) {
  (void)depth;
  if (entry->desc != NULL && entry->desc[0] != '\0') snprintf(text, 160, "%s", entry->desc);
  return 0;
}

const char *hdf5_reason(void) {
  static _Thread_local char text[180];
  char reason[160] = "";
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_reason, reason);
  snprintf(text, sizeof text, reason[0] == '\0' ? "%s" : " (HDF5: %s)", reason);
  return text;
}

hid_t hdf5_file_access(void) {
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
  H5Pset_file_locking(access, 0, 1);
  H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
  return access;
}

// ---- checks ----

static Status refuse(const DataFile *file, const char *object, const char *rule, Error *error) {
  return stored_refuse(&file->stored, object, rule, error);
}

// A child of a group that is an object of this file: links to elsewhere are never followed.
static Status check_link(const DataFile *file, hid_t parent, const char *name, Error *error) {
  H5L_info_t link;
  if (H5Lexists(parent, name, H5P_DEFAULT) <= 0) return refuse(file, name, "is missing.", error);
  if (H5Lget_info(parent, name, &link, H5P_DEFAULT) < 0) return refuse(file, name, "is damaged.", error);
  if (link.type == H5L_TYPE_HARD) return STATUS_OK;
  return refuse(file, name,
                "is a link to elsewhere (soft or external); only objects of the file itself are read.",
                error);
}

// Opens a group or a data set.
static Status open_object(hid_t *object, const DataFile *file, hid_t parent, const char *name,
                          H5I_type_t type, Error *error) {
  H5O_info_t info;
  PASS(check_link(file, parent, name, error));
  if (H5Oget_info_by_name2(parent, name, &info, H5O_INFO_BASIC, H5P_DEFAULT) < 0)
    return refuse(file, name, "is damaged.", error);
  const char *problem = hdf5_header_problem(file->stored.path, file->stored.base, info.addr);
  if (problem != NULL) return refuse(file, name, problem, error);
  *object = H5Oopen(parent, name, H5P_DEFAULT);
  if (*object < 0) return refuse(file, name, "is damaged.", error);
  if (H5Iget_type(*object) == type) return STATUS_OK;
  return refuse(file, name, type == H5I_GROUP ? "must be a group." : "must be a data set.", error);
}

// ---- categories ----

static int by_text(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static Status check_unique(const DataFile *file, const DataColumn *column, Error *error) {
  size_t count = (size_t)column->category_count;
  char **sorted = memory_get(count, sizeof *sorted);
  memcpy(sorted, column->categories, count * sizeof *sorted);
  if (count > 1) qsort(sorted, count, sizeof *sorted, by_text);
  Status status = STATUS_OK;
  for (size_t i = 1; i < count && status == STATUS_OK; i++) {
    if (strcmp(sorted[i - 1], sorted[i]) == 0) {
      status = error_set(error, STATUS_DATA, "%s: column '%s': the category '%s' is there twice.",
                         file->stored.path, column->name, sorted[i]);
    }
  }
  free(sorted);
  return status;
}

static Status split_categories(DataColumn *column, const DataFile *file, const Values *values,
                               const char *bytes, bool space_padded, Error *error) {
  column->categories = memory_get((size_t)values->count, sizeof *column->categories);
  for (int64_t i = 0; i < values->count; i++) {
    const char *text = bytes + (size_t)i * values->size;
    size_t length = strnlen(text, values->size);
    while (space_padded && length > 0 && text[length - 1] == ' ') length--;
    if (!utf8_is_valid(text, length))
      return refuse(file, column->name, "has a category that is not UTF-8.", error);
    column->categories[column->category_count++] = memory_text_n(text, length);
  }
  return check_unique(file, column, error);
}

static Status read_texts(char *bytes, const DataFile *file, const char *name, const Values *values,
                         Error *error) {
  PieceReader reader = {0};
  Status status = STATUS_OK;
  for (int64_t at = 0; at < values->count && status == STATUS_OK;) {
    Piece piece;
    status = stored_read(&piece, &reader, values, &file->stored, name, at, values->count, error);
    if (status != STATUS_OK) break;
    memcpy(bytes + (size_t)at * values->size, piece.bytes, (size_t)piece.count * values->size);
    at += piece.count;
  }
  piece_reader_free(&reader);
  return status;
}

static Status read_categories(DataColumn *column, const DataFile *file, hid_t group, Error *error) {
  Status status;
  Values values = {.dataset = -1};
  hid_t type = -1;
  char *bytes = NULL;
  TRY(open_object(&values.dataset, file, group, "categories", H5I_DATASET, error));
  TRY(stored_check(&values, &file->stored, column->name, error));
  if (values.storage != STORAGE_TEXT || values.count > INT32_MAX) {
    TRY(refuse(file, column->name, "has categories that are not texts of a fixed length.", error));
  }
  if ((uint64_t)values.count * values.size > DICTIONARY_BYTES_MAX) {
    TRY(refuse(file, column->name, "has categories of more than 1 GB.", error));
  }
  bytes = memory_get((size_t)values.count, values.size);
  type = H5Dget_type(values.dataset);
  TRY(read_texts(bytes, file, column->name, &values, error));
  TRY(split_categories(column, file, &values, bytes, H5Tget_strpad(type) == H5T_STR_SPACEPAD, error));
done:
  free(bytes);
  if (type >= 0) H5Tclose(type);
  if (values.dataset >= 0) H5Oclose(values.dataset);
  return status;
}

// ---- opening ----

static Status open_category(StoredColumn *stored, const DataFile *file, hid_t group, Error *error) {
  DataColumn *column = &stored->column;
  column->kind = COLUMN_CATEGORY;
  PASS(open_object(&stored->values.dataset, file, group, "codes", H5I_DATASET, error));
  PASS(stored_check(&stored->values, &file->stored, column->name, error));
  if (stored->values.storage != STORAGE_SIGNED || stored->values.size > 4) {
    return refuse(file, column->name, "has codes that are not int8, int16 or int32.", error);
  }
  return read_categories(column, file, group, error);
}

static Status open_column(DataFile *file, const char *name, Error *error) {
  Status status;
  hid_t object = -1;
  StoredColumn *stored = &file->columns[file->count++];
  DataColumn *column = &stored->column;
  stored->values.dataset = -1;
  column->name = memory_text(name);
  H5O_info_t info;
  if (!utf8_is_valid(name, strlen(name)))
    TRY(refuse(file, "a column", "has a name that is not UTF-8.", error));
  TRY(check_link(file, file->group, name, error));
  bool is_group = H5Oget_info_by_name2(file->group, name, &info, H5O_INFO_BASIC, H5P_DEFAULT) >= 0 &&
                  info.type == H5O_TYPE_GROUP;
  TRY(open_object(&object, file, file->group, name, is_group ? H5I_GROUP : H5I_DATASET, error));
  if (is_group) {
    TRY(open_category(stored, file, object, error));
  } else {
    stored->values.dataset = object;
    object = -1;
    TRY(stored_check(&stored->values, &file->stored, name, error));
    if (stored->values.storage == STORAGE_TEXT) {
      TRY(refuse(file, name, "holds texts; a category is a group of codes and categories: use ingot import.",
                 error));
    }
    column->integer = stored->values.storage != STORAGE_FLOAT;
  }
  if (file->count > 1 && stored->values.count != file->rows) {
    TRY(error_set(
        error, STATUS_DATA,
        "%s: column '%s' has %lld rows, column '%s' has %lld: all columns must have the same number.",
        file->stored.path, name, (long long)stored->values.count, file->columns[0].column.name,
        (long long)file->rows));
  }
  file->rows = stored->values.count;
done:
  if (object >= 0) H5Oclose(object);
  return status;
}

// Columns in creation order where the file keeps one, else by name.
static Status open_columns(DataFile *file, Error *error) {
  H5G_info_t info;
  PASS(open_object(&file->group, file, file->file, "columns", H5I_GROUP, error));
  if (H5Gget_info(file->group, &info) < 0) return refuse(file, "columns", "is damaged.", error);
  if (info.nlinks == 0) return refuse(file, "columns", "has no columns.", error);
  if (info.nlinks > COLUMNS_MAX) return refuse(file, "columns", "has more than 10000 columns.", error);
  unsigned order = 0;
  hid_t properties = H5Gget_create_plist(file->group);
  H5Pget_link_creation_order(properties, &order);
  H5Pclose(properties);
  H5_index_t index = order & H5P_CRT_ORDER_INDEXED ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;
  file->columns = memory_get((size_t)info.nlinks, sizeof *file->columns);
  for (hsize_t i = 0; i < info.nlinks; i++) {
    if (i % COLUMNS_A_LOOK == 0) PASS(check_room(error));
    char name[NAME_BYTES_MAX + 1];
    ssize_t length =
        H5Lget_name_by_idx(file->group, ".", index, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT);
    bool usable = length > 0 && length <= NAME_BYTES_MAX && strchr(name, '/') == NULL; // no path
    if (!usable) return refuse(file, "a column", "has no usable name.", error);
    PASS(open_column(file, name, error));
  }
  return file->rows > 0 ? STATUS_OK : refuse(file, "columns", "have no rows.", error);
}

// Where addresses begin, and that they are of 8 bytes.
static Status check_addresses(DataFile *file, Error *error) {
  hsize_t base = 0;
  size_t address_bytes = 0, length_bytes = 0;
  hid_t properties = H5Fget_create_plist(file->file);
  H5Pget_userblock(properties, &base);
  H5Pget_sizes(properties, &address_bytes, &length_bytes);
  H5Pclose(properties);
  file->stored.base = base;
  if (address_bytes == 8 && length_bytes == 8) return STATUS_OK;
  return refuse(file, "addresses", "are not of 8 bytes; rewrite it: h5repack IN.h5 OUT.h5", error);
}

// The layout's name, where the file has one, must be ours.
static Status check_format(const DataFile *file, Error *error) {
  Status status = STATUS_OK;
  char text[64] = "";
  if (H5Aexists(file->file, "layout") <= 0) return STATUS_OK;
  hid_t attribute = H5Aopen(file->file, "layout", H5P_DEFAULT);
  hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
  bool readable = H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0 &&
                  H5Tget_size(type) < sizeof text && H5Sget_simple_extent_npoints(space) == 1;
  if (!readable || H5Aread(attribute, type, text) < 0 || strcmp(text, DATA_FILE_LAYOUT) != 0) {
    status = refuse(file, "layout", "is not " DATA_FILE_LAYOUT "; the file was written by another version.",
                    error);
  }
  H5Sclose(space);
  H5Tclose(type);
  H5Aclose(attribute);
  return status;
}

static Status check_file(DataFile *file, Error *error) {
  struct stat info;
  if (stat(file->stored.path, &info) != 0) {
    Status status = errno == ENOENT || errno == ENOTDIR ? STATUS_MISSING : STATUS_IO;
    return error_set(error, status, "%s: %s.", file->stored.path, strerror(errno));
  }
  if (!S_ISREG(info.st_mode))
    return error_set(error, STATUS_DATA, "%s: is not a regular file.", file->stored.path);
  file->stored.bytes = (uint64_t)info.st_size;
  if (H5Fis_hdf5(file->stored.path) > 0) return STATUS_OK;
  return error_set(error, STATUS_DATA, "%s: is not an HDF5 file; convert it: ingot import %s -o OUT.h5",
                   file->stored.path, file->stored.path);
}

// HDF5's own descriptor, so that values are read from the file that was checked.
static Status take_descriptor(DataFile *file, Error *error) {
  void *handle = NULL;
  if (H5Fget_vfd_handle(file->file, H5P_DEFAULT, &handle) < 0 || handle == NULL)
    return refuse(file, "the file", "has no descriptor.", error);
  file->stored.fd = *(int *)handle;
  return STATUS_OK;
}

static Status open_checked(DataFile *file, Error *error) {
  hdf5_set_up();
  PASS(check_file(file, error));
  PASS(check_room(error));
  hid_t access = hdf5_file_access();
  H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST);
  file->file = H5Fopen(file->stored.path, H5F_ACC_RDONLY, access);
  H5Pclose(access);
  if (file->file < 0) {
    return error_set(error, STATUS_DATA, "%s: is truncated or damaged%s.", file->stored.path, hdf5_reason());
  }
  PASS(take_descriptor(file, error));
  PASS(check_addresses(file, error));
  PASS(check_format(file, error));
  return open_columns(file, error);
}

Status data_file_open(DataFile **opened, const char *path, Error *error) {
  DataFile *file = memory_get(1, sizeof *file);
  file->stored.path = memory_text(path);
  file->file = file->group = -1;
  hdf5_lock();
  Status status = open_checked(file, error);
  if (status == STATUS_DATA) status = hdf5_blame(status, path, error);
  hdf5_unlock();
  if (status == STATUS_OK)
    *opened = file;
  else
    data_file_close(file);
  return status;
}

static void close_columns(DataFile *file) {
  for (int i = 0; i < file->count; i++) {
    DataColumn *column = &file->columns[i].column;
    for (int j = 0; j < column->category_count; j++) free(column->categories[j]);
    free(column->categories);
    free(column->name);
    if (file->columns[i].values.dataset >= 0) H5Oclose(file->columns[i].values.dataset);
  }
}

void data_file_close(DataFile *file) {
  if (file == NULL) return;
  hdf5_lock();
  close_columns(file);
  if (file->group >= 0) H5Oclose(file->group);
  if (file->file >= 0) H5Fclose(file->file);
  hdf5_unlock();
  free(file->columns);
  free(file->stored.path);
  free(file);
}

// ---- what others ask ----

const char *data_file_path(const DataFile *file) {
  return file->stored.path;
}

int64_t data_file_rows(const DataFile *file) {
  return file->rows;
}

int data_file_column_count(const DataFile *file) {
  return file->count;
}

const DataColumn *data_file_column(const DataFile *file, int index) {
  return &file->columns[index].column;
}

int data_file_find(const DataFile *file, const char *name) {
  for (int i = 0; i < file->count; i++) {
    if (strcmp(file->columns[i].column.name, name) == 0) return i;
  }
  return -1;
}

const StoredFile *data_file_stored(const DataFile *file) {
  return &file->stored;
}

const Values *data_file_values(const DataFile *file, int column) {
  return &file->columns[column].values;
}
