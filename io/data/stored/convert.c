// Stored bytes to numbers and integers.
#include "io/data/stored/stored.h"

#include <string.h>

// Consecutive values of a C type, each widened to what `out` holds. The bytes may lie anywhere.
#define WIDEN(type)                                                                                          \
  for (int64_t i = 0; i < count; i++) {                                                                      \
    type value;                                                                                              \
    memcpy(&value, bytes + (size_t)i * sizeof value, sizeof value);                                          \
    out[i] = value;                                                                                          \
  }

static void widen_signed(int64_t *out, const uint8_t *bytes, size_t size, int64_t count) {
  switch (size) {
  case 1:
    WIDEN(int8_t);
    break;
  case 2:
    WIDEN(int16_t);
    break;
  case 4:
    WIDEN(int32_t);
    break;
  default:
    WIDEN(int64_t);
    break;
  }
}

static void widen_unsigned(int64_t *out, const uint8_t *bytes, size_t size, int64_t count) {
  switch (size) {
  case 1:
    WIDEN(uint8_t);
    break;
  case 2:
    WIDEN(uint16_t);
    break;
  case 4:
    WIDEN(uint32_t);
    break;
  default:
    WIDEN(int64_t); // above 63 bits: negative, and refused
    break;
  }
}

static void widen_floats(double *out, const uint8_t *bytes, size_t size, int64_t count) {
  switch (size) {
  case 4:
    WIDEN(float);
    break;
  default:
    WIDEN(double);
    break;
  }
}

#undef WIDEN

int64_t stored_integers(int64_t *integers, const Values *values, const uint8_t *bytes, int64_t count) {
  if (values->storage == STORAGE_SIGNED) {
    widen_signed(integers, bytes, values->size, count);
    return -1;
  }
  widen_unsigned(integers, bytes, values->size, count);
  uint64_t above = values->storage == STORAGE_BOOLEAN ? 1 : INT64_MAX;
  for (int64_t i = 0; i < count; i++) {
    if ((uint64_t)integers[i] > above) return i;
  }
  return -1;
}

int64_t stored_numbers(double *numbers, const Values *values, const uint8_t *bytes, int64_t count) {
  enum { TILE = 256 };
  int64_t integers[TILE];
  if (values->storage == STORAGE_FLOAT) {
    widen_floats(numbers, bytes, values->size, count);
    return -1;
  }
  for (int64_t at = 0; at < count; at += TILE) {
    int64_t rows = count - at < TILE ? count - at : TILE;
    int64_t bad = stored_integers(integers, values, bytes + (size_t)at * values->size, rows);
    if (bad >= 0) return at + bad;
    for (int64_t i = 0; i < rows; i++) numbers[at + i] = (double)integers[i];
  }
  return -1;
}

const char *stored_rule(const Values *values) {
  return values->storage == STORAGE_BOOLEAN ? "is neither true nor false." : "does not fit into 63 bits.";
}

void stored_swap(const Values *values, uint8_t *bytes, int64_t count) {
  size_t size = values->size;
  for (int64_t i = 0; i < count; i++, bytes += size) {
    for (size_t j = 0; j < size / 2; j++) {
      uint8_t kept = bytes[j];
      bytes[j] = bytes[size - 1 - j];
      bytes[size - 1 - j] = kept;
    }
  }
}
