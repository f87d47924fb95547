// Private to engine/train: carving and sizing a trainer's memory.
#ifndef INGOT_ENGINE_TRAIN_PLAN_H
#define INGOT_ENGINE_TRAIN_PLAN_H

#include "engine/train/trainer_state.h"

// Settles batch, micro-batch and step counts from the configuration. 78/65 where they cannot be.
Status plan_settle(Trainer *trainer, Error *error);

// Takes everything a trainer needs from its arena (which may only be measuring); plan may be NULL.
void plan_carve(Trainer *trainer, TrainerPlan *plan);

// The fixed-point rule of R3 for accumulators of at most `addends` addends.
Quantiser plan_quantiser(int fraction_bits, int64_t addends);

// 2^(62 - ceil(log2 batch)): where the loss addends of R3 saturate.
int64_t plan_loss_bound(int64_t batch);

#endif
