// A chunk's bytes as HDF5 stores them to the values it holds: what its filters did is undone in memory.
//
// Filters, by their numbers in HDF5: deflate (1, a zlib stream), shuffle (2, the bytes of all elements by
// their place in the element), fletcher32 (3, a checksum of 4 bytes behind the data), lz4 (32004: 8 bytes
// size of all, 4 bytes size of a block, both big-endian; then blocks, each with its stored size in 4 bytes,
// which is the block's own size where it is not compressed), zstd (32015, frames). Input is hostile: nothing
// is written behind `bytes`, nothing read behind `raw_bytes`, and what does not end exactly there is refused.
#ifndef INGOT_IO_DATA_STORED_DECODE_H
#define INGOT_IO_DATA_STORED_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ChunkFilter {
  CHUNK_DEFLATE = 1,
  CHUNK_SHUFFLE = 2,
  CHUNK_FLETCHER32 = 3,
  CHUNK_LZ4 = 32004,
  CHUNK_ZSTD = 32015
} ChunkFilter;

enum { CHUNK_FILTERS_MAX = 8 };

enum { LZ4_HEAD_BYTES = 12, LZ4_BLOCK_HEAD_BYTES = 4 }; // before the first block, before each one

typedef struct ChunkFormat {
  size_t bytes; // of a chunk's values
  int filter_count;
  ChunkFilter filters[CHUNK_FILTERS_MAX]; // in the order in which they were applied; one compresses at most
  size_t shuffle_bytes;                   // of an element, at least 1
} ChunkFormat;

bool chunk_filter_is_known(int filter);
bool chunk_filter_compresses(ChunkFilter filter);

// How many times larger than the stored bytes values can be, at most.
uint64_t chunk_ratio_max(ChunkFilter filter);

// More stored bytes than this have no place in a sound file.
size_t chunk_raw_bytes_max(const ChunkFormat *format);

// One thread's decompressors and buffers.
typedef struct ChunkDecoder ChunkDecoder;
ChunkDecoder *chunk_decoder_new(void);
void chunk_decoder_free(ChunkDecoder *decoder); // NULL is allowed

// Bytes that a decoder holds once it has decoded a chunk of this format, without its decompressor.
size_t chunk_decoder_bytes(const ChunkFormat *format);

// Decodes raw[0..raw_bytes); bit i of `left_out` says that filter i was not applied. *values (`format->bytes`
// of them) lie in the decoder or in `raw`, until the next call. NULL, or why the chunk is refused.
const char *chunk_decode(const uint8_t **values, ChunkDecoder *decoder, const ChunkFormat *format,
                         uint32_t left_out, const uint8_t *raw, size_t raw_bytes);

#endif
