// Activations that are maps, on a GPU.
#include "kernels/cuda/pack.cuh"
#include "kernels/map/derivatives.h"

namespace {

enum { THREADS = 256, PACK = 4 };

DEVICE_FUNCTION float value(ActivationKind kind, float x) {
  return kind == ACTIVATION_GELU ? x1_gelu(x) : kind == ACTIVATION_SILU ? x1_silu(x) : x1_tanh(x);
}

DEVICE_FUNCTION float derivative(ActivationKind kind, float x) {
  return kind == ACTIVATION_GELU   ? x1_gelu_derivative(x)
         : kind == ACTIVATION_SILU ? x1_silu_derivative(x)
                                   : x1_tanh_derivative(x);
}

KERNEL_OF(THREADS) activate(ActivationForward s) {
  each_pack<PACK>(s.count, [&](int64_t at, int n) {
    Pack<float, PACK> x = pack_load<PACK>(s.x + at, n);
    for (int c = 0; c < PACK; c++) x.at[c] = value(s.kind, x.at[c]);
    pack_store(s.y + at, x, n);
  });
}

KERNEL_OF(THREADS) activate_backward(ActivationBackward s) {
  each_pack<PACK>(s.count, [&](int64_t at, int n) {
    Pack<float, PACK> x = pack_load<PACK>(s.x + at, n), dy = pack_load<PACK>(s.dy + at, n);
    for (int c = 0; c < PACK; c++) dy.at[c] = x1_mul(dy.at[c], derivative(s.kind, x.at[c]));
    pack_store(s.dx + at, dy, n);
  });
}

} // namespace

extern "C" void activation_forward_cuda(CudaContext *context, const ActivationForward *s) {
  launch(context, KERNEL_activation_forward, activate, blocks_for_packs(context, s->count, PACK, THREADS),
         THREADS, *s);
}

extern "C" void activation_backward_cuda(CudaContext *context, const ActivationBackward *s) {
  launch(context, KERNEL_activation_backward, activate_backward,
         blocks_for_packs(context, s->count, PACK, THREADS), THREADS, *s);
}
