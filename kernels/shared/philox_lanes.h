// Philox4x32-10 of 16 counters side by side in the vector lanes of one instruction set, to the bits of
// philox.h.
#ifndef INGOT_KERNELS_SHARED_PHILOX_LANES_H
#define INGOT_KERNELS_SHARED_PHILOX_LANES_H

#include "kernels/shared/philox.h"

#if defined(__AVX512F__)
typedef uint64_t PhiloxLanes __attribute__((vector_size(64)));
#define PHILOX_EVEN(a, b) __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14)
#define PHILOX_ODD(a, b) __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15)
#elif defined(__AVX2__)
typedef uint64_t PhiloxLanes __attribute__((vector_size(32)));
#define PHILOX_EVEN(a, b) __builtin_shufflevector(a, b, 0, 4, 2, 6)
#define PHILOX_ODD(a, b) __builtin_shufflevector(a, b, 1, 5, 3, 7)
#else
typedef uint64_t PhiloxLanes __attribute__((vector_size(16)));
#define PHILOX_EVEN(a, b) __builtin_shufflevector(a, b, 0, 2)
#define PHILOX_ODD(a, b) __builtin_shufflevector(a, b, 1, 3)
#endif

enum {
  PHILOX_COUNTERS = 16,
  PHILOX_LANES = sizeof(PhiloxLanes) / sizeof(uint64_t),
  PHILOX_VECTORS = PHILOX_COUNTERS / PHILOX_LANES
};

// The four words of the counters, each in the low half of 64 bits; what is above is of no meaning. Which
// counter is in which lane: PHILOX_BY_WORD, counters take turns in two vectors, so that a word of both
// interleaved has them in order; PHILOX_BY_COUNTER, a vector's even lanes come before its odd ones, so that
// pairs of words interleaved have them in order.
typedef struct PhiloxWords {
  PhiloxLanes x[4][PHILOX_VECTORS];
} PhiloxWords;

typedef enum PhiloxOrder { PHILOX_BY_WORD, PHILOX_BY_COUNTER } PhiloxOrder;

// The same numbers in all lanes, but in word `counting` that of the counter is added.
X1_FUNCTION void philox_lanes_start(PhiloxWords *words, const uint32_t counter[4], int counting,
                                    PhiloxOrder order) {
  const PhiloxLanes zero = {0};
  for (int word = 0; word < 4; word++) {
#pragma GCC unroll 8
    for (int v = 0; v < PHILOX_VECTORS; v++) words->x[word][v] = zero + counter[word];
  }
#pragma GCC unroll 8
  for (int v = 0; v < PHILOX_VECTORS; v++) {
    PhiloxLanes number;
    for (int lane = 0; lane < PHILOX_LANES; lane++)
      number[lane] = order == PHILOX_BY_WORD
                         ? (uint64_t)(v / 2 * 2 * PHILOX_LANES + 2 * lane + v % 2)
                         : (uint64_t)(v * PHILOX_LANES + lane % 2 * PHILOX_LANES / 2 + lane / 2);
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

// words[counter][word], of PHILOX_BY_COUNTER.
X1_FUNCTION void philox_lanes_store_counters(uint32_t *words, const PhiloxWords *from) {
#pragma GCC unroll 8
  for (int v = 0; v < PHILOX_VECTORS; v++) {
    PhiloxLanes first = (from->x[0][v] & 0xffffffff) | from->x[1][v] << 32;
    PhiloxLanes second = (from->x[2][v] & 0xffffffff) | from->x[3][v] << 32;
    PhiloxLanes even = PHILOX_EVEN(first, second), odd = PHILOX_ODD(first, second);
    memcpy(words + v * PHILOX_LANES * 4, &even, sizeof even);
    memcpy(words + v * PHILOX_LANES * 4 + PHILOX_LANES * 2, &odd, sizeof odd);
  }
}

// words[word][counter], of PHILOX_BY_WORD.
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
