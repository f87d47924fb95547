// Matrix products of fast mode (numerics f1) by cuBLASLt: operands rounded, bias and activation fused; what a
// tensor core does not gain on is the exact product.
#include "kernels/cuda/cublas.h"
#include "kernels/cuda/pack.cuh"

enum { THREADS = 256 };

// The 16 bits of x rounded to bfloat16, to nearest, ties to even; NaN stays NaN.
DEVICE_FUNCTION uint16_t bf16_bits(float x) {
  uint32_t bits = x1_bits(x), nan = (bits & 0x7fffffffu) > 0x7f800000u;
  return (uint16_t)(nan ? 0x7fc0u : (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

// to[row, column] = from rounded, rows `stride` elements apart, zeros behind their columns; packs: of `to`.
KERNEL_OF(THREADS)
round_operand(uint16_t *to, const float *from, int64_t packs, int64_t columns, int64_t stride) {
  const int64_t packs_per_row = stride / FAST_BF16_STRIDE;
  for (int64_t i = grid_index(); i < packs; i += grid_size()) {
    const int64_t row = i / packs_per_row, column = i % packs_per_row * FAST_BF16_STRIDE;
    const int64_t left = columns - column;
    const int count = left < FAST_BF16_STRIDE ? (int)left : (int)FAST_BF16_STRIDE;
    const Pack<float, FAST_BF16_STRIDE> wide =
        pack_load<FAST_BF16_STRIDE>(from + row * columns + column, count);
    Pack<uint16_t, FAST_BF16_STRIDE> rounded;
#pragma unroll
    for (int c = 0; c < FAST_BF16_STRIDE; c++) rounded.at[c] = bf16_bits(wide.at[c]);
    pack_store(to + row * stride + column, rounded, FAST_BF16_STRIDE);
  }
}

// dx = the gradient by way of the activation whose result is x.
KERNEL_OF(THREADS) product_gradient(float *dx, const float *x, int64_t count, ActivationKind activation) {
  for (int64_t i = grid_index(); i < count; i += grid_size())
    dx[i] = activation_gradient(activation, x[i], dx[i]);
}

// q += the quantised sums; the flag is raised where one does not fit.
KERNEL_OF(THREADS)
quantise_product(int64_t *q, const float *sums, int64_t count, Quantiser quantiser, int32_t *flag) {
  for (int64_t i = grid_index(); i < count; i += grid_size()) {
    if (quantiser_fits(&quantiser, sums[i])) {
      q[i] += r3_quantise(sums[i], quantiser.scale);
    } else {
      raise_flag(flag);
    }
  }
}

// An operand as cuBLASLt reads it: where it is, or rounded into the workspace.
static const void *rounded(CudaContext *context, size_t *at, const float *from, int64_t rows,
                           int64_t columns) {
  const FastOperands operands = fast_operands(context);
  if (operands == FAST_TF32) return from; // rounded on the way into the tensor core
  const int64_t stride = fast_stride(columns, operands), packs = rows * stride / FAST_BF16_STRIDE;
  uint16_t *to = (uint16_t *)fast_take(context, at, fast_operand_bytes(rows, columns, operands));
  launch(context, KERNEL_round_operand, round_operand, blocks_for(context, packs, THREADS), THREADS, to, from,
         packs, columns, stride);
  return to;
}

// out = b a, as product_matrices has it; the workspace is in use up to *at.
static void multiply(CudaContext *context, size_t *at, const ProductShape &shape, float *out, const float *a,
                     const float *b, const float *bias) {
  const ProductMatrices m = product_matrices(&shape);
  const void *left = rounded(context, at, a, m.a_rows, m.a_columns);
  const void *right = rounded(context, at, b, m.b_rows, m.b_columns);
  fast_multiply(context, &shape, out, left, right, bias);
}

void linear_forward_cublas(CudaContext *context, const LinearForward *s) {
  const ProductShape shape = {PRODUCT_FORWARD, s->activation, s->rows, s->outputs, s->inputs};
  size_t at = 0;
  if (!product_is_fast(&shape)) return linear_forward_cuda(context, s);
  if (fast_is_ready(context, &shape)) multiply(context, &at, shape, s->y, s->w, s->x, s->bias);
}

void linear_backward_input_cublas(CudaContext *context, const LinearBackwardInput *s) {
  const ProductShape shape = {PRODUCT_BACKWARD_INPUT, ACTIVATION_NONE, s->rows, s->outputs, s->inputs};
  const int64_t count = s->rows * s->inputs;
  size_t at = 0;
  if (!product_is_fast(&shape)) return linear_backward_input_cuda(context, s);
  if (!fast_is_ready(context, &shape)) return;
  multiply(context, &at, shape, s->dx, s->w, s->dy, nullptr);
  if (s->activation == ACTIVATION_NONE) return;
  launch(context, KERNEL_product_gradient, product_gradient, blocks_for(context, count, THREADS), THREADS,
         s->dx, s->x, count, s->activation);
}

void linear_backward_weight_cublas(CudaContext *context, const LinearBackwardWeight *s) {
  const ProductShape shape = {PRODUCT_BACKWARD_WEIGHT, ACTIVATION_NONE, s->rows, s->outputs, s->inputs};
  const int64_t count = s->outputs * s->inputs;
  size_t at = 0;
  if (!product_is_fast(&shape)) return linear_backward_weight_cuda(context, s);
  if (!fast_is_ready(context, &shape)) return;
  float *sums = (float *)fast_take(context, &at, fast_aligned((size_t)count * sizeof(float)));
  multiply(context, &at, shape, sums, s->x, s->dy, nullptr);
  launch(context, KERNEL_quantise_product, quantise_product, blocks_for(context, count, THREADS), THREADS,
         s->qw, sums, count, s->quantiser, s->flag_w);
  linear_backward_bias_cuda(context, s);
}
