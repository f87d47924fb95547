// The first difference between two sets of tensors.
#include "engine/shared/tensor_difference.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void show(char text[40], DType dtype, const void *element) {
  float f;
  double d;
  int32_t i;
  int64_t l;
  uint64_t u;
  switch (dtype) {
  case DTYPE_F32:
    memcpy(&f, element, 4);
    memcpy(&i, element, 4);
    if (f != f)
      snprintf(text, 40, "nan (0x%08" PRIx32 ")", (uint32_t)i);
    else
      snprintf(text, 40, "%.9g", (double)f);
    return;
  case DTYPE_F64:
    memcpy(&d, element, 8);
    memcpy(&u, element, 8);
    if (d != d)
      snprintf(text, 40, "nan (0x%016" PRIx64 ")", u);
    else
      snprintf(text, 40, "%.17g", d);
    return;
  case DTYPE_I32:
    memcpy(&i, element, 4);
    snprintf(text, 40, "%" PRId32, i);
    return;
  case DTYPE_I64:
    memcpy(&l, element, 8);
    snprintf(text, 40, "%" PRId64, l);
    return;
  case DTYPE_U64:
    memcpy(&u, element, 8);
    snprintf(text, 40, "%" PRIu64, u);
    return;
  default:
    snprintf(text, 40, "%u", *(const uint8_t *)element);
  }
}

// Floats as integers in the order of their values: distance = representable numbers from one to the other.
static int64_t ordered(int64_t bits, int64_t sign) {
  return bits < 0 ? -(bits & ~sign) - 1 : bits;
}

static uint64_t distance(int64_t a, int64_t b) {
  return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

static uint64_t ulps32(const void *a, const void *b) {
  float x, y;
  int32_t i, j;
  memcpy(&x, a, 4), memcpy(&y, b, 4), memcpy(&i, a, 4), memcpy(&j, b, 4);
  if (x != x || y != y) return UINT64_MAX;
  return distance(ordered(i, INT32_MIN), ordered(j, INT32_MIN));
}

static uint64_t ulps64(const void *a, const void *b) {
  double x, y;
  int64_t i, j;
  memcpy(&x, a, 8), memcpy(&y, b, 8), memcpy(&i, a, 8), memcpy(&j, b, 8);
  if (x != x || y != y) return UINT64_MAX;
  return distance(ordered(i, INT64_MIN), ordered(j, INT64_MIN));
}

static void compare_values(TensorDifference *difference, const TensorView *a, const TensorView *b) {
  size_t size = dtype_size(a->dtype);
  const char *x = a->data, *y = b->data;
  int64_t elements = tensor_elements(a);
  if (elements == 0 || memcmp(x, y, tensor_bytes(a)) == 0) return;
  for (int64_t i = 0; i < elements; i++) {
    const char *p = x + (size_t)i * size, *q = y + (size_t)i * size;
    if (memcmp(p, q, size) == 0) continue;
    if (difference->differing++ > 0) continue;
    difference->kind = DIFFERENCE_VALUE;
    difference->element = i;
    show(difference->a, a->dtype, p);
    show(difference->b, a->dtype, q);
    difference->has_ulps = a->dtype == DTYPE_F32 || a->dtype == DTYPE_F64;
    if (difference->has_ulps) difference->ulps = a->dtype == DTYPE_F32 ? ulps32(p, q) : ulps64(p, q);
  }
}

static void compare_pair(TensorDifference *difference, const TensorView *a, const TensorView *b) {
  if (a->dtype != b->dtype) {
    difference->kind = DIFFERENCE_TYPE;
  } else if (a->rank != b->rank || memcmp(a->shape, b->shape, (size_t)a->rank * sizeof a->shape[0]) != 0) {
    difference->kind = DIFFERENCE_SHAPE;
  } else {
    compare_values(difference, a, b);
  }
}

void tensor_difference(TensorDifference *difference, const TensorSet *a, const TensorSet *b) {
  TensorSet x = {0}, y = {0};
  tensor_set_add_all(&x, a);
  tensor_set_add_all(&y, b);
  tensor_set_sort(&x);
  tensor_set_sort(&y);
  *difference = (TensorDifference){.kind = DIFFERENCE_NONE};
  for (int i = 0, j = 0; (i < x.count || j < y.count) && difference->kind == DIFFERENCE_NONE;) {
    int order = i == x.count ? 1 : j == y.count ? -1 : strcmp(x.items[i].name, y.items[j].name);
    const char *name = order <= 0 ? x.items[i].name : y.items[j].name;
    snprintf(difference->name, sizeof difference->name, "%s", name);
    if (order < 0) {
      difference->kind = DIFFERENCE_ONLY_A;
    } else if (order > 0) {
      difference->kind = DIFFERENCE_ONLY_B;
    } else {
      compare_pair(difference, &x.items[i++], &y.items[j++]);
    }
  }
  if (difference->kind == DIFFERENCE_NONE) difference->name[0] = '\0';
  tensor_set_free(&x);
  tensor_set_free(&y);
}
