// Activations that are maps, on a CPU: a block of elements at a time, by loops that the compiler vectorises.
#include "kernels/map/derivatives.h"
#include "kernels/operators.h"
#include "kernels/shared/isa.h"

#include <string.h>

enum { BLOCK = 256 };

// Blocks lie in arrays of their own, so that no loop asks whether result and argument overlap.
#define EACH(result)                                                                                         \
  for (int c = 0; c < BLOCK; c++) y[c] = result

static void forward_block(float *restrict y, const float *restrict x, ActivationKind kind) {
  if (kind == ACTIVATION_GELU) {
    EACH(x1_gelu(x[c]));
  } else if (kind == ACTIVATION_SILU) {
    EACH(x1_silu(x[c]));
  } else {
    EACH(x1_tanh(x[c]));
  }
}

static void backward_block(float *restrict y, const float *restrict dy, const float *restrict x,
                           ActivationKind kind) {
  if (kind == ACTIVATION_GELU) {
    EACH(x1_mul(dy[c], x1_gelu_derivative(x[c])));
  } else if (kind == ACTIVATION_SILU) {
    EACH(x1_mul(dy[c], x1_silu_derivative(x[c])));
  } else {
    EACH(x1_mul(dy[c], x1_tanh_derivative(x[c])));
  }
}

// Bytes of the block at element i.
static size_t block_bytes(int64_t i, int64_t last) {
  return (size_t)(last - i < BLOCK ? last - i : BLOCK) * sizeof(float);
}

void ISA_NAME(activation_forward)(const ActivationForward *s, int64_t first, int64_t last) {
  float x[BLOCK] = {0}, y[BLOCK];
  for (int64_t i = first; i < last; i += BLOCK) {
    memcpy(x, s->x + i, block_bytes(i, last));
    forward_block(y, x, s->kind);
    memcpy(s->y + i, y, block_bytes(i, last));
  }
}

void ISA_NAME(activation_backward)(const ActivationBackward *s, int64_t first, int64_t last) {
  float x[BLOCK] = {0}, dy[BLOCK] = {0}, dx[BLOCK];
  for (int64_t i = first; i < last; i += BLOCK) {
    memcpy(x, s->x + i, block_bytes(i, last));
    memcpy(dy, s->dy + i, block_bytes(i, last));
    backward_block(dx, dy, x, s->kind);
    memcpy(s->dx + i, dx, block_bytes(i, last));
  }
}
