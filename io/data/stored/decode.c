// Undoes the filters of a chunk in memory.
#include "io/data/stored/decode.h"

#include "engine/shared/memory.h"

#include <libdeflate.h>
#include <lz4.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

enum { CHECKSUM_BYTES = 4, SLACK = 1 << 16 };

static const char *const SIZE_IS_WRONG = "does not hold as many bytes as its values need";

struct ChunkDecoder {
  struct libdeflate_decompressor *deflate;
  ZSTD_DCtx *zstd;
  uint8_t *buffers[2]; // by turns
  size_t room;
};

bool chunk_filter_is_known(int filter) {
  return filter == CHUNK_DEFLATE || filter == CHUNK_SHUFFLE || filter == CHUNK_FLETCHER32 ||
         filter == CHUNK_LZ4 || filter == CHUNK_ZSTD;
}

bool chunk_filter_compresses(ChunkFilter filter) {
  return filter == CHUNK_DEFLATE || filter == CHUNK_LZ4 || filter == CHUNK_ZSTD;
}

uint64_t chunk_ratio_max(ChunkFilter filter) {
  switch (filter) {
  case CHUNK_DEFLATE:
    return 1100; // a match of 258 bytes in 2 bits
  case CHUNK_LZ4:
    return 256; // a match grows by 255 for each byte
  case CHUNK_ZSTD:
    return 1 << 15; // a block of 128 KB in 4 bytes
  default:
    return 1;
  }
}

size_t chunk_raw_bytes_max(const ChunkFormat *format) {
  return format->bytes + format->bytes / 8 + SLACK;
}

size_t chunk_decoder_bytes(const ChunkFormat *format) {
  return format->filter_count == 0 ? 0 : 2 * (format->bytes + CHUNK_FILTERS_MAX * CHECKSUM_BYTES);
}

ChunkDecoder *chunk_decoder_new(void) {
  return memory_get(1, sizeof(ChunkDecoder));
}

void chunk_decoder_free(ChunkDecoder *decoder) {
  if (decoder == NULL) return;
  if (decoder->deflate != NULL) libdeflate_free_decompressor(decoder->deflate);
  ZSTD_freeDCtx(decoder->zstd);
  free(decoder->buffers[0]);
  free(decoder->buffers[1]);
  free(decoder);
}

// ---- filters ----

static uint64_t big_endian(const uint8_t *bytes, int count) {
  uint64_t value = 0;
  for (int i = 0; i < count; i++) value = value << 8 | bytes[i];
  return value;
}

static bool inflate(ChunkDecoder *decoder, uint8_t *out, size_t bytes, const uint8_t *in, size_t in_bytes) {
  if (decoder->deflate == NULL) decoder->deflate = libdeflate_alloc_decompressor();
  return decoder->deflate != NULL &&
         libdeflate_zlib_decompress(decoder->deflate, in, in_bytes, out, bytes, NULL) == LIBDEFLATE_SUCCESS;
}

static bool decode_zstd(ChunkDecoder *decoder, uint8_t *out, size_t bytes, const uint8_t *in,
                        size_t in_bytes) {
  if (decoder->zstd == NULL) decoder->zstd = ZSTD_createDCtx();
  return decoder->zstd != NULL && ZSTD_decompressDCtx(decoder->zstd, out, bytes, in, in_bytes) == bytes;
}

static bool decode_lz4(uint8_t *out, size_t bytes, const uint8_t *in, size_t in_bytes) {
  if (in_bytes < LZ4_HEAD_BYTES || big_endian(in, 8) != bytes) return false;
  size_t block = (size_t)big_endian(in + 8, 4), used = LZ4_HEAD_BYTES, done = 0;
  if (block > INT32_MAX || (block == 0 && bytes > 0)) return false;
  while (done < bytes) {
    size_t wanted = bytes - done < block ? bytes - done : block;
    if (in_bytes - used < LZ4_BLOCK_HEAD_BYTES) return false;
    size_t stored = (size_t)big_endian(in + used, LZ4_BLOCK_HEAD_BYTES);
    used += LZ4_BLOCK_HEAD_BYTES;
    if (stored > in_bytes - used || stored > INT32_MAX) return false;
    if (stored == wanted) {
      memcpy(out + done, in + used, wanted);
    } else if (LZ4_decompress_safe((const char *)in + used, (char *)out + done, (int)stored, (int)wanted) !=
               (int)wanted) {
      return false;
    }
    used += stored;
    done += wanted;
  }
  return true;
}

// Bytes j of all elements lie together: element i's are at i, count + i, 2 count + i, ...
static void unshuffle_any(uint8_t *out, const uint8_t *in, size_t count, size_t size) {
  for (size_t i = 0; i < count; i++) {
    for (size_t j = 0; j < size; j++) out[i * size + j] = in[j * count + i];
  }
}

static void unshuffle_4(uint8_t *out, const uint8_t *in, size_t count) {
  const uint8_t *in1 = in + count, *in2 = in1 + count, *in3 = in2 + count;
  for (size_t i = 0; i < count; i++) {
    uint32_t element =
        (uint32_t)in[i] | (uint32_t)in1[i] << 8 | (uint32_t)in2[i] << 16 | (uint32_t)in3[i] << 24;
    memcpy(out + 4 * i, &element, 4);
  }
}

static void unshuffle_8(uint8_t *out, const uint8_t *in, size_t count) {
  const uint8_t *high = in + 4 * count;
  for (size_t i = 0; i < count; i++) {
    uint32_t low_half = (uint32_t)in[i] | (uint32_t)in[count + i] << 8 | (uint32_t)in[2 * count + i] << 16 |
                        (uint32_t)in[3 * count + i] << 24;
    uint32_t high_half = (uint32_t)high[i] | (uint32_t)high[count + i] << 8 |
                         (uint32_t)high[2 * count + i] << 16 | (uint32_t)high[3 * count + i] << 24;
    uint64_t element = (uint64_t)high_half << 32 | low_half;
    memcpy(out + 8 * i, &element, 8);
  }
}

// What is left behind the last whole element was not shuffled.
static void unshuffle(uint8_t *out, const uint8_t *in, size_t bytes, size_t size) {
  size_t count = bytes / size;
  if (size == 4)
    unshuffle_4(out, in, count);
  else if (size == 8)
    unshuffle_8(out, in, count);
  else
    unshuffle_any(out, in, count, size);
  memcpy(out + count * size, in + count * size, bytes - count * size);
}

// Fletcher's checksum of 16-bit big-endian words, modulo 65535 (0 and 65535 are told apart as HDF5 does); an
// odd last byte is the high half of a word.
static uint32_t fletcher32(const uint8_t *bytes, size_t length) {
  uint32_t sum1 = 0, sum2 = 0;
  for (size_t at = 0; at < length;) {
    size_t end = length - at > 720 ? at + 720 : length; // so many words cannot overflow
    for (; at < end; at += 2) {
      sum1 += (uint32_t)bytes[at] << 8 | (at + 1 < length ? bytes[at + 1] : 0u);
      sum2 += sum1;
    }
    sum1 = (sum1 & 0xffff) + (sum1 >> 16);
    sum2 = (sum2 & 0xffff) + (sum2 >> 16);
  }
  sum1 = (sum1 & 0xffff) + (sum1 >> 16);
  sum2 = (sum2 & 0xffff) + (sum2 >> 16);
  return sum2 << 16 | sum1;
}

// Stored little-endian; HDF5 before 1.6.3 swapped the bytes of each half.
static bool checksum_holds(const uint8_t *bytes, size_t length) {
  const uint8_t *end = bytes + length;
  uint32_t sum = fletcher32(bytes, length);
  uint32_t stored =
      (uint32_t)end[0] | (uint32_t)end[1] << 8 | (uint32_t)end[2] << 16 | (uint32_t)end[3] << 24;
  uint32_t swapped = (stored & 0x00ff00ff) << 8 | (stored >> 8 & 0x00ff00ff);
  return sum == stored || sum == swapped;
}

// ---- the chunk ----

// What is decoded so far, and which buffer is free.
typedef struct Stage {
  const uint8_t *bytes;
  size_t length;
  int free_buffer;
} Stage;

static bool is_left_out(uint32_t left_out, int filter) {
  return left_out >> filter & 1;
}

// Length of what filter `last` was given: the values and the checksums of the filters before it.
static size_t length_before(const ChunkFormat *format, uint32_t left_out, int last) {
  size_t length = format->bytes;
  for (int i = 0; i < last; i++) {
    if (format->filters[i] == CHUNK_FLETCHER32 && !is_left_out(left_out, i)) length += CHECKSUM_BYTES;
  }
  return length;
}

static const char *undo(Stage *stage, ChunkDecoder *decoder, const ChunkFormat *format, ChunkFilter filter,
                        size_t length) {
  uint8_t *out = decoder->buffers[stage->free_buffer];
  bool sound = true;
  switch (filter) {
  case CHUNK_FLETCHER32:
    if (stage->length < CHECKSUM_BYTES) return SIZE_IS_WRONG;
    stage->length -= CHECKSUM_BYTES;
    return checksum_holds(stage->bytes, stage->length) ? NULL : "does not have the checksum that it states";
  case CHUNK_SHUFFLE:
    if (stage->length != length) return SIZE_IS_WRONG;
    unshuffle(out, stage->bytes, length, format->shuffle_bytes);
    break;
  case CHUNK_DEFLATE:
    sound = inflate(decoder, out, length, stage->bytes, stage->length);
    break;
  case CHUNK_LZ4:
    sound = decode_lz4(out, length, stage->bytes, stage->length);
    break;
  case CHUNK_ZSTD:
    sound = decode_zstd(decoder, out, length, stage->bytes, stage->length);
    break;
  }
  *stage = (Stage){out, length, 1 - stage->free_buffer};
  return sound ? NULL : "does not decompress to its values";
}

const char *chunk_decode(const uint8_t **values, ChunkDecoder *decoder, const ChunkFormat *format,
                         uint32_t left_out, const uint8_t *raw, size_t raw_bytes) {
  size_t room = chunk_decoder_bytes(format) / 2;
  if (room > decoder->room) {
    for (int i = 0; i < 2; i++) {
      free(decoder->buffers[i]);
      decoder->buffers[i] = memory_get(room, 1);
    }
    decoder->room = room;
  }
  Stage stage = {raw, raw_bytes, 0};
  for (int i = format->filter_count - 1; i >= 0; i--) {
    if (is_left_out(left_out, i)) continue;
    const char *problem =
        undo(&stage, decoder, format, format->filters[i], length_before(format, left_out, i));
    if (problem != NULL) return problem;
  }
  *values = stage.bytes;
  return stage.length == format->bytes ? NULL : SIZE_IS_WRONG;
}
