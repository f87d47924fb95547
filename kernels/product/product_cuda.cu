// Matrix products by rules R1 to R3 on a GPU: how each is cut into tiles and spans, and the products too thin
// for tiles.
//
// DESIGN. The host looks at dimensions only. The largest tile is taken whose blocks fill the device; where
// not even the smallest does and the sum is long, the summed axis is cut into runs of 2^j leaves, whose sums
// lie in the workspace until product_join adds them by the same tree.
#include "kernels/product/product_results.cuh"
#include "kernels/row_reduction/tree_sum.cuh"
#include "kernels/row_reduction/warp_sum.cuh"

using LargeShape = Shape<128, 64, 8, 8>;
using MediumShape = Shape<64, 64, 8, 4>;
using SmallShape = Shape<32, 32, 4, 4>;
using WeightShape = Shape<64, 64, 8, 4>;

enum {
  FEW_LEVELS = 3,  // of a tree over up to 8 leaves
  SOME_LEVELS = 6, // 64 leaves
  ALL_LEVELS = 24, // as many as anyone has
  SPLIT_MOST = 64, // parts of a split sum
  JOIN_THREADS = 256,
  BIAS_THREADS = 256
};

static int64_t quotient_up(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

template <class S> static int64_t tiles_of(int64_t rows, int64_t columns) {
  return quotient_up(rows, S::ROWS) * quotient_up(columns, S::COLUMNS);
}

// From one and a half blocks per multiprocessor on a device counts as filled.
static bool fills(const CudaContext *context, int64_t blocks) {
  return 2 * blocks >= 3 * (int64_t)context->multiprocessors;
}

template <template <int, int, int> class A, template <int, int, int> class B, class S, int LEVELS,
          class Result>
static void launch_levels(CudaContext *context, KernelId id, const Product<Result> &product) {
  dim3 blocks((unsigned)tiles_of<S>(product.a.lanes, product.b.lanes),
              (unsigned)quotient_up(quotient_up(product.terms, product.span), product.spans_per_block));
  launch(context, id, product_tiles<A, B, S, LEVELS, Result>, blocks, S::THREADS, product);
}

// MOST: the levels of the deepest kernel of this shape.
template <template <int, int, int> class A, template <int, int, int> class B, class S, int MOST, class Result>
static void launch_shape(CudaContext *context, KernelId id, const Product<Result> &product) {
  int64_t leaves = quotient_up(lesser(product.span, product.terms), X1_LEAF);
  if (leaves <= 1) {
    launch_levels<A, B, S, 0>(context, id, product);
  } else if (leaves <= 1 << FEW_LEVELS) {
    launch_levels<A, B, S, FEW_LEVELS>(context, id, product);
  } else {
    launch_levels<A, B, S, MOST>(context, id, product);
  }
}

// The span by which T(terms) is cut: all of it where cutting does not pay or has no room.
static int64_t split_span(const CudaContext *context, int64_t rows, int64_t columns, int64_t terms) {
  int64_t room = (int64_t)(context->workspace_bytes / sizeof(float)) / (rows * columns);
  int64_t most = 2 * (int64_t)context->multiprocessors / tiles_of<SmallShape>(rows, columns);
  most = lesser(lesser(most, room), SPLIT_MOST);
  if (most < 2) return terms;
  int64_t span = X1_LEAF;
  while (quotient_up(terms, span) > most) span *= 2;
  return lesser(span, terms);
}

// out[i] = T over the parts of parts[part, i], ended; count elements.
KERNEL_OF(JOIN_THREADS)
product_join(StoredResult result, const float *parts, int64_t count, int64_t columns, int64_t part_count) {
  for (int64_t i = grid_index(); i < count; i += grid_size()) {
    TreeSum tree;
    tree.leaves = 0;
    for (int64_t part = 0; part < part_count; part++) tree_sum_add(&tree, parts[part * count + i]);
    result.out[i] = Ending::of(result.ending, tree_sum_end(&tree), i, i % columns);
  }
}

// The kernels of a stored product, by the shape of their tiles; `split`: small ones over parts of the sum.
struct StoredKernels {
  KernelId large, medium, small, split;
};

template <template <int, int, int> class A, template <int, int, int> class B>
static void stored_product(CudaContext *context, const StoredKernels &kernels,
                           Product<StoredResult> product) {
  int64_t rows = product.a.lanes, columns = product.b.lanes, leaves = quotient_up(product.terms, X1_LEAF);
  product.span = split_span(context, rows, columns, product.terms);
  product.spans_per_block = 1;
  if (product.span < product.terms) {
    StoredResult result = product.result;
    product.result = {context->workspace, {}};
    launch_shape<A, B, SmallShape, ALL_LEVELS>(context, kernels.split, product);
    launch(context, KERNEL_product_join, product_join, blocks_for(context, rows * columns, JOIN_THREADS),
           JOIN_THREADS, result, context->workspace, rows * columns, columns,
           quotient_up(product.terms, product.span));
  } else if (leaves <= 1 << SOME_LEVELS && fills(context, tiles_of<LargeShape>(rows, columns))) {
    launch_shape<A, B, LargeShape, SOME_LEVELS>(context, kernels.large, product);
  } else if (leaves <= 1 << SOME_LEVELS && fills(context, tiles_of<MediumShape>(rows, columns))) {
    launch_shape<A, B, MediumShape, SOME_LEVELS>(context, kernels.medium, product);
  } else {
    launch_shape<A, B, SmallShape, ALL_LEVELS>(context, kernels.small, product);
  }
}

// R2 of products, a warp a row; each thread has R2's lanes j and j + 32.
KERNEL_OF(ROW_THREADS) one_output_forward(LinearForward s) {
  int64_t row = (int64_t)block_x() * (ROW_THREADS / WARP) + warp_index();
  if (row >= s.rows) return;
  const float *x = s.x + row * s.inputs;
  float low = 0, high = 0;
  int64_t i = lane_index();
#pragma unroll 4
  for (; i + WARP < s.inputs; i += X1_LANES) {
    low = x1_fma(x[i], s.w[i], low);
    high = x1_fma(x[i + WARP], s.w[i + WARP], high);
  }
  if (i < s.inputs) low = x1_fma(x[i], s.w[i], low);
  float sum = warp_r2_join<WARP>(low, high);
  if (lane_index() == 0) s.y[row] = activation_of(s.activation, x1_add(sum, s.bias[0]));
}

void linear_forward_cuda(CudaContext *context, const LinearForward *s) {
  if (s->outputs == 1) {
    dim3 blocks((unsigned)quotient_up(s->rows, ROW_THREADS / WARP));
    launch(context, KERNEL_one_output_forward, one_output_forward, blocks, ROW_THREADS, *s);
    return;
  }
  Product<StoredResult> product = {};
  product.a = operand(s->x, s->inputs, s->rows);
  product.b = operand(s->w, s->inputs, s->outputs);
  product.terms = s->inputs;
  product.result = {s->y, {s->bias, nullptr, s->activation}};
  stored_product<TermsInside, TermsInside>(context,
                                           {KERNEL_product_forward_large, KERNEL_product_forward_medium,
                                            KERNEL_product_forward_small, KERNEL_product_forward_split},
                                           product);
}

void linear_backward_input_cuda(CudaContext *context, const LinearBackwardInput *s) {
  Product<StoredResult> product = {};
  product.a = operand(s->dy, s->outputs, s->rows);
  product.b = operand(s->w, s->inputs, s->inputs);
  product.terms = s->outputs;
  product.result = {s->dx, {nullptr, s->x, s->activation}};
  stored_product<TermsInside, LanesInside>(
      context,
      {KERNEL_product_backward_input_large, KERNEL_product_backward_input_medium,
       KERNEL_product_backward_input_small, KERNEL_product_backward_input_split},
      product);
}

// Bias gradients, R1 with b = 1: a block takes WARP outputs and every block_count_z-th grain; all threads
// fetch a leaf, one warp sums it.
KERNEL_OF(BIAS_THREADS) bias_backward(LinearBackwardWeight s) {
  __shared__ SharedArray<float, X1_LEAF * WARP> leaf;
  int64_t output = (int64_t)block_x() * WARP + lane_index(), grains = (s.rows + s.grain - 1) / s.grain;
  bool exists = output < s.outputs, sums_here = warp_index() == 0;
  int64_t q = 0;
  for (int64_t grain = block_z(); grain < grains; grain += block_count_z()) {
    int64_t first = grain * s.grain, rows = lesser(s.grain, s.rows - first);
    TreeSum tree;
    tree.leaves = 0;
    for (int64_t begin = 0; begin < rows; begin += X1_LEAF) {
      int terms = (int)lesser(rows - begin, X1_LEAF);
      barrier(); // the leaf before is summed
#pragma unroll 8
      for (int i = warp_index(); i < X1_LEAF; i += BIAS_THREADS / WARP) {
        leaf[i * WARP + lane_index()] =
            exists && i < terms ? s.dy[(first + begin + i) * s.outputs + output] : 0.0f;
      }
      barrier();
      if (!sums_here) continue;
      float t = 0;
#pragma unroll 16
      for (int i = 0; i < X1_LEAF; i++) t = x1_fma(leaf[i * WARP + lane_index()], 1.0f, t);
      tree_sum_add(&tree, x1_add(t, 0.0f));
    }
    if (!sums_here || !exists) continue;
    float sum = tree_sum_end(&tree);
    if (quantiser_fits(&s.quantiser, sum)) {
      q += r3_quantise(sum, s.quantiser.scale);
    } else {
      raise_flag(s.flag_b);
    }
  }
  if (sums_here && exists) atomic_add(&s.qb[output], q);
}

// Enough blocks for four a multiprocessor, as far as there are grains.
static int64_t parts_of_grains(const CudaContext *context, int64_t grains, int64_t tiles) {
  return lesser(grains, quotient_up(4 * (int64_t)context->multiprocessors, tiles));
}

void linear_backward_bias_cuda(CudaContext *context, const LinearBackwardWeight *s) {
  int64_t grains = quotient_up(s->rows, s->grain), columns = quotient_up(s->outputs, WARP);
  dim3 blocks((unsigned)columns, 1, (unsigned)parts_of_grains(context, grains, columns));
  launch(context, KERNEL_bias_backward, bias_backward, blocks, BIAS_THREADS, *s);
}

void linear_backward_weight_cuda(CudaContext *context, const LinearBackwardWeight *s) {
  int64_t grains = quotient_up(s->rows, s->grain), tiles = tiles_of<WeightShape>(s->outputs, s->inputs);
  bool large = s->grain <= X1_LEAF << FEW_LEVELS && fills(context, tiles * grains);
  if (!large) tiles = tiles_of<SmallShape>(s->outputs, s->inputs);
  Product<QuantisedResult> product = {};
  product.a = operand(s->dy, s->outputs, s->outputs);
  product.b = operand(s->x, s->inputs, s->inputs);
  product.terms = s->rows;
  product.span = s->grain;
  product.spans_per_block = quotient_up(grains, parts_of_grains(context, grains, tiles));
  product.result = {s->qw, s->flag_w, s->quantiser};
  if (large) {
    launch_shape<LanesInside, LanesInside, WeightShape, FEW_LEVELS>(
        context, KERNEL_product_backward_weight_large, product);
  } else {
    launch_shape<LanesInside, LanesInside, SmallShape, ALL_LEVELS>(
        context, KERNEL_product_backward_weight_small, product);
  }
  linear_backward_bias_cuda(context, s);
}
