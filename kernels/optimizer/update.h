// The formulas of optimizer.h for one element, for both compilers.
#ifndef INGOT_KERNELS_OPTIMIZER_UPDATE_H
#define INGOT_KERNELS_OPTIMIZER_UPDATE_H

#include "kernels/optimizer/optimizer.h"

// The factor from exact sums to gradients.
X1_FUNCTION double gradient_scale(int64_t weight, int fraction_bits) {
  double power = 1.0;
  for (int f = fraction_bits; f < 40; f++) power *= 2.0;
  for (int f = 40; f < fraction_bits; f++) power *= 0.5;
  return weight == 0 ? 0.0 : power / (double)weight;
}

// |x| < 2^-126 becomes +0: subnormal moments would stick, and are slow.
X1_FUNCTION float flush(float x) {
  return x1_abs(x) < 0x1p-126f ? 0.0f : x;
}

// What one step's update depends on besides the element: constants of the run, scalars of the step.
typedef struct UpdateRule {
  float rate, clip, correction1, correction2;
  float beta1, beta2, one_minus_beta1, one_minus_beta2, epsilon, momentum;
} UpdateRule;

X1_FUNCTION UpdateRule update_rule(const OptimizerStep *s) {
  const StepScalars *now = step_scalars(s->window);
  UpdateRule rule = {now->learning_rate, s->clip[0], now->correction1,   now->correction2,
                     s->beta1,           s->beta2,   s->one_minus_beta1, s->one_minus_beta2,
                     s->epsilon,         s->momentum};
  return rule;
}

X1_FUNCTION void adamw_update(float *p, float *m, float *v, float gradient, float decay, UpdateRule rule) {
  float g = x1_mul(gradient, rule.clip);
  float first = flush(x1_fma(rule.beta1, *m, x1_mul(rule.one_minus_beta1, g)));
  float second = flush(x1_fma(rule.beta2, *v, x1_mul(rule.one_minus_beta2, x1_mul(g, g))));
  float scale = x1_add(x1_sqrt(x1_mul(second, rule.correction2)), rule.epsilon);
  float ratio = x1_div(x1_mul(first, rule.correction1), scale);
  *m = first;
  *v = second;
  *p = x1_fma(-rule.rate, x1_fma(decay, *p, ratio), *p);
}

X1_FUNCTION void sgd_update(float *p, float *b, float gradient, float decay, UpdateRule rule) {
  float g = x1_mul(gradient, rule.clip);
  float momentum = flush(x1_fma(rule.momentum, *b, x1_fma(decay, *p, g)));
  *b = momentum;
  *p = x1_fma(-rule.rate, momentum, *p);
}

#endif
