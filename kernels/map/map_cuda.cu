// Dropout on a GPU.
#include "kernels/cuda/pack.cuh"
#include "kernels/shared/philox.h"

namespace {

enum { THREADS = 256, PACK = 4 };

// One draw of Philox is four columns of a row.
KERNEL_OF(THREADS) drop(Dropout s) {
  const int64_t draws = (s.columns + PACK - 1) / PACK;
  const uint32_t stream = random_stream(RANDOM_DROPOUT, s.layer), step = step_scalars(s.window)->step;
  for (int64_t draw = grid_index(); draw < s.rows * draws; draw += grid_size()) {
    int64_t i = draw / draws, number = draw - i * draws, j = PACK * number, at = i * s.columns + j;
    int n = s.columns - j < PACK ? (int)(s.columns - j) : PACK;
    uint32_t words[4];
    random_words(words, s.seed, (uint32_t)number, s.first_position + (uint32_t)i, step, stream);
    Pack<float, PACK> x = pack_load<PACK>(s.x + at, n);
    for (int c = 0; c < PACK; c++) x.at[c] = words[c] < s.threshold ? 0.0f : x1_mul(x.at[c], s.scale);
    pack_store(s.y + at, x, n);
  }
}

} // namespace

extern "C" void dropout_cuda(CudaContext *context, const Dropout *s) {
  int64_t draws = (s->columns + PACK - 1) / PACK;
  launch(context, KERNEL_dropout, drop, blocks_for(context, s->rows * draws, THREADS), THREADS, *s);
}
