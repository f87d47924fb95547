// Values are the same however a file stores them, and damaged chunks are refused by name.
#include "stored_case.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <random>
#include <sstream>

extern "C" {
#include "io/data/data_file.h"
#include "io/data/hdf5_shim.h"
#include "io/data/stored/decode.h"
}

using namespace stored;

namespace {

int hdf5_status_in_child(bool without_memory) {
  pid_t child = fork();
  if (child == 0) {
    rlimit none{1, RLIM_INFINITY};
    Error error{};
    if (without_memory) setrlimit(RLIMIT_AS, &none);
    _exit(hdf5_blame(error_set(&error, STATUS_DATA, "it is damaged"), "file.h5", &error));
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string file_of(const std::string &name) {
  return testing::TempDir() + "ingot_stored_" + std::to_string(getpid()) + "_" + name;
}

ChunkFormat format_of(const Way &way, size_t bytes, size_t size) {
  ChunkFormat format = {};
  format.bytes = bytes;
  format.shuffle_bytes = size;
  if (way.shuffle) format.filters[format.filter_count++] = CHUNK_SHUFFLE;
  if (way.compression != NONE) format.filters[format.filter_count++] = (ChunkFilter)way.compression;
  if (way.fletcher) format.filters[format.filter_count++] = CHUNK_FLETCHER32;
  return format;
}

// Some that compress well, some that do not at all.
Bytes values_of(size_t bytes, std::mt19937_64 *random) {
  Bytes values(bytes);
  uint64_t range = 1 + (*random)() % 256;
  for (uint8_t &byte : values) byte = (uint8_t)((*random)() % range);
  return values;
}

// A copy with nothing behind it that may be read.
struct Exact {
  explicit Exact(const Bytes &from) : bytes(new uint8_t[from.size()]) {
    std::copy(from.begin(), from.end(), bytes.get());
  }
  std::unique_ptr<uint8_t[]> bytes;
};

template <typename T>
void write_column(const std::string &path, hid_t type, const std::vector<T> &values, const Way &way) {
  hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  H5Gclose(H5Gcreate2(file, "/columns", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  write_dataset(file, "/columns/x", type, bytes_of(values), way);
  EXPECT_GE(H5Fclose(file), 0);
}

// What a stretch of the column reads as.
std::vector<double> read_numbers(const std::string &path, int64_t first, int64_t count) {
  DataFile *file = nullptr;
  Error error = {};
  std::vector<double> numbers((size_t)count, -1);
  EXPECT_EQ(data_file_open(&file, path.c_str(), &error), STATUS_OK) << error.text;
  if (file == nullptr) return {};
  EXPECT_EQ(data_file_numbers(file, 0, first, count, numbers.data(), &error), STATUS_OK) << error.text;
  data_file_close(file);
  return numbers;
}

std::string read_error(const std::string &path, int64_t count, Status wanted = STATUS_DATA) {
  DataFile *file = nullptr;
  Error error = {};
  std::vector<double> numbers((size_t)count);
  Status status = data_file_open(&file, path.c_str(), &error);
  if (status == STATUS_OK) status = data_file_numbers(file, 0, 0, count, numbers.data(), &error);
  EXPECT_EQ(status, wanted) << error.text;
  data_file_close(file);
  return error.text;
}

// A failure of HDF5 is the file's where there is memory, and nobody's where there is none.
TEST(Stored, WithoutMemoryTheFileIsNotBlamed) {
  EXPECT_EQ(hdf5_status_in_child(false), STATUS_DATA);
  EXPECT_EQ(hdf5_status_in_child(true), STATUS_UNAVAILABLE);
}

} // namespace

TEST(Stored, ChunksDecodeToWhatWasEncoded) {
  std::mt19937_64 random(1);
  ChunkDecoder *decoder = chunk_decoder_new();
  for (const Way &way : ways(1)) {
    for (size_t size : {1, 2, 3, 4, 8, 16}) {
      for (size_t count : {1, 2, 3, 359, 360, 361, 720, 721, 5000}) {
        Bytes values = values_of(count * size, &random);
        ChunkFormat format = format_of(way, values.size(), size);
        Bytes raw = encoded(values, size, way);
        const uint8_t *decoded = nullptr;
        Exact exact(raw);
        const char *problem = chunk_decode(&decoded, decoder, &format, 0, exact.bytes.get(), raw.size());
        ASSERT_EQ(problem, nullptr) << problem << name_of(way) << " " << size << " " << count;
        ASSERT_EQ(memcmp(decoded, values.data(), values.size()), 0) << name_of(way) << size << " " << count;
      }
    }
  }
  chunk_decoder_free(decoder);
}

// Values whose sums are multiples of 65535, and none at all.
TEST(Stored, ChecksumsOfNothingAndOfAllOnes) {
  ChunkDecoder *decoder = chunk_decoder_new();
  for (uint8_t byte : {0, 255}) {
    for (size_t length : {1, 2, 3, 720, 1441}) {
      Way way = {NONE, false, true, 1, 0};
      Bytes values(length, byte), raw = encoded(values, 1, way);
      ChunkFormat format = format_of(way, length, 1);
      const uint8_t *decoded;
      if (length % 2 == 0 || byte == 0) {
        EXPECT_EQ(chunk_decode(&decoded, decoder, &format, 0, raw.data(), raw.size()), nullptr) << length;
      }
      raw[0] ^= 1;
      EXPECT_NE(chunk_decode(&decoded, decoder, &format, 0, raw.data(), raw.size()), nullptr) << length;
    }
  }
  chunk_decoder_free(decoder);
}

// A filter that was not applied to this chunk, as its mask says.
TEST(Stored, FiltersThatWereLeftOut) {
  std::mt19937_64 random(2);
  ChunkDecoder *decoder = chunk_decoder_new();
  Bytes values = values_of(4000, &random);
  ChunkFormat format = format_of({GZIP, true, true, 1, 0}, values.size(), 8); // 0 shuffle, 1 gzip, 2 checksum
  for (uint32_t mask = 0; mask < 8; mask++) {
    Way applied = {mask & 2 ? NONE : GZIP, !(mask & 1), !(mask & 4), 1, 0};
    Bytes raw = encoded(values, 8, applied);
    const uint8_t *decoded;
    ASSERT_EQ(chunk_decode(&decoded, decoder, &format, mask, raw.data(), raw.size()), nullptr) << mask;
    EXPECT_EQ(memcmp(decoded, values.data(), values.size()), 0) << mask;
  }
  chunk_decoder_free(decoder);
}

// Mutants of sound chunks decode to the declared bytes or are refused; a checksum lets none of them through.
TEST(Stored, MutantsOfChunks) {
  std::mt19937_64 random(3);
  ChunkDecoder *decoder = chunk_decoder_new();
  int refused = 0, all = 0;
  for (const Way &way : ways(1)) {
    for (int i = 0; i < 300; i++) {
      size_t size = (size_t)1 << random() % 4, count = 1 + random() % 600;
      Bytes values = values_of(count * size, &random), raw = encoded(values, size, way);
      ChunkFormat format = format_of(way, values.size(), size);
      for (uint64_t changes = 1 + random() % 3; changes > 0 && !raw.empty(); changes--) {
        size_t at = random() % raw.size();
        switch (random() % 4) {
        case 0:
          raw[at] ^= (uint8_t)(1 << random() % 8);
          break;
        case 1:
          raw[at] = (uint8_t)random();
          break;
        case 2:
          raw.resize(at);
          break;
        default:
          raw.insert(raw.begin() + (ptrdiff_t)at, (uint8_t)random());
        }
      }
      Exact exact(raw);
      const uint8_t *decoded = nullptr;
      const char *problem = chunk_decode(&decoded, decoder, &format, 0, exact.bytes.get(), raw.size());
      all++;
      refused += problem != nullptr;
      if (problem == nullptr) {
        uint64_t sum = 0;
        for (size_t j = 0; j < format.bytes; j++) sum += decoded[j]; // all of it is there
        EXPECT_LE(sum, 255 * format.bytes);
        if (way.fletcher) {
          EXPECT_EQ(memcmp(decoded, values.data(), format.bytes), 0) << name_of(way);
        }
      }
    }
  }
  EXPECT_GT(refused, all / 2);
  EXPECT_LT(refused, all);
  chunk_decoder_free(decoder);
}

// Heads of lz4 that claim what is not there.
TEST(Stored, Lz4HeadsThatLie) {
  ChunkDecoder *decoder = chunk_decoder_new();
  ChunkFormat format = format_of({LZ4, false, false, 1, 0}, 1000, 1);
  Bytes sound = lz4_blocks(Bytes(1000, 7), 100);
  const uint8_t *decoded;
  ASSERT_EQ(chunk_decode(&decoded, decoder, &format, 0, sound.data(), sound.size()), nullptr);
  auto changed = [&](size_t at, uint64_t value, int count) {
    Bytes bytes, raw = sound;
    put_big_endian(&bytes, value, count);
    std::copy(bytes.begin(), bytes.end(), raw.begin() + (ptrdiff_t)at);
    return chunk_decode(&decoded, decoder, &format, 0, Exact(raw).bytes.get(), raw.size());
  };
  EXPECT_NE(changed(0, 1001, 8), nullptr);
  EXPECT_NE(changed(0, UINT64_MAX, 8), nullptr);
  EXPECT_NE(changed(0, 0, 8), nullptr);
  EXPECT_NE(changed(8, 0, 4), nullptr);
  EXPECT_NE(changed(8, UINT32_MAX, 4), nullptr);
  EXPECT_NE(changed(8, 1000, 4), nullptr);
  EXPECT_NE(changed(12, UINT32_MAX, 4), nullptr);
  EXPECT_NE(changed(12, 0, 4), nullptr);
  for (size_t length = 0; length < sound.size(); length++) {
    Bytes cut(sound.begin(), sound.begin() + (ptrdiff_t)length);
    EXPECT_NE(chunk_decode(&decoded, decoder, &format, 0, Exact(cut).bytes.get(), cut.size()), nullptr);
  }
  chunk_decoder_free(decoder);
}

TEST(Stored, EveryWayReadsTheSame) {
  const int64_t rows = 10007;
  std::string path = file_of("way.h5");
  std::vector<double> wanted;
  std::vector<float> values;
  for (int64_t i = 0; i < rows; i++) values.push_back(i % 11 == 0 ? NAN : (float)(i * 0.25 - 100));
  wanted.assign(values.begin(), values.end());
  for (const Way &way : ways((hsize_t)rows)) {
    write_column(path, H5T_IEEE_F32LE, values, way);
    for (auto [first, count] :
         {std::pair<int64_t, int64_t>{0, rows}, {996, 2}, {rows - 1, 1}, {4000, 5000}, {5, 0}}) {
      std::vector<double> got = read_numbers(path, first, count);
      ASSERT_EQ(got.size(), (size_t)count);
      ASSERT_TRUE(count == 0 || memcmp(got.data(), wanted.data() + first, (size_t)count * 8) == 0)
          << name_of(way) << first;
    }
  }
}

// Types of both byte orders, from one after the other and from chunks.
TEST(Stored, Types) {
  std::vector<double> numbers = {0, 1, 100, 7, 3, 127, 64, 2, 0, 99};
  const std::pair<hid_t, hid_t> types[] = {{H5T_STD_I8LE, -1},
                                           {H5T_STD_U8LE, -1},
                                           {H5T_STD_I16LE, H5T_STD_I16BE},
                                           {H5T_STD_U16LE, H5T_STD_U16BE},
                                           {H5T_STD_I32LE, H5T_STD_I32BE},
                                           {H5T_STD_U32LE, H5T_STD_U32BE},
                                           {H5T_STD_I64LE, H5T_STD_I64BE},
                                           {H5T_STD_U64LE, H5T_STD_U64BE},
                                           {H5T_IEEE_F32LE, H5T_IEEE_F32BE},
                                           {H5T_IEEE_F64LE, H5T_IEEE_F64BE}};
  for (auto [little, big] : types) {
    for (hid_t type : {little, big}) {
      for (hsize_t chunk : {0, 3}) {
        if (type < 0) continue;
        Bytes bytes(numbers.size() * 8);
        memcpy(bytes.data(), numbers.data(), bytes.size());
        ASSERT_GE(H5Tconvert(H5T_NATIVE_DOUBLE, type, numbers.size(), bytes.data(), nullptr, H5P_DEFAULT), 0);
        bytes.resize(numbers.size() * H5Tget_size(type));
        std::string path = file_of("type.h5");
        hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        H5Gclose(H5Gcreate2(file, "/columns", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
        write_dataset(file, "/columns/x", type, bytes, {chunk > 0 ? ZSTD : NONE, chunk > 0, false, chunk, 0});
        EXPECT_GE(H5Fclose(file), 0);
        EXPECT_EQ(read_numbers(path, 0, (int64_t)numbers.size()), numbers) << H5Tget_size(type) << chunk;
      }
    }
  }
}

// Chunks that were never written hold the fill value, in the middle of others and where there are none.
TEST(Stored, ChunksThatWereNeverWritten) {
  std::string path = file_of("holes.h5");
  const hsize_t rows = 50, chunk = 8, written = 16;
  const double fill = 2.5, value = 7;
  for (bool any : {true, false}) {
    hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5Gclose(H5Gcreate2(file, "/columns", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    hid_t space = H5Screate_simple(1, &rows, nullptr), properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(properties, 1, &chunk);
    H5Pset_deflate(properties, 4);
    H5Pset_fill_value(properties, H5T_NATIVE_DOUBLE, &fill);
    hid_t set = H5Dcreate2(file, "/columns/x", H5T_IEEE_F64LE, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    Bytes bytes = deflated(bytes_of(std::vector<double>(chunk, value)));
    if (any) {
      EXPECT_GE(H5Dwrite_chunk(set, H5P_DEFAULT, 0, &written, bytes.size(), bytes.data()), 0);
    }
    H5Dclose(set);
    H5Pclose(properties);
    H5Sclose(space);
    EXPECT_GE(H5Fclose(file), 0);
    std::vector<double> wanted(rows, fill);
    if (any) std::fill(wanted.begin() + written, wanted.begin() + written + chunk, value);
    EXPECT_EQ(read_numbers(path, 0, rows), wanted) << any;
  }
}

// A last chunk that is not full and has no filters.
TEST(Stored, LastChunksWithoutFilters) {
  std::string path = file_of("plain_end.h5");
  const hsize_t rows = 20, chunk = 8;
  std::vector<double> wanted;
  for (hsize_t i = 0; i < rows; i++) wanted.push_back((double)i);
  hid_t access = H5Pcreate(H5P_FILE_ACCESS), properties = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
  hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
  H5Gclose(H5Gcreate2(file, "/columns", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  H5Pset_chunk(properties, 1, &chunk);
  H5Pset_chunk_opts(properties, H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS);
  H5Pset_deflate(properties, 4);
  hid_t space = H5Screate_simple(1, &rows, nullptr);
  hid_t set = H5Dcreate2(file, "/columns/x", H5T_IEEE_F64LE, space, H5P_DEFAULT, properties, H5P_DEFAULT);
  EXPECT_GE(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, wanted.data()), 0);
  H5Dclose(set);
  H5Sclose(space);
  H5Pclose(properties);
  H5Pclose(access);
  EXPECT_GE(H5Fclose(file), 0);
  EXPECT_EQ(read_numbers(path, 0, rows), wanted);
}

// A block of the user's before the file: values are behind it.
TEST(Stored, UserBlocks) {
  std::string path = file_of("userblock.h5");
  std::vector<double> values = {1, 2, 3, 4, 5};
  for (hsize_t chunk : {0, 2}) {
    hid_t creation = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_userblock(creation, 2048);
    hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation, H5P_DEFAULT);
    H5Gclose(H5Gcreate2(file, "/columns", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    write_dataset(file, "/columns/x", H5T_IEEE_F64LE, bytes_of(values), {NONE, false, false, chunk, 0});
    H5Pclose(creation);
    EXPECT_GE(H5Fclose(file), 0);
    EXPECT_EQ(read_numbers(path, 0, 5), values) << chunk;
  }
}

// A file that was cut off after it was opened.
TEST(Stored, FilesThatShrink) {
  std::string path = file_of("shrinks.h5");
  std::vector<double> values(100000, 1.5), numbers(values.size());
  write_column(path, H5T_IEEE_F64LE, values, {});
  DataFile *file = nullptr;
  Error error = {};
  ASSERT_EQ(data_file_open(&file, path.c_str(), &error), STATUS_OK) << error.text;
  ASSERT_EQ(truncate(path.c_str(), 400000), 0);
  EXPECT_EQ(data_file_numbers(file, 0, 0, 100000, numbers.data(), &error), STATUS_DATA);
  EXPECT_NE(std::string(error.text).find("cannot be read: the file ends before them."), std::string::npos)
      << error.text;
  EXPECT_EQ(std::string(error.text).rfind(path + ": column 'x': rows ", 0), 0u) << error.text;
  data_file_close(file);
}

// Wrong bytes of a chunk are refused with file, column and chunk; those of the first one where there are
// several.
TEST(Stored, DamagedChunksAreNamed) {
  std::string path = file_of("damaged.h5");
  std::vector<double> values;
  for (int i = 0; i < 5000; i++) values.push_back(i * 0.5);
  for (Way way : {Way{GZIP, true, false, 1000, 0},
                  {LZ4, true, false, 1000, 1 << 20},
                  {ZSTD, false, false, 1000, 0},
                  {NONE, false, true, 1000, 0}}) {
    write_column(path, H5T_IEEE_F64LE, values, way);
    std::stringstream content;
    content << std::ifstream(path, std::ios::binary).rdbuf();
    std::string bytes = content.str();
    for (hsize_t chunk : {4, 2}) {
      std::vector<double> part(values.begin() + (ptrdiff_t)(chunk * 1000),
                               values.begin() + (ptrdiff_t)(chunk * 1000) + 1000);
      Bytes raw = encoded(bytes_of(part), 8, way);
      size_t at = bytes.find(std::string(raw.begin(), raw.end()));
      ASSERT_NE(at, std::string::npos) << name_of(way);
      bytes[at] = (char)(bytes[at] ^ 0x55); // what a compressor's head says, or a value
      std::ofstream(path, std::ios::binary) << bytes;
      std::string error = read_error(path, 5000);
      std::string place = path + ": column 'x': chunk " + std::to_string(chunk + 1) + " (rows " +
                          std::to_string(chunk * 1000 + 1) + " to " + std::to_string(chunk * 1000 + 1000) +
                          ", ";
      EXPECT_EQ(error.rfind(place, 0), 0u) << name_of(way) << error;
    }
  }
}

// A chunk that claims more stored bytes than its values can need.
TEST(Stored, ChunksLargerThanTheirValues) {
  std::string path = file_of("large.h5");
  const hsize_t rows = 8192, first = 0;
  hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  H5Gclose(H5Gcreate2(file, "/columns", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  hid_t space = H5Screate_simple(1, &rows, nullptr), properties = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(properties, 1, &rows);
  H5Pset_deflate(properties, 4);
  hid_t set = H5Dcreate2(file, "/columns/x", H5T_IEEE_F64LE, space, H5P_DEFAULT, properties, H5P_DEFAULT);
  Bytes bytes(1 << 20, 1);
  EXPECT_GE(H5Dwrite_chunk(set, H5P_DEFAULT, 0, &first, bytes.size(), bytes.data()), 0);
  H5Dclose(set);
  H5Pclose(properties);
  H5Sclose(space);
  EXPECT_GE(H5Fclose(file), 0);
  EXPECT_NE(
      read_error(path, rows).find("chunk 1 (rows 1 to 8192, row 1 is the first) is larger than its values"),
      std::string::npos);
}
