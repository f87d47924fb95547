// Learning rate of a step, and the optimizer's constants.
#include "engine/train/schedule.h"

#include "engine/shared/math64.h"

double schedule_rate(const TrainConfig *config, uint64_t step, uint64_t total) {
  double rate = config->optimizer.learning_rate;
  uint64_t warmup = (uint64_t)config->schedule.warmup_steps;
  if (step < warmup) return rate * ((double)(step + 1) / (double)warmup);
  if (config->schedule.kind == SCHEDULE_CONSTANT || total <= warmup) return rate;
  double final = config->schedule.final_fraction;
  double t = (double)(step - warmup) / (double)(total - warmup);
  return rate * (final + (1.0 - final) * (0.5 * (1.0 + math64_cospi(t))));
}

void optimizer_scalars(OptimizerStep *scalars, const OptimizerConfig *config) {
  scalars->weight_decay = (float)config->weight_decay;
  scalars->beta1 = (float)config->beta1;
  scalars->beta2 = (float)config->beta2;
  scalars->one_minus_beta1 = (float)(1.0 - config->beta1);
  scalars->one_minus_beta2 = (float)(1.0 - config->beta2);
  scalars->epsilon = (float)config->epsilon;
  scalars->momentum = (float)config->momentum;
}
