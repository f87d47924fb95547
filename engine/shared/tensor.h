// Named tensors in host memory, and the content digest over a set of them.
//
// The digest is SHA-256 over the sorted lines `name\tdtype\tshape\tsha256\n` (numerics id x1): shape is the
// extents in decimal joined by ',', sha256 the lower-case hex digest of the little-endian bytes.
#ifndef INGOT_ENGINE_SHARED_TENSOR_H
#define INGOT_ENGINE_SHARED_TENSOR_H

#include <stddef.h>
#include <stdint.h>

typedef enum DType { DTYPE_F32, DTYPE_F64, DTYPE_I32, DTYPE_I64, DTYPE_U64, DTYPE_U8, DTYPE_COUNT } DType;

enum { TENSOR_RANK_MAX = 8, TENSOR_NAME_MAX = 256, DIGEST_BYTES = 32, DIGEST_HEX = 65 };

typedef struct TensorView {
  char name[TENSOR_NAME_MAX]; // unique in its set; printable ASCII without tab and newline
  DType dtype;
  int rank; // 1..TENSOR_RANK_MAX
  int64_t shape[TENSOR_RANK_MAX];
  void *data; // row-major, little-endian; not owned
} TensorView;

typedef struct TensorSet {
  TensorView *items;
  int count, capacity;
} TensorSet;

// "F32", "F64", "I32", "I64", "U64", "U8": the names of safetensors. dtype_size in bytes.
const char *dtype_name(DType dtype);
size_t dtype_size(DType dtype);

int tensor_same_shape(const TensorView *a, const TensorView *b); // and type
int64_t tensor_elements(const TensorView *tensor);
size_t tensor_bytes(const TensorView *tensor);

// Adds a view; shape holds `rank` extents. Sets are freed with tensor_set_free (never the data).
void tensor_set_add(TensorSet *set, const char *name, DType dtype, int rank, const int64_t *shape,
                    void *data);
void tensor_set_add_all(TensorSet *set, const TensorSet *other);
void tensor_set_sort(TensorSet *set);                                // by byte order of names
TensorView *tensor_set_find(const TensorSet *set, const char *name); // NULL if absent
void tensor_set_free(TensorSet *set);

void tensor_set_digest(uint8_t digest[DIGEST_BYTES], const TensorSet *set); // any order of items

// The same from lines made one tensor at a time, so that not all of them are in memory at once.
char *tensor_digest_line(const TensorView *tensor);                              // freed by the caller
void tensor_lines_digest(uint8_t digest[DIGEST_BYTES], char **lines, int count); // sorts the lines

// SHA-256 and its hex form.
void sha256(uint8_t digest[DIGEST_BYTES], const void *bytes, size_t length);
void sha256_hex(char hex[DIGEST_HEX], const uint8_t digest[DIGEST_BYTES]);

#endif
