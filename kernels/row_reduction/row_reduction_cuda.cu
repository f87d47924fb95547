// Sums along a row by rule R2 on a GPU: layer norm and the gradient norm. Losses are in loss_cuda.cu.
#include "kernels/row_reduction/tensor_runs.cuh"
#include "kernels/row_reduction/tree_sum.cuh"
#include "kernels/row_reduction/warp_sum.cuh"

namespace {

// A row of layer norm to a group of threads.
struct NormForwardRow {
  template <int GROUP, int HELD>
  __device__ __forceinline__ void row(const NormForward &s, int64_t i, RowShare<GROUP, HELD> share) {
    const float *from = s.x + i * s.columns;
    float *h = s.h + i * s.columns, *y = s.y + i * s.columns;
    RowValues x(share, [=](int, int j) { return from[j]; });
    float width = (float)s.columns;
    float mean = x1_div(share.sum([&](float sum, int e, int j) { return x1_add(sum, x(e, j)); }), width);
    float variance = x1_div(share.sum([&](float sum, int e, int j) {
      float d = x1_sub(x(e, j), mean);
      return x1_fma(d, d, sum);
    }),
                            width);
    float r = x1_div(1.0f, x1_sqrt(x1_add(variance, 1e-5f)));
    share.each([&](int e, int j) {
      float normal = x1_mul(x1_sub(x(e, j), mean), r);
      h[j] = normal;
      y[j] = activation_of(s.activation, x1_fma(normal, s.gamma[j], s.beta[j]));
      if (j == 0) s.r[i] = r;
    });
  }
  __device__ __forceinline__ void finish(const NormForward &) {}
};

struct NormBackwardInputRow {
  template <int GROUP, int HELD>
  __device__ __forceinline__ void row(const NormBackwardInput &s, int64_t i, RowShare<GROUP, HELD> share) {
    const float *dy = s.dy + i * s.columns, *from = s.h + i * s.columns;
    float *dx = s.dx + i * s.columns;
    RowValues G(share, [=](int, int j) { return x1_mul(dy[j], s.gamma[j]); });
    RowValues h(share, [=](int, int j) { return from[j]; });
    float width = (float)s.columns;
    float a = x1_div(share.sum([&](float sum, int e, int j) { return x1_add(sum, G(e, j)); }), width);
    float c =
        x1_div(share.sum([&](float sum, int e, int j) { return x1_fma(G(e, j), h(e, j), sum); }), width);
    share.each([&](int e, int j) { dx[j] = x1_mul(s.r[i], x1_fma(-h(e, j), c, x1_sub(G(e, j), a))); });
  }
  __device__ __forceinline__ void finish(const NormBackwardInput &) {}
};

enum { GRAIN_WARPS = 8, GRAIN_THREADS = GRAIN_WARPS * WARP };

// R1 over rows [first, last) of one column: of dy * h, and of dy.
struct GrainSums {
  float gamma, beta;
};

DEVICE_FUNCTION GrainSums leaf_sums(const NormBackwardWeight &s, int64_t first, int64_t last,
                                    int64_t column) {
  GrainSums t = {0.0f, 0.0f};
  const float *dy = s.dy + first * s.columns + column, *h = s.h + first * s.columns + column;
  int rows = (int)(last - first);
#pragma unroll 16
  for (int i = 0; i < rows; i++) {
    t.gamma = x1_fma(dy[i * s.columns], h[i * s.columns], t.gamma);
    t.beta = x1_fma(dy[i * s.columns], 1.0f, t.beta);
  }
  return {x1_add(t.gamma, 0.0f), x1_add(t.beta, 0.0f)};
}

DEVICE_FUNCTION GrainSums grain_sums(const NormBackwardWeight &s, int64_t first, int64_t column) {
  int64_t last = first + s.grain < s.rows ? first + s.grain : s.rows;
  if (last - first <= X1_LEAF) return leaf_sums(s, first, last, column);
  TreeSum gamma, beta;
  gamma.leaves = beta.leaves = 0;
  for (int64_t at = first; at < last; at += X1_LEAF) {
    GrainSums leaf = leaf_sums(s, at, at + X1_LEAF < last ? at + X1_LEAF : last, column);
    tree_sum_add(&gamma, leaf.gamma);
    tree_sum_add(&beta, leaf.beta);
  }
  return {tree_sum_end(&gamma), tree_sum_end(&beta)};
}

DEVICE_FUNCTION int64_t quantised(float x, const Quantiser &quantiser, int32_t *flag) {
  if (quantiser_fits(&quantiser, x)) return r3_quantise(x, quantiser.scale);
  raise_flag(flag);
  return 0;
}

// Adds up what the warps of a block have for the columns [column, column + 32), one atomic addition each.
DEVICE_FUNCTION void add_columns(int64_t *q, int64_t mine, int64_t column, int64_t columns) {
  __shared__ SharedArray<int64_t, GRAIN_THREADS> part;
  part[thread_index()] = mine;
  barrier();
  if (warp_index() == 0 && column < columns) {
    int64_t sum = 0;
    for (int w = 0; w < GRAIN_WARPS; w++) sum += part[w * WARP + lane_index()];
    atomic_add(&q[column], sum);
  }
  barrier();
}

// A thread a column, a warp a grain: block_x counts tiles of 32 columns, block_y shares out the grains.
KERNEL_OF(GRAIN_THREADS) norm_weight(NormBackwardWeight s, int block_count_y) {
  int64_t column = (int64_t)block_x() * WARP + lane_index(), grains = (s.rows + s.grain - 1) / s.grain;
  int64_t gamma = 0, beta = 0;
  if (column < s.columns) {
    for (int64_t grain = (int64_t)block_y() * GRAIN_WARPS + warp_index(); grain < grains;
         grain += (int64_t)block_count_y * GRAIN_WARPS) {
      GrainSums sums = grain_sums(s, grain * s.grain, column);
      gamma += quantised(sums.gamma, s.quantiser, s.flag_gamma);
      beta += quantised(sums.beta, s.quantiser, s.flag_beta);
    }
  }
  add_columns(s.qgamma, gamma, column, s.columns);
  add_columns(s.qbeta, beta, column, s.columns);
}

enum { NORM_THREADS = 128 };

// A warp a block of 4096 elements.
KERNEL_OF(NORM_THREADS) norm_blocks(GradientNormBlocks s) {
  const int64_t warps = grid_size() / WARP;
  for (int64_t b = grid_index() / WARP; b < s.block_count; b += warps) {
    const TensorRun run = run_at(s.runs, s.run_count, b, [](const TensorRun &r) { return r.first_block; });
    int64_t begin = (b - run.first_block) * X1_NORM_BLOCK, left = run.count - begin;
    if (left <= 0) continue; // no run has this block
    const float *g = s.g + run.offset + begin;
    RowShare<WARP, 0> share = {left < X1_NORM_BLOCK ? (int)left : X1_NORM_BLOCK};
    float sum = share.sum([&](float t, int, int j) { return x1_fma(g[j], g[j], t); });
    if (lane_index() == 0) s.blocks[b] = sum;
  }
}

enum { FINISH_THREADS = 1024, FINISH_EACH = 4, FINISH_TILE = FINISH_THREADS * FINISH_EACH };

// Sum of the aligned tree over a warp: neighbours first.
DEVICE_FUNCTION float warp_tree(float x) {
  for (int h = 1; h < WARP; h *= 2) x = x1_add(x, shuffle_xor(x, h));
  return x;
}

// T over blocks[at, at + FINISH_TILE), in warp 0; -0, which addition does not see, stands for those beyond
// the last.
DEVICE_FUNCTION float tile_tree(const float *blocks, int64_t at, int64_t count) {
  __shared__ SharedArray<float, WARP> warps;
  float x[FINISH_EACH];
  for (int e = 0; e < FINISH_EACH; e++) {
    int64_t i = at + FINISH_EACH * thread_index() + e;
    x[e] = i < count ? blocks[i] : -0.0f;
  }
  float sum = warp_tree(x1_add(x1_add(x[0], x[1]), x1_add(x[2], x[3])));
  if (lane_index() == 0) warps[warp_index()] = sum;
  barrier();
  if (warp_index() == 0) sum = warp_tree(warps[lane_index()]);
  barrier();
  return sum;
}

KERNEL_OF(FINISH_THREADS) norm_finish(GradientNormFinish s) {
  bool any = block_any(s.flags, s.flag_count);
  TreeSum tree;
  tree.leaves = 0;
  for (int64_t at = 0; at < s.block_count; at += FINISH_TILE) {
    float tile = tile_tree(s.blocks, at, s.block_count);
    if (thread_index() == 0) tree_sum_add(&tree, tile);
  }
  if (thread_index() != 0) return;
  float norm = x1_sqrt(tree_sum_end(&tree));
  s.clip[0] = s.clip_norm > 0.0f && norm > s.clip_norm ? x1_div(s.clip_norm, norm) : 1.0f;
  bool finite = norm < __builtin_inff();
  if (!finite) raise_flag(&s.flags[s.flag_count - 1]);
  StepRecord *record = &s.window->records[s.window->current];
  record->loss = reported_loss(s.sums);
  record->gradient_norm = norm;
  record->taken = finite && !any;
}

} // namespace

extern "C" void norm_forward_cuda(CudaContext *context, const NormForward *s) {
  launch_rows<NormForwardRow>(context, KERNEL_norm_forward, *s, s->rows, s->columns);
}

extern "C" void norm_backward_input_cuda(CudaContext *context, const NormBackwardInput *s) {
  launch_rows<NormBackwardInputRow>(context, KERNEL_norm_backward_input, *s, s->rows, s->columns);
}

extern "C" void norm_backward_weight_cuda(CudaContext *context, const NormBackwardWeight *s) {
  int64_t tiles = (s->columns + WARP - 1) / WARP, grains = (s->rows + s->grain - 1) / s->grain;
  int64_t shares = (grains + GRAIN_WARPS - 1) / GRAIN_WARPS;
  int64_t most = (8 * (int64_t)context->multiprocessors + tiles - 1) / tiles; // fill the device, no more
  if (shares > most) shares = most;
  launch(context, KERNEL_norm_backward_weight, norm_weight, dim3((unsigned)tiles, (unsigned)shares),
         GRAIN_THREADS, *s, (int)shares);
}

extern "C" void gradient_norm_blocks_cuda(CudaContext *context, const GradientNormBlocks *s) {
  launch(context, KERNEL_gradient_norm_blocks, norm_blocks,
         blocks_for(context, s->block_count * WARP, NORM_THREADS), NORM_THREADS, *s);
}

extern "C" void gradient_norm_finish_cuda(CudaContext *context, const GradientNormFinish *s) {
  launch(context, KERNEL_gradient_norm_finish, norm_finish, dim3(1), FINISH_THREADS, *s);
}
