// What touches all parameters at once: initial values, gradients out of their exact sums, AdamW and SGD.
//
// Parameters, gradients and moments are flat arrays of one layout; a TensorRun names each tensor's part.
#ifndef INGOT_KERNELS_OPTIMIZER_OPTIMIZER_H
#define INGOT_KERNELS_OPTIMIZER_OPTIMIZER_H

#include "kernels/row_reduction/row_reduction.h"

// The start of a step: the window moves on to its scalars, and the sums of the batch are 0.
typedef struct StepBegin {
  StepWindow *window;
  BatchSums *sums;
} StepBegin;

// w[e] = bound * (2u - 1), u from word e % 4 of Philox counter (e / 4, 0, 0, initialisation stream of the
// tensor).
typedef struct Initialise {
  float *w; // [count]
  int64_t count;
  uint64_t seed;
  uint32_t tensor; // its number in byte order of names
  float bound;
} Initialise;

// g = (float)((double)q * s), s = 2^(40 - fraction_bits) / (double)weight sum (0 if that is 0); then q = 0.
typedef struct GradientFinish {
  float *g;   // [count]
  int64_t *q; // [count], cleared for the next batch
  const BatchSums *sums;
  int64_t count;
  int fraction_bits;
} GradientFinish;

// One optimizer step (skipped where any flag is up); g is first multiplied by clip where clip < 1.
//   adamw (Loshchilov, Hutter 2019): m = fma(b1, m, (1-b1)*g); v = fma(b2, v, (1-b2)*(g*g)); |m|, |v| <
//   2^-126
//         become +0; p = fma(-lr, fma(wd, p, (m*c1) / (sqrt(v*c2) + eps)), p)
//   sgd   b = fma(mu, b, fma(wd, p, g)); |b| < 2^-126 becomes +0; p = fma(-lr, b, p)
// wd counts only in runs that decay, else it is 0.
typedef struct OptimizerStep {
  float *p;       // [count]
  const float *g; // [count]
  float *m;       // [count]: first moment (adamw), momentum (sgd)
  float *v;       // [count]: second moment (adamw)
  const TensorRun *runs;
  const StepWindow *window; // learning rate and corrections of the step
  const float *clip;        // [1]
  const int32_t *flags;     // [flag_count]
  int64_t run_count, flag_count, count;
  float weight_decay;
  float beta1, beta2, one_minus_beta1, one_minus_beta2, epsilon; // adamw
  float momentum;                                                // sgd
} OptimizerStep;

#endif
