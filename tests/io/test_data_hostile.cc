// Data files are hostile until checked: damaged HDF5 gives a status and a sentence, never a crash or a hang.
#include <gtest/gtest.h>
#include <hdf5.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

extern "C" {
#include "io/data/data_file.h"
}

// HDF5 1.10 itself leaks what it allocated where a damaged file makes it give up: not ours to free.
extern "C" const char *__lsan_default_suppressions();
extern "C" const char *__lsan_default_suppressions() {
  return "leak:libhdf5";
}

namespace {

std::string file_of(const std::string &name) {
  return testing::TempDir() + "ingot_hostile_" + std::to_string(getpid()) + "_" + name;
}

std::string read_whole(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

void write_whole(const std::string &path, const std::string &bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// A good file: a number, an integer and a category.
std::string good_file(bool compress) {
  std::string path = file_of(compress ? "good_compressed.h5" : "good.h5");
  Frame *frame = frame_new(500, 3);
  char *categories[] = {const_cast<char *>("red"), const_cast<char *>("green")};
  const uint8_t integer[3] = {0, 1, 0};
  column_make_numbers(&frame->columns[0], "x", 500);
  column_make_numbers(&frame->columns[1], "n", 500);
  column_make_codes(&frame->columns[2], "colour", 500, categories, 2);
  for (int i = 0; i < 500; i++) {
    frame->columns[0].numbers[i] = i * 0.5;
    frame->columns[1].numbers[i] = i;
    frame->columns[2].codes[i] = i % 3 - 1;
  }
  DataFileOptions options = {integer, true, compress};
  Error error = {};
  EXPECT_EQ(data_file_write(path.c_str(), frame, &options, &error), STATUS_OK) << error.text;
  frame_free(frame);
  return path;
}

// Opens a file and reads every column; the status, with a sentence that names the file where it is not 0.
Status read_all(const std::string &path) {
  DataFile *file = nullptr;
  Error error = {};
  Status status = data_file_open(&file, path.c_str(), &error);
  for (int i = 0; status == STATUS_OK && i < data_file_column_count(file); i++) {
    int64_t rows = data_file_rows(file);
    if (rows > 1000000) break; // what a damaged file may rightly claim by a larger data set
    std::vector<double> numbers((size_t)rows);
    std::vector<int32_t> codes((size_t)rows);
    const DataColumn *column = data_file_column(file, i);
    status = column->kind == COLUMN_NUMBER ? data_file_numbers(file, i, 0, rows, numbers.data(), &error)
                                           : data_file_codes(file, i, 0, rows, codes.data(), &error);
    for (int32_t code : codes)
      EXPECT_TRUE(status != STATUS_OK || (code >= -1 && code < std::max(1, column->category_count)));
  }
  data_file_close(file);
  EXPECT_TRUE(status == STATUS_OK || std::string(error.text).find(path) != std::string::npos) << error.text;
  return status;
}

} // namespace

TEST(DataHostile, TruncatedAnywhere) {
  for (bool compress : {false, true}) {
    std::string whole = read_whole(good_file(compress)), path = file_of("cut.h5");
    ASSERT_EQ(read_all(good_file(compress)), STATUS_OK);
    for (size_t length = 0; length < whole.size(); length += 1 + whole.size() / 60) {
      write_whole(path, whole.substr(0, length));
      EXPECT_EQ(read_all(path), STATUS_DATA) << length;
    }
  }
}

// INGOT_FUZZ=N: that many files of each kind instead of the short form.
TEST(DataHostile, FlippedBytes) {
  const char *many = getenv("INGOT_FUZZ");
  int rounds = many == nullptr ? 400 : atoi(many);
  std::mt19937_64 random(1);
  for (bool compress : {false, true}) {
    std::string whole = read_whole(good_file(compress)), path = file_of("flipped.h5");
    for (int i = 0; i < rounds; i++) {
      std::string changed = whole;
      for (uint64_t flips = 1 + random() % 4; flips > 0; flips--)
        changed[random() % changed.size()] ^= (char)(1 << random() % 8);
      write_whole(path, changed);
      Status status = read_all(path);
      EXPECT_TRUE(status == STATUS_OK || status == STATUS_DATA || status == STATUS_IO) << status;
    }
  }
}

TEST(DataHostile, LinksThatLeadElsewhere) {
  std::string good = good_file(false), path = file_of("links.h5");
  for (int kind = 0; kind < 2; kind++) {
    write_whole(path, read_whole(good));
    hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    if (kind == 0)
      H5Lcreate_external(good.c_str(), "/columns/x", file, "/columns/other", H5P_DEFAULT, H5P_DEFAULT);
    else
      H5Lcreate_soft("/columns/loop", file, "/columns/loop", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    EXPECT_EQ(read_all(path), STATUS_DATA) << kind;
  }
}

// Eight exabytes claimed by a file of a few kilobytes: refused before anything is allocated.
TEST(DataHostile, HugeExtents) {
  std::string path = file_of("huge.h5");
  write_whole(path, read_whole(good_file(false)));
  hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const hsize_t extent = (hsize_t)1 << 60, chunk = 1 << 20;
  hid_t space = H5Screate_simple(1, &extent, nullptr), properties = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(properties, 1, &chunk);
  H5Pset_obj_track_times(properties, 0);
  hid_t set = H5Dcreate2(file, "/columns/huge", H5T_IEEE_F64LE, space, H5P_DEFAULT, properties, H5P_DEFAULT);
  H5Dclose(set);
  H5Pclose(properties);
  H5Sclose(space);
  H5Fclose(file);
  EXPECT_EQ(read_all(path), STATUS_DATA);
}

TEST(DataHostile, NotHdf5) {
  std::string path = file_of("text.h5");
  write_whole(path, "customer,tenure\n1,2\n");
  EXPECT_EQ(read_all(path), STATUS_DATA);
  EXPECT_EQ(read_all(file_of("nothing.h5")), STATUS_MISSING);
  EXPECT_EQ(read_all("/dev/null"), STATUS_DATA);
}
