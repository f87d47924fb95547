// Losses of a row with their gradients, and scores, on a CPU.
#include "kernels/operators.h"
#include "kernels/row_reduction/loss_formulas.h"
#include "kernels/row_reduction/r2.h"
#include "kernels/shared/flags.h"
#include "kernels/shared/isa.h"

// p = softmax(z) with exp(z - max) * (1 / sum); returns the sum, max in *top.
static float softmax(float *p, float *top, const float *z, int64_t n) {
  float m = row_maximum(z, n);
  for (int64_t j = 0; j < n; j++) p[j] = x1_exp(x1_sub(z[j], m));
  float s = r2_sum(p, n), inverse = x1_div(1.0f, s);
  for (int64_t j = 0; j < n; j++) p[j] = x1_mul(p[j], inverse);
  *top = m;
  return s;
}

static float row_multiclass(float *dz, const float *z, float target, float w, int64_t n) {
  float top;
  float s = softmax(dz, &top, z, n);
  int64_t y = (int64_t)target;
  float loss = x1_add(x1_sub(top, z[y]), x1_log(s));
  for (int64_t j = 0; j < n; j++) dz[j] = x1_mul(w, x1_sub(dz[j], j == y ? 1.0f : 0.0f));
  return loss;
}

enum { ROWS = 64 }; // of one output each, whose losses are computed at once

// Losses and gradients of `rows` rows from `first` on.
static void losses_of(float *losses, const Loss *s, int64_t first, int64_t rows, const float *targets,
                      const float *weights) {
  float *dz = s->dz + first * s->outputs;
  const float *z = s->z + first * s->outputs;
  switch (s->kind) {
  case LOSS_BINARY:
    for (int64_t i = 0; i < rows; i++) losses[i] = loss_binary(&dz[i], z[i], targets[i], weights[i]);
    break;
  case LOSS_MULTICLASS:
    for (int64_t i = 0; i < rows; i++)
      losses[i] = row_multiclass(dz + i * s->outputs, z + i * s->outputs, targets[i], weights[i], s->outputs);
    break;
  case LOSS_SQUARED:
    for (int64_t i = 0; i < rows; i++) losses[i] = loss_squared(&dz[i], z[i], targets[i], weights[i]);
  }
}

void ISA_NAME(loss)(const Loss *s, int64_t first, int64_t last) {
  BatchSums sums = {0, 0};
  int finite = 1;
  for (; first < last; first += ROWS) {
    float targets[ROWS], weights[ROWS], losses[ROWS];
    int64_t rows = last - first < ROWS ? last - first : ROWS;
    for (int64_t i = 0; i < rows; i++) {
      int64_t row = s->rows_of == NULL ? first + i : s->rows_of[first + i];
      targets[i] = s->targets[row];
      weights[i] = s->weights[row];
    }
    losses_of(losses, s, first, rows, targets, weights);
    for (int64_t i = 0; i < rows; i++) sums.weight += weight_addend(weights[i]);
    for (int64_t i = 0; i < rows; i++) {
      int counts = loss_is_finite(losses[i]);
      finite &= counts;
      sums.loss += loss_addend(counts ? x1_mul(weights[i], losses[i]) : 0.0f, s->loss_bound);
    }
  }
  if (!finite) flag_raise(s->flag);
  __atomic_fetch_add(&s->sums->weight, sums.weight, __ATOMIC_RELAXED);
  __atomic_fetch_add(&s->sums->loss, sums.loss, __ATOMIC_RELAXED);
}

void ISA_NAME(scores)(const Scores *s, int64_t first, int64_t last) {
  for (int64_t i = first; i < last; i++) {
    const float *z = s->z + i * s->outputs;
    float *p = s->p + i * s->outputs, top;
    if (s->kind == LOSS_MULTICLASS)
      softmax(p, &top, z, s->outputs);
    else
      p[0] = s->kind == LOSS_BINARY ? x1_sigmoid(z[0]) : z[0];
  }
}
