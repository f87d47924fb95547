// Losses of a row with their gradients, and scores, on a CPU.
#include "kernels/operators.h"
#include "kernels/row_reduction/loss_formulas.h"
#include "kernels/shared/flags.h"
#include "kernels/shared/isa.h"

// p = softmax(z) with exp(z - max) * (1 / sum); returns the sum, max in *top.
static float softmax(float *p, float *top, const float *z, int64_t n) {
  float m = z[0];
  for (int64_t j = 1; j < n; j++) m = z[j] > m ? z[j] : m;
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

static float row_loss(const Loss *s, int64_t i, float target, float w) {
  const float *z = s->z + i * s->outputs;
  float *dz = s->dz + i * s->outputs;
  switch (s->kind) {
  case LOSS_BINARY:
    return loss_binary(dz, z[0], target, w);
  case LOSS_MULTICLASS:
    return row_multiclass(dz, z, target, w, s->outputs);
  case LOSS_SQUARED:
    break;
  }
  return loss_squared(dz, z[0], target, w);
}

void ISA_NAME(loss)(const Loss *s, int64_t first, int64_t last) {
  BatchSums sums = {0, 0};
  for (int64_t i = first; i < last; i++) {
    int64_t row = s->rows_of == NULL ? i : s->rows_of[i];
    float w = s->weights[row];
    float l = row_loss(s, i, s->targets[row], w);
    sums.weight += weight_addend(w);
    if (loss_is_finite(l))
      sums.loss += loss_addend(x1_mul(w, l), s->loss_bound);
    else
      flag_raise(s->flag);
  }
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
