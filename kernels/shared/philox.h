// R5, the counter random numbers of numerics id x1: Philox4x32-10 and what is drawn from it.
#ifndef INGOT_KERNELS_SHARED_PHILOX_H
#define INGOT_KERNELS_SHARED_PHILOX_H

#include "kernels/shared/arithmetic.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C++" { // templates, wherever this file is included
#endif
#include <Random123/philox.h>
#ifdef __cplusplus
}
#endif

// The kinds that share one key; a kind and its ordinal are the fourth counter word.
enum {
  RANDOM_INITIALISE = 1,
  RANDOM_DROPOUT = 2,
  RANDOM_SHUFFLE = 3,
  RANDOM_BOOTSTRAP = 5,
  RANDOM_CALIBRATION = 6,
  RANDOM_PARAMETER = 7
};

X1_FUNCTION uint32_t random_stream(uint32_t kind, uint32_t ordinal) {
  return kind << 24 | ordinal;
}

// words[0..4) = Philox4x32-10 of counter (c0, c1, c2, c3) under the seed's two halves.
X1_FUNCTION void random_words(uint32_t words[4], uint64_t seed, uint32_t c0, uint32_t c1, uint32_t c2,
                              uint32_t c3) {
  philox4x32_ctr_t counter = {{c0, c1, c2, c3}};
  philox4x32_key_t key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
  philox4x32_ctr_t result = philox4x32(counter, key);
  for (int i = 0; i < 4; i++) words[i] = result.v[i];
}

// Uniform in [0, 1) with 24 bits.
X1_FUNCTION float random_uniform(uint32_t word) {
  return x1_mul((float)(word >> 8), 0x1p-24f);
}

#endif
