// R5's permutation of N rows by random access: a cycle-walking Feistel network of eight rounds.
#ifndef INGOT_KERNELS_SHARED_SHUFFLE_H
#define INGOT_KERNELS_SHARED_SHUFFLE_H

#include "kernels/shared/philox.h"

typedef struct Shuffle {
  uint32_t keys[8];
  uint64_t rows; // N
  int half_bits; // half of the domain's bits
} Shuffle;

// Keys are the words of counters (0, pool, epoch, stream) and (1, pool, epoch, stream).
X1_FUNCTION Shuffle shuffle_of(uint64_t rows, uint64_t seed, uint32_t pool, uint32_t epoch, uint32_t stream) {
  Shuffle shuffle = {{0}, rows, 1};
  random_words(shuffle.keys, seed, 0, pool, epoch, stream);
  random_words(shuffle.keys + 4, seed, 1, pool, epoch, stream);
  int bits = 0;
  while (bits < 64 && (rows - 1) >> bits != 0) bits++;
  if (bits > 2) shuffle.half_bits = (bits + 1) / 2;
  return shuffle;
}

X1_FUNCTION uint32_t shuffle_mix(uint32_t x) {
  x ^= x >> 16;
  x *= 0x85EBCA6Bu;
  x ^= x >> 13;
  x *= 0xC2B2AE35u;
  return x ^ x >> 16;
}

// The row at position i of the permuted order, 0 <= i < rows.
X1_FUNCTION uint64_t shuffle_at(const Shuffle *shuffle, uint64_t i) {
  uint64_t mask = ((uint64_t)1 << shuffle->half_bits) - 1;
  do {
    uint64_t left = i >> shuffle->half_bits, right = i & mask;
    for (int round = 0; round < 8; round++) {
      uint64_t next = left ^ (shuffle_mix((uint32_t)right + shuffle->keys[round]) & mask);
      left = right;
      right = next;
    }
    i = left << shuffle->half_bits | right;
  } while (i >= shuffle->rows);
  return i;
}

// The position of a row: shuffle_at(shuffle, shuffle_place_of(shuffle, row)) = row.
X1_FUNCTION uint64_t shuffle_place_of(const Shuffle *shuffle, uint64_t row) {
  uint64_t mask = ((uint64_t)1 << shuffle->half_bits) - 1, i = row;
  do {
    uint64_t left = i >> shuffle->half_bits, right = i & mask;
    for (int round = 7; round >= 0; round--) {
      uint64_t before = right ^ (shuffle_mix((uint32_t)left + shuffle->keys[round]) & mask);
      right = left;
      left = before;
    }
    i = left << shuffle->half_bits | right;
  } while (i >= shuffle->rows);
  return i;
}

#endif
