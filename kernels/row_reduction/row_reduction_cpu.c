// Sums along a row by rule R2 on a CPU: layer norm and the gradient norm. Losses are in loss_cpu.c.
#include "kernels/operators.h"
#include "kernels/row_reduction/column_sums.h"
#include "kernels/row_reduction/r2.h"
#include "kernels/shared/flags.h"
#include "kernels/shared/isa.h"

// The lanes of a row's vector at element j.
static int64_t lanes_at(int64_t n, int64_t j) {
  return n - j < VECTOR_LANES ? n - j : VECTOR_LANES;
}

void ISA_NAME(norm_forward)(const NormForward *s, int64_t first, int64_t last) {
  int64_t n = s->columns;
  float width = (float)n;
  for (int64_t i = first; i < last; i++) {
    const float *x = s->x + i * n;
    float *h = s->h + i * n, *y = s->y + i * n;
    Vector mean = VECTOR_ALL(x1_div(r2_sum(x, n), width));
    for (int64_t j = 0; j < n; j += VECTOR_LANES) {
      int64_t lanes = lanes_at(n, j);
      vector_store_some(h + j, VECTOR_SUB(vector_load_some(x + j, lanes), mean), lanes);
    }
    float variance = x1_div(r2_dot(h, h, n), width);
    s->r[i] = x1_div(1.0f, x1_sqrt(x1_add(variance, 1e-5f)));
    Vector r = VECTOR_ALL(s->r[i]);
    for (int64_t j = 0; j < n; j += VECTOR_LANES) {
      int64_t lanes = lanes_at(n, j);
      Vector scaled = VECTOR_MUL(vector_load_some(h + j, lanes), r);
      Vector gamma = vector_load_some(s->gamma + j, lanes), beta = vector_load_some(s->beta + j, lanes);
      Vector result = VECTOR_FMA(scaled, gamma, beta);
      vector_store_some(h + j, scaled, lanes);
      vector_store_some(y + j, s->activation == ACTIVATION_RELU ? VECTOR_RELU(result) : result, lanes);
    }
  }
}

void ISA_NAME(norm_backward_input)(const NormBackwardInput *s, int64_t first, int64_t last) {
  int64_t n = s->columns;
  float width = (float)n;
  for (int64_t i = first; i < last; i++) {
    const float *dy = s->dy + i * n, *h = s->h + i * n;
    float *dx = s->dx + i * n;
    for (int64_t j = 0; j < n; j += VECTOR_LANES) {
      int64_t lanes = lanes_at(n, j);
      Vector gamma = vector_load_some(s->gamma + j, lanes);
      vector_store_some(dx + j, VECTOR_MUL(vector_load_some(dy + j, lanes), gamma), lanes);
    }
    Vector a = VECTOR_ALL(x1_div(r2_sum(dx, n), width));
    Vector c = VECTOR_ALL(x1_div(r2_dot(dx, h, n), width)), r = VECTOR_ALL(s->r[i]);
    for (int64_t j = 0; j < n; j += VECTOR_LANES) {
      int64_t lanes = lanes_at(n, j);
      Vector rest = VECTOR_SUB(vector_load_some(dx + j, lanes), a);
      rest = VECTOR_FMA_NEGATED(vector_load_some(h + j, lanes), c, rest);
      vector_store_some(dx + j, VECTOR_MUL(r, rest), lanes);
    }
  }
}

void ISA_NAME(norm_backward_weight)(const NormBackwardWeight *s, int64_t first, int64_t last) {
  float sums[SUMMED_COLUMNS];
  for (int64_t j = first; j < last; j += SUMMED_COLUMNS) {
    int64_t columns = last - j < SUMMED_COLUMNS ? last - j : SUMMED_COLUMNS;
    for (int64_t i = 0; i < s->rows; i += s->grain) {
      int64_t rows = s->rows - i < s->grain ? s->rows - i : s->grain;
      const float *dy = s->dy + i * s->columns + j, *h = s->h + i * s->columns + j;
      grain_sum(sums, dy, h, s->columns, columns, rows);
      add_column_sums(s->qgamma + j, s->flag_gamma, sums, columns, &s->quantiser);
      grain_sum(sums, dy, NULL, s->columns, columns, rows);
      add_column_sums(s->qbeta + j, s->flag_beta, sums, columns, &s->quantiser);
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
