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

enum { SHUFFLE_TOGETHER = 64, SHUFFLE_LANES = 16 };

// at[k] = shuffle_at(shuffle, at[k]) for k < count <= SHUFFLE_TOGETHER: a round at a time of all of them, by
// loops that vectorise; those that came out beyond the rows go round again, side by side.
X1_FUNCTION void shuffle_together(const Shuffle *shuffle, int64_t *at, int count) {
  uint32_t left[SHUFFLE_TOGETHER] = {0}, right[SHUFFLE_TOGETHER] = {0};
  uint64_t walking[SHUFFLE_TOGETHER];
  int place[SHUFFLE_TOGETHER];
  const uint32_t mask = (uint32_t)(((uint64_t)1 << shuffle->half_bits) - 1);
  for (int k = 0; k < count; k++) {
    walking[k] = (uint64_t)at[k];
    place[k] = k;
  }
  while (count > 0) {
    for (int k = 0; k < count; k++) {
      left[k] = (uint32_t)(walking[k] >> shuffle->half_bits);
      right[k] = (uint32_t)walking[k] & mask;
    }
    const int lanes = (count + SHUFFLE_LANES - 1) / SHUFFLE_LANES * SHUFFLE_LANES;
    for (int round = 0; round < 8; round++) {
      const uint32_t key = shuffle->keys[round];
      for (int k = 0; k < lanes; k++) {
        uint32_t next = left[k] ^ (shuffle_mix(right[k] + key) & mask);
        left[k] = right[k];
        right[k] = next;
      }
    }
    int beyond = 0;
    for (int k = 0; k < count; k++) {
      uint64_t i = (uint64_t)left[k] << shuffle->half_bits | right[k];
      at[place[k]] = (int64_t)i;
      walking[beyond] = i;
      place[beyond] = place[k];
      beyond += i >= shuffle->rows;
    }
    count = beyond;
  }
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
