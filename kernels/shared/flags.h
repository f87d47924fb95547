// Flags by which operators report a step that must not be taken (kernels/README.md, R3).
//
// One int32 per tensor of the parameter table, then one for the loss and one for the gradient norm; 0 = fine.
// They are only ever set to 1, by relaxed atomic stores, so that no order of tasks shows.
#ifndef INGOT_KERNELS_SHARED_FLAGS_H
#define INGOT_KERNELS_SHARED_FLAGS_H

#include "kernels/shared/arithmetic.h"

X1_FUNCTION int flag_any(const int32_t *flags, int64_t count) {
  int any = 0;
  for (int64_t i = 0; i < count; i++) any |= flags[i];
  return any;
}

static inline void flag_raise(int32_t *flag) {
  __atomic_store_n(flag, 1, __ATOMIC_RELAXED);
}

#endif
