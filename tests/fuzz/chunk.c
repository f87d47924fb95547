// Fuzzer of stored chunks: a byte of filters, the size of a value, their count in two bytes, filters left
// out; then the chunk.
#include "engine/shared/memory.h"
#include "io/data/stored/decode.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD_BYTES = 5 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const ChunkFilter compressing[] = {CHUNK_SHUFFLE, CHUNK_DEFLATE, CHUNK_LZ4, CHUNK_ZSTD};
  if (size < HEAD_BYTES) return 0;
  ChunkFormat format = {.shuffle_bytes = (size_t)data[1] % 16 + 1};
  format.bytes = format.shuffle_bytes * (data[2] + 256u * data[3]);
  if (data[0] & 1) format.filters[format.filter_count++] = CHUNK_FLETCHER32;
  if (data[0] & 2) format.filters[format.filter_count++] = CHUNK_SHUFFLE;
  if (data[0] >> 2 & 3) format.filters[format.filter_count++] = compressing[data[0] >> 2 & 3];
  if (data[0] & 16) format.filters[format.filter_count++] = CHUNK_FLETCHER32;
  size_t length = size - HEAD_BYTES;
  uint8_t *raw = malloc(length == 0 ? 1 : length); // exactly, for who watches its end
  if (raw == NULL) abort();
  memcpy(raw, data + HEAD_BYTES, length);
  ChunkDecoder *decoder = chunk_decoder_new();
  const uint8_t *values = NULL;
  const char *problem = chunk_decode(&values, decoder, &format, data[4], raw, length);
  uint64_t sum = 0;
  for (size_t i = 0; problem == NULL && i < format.bytes; i++) sum += values[i];
  Error error = {0};
  Status status = problem == NULL ? STATUS_OK : error_set(&error, STATUS_DATA, "the chunk %s", problem);
  if (sum > 255 * (uint64_t)format.bytes) abort();
  fuzz_settled(status, &error);
  chunk_decoder_free(decoder);
  free(raw);
  return 0;
}
