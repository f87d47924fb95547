// The chain: one SHA-256 link per step, so that two runs agree on their heads exactly if on all their steps.
//
//   h(0) = SHA-256("x1" | bits config | data digest | digest of the initial parameters)
//   h(t) = SHA-256(h(t-1) | u64 t | f32 loss | f32 gradient norm), little-endian, t = optimizer steps done
//   a validation that early stopping reads appends SHA-256(h | "v" | u64 t | f64 value)
#ifndef INGOT_ENGINE_TRAIN_CHAIN_H
#define INGOT_ENGINE_TRAIN_CHAIN_H

#include "engine/shared/tensor.h"

void chain_start(uint8_t chain[DIGEST_BYTES], const char *numerics_id, const char *bits_text,
                 const uint8_t data_digest[DIGEST_BYTES], const uint8_t parameter_digest[DIGEST_BYTES]);
void chain_step(uint8_t chain[DIGEST_BYTES], uint64_t step, float loss, float gradient_norm);
void chain_validation(uint8_t chain[DIGEST_BYTES], uint64_t step, double value);

#endif
