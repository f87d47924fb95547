// One side of a product on a GPU: a tile of it in shared memory, filled from global memory, read as 4 x 4
// pieces.
//
// A side is a matrix of lanes (rows or columns of the result) by terms (the summed axis). Either may be the
// contiguous one in memory; a tile keeps memory's order, so that 16 bytes travel at once whichever it is, or
// 4 where rows do not begin 16 bytes. What lies beyond the matrix is +0.
#ifndef INGOT_KERNELS_PRODUCT_OPERAND_TILE_CUH
#define INGOT_KERNELS_PRODUCT_OPERAND_TILE_CUH

#include "kernels/cuda/grid.cuh"
#include "kernels/shared/rules.h"

enum { STEP = 16 }; // terms of a tile
static_assert(X1_LEAF % STEP == 0, "a leaf is whole tiles");

struct Operand {
  const float *data;
  int64_t stride; // elements between neighbours along the other axis than the contiguous one
  int64_t lanes;
  bool aligned; // every fourth element of a row begins 16 bytes
};

static inline Operand operand(const float *data, int64_t stride, int64_t lanes) {
  return {data, stride, lanes, (uintptr_t)data % 16 == 0 && stride % 4 == 0};
}

// Starts to fill OUTER rows of INNER elements, a row every PITCH; `from` is the tile's first element, of
// which the matrix has `outer` x `inner` from there on.
template <int OUTER, int INNER, int PITCH, int THREADS>
DEVICE_FUNCTION void load_rows(SharedArray<float, OUTER * PITCH> &tile, const float *from,
                               const Operand &side, int outer, int inner) {
  enum { PIECES = OUTER * INNER / 4 / THREADS, ROWS_AT_ONCE = 4 * THREADS / INNER };
  static_assert(PIECES * THREADS * 4 == OUTER * INNER && ROWS_AT_ONCE * PIECES == OUTER,
                "threads load alike");
  int o = thread_index() / (INNER / 4), i = thread_index() % (INNER / 4) * 4;
  from += o * side.stride + i;
  const int64_t next = ROWS_AT_ONCE * side.stride;
  if (side.aligned) {
#pragma unroll
    for (int piece = 0; piece < PIECES; piece++, o += ROWS_AT_ONCE, from += next) {
      copy_async_16(&tile.vector(o * PITCH + i), from, o < outer ? inner - i : 0);
    }
  } else {
#pragma unroll 1
    for (int piece = 0; piece < PIECES; piece++, o += ROWS_AT_ONCE, from += next) {
#pragma unroll
      for (int c = 0; c < 4; c++)
        copy_async_4(&tile[o * PITCH + i + c], from + c, o < outer && i + c < inner);
    }
  }
}

X1_FUNCTION int64_t lesser(int64_t a, int64_t b) {
  return a < b ? a : b;
}

// element(lane, term) = data[lane * stride + term]. Rows are padded by 16 bytes, so that neighbouring lanes
// lie in different banks; a thread's lanes are THREADS_ALONG apart.
template <int LANES, int THREADS_ALONG, int THREADS> struct TermsInside {
  enum { PITCH = STEP + 4, SIZE = LANES * PITCH };

  DEVICE_FUNCTION void load(SharedArray<float, SIZE> &tile, const Operand &side, int64_t lane, int64_t term,
                            int terms) {
    load_rows<LANES, STEP, PITCH, THREADS>(tile, side.data + lane * side.stride + term, side,
                                           (int)lesser(side.lanes - lane, LANES), terms);
  }
  // The lane within the tile of a thread's i-th.
  DEVICE_FUNCTION int lane(int thread, int i) { return thread + i * THREADS_ALONG; }
  // piece[i][k]: the thread's lane 4 * group + i, term + k.
  DEVICE_FUNCTION void read(float (&piece)[4][4], SharedArray<float, SIZE> &tile, int thread, int group,
                            int term) {
#pragma unroll
    for (int i = 0; i < 4; i++) {
      float4 v = tile.vector(lane(thread, 4 * group + i) * PITCH + term);
      piece[i][0] = v.x, piece[i][1] = v.y, piece[i][2] = v.z, piece[i][3] = v.w;
    }
  }
};

// element(lane, term) = data[term * stride + lane]. A thread's lanes are fours, 4 * THREADS_ALONG apart.
template <int LANES, int THREADS_ALONG, int THREADS> struct LanesInside {
  enum { SIZE = STEP * LANES };

  DEVICE_FUNCTION void load(SharedArray<float, SIZE> &tile, const Operand &side, int64_t lane, int64_t term,
                            int terms) {
    load_rows<STEP, LANES, LANES, THREADS>(tile, side.data + term * side.stride + lane, side, terms,
                                           (int)lesser(side.lanes - lane, LANES));
  }
  DEVICE_FUNCTION int lane(int thread, int i) { return 4 * (thread + i / 4 * THREADS_ALONG) + i % 4; }
  DEVICE_FUNCTION void read(float (&piece)[4][4], SharedArray<float, SIZE> &tile, int thread, int group,
                            int term) {
#pragma unroll
    for (int k = 0; k < 4; k++) {
      float4 v = tile.vector((term + k) * LANES + lane(thread, 4 * group));
      piece[0][k] = v.x, piece[1][k] = v.y, piece[2][k] = v.z, piece[3][k] = v.w;
    }
  }
};

#endif
