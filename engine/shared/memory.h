// Host memory that never fails to its caller: a failed request ends the program by one hook.
//
// What is large and planned (training buffers) is announced by `ingot plan` first.
#ifndef INGOT_ENGINE_SHARED_MEMORY_H
#define INGOT_ENGINE_SHARED_MEMORY_H

#include <stddef.h>

// count * size bytes of zeros, aligned to 64 bytes; count * size may be 0. Freed by free().
void *memory_get(size_t count, size_t size);

// Grows like realloc (new bytes are not zeroed); aligned as malloc does. Freed by free().
void *memory_grow(void *old, size_t count, size_t size);

// Copies of a string, of the first `length` bytes of one, and printf into a fresh string.
char *memory_text(const char *text);
char *memory_text_n(const char *text, size_t length);
char *memory_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

// What happens when memory ends: must not return. Set once by the program; the default is abort().
void memory_on_failure(void (*hook)(size_t bytes));

#endif
