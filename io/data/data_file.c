// Reading of a column file: every object is checked before a byte of it is used.
#include "io/data/data_file.h"

#include "engine/shared/memory.h"
#include "io/data/hdf5_shim.h"
#include "io/data/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
  COLUMNS_MAX = 10000,
  NAME_BYTES_MAX = 200,
  DEFLATE_RATIO_MAX = 1100,
  CHUNK_EXCESS_MAX = 1 << 27 // bytes by which a chunk may exceed all values
};

// How the values of a data set are stored.
typedef enum Storage {
  STORAGE_FLOAT,
  STORAGE_SIGNED,
  STORAGE_UNSIGNED,
  STORAGE_BOOLEAN,
  STORAGE_TEXT
} Storage;

typedef struct Values {
  hid_t dataset;
  Storage storage;
  size_t size; // bytes of one value
  int64_t count;
} Values;

typedef struct StoredColumn {
  DataColumn column;
  Values values; // of the codes where it is a category
} StoredColumn;

struct DataFile {
  char *path;
  uint64_t bytes; // of the file
  uint64_t base;  // of its addresses
  hid_t file, group;
  int64_t rows;
  StoredColumn *columns;
  int count;
};

// ---- set-up of the library ----

void hdf5_set_up(void) {
  H5dont_atexit(); // at the end it would write again what a full disk did not take, and crash
  H5open();
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  H5PLset_loading_state(0);
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

// Refuses with "PATH: <object>: <rule>".
static Status refuse(const DataFile *file, const char *object, const char *rule, Error *error) {
  return error_set(error, STATUS_DATA, "%s: %s: %s", file->path, object, rule);
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
  const char *problem = hdf5_header_problem(file->path, file->base, info.addr);
  if (problem != NULL) return refuse(file, name, problem, error);
  *object = H5Oopen(parent, name, H5P_DEFAULT);
  if (*object < 0) return refuse(file, name, "is damaged.", error);
  if (H5Iget_type(*object) == type) return STATUS_OK;
  return refuse(file, name, type == H5I_GROUP ? "must be a group." : "must be a data set.", error);
}

static bool is_one_of(hid_t type, const hid_t *known, int count) {
  for (int i = 0; i < count; i++) {
    if (H5Tequal(type, known[i]) > 0) return true;
  }
  return false;
}

// h5py's booleans: an enumeration of one byte with two names.
static bool is_boolean(hid_t type) {
  return H5Tget_class(type) == H5T_ENUM && H5Tget_size(type) == 1 && H5Tget_nmembers(type) == 2;
}

static Status check_type(Values *values, const DataFile *file, const char *name, hid_t type, Error *error) {
  const hid_t floats[] = {H5T_IEEE_F32LE, H5T_IEEE_F64LE, H5T_IEEE_F32BE, H5T_IEEE_F64BE};
  const hid_t signeds[] = {H5T_STD_I8LE,  H5T_STD_I16LE, H5T_STD_I32LE, H5T_STD_I64LE,
                           H5T_STD_I16BE, H5T_STD_I32BE, H5T_STD_I64BE};
  const hid_t unsigneds[] = {H5T_STD_U8LE,  H5T_STD_U16LE, H5T_STD_U32LE, H5T_STD_U64LE,
                             H5T_STD_U16BE, H5T_STD_U32BE, H5T_STD_U64BE};
  values->size = H5Tget_size(type);
  if (is_one_of(type, floats, 4))
    values->storage = STORAGE_FLOAT;
  else if (is_one_of(type, signeds, 7))
    values->storage = STORAGE_SIGNED;
  else if (is_one_of(type, unsigneds, 7))
    values->storage = STORAGE_UNSIGNED;
  else if (is_boolean(type))
    values->storage = STORAGE_BOOLEAN;
  else if (H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0)
    values->storage = STORAGE_TEXT;
  else {
    return refuse(file, name,
                  "has a type that is not read; convert it to integers, float32 or float64, booleans, or a "
                  "category.",
                  error);
  }
  if (values->storage == STORAGE_TEXT && (values->size == 0 || values->size > DATA_CATEGORY_BYTES_MAX)) {
    return refuse(file, name, "holds texts longer than 65536 bytes.", error);
  }
  return STATUS_OK;
}

// Filters: shuffle, one deflate, fletcher32, and only of chunks: HDF5 itself fails on others. *deflated tells
// that stored bytes may be fewer than the values'.
static Status check_filters(bool *deflated, H5D_layout_t layout, const DataFile *file, const char *name,
                            hid_t properties, Error *error) {
  int count = H5Pget_nfilters(properties), deflates = 0;
  if (count != 0 && layout != H5D_CHUNKED) return refuse(file, name, "is damaged.", error);
  for (int i = 0; i < count; i++) {
    unsigned flags, config;
    size_t parameters = 0;
    H5Z_filter_t filter =
        H5Pget_filter2(properties, (unsigned)i, &flags, &parameters, NULL, 0, NULL, &config);
    deflates += filter == H5Z_FILTER_DEFLATE;
    if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE && filter != H5Z_FILTER_FLETCHER32) {
      return refuse(file, name, "uses a filter that is not read; rewrite it: h5repack -f GZIP=4 IN.h5 OUT.h5",
                    error);
    }
  }
  *deflated = deflates > 0;
  if (count >= 0 && deflates <= 1) return STATUS_OK;
  return refuse(file, name, "is compressed twice or damaged.", error);
}

// Enough storage for the declared extent, and chunks in proportion to it.
static Status check_storage(const Values *values, H5D_layout_t layout, const DataFile *file, const char *name,
                            hid_t properties, Error *error) {
  bool deflated = false;
  PASS(check_filters(&deflated, layout, file, name, properties, error));
  uint64_t stored = H5Dget_storage_size(values->dataset), needed;
  if (stored > file->bytes || __builtin_mul_overflow((uint64_t)values->count, values->size, &needed) ||
      needed / (deflated ? DEFLATE_RATIO_MAX : 1) > stored) {
    return refuse(file, name, "declares more values than the file holds: it is truncated or damaged.", error);
  }
  hsize_t chunk = 0;
  if (layout == H5D_CHUNKED &&
      (H5Pget_chunk(properties, 1, &chunk) != 1 || chunk > (needed + CHUNK_EXCESS_MAX) / values->size)) {
    return refuse(file, name, "has chunks that are much larger than itself.", error);
  }
  return STATUS_OK;
}

// Fills `values` from a data set of one axis; values->dataset is open and stays the caller's.
static Status check_dataset(Values *values, const DataFile *file, const char *name, Error *error) {
  Status status;
  hid_t properties = H5Dget_create_plist(values->dataset), type = -1, space = -1;
  H5D_layout_t layout = H5Pget_layout(properties);
  hsize_t extent = 0;
  type = H5Dget_type(values->dataset);
  space = H5Dget_space(values->dataset);
  if (type < 0 || space < 0 || layout < 0) TRY(refuse(file, name, "is damaged.", error));
  TRY(check_type(values, file, name, type, error));
  if (H5Sget_simple_extent_type(space) != H5S_SIMPLE || H5Sget_simple_extent_ndims(space) != 1) {
    TRY(refuse(file, name, "must have one axis, the rows.", error));
  }
  H5Sget_simple_extent_dims(space, &extent, NULL);
  if (extent > (hsize_t)1 << 48) TRY(refuse(file, name, "declares more values than the file holds.", error));
  values->count = (int64_t)extent;
  TRY(check_storage(values, layout, file, name, properties, error));
done:
  H5Pclose(properties);
  H5Sclose(space);
  H5Tclose(type);
  return status;
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
      status = error_set(error, STATUS_DATA, "%s: column '%s': the category '%s' is there twice.", file->path,
                         column->name, sorted[i]);
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

static Status read_categories(DataColumn *column, const DataFile *file, hid_t group, Error *error) {
  Status status;
  Values values = {.dataset = -1};
  hid_t type = -1;
  char *bytes = NULL;
  TRY(open_object(&values.dataset, file, group, "categories", H5I_DATASET, error));
  TRY(check_dataset(&values, file, column->name, error));
  if (values.storage != STORAGE_TEXT || values.count > INT32_MAX) {
    TRY(refuse(file, column->name, "has categories that are not texts of a fixed length.", error));
  }
  bytes = memory_get((size_t)values.count, values.size);
  type = H5Dget_type(values.dataset);
  if (H5Dread(values.dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes) < 0) {
    TRY(refuse(file, column->name, "has damaged categories.", error));
  }
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
  PASS(check_dataset(&stored->values, file, column->name, error));
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
    TRY(check_dataset(&stored->values, file, name, error));
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
        file->path, name, (long long)stored->values.count, file->columns[0].column.name,
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
  file->base = base;
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
  if (stat(file->path, &info) != 0) {
    Status status = errno == ENOENT || errno == ENOTDIR ? STATUS_MISSING : STATUS_IO;
    return error_set(error, status, "%s: %s.", file->path, strerror(errno));
  }
  if (!S_ISREG(info.st_mode)) return error_set(error, STATUS_DATA, "%s: is not a regular file.", file->path);
  file->bytes = (uint64_t)info.st_size;
  if (H5Fis_hdf5(file->path) > 0) return STATUS_OK;
  return error_set(error, STATUS_DATA, "%s: is not an HDF5 file; convert it: ingot import %s -o OUT.h5",
                   file->path, file->path);
}

Status data_file_open(DataFile **opened, const char *path, Error *error) {
  Status status;
  DataFile *file = memory_get(1, sizeof *file);
  file->path = memory_text(path);
  file->file = file->group = -1;
  hdf5_set_up();
  TRY(check_file(file, error));
  hid_t access = hdf5_file_access();
  H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST);
  file->file = H5Fopen(path, H5F_ACC_RDONLY, access);
  H5Pclose(access);
  if (file->file < 0) {
    TRY(error_set(error, STATUS_DATA, "%s: is truncated or damaged%s.", path, hdf5_reason()));
  }
  TRY(check_addresses(file, error));
  TRY(check_format(file, error));
  TRY(open_columns(file, error));
  *opened = file;
  file = NULL;
done:
  data_file_close(file);
  return status;
}

void data_file_close(DataFile *file) {
  if (file == NULL) return;
  for (int i = 0; i < file->count; i++) {
    DataColumn *column = &file->columns[i].column;
    for (int j = 0; j < column->category_count; j++) free(column->categories[j]);
    free(column->categories);
    free(column->name);
    if (file->columns[i].values.dataset >= 0) H5Oclose(file->columns[i].values.dataset);
  }
  if (file->group >= 0) H5Oclose(file->group);
  if (file->file >= 0) H5Fclose(file->file);
  free(file->columns);
  free(file->path);
  free(file);
}

// ---- what others ask ----

const char *data_file_path(const DataFile *file) {
  return file->path;
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

// ---- values ----

// Rows [first, first + count) as `memory_type` (a negative one: as stored).
static Status read_rows(DataFile *file, int column, int64_t first, int64_t count, hid_t memory_type,
                        void *out, Error *error) {
  const StoredColumn *stored = &file->columns[column];
  hsize_t start = (hsize_t)first, extent = (hsize_t)count;
  if (count == 0) return STATUS_OK;
  hid_t type = memory_type < 0 ? H5Dget_type(stored->values.dataset) : memory_type;
  hid_t space = H5Dget_space(stored->values.dataset), window = H5Screate_simple(1, &extent, NULL);
  int failed = H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, NULL, &extent, NULL) < 0 ||
               H5Dread(stored->values.dataset, type, window, space, H5P_DEFAULT, out) < 0;
  H5Sclose(window);
  H5Sclose(space);
  if (memory_type < 0) H5Tclose(type);
  if (!failed) return STATUS_OK;
  return error_set(error, STATUS_DATA,
                   "%s: column '%s': rows %lld to %lld (row 1 is the first) cannot be read%s.", file->path,
                   stored->column.name, ROW_SHOWN(first), (long long)(first + count), hdf5_reason());
}

static Status bad_value(const DataFile *file, int column, int64_t row, const char *rule, Error *error) {
  return error_set(error, STATUS_DATA, "%s: column '%s', " ROW_FORMAT ": %s", file->path,
                   file->columns[column].column.name, ROW_SHOWN(row), rule);
}

static Status read_booleans(DataFile *file, int column, int64_t first, int64_t count, int64_t *integers,
                            Error *error) {
  uint8_t *bytes = memory_get((size_t)count, 1);
  Status status = read_rows(file, column, first, count, -1, bytes, error);
  for (int64_t i = 0; i < count && status == STATUS_OK; i++) {
    integers[i] = bytes[i];
    if (bytes[i] > 1) status = bad_value(file, column, first + i, "is neither true nor false.", error);
  }
  free(bytes);
  return status;
}

Status data_file_integers(DataFile *file, int column, int64_t first, int64_t count, int64_t *integers,
                          Error *error) {
  Storage storage = file->columns[column].values.storage;
  if (storage == STORAGE_BOOLEAN) return read_booleans(file, column, first, count, integers, error);
  hid_t type = storage == STORAGE_SIGNED ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64;
  PASS(read_rows(file, column, first, count, type, integers, error));
  for (int64_t i = 0; i < count && storage == STORAGE_UNSIGNED; i++) {
    if (integers[i] < 0) return bad_value(file, column, first + i, "does not fit into 63 bits.", error);
  }
  return STATUS_OK;
}

Status data_file_numbers(DataFile *file, int column, int64_t first, int64_t count, double *numbers,
                         Error *error) {
  if (file->columns[column].values.storage == STORAGE_FLOAT) {
    return read_rows(file, column, first, count, H5T_NATIVE_DOUBLE, numbers, error);
  }
  int64_t *integers = memory_get((size_t)count, sizeof *integers);
  Status status = data_file_integers(file, column, first, count, integers, error);
  for (int64_t i = 0; i < count && status == STATUS_OK; i++) numbers[i] = (double)integers[i];
  free(integers);
  return status;
}

Status data_file_codes(DataFile *file, int column, int64_t first, int64_t count, int32_t *codes,
                       Error *error) {
  int category_count = file->columns[column].column.category_count;
  PASS(read_rows(file, column, first, count, H5T_NATIVE_INT32, codes, error));
  for (int64_t i = 0; i < count; i++) {
    if (codes[i] < -1 || codes[i] >= category_count) {
      return bad_value(file, column, first + i, "has a code outside its categories.", error);
    }
  }
  return STATUS_OK;
}
