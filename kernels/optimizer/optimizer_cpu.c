// Initial values, gradients out of their exact sums, AdamW and SGD, on a CPU.
#include "kernels/operators.h"
#include "kernels/optimizer/update.h"
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

// The arrays are distinct, so the loop vectorises.
void ISA_NAME(gradient_finish)(const GradientFinish *s, int64_t first, int64_t last) {
  const double scale = gradient_scale(s->sums->weight, s->fraction_bits);
  float *restrict g = s->g;
  int64_t *restrict q = s->q;
  for (int64_t i = first; i < last; i++) {
    g[i] = (float)((double)q[i] * scale);
    q[i] = 0;
  }
}

// One tensor's part of [first, last), as positions in the flat arrays.
static void clip_run(int64_t *begin, int64_t *end, const TensorRun *run, int64_t first, int64_t last) {
  *begin = run->offset > first ? run->offset : first;
  *end = run->offset + run->count < last ? run->offset + run->count : last;
}

// The arrays are distinct, so the loops vectorise.
static void adamw_run(const OptimizerStep *s, float decay, int64_t begin, int64_t end) {
  const UpdateRule rule = update_rule(s);
  const float *restrict g = s->g;
  float *restrict p = s->p, *restrict m = s->m, *restrict v = s->v;
  for (int64_t i = begin; i < end; i++) adamw_update(&p[i], &m[i], &v[i], g[i], decay, rule);
}

static void sgd_run(const OptimizerStep *s, float decay, int64_t begin, int64_t end) {
  const UpdateRule rule = update_rule(s);
  const float *restrict g = s->g;
  float *restrict p = s->p, *restrict m = s->m;
  for (int64_t i = begin; i < end; i++) sgd_update(&p[i], &m[i], g[i], decay, rule);
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
