// Philox4x32-10 of 16 counters side by side in the vector lanes of one instruction set, to the bits of
// philox.h.
#ifndef INGOT_KERNELS_SHARED_PHILOX_LANES_H
#define INGOT_KERNELS_SHARED_PHILOX_LANES_H

#include "kernels/shared/philox.h"

#if defined(__AVX512F__)
typedef uint64_t PhiloxLanes __attribute__((vector_size(64)));
#elif defined(__AVX2__)
typedef uint64_t PhiloxLanes __attribute__((vector_size(32)));
#else
typedef uint64_t PhiloxLanes __attribute__((vector_size(16)));
#endif

enum {
  PHILOX_COUNTERS = 16,
  PHILOX_LANES = sizeof(PhiloxLanes) / sizeof(uint64_t),
  PHILOX_VECTORS = PHILOX_COUNTERS / PHILOX_LANES
};

// The four words of the counters, each in the low half of 64 bits; what is above is of no meaning. Counters
// take turns in two vectors, so that these interleaved have them in order.
typedef struct PhiloxWords {
  PhiloxLanes x[4][PHILOX_VECTORS];
} PhiloxWords;

// The same numbers in all lanes, but in word `counting` that of the counter is added.
X1_FUNCTION void philox_lanes_start(PhiloxWords *words, const uint32_t counter[4], int counting) {
  const PhiloxLanes zero = {0};
  for (int word = 0; word < 4; word++) {
#pragma GCC unroll 8
    for (int v = 0; v < PHILOX_VECTORS; v++) words->x[word][v] = zero + counter[word];
  }
#pragma GCC unroll 8
  for (int v = 0; v < PHILOX_VECTORS; v++) {
    PhiloxLanes number;
    for (int lane = 0; lane < PHILOX_LANES; lane++)
      number[lane] = (uint64_t)(v / 2 * 2 * PHILOX_LANES + 2 * lane + v % 2);
    words->x[counting][v] += number;
  }
}

// The products of the low halves: one instruction, which the compiler does not find.
X1_FUNCTION PhiloxLanes philox_products(PhiloxLanes a, PhiloxLanes b) {
#ifdef __AVX__
  PhiloxLanes product;
  __asm__("vpmuludq %2, %1, %0" : "=v"(product) : "v"(a), "v"(b));
  return product;
#else
  return (a & 0xffffffff) * (b & 0xffffffff);
#endif
}

// One round of Philox4x32 (Salmon et al. 2011).
X1_FUNCTION void philox_round(PhiloxWords *words, uint32_t k0, uint32_t k1) {
  const PhiloxLanes zero = {0};
#pragma GCC unroll 8
  for (int v = 0; v < PHILOX_VECTORS; v++) {
    PhiloxLanes a = philox_products(words->x[0][v], zero + 0xD2511F53u);
    PhiloxLanes b = philox_products(words->x[2][v], zero + 0xCD9E8D57u);
    words->x[0][v] = b >> 32 ^ words->x[1][v] ^ k0;
    words->x[1][v] = b;
    words->x[2][v] = a >> 32 ^ words->x[3][v] ^ k1;
    words->x[3][v] = a;
  }
}

// All rounds of `many` (a constant) sets of counters, whose latencies hide each other's.
X1_FUNCTION void philox_lanes(PhiloxWords *words, int many, uint64_t seed) {
  uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
#pragma GCC unroll 10
  for (int round = 0; round < 10; round++) {
#pragma GCC unroll 4
    for (int i = 0; i < many; i++) philox_round(&words[i], k0, k1);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
}

// words[word][counter]
X1_FUNCTION void philox_lanes_store(uint32_t *words, const PhiloxWords *from) {
#pragma GCC unroll 4
  for (int word = 0; word < 4; word++) {
#pragma GCC unroll 4
    for (int v = 0; v < PHILOX_VECTORS; v += 2) {
      PhiloxLanes both = (from->x[word][v] & 0xffffffff) | from->x[word][v + 1] << 32;
      memcpy(words + word * PHILOX_COUNTERS + v * PHILOX_LANES, &both, sizeof both);
    }
  }
}

#endif
