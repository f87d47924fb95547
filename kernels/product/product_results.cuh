// What becomes of a span's sums on a GPU: finished and stored, or quantised and added up (R3).
//
// A Result has: Kept<A, B, Shape>, what a thread keeps over the spans of its block; span_done, for all of
// them but the last; block_done, for the last.
#ifndef INGOT_KERNELS_PRODUCT_PRODUCT_RESULTS_CUH
#define INGOT_KERNELS_PRODUCT_PRODUCT_RESULTS_CUH

#include "kernels/product/product_tiles.cuh"

// The elements of a thread's part, as visit(index into the part, row, column), where they exist.
template <class A, class B, class S, class Result, class Visit>
DEVICE_FUNCTION void visit_part(const Product<Result> &product, const Place &place, const Visit &visit) {
#pragma unroll
  for (int i = 0; i < S::PARTS; i++) {
    int64_t row = place.row + A::lane(place.thread_row, i / S::PART_COLUMNS);
    int64_t column = place.column + B::lane(place.thread_column, i % S::PART_COLUMNS);
    if (row < product.a.lanes && column < product.b.lanes) visit(i, row, column);
  }
}

// What ends a sum that is whole. Forward: the bias and the activation; backward: the activation's gradient.
struct Ending {
  const float *bias;   // [columns]; forward only
  const float *result; // [rows, columns]; backward only: of the activation
  ActivationKind activation;

  DEVICE_FUNCTION float of(const Ending &ending, float sum, int64_t at, int64_t column) {
    if (ending.bias != nullptr) return activation_of(ending.activation, x1_add(sum, ending.bias[column]));
    if (ending.activation == ACTIVATION_NONE) return sum;
    return activation_gradient(ending.activation, ending.result[at], sum);
  }
};

// out[block y, row, column] = the ended sum; a block has one span.
struct StoredResult {
  float *out;
  Ending ending; // of sums that are whole: {} for those that product_join joins

  template <class A, class B, class S> struct Kept {
    DEVICE_FUNCTION void span_done(Kept &, const Product<StoredResult> &, const float (&)[S::PARTS]) {}

    DEVICE_FUNCTION void block_done(Kept &, const Product<StoredResult> &product,
                                    const float (&sums)[S::PARTS], const Place &place) {
      int64_t columns = product.b.lanes;
      float *out = product.result.out + block_y() * product.a.lanes * columns;
      visit_part<A, B, S>(product, place, [&](int i, int64_t row, int64_t column) {
        int64_t at = row * columns + column;
        out[at] = Ending::of(product.result.ending, sums[i], at, column);
      });
    }
  };
};

// q[row, column] += the quantised sum of every span; the flag is raised where one does not fit.
struct QuantisedResult {
  int64_t *q;
  int32_t *flag;
  Quantiser quantiser;

  template <class A, class B, class S> struct Kept {
    int64_t q[S::PARTS]; // integers have no order: memory is added to once a block

    // A padding zero beyond the edge misfits only where it meets an infinity or NaN, and then so do all
    // elements of that row or column.
    DEVICE_FUNCTION void span_done(Kept &kept, const Product<QuantisedResult> &product,
                                   const float (&sums)[S::PARTS]) {
      const QuantisedResult &result = product.result;
#pragma unroll
      for (int i = 0; i < S::PARTS; i++) {
        if (quantiser_fits(&result.quantiser, sums[i])) {
          kept.q[i] += r3_quantise(sums[i], result.quantiser.scale);
        } else {
          raise_flag(result.flag);
        }
      }
    }

    DEVICE_FUNCTION void block_done(Kept &kept, const Product<QuantisedResult> &product,
                                    const float (&sums)[S::PARTS], const Place &place) {
      span_done(kept, product, sums);
      visit_part<A, B, S>(product, place, [&](int i, int64_t row, int64_t column) {
        atomic_add(&product.result.q[row * product.b.lanes + column], kept.q[i]);
      });
    }
  };
};

#endif
