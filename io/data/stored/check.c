// What a data set says of itself, checked before a value of it is read.
#include "io/data/stored/stored.h"

enum { CHUNK_EXCESS_MAX = 1 << 27 }; // bytes by which a chunk may exceed all values

Status stored_refuse(const StoredFile *file, const char *object, const char *rule, Error *error) {
  return error_set(error, STATUS_DATA, "%s: %s: %s", file->path, object, rule);
}

// ---- type ----

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

static Status check_type(Values *values, const StoredFile *file, const char *name, hid_t type, Error *error) {
  const hid_t floats[] = {H5T_IEEE_F32LE, H5T_IEEE_F64LE, H5T_IEEE_F32BE, H5T_IEEE_F64BE};
  const hid_t signeds[] = {H5T_STD_I8LE,  H5T_STD_I16LE, H5T_STD_I32LE, H5T_STD_I64LE,
                           H5T_STD_I16BE, H5T_STD_I32BE, H5T_STD_I64BE};
  const hid_t unsigneds[] = {H5T_STD_U8LE,  H5T_STD_U16LE, H5T_STD_U32LE, H5T_STD_U64LE,
                             H5T_STD_U16BE, H5T_STD_U32BE, H5T_STD_U64BE};
  values->size = H5Tget_size(type);
  values->big_endian = values->size > 1 && H5Tget_order(type) == H5T_ORDER_BE;
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
    return stored_refuse(file, name,
                         "has a type that is not read; convert it to integers, float32 or float64, booleans, "
                         "or a category.",
                         error);
  }
  if (values->storage == STORAGE_TEXT && (values->size == 0 || values->size > DATA_CATEGORY_BYTES_MAX)) {
    return stored_refuse(file, name, "holds texts longer than 65536 bytes.", error);
  }
  return STATUS_OK;
}

// ---- filters ----

// The filters, and only of chunks: HDF5 itself fails on others. *ratio: how many times larger than the stored
// bytes the values may be.
static Status check_filters(Values *values, uint64_t *ratio, H5D_layout_t layout, const StoredFile *file,
                            const char *name, hid_t properties, Error *error) {
  int count = H5Pget_nfilters(properties), compressing = 0;
  ChunkFormat *format = &values->format;
  *ratio = 1;
  if (count != 0 && layout != H5D_CHUNKED) return stored_refuse(file, name, "is damaged.", error);
  for (int i = 0; i < count; i++) {
    unsigned flags, config, parameter = 0;
    size_t parameters = 1;
    H5Z_filter_t filter =
        H5Pget_filter2(properties, (unsigned)i, &flags, &parameters, &parameter, 0, NULL, &config);
    if (!chunk_filter_is_known(filter) || i == CHUNK_FILTERS_MAX) {
      return stored_refuse(
          file, name, "uses a filter that is not read; rewrite it: h5repack -f GZIP=4 IN.h5 OUT.h5", error);
    }
    format->filters[format->filter_count++] = (ChunkFilter)filter;
    if (filter == CHUNK_SHUFFLE) format->shuffle_bytes = parameters > 0 ? parameter : 0;
    if (filter == CHUNK_SHUFFLE && format->shuffle_bytes != values->size)
      return stored_refuse(file, name, "is damaged.", error);
    if (chunk_filter_compresses((ChunkFilter)filter)) {
      *ratio = chunk_ratio_max((ChunkFilter)filter);
      compressing++;
    }
  }
  if (count >= 0 && compressing <= 1) return STATUS_OK;
  return stored_refuse(file, name, "is compressed twice or damaged.", error);
}

// ---- storage ----

static Status check_chunks(Values *values, uint64_t needed, const StoredFile *file, const char *name,
                           hid_t properties, Error *error) {
  hsize_t chunk = 0;
  unsigned options = 0;
  if (H5Pget_chunk(properties, 1, &chunk) != 1 || chunk == 0 ||
      chunk > (needed + CHUNK_EXCESS_MAX) / values->size) {
    return stored_refuse(file, name, "has chunks that are much larger than itself.", error);
  }
  values->placing = PLACED_IN_CHUNKS;
  values->chunk_rows = (int64_t)chunk;
  values->format.bytes = (size_t)chunk * values->size;
  H5Pget_chunk_opts(properties, &options);
  values->plain_end = options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS;
  return STATUS_OK;
}

// Enough storage for the declared extent, inside the file, and chunks in proportion to it.
static Status check_storage(Values *values, const StoredFile *file, const char *name, hid_t properties,
                            Error *error) {
  H5D_layout_t layout = H5Pget_layout(properties);
  uint64_t ratio, stored = H5Dget_storage_size(values->dataset), needed;
  if (layout < 0) return stored_refuse(file, name, "is damaged.", error);
  PASS(check_filters(values, &ratio, layout, file, name, properties, error));
  if (stored > file->bytes || __builtin_mul_overflow((uint64_t)values->count, values->size, &needed) ||
      needed / ratio > stored) {
    return stored_refuse(file, name, "declares more values than the file holds: it is truncated or damaged.",
                         error);
  }
  if (layout == H5D_CHUNKED) return check_chunks(values, needed, file, name, properties, error);
  values->placing = layout == H5D_CONTIGUOUS ? PLACED_TOGETHER : PLACED_IN_HEADER;
  if (layout != H5D_CONTIGUOUS || needed == 0) return STATUS_OK;
  values->offset = H5Dget_offset(values->dataset);
  if (values->offset <= file->bytes && needed <= file->bytes - values->offset) return STATUS_OK;
  return stored_refuse(file, name, "lies behind the end of the file: it is truncated or damaged.", error);
}

Status stored_check(Values *values, const StoredFile *file, const char *name, Error *error) {
  Status status;
  hid_t properties = H5Dget_create_plist(values->dataset), type = -1, space = -1;
  hsize_t extent = 0;
  type = H5Dget_type(values->dataset);
  space = H5Dget_space(values->dataset);
  if (type < 0 || space < 0 || properties < 0) TRY(stored_refuse(file, name, "is damaged.", error));
  TRY(check_type(values, file, name, type, error));
  if (H5Sget_simple_extent_type(space) != H5S_SIMPLE || H5Sget_simple_extent_ndims(space) != 1) {
    TRY(stored_refuse(file, name, "must have one axis, the rows.", error));
  }
  H5Sget_simple_extent_dims(space, &extent, NULL);
  if (extent > (hsize_t)1 << 48) {
    TRY(stored_refuse(file, name, "declares more values than the file holds.", error));
  }
  values->count = (int64_t)extent;
  TRY(check_storage(values, file, name, properties, error));
done:
  H5Pclose(properties);
  H5Sclose(space);
  H5Tclose(type);
  return status;
}
