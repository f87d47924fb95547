// safetensors files: a writer whose bytes depend on the tensors alone, and a reader that trusts nothing.
#include "io/checkpoint/safetensors.h"

#include "engine/shared/memory.h"
#include "io/shared/text.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// --- writing

static int compare_layout(const void *a, const void *b) {
  const TensorView *x = *(const TensorView *const *)a, *y = *(const TensorView *const *)b;
  size_t sx = dtype_size(x->dtype), sy = dtype_size(y->dtype);
  if (sx != sy) return sx > sy ? -1 : 1;
  return strcmp(x->name, y->name);
}

static void header_name(Text *text, const char *name) {
  text_put(text, "\"");
  for (const char *p = name; *p; p++) {
    if (*p == '"' || *p == '\\') text_put(text, "\\");
    text_put_n(text, p, 1);
  }
  text_put(text, "\"");
}

static void header_entry(Text *text, const TensorView *tensor, uint64_t begin) {
  text_put(text, ",");
  header_name(text, tensor->name);
  text_add(text, ":{\"dtype\":\"%s\",\"shape\":[", dtype_name(tensor->dtype));
  for (int i = 0; i < tensor->rank; i++)
    text_add(text, i == 0 ? "%lld" : ",%lld", (long long)tensor->shape[i]);
  text_add(text, "],\"data_offsets\":[%llu,%llu]}", (unsigned long long)begin,
           (unsigned long long)(begin + tensor_bytes(tensor)));
}

void safetensors_parts(FilePart **parts, int *count, char **header, const TensorSet *set) {
  TensorSet sorted = {0};
  tensor_set_add_all(&sorted, set);
  tensor_set_sort(&sorted);
  size_t n = (size_t)sorted.count;
  const TensorView **layout = memory_get(n, sizeof *layout);
  uint64_t *begin = memory_get(n, sizeof *begin), at = 0;
  for (size_t i = 0; i < n; i++) layout[i] = &sorted.items[i];
  if (n > 1) qsort(layout, n, sizeof *layout, compare_layout);
  *parts = memory_get(n + 1, sizeof **parts);
  for (size_t i = 0; i < n; i++) {
    begin[layout[i] - sorted.items] = at;
    (*parts)[i + 1] = (FilePart){layout[i]->data, tensor_bytes(layout[i])};
    at += (*parts)[i + 1].length;
  }
  Text text = {0};
  text_put_n(&text, "\0\0\0\0\0\0\0\0", 8);
  text_put(&text, "{\"__metadata__\":{\"format\":\"pt\"}");
  for (size_t i = 0; i < n; i++) header_entry(&text, &sorted.items[i], begin[i]);
  text_put(&text, "}");
  while (text.length % 8 != 0) text_put(&text, " ");
  uint64_t length = text.length - 8;
  memcpy(text.bytes, &length, 8);
  (*parts)[0] = (FilePart){text.bytes, text.length};
  *count = (int)n + 1;
  *header = text_take(&text);
  free(begin);
  free(layout);
  tensor_set_free(&sorted);
}

Status safetensors_write(uint8_t digest[DIGEST_BYTES], const FileCalls *calls, const char *path,
                         const TensorSet *set, Error *error) {
  FilePart *parts;
  int count;
  char *header;
  safetensors_parts(&parts, &count, &header, set);
  Status status = durable_write(digest, calls, path, parts, count, error);
  free(parts);
  free(header);
  return status;
}

// --- reading

typedef struct Entry {
  TensorView view; // data is NULL until it is read
  uint64_t begin, end;
} Entry;

typedef struct Reader {
  const char *path;
  const TensorSet *places; // NULL: none
  int file;
  uint64_t size, header_length; // of the file; of the JSON
  json_t *header;
  Entry *entries;
  int count;
} Reader;

static Status read_at(const Reader *reader, void *bytes, uint64_t length, uint64_t offset, Error *error) {
  for (uint64_t have = 0; have < length;) {
    ssize_t got = pread(reader->file, (char *)bytes + have, length - have, (off_t)(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return error_set(error, STATUS_IO, "cannot read '%s': %s", reader->path, strerror(errno));
    }
    if (got == 0) return error_set(error, STATUS_DATA, "'%s' became shorter while it was read", reader->path);
    have += (uint64_t)got;
  }
  return STATUS_OK;
}

static Status open_file(Reader *reader, Error *error) {
  reader->file = open(reader->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (reader->file < 0 && (errno == ENOENT || errno == ENOTDIR)) {
    return error_set(error, STATUS_MISSING, "there is no file '%s'", reader->path);
  }
  if (reader->file < 0) {
    return error_set(error, STATUS_IO, "cannot open '%s': %s", reader->path, strerror(errno));
  }
  struct stat about;
  if (fstat(reader->file, &about) != 0 || !S_ISREG(about.st_mode)) {
    return error_set(error, STATUS_DATA, "'%s' is not a plain file", reader->path);
  }
  reader->size = (uint64_t)about.st_size;
  return STATUS_OK;
}

static Status read_header(Reader *reader, Error *error) {
  uint64_t length = 0;
  if (reader->size < 8) {
    return error_set(error, STATUS_DATA, "'%s' has %llu bytes: too short for a safetensors file",
                     reader->path, (unsigned long long)reader->size);
  }
  PASS(read_at(reader, &length, 8, 0, error));
  if (length > SAFETENSORS_HEADER_MAX || length > reader->size - 8) {
    return error_set(error, STATUS_DATA,
                     "'%s' declares a header of %llu bytes; it may have at most %d, within the file",
                     reader->path, (unsigned long long)length, SAFETENSORS_HEADER_MAX);
  }
  reader->header_length = length;
  char *text = memory_get(length + 1, 1);
  Status status = read_at(reader, text, length, 8, error);
  json_error_t problem;
  if (status == STATUS_OK) {
    reader->header = text[0] == '{' ? json_loadb(text, length, JSON_REJECT_DUPLICATES, &problem) : NULL;
    if (text[0] != '{') {
      status = error_set(error, STATUS_DATA, "the header of '%s' does not begin with '{'", reader->path);
    } else if (reader->header == NULL) {
      status = error_set(error, STATUS_DATA, "the header of '%s' is not strict JSON: %.160s", reader->path,
                         problem.text);
    }
  }
  free(text);
  return status;
}

static int printable(const char *name, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (name[i] < ' ' || name[i] > '~') return 0;
  }
  return length > 0 && length < TENSOR_NAME_MAX;
}

static int read_dtype(DType *dtype, const json_t *value) {
  const char *name = json_string_value(value);
  for (int i = 0; name != NULL && i < DTYPE_COUNT; i++) {
    *dtype = (DType)i;
    if (strcmp(name, dtype_name(*dtype)) == 0) return 1;
  }
  return 0;
}

static int read_natural(uint64_t *number, const json_t *value) {
  *number = (uint64_t)json_integer_value(value);
  return json_is_integer(value) && json_integer_value(value) >= 0;
}

// Extents, and their product in bytes without overflow.
static int read_shape(TensorView *view, uint64_t *bytes, const json_t *shape) {
  size_t rank = json_array_size(shape);
  if (!json_is_array(shape) || rank < 1 || rank > TENSOR_RANK_MAX) return 0;
  view->rank = (int)rank;
  *bytes = dtype_size(view->dtype);
  int fits = 1;
  for (size_t i = 0; i < rank; i++) {
    uint64_t extent;
    if (!read_natural(&extent, json_array_get(shape, i))) return 0;
    view->shape[i] = (int64_t)extent;
    if (__builtin_mul_overflow(*bytes, extent, bytes) || *bytes > INT64_MAX) fits = 0;
  }
  return fits;
}

static Status read_entry(Reader *reader, const char *name, const json_t *value, Error *error) {
  if (!printable(name, strlen(name))) {
    return error_set(error, STATUS_DATA,
                     "a tensor of '%s' has a name that is not 1 to %d printable ASCII characters",
                     reader->path, TENSOR_NAME_MAX - 1);
  }
  Entry *entry = &reader->entries[reader->count++];
  memcpy(entry->view.name, name, strlen(name) + 1);
  const char *what = NULL;
  uint64_t bytes = 0;
  const json_t *offsets = json_object_get(value, "data_offsets");
  if (!json_is_object(value) || json_object_size(value) != 3) {
    what = "must have dtype, shape and data_offsets and nothing else";
  } else if (!read_dtype(&entry->view.dtype, json_object_get(value, "dtype"))) {
    what = "has a type that is none of F32, F64, I32, I64, U64, U8";
  } else if (!read_shape(&entry->view, &bytes, json_object_get(value, "shape"))) {
    what = "has a shape that is not 1 to 8 natural numbers of a possible size";
  } else if (json_array_size(offsets) != 2 || !read_natural(&entry->begin, json_array_get(offsets, 0)) ||
             !read_natural(&entry->end, json_array_get(offsets, 1))) {
    what = "has data_offsets that are not two natural numbers";
  } else if (entry->end < entry->begin || entry->end - entry->begin != bytes) {
    what = "has data_offsets whose distance is not shape times type";
  }
  if (what == NULL) return STATUS_OK;
  return error_set(error, STATUS_DATA, "the tensor '%s' of '%s' %s", name, reader->path, what);
}

static Status check_metadata(const Reader *reader, json_t *value, Error *error) {
  const char *key;
  json_t *text;
  int strings = json_is_object(value);
  json_object_foreach(value, key, text) strings &= json_is_string(text);
  if (strings) return STATUS_OK;
  return error_set(error, STATUS_DATA, "__metadata__ of '%s' is not an object of strings", reader->path);
}

static int compare_offsets(const void *a, const void *b) {
  const Entry *x = a, *y = b;
  if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
  return x->end < y->end ? -1 : x->end > y->end;
}

// The tensors, in order of offsets, must fill the file.
static Status check_offsets(const Reader *reader, Error *error) {
  uint64_t at = 0, space = reader->size - 8 - reader->header_length;
  for (int i = 0; i < reader->count; i++) {
    const Entry *entry = &reader->entries[i];
    if (entry->begin != at) {
      return error_set(error, STATUS_DATA, "the tensor '%s' of '%s' %s", entry->view.name, reader->path,
                       entry->begin < at ? "overlaps another one" : "leaves a hole before it");
    }
    at = entry->end;
  }
  if (at == space) return STATUS_OK;
  return error_set(error, STATUS_DATA, "the tensors of '%s' take %llu bytes, the file holds %llu",
                   reader->path, (unsigned long long)at, (unsigned long long)space);
}

static Status read_entries(Reader *reader, Error *error) {
  const char *name;
  json_t *value;
  reader->entries = memory_get(json_object_size(reader->header), sizeof *reader->entries);
  json_object_foreach(reader->header, name, value) {
    if (strcmp(name, "__metadata__") == 0) {
      PASS(check_metadata(reader, value, error));
    } else {
      PASS(read_entry(reader, name, value, error));
    }
  }
  if (reader->count > 1) {
    qsort(reader->entries, (size_t)reader->count, sizeof *reader->entries, compare_offsets);
  }
  return check_offsets(reader, error);
}

// Where a tensor has a place already; NULL where it has none.
static void *place_of(const Reader *reader, const Entry *entry) {
  const TensorView *place = reader->places == NULL ? NULL : tensor_set_find(reader->places, entry->view.name);
  return place != NULL && tensor_same_shape(place, &entry->view) ? place->data : NULL;
}

static uint64_t room_of(const Entry *entry) {
  return (entry->end - entry->begin + 63) / 64 * 64;
}

// Memory for the tensors without a place, checked against the machine so that a sparse file cannot exhaust
// it.
static Status allocate(SafeTensors *tensors, const Reader *reader, Error *error) {
  uint64_t need = 64, machine = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
  for (int i = 0; i < reader->count; i++)
    if (place_of(reader, &reader->entries[i]) == NULL) need += room_of(&reader->entries[i]);
  if (need <= machine) tensors->memory = aligned_alloc(64, need);
  if (tensors->memory != NULL) return STATUS_OK;
  return error_set(error, STATUS_UNAVAILABLE, "'%s' needs %llu bytes of memory, more than there is",
                   reader->path, (unsigned long long)need);
}

static Status read_tensors(SafeTensors *tensors, const Reader *reader, Error *error) {
  PASS(allocate(tensors, reader, error));
  char *at = tensors->memory;
  for (int i = 0; i < reader->count; i++) {
    const Entry *entry = &reader->entries[i];
    void *place = place_of(reader, entry), *data = place == NULL ? at : place;
    PASS(read_at(reader, data, entry->end - entry->begin, 8 + reader->header_length + entry->begin, error));
    tensor_set_add(&tensors->set, entry->view.name, entry->view.dtype, entry->view.rank, entry->view.shape,
                   data);
    if (place == NULL) at += room_of(entry);
  }
  tensor_set_sort(&tensors->set);
  return STATUS_OK;
}

Status safetensors_read(SafeTensors *tensors, const char *path, Error *error) {
  return safetensors_read_into(tensors, path, NULL, error);
}

Status safetensors_read_into(SafeTensors *tensors, const char *path, const TensorSet *places, Error *error) {
  Reader reader = {.path = path, .places = places, .file = -1};
  Status status;
  *tensors = (SafeTensors){0};
  TRY(open_file(&reader, error));
  TRY(read_header(&reader, error));
  TRY(read_entries(&reader, error));
  TRY(read_tensors(tensors, &reader, error));
done:
  if (reader.file >= 0) close(reader.file);
  json_decref(reader.header);
  free(reader.entries);
  if (status != STATUS_OK) safetensors_free(tensors);
  return status;
}

void safetensors_free(SafeTensors *tensors) {
  tensor_set_free(&tensors->set);
  free(tensors->memory);
  *tensors = (SafeTensors){0};
}
