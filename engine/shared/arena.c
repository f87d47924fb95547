// One block of memory, planned before it is allocated.
#include "engine/shared/arena.h"

#include <stdlib.h>
#include <string.h>

enum { LINE = 64 };

void *arena_take(Arena *arena, int64_t count, size_t size) {
  void *taken = arena->base == NULL ? NULL : arena->base + arena->size;
  arena->size += ((size_t)count * size + LINE - 1) / LINE * LINE;
  return taken;
}

Status arena_allocate(Arena *arena, Error *error) {
  size_t size = arena->size == 0 ? LINE : arena->size;
  arena->base = aligned_alloc(LINE, size);
  if (arena->base == NULL) {
    return error_set(
        error, STATUS_UNAVAILABLE,
        "the plan needs %zu bytes at once, which this machine does not give: lower train.micro_batch "
        "or choose machine.residency: stream",
        size);
  }
  memset(arena->base, 0, size);
  arena->size = 0;
  return STATUS_OK;
}

void arena_free(Arena *arena) {
  free(arena->base);
  memset(arena, 0, sizeof *arena);
}
