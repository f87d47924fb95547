// Host memory that never fails to its caller.
#include "engine/shared/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail_by_abort(size_t bytes) {
  (void)bytes;
  abort();
}

static void (*failure_hook)(size_t) = fail_by_abort;

void memory_on_failure(void (*hook)(size_t bytes)) {
  failure_hook = hook;
}

static size_t checked_bytes(size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - 128) failure_hook(SIZE_MAX);
  return bytes;
}

void *memory_get(size_t count, size_t size) {
  size_t bytes = (checked_bytes(count, size) + 64) / 64 * 64; // at least one line, whole lines
  void *block = aligned_alloc(64, bytes);
  if (block == NULL) failure_hook(bytes);
  return memset(block, 0, bytes);
}

void *memory_grow(void *old, size_t count, size_t size) {
  size_t bytes = checked_bytes(count, size);
  void *block = realloc(old, bytes == 0 ? 1 : bytes);
  if (block == NULL) failure_hook(bytes);
  return block;
}

char *memory_text(const char *text) {
  return memory_text_n(text, strlen(text));
}

char *memory_text_n(const char *text, size_t length) {
  char *copy = memory_grow(NULL, length + 1, 1); // not memory_get: dictionaries hold many short ones
  memcpy(copy, text, length);
  copy[length] = '\0';
  return copy;
}

char *memory_format(const char *format, ...) {
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  int length = vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  char *text = memory_grow(NULL, (size_t)length + 1, 1);
  vsnprintf(text, (size_t)length + 1, format, again);
  va_end(again);
  return text;
}
