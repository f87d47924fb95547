// Initial values, gradients out of their exact sums, AdamW and SGD, on a CPU.
#include "kernels/operators.h"
#include "kernels/shared/flags.h"
#include "kernels/shared/isa.h"
#include "kernels/shared/philox.h"

void ISA_NAME(step_begin)(const StepBegin *s, int64_t first, int64_t last) {
  if (first >= last) return;
  s->window->current++;
  *s->sums = (BatchSums){0, 0};
}

void ISA_NAME(initialise)(const Initialise *s, int64_t first, int64_t last) {
  uint32_t words[4];
  uint32_t stream = random_stream(RANDOM_INITIALISE, s->tensor);
  for (int64_t group = first; group < last; group++) {
    random_words(words, s->seed, (uint32_t)group, 0, 0, stream);
    for (int64_t e = 4 * group; e < 4 * group + 4 && e < s->count; e++) {
      float u = random_uniform(words[e % 4]);
      s->w[e] = x1_mul(s->bound, x1_sub(x1_mul(2.0f, u), 1.0f));
    }
  }
}

void ISA_NAME(gradient_finish)(const GradientFinish *s, int64_t first, int64_t last) {
  int64_t weight = s->sums->weight;
  double power = 1.0;
  for (int f = s->fraction_bits; f < 40; f++) power *= 2.0;
  for (int f = 40; f < s->fraction_bits; f++) power *= 0.5;
  double scale = weight == 0 ? 0.0 : power / (double)weight;
  for (int64_t i = first; i < last; i++) {
    s->g[i] = (float)((double)s->q[i] * scale);
    s->q[i] = 0;
  }
}

// |x| < 2^-126 becomes +0: subnormal moments would stick, and are slow.
static float flush(float x) {
  return __builtin_fabsf(x) < 0x1p-126f ? 0.0f : x;
}

// One tensor's part of [first, last), as positions in the flat arrays.
static void clip_run(int64_t *begin, int64_t *end, const TensorRun *run, int64_t first, int64_t last) {
  *begin = run->offset > first ? run->offset : first;
  *end = run->offset + run->count < last ? run->offset + run->count : last;
}

static void adamw_run(const OptimizerStep *s, float decay, int64_t begin, int64_t end) {
  const StepScalars *now = step_scalars(s->window);
  float clip = s->clip[0], rate = now->learning_rate;
  float correction1 = now->correction1, correction2 = now->correction2;
  for (int64_t i = begin; i < end; i++) {
    float g = x1_mul(s->g[i], clip);
    float m = flush(x1_fma(s->beta1, s->m[i], x1_mul(s->one_minus_beta1, g)));
    float v = flush(x1_fma(s->beta2, s->v[i], x1_mul(s->one_minus_beta2, x1_mul(g, g))));
    float p = s->p[i];
    float ratio = x1_div(x1_mul(m, correction1), x1_add(x1_sqrt(x1_mul(v, correction2)), s->epsilon));
    s->m[i] = m;
    s->v[i] = v;
    s->p[i] = x1_fma(-rate, x1_fma(decay, p, ratio), p);
  }
}

static void sgd_run(const OptimizerStep *s, float decay, int64_t begin, int64_t end) {
  float clip = s->clip[0], rate = step_scalars(s->window)->learning_rate;
  for (int64_t i = begin; i < end; i++) {
    float g = x1_mul(s->g[i], clip), p = s->p[i];
    float b = flush(x1_fma(s->momentum, s->m[i], x1_fma(decay, p, g)));
    s->m[i] = b;
    s->p[i] = x1_fma(-rate, b, p);
  }
}

void ISA_NAME(adamw_step)(const OptimizerStep *s, int64_t first, int64_t last) {
  if (flag_any(s->flags, s->flag_count)) return;
  for (int64_t r = 0; r < s->run_count; r++) {
    int64_t begin, end;
    clip_run(&begin, &end, &s->runs[r], first, last);
    adamw_run(s, s->runs[r].decays ? s->weight_decay : 0.0f, begin, end);
  }
}

void ISA_NAME(sgd_step)(const OptimizerStep *s, int64_t first, int64_t last) {
  if (flag_any(s->flags, s->flag_count)) return;
  for (int64_t r = 0; r < s->run_count; r++) {
    int64_t begin, end;
    clip_run(&begin, &end, &s->runs[r], first, last);
    sgd_run(s, s->runs[r].decays ? s->weight_decay : 0.0f, begin, end);
  }
}
