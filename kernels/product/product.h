// Matrix products by rule R1 (leaves of 256 fma terms, joined by the aligned binary tree): linear layers.
//
// Letters: m rows of the (micro-)batch, N outputs, K inputs. All matrices are row-major and dense.
// T(a, b) below is R1: leaf t = +0; t = fma(a_k, b_k, t), k ascending; t = t + 0.0f; leaves joined by
// T([0,n)) = T([0,p)) + T([p,n)), p the largest power of two strictly below n; an empty sum is +0.
#ifndef INGOT_KERNELS_PRODUCT_PRODUCT_H
#define INGOT_KERNELS_PRODUCT_PRODUCT_H

#include "kernels/shared/activation.h"
#include "kernels/shared/rules.h"

// y[i,n] = activation(T_k(x[i,k], w[n,k]) + bias[n]); with N = 1: R2 of the products for T.
typedef struct LinearForward {
  float *y;          // [m, N]
  const float *x;    // [m, K]
  const float *w;    // [N, K]
  const float *bias; // [N]
  int64_t rows, outputs, inputs;
  ActivationKind activation;
} LinearForward;

// dx[i,k] = the gradient, by way of the activation whose result is x, of T_n(dy[i,n], w[n,k]).
typedef struct LinearBackwardInput {
  float *dx;       // [m, K]
  const float *dy; // [m, N]
  const float *w;  // [N, K]
  const float *x;  // [m, K], not read without an activation
  int64_t rows, outputs, inputs;
  ActivationKind activation;
} LinearBackwardInput;

// R3: for every grain of consecutive rows (the last may be short), qw[n,k] += q(T_i(dy[i,n], x[i,k])) and
// qb[n] += q(T_i(dy[i,n], 1)), i ascending over the grain's rows, q the quantiser.
typedef struct LinearBackwardWeight {
  int64_t *qw;     // [N, K], added to
  int64_t *qb;     // [N], added to
  int32_t *flag_w; // raised where an addend of qw does not fit
  int32_t *flag_b;
  const float *dy; // [m, N]
  const float *x;  // [m, K]
  int64_t rows, outputs, inputs, grain;
  Quantiser quantiser;
} LinearBackwardWeight;

#endif
