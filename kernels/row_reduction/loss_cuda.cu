// Losses of a row with their gradients, and scores, on a GPU.
#include "kernels/row_reduction/loss_formulas.h"
#include "kernels/row_reduction/warp_sum.cuh"

namespace {

enum { THREADS = 256 };

// What a thread's rows add to the sums of the batch.
struct LossSums {
  int64_t weight, loss;

  __device__ __forceinline__ void add(const Loss &s, float l, float w) {
    weight += weight_addend(w);
    if (loss_is_finite(l))
      loss += loss_addend(x1_mul(w, l), s.loss_bound);
    else
      raise_flag(s.flag);
  }
};

// Two atomic additions for a block of N threads, all of which must come here.
template <int N> DEVICE_FUNCTION void add_block_sums(BatchSums *sums, const LossSums &mine) {
  __shared__ SharedArray<int64_t, N> weight;
  __shared__ SharedArray<int64_t, N> loss;
  int t = thread_index();
  weight[t] = mine.weight;
  loss[t] = mine.loss;
  barrier();
  for (int h = N / 2; h >= 1; h /= 2) {
    if (t < h) {
      weight[t] += weight[t + h];
      loss[t] += loss[t + h];
    }
    barrier();
  }
  if (t != 0) return;
  atomic_add(&sums->weight, weight[0]);
  atomic_add(&sums->loss, loss[0]);
}

// The row of targets and weights for row i.
DEVICE_FUNCTION int64_t source_row(const int64_t *rows_of, int64_t i) {
  return rows_of == NULL ? i : rows_of[i];
}

// A thread a row.
template <LossKind kind> KERNEL_OF(THREADS) loss_of_one_output(Loss s) {
  LossSums sums = {0, 0};
  for (int64_t i = grid_index(); i < s.rows; i += grid_size()) {
    int64_t row = source_row(s.rows_of, i);
    float z = s.z[i], y = s.targets[row], w = s.weights[row], dz;
    float l = kind == LOSS_BINARY ? loss_binary(&dz, z, y, w) : loss_squared(&dz, z, y, w);
    s.dz[i] = dz;
    sums.add(s, l, w);
  }
  add_block_sums<THREADS>(s.sums, sums);
}

// The largest of a row's values. A NaN is passed over here, and makes the sum of the row NaN; which of +0 and
// -0 is not fixed, and cannot show, for it is only ever taken away from a value.
template <int GROUP, int HELD, typename Z>
DEVICE_FUNCTION float row_maximum(const RowShare<GROUP, HELD> &share, const Z &z) {
  float m = -__builtin_inff();
  share.each([&](int e, int j) { m = z(e, j) > m ? z(e, j) : m; });
#pragma unroll
  for (int h = GROUP / 2; h >= 1; h /= 2) {
    float other = shuffle_xor(m, h);
    m = other > m ? other : m;
  }
  return m;
}

// A row of softmax to a group of threads.
struct LossRow {
  LossSums sums = {0, 0};

  template <int GROUP, int HELD>
  __device__ __forceinline__ void row(const Loss &s, int64_t i, RowShare<GROUP, HELD> share) {
    const float *from = s.z + i * s.outputs;
    float *dz = s.dz + i * s.outputs;
    RowValues z(share, [=](int, int j) { return from[j]; });
    float top = row_maximum(share, z);
    RowValues p(share, [&](int e, int j) { return x1_exp(x1_sub(z(e, j), top)); });
    float total = share.sum([&](float sum, int e, int j) { return x1_add(sum, p(e, j)); });
    if (share.columns == 0) return;
    float inverse = x1_div(1.0f, total);
    int64_t source = source_row(s.rows_of, i), y = (int64_t)s.targets[source];
    float w = s.weights[source];
    share.each(
        [&](int e, int j) { dz[j] = x1_mul(w, x1_sub(x1_mul(p(e, j), inverse), j == y ? 1.0f : 0.0f)); });
    if (thread_index() % GROUP == 0) sums.add(s, x1_add(x1_sub(top, from[y]), x1_log(total)), w);
  }
  __device__ __forceinline__ void finish(const Loss &s) { add_block_sums<ROW_THREADS>(s.sums, sums); }
};

struct ScoresRow {
  template <int GROUP, int HELD>
  __device__ __forceinline__ void row(const Scores &s, int64_t i, RowShare<GROUP, HELD> share) {
    const float *from = s.z + i * s.outputs;
    float *to = s.p + i * s.outputs;
    RowValues z(share, [=](int, int j) { return from[j]; });
    float top = row_maximum(share, z);
    RowValues p(share, [&](int e, int j) { return x1_exp(x1_sub(z(e, j), top)); });
    float total = share.sum([&](float sum, int e, int j) { return x1_add(sum, p(e, j)); });
    float inverse = x1_div(1.0f, total);
    share.each([&](int e, int j) { to[j] = x1_mul(p(e, j), inverse); });
  }
  __device__ __forceinline__ void finish(const Scores &) {}
};

template <LossKind kind> KERNEL_OF(THREADS) scores_of_one_output(Scores s) {
  for (int64_t i = grid_index(); i < s.rows; i += grid_size()) {
    s.p[i] = kind == LOSS_BINARY ? x1_sigmoid(s.z[i]) : s.z[i];
  }
}

} // namespace

extern "C" void loss_cuda(CudaContext *context, const Loss *s) {
  dim3 blocks = blocks_for(context, s->rows, THREADS);
  switch (s->kind) {
  case LOSS_BINARY:
    launch(context, KERNEL_loss_binary, loss_of_one_output<LOSS_BINARY>, blocks, THREADS, *s);
    return;
  case LOSS_MULTICLASS:
    launch_rows<LossRow>(context, KERNEL_loss_multiclass, *s, s->rows, s->outputs);
    return;
  case LOSS_SQUARED:
    launch(context, KERNEL_loss_squared, loss_of_one_output<LOSS_SQUARED>, blocks, THREADS, *s);
    return;
  }
}

extern "C" void scores_cuda(CudaContext *context, const Scores *s) {
  dim3 blocks = blocks_for(context, s->rows, THREADS);
  switch (s->kind) {
  case LOSS_BINARY:
    launch(context, KERNEL_scores_binary, scores_of_one_output<LOSS_BINARY>, blocks, THREADS, *s);
    return;
  case LOSS_MULTICLASS:
    launch_rows<ScoresRow>(context, KERNEL_scores_multiclass, *s, s->rows, s->outputs);
    return;
  case LOSS_SQUARED:
    launch(context, KERNEL_scores_squared, scores_of_one_output<LOSS_SQUARED>, blocks, THREADS, *s);
    return;
  }
}
