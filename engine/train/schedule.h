// Learning rate of a step, and the optimizer's constants: binary64 on the host, rounded once.
#ifndef INGOT_ENGINE_TRAIN_SCHEDULE_H
#define INGOT_ENGINE_TRAIN_SCHEDULE_H

#include "engine/shared/config.h"
#include "kernels/optimizer/optimizer.h"

// The learning rate of step `step` (from 0) of `total` steps: warm-up factor (step + 1) / warmup while
// step < warmup; then 1 (constant), or final + (1 - final) * (1 + cos(pi * t)) / 2 with
// t = (step - warmup) / (total - warmup) (cosine; Loshchilov, Hutter 2017, without restarts).
double schedule_rate(const TrainConfig *config, uint64_t step, uint64_t total);

// Fills what stays the same in every step.
void optimizer_scalars(OptimizerStep *scalars, const OptimizerConfig *config);

#endif
