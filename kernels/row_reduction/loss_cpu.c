// Losses of a row with their gradients, and scores, on a CPU.
#include "kernels/operators.h"
#include "kernels/row_reduction/loss_formulas.h"
#include "kernels/row_reduction/narrow.h"
#include "kernels/shared/flags.h"
#include "kernels/shared/isa.h"
#include "kernels/shared/r2.h"
#include "kernels/shared/vector_exp.h"

enum {
  ROWS = 64,             // whose losses are computed at once
  SOFTMAX = VECTOR_LANES // of them, whose sums are made before any is used
};

// What the softmax of SOFTMAX rows needs besides e = exp(z - top).
typedef struct SoftmaxRows {
  float top[SOFTMAX], sum[SOFTMAX], inverse[SOFTMAX]; // max z, R2(e), 1 / sum
} SoftmaxRows;

// e = exp(z - top); R2(e).
VECTOR_FUNCTION float row_exponentials(float *e, const float *z, float top, int64_t n) {
  Vector lanes[R2_VECTORS], most = VECTOR_ALL(top);
  r2_start(lanes);
#define BODY(v, at, count)                                                                                   \
  do {                                                                                                       \
    __builtin_prefetch(z + SOFTMAX * n + (at));                                                              \
    Vector power = vector_exp_below(VECTOR_SUB(vector_load_some(z + (at), count), most));                    \
    power = vector_first(power, count);                                                                      \
    vector_store_some(e + (at), power, count);                                                               \
    lanes[v] = VECTOR_ADD(lanes[v], power);                                                                  \
  } while (0)
  R2_EACH(n, BODY);
#undef BODY
  return r2_tree(lanes, n);
}

static void softmax_rows(float *e, SoftmaxRows *of, const float *z, int64_t rows, int64_t n) {
  for (int64_t i = 0; i < rows; i++) of->top[i] = row_maximum(z + i * n, n);
  for (int64_t i = 0; i < rows; i++) of->sum[i] = row_exponentials(e + i * n, z + i * n, of->top[i], n);
  for (int64_t i = 0; i < rows; i++) of->inverse[i] = x1_div(1.0f, of->sum[i]);
}

// The same of rows of few columns, e in lanes.
static void softmax_narrow(Narrow *e, SoftmaxRows *of, const float *z, int64_t rows, int64_t n) {
  narrow_load(e, z, rows, n);
  Vector top = e->at[0];
  for (int64_t j = 1; j < n; j++) top = VECTOR_LARGER(e->at[j], top);
  for (int64_t j = 0; j < n; j++) e->at[j] = vector_exp_below(VECTOR_SUB(e->at[j], top));
  Narrow sums = *e;
  Vector sum = narrow_sum(&sums, n);
  VECTOR_STORE(of->top, top);
  VECTOR_STORE(of->sum, sum);
  VECTOR_STORE(of->inverse, VECTOR_DIV(VECTOR_ALL(1.0f), sum));
}

// A row of which some z is NaN, or its maximum infinite, has NaN alone: whose bits may be any so far.
static void spoil(float *p, const SoftmaxRows *of, int64_t rows, int64_t n) {
  for (int64_t i = 0; i < rows; i++) {
    if (of->sum[i] == of->sum[i]) continue;
    for (int64_t j = 0; j < n; j++) p[i * n + j] = x1_canonical(of->sum[i]);
  }
}

// p = softmax(z) of `rows` <= SOFTMAX rows.
static void probabilities(float *p, const float *z, int64_t rows, int64_t n) {
  SoftmaxRows of;
  if (n <= NARROW) {
    Narrow e;
    softmax_narrow(&e, &of, z, rows, n);
    const Vector inverse = VECTOR_LOAD(of.inverse);
    for (int64_t j = 0; j < n; j++) e.at[j] = VECTOR_MUL(e.at[j], inverse);
    narrow_store(p, &e, rows, n);
  } else {
    softmax_rows(p, &of, z, rows, n);
    for (int64_t i = 0; i < rows; i++) {
      for (int64_t j = 0; j < n; j++) p[i * n + j] = x1_mul(p[i * n + j], of.inverse[i]);
    }
  }
  spoil(p, &of, rows, n);
}

// Gradients, sums, and max z - z[y], of `rows` <= SOFTMAX rows.
static void multiclass_rows(float *dz, float *sums, float *below, const float *z, const float *targets,
                            const float *weights, int64_t rows, int64_t n) {
  SoftmaxRows of;
  float wanted[SOFTMAX];
  for (int64_t i = 0; i < rows; i++) wanted[i] = z[i * n + (int64_t)targets[i]];
  if (n <= NARROW) {
    Narrow e;
    softmax_narrow(&e, &of, z, rows, n);
    const Vector inverse = VECTOR_LOAD(of.inverse), w = vector_load_some(weights, rows);
    for (int64_t j = 0; j < n; j++) e.at[j] = VECTOR_MUL(e.at[j], inverse);
    float *p = (float *)e.at;
    for (int64_t i = 0; i < rows; i++) {
      int64_t at = (int64_t)targets[i] * VECTOR_LANES + i;
      p[at] = x1_sub(p[at], 1.0f);
    }
    for (int64_t j = 0; j < n; j++) e.at[j] = VECTOR_MUL(w, e.at[j]);
    narrow_store(dz, &e, rows, n);
  } else {
    softmax_rows(dz, &of, z, rows, n);
    for (int64_t i = 0; i < rows; i++) {
      float *row = dz + i * n, *hit = row + (int64_t)targets[i], p = x1_mul(*hit, of.inverse[i]);
      for (int64_t j = 0; j < n; j++) row[j] = x1_mul(weights[i], x1_mul(row[j], of.inverse[i]));
      *hit = x1_mul(weights[i], x1_sub(p, 1.0f));
    }
  }
  spoil(dz, &of, rows, n);
  for (int64_t i = 0; i < rows; i++) sums[i] = of.sum[i];
  for (int64_t i = 0; i < rows; i++) below[i] = x1_sub(of.top[i], wanted[i]);
}

static void losses_multiclass(float *losses, float *dz, const float *z, const float *targets,
                              const float *weights, int64_t rows, int64_t n) {
  float sums[ROWS], below[ROWS];
  for (int64_t i = 0; i < rows; i += SOFTMAX) {
    int64_t some = rows - i < SOFTMAX ? rows - i : SOFTMAX;
    multiclass_rows(dz + i * n, sums + i, below + i, z + i * n, targets + i, weights + i, some, n);
  }
  for (int64_t i = 0; i < rows; i++) losses[i] = x1_add(below[i], x1_log(sums[i]));
}

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
    losses_multiclass(losses, dz, z, targets, weights, rows, s->outputs);
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
  const int64_t n = s->outputs;
  switch (s->kind) {
  case LOSS_BINARY:
    for (int64_t i = first; i < last; i++) s->p[i] = x1_sigmoid(s->z[i]);
    break;
  case LOSS_MULTICLASS:
    for (int64_t i = first; i < last; i += SOFTMAX)
      probabilities(s->p + i * n, s->z + i * n, last - i < SOFTMAX ? last - i : SOFTMAX, n);
    break;
  case LOSS_SQUARED:
    for (int64_t i = first; i < last; i++) s->p[i] = s->z[i];
  }
}
