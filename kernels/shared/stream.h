// Memory beyond the caches, on a CPU: asking for what will be read, and results written past the caches, by
// stores that do not read a line before they write it.
#ifndef INGOT_KERNELS_SHARED_STREAM_H
#define INGOT_KERNELS_SHARED_STREAM_H

#include "kernels/shared/vector.h"

enum {
  STREAM_BYTES = 16 << 20, // of a result that exceeds a last cache of 32 MiB with what it is made of
  STREAM_LINE = 16         // floats of a line
};

VECTOR_FUNCTION int stream_is_large(int64_t floats) {
  return floats >= STREAM_BYTES / (int64_t)sizeof(float);
}

// Whether a result of rows of n floats is written past the caches: if it is large, and all its vectors lie at
// multiples of their size.
VECTOR_FUNCTION int stream_wanted(const float *result, int64_t rows, int64_t n) {
  return stream_is_large(rows * n) && n % VECTOR_LANES == 0 && (uintptr_t)result % sizeof(Vector) == 0;
}

// Ends a task that wrote past the caches: before others are told that its results are there.
VECTOR_FUNCTION void stream_end(void) {
#ifdef __FMA__
  _mm_sfence();
#endif
}

// Asks for the lines of from[0..n), which need not exist.
VECTOR_FUNCTION void stream_fetch(const float *from, int64_t n) {
  for (int64_t i = 0; i < n; i += STREAM_LINE) __builtin_prefetch(from + i);
}

// The same of lines that will be written.
VECTOR_FUNCTION void stream_fetch_result(const float *to, int64_t n) {
  for (int64_t i = 0; i < n; i += STREAM_LINE) __builtin_prefetch(to + i, 1);
}

#endif
