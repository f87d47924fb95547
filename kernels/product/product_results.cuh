// What becomes of a span's sums on a GPU: stored (and the bias added), or quantised and added up (R3).
//
// A Result has: Kept<A, B, Shape>, what a thread keeps over the spans of its block; span_done; block_done.
#ifndef INGOT_KERNELS_PRODUCT_PRODUCT_RESULTS_CUH
#define INGOT_KERNELS_PRODUCT_PRODUCT_RESULTS_CUH

#include "kernels/product/product_tiles.cuh"

// out[span, row, column] = sum (+ bias[column] where there is one).
struct StoredResult {
  float *out;
  const float *bias;

  template <class A_, class B_, class S> struct Kept {
    using A = A_;
    using B = B_;
    enum { PARTS = S::PARTS, COLUMNS = S::PART_COLUMNS };
  };
  template <class Kept>
  DEVICE_FUNCTION void span_done(Kept &, const Product<StoredResult> &product, float (&sums)[Kept::PARTS],
                                 const Place &place, int64_t span) {
    int64_t rows = product.a.lanes, columns = product.b.lanes;
    float *out = product.result.out + span * rows * columns;
    const float *bias = product.result.bias;
#pragma unroll
    for (int i = 0; i < Kept::PARTS; i++) {
      int64_t row = place.row + Kept::A::lane(place.thread_row, i / Kept::COLUMNS);
      int64_t column = place.column + Kept::B::lane(place.thread_column, i % Kept::COLUMNS);
      if (row >= rows || column >= columns) continue;
      out[row * columns + column] = bias == nullptr ? sums[i] : x1_add(sums[i], bias[column]);
    }
  }
  template <class Kept>
  DEVICE_FUNCTION void block_done(const Kept &, const Product<StoredResult> &, const Place &) {}
};

// q[row, column] += the quantised sum of every span; the flag is raised where one does not fit.
struct QuantisedResult {
  int64_t *q;
  int32_t *flag;
  Quantiser quantiser;

  template <class A_, class B_, class S> struct Kept {
    using A = A_;
    using B = B_;
    enum { PARTS = S::PARTS, COLUMNS = S::PART_COLUMNS };
    int64_t q[PARTS]; // integers have no order: memory is added to once a block
  };
  template <class Kept>
  DEVICE_FUNCTION void span_done(Kept &kept, const Product<QuantisedResult> &product,
                                 float (&sums)[Kept::PARTS], const Place &place, int64_t) {
    Quantiser quantiser = product.result.quantiser;
#pragma unroll
    for (int i = 0; i < Kept::PARTS; i++) {
      int64_t row = place.row + Kept::A::lane(place.thread_row, i / Kept::COLUMNS);
      int64_t column = place.column + Kept::B::lane(place.thread_column, i % Kept::COLUMNS);
      // Beyond the edge +0 may have met an infinity: that is nobody's addend.
      if (row >= product.a.lanes || column >= product.b.lanes) continue;
      if (quantiser_fits(&quantiser, sums[i])) {
        kept.q[i] += r3_quantise(sums[i], quantiser.scale);
      } else {
        raise_flag(product.result.flag);
      }
    }
  }
  template <class Kept>
  DEVICE_FUNCTION void block_done(const Kept &kept, const Product<QuantisedResult> &product,
                                  const Place &place) {
#pragma unroll
    for (int i = 0; i < Kept::PARTS; i++) {
      int64_t row = place.row + Kept::A::lane(place.thread_row, i / Kept::COLUMNS);
      int64_t column = place.column + Kept::B::lane(place.thread_column, i % Kept::COLUMNS);
      if (row >= product.a.lanes || column >= product.b.lanes) continue;
      atomic_add(&product.result.q[row * product.b.lanes + column], kept.q[i]);
    }
  }
};

#endif
