// Data files are hostile until checked: damaged HDF5 gives a status and a sentence, never a crash or a hang.
#include <gtest/gtest.h>
#include <hdf5.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>
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
  DataFileOptions options = {integer, true, compress ? DATA_GZIP : DATA_PLAIN};
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

// Why a file is refused; the test fails where it is not.
std::string refusal(const std::string &path) {
  DataFile *file = nullptr;
  Error error = {};
  EXPECT_EQ(data_file_open(&file, path.c_str(), &error), STATUS_DATA);
  data_file_close(file);
  EXPECT_EQ(std::string(error.text).rfind(path + ": ", 0), 0u) << error.text;
  return error.text;
}

// The good file with something changed in it.
std::string changed_file(const std::function<void(hid_t)> &change) {
  std::string path = file_of("changed.h5");
  write_whole(path, read_whole(good_file(false)));
  hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  change(file);
  EXPECT_GE(H5Fclose(file), 0);
  return path;
}

// properties 0: contiguous, all values stored.
void add_dataset(hid_t file, const char *name, hid_t type, const std::vector<hsize_t> &extents,
                 hid_t properties = 0) {
  bool chunked = properties != 0 && H5Pget_layout(properties) == H5D_CHUNKED;
  std::vector<hsize_t> most(extents.size(), H5S_UNLIMITED);
  hid_t space = extents.empty()
                    ? H5Screate(H5S_SCALAR)
                    : H5Screate_simple((int)extents.size(), extents.data(), chunked ? most.data() : nullptr);
  hid_t plain = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_alloc_time(plain, H5D_ALLOC_TIME_EARLY);
  hid_t set =
      H5Dcreate2(file, name, type, space, H5P_DEFAULT, properties != 0 ? properties : plain, H5P_DEFAULT);
  EXPECT_GE(set, 0) << name;
  H5Dclose(set);
  H5Pclose(plain);
  H5Sclose(space);
}

hid_t three_names() {
  hid_t type = H5Tenum_create(H5T_STD_I8LE);
  for (signed char value = 0; value < 3; value++)
    H5Tenum_insert(type, std::string(1, (char)('a' + value)).c_str(), &value);
  return type;
}

size_t unchanged(unsigned, size_t, const unsigned *, size_t bytes, size_t *, void **) {
  return bytes;
}

// A file whose one column went through a filter, `times` times.
std::string filtered_file(H5Z_filter_t filter, int times, hsize_t rows = 500) {
  std::string path = file_of("filtered.h5");
  const hsize_t chunk = 100;
  std::vector<double> values(rows, 1.5);
  hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(properties, 1, &chunk);
  for (int i = 0; i < times; i++) EXPECT_GE(H5Pset_filter(properties, filter, 0, 0, nullptr), 0);
  H5Gclose(H5Gcreate2(file, "/columns", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  add_dataset(file, "/columns/x", H5T_IEEE_F64LE, {rows}, properties);
  hid_t set = H5Dopen2(file, "/columns/x", H5P_DEFAULT);
  EXPECT_GE(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
  H5Dclose(set);
  H5Pclose(properties);
  EXPECT_GE(H5Fclose(file), 0);
  return path;
}

// Counts how often a file is opened.
class Watch {
public:
  explicit Watch(const std::string &path) : notices(inotify_init1(IN_NONBLOCK)) {
    EXPECT_GE(inotify_add_watch(notices, path.c_str(), IN_OPEN), 0);
  }
  ~Watch() { close(notices); }
  int opened() { // since the last question
    char events[4096];
    int count = 0;
    while (read(notices, events, sizeof events) > 0) count++;
    return count;
  }

private:
  int notices;
};

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

TEST(DataHostile, FlippedBytes) {
  std::mt19937_64 random(1);
  for (bool compress : {false, true}) {
    std::string whole = read_whole(good_file(compress)), path = file_of("flipped.h5");
    for (int i = 0; i < 400; i++) {
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
  std::string elsewhere = good_file(true);
  Watch watch(elsewhere);
  const std::pair<const char *, std::function<void(hid_t)>> links[] = {
      {"other: is a link to elsewhere",
       [&](hid_t file) {
         H5Lcreate_external(elsewhere.c_str(), "/columns/x", file, "/columns/other", H5P_DEFAULT,
                            H5P_DEFAULT);
       }},
      {"other: is a link to elsewhere",
       [&](hid_t file) {
         H5Lcreate_external(elsewhere.c_str(), "/columns/colour", file, "/columns/other", H5P_DEFAULT,
                            H5P_DEFAULT);
       }},
      {"columns: is a link to elsewhere",
       [&](hid_t file) {
         H5Ldelete(file, "/columns", H5P_DEFAULT);
         H5Lcreate_external(elsewhere.c_str(), "/columns", file, "/columns", H5P_DEFAULT, H5P_DEFAULT);
       }},
      {"codes: is a link to elsewhere",
       [&](hid_t file) {
         H5Ldelete(file, "/columns/colour/codes", H5P_DEFAULT);
         H5Lcreate_external(elsewhere.c_str(), "/columns/colour/codes", file, "/columns/colour/codes",
                            H5P_DEFAULT, H5P_DEFAULT);
       }},
      {"loop: is a link to elsewhere",
       [](hid_t file) { H5Lcreate_soft("/columns/loop", file, "/columns/loop", H5P_DEFAULT, H5P_DEFAULT); }},
      {"other: is a link to elsewhere",
       [](hid_t file) { H5Lcreate_soft("/columns/x", file, "/columns/other", H5P_DEFAULT, H5P_DEFAULT); }},
      {"codes: must be a data set",
       [](hid_t file) { // a loop of hard links
         H5Ldelete(file, "/columns/colour/codes", H5P_DEFAULT);
         H5Lcreate_hard(file, "/columns", file, "/columns/colour/codes", H5P_DEFAULT, H5P_DEFAULT);
       }},
  };
  for (const auto &[sentence, change] : links)
    EXPECT_NE(refusal(changed_file(change)).find(sentence), std::string::npos) << sentence;
  EXPECT_EQ(watch.opened(), 0);
}

// "a/b" as the name of a link would walk through the link a.
TEST(DataHostile, NamesThatArePaths) {
  std::string path = file_of("names.h5");
  hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  H5Gclose(H5Gcreate2(file, "/columns", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  add_dataset(file, "/columns/x_1", H5T_IEEE_F64LE, {4});
  H5Fclose(file);
  EXPECT_EQ(read_all(path), STATUS_OK);
  std::string bytes = read_whole(path);
  ASSERT_NE(bytes.find("x_1"), std::string::npos);
  write_whole(path, bytes.replace(bytes.find("x_1"), 3, "x/1"));
  EXPECT_NE(refusal(path).find("a column: has no usable name."), std::string::npos);
}

TEST(DataHostile, ValuesInOtherFiles) {
  std::string elsewhere = good_file(true);
  Watch watch(elsewhere);
  std::string path = changed_file([&](hid_t file) {
    hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(properties, elsewhere.c_str(), 0, 500 * 8);
    add_dataset(file, "/columns/other", H5T_IEEE_F64LE, {500}, properties);
    H5Pclose(properties);
  });
  EXPECT_NE(refusal(path).find("other: keeps its values in other files"), std::string::npos);
  EXPECT_EQ(watch.opened(), 0);
}

// The extent of a virtual data set may be its source's: asking for it would open the source.
TEST(DataHostile, VirtualDatasets) {
  std::string elsewhere = good_file(true);
  Watch watch(elsewhere);
  for (hsize_t most : {(hsize_t)500, H5S_UNLIMITED}) {
    std::string path = changed_file([&](hid_t file) {
      const hsize_t extent = 500, start = 0, stride = 1, count = most == 500 ? 1 : H5S_UNLIMITED,
                    block = most == 500 ? 500 : 1;
      hid_t space = H5Screate_simple(1, &extent, &most), properties = H5Pcreate(H5P_DATASET_CREATE);
      H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, &stride, &count, &block);
      ASSERT_GE(H5Pset_virtual(properties, space, elsewhere.c_str(), "/columns/x", space), 0);
      hid_t all = H5Screate_simple(1, &extent, &most);
      H5Dclose(H5Dcreate2(file, "/columns/other", H5T_IEEE_F64LE, all, H5P_DEFAULT, properties, H5P_DEFAULT));
      H5Sclose(all);
      H5Sclose(space);
      H5Pclose(properties);
      watch.opened(); // writing it looked at the source
    });
    EXPECT_NE(refusal(path).find("other: is a virtual data set"), std::string::npos);
    EXPECT_EQ(watch.opened(), 0) << most;
  }
}

TEST(DataHostile, TypesThatAreNotRead) {
  hid_t compound = H5Tcreate(H5T_COMPOUND, 16), text = H5Tcopy(H5T_C_S1), deep = H5Tcopy(H5T_STD_I8LE);
  H5Tinsert(compound, "a", 0, H5T_IEEE_F64LE);
  H5Tinsert(compound, "b", 8, H5T_STD_I64LE);
  H5Tset_size(text, H5T_VARIABLE);
  for (int level = 0; level < 2000; level++) deep = H5Tvlen_create(deep); // closed with the library
  const hsize_t four = 4;
  const std::pair<const char *, hid_t> types[] = {
      {"compound", compound},
      {"texts of any length", text},
      {"sequences of any length", H5Tvlen_create(H5T_IEEE_F64LE)},
      {"sequences 2000 deep", deep},
      {"arrays", H5Tarray_create2(H5T_IEEE_F64LE, 1, &four)},
      {"bytes", H5Tcreate(H5T_OPAQUE, 8)},
      {"bits", H5Tcopy(H5T_STD_B8LE)},
      {"references", H5Tcopy(H5T_STD_REF_OBJ)},
      {"vax", H5Tcopy(H5T_VAX_F32)},
      {"three names", three_names()},
  };
  for (auto [name, type] : types) {
    std::string path =
        changed_file([type = type](hid_t file) { add_dataset(file, "/columns/other", type, {500}); });
    EXPECT_NE(refusal(path).find("other: has a type that is not read"), std::string::npos) << name;
    H5Tclose(type);
  }
}

TEST(DataHostile, ShapesThatAreNotRows) {
  for (std::vector<hsize_t> extents : {std::vector<hsize_t>{}, {500, 1}, {500, 1, 1}}) {
    std::string path =
        changed_file([&](hid_t file) { add_dataset(file, "/columns/other", H5T_IEEE_F64LE, extents); });
    EXPECT_NE(refusal(path).find("other: must have one axis, the rows."), std::string::npos);
  }
  std::string other =
      changed_file([](hid_t file) { add_dataset(file, "/columns/other", H5T_IEEE_F64LE, {499}); });
  EXPECT_NE(refusal(other).find("column 'other' has 499 rows, column 'x' has 500"), std::string::npos);
}

// Groups in groups, as deep as anyone likes: only codes and categories are looked for.
TEST(DataHostile, NestingTooDeep) {
  std::string path = changed_file([](hid_t file) {
    hid_t group = H5Gopen2(file, "/columns", H5P_DEFAULT);
    for (int level = 0; level < 3000; level++) {
      hid_t inner = H5Gcreate2(group, "deeper", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
      H5Gclose(group);
      group = inner;
    }
    H5Gclose(group);
  });
  EXPECT_NE(refusal(path).find("codes: is missing."), std::string::npos);
}

// What a file of a few kilobytes may claim: refused before anything is allocated.
TEST(DataHostile, ExtentsLargerThanTheFile) {
  struct Claim {
    const char *sentence;
    hsize_t extent, chunk; // chunk 0: contiguous
    bool deflate;
  };
  const Claim claims[] = {
      {"declares more values than the file holds", (hsize_t)1 << 60, 1 << 20, false},
      {"declares more values than the file holds", (hsize_t)1 << 40, 1 << 20, false},
      {"declares more values than the file holds", (hsize_t)1 << 40, 1 << 20, true},
      {"declares more values than the file holds", (hsize_t)1 << 40, 0, false},
      {"declares more values than the file holds", 1000, 0, false},
      {"has chunks that are much larger than itself", 100, (hsize_t)1 << 28, true},
  };
  for (const Claim &claim : claims) {
    std::string path = changed_file([&](hid_t file) {
      hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
      if (claim.chunk > 0) H5Pset_chunk(properties, 1, &claim.chunk);
      if (claim.deflate) H5Pset_deflate(properties, 1);
      H5Pset_alloc_time(properties, H5D_ALLOC_TIME_LATE);
      add_dataset(file, "/columns/other", H5T_IEEE_F64LE, {claim.extent}, properties);
      H5Pclose(properties);
    });
    EXPECT_NE(refusal(path).find(claim.sentence), std::string::npos) << claim.extent;
  }
}

// Few texts, but a chunk of them would need 3 GB.
TEST(DataHostile, ChunksOfLongTexts) {
  std::string path = changed_file([](hid_t file) {
    const hsize_t chunk = 50000;
    hid_t properties = H5Pcreate(H5P_DATASET_CREATE), text = H5Tcopy(H5T_C_S1);
    H5Tset_size(text, 65536);
    H5Pset_chunk(properties, 1, &chunk);
    H5Pset_deflate(properties, 1);
    H5Ldelete(file, "/columns/colour/categories", H5P_DEFAULT);
    add_dataset(file, "/columns/colour/categories", text, {0}, properties);
    H5Tclose(text);
    H5Pclose(properties);
  });
  EXPECT_NE(refusal(path).find("has chunks that are much larger than itself"), std::string::npos);
}

TEST(DataHostile, FiltersThatAreNotRead) {
  const H5Z_class2_t plain = {H5Z_CLASS_T_VERS, 0, 1, 1, "plain", nullptr, nullptr, unchanged};
  for (H5Z_filter_t id : {32000, 32001, 32008, 307}) { // lzf, blosc, bitshuffle, bzip2
    H5Z_class2_t filter = plain;
    filter.id = id;
    ASSERT_GE(H5Zregister(&filter), 0);
    std::string path = filtered_file(id, 1);
    EXPECT_NE(refusal(path).find("rewrite it: h5repack -f GZIP=4"), std::string::npos) << id;
    H5Zunregister(id);
    EXPECT_NE(refusal(path).find("rewrite it: h5repack -f GZIP=4"), std::string::npos) << id;
  }
  EXPECT_NE(refusal(filtered_file(H5Z_FILTER_NBIT, 1)).find("h5repack"), std::string::npos);
  EXPECT_NE(refusal(filtered_file(H5Z_FILTER_DEFLATE, 2)).find("is compressed twice"), std::string::npos);
}

// A layout of chunks that was changed into a compact one without a byte, the filters still there.
TEST(DataHostile, FiltersWithoutChunks) {
  std::string path = filtered_file(H5Z_FILTER_DEFLATE, 1, 100), bytes = read_whole(path);
  size_t chunk = bytes.find(std::string("\x64\0\0\0\x08\0\0\0", 8)); // ends the message: 100 rows of 8 bytes
  ASSERT_NE(chunk, std::string::npos);
  ASSERT_EQ(bytes.substr(chunk - 11, 3), "\x03\x02\x02"); // version, chunked, axes
  ASSERT_EQ(read_all(path), STATUS_OK);
  write_whole(path, bytes.replace(chunk - 11, 4, std::string("\x03\0\0\0", 4)));
  EXPECT_NE(refusal(path).find("x: is damaged."), std::string::npos);
}

// Bytes that make chunks virtual, or another message a list of external files, without a checksum that tells:
// HDF5 must not decode either.
TEST(DataHostile, HeadersThatLeadElsewhere) {
  std::string path = filtered_file(H5Z_FILTER_DEFLATE, 1), bytes = read_whole(path);
  size_t chunk = bytes.find(std::string("\x64\0\0\0\x08\0\0\0", 8));
  ASSERT_NE(chunk, std::string::npos);
  std::string changed = bytes;
  changed[chunk - 11] = 4; // version of the layout
  changed[chunk - 10] = 3; // its class
  write_whole(path, changed);
  EXPECT_NE(refusal(path).find("x: is a virtual data set"), std::string::npos);
  ASSERT_EQ(bytes[chunk - 19], 8); // type of the message
  bytes[chunk - 19] = 7;
  write_whole(path, bytes);
  EXPECT_NE(refusal(path).find("x: keeps its values in other files"), std::string::npos);
}

// HDF5 measures the name of a filter by its end, which may lie anywhere behind the message.
TEST(DataHostile, NamesOfFiltersWithoutEnd) {
  std::string path = filtered_file(H5Z_FILTER_DEFLATE, 1), bytes = read_whole(path);
  size_t name = bytes.find(std::string("deflate\0", 8));
  ASSERT_NE(name, std::string::npos);
  write_whole(path, bytes.replace(name + 7, 1, "d"));
  EXPECT_NE(refusal(path).find("x: is damaged."), std::string::npos);
}

// A block of the user's before the file: every address is behind it.
TEST(DataHostile, UserBlocks) {
  std::string path = file_of("userblock.h5");
  hid_t creation = H5Pcreate(H5P_FILE_CREATE);
  H5Pset_userblock(creation, 1024);
  hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation, H5P_DEFAULT);
  H5Gclose(H5Gcreate2(file, "/columns", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  for (int i = 0; i < 40; i++) // more than the first block of a header holds
    add_dataset(file, ("/columns/x" + std::to_string(i)).c_str(), H5T_IEEE_F64LE, {4});
  H5Pclose(creation);
  H5Fclose(file);
  EXPECT_EQ(read_all(path), STATUS_OK);
}

// The program itself, with an environment that offers a plugin for the file's filter: it is not loaded.
TEST(DataHostile, PluginsOfTheEnvironment) {
  std::string mark = file_of("plugin_was_loaded"), config = file_of("plugin.yaml");
  H5Z_class2_t filter = {H5Z_CLASS_T_VERS, 307, 1, 1, "plain", nullptr, nullptr, unchanged};
  ASSERT_GE(H5Zregister(&filter), 0);
  std::string path = filtered_file(307, 1);
  H5Zunregister(307);
  write_whole(config, "name: p\ndata: {file: " + path + ", target: {column: x, task: regression}}\n");
  std::string command = "HDF5_PLUGIN_PATH=" INGOT_TEST_PLUGINS " INGOT_PLUGIN_MARK=" + mark +
                        " " INGOT_BINARY " plan " + config + " >" + mark + ".out 2>&1";
  int status = system(command.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 65) << read_whole(mark + ".out");
  EXPECT_NE(read_whole(mark + ".out").find("uses a filter that is not read"), std::string::npos);
  EXPECT_NE(access(mark.c_str(), F_OK), 0) << "the plugin was loaded";
  unsigned kinds = 1;
  EXPECT_NE(refusal(path), "");
  H5PLget_loading_state(&kinds);
  EXPECT_EQ(kinds, 0u);
}

TEST(DataHostile, NotHdf5) {
  std::string path = file_of("text.h5");
  write_whole(path, "customer,tenure\n1,2\n");
  EXPECT_EQ(read_all(path), STATUS_DATA);
  EXPECT_EQ(read_all(file_of("nothing.h5")), STATUS_MISSING);
  EXPECT_EQ(read_all("/dev/null"), STATUS_DATA);
}
