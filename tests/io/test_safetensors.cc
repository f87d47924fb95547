// safetensors: bytes that depend on the tensors alone, round trips, and files that mean harm.
#include "tests/io/checkpoint_case.h"

#include <random>

namespace {

std::string write_set(const Folder &folder, const TensorSet &set, const char *name = "file") {
  Error error;
  uint8_t digest[DIGEST_BYTES], again[DIGEST_BYTES];
  std::string path = folder / name;
  EXPECT_EQ(safetensors_write(digest, &file_calls_system, path.c_str(), &set, &error), STATUS_OK)
      << error.text;
  std::string bytes = slurp(path);
  sha256(again, bytes.data(), bytes.size());
  EXPECT_EQ(memcmp(digest, again, DIGEST_BYTES), 0);
  return bytes;
}

// A file of this header and this many tensor bytes.
std::string file_of(const std::string &header, size_t data, uint64_t length = UINT64_MAX) {
  if (length == UINT64_MAX) length = header.size();
  std::string bytes(8, '\0');
  memcpy(bytes.data(), &length, 8);
  return bytes + header + std::string(data, 'x');
}

struct Outcome {
  Status status;
  std::string text;
  int count;
};

Outcome read(const Folder &folder, const std::string &bytes) {
  std::string path = folder / "hostile";
  spit(path, bytes);
  SafeTensors tensors;
  Error error{};
  Status status = safetensors_read(&tensors, path.c_str(), &error);
  Outcome outcome{status, error.text, tensors.set.count};
  unsigned sum = 0; // every byte of a tensor can be touched
  for (int i = 0; status == STATUS_OK && i < tensors.set.count; i++) {
    const auto *data = static_cast<const unsigned char *>(tensors.set.items[i].data);
    for (size_t j = 0; j < tensor_bytes(&tensors.set.items[i]); j++) sum += data[j];
  }
  EXPECT_GE(sum, 0u);
  safetensors_free(&tensors);
  return outcome;
}

TEST(Safetensors, ExactBytes) {
  Folder folder;
  float f[] = {1, -2};
  uint8_t u[] = {7};
  double d[] = {0.5};
  int64_t two[] = {2}, one[] = {1};
  TensorSet set{};
  tensor_set_add(&set, "b", DTYPE_F32, 1, two, f);
  tensor_set_add(&set, "a", DTYPE_U8, 1, one, u);
  tensor_set_add(&set, "q\"\\", DTYPE_F64, 1, one, d);
  std::string header = "{\"__metadata__\":{\"format\":\"pt\"},"
                       "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[16,17]},"
                       "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]},"
                       "\"q\\\"\\\\\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}";
  while (header.size() % 8 != 0) header += ' ';
  std::string expected = file_of(header, 0);
  expected.append(reinterpret_cast<char *>(d), 8).append(reinterpret_cast<char *>(f), 8).append("\7", 1);
  EXPECT_EQ(write_set(folder, set), expected);
  tensor_set_sort(&set); // another order of items, the same bytes
  EXPECT_EQ(write_set(folder, set, "again"), expected);
  tensor_set_free(&set);
}

// Where name, type and shape are those of a place, and nowhere else.
TEST(Safetensors, IsReadIntoPlaces) {
  Folder folder;
  float a[] = {1, 2}, b[] = {3, 4}, place_a[2] = {}, place_b[2] = {};
  int64_t two[] = {2}, square[] = {1, 2};
  TensorSet set{}, places{};
  tensor_set_add(&set, "a", DTYPE_F32, 1, two, a);
  tensor_set_add(&set, "b", DTYPE_F32, 1, two, b);
  tensor_set_add(&places, "a", DTYPE_F32, 1, two, place_a);
  tensor_set_add(&places, "b", DTYPE_F32, 2, square, place_b);
  write_set(folder, set);
  SafeTensors back;
  Error error;
  ASSERT_EQ(safetensors_read_into(&back, (folder / "file").c_str(), &places, &error), STATUS_OK)
      << error.text;
  const TensorView *read_a = tensor_set_find(&back.set, "a"), *read_b = tensor_set_find(&back.set, "b");
  EXPECT_EQ(read_a->data, place_a);
  EXPECT_EQ(memcmp(place_a, a, sizeof a), 0);
  EXPECT_NE(read_b->data, place_b);
  EXPECT_EQ(memcmp(read_b->data, b, sizeof b), 0);
  EXPECT_EQ(place_b[0], 0);
  safetensors_free(&back);
  tensor_set_free(&set);
  tensor_set_free(&places);
}

TEST(Safetensors, RoundTripOfEveryTypeAndRank) {
  Folder folder;
  std::mt19937_64 random(1);
  std::vector<std::vector<uint64_t>> memory;
  TensorSet set{};
  for (int dtype = 0; dtype < DTYPE_COUNT; dtype++) {
    for (int rank = 1; rank <= TENSOR_RANK_MAX; rank++) {
      int64_t shape[TENSOR_RANK_MAX], elements = 1;
      for (int i = 0; i < rank; i++) elements *= shape[i] = 1 + (int64_t)(random() % 3);
      if (rank == 3) shape[1] = 0; // an empty one
      memory.emplace_back(elements);
      for (auto &word : memory.back()) word = random(); // any bits, NaNs among them
      std::string name = std::string(dtype_name((DType)dtype)) + "." + std::to_string(rank);
      tensor_set_add(&set, name.c_str(), (DType)dtype, rank, shape, memory.back().data());
    }
  }
  write_set(folder, set);
  SafeTensors back;
  Error error;
  ASSERT_EQ(safetensors_read(&back, (folder / "file").c_str(), &error), STATUS_OK) << error.text;
  ASSERT_EQ(back.set.count, set.count);
  for (int i = 0; i < set.count; i++) {
    const TensorView &was = set.items[i];
    const TensorView *is = tensor_set_find(&back.set, was.name);
    ASSERT_NE(is, nullptr) << was.name;
    EXPECT_EQ(is->dtype, was.dtype);
    ASSERT_EQ(is->rank, was.rank);
    EXPECT_EQ(memcmp(is->shape, was.shape, sizeof was.shape[0] * (size_t)was.rank), 0);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(is->data) % 64, 0u);
    if (tensor_bytes(&was) > 0) {
      EXPECT_EQ(memcmp(is->data, was.data, tensor_bytes(&was)), 0) << was.name;
    }
  }
  safetensors_free(&back);
  tensor_set_free(&set);
}

TEST(Safetensors, NothingInIt) {
  Folder folder;
  EXPECT_EQ(read(folder, write_set(folder, TensorSet{})).status, STATUS_OK);
}

struct Hostile {
  const char *what;
  std::string bytes, says;
};

std::vector<Hostile> hostile_files() {
  const std::string a = "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}";
  auto one = [](const std::string &entry, size_t data = 4) { return file_of("{" + entry + "}", data); };
  auto with = [&](const std::string &dtype, const std::string &shape, const std::string &offsets) {
    return one("\"a\":{\"dtype\":" + dtype + ",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}");
  };
  std::string deep(5000, '[');
  return {
      {"empty", "", "too short"},
      {"seven bytes", "1234567", "too short"},
      {"no header", file_of("", 0), "'{'"},
      {"header longer than the file", file_of("{}", 0, 3), "header of 3 bytes"},
      {"header of 2^64 - 1", file_of("{}", 0, UINT64_MAX - 1), "at most"},
      {"header above the limit", file_of(std::string((16 << 20) + 8, ' '), 0), "at most"},
      {"blank before the header", file_of(" {}", 0), "'{'"},
      {"an array", file_of("[]", 0), "'{'"},
      {"torn JSON", file_of("{\"a\":", 0), "JSON"},
      {"JSON twice", file_of("{}{}", 0), "JSON"},
      {"deep nesting", file_of("{\"a\":" + deep, 0), "JSON"},
      {"not UTF-8", file_of("{\"\xff\":1}", 0), "JSON"},
      {"duplicate key", one(a + "," + a), "JSON"},
      {"duplicate key by an escape", one(a + ",\"\\u0061\":{}"), "JSON"},
      {"duplicate member",
       one("\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}"), "JSON"},
      {"NUL in a name", one("\"a\\u0000\":1"), "JSON"},
      {"control character in a name", one("\"a\\u001b\":1"), "printable"},
      {"no name", one("\"\":1"), "printable"},
      {"name too long", one("\"" + std::string(256, 'n') + "\":1"), "printable"},
      {"tensor is a number", one("\"a\":1"), "nothing else"},
      {"unknown member", one("\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}"),
       "nothing else"},
      {"unknown type", with("\"BF16\"", "[2]", "[0,4]"), "none of F32"},
      {"type in lower case", with("\"f32\"", "[1]", "[0,4]"), "none of F32"},
      {"type is a number", with("32", "[1]", "[0,4]"), "none of F32"},
      {"another type of other size", with("\"F64\"", "[1]", "[0,4]"), "shape times type"},
      {"rank 0", with("\"F32\"", "[]", "[0,4]"), "1 to 8"},
      {"rank 9", with("\"F32\"", "[1,1,1,1,1,1,1,1,1]", "[0,4]"), "1 to 8"},
      {"negative extent", with("\"F32\"", "[-1]", "[0,4]"), "1 to 8"},
      {"extent with a fraction", with("\"F32\"", "[1.0]", "[0,4]"), "1 to 8"},
      {"extents that overflow", with("\"F32\"", "[4294967296,4294967296,4294967297]", "[0,4]"), "1 to 8"},
      {"number beyond 64 bits", with("\"F32\"", "[18446744073709551617]", "[0,4]"), "JSON"},
      {"shape is text", with("\"F32\"", "\"1\"", "[0,4]"), "1 to 8"},
      {"three offsets", with("\"F32\"", "[1]", "[0,4,4]"), "two natural"},
      {"negative offset", with("\"F32\"", "[1]", "[-4,0]"), "two natural"},
      {"offsets backwards", with("\"F32\"", "[1]", "[4,0]"), "distance"},
      {"cut within the header", with("\"F32\"", "[1]", "[0,4]").substr(0, 60), "within the file"},
      {"a hole", one("\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}", 8), "hole"},
      {"overlap", one(a + ",\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[2,6]}", 6), "overlaps"},
      {"the same bytes twice", one(a + ",\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}", 4),
       "overlaps"},
      {"a byte missing at the end", one(a, 3), "the file holds 3"},
      {"a byte too many", one(a, 5), "the file holds 5"},
      {"metadata that is no text", one("\"__metadata__\":{\"x\":1}," + a), "__metadata__"},
      {"metadata that is no object", one("\"__metadata__\":\"pt\"," + a), "__metadata__"},
  };
}

TEST(Safetensors, HostileFilesAreRefused) {
  Folder folder;
  for (const Hostile &file : hostile_files()) {
    Outcome outcome = read(folder, file.bytes);
    EXPECT_EQ(outcome.status, STATUS_DATA) << file.what;
    EXPECT_NE(outcome.text.find(file.says), std::string::npos) << file.what << ": " << outcome.text;
    EXPECT_EQ(outcome.count, 0) << file.what;
  }
}

// The smallest change that makes the hostile ones lawful again: they were refused for their one fault.
TEST(Safetensors, LawfulNeighbours) {
  Folder folder;
  const std::string a = "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}";
  EXPECT_EQ(read(folder, file_of("{" + a + "}", 4)).status, STATUS_OK);
  EXPECT_EQ(read(folder, file_of("{\"__metadata__\":{\"x\":\"1\"}," + a + "}  ", 4)).status, STATUS_OK);
  EXPECT_EQ(
      read(folder, file_of("{" + a + ",\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8))
          .status,
      STATUS_OK);
}

TEST(Safetensors, NotAFile) {
  Folder folder;
  SafeTensors tensors;
  Error error;
  EXPECT_EQ(safetensors_read(&tensors, (folder / "absent").c_str(), &error), STATUS_MISSING);
  EXPECT_EQ(safetensors_read(&tensors, folder.path(), &error), STATUS_DATA);
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(safetensors_read(&tensors, (folder / "pipe").c_str(), &error), STATUS_DATA);
}

// A sparse file that declares more than the machine has costs no memory.
TEST(Safetensors, LargerThanTheMachine) {
  Folder folder;
  std::string path = folder / "sparse";
  spit(path,
       file_of("{\"a\":{\"dtype\":\"U8\",\"shape\":[8000000000000],\"data_offsets\":[0,8000000000000]}}", 0));
  if (truncate(path.c_str(), (off_t)slurp(path).size() + 8000000000000) != 0) {
    GTEST_SKIP() << "this file system has no sparse file of 8 TB: " << strerror(errno);
  }
  SafeTensors tensors;
  Error error;
  EXPECT_EQ(safetensors_read(&tensors, path.c_str(), &error), STATUS_UNAVAILABLE) << error.text;
}

// Whatever the bytes: read or refused, never anything else (sanitizers watch the memory).
TEST(Safetensors, MutatedFilesNeverCrash) {
  Folder folder;
  SmallState state(1);
  std::string good = write_set(folder, state.all());
  std::mt19937_64 random(20260101);
  const std::string tokens[] = {"\"", "{", "}",  "[",          "]",       ",",
                                ":",  "0", "-1", "9999999999", "\\u0000", "\"F64\""};
  int refused = 0;
  for (int round = 0; round < 4000; round++) {
    std::string bytes = good;
    for (uint64_t changes = 1 + random() % 3; changes > 0; changes--) {
      size_t at = random() % (random() % 2 ? bytes.size() : std::min<size_t>(bytes.size(), 16));
      switch (random() % 5) {
      case 0:
        bytes[at] = (char)random();
        break;
      case 1:
        bytes[at] = (char)(bytes[at] ^ (1 << random() % 8));
        break;
      case 2:
        bytes.resize(at + 1);
        break;
      case 3:
        bytes.insert(at, tokens[random() % std::size(tokens)]);
        break;
      default:
        bytes.erase(at, 1 + random() % 4);
      }
      if (bytes.empty()) bytes = "{";
    }
    Status status = read(folder, bytes).status;
    ASSERT_TRUE(status == STATUS_OK || status == STATUS_DATA) << status;
    refused += status == STATUS_DATA;
  }
  EXPECT_GT(refused, 2000);
}

} // namespace
