// How much memory this process has, and how much more it may take by every limit that Linux tells.
#ifndef INGOT_ENGINE_SHARED_MEMORY_LIMIT_H
#define INGOT_ENGINE_SHARED_MEMORY_LIMIT_H

#include "engine/shared/status.h"

#include <stddef.h>

// The nearest limit: bytes that are left below it, and its name for a sentence. SIZE_MAX where none is known.
typedef struct MemoryLimit {
  size_t bytes;
  const char *name;
} MemoryLimit;

// Of these: limits on address space and data (ulimit -v, -d), memory.max of the control group and those above
// it (what of it caches files counts as left; version 1 too), and what the machine has available, swap
// included.
MemoryLimit memory_left(void);

// The same with another root of the file system in place of "": for tests.
MemoryLimit memory_left_under(const char *root);

// Bytes in memory now, and the most there were; 0 where /proc is not there.
size_t memory_resident(void);
size_t memory_peak(void);

// 69 where `bytes` more are not left. what: "training (...)", which takes them; remedy: "lower ...".
Status memory_check(size_t bytes, const char *what, const char *remedy, Error *error);

#endif
