// The filters lz4 and zstd as HDF5 calls them while it writes.
#include "io/data/stored/encode.h"

#include "io/data/hdf5_shim.h"
#include "io/data/stored/decode.h"

#include <lz4.h>
#include <string.h>
#include <zstd.h>

enum { ZSTD_LEVEL = 3, LZ4_BEFORE_BLOCK = LZ4_HEAD_BYTES + LZ4_BLOCK_HEAD_BYTES };

static void put_big_endian(uint8_t *bytes, uint64_t value, int count) {
  for (int i = count - 1; i >= 0; i--, value >>= 8) bytes[i] = (uint8_t)value;
}

// The chunk as one block, which is stored as it is where it does not shrink. 0: failed.
static size_t encode_lz4(uint8_t *out, const uint8_t *in, size_t bytes) {
  if (bytes > LZ4_MAX_INPUT_SIZE) return 0;
  int got = LZ4_compress_default((const char *)in, (char *)out + LZ4_BEFORE_BLOCK, (int)bytes,
                                 LZ4_compressBound((int)bytes));
  if (got <= 0) return 0;
  size_t stored = (size_t)got;
  if (stored >= bytes) {
    memcpy(out + LZ4_BEFORE_BLOCK, in, bytes);
    stored = bytes;
  }
  put_big_endian(out, bytes, 8);
  put_big_endian(out + 8, bytes, 4);
  put_big_endian(out + LZ4_HEAD_BYTES, stored, LZ4_BLOCK_HEAD_BYTES);
  return LZ4_BEFORE_BLOCK + stored;
}

// As H5Z_func_t: replaces *buffer; 0 where it fails, as it does in reading, which is not HDF5's here.
static size_t encode(ChunkFilter filter, unsigned flags, size_t bytes, size_t *room, void **buffer) {
  if (flags & H5Z_FLAG_REVERSE) return 0;
  size_t most = filter == CHUNK_LZ4 ? LZ4_BEFORE_BLOCK + bytes + bytes / 255 + 16 : ZSTD_compressBound(bytes);
  void *out = H5allocate_memory(most, 0);
  if (out == NULL) return 0;
  size_t got = filter == CHUNK_LZ4 ? encode_lz4(out, *buffer, bytes)
                                   : ZSTD_compress(out, most, *buffer, bytes, ZSTD_LEVEL);
  if (got == 0 || got > most) { // zstd's errors are large numbers
    H5free_memory(out);
    return 0;
  }
  H5free_memory(*buffer);
  *buffer = out;
  *room = most;
  return got;
}

static size_t filter_lz4(unsigned flags, size_t count, const unsigned *parameters, size_t bytes, size_t *room,
                         void **buffer) {
  (void)count, (void)parameters;
  return encode(CHUNK_LZ4, flags, bytes, room, buffer);
}

static size_t filter_zstd(unsigned flags, size_t count, const unsigned *parameters, size_t bytes,
                          size_t *room, void **buffer) {
  (void)count, (void)parameters;
  return encode(CHUNK_ZSTD, flags, bytes, room, buffer);
}

void encode_register(void) {
  static const H5Z_class2_t lz4 = {H5Z_CLASS_T_VERS, CHUNK_LZ4, 1, 1, "lz4", NULL, NULL, filter_lz4};
  static const H5Z_class2_t zstd = {H5Z_CLASS_T_VERS, CHUNK_ZSTD, 1, 1, "zstd", NULL, NULL, filter_zstd};
  H5Zregister(&lz4);
  H5Zregister(&zstd);
}
