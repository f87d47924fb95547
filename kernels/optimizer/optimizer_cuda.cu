// Initial values, gradients out of their exact sums, AdamW and SGD, on a GPU.
#include "kernels/cuda/pack.cuh"
#include "kernels/optimizer/update.h"
#include "kernels/row_reduction/tensor_runs.cuh"
#include "kernels/shared/philox.h"

namespace {

enum { THREADS = 256, PACK = 4, SUM_PACK = 2 };

KERNEL_OF(WARP) begin(StepBegin s) {
  if (thread_index() != 0) return;
  s.window->current++;
  s.sums->weight = 0;
  s.sums->loss = 0;
}

// One draw of Philox is four elements.
KERNEL_OF(THREADS) draw(Initialise s) {
  const uint32_t stream = random_stream(RANDOM_INITIALISE, s.tensor);
  each_pack<PACK>(s.count, [&](int64_t at, int n) {
    uint32_t words[PACK];
    random_words(words, s.seed, (uint32_t)(at / PACK), 0, 0, stream);
    Pack<float, PACK> w;
    for (int c = 0; c < PACK; c++) {
      w.at[c] = x1_mul(s.bound, x1_sub(x1_mul(2.0f, random_uniform(words[c])), 1.0f));
    }
    pack_store(s.w + at, w, n);
  });
}

KERNEL_OF(THREADS) finish(GradientFinish s) {
  const double scale = gradient_scale(s.sums->weight, s.fraction_bits);
  each_pack<SUM_PACK>(s.count, [&](int64_t at, int n) {
    Pack<int64_t, SUM_PACK> q = pack_load<SUM_PACK>(s.q + at, n);
    Pack<float, SUM_PACK> g;
    for (int c = 0; c < SUM_PACK; c++) g.at[c] = (float)((double)q.at[c] * scale);
    pack_store(s.g + at, g, n);
    pack_store(s.q + at, Pack<int64_t, SUM_PACK>{}, n);
  });
}

// n <= PACK neighbouring elements of one tensor.
struct AdamwUpdate {
  static __device__ __forceinline__ void run(const OptimizerStep &s, const UpdateRule &rule, float decay,
                                             int64_t at, int n) {
    Pack<float, PACK> p = pack_load<PACK>(s.p + at, n), g = pack_load<PACK>(s.g + at, n);
    Pack<float, PACK> m = pack_load<PACK>(s.m + at, n), v = pack_load<PACK>(s.v + at, n);
    for (int c = 0; c < PACK; c++) adamw_update(&p.at[c], &m.at[c], &v.at[c], g.at[c], decay, rule);
    pack_store(s.p + at, p, n);
    pack_store(s.m + at, m, n);
    pack_store(s.v + at, v, n);
  }
};

struct SgdUpdate {
  static __device__ __forceinline__ void run(const OptimizerStep &s, const UpdateRule &rule, float decay,
                                             int64_t at, int n) {
    Pack<float, PACK> p = pack_load<PACK>(s.p + at, n), g = pack_load<PACK>(s.g + at, n);
    Pack<float, PACK> m = pack_load<PACK>(s.m + at, n);
    for (int c = 0; c < PACK; c++) sgd_update(&p.at[c], &m.at[c], g.at[c], decay, rule);
    pack_store(s.p + at, p, n);
    pack_store(s.m + at, m, n);
  }
};

// All tensors in one launch. Most packs lie in one run; one that does not goes piece by piece, and leaves out
// what no run has.
template <typename Update> KERNEL_OF(THREADS) update(OptimizerStep s) {
  if (block_any(s.flags, s.flag_count)) return;
  const UpdateRule rule = update_rule(&s);
  each_pack<PACK>(s.count, [&](int64_t at, int n) {
    for (int64_t i = at, end = at + n; i < end;) {
      TensorRun run = run_at(s.runs, s.run_count, i, [](const TensorRun &r) { return r.offset; });
      int64_t run_end = run.offset + run.count;
      if (i < run.offset || i >= run_end) {
        i++;
        continue;
      }
      int64_t piece_end = run_end < end ? run_end : end;
      Update::run(s, rule, run.decays ? s.weight_decay : 0.0f, i, (int)(piece_end - i));
      i = piece_end;
    }
  });
}

} // namespace

extern "C" void step_begin_cuda(CudaContext *context, const StepBegin *s) {
  launch(context, KERNEL_step_begin, begin, dim3(1), WARP, *s);
}

extern "C" void initialise_cuda(CudaContext *context, const Initialise *s) {
  launch(context, KERNEL_initialise, draw, blocks_for_packs(context, s->count, PACK, THREADS), THREADS, *s);
}

extern "C" void gradient_finish_cuda(CudaContext *context, const GradientFinish *s) {
  launch(context, KERNEL_gradient_finish, finish, blocks_for_packs(context, s->count, SUM_PACK, THREADS),
         THREADS, *s);
}

extern "C" void adamw_step_cuda(CudaContext *context, const OptimizerStep *s) {
  if (s->run_count == 0) return;
  launch(context, KERNEL_adamw_step, update<AdamwUpdate>, blocks_for_packs(context, s->count, PACK, THREADS),
         THREADS, *s);
}

extern "C" void sgd_step_cuda(CudaContext *context, const OptimizerStep *s) {
  if (s->run_count == 0) return;
  launch(context, KERNEL_sgd_step, update<SgdUpdate>, blocks_for_packs(context, s->count, PACK, THREADS),
         THREADS, *s);
}
