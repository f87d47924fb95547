// Named tensors in host memory, and the content digest over a set of them.
#define OPENSSL_SUPPRESS_DEPRECATED // the EVP calls allocate and look the algorithm up, at every step of a
                                    // training
#include "engine/shared/tensor.h"

#include "engine/shared/memory.h"

#include <assert.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
  const char *name;
  size_t size;
} dtypes[] = {{"F32", 4}, {"F64", 8}, {"I32", 4}, {"I64", 8}, {"U64", 8}, {"U8", 1}};
_Static_assert(sizeof dtypes / sizeof dtypes[0] == DTYPE_COUNT, "one row a dtype");

const char *dtype_name(DType dtype) {
  return dtypes[dtype].name;
}
size_t dtype_size(DType dtype) {
  return dtypes[dtype].size;
}

int tensor_same_shape(const TensorView *a, const TensorView *b) {
  return a->dtype == b->dtype && a->rank == b->rank &&
         memcmp(a->shape, b->shape, (size_t)a->rank * sizeof a->shape[0]) == 0;
}

int64_t tensor_elements(const TensorView *tensor) {
  int64_t elements = 1;
  for (int i = 0; i < tensor->rank; i++) elements *= tensor->shape[i];
  return elements;
}

size_t tensor_bytes(const TensorView *tensor) {
  return (size_t)tensor_elements(tensor) * dtype_size(tensor->dtype);
}

void tensor_set_add(TensorSet *set, const char *name, DType dtype, int rank, const int64_t *shape,
                    void *data) {
  assert(strlen(name) < TENSOR_NAME_MAX && rank >= 1 && rank <= TENSOR_RANK_MAX);
  if (set->count == set->capacity) {
    set->capacity = set->capacity == 0 ? 32 : 2 * set->capacity;
    set->items = memory_grow(set->items, (size_t)set->capacity, sizeof *set->items);
  }
  TensorView *tensor = &set->items[set->count++];
  memset(tensor, 0, sizeof *tensor);
  snprintf(tensor->name, sizeof tensor->name, "%s", name);
  tensor->dtype = dtype;
  tensor->rank = rank;
  memcpy(tensor->shape, shape, (size_t)rank * sizeof *shape);
  tensor->data = data;
}

void tensor_set_add_all(TensorSet *set, const TensorSet *other) {
  for (int i = 0; i < other->count; i++) {
    const TensorView *t = &other->items[i];
    tensor_set_add(set, t->name, t->dtype, t->rank, t->shape, t->data);
  }
}

static int compare_names(const void *a, const void *b) {
  return strcmp(((const TensorView *)a)->name, ((const TensorView *)b)->name);
}

void tensor_set_sort(TensorSet *set) {
  if (set->count > 1) qsort(set->items, (size_t)set->count, sizeof *set->items, compare_names);
}

TensorView *tensor_set_find(const TensorSet *set, const char *name) {
  for (int i = 0; i < set->count; i++) {
    if (strcmp(set->items[i].name, name) == 0) return &set->items[i];
  }
  return NULL;
}

void tensor_set_free(TensorSet *set) {
  free(set->items);
  memset(set, 0, sizeof *set);
}

void sha256(uint8_t digest[DIGEST_BYTES], const void *bytes, size_t length) {
  SHA256_CTX context;
  int done =
      SHA256_Init(&context) && SHA256_Update(&context, bytes, length) && SHA256_Final(digest, &context);
  assert(done);
  (void)done;
}

void sha256_hex(char hex[DIGEST_HEX], const uint8_t digest[DIGEST_BYTES]) {
  static const char digits[] = "0123456789abcdef";
  for (int i = 0; i < DIGEST_BYTES; i++) {
    hex[2 * i] = digits[digest[i] >> 4];
    hex[2 * i + 1] = digits[digest[i] & 15];
  }
  hex[DIGEST_HEX - 1] = '\0';
}

char *tensor_digest_line(const TensorView *tensor) {
  uint8_t bytes[DIGEST_BYTES];
  char hex[DIGEST_HEX], shape[21 * TENSOR_RANK_MAX + 1];
  sha256(bytes, tensor->data, tensor_bytes(tensor));
  sha256_hex(hex, bytes);
  int used = 0;
  for (int i = 0; i < tensor->rank; i++) {
    used += snprintf(shape + used, sizeof shape - (size_t)used, i == 0 ? "%lld" : ",%lld",
                     (long long)tensor->shape[i]);
  }
  return memory_format("%s\t%s\t%s\t%s\n", tensor->name, dtype_name(tensor->dtype), shape, hex);
}

static int compare_lines(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b); // by name: a tab is below every character of a name
}

void tensor_lines_digest(uint8_t digest[DIGEST_BYTES], char **lines, int count) {
  if (count > 1) qsort(lines, (size_t)count, sizeof *lines, compare_lines);
  size_t length = 0;
  for (int i = 0; i < count; i++) length += strlen(lines[i]);
  char *text = memory_get(length + 1, 1), *end = text;
  for (int i = 0; i < count; i++) end = stpcpy(end, lines[i]);
  sha256(digest, text, length);
  free(text);
}

void tensor_set_digest(uint8_t digest[DIGEST_BYTES], const TensorSet *set) {
  char **lines = memory_get((size_t)set->count, sizeof *lines);
  for (int i = 0; i < set->count; i++) lines[i] = tensor_digest_line(&set->items[i]);
  tensor_lines_digest(digest, lines, set->count);
  for (int i = 0; i < set->count; i++) free(lines[i]);
  free(lines);
}
