// What the groups of edges share: numbers, memory of a device, extents around edges, and the results' digest.
#ifndef INGOT_TESTS_KERNELS_EDGE_VALUES_H
#define INGOT_TESTS_KERNELS_EDGE_VALUES_H

#include "edges.h"

#include <cstring>

extern "C" {
#include "engine/shared/tensor.h"
}

// What a group leaves behind, in order.
class EdgeResults {
public:
  template <typename T> void take(EdgeDevice &device, const T *at, size_t count) {
    const size_t before = bytes.size();
    bytes.resize(before + count * sizeof(T));
    device.fetch(&bytes[before], at, count * sizeof(T));
  }
  void take_floats(EdgeDevice &device, const float *at, size_t count) {
    const size_t before = bytes.size();
    take(device, at, count);
    for (size_t i = before; i < bytes.size(); i += sizeof(float)) {
      float x;
      std::memcpy(&x, &bytes[i], sizeof x);
      const uint32_t nan = 0x7fc00000u;
      if (x != x) std::memcpy(&bytes[i], &nan, sizeof nan);
    }
  }
  // One digest a shape, so that a group never holds all of its results.
  void end_shape() {
    uint8_t digest[DIGEST_BYTES];
    sha256(digest, bytes.data(), bytes.size());
    bytes.clear();
    digests.insert(digests.end(), digest, digest + DIGEST_BYTES);
  }
  std::string hex() const {
    uint8_t digest[DIGEST_BYTES];
    char text[DIGEST_HEX];
    sha256(digest, digests.data(), digests.size());
    sha256_hex(text, digest);
    return text;
  }

private:
  std::vector<uint8_t> bytes, digests;
};

using Values = std::vector<float>;
using Sizes = std::vector<int64_t>;

// Numbers from a counter (Steele, Lea, Flood 2014: SplitMix64).
class Numbers {
public:
  explicit Numbers(uint64_t seed) : state(seed) {}
  uint64_t next() {
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  int64_t below(int64_t n) { return (int64_t)(next() % (uint64_t)n); }
  // Multiples of 2^-22 in [-2, 2); among `odd` ones also zeros of both signs, subnormal and tiny numbers.
  Values values(int64_t count, bool odd = false) {
    static const float tiny[] = {0.0f,      -0.0f,     0x1p-149f, -0x1p-133f,
                                 0x1p-126f, -0x1p-70f, 0x1p-30f,  -0x1p-17f};
    Values all((size_t)count);
    for (float &x : all) {
      const uint64_t word = next();
      x = odd && word % 8 == 0 ? tiny[word / 8 % 8] : (float)((int32_t)(word >> 40) - (1 << 23)) * 0x1p-22f;
    }
    return all;
  }

private:
  uint64_t state;
};

template <typename T> T *placed(EdgeDevice &device, const std::vector<T> &values) {
  return static_cast<T *>(device.place(values.data(), values.size() * sizeof(T)));
}
inline float *room(EdgeDevice &device, int64_t count) {
  return placed(device, Values((size_t)count, 7.0f));
}

// Around registers and tiles of every instruction set: 1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64.
inline const Sizes small_edges = {1,  2,  3,  4,  5,  6,  7,  8,  9,  11, 12, 13, 15, 16,
                                  17, 23, 24, 25, 31, 32, 33, 47, 48, 49, 63, 64, 65};
// Around blocks, leaves and trees of leaves.
inline const Sizes large_edges = {95,  96,  97,  127, 128, 129, 191, 192, 193, 255, 256,
                                  257, 383, 384, 385, 511, 512, 513, 767, 768, 769};

// Lanes of R2, registers, and what lies between.
inline Sizes row_edges() {
  Sizes all = small_edges;
  all.insert(all.end(), large_edges.begin(), large_edges.end());
  all.push_back(1000);
  return all;
}

// The groups of edges_flat.cc, the last ones of edge_groups.
const std::vector<EdgeGroup> &flat_edge_groups();

#endif
