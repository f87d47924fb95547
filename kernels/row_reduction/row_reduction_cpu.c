// Sums along a row by rule R2 on a CPU: layer norm and the gradient norm. Losses are in loss_cpu.c.
#include "kernels/operators.h"
#include "kernels/row_reduction/narrow.h"
#include "kernels/shared/column_sums.h"
#include "kernels/shared/flags.h"
#include "kernels/shared/isa.h"
#include "kernels/shared/r2.h"
#include "kernels/shared/stream.h"

// Rows whose sums are made before any is used, so that they need not wait for each other.
enum { ROWS = 8 };

// R2(d, d), d = x - mean.
VECTOR_FUNCTION float squares_of_row(const float *x, float mean, int64_t n) {
  Vector lanes[R2_VECTORS], middle = VECTOR_ALL(mean);
  r2_start(lanes);
#define BODY(v, at, count)                                                                                   \
  do {                                                                                                       \
    Vector d = vector_first(VECTOR_SUB(vector_load_some(x + (at), count), middle), count);                   \
    lanes[v] = VECTOR_FMA(d, d, lanes[v]);                                                                   \
  } while (0)
  R2_EACH(n, BODY);
#undef BODY
  return r2_tree(lanes, n);
}

VECTOR_FUNCTION float norm_scale(float squares, float width) {
  return x1_div(1.0f, x1_sqrt(x1_add(x1_div(squares, width), 1e-5f)));
}

// h = (x - mean) * r; y = activation(fma(h, gamma, beta)).
VECTOR_FUNCTION void scale_row(float *y, float *h, const float *x, const NormForward *s, float mean,
                               float scale, int streams) {
  Vector middle = VECTOR_ALL(mean), r = VECTOR_ALL(scale);
  for (int64_t j = 0; j < s->columns; j += VECTOR_LANES) {
    int64_t count = r2_some(s->columns - j);
    Vector scaled = VECTOR_MUL(VECTOR_SUB(vector_load_some(x + j, count), middle), r);
    Vector gamma = vector_load_some(s->gamma + j, count), beta = vector_load_some(s->beta + j, count);
    Vector result = VECTOR_FMA(scaled, gamma, beta);
    result = s->activation == ACTIVATION_RELU ? VECTOR_RELU(result) : result;
    if (streams) {
      VECTOR_STREAM(h + j, scaled);
      VECTOR_STREAM(y + j, result);
    } else {
      vector_store_some(h + j, scaled, count);
      vector_store_some(y + j, result, count);
    }
  }
}

// The next rows are asked for while these are in the nearest cache: between its passes over rows the
// processor would ask for nothing.
VECTOR_FUNCTION void norm_rows(const NormForward *s, int64_t first, int64_t rows, int streams) {
  const int64_t n = s->columns;
  const float *x = s->x + first * n, width = (float)n;
  float *h = s->h + first * n, *y = s->y + first * n, *r = s->r + first, mean[ROWS], sums[ROWS];
  for (int64_t i = 0; i < rows; i++) mean[i] = r2_sum(x + i * n, n);
  for (int64_t i = 0; i < rows; i++) mean[i] = x1_div(mean[i], width);
  for (int64_t i = 0; i < rows; i++) {
    stream_fetch(x + (ROWS + i) * n, n);
    sums[i] = squares_of_row(x + i * n, mean[i], n);
  }
  for (int64_t i = 0; i < rows; i++) r[i] = norm_scale(sums[i], width);
  for (int64_t i = 0; i < rows; i++) scale_row(y + i * n, h + i * n, x + i * n, s, mean[i], r[i], streams);
}

static void norm_narrow_rows(const NormForward *s, int64_t first, int64_t rows) {
  const int64_t n = s->columns;
  const Vector width = VECTOR_ALL((float)n);
  Narrow h, other;
  narrow_load(&h, s->x + first * n, rows, n);
  other = h;
  const Vector mean = VECTOR_DIV(narrow_sum(&other, n), width);
  for (int64_t j = 0; j < n; j++) {
    h.at[j] = VECTOR_SUB(h.at[j], mean);
    other.at[j] = VECTOR_MUL(h.at[j], h.at[j]);
  }
  const Vector variance = VECTOR_DIV(narrow_sum(&other, n), width);
  const Vector r = VECTOR_DIV(VECTOR_ALL(1.0f), VECTOR_SQRT(VECTOR_ADD(variance, VECTOR_ALL(1e-5f))));
  vector_store_some(s->r + first, r, rows);
  for (int64_t j = 0; j < n; j++) {
    h.at[j] = VECTOR_MUL(h.at[j], r);
    Vector result = VECTOR_FMA(h.at[j], VECTOR_ALL(s->gamma[j]), VECTOR_ALL(s->beta[j]));
    other.at[j] = s->activation == ACTIVATION_RELU ? VECTOR_RELU(result) : result;
  }
  narrow_store(s->h + first * n, &h, rows, n);
  narrow_store(s->y + first * n, &other, rows, n);
}

void ISA_NAME(norm_forward)(const NormForward *s, int64_t first, int64_t last) {
  const int narrow = s->columns <= NARROW, step = narrow ? VECTOR_LANES : ROWS;
  const int streams =
      !narrow && stream_wanted(s->y, s->rows, s->columns) && stream_wanted(s->h, s->rows, s->columns);
  for (; first < last; first += step) {
    if (narrow)
      norm_narrow_rows(s, first, smaller(last - first, step));
    else if (streams)
      norm_rows(s, first, smaller(last - first, step), 1);
    else
      norm_rows(s, first, smaller(last - first, step), 0);
  }
  if (streams) stream_end();
}

// What a row's gradients G = dy * gamma add up to.
typedef struct GradientSums {
  float plain, with_h; // R2(G), R2(G, h)
} GradientSums;

VECTOR_FUNCTION GradientSums sum_row(const float *dy, const float *gamma, const float *h, int64_t n) {
  Vector plain[R2_VECTORS], with_h[R2_VECTORS];
  r2_start(plain);
  r2_start(with_h);
#define BODY(v, at, count)                                                                                   \
  do {                                                                                                       \
    Vector g = VECTOR_MUL(vector_load_some(dy + (at), count), vector_load_some(gamma + (at), count));        \
    plain[v] = VECTOR_ADD(plain[v], g);                                                                      \
    with_h[v] = VECTOR_FMA(g, vector_load_some(h + (at), count), with_h[v]);                                 \
  } while (0)
  R2_EACH(n, BODY);
#undef BODY
  return (GradientSums){r2_tree(plain, n), r2_tree(with_h, n)};
}

// dx = r * fma(-h, c, G - a); dx may be dy.
VECTOR_FUNCTION void gradient_row(float *dx, const float *dy, const float *gamma, const float *h, Vector r,
                                  Vector a, Vector c, int64_t n, int streams) {
  for (int64_t j = 0; j < n; j += VECTOR_LANES) {
    int64_t count = r2_some(n - j);
    Vector g = VECTOR_MUL(vector_load_some(dy + j, count), vector_load_some(gamma + j, count));
    Vector rest = VECTOR_SUB(g, a);
    rest = VECTOR_FMA_NEGATED(vector_load_some(h + j, count), c, rest);
    rest = VECTOR_MUL(r, rest);
    if (streams)
      VECTOR_STREAM(dx + j, rest);
    else
      vector_store_some(dx + j, rest, count);
  }
}

VECTOR_FUNCTION void norm_gradient_rows(const NormBackwardInput *s, int64_t first, int64_t rows,
                                        int streams) {
  const int64_t n = s->columns;
  const float *dy = s->dy + first * n, *h = s->h + first * n, width = (float)n;
  float *dx = s->dx + first * n;
  GradientSums sums[ROWS];
  for (int64_t i = 0; i < rows; i++) {
    stream_fetch(dy + (ROWS + i) * n, n);
    stream_fetch(h + (ROWS + i) * n, n);
    sums[i] = sum_row(dy + i * n, s->gamma, h + i * n, n);
  }
  for (int64_t i = 0; i < rows; i++) {
    Vector a = VECTOR_ALL(x1_div(sums[i].plain, width)), c = VECTOR_ALL(x1_div(sums[i].with_h, width));
    gradient_row(dx + i * n, dy + i * n, s->gamma, h + i * n, VECTOR_ALL(s->r[first + i]), a, c, n, streams);
  }
}

static void norm_narrow_gradient_rows(const NormBackwardInput *s, int64_t first, int64_t rows) {
  const int64_t n = s->columns;
  const Vector width = VECTOR_ALL((float)n), r = vector_load_some(s->r + first, rows);
  Narrow g, h, other;
  narrow_load(&g, s->dy + first * n, rows, n);
  narrow_load(&h, s->h + first * n, rows, n);
  for (int64_t j = 0; j < n; j++) g.at[j] = VECTOR_MUL(g.at[j], VECTOR_ALL(s->gamma[j]));
  other = g;
  const Vector a = VECTOR_DIV(narrow_sum(&other, n), width);
  for (int64_t j = 0; j < n; j++) other.at[j] = VECTOR_MUL(g.at[j], h.at[j]);
  const Vector c = VECTOR_DIV(narrow_sum(&other, n), width);
  for (int64_t j = 0; j < n; j++) {
    Vector rest = VECTOR_SUB(g.at[j], a);
    rest = VECTOR_FMA_NEGATED(h.at[j], c, rest);
    g.at[j] = VECTOR_MUL(r, rest);
  }
  narrow_store(s->dx + first * n, &g, rows, n);
}

void ISA_NAME(norm_backward_input)(const NormBackwardInput *s, int64_t first, int64_t last) {
  const int narrow = s->columns <= NARROW, step = narrow ? VECTOR_LANES : ROWS;
  // In place every line has been read.
  const int streams = !narrow && s->dx != s->dy && stream_wanted(s->dx, s->rows, s->columns);
  for (; first < last; first += step) {
    if (narrow)
      norm_narrow_gradient_rows(s, first, smaller(last - first, step));
    else if (streams)
      norm_gradient_rows(s, first, smaller(last - first, step), 1);
    else
      norm_gradient_rows(s, first, smaller(last - first, step), 0);
  }
  if (streams) stream_end();
}

void ISA_NAME(norm_backward_weight)(const NormBackwardWeight *s, int64_t first, int64_t last) {
  ColumnSums sums;
  for (int64_t j = first; j < last; j += SUMMED_COLUMNS) {
    int64_t columns = last - j < SUMMED_COLUMNS ? last - j : SUMMED_COLUMNS;
    for (int64_t i = 0; i < s->rows; i += s->grain) {
      int64_t rows = s->rows - i < s->grain ? s->rows - i : s->grain;
      const float *dy = s->dy + i * s->columns + j, *h = s->h + i * s->columns + j;
      grain_sum(&sums, dy, h, s->columns, columns, rows);
      add_column_sums(s->qgamma + j, s->flag_gamma, sums.with_h, columns, &s->quantiser);
      add_column_sums(s->qbeta + j, s->flag_beta, sums.plain, columns, &s->quantiser);
    }
  }
}

void ISA_NAME(gradient_norm_blocks)(const GradientNormBlocks *s, int64_t first, int64_t last) {
  for (int64_t r = 0; r < s->run_count; r++) {
    const TensorRun *run = &s->runs[r];
    int64_t blocks = (run->count + X1_NORM_BLOCK - 1) / X1_NORM_BLOCK;
    for (int64_t b = 0; b < blocks; b++) {
      int64_t number = run->first_block + b;
      if (number < first || number >= last) continue;
      int64_t begin = b * X1_NORM_BLOCK;
      int64_t count = run->count - begin < X1_NORM_BLOCK ? run->count - begin : X1_NORM_BLOCK;
      const float *g = s->g + run->offset + begin;
      s->blocks[number] = r2_dot(g, g, count);
    }
  }
}

// R1's tree over block results that stand for leaves.
static float join_blocks(const float *blocks, int64_t count) {
  if (count == 0) return 0.0f;
  if (count == 1) return blocks[0];
  int64_t left = 1;
  while (2 * left < count) left *= 2;
  return x1_add(join_blocks(blocks, left), join_blocks(blocks + left, count - left));
}

void ISA_NAME(gradient_norm_finish)(const GradientNormFinish *s, int64_t first, int64_t last) {
  if (first >= last) return;
  float norm = x1_sqrt(join_blocks(s->blocks, s->block_count));
  s->clip[0] = s->clip_norm > 0.0f && norm > s->clip_norm ? x1_div(s->clip_norm, norm) : 1.0f;
  if (!(norm < __builtin_inff())) flag_raise(&s->flags[s->flag_count - 1]);
  StepRecord *record = &s->window->records[s->window->current];
  record->loss = reported_loss(s->sums);
  record->gradient_norm = norm;
  record->taken = !flag_any(s->flags, s->flag_count);
}
