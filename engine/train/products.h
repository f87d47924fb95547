// Private to engine/train: the products of a training run in fast mode (numerics f1), known before its first
// step.
#ifndef INGOT_ENGINE_TRAIN_PRODUCTS_H
#define INGOT_ENGINE_TRAIN_PRODUCTS_H

#include "engine/train/trainer_state.h"

// Workspace that the largest of them needs; 0 in exact mode.
size_t products_bytes(const Trainer *trainer);

// Pins the algorithm of each and hands over the workspace. 69 where one has none.
Status products_pin(const Trainer *trainer, Error *error);

#endif
