// Small data files and configurations on them, for the tests of io/data.
#ifndef INGOT_TESTS_IO_DATASET_CASE_H
#define INGOT_TESTS_IO_DATASET_CASE_H

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "config_case.h"

extern "C" {
#include "io/data/data_file.h"
#include "io/data/dataset.h"
}

inline std::string data_path(const std::string &name) {
  return testing::TempDir() + "ingot_dataset_" + std::to_string(getpid()) + "_" + name;
}

// A table that becomes a file.
class DataTable {
public:
  DataTable &numbers(const std::string &name, const std::vector<double> &values, bool integer = false) {
    columns.push_back({name, values, {}, {}, integer});
    return *this;
  }
  // "" = missing; the dictionary is in the order of `categories`.
  DataTable &texts(const std::string &name, const std::vector<std::string> &categories,
                   const std::vector<std::string> &values) {
    columns.push_back({name, {}, categories, values, false});
    return *this;
  }
  std::string write(const std::string &file_name, DataCompression compression = DATA_PLAIN) const {
    int64_t rows = (int64_t)std::max(columns[0].numbers.size(), columns[0].values.size());
    Frame *frame = frame_new(rows, (int)columns.size());
    std::vector<uint8_t> integer;
    for (size_t i = 0; i < columns.size(); i++) {
      fill(&frame->columns[i], columns[i], rows);
      integer.push_back(columns[i].integer);
    }
    DataFileOptions options = {integer.data(), true, compression};
    Error error = {};
    std::string path = data_path(file_name);
    EXPECT_EQ(data_file_write(path.c_str(), frame, &options, &error), STATUS_OK) << error.text;
    frame_free(frame);
    return path;
  }

private:
  struct Source {
    std::string name;
    std::vector<double> numbers;
    std::vector<std::string> categories, values;
    bool integer;
  };
  std::vector<Source> columns;

  static void fill(Column *column, const Source &source, int64_t rows) {
    if (source.values.empty()) {
      column_make_numbers(column, source.name.c_str(), rows);
      std::copy(source.numbers.begin(), source.numbers.end(), column->numbers);
      return;
    }
    std::vector<char *> items;
    for (const std::string &c : source.categories) items.push_back(const_cast<char *>(c.c_str()));
    column_make_codes(column, source.name.c_str(), rows, items.data(), (int)items.size());
    for (int64_t i = 0; i < rows; i++) {
      auto found = std::find(source.categories.begin(), source.categories.end(), source.values[(size_t)i]);
      column->codes[i] = found == source.categories.end() ? -1 : (int32_t)(found - source.categories.begin());
    }
  }
};

// An open data set with its configuration: `data` are the lines below `data:` but for the file's.
struct OpenDataset {
  Loaded loaded;
  Dataset *dataset = nullptr;
  Status status;
  Error error{};

  OpenDataset(const std::string &path, const std::string &data, const std::string &more = "")
      : loaded(load("name: d\ndata:\n  file: " + path + "\n" + data + more)) {
    if (loaded.config == nullptr) {
      ADD_FAILURE() << loaded.problems;
      status = STATUS_CONFIG;
      return;
    }
    status = dataset_open(&dataset, loaded.config, &error);
  }
  OpenDataset(const OpenDataset &) = delete;
  ~OpenDataset() { dataset_close(dataset); }

  std::vector<int64_t> part(SplitPart which) const {
    int64_t count;
    const int64_t *rows = dataset_part(dataset, which, &count);
    return {rows, rows + count};
  }
  // One letter a row: T training, V validation, t test; each row in one part, parts ascending.
  std::string letters() const {
    std::string text((size_t)dataset_rows(dataset), '?');
    const SplitPart parts[] = {PART_TRAIN, PART_VALIDATION, PART_TEST};
    for (SplitPart which : parts) {
      std::vector<int64_t> rows = part(which);
      EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end()));
      for (int64_t row : rows) {
        EXPECT_EQ(text[(size_t)row], '?') << row;
        text[(size_t)row] = "TVt"[which];
      }
    }
    return text;
  }
  std::string digest() {
    uint8_t bytes[DIGEST_BYTES];
    char hex[DIGEST_HEX];
    EXPECT_EQ(dataset_digest(bytes, dataset, loaded.config, &error), STATUS_OK) << error.text;
    sha256_hex(hex, bytes);
    return hex;
  }
};

#endif
