// The chain: one SHA-256 link per step.
#include "engine/train/chain.h"

#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "links and digests are made of little-endian bytes"
#endif

void chain_start(uint8_t chain[DIGEST_BYTES], const char *numerics_id, const char *bits_text,
                 const uint8_t data_digest[DIGEST_BYTES], const uint8_t parameter_digest[DIGEST_BYTES]) {
  size_t id = strlen(numerics_id), bits = strlen(bits_text);
  uint8_t *bytes = memory_get(id + bits + 2 * DIGEST_BYTES, 1);
  memcpy(bytes, numerics_id, id);
  memcpy(bytes + id, bits_text, bits);
  memcpy(bytes + id + bits, data_digest, DIGEST_BYTES);
  memcpy(bytes + id + bits + DIGEST_BYTES, parameter_digest, DIGEST_BYTES);
  sha256(chain, bytes, id + bits + 2 * DIGEST_BYTES);
  free(bytes);
}

void chain_step(uint8_t chain[DIGEST_BYTES], uint64_t step, float loss, float gradient_norm) {
  uint8_t bytes[DIGEST_BYTES + 16];
  memcpy(bytes, chain, DIGEST_BYTES);
  memcpy(bytes + DIGEST_BYTES, &step, 8);
  memcpy(bytes + DIGEST_BYTES + 8, &loss, 4);
  memcpy(bytes + DIGEST_BYTES + 12, &gradient_norm, 4);
  sha256(chain, bytes, sizeof bytes);
}

void chain_validation(uint8_t chain[DIGEST_BYTES], uint64_t step, double value) {
  uint8_t bytes[DIGEST_BYTES + 17];
  memcpy(bytes, chain, DIGEST_BYTES);
  bytes[DIGEST_BYTES] = 'v';
  memcpy(bytes + DIGEST_BYTES + 1, &step, 8);
  memcpy(bytes + DIGEST_BYTES + 9, &value, 8);
  sha256(chain, bytes, sizeof bytes);
}
