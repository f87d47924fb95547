// One block of memory, planned before it is allocated: the same carving code measures it and hands it out.
//
//   | taken | taken | padding to 64 | taken | ...      | size
//
// An Arena without a base only counts, so that `size` afterwards is the bytes to allocate.
#ifndef INGOT_ENGINE_SHARED_ARENA_H
#define INGOT_ENGINE_SHARED_ARENA_H

#include "engine/shared/status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct Arena {
  unsigned char *base; // NULL while measuring
  size_t size;         // bytes taken so far
} Arena;

// count * size bytes, zero, aligned to 64; NULL while measuring.
void *arena_take(Arena *arena, int64_t count, size_t size);

// Allocates the measured bytes and starts over; 69 where the machine does not give them.
Status arena_allocate(Arena *arena, Error *error);

void arena_free(Arena *arena);

#endif
