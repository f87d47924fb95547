// Learning rate and Adam's corrections of a step: binary64 on the host, rounded once.
#ifndef INGOT_ENGINE_TRAIN_SCHEDULE_H
#define INGOT_ENGINE_TRAIN_SCHEDULE_H

#include "engine/shared/config.h"
#include "kernels/optimizer/optimizer.h"

// The learning rate of step `step` (from 0) of `total` steps: warm-up factor (step + 1) / warmup while
// step < warmup; then 1 (constant), or final + (1 - final) * (1 + cos(pi * t)) / 2 with
// t = (step - warmup) / (total - warmup) (cosine; Loshchilov, Hutter 2017, without restarts).
double schedule_rate(const TrainConfig *config, uint64_t step, uint64_t total);

// Fills the scalars of a step; beta powers are those after it (P1 *= b1, P2 *= b2 come first).
void optimizer_scalars(OptimizerStep *scalars, const OptimizerConfig *config, double rate, double beta1_power,
                       double beta2_power);

#endif
