// Data sets stored in every way that is read: filters written by the compressors themselves, byte by byte as
// HDF5 has them, without its plugins.
#pragma once

#include <gtest/gtest.h>
#include <hdf5.h>
#include <libdeflate.h>
#include <lz4.h>
#include <zstd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace stored {

using Bytes = std::vector<uint8_t>;

enum Compression { NONE = 0, GZIP = 1, LZ4 = 32004, ZSTD = 32015 };

struct Way {
  Compression compression = NONE;
  bool shuffle = false, fletcher = false;
  hsize_t chunk = 0;          // rows; 0: one after the other
  size_t lz4_block = 1 << 30; // bytes
};

inline std::string name_of(const Way &way) {
  return std::to_string((int)way.compression) + (way.shuffle ? " shuffle" : "") +
         (way.fletcher ? " fletcher" : "") + " chunk " + std::to_string(way.chunk);
}

inline void put_big_endian(Bytes *out, uint64_t value, int count) {
  for (int i = count - 1; i >= 0; i--) out->push_back((uint8_t)(value >> 8 * i));
}

inline Bytes shuffled(const Bytes &in, size_t size) {
  Bytes out(in.size());
  size_t count = in.size() / size;
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < size; j++) out[j * count + i] = in[i * size + j];
  std::copy(in.begin() + (ptrdiff_t)(count * size), in.end(), out.begin() + (ptrdiff_t)(count * size));
  return out;
}

inline Bytes deflated(const Bytes &in) {
  libdeflate_compressor *compressor = libdeflate_alloc_compressor(6);
  Bytes out(libdeflate_zlib_compress_bound(compressor, in.size()));
  out.resize(libdeflate_zlib_compress(compressor, in.data(), in.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

inline Bytes zstd_frame(const Bytes &in) {
  Bytes out(ZSTD_compressBound(in.size()));
  out.resize(ZSTD_compress(out.data(), out.size(), in.data(), in.size(), 3));
  return out;
}

// Blocks that do not shrink are stored as they are.
inline Bytes lz4_blocks(const Bytes &in, size_t block) {
  Bytes out;
  if (block > in.size()) block = in.size();
  put_big_endian(&out, in.size(), 8);
  put_big_endian(&out, block, 4);
  for (size_t at = 0; at < in.size(); at += block) {
    int length = (int)std::min(block, in.size() - at);
    Bytes packed((size_t)LZ4_compressBound(length));
    int got =
        LZ4_compress_default((const char *)in.data() + at, (char *)packed.data(), length, (int)packed.size());
    if (got <= 0 || got >= length) {
      packed.assign(in.begin() + (ptrdiff_t)at, in.begin() + (ptrdiff_t)at + length);
      got = length;
    }
    put_big_endian(&out, (uint64_t)got, 4);
    out.insert(out.end(), packed.begin(), packed.begin() + got);
  }
  return out;
}

// The sums of Fletcher's checksum as its definition has them: words of two bytes, modulo 65535.
inline void append_fletcher32(Bytes *bytes) {
  uint64_t sum1 = 0, sum2 = 0;
  bool any = false;
  for (size_t i = 0; i < bytes->size(); i += 2) {
    uint64_t word = (uint64_t)(*bytes)[i] << 8 | (i + 1 < bytes->size() ? (*bytes)[i + 1] : 0);
    any |= word != 0;
    sum1 = (sum1 + word) % 65535;
    sum2 = (sum2 + sum1) % 65535;
  }
  // What is not nothing has no sum 0: HDF5 folds the carry back in.
  if (any && sum1 == 0) sum1 = 65535;
  if (any && sum2 == 0) sum2 = 65535;
  for (uint64_t half : {sum1, sum2}) {
    bytes->push_back((uint8_t)half);
    bytes->push_back((uint8_t)(half >> 8));
  }
}

// A chunk as it stands in the file: shuffle, compression, checksum, in this order.
inline Bytes encoded(const Bytes &values, size_t size, const Way &way) {
  Bytes bytes = way.shuffle ? shuffled(values, size) : values;
  if (way.compression == GZIP) bytes = deflated(bytes);
  if (way.compression == LZ4) bytes = lz4_blocks(bytes, way.lz4_block);
  if (way.compression == ZSTD) bytes = zstd_frame(bytes);
  if (way.fletcher) append_fletcher32(&bytes);
  return bytes;
}

inline size_t unchanged(unsigned, size_t, const unsigned *, size_t bytes, size_t *, void **) {
  return bytes;
}

// HDF5 lets a filter be named only where it knows one of that number.
inline void know_filters() {
  for (H5Z_filter_t id : {(H5Z_filter_t)LZ4, (H5Z_filter_t)ZSTD}) {
    H5Z_class2_t filter = {H5Z_CLASS_T_VERS, id, 1, 1, "named", nullptr, nullptr, unchanged};
    ASSERT_GE(H5Zregister(&filter), 0);
  }
}

// Writes count values of a type, `bytes` as they are, as a data set of a file.
inline void write_dataset(hid_t file, const std::string &name, hid_t type, const Bytes &bytes,
                          const Way &way) {
  size_t size = H5Tget_size(type);
  hsize_t count = bytes.size() / size;
  hid_t space = H5Screate_simple(1, &count, nullptr), properties = H5Pcreate(H5P_DATASET_CREATE);
  if (way.chunk > 0) {
    know_filters();
    H5Pset_chunk(properties, 1, &way.chunk);
    if (way.shuffle) H5Pset_shuffle(properties);
    if (way.compression == GZIP) H5Pset_deflate(properties, 6);
    if (way.compression == LZ4 || way.compression == ZSTD)
      H5Pset_filter(properties, way.compression, H5Z_FLAG_MANDATORY, 0, nullptr);
    if (way.fletcher) H5Pset_fletcher32(properties);
  }
  hid_t set = H5Dcreate2(file, name.c_str(), type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
  ASSERT_GE(set, 0) << name;
  if (way.chunk == 0) {
    EXPECT_GE(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()), 0);
  }
  for (hsize_t first = 0; way.chunk > 0 && first < count; first += way.chunk) {
    Bytes chunk(way.chunk * size);
    size_t length = std::min(chunk.size(), (size_t)(bytes.size() - first * size));
    memcpy(chunk.data(), bytes.data() + first * size, length);
    chunk = encoded(chunk, size, way);
    EXPECT_GE(H5Dwrite_chunk(set, H5P_DEFAULT, 0, &first, chunk.size(), chunk.data()), 0);
  }
  H5Dclose(set);
  H5Pclose(properties);
  H5Sclose(space);
}

template <typename T> Bytes bytes_of(const std::vector<T> &values) {
  Bytes bytes(values.size() * sizeof(T));
  memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

// Every way: plain, and each compression with and without shuffle and checksum, in chunks of odd lengths.
inline std::vector<Way> ways(hsize_t rows) {
  std::vector<Way> all = {{}};
  for (Compression compression : {NONE, GZIP, LZ4, ZSTD}) {
    for (bool shuffle : {false, true}) {
      for (bool fletcher : {false, true}) {
        for (hsize_t chunk : {(hsize_t)997, (hsize_t)4096, rows}) {
          Way way = {compression, shuffle, fletcher, chunk, chunk == 997 ? (size_t)1000 : (size_t)1 << 30};
          all.push_back(way);
        }
      }
    }
  }
  return all;
}

} // namespace stored
