// Data sets: parts against values worked out with Python's hashlib, keys, two files as one, the data digest.
#include <hdf5.h>

#include "dataset_case.h"

namespace {

const char *const TARGET = "  target: {column: y, task: regression}\n";

std::vector<double> count_from(double first, double step, int rows) {
  std::vector<double> values;
  for (int i = 0; i < rows; i++) values.push_back(first + step * i);
  return values;
}

std::vector<std::string> texts_from(const std::string &start, int rows) {
  std::vector<std::string> values;
  for (int i = 0; i < rows; i++) values.push_back(start + std::to_string(i));
  return values;
}

// A target y, and x for a model to read.
DataTable rows_of(int rows, double first = 0) {
  DataTable table;
  return table.numbers("y", count_from(first, 1, rows)).numbers("x", count_from(0, 0, rows));
}

DataTable forty_rows() {
  return rows_of(40);
}

bool contains(const Error &error, const std::string &sentence) {
  return std::string(error.text).find(sentence) != std::string::npos;
}

} // namespace

// int.from_bytes(sha256(salt + b'\0' + key).digest()[:8], 'big') < 2**64 * 70 // 100 trains, < 85 validates.
TEST(Dataset, SplitByHash) {
  struct Case {
    const char *split, *letters;
    DataTable table;
  };
  const Case cases[] = {
      {"{by: hash}", "tTtTTTTTTTTTTVTTTTtTtVTVTtVTVVtTTtTVttTT", forty_rows()},
      {"{by: hash, salt: second}", "TVTTtTTTTTtVtTVTVTTTTVTTVTTTTTTTTVTVTtVT", forty_rows()},
      {"{by: hash, key: id}", "TTTTVTtTTTVTTTTTTVTtttTTTTTTTTTTTVTTTTTT",
       forty_rows().numbers("id", count_from(-20000, 1000, 40), true)},
      {"{by: hash, key: id}", "TTTTVTtTTTVTTTTTTVTtttTTTTTTTTTTTVTTTTTT",
       forty_rows().numbers("id", count_from(-20000, 1000, 40), false)}, // the same decimals
      {"{by: hash, key: id}", "tTTVTTTtTVVTTVTTVTtVTVTVTTTVTtTttTTTTTtT",
       forty_rows().texts("id", texts_from("c", 40), texts_from("c", 40))},
      {"{by: hash, key: id}", "tVTTTVTTTVVTVTTTTTtTTTTTVTVtTTTTTTTTTTTT",
       forty_rows().texts("id", texts_from("é", 40), texts_from("é", 40))},
  };
  for (const Case &c : cases) {
    OpenDataset open(c.table.write("split.h5"), std::string(TARGET) + "  split: " + c.split + "\n");
    ASSERT_EQ(open.status, STATUS_OK) << open.error.text;
    EXPECT_EQ(open.letters(), c.letters) << c.split;
  }
}

// Only training and validation: every row is in one of them.
TEST(Dataset, SplitWithoutTest) {
  OpenDataset open(forty_rows().write("split.h5"),
                   std::string(TARGET) + "  split: {by: hash, train: 0.85, validation: 0.15}\n");
  ASSERT_EQ(open.status, STATUS_OK) << open.error.text;
  std::string letters = "tTtTTTTTTTTTTVTTTTtTtVTVTtVTVVtTTtTVttTT"; // of 0.7, 0.15, 0.15
  for (char &letter : letters) letter = letter == 't' ? 'V' : 'T';
  EXPECT_EQ(open.letters(), letters);
}

// The hash divides the first file, whatever is in the second, which is the test part.
TEST(Dataset, SplitByFile) {
  std::string test = forty_rows().write("test.h5");
  std::string letters = "tTtTTTTTTTTTTVTTTTtTtVTVTtVTVVtTTtTVttTT";
  for (char &letter : letters) letter = letter == 't' ? 'V' : 'T';
  std::string data = std::string(TARGET) + "  test_file: " + test + "\n  split: {by: file}\n";
  OpenDataset open(forty_rows().write("train.h5"), data);
  ASSERT_EQ(open.status, STATUS_OK) << open.error.text;
  EXPECT_EQ(open.letters(), letters + std::string(40, 't'));
  char **ids;
  const int64_t rows[] = {39, 40, 79};
  ASSERT_EQ(dataset_row_ids(&ids, open.dataset, rows, 3, &open.error), STATUS_OK);
  EXPECT_STREQ(ids[0], "39");
  EXPECT_STREQ(ids[1], "0"); // the row number in its own file
  EXPECT_STREQ(ids[2], "39");
  free(ids);
}

// floor(N * cumulative fraction) in integers: 0.7 of 10 rows are 7, though 0.7 is less than 7/10 in binary64.
TEST(Dataset, SplitByOrder) {
  struct Case {
    int rows;
    const char *parts, *letters;
  };
  const Case cases[] = {
      {10, "", "TTTTTTTVtt"}, // 0.7 and 0.85 by default
      {10, ", train: 0.5, validation: 0.5", "TTTTTVVVVV"},
      {7, ", train: 0.5, validation: 0.25, test: 0.25", "TTTVVtt"},
      {40, ", train: 0.3, validation: 0.35, test: 0.35", "TTTTTTTTTTTTVVVVVVVVVVVVVVtttttttttttttt"},
      {3, ", train: 0.333333333333333, validation: 0.333333333333334, test: 0.333333333333333", "VTt"}};
  for (const Case &c : cases) {
    OpenDataset open(rows_of(c.rows).write("ordered.h5"),
                     std::string(TARGET) + "  split: {by: order" + c.parts + "}\n");
    if (std::string(c.letters) == "VTt") { // floor(0.999...) = 0 rows train
      EXPECT_EQ(open.status, STATUS_DATA);
      EXPECT_TRUE(contains(open.error, "no rows for the training part (3 rows")) << open.error.text;
      continue;
    }
    ASSERT_EQ(open.status, STATUS_OK) << open.error.text;
    EXPECT_EQ(open.letters(), c.letters) << c.parts;
  }
}

// A key still names the rows and must be unique; the salt and the key's values move no row.
TEST(Dataset, SplitByOrderKeepsTheKeyAsId) {
  OpenDataset open(forty_rows().numbers("id", count_from(100, 1, 40), true).write("ordered.h5"),
                   std::string(TARGET) + "  split: {by: order, key: id}\n");
  ASSERT_EQ(open.status, STATUS_OK) << open.error.text;
  EXPECT_EQ(open.letters(), std::string(28, 'T') + std::string(6, 'V') + std::string(6, 't'));
  char **ids;
  int64_t row = 39;
  ASSERT_EQ(dataset_row_ids(&ids, open.dataset, &row, 1, &open.error), STATUS_OK);
  EXPECT_STREQ(ids[0], "139");
  free(ids);
}

TEST(Dataset, PartsWithoutRows) {
  for (auto [split, part] : {std::pair{"{by: hash, train: 0.1, validation: 0.45, test: 0.45}", "training"},
                             {"{by: hash, train: 0.9, validation: 0.05, test: 0.05}", "validation"},
                             {"{by: hash, train: 0.05, validation: 0.9, test: 0.05}", "training"}}) {
    std::string path = rows_of(3).write("few.h5"); // u / 2^64: 0.86, 0.13, 0.97
    OpenDataset open(path, std::string(TARGET) + "  split: " + split + "\n");
    EXPECT_EQ(open.status, STATUS_DATA);
    EXPECT_TRUE(contains(open.error, path + ": the split leaves no rows for the " + part + " part (3 rows"))
        << open.error.text;
  }
  OpenDataset open(rows_of(4).write("few.h5"),
                   std::string(TARGET) + "  split: {by: hash, train: 0.2, validation: 0.79, test: 0.01}\n");
  EXPECT_EQ(open.status, STATUS_DATA);
  EXPECT_TRUE(contains(open.error, "no rows for the test part (4 rows")) << open.error.text;
}

TEST(Dataset, KeysThatAreNoKeys) {
  std::vector<double> numbers = count_from(0, 1, 40);
  std::vector<std::string> texts = texts_from("c", 40);
  texts[7] = "";
  auto refused = [](const DataTable &table, const std::string &sentence, Status status = STATUS_DATA) {
    OpenDataset open(table.write("keys.h5"), std::string(TARGET) + "  split: {by: hash, key: id}\n");
    EXPECT_EQ(open.status, status);
    EXPECT_TRUE(contains(open.error, sentence)) << open.error.text;
  };
  refused(forty_rows().texts("id", texts_from("c", 40), texts),
          "keys.h5: column 'id', row 8 (row 1 is the first): the key is missing");
  texts[7] = "c3";
  refused(forty_rows().texts("id", texts_from("c", 40), texts),
          "keys.h5: column 'id', row 8 (row 1 is the first): the key 'c3' is there twice (first in row 4)");
  numbers[9] = NAN;
  refused(forty_rows().numbers("id", numbers),
          "column 'id', row 10 (row 1 is the first): the key is missing");
  numbers[9] = 2.5;
  refused(forty_rows().numbers("id", numbers),
          "column 'id', row 10 (row 1 is the first): the key 2.5 is not a whole number");
  numbers[9] = 0x1p53;
  refused(forty_rows().numbers("id", numbers),
          "column 'id', row 10 (row 1 is the first): the key 9007199254740992 is not");
  numbers[9] = 8;
  refused(forty_rows().numbers("id", numbers, true),
          "row 10 (row 1 is the first): the key '8' is there twice (first in row 9)");
  refused(forty_rows().numbers("ids", numbers, true),
          "data.split.key: " + data_path("keys.h5") + ": column 'id' does not exist; did you mean 'ids'?",
          STATUS_CONFIG);
}

// A row that is in both files would be trained on and tested: its key is there twice.
TEST(Dataset, FilesThatOverlap) {
  auto keys = [](const std::vector<double> &ids) {
    return rows_of((int)ids.size()).numbers("id", ids, true);
  };
  std::vector<double> first = count_from(0, 1, 20);
  for (auto [test_keys, sentence] :
       {std::pair{std::vector<double>{100, 101, 7},
                  std::string("test.h5: column 'id', row 3 (row 1 is the first): the key '7' is there twice "
                              "(first in row 8 of ") +
                      data_path("train.h5") + ")"},
        {{100, 101, 101},
         std::string("test.h5: column 'id', row 3 (row 1 is the first): the key '101' is there twice (first "
                     "in row 2)")}}) {
    std::string test = keys(test_keys).write("test.h5");
    OpenDataset open(keys(first).write("train.h5"),
                     std::string(TARGET) + "  test_file: " + test + "\n  split: {by: file, key: id}\n");
    EXPECT_EQ(open.status, STATUS_DATA);
    EXPECT_TRUE(contains(open.error, sentence)) << open.error.text;
  }
}

// int64 keys are exact: these two are the same binary64.
TEST(Dataset, IntegerKeysAreExact) {
  std::string path = forty_rows().write("exact.h5");
  std::vector<int64_t> keys;
  for (int i = 0; i < 40; i++) keys.push_back(9007199254740992 + i);
  const hsize_t extent = 40;
  hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT),
        space = H5Screate_simple(1, &extent, nullptr);
  hid_t set = H5Dcreate2(file, "/columns/id", H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Dwrite(set, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, keys.data());
  H5Dclose(set);
  H5Sclose(space);
  H5Fclose(file);
  OpenDataset open(path, std::string(TARGET) + "  split: {by: hash, key: id}\n");
  ASSERT_EQ(open.status, STATUS_OK) << open.error.text;
  char **ids;
  const int64_t rows[] = {1, 0};
  ASSERT_EQ(dataset_row_ids(&ids, open.dataset, rows, 2, &open.error), STATUS_OK);
  EXPECT_STREQ(ids[0], "9007199254740993");
  EXPECT_STREQ(ids[1], "9007199254740992");
  free(ids);
}

// The dictionary of the first file, then what the second adds; a column that only one has is found when read.
TEST(Dataset, TwoFilesAsOne) {
  DataTable first, second;
  first.numbers("y", count_from(0, 1, 12))
      .texts("k", {"b", "a"}, {"b", "a", "b", "", "b", "a", "a", "b", "b", "b", "b", "a"});
  second.numbers("y", {7, 8, 9}).texts("k", {"c", "a"}, {"a", "c", ""});
  std::string test = second.write("test.h5");
  std::string data = std::string(TARGET) + "  test_file: " + test + "\n  split: {by: file}\n";
  OpenDataset open(first.write("train.h5"), data);
  ASSERT_EQ(open.status, STATUS_OK) << open.error.text;
  Frame *frame = nullptr;
  const int64_t rows[] = {14, 13, 12, 1, 0};
  ASSERT_EQ(dataset_frame(&frame, open.dataset, nullptr, rows, 5, &open.error), STATUS_OK) << open.error.text;
  const Column *k = frame_find(frame, "k"), *y = frame_find(frame, "y");
  ASSERT_EQ(k->category_count, 3);
  EXPECT_STREQ(k->categories[0], "b");
  EXPECT_STREQ(k->categories[1], "a");
  EXPECT_STREQ(k->categories[2], "c");
  EXPECT_EQ(std::vector<int32_t>(k->codes, k->codes + 5), (std::vector<int32_t>{-1, 2, 1, 1, 0}));
  EXPECT_EQ(std::vector<double>(y->numbers, y->numbers + 5), (std::vector<double>{9, 8, 7, 1, 0}));
  frame_free(frame);

  DataTable numbers, bare;
  numbers.numbers("y", {1}).numbers("k", {1}).write("test.h5");
  OpenDataset other_kind(data_path("train.h5"), data);
  EXPECT_EQ(other_kind.status, STATUS_DATA);
  EXPECT_TRUE(contains(other_kind.error, test + ": column 'k' holds numbers, in")) << other_kind.error.text;
  bare.numbers("y", {1}).write("test.h5");
  OpenDataset absent(data_path("train.h5"), data);
  ASSERT_EQ(absent.status, STATUS_OK) << absent.error.text;
  EXPECT_EQ(dataset_frame(&frame, absent.dataset, nullptr, nullptr, 0, &absent.error), STATUS_DATA);
  EXPECT_TRUE(contains(absent.error, test + ": column 'k' is missing")) << absent.error.text;
}

TEST(Dataset, InputsAuto) {
  DataTable table = forty_rows();
  table.numbers("a", count_from(0, 1, 40)).texts("k", {"p"}, std::vector<std::string>(40, "p"));
  table.numbers("w", count_from(1, 0, 40)).numbers("id", count_from(0, 1, 40), true);
  table.numbers("b", count_from(0, 2, 40)).numbers("c", count_from(0, 3, 40));
  OpenDataset open(table.write("auto.h5"), std::string(TARGET) + "  weight: w\n  except: [b]\n"
                                                                 "  split: {by: hash, key: id}\n");
  ASSERT_EQ(open.status, STATUS_OK) << open.error.text;
  const DataConfig &data = open.loaded.config->data;
  ASSERT_EQ(data.input_count, 4);
  for (auto [i, name, kind] : {std::tuple{0, "x", INPUT_NUMERIC},
                               {1, "a", INPUT_NUMERIC},
                               {2, "k", INPUT_CATEGORY},
                               {3, "c", INPUT_NUMERIC}}) {
    EXPECT_STREQ(data.inputs[i].columns.items[0], name);
    EXPECT_EQ(data.inputs[i].kind, kind);
  }
  DataTable target_alone;
  OpenDataset none(target_alone.numbers("y", {1, 2, 3}).write("auto.h5"), TARGET);
  ASSERT_EQ(none.status, STATUS_DATA);
  EXPECT_TRUE(contains(none.error, "no column is left for `inputs: auto`."));
}

// Every name that does not exist, in one message.
TEST(Dataset, AllNamesAreChecked) {
  OpenDataset open(
      forty_rows().write("names.h5"),
      "  target: {column: z, task: regression}\n  weight: w\n  inputs: [{column: q, as: numeric}]\n",
      "evaluate: {slices: [s]}\n");
  EXPECT_EQ(open.status, STATUS_CONFIG);
  for (const char *key :
       {"data.target.column: ", "data.weight: ", "data.inputs.0.columns.0: ", "evaluate.slices.0: "})
    EXPECT_TRUE(contains(open.error, key)) << open.error.text;
}

namespace {

DataTable four_rows(double changed = -2) {
  DataTable table;
  table.numbers("x", {1.5, NAN, changed, 4}).numbers("y", {1, 2, 3, 5});
  return table.texts("k", {"b", "a"}, {"a", "b", "", "a"}).numbers("other", {1, 2, 3, 4});
}

const char *const FOUR = "  target: {column: y, task: regression}\n"
                         "  inputs: [{column: x, as: numeric}, {column: k, as: category}]\n"
                         "  split: {by: hash, train: 0.3, validation: 0.7}\n"; // u / 2^64 of row 1: 0.13

std::string digest_of(const std::string &path, const std::string &data = FOUR) {
  OpenDataset open(path, data);
  EXPECT_EQ(open.status, STATUS_OK) << open.error.text;
  return open.status == STATUS_OK ? open.digest() : "";
}

} // namespace

// The digest of these four rows, worked out with Python's hashlib and struct from the rules.
TEST(Dataset, DigestIsWhatTheRulesSay) {
  EXPECT_EQ(digest_of(four_rows().write("digest.h5")),
            "c6abd9584f3317b22011f6520b0d8418c385b20ee39b9a0bbbafa9175e9a986d");
  std::string test = four_rows().write("second.h5");
  std::string data = FOUR;
  data.replace(data.find("by: hash"), 8, "by: file");
  EXPECT_EQ(digest_of(data_path("digest.h5"), data + "  test_file: " + test + "\n"),
            "baac54fb71dc0f3f38d09f7a0623a2c0ef5464f53acda8f34ce2358b369f297d");
}

TEST(Dataset, DigestFollowsTheValuesAlone) {
  const std::string whole = digest_of(four_rows().write("digest.h5"));
  EXPECT_EQ(digest_of(four_rows().write("elsewhere.h5")), whole);
  for (DataCompression compression : {DATA_GZIP, DATA_LZ4, DATA_ZSTD})
    EXPECT_EQ(digest_of(four_rows().write("digest.h5", compression)), whole) << compression;
  DataTable as_integers, nan_payload, unread;
  as_integers.numbers("x", {1.5, NAN, -2, 4}).numbers("y", {1, 2, 3, 5}, true);
  EXPECT_EQ(digest_of(as_integers.texts("k", {"b", "a"}, {"a", "b", "", "a"}).write("digest.h5")), whole);
  nan_payload.numbers("x", {1.5, -nan("0x123"), -2, 4}).numbers("y", {1, 2, 3, 5});
  EXPECT_EQ(digest_of(nan_payload.texts("k", {"b", "a"}, {"a", "b", "", "a"}).write("digest.h5")), whole);
  unread.texts("k", {"b", "a"}, {"a", "b", "", "a"}).numbers("new", {9, 9, 9, 9});
  EXPECT_EQ(digest_of(unread.numbers("y", {1, 2, 3, 5}).numbers("x", {1.5, NAN, -2, 4}).write("digest.h5")),
            whole); // another order of columns, one that is not read
}

TEST(Dataset, DigestChangesWithOneValue) {
  const std::string whole = digest_of(four_rows().write("digest.h5"));
  EXPECT_NE(digest_of(four_rows(std::nextafter(-2, 0)).write("digest.h5")), whole);
  EXPECT_NE(digest_of(four_rows(NAN).write("digest.h5")), whole);
  DataTable code, category, label, order;
  code.numbers("x", {1.5, NAN, -2, 4})
      .numbers("y", {1, 2, 3, 5})
      .texts("k", {"b", "a"}, {"a", "b", "b", "a"});
  EXPECT_NE(digest_of(code.write("digest.h5")), whole);
  category.numbers("x", {1.5, NAN, -2, 4})
      .numbers("y", {1, 2, 3, 5})
      .texts("k", {"c", "a"}, {"a", "c", "", "a"});
  EXPECT_NE(digest_of(category.write("digest.h5")), whole);
  label.numbers("x", {1.5, NAN, -2, 4})
      .numbers("y", {1, 2, 3, 6})
      .texts("k", {"b", "a"}, {"a", "b", "", "a"});
  EXPECT_NE(digest_of(label.write("digest.h5")), whole);
  order.numbers("x", {4, NAN, -2, 1.5})
      .numbers("y", {5, 2, 3, 1})
      .texts("k", {"b", "a"}, {"a", "b", "", "a"});
  EXPECT_NE(digest_of(order.write("digest.h5")), whole); // rows in another order
}

// The same rows in all, but the first file ends elsewhere: another split, so another digest.
TEST(Dataset, DigestKnowsWhereTheFirstFileEnds) {
  auto digest = [](int first_rows) {
    std::string test = rows_of(40 - first_rows, first_rows).write("second.h5");
    OpenDataset open(rows_of(first_rows).write("first.h5"),
                     std::string(TARGET) + "  test_file: " + test + "\n  split: {by: file}\n");
    EXPECT_EQ(open.status, STATUS_OK) << open.error.text;
    return open.digest();
  };
  EXPECT_NE(digest(30), digest(31));
  EXPECT_EQ(digest(30), digest(30));
}
