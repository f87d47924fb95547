// The core of all matrix products on a GPU: one kernel that computes a tile of the result by rule R1.
//
// DESIGN. A block owns a tile of the result; each thread a part of it in registers. The summed axis is cut
// into spans (the whole axis, an aligned run of leaves, or a grain of rows), and a block sums one or several
// of them, one after another. Tiles of both operands, STEP terms long, pass through two buffers of shared
// memory: one is filled while the other is multiplied. The three operators differ only in how the operands
// lie in memory and in what becomes of a span's sums (Result).
#ifndef INGOT_KERNELS_PRODUCT_PRODUCT_TILES_CUH
#define INGOT_KERNELS_PRODUCT_PRODUCT_TILES_CUH

#include "kernels/product/operand_tile.cuh"
#include "kernels/product/tree_counter.cuh"

// A block's tile, and the part of it that a thread computes.
template <int ROWS_, int COLUMNS_, int PART_ROWS_, int PART_COLUMNS_> struct Shape {
  enum {
    ROWS = ROWS_,
    COLUMNS = COLUMNS_,
    PART_ROWS = PART_ROWS_,
    PART_COLUMNS = PART_COLUMNS_,
    PARTS = PART_ROWS * PART_COLUMNS,
    THREAD_ROWS = ROWS / PART_ROWS,
    THREAD_COLUMNS = COLUMNS / PART_COLUMNS,
    THREADS = THREAD_ROWS * THREAD_COLUMNS
  };
  static_assert(THREAD_ROWS % 4 == 0 && THREAD_COLUMNS % 8 == 0, "a warp is 4 x 8 threads");
};

// sums[row, column, s] = T over the terms of span s of a[row, term] * b[column, term]; block x is a tile of
// the result, block y takes `spans_per_block` spans of `span` terms (the last may be short).
template <class Result> struct Product {
  Operand a, b;
  int64_t terms, span, spans_per_block;
  Result result;
};

// Where a thread's part lies: rows row + A::lane(thread_row, r), columns column + B::lane(thread_column, c).
struct Place {
  int64_t row, column;
  int thread_row, thread_column;
};

// A warp is 4 x 8 threads, its lanes so numbered that of any four neighbours two share a row and two a
// column: then a 16-byte load of shared memory, the same for a row or a column of threads, takes two passes,
// not four.
template <class S> DEVICE_FUNCTION Place place_of_thread(int64_t columns) {
  int lane = lane_index(), warp = warp_index(), warps_across = S::THREAD_COLUMNS / 8;
  int64_t across = (columns + S::COLUMNS - 1) / S::COLUMNS;
  return {block_x() / across * S::ROWS, block_x() % across * S::COLUMNS,
          warp / warps_across * 4 + (lane >> 1 & 1) + (lane >> 3 & 1) * 2,
          warp % warps_across * 8 + (lane & 1) + (lane >> 2 & 1) * 2 + (lane >> 4) * 4};
}

// Starts to fill one buffer with the terms from `term` on, before `end`.
template <class A, class B, class Result>
DEVICE_FUNCTION void load_step(SharedArray<float, A::SIZE> &a, SharedArray<float, B::SIZE> &b,
                               const Product<Result> &product, const Place &place, int64_t term,
                               int64_t end) {
  int terms = (int)lesser(end - term, STEP);
  A::load(a, product.a, place.row, term, terms);
  B::load(b, product.b, place.column, term, terms);
  copy_async_commit();
}

// sums += the tile's terms, ascending.
template <class A, class B, class S>
DEVICE_FUNCTION void multiply(float (&sums)[S::PARTS], SharedArray<float, A::SIZE> &a,
                              SharedArray<float, B::SIZE> &b, const Place &place) {
#pragma unroll 1
  for (int term = 0; term < STEP; term += 4) {
    float b_pieces[S::PART_COLUMNS / 4][4][4];
#pragma unroll
    for (int g = 0; g < S::PART_COLUMNS / 4; g++) B::read(b_pieces[g], b, place.thread_column, g, term);
#pragma unroll
    for (int r = 0; r < S::PART_ROWS; r += 4) {
      float a_piece[4][4];
      A::read(a_piece, a, place.thread_row, r / 4, term);
#pragma unroll
      for (int k = 0; k < 4; k++) {
#pragma unroll
        for (int part = 0; part < 4 * S::PART_COLUMNS; part++) {
          int i = part / S::PART_COLUMNS, c = part % S::PART_COLUMNS;
          float &sum = sums[(r + i) * S::PART_COLUMNS + c];
          sum = x1_fma(a_piece[i][k], b_pieces[c / 4][c % 4][k], sum);
        }
      }
    }
  }
}

// ALayout and BLayout: TermsInside or LanesInside. LEVELS: log2 of the most leaves of a span, at least.
template <template <int, int, int> class ALayout, template <int, int, int> class BLayout, class S, int LEVELS,
          class Result>
KERNEL_OF(S::THREADS)
product_tiles(Product<Result> product) {
  using A = ALayout<S::ROWS, S::THREAD_ROWS, S::THREADS>;
  using B = BLayout<S::COLUMNS, S::THREAD_COLUMNS, S::THREADS>;
  __shared__ SharedArray<float, A::SIZE> a[2];
  __shared__ SharedArray<float, B::SIZE> b[2];
  Place place = place_of_thread<S>(product.b.lanes);
  using Kept = typename Result::template Kept<A, B, S>;
  Kept kept = {};
  TreeCounter<LEVELS, S::PARTS> counter;
  float sums[S::PARTS] = {};

  int64_t term = block_y() * product.spans_per_block * product.span;
  int64_t last = term + lesser(product.spans_per_block * product.span, product.terms - term);
  int64_t end = term + lesser(product.span, last - term); // of the span
  int step = 0;                                           // of the span
  load_step<A, B>(a[0], b[0], product, place, term, end);
  for (int buffer = 0;; buffer ^= 1) {
    bool span_ends = end - term <= STEP;
    term = span_ends ? end : term + STEP;
    if (span_ends) end = term + lesser(product.span, last - term);
    copy_async_wait<0>();
    barrier(); // this buffer is filled, the other one done with
    if (term < last) load_step<A, B>(a[buffer ^ 1], b[buffer ^ 1], product, place, term, end);
    multiply<A, B, S>(sums, a[buffer], b[buffer], place);
    step++;
    if (!span_ends && step % (X1_LEAF / STEP) != 0) continue;
#pragma unroll
    for (int i = 0; i < S::PARTS; i++) sums[i] = x1_add(sums[i], 0.0f);
    TreeCounter<LEVELS, S::PARTS>::take(counter, sums, (step - 1) / (X1_LEAF / STEP), span_ends);
    if (span_ends) {
      if (term == last) break;
      Kept::span_done(kept, product, sums);
      step = 0;
    }
#pragma unroll
    for (int i = 0; i < S::PARTS; i++) sums[i] = 0.0f;
  }
  Kept::block_done(kept, product, sums, place);
}

#endif
