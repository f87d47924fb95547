// Allocations of this program, counted: the C library's, behind functions of the same names.
#ifndef INGOT_TESTS_ENGINE_COUNTED_MEMORY_H
#define INGOT_TESTS_ENGINE_COUNTED_MEMORY_H

// Calls of malloc, calloc, realloc, aligned_alloc, posix_memalign and free so far, by any thread; -1 where a
// sanitizer has its own.
long counted_memory_calls();

#endif
