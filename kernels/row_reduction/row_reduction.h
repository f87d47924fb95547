// Sums along a row by rule R2 (64 interleaved lanes): layer norm, losses, scores, and the gradient norm R6.
//
// Letters: m rows of the (micro-)batch, n columns, K outputs of the model.
#ifndef INGOT_KERNELS_ROW_REDUCTION_ROW_REDUCTION_H
#define INGOT_KERNELS_ROW_REDUCTION_ROW_REDUCTION_H

#include "kernels/shared/activation.h"
#include "kernels/shared/rules.h"
#include "kernels/shared/step.h"

// mean = R2(x)/n; d = x - mean; v = R2(d,d)/n; r = 1/sqrt(v + 1e-5f); h = d*r;
// y = activation(fma(h, gamma, beta)) (Ba, Kiros, Hinton 2016).
typedef struct NormForward {
  float *y;           // [m, n]
  float *h;           // [m, n], kept for the backward pass
  float *r;           // [m], kept for the backward pass
  const float *x;     // [m, n]
  const float *gamma; // [n]
  const float *beta;  // [n]
  int64_t rows, columns;
  ActivationKind activation;
} NormForward;

// G = dy*gamma; a = R2(G)/n; c = R2(G,h)/n; dx = r * fma(-h, c, G - a).
typedef struct NormBackwardInput {
  float *dx;          // [m, n]; may be dy
  const float *dy;    // [m, n]
  const float *gamma; // [n]
  const float *h;     // [m, n]
  const float *r;     // [m]
  int64_t rows, columns;
} NormBackwardInput;

// R3: for every grain, qgamma[j] += q(T_i(dy[i,j], h[i,j])), qbeta[j] += q(T_i(dy[i,j], 1)), T as in R1.
typedef struct NormBackwardWeight {
  int64_t *qgamma, *qbeta; // [n], added to
  int32_t *flag_gamma, *flag_beta;
  const float *dy; // [m, n]
  const float *h;  // [m, n]
  int64_t rows, columns, grain;
  Quantiser quantiser;
} NormBackwardWeight;

typedef enum LossKind { LOSS_BINARY, LOSS_MULTICLASS, LOSS_SQUARED } LossKind;

// What a batch adds up exactly, in int64: sums of the addends of R3.
typedef struct BatchSums {
  int64_t weight; // sum of rne(w * 2^40)
  int64_t loss;   // sum of rne((w * l) * 2^32), each saturating at the bound of Loss
} BatchSums;

// The loss of the batch as the chain and the log have it.
X1_FUNCTION float reported_loss(const BatchSums *sums) {
  return sums->weight == 0 ? 0.0f : (float)((double)sums->loss / (double)sums->weight * 256.0);
}

// Loss l and gradient dz of each row (formulas in kernels/README.md), w included in dz:
//   binary      e = exp(-|z|); l = fma(-z, y, z > 0 ? z : 0) + log(1 + e); dz = w * (sigmoid(z) - y)
//   multiclass  M = max z; e = exp(z - M); s = R2(e); p = e * (1/s); l = (M - z_y) + log(s); dz = w * (p - [j
//   = y]) squared     d = z - y; l = d*d; dz = w * (d + d)
// A row whose l is not finite raises the flag.
typedef struct Loss {
  float *dz;       // [m, K]
  BatchSums *sums; // added to, atomically
  int32_t *flag;
  const float *z;         // [m, K]; K = 1 but for multiclass
  const float *targets;   // [..]: 0 or 1; the class number; the standardised target
  const float *weights;   // [..]
  const int64_t *rows_of; // [m]: row i reads targets and weights at rows_of[i]; NULL = at i
  int64_t rows, outputs;
  int64_t loss_bound; // 2^(62 - ceil(log2 batch))
  LossKind kind;
} Loss;

// Predictions: sigmoid(z), softmax(z) as in Loss, or z itself.
typedef struct Scores {
  float *p;       // [m, K]
  const float *z; // [m, K]
  int64_t rows, outputs;
  LossKind kind;
} Scores;

// A run of the flat parameter array that holds one tensor.
typedef struct TensorRun {
  int64_t offset, count; // elements; runs ascend and do not overlap
  int64_t first_block;   // number of its first block of R6
  int32_t decays;        // weight decay applies (rank >= 2)
} TensorRun;

// blocks[b] = R2(g,g) over one block of at most 4096 elements, blocks aligned to their tensor's start.
typedef struct GradientNormBlocks {
  float *blocks;  // [block_count]
  const float *g; // flat gradients
  const TensorRun *runs;
  int64_t run_count, block_count;
} GradientNormBlocks;

// norm = sqrt(tree of the blocks as R1 joins leaves); clip = norm > clip_norm > 0 ? clip_norm/norm : 1.
// Raises the last flag on a norm that is not finite; then fills the step's record.
typedef struct GradientNormFinish {
  StepWindow *window;
  float *clip;    // [1]
  int32_t *flags; // [flag_count]: tensors, loss, this norm
  const float *blocks;
  int64_t block_count, flag_count;
  const BatchSums *sums;
  float clip_norm; // 0 = never clip
} GradientNormFinish;

#endif
