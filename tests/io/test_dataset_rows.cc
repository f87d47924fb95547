// Rows of a data set as the model reads them: in memory or streamed the same, wherever the windows end.
#include "dataset_case.h"
#include "kernels/shared/shuffle.h"

#include "kernels/shared/order.h"

#include <sys/resource.h>

namespace {

enum { ROWS = 100000 }; // more than one window of a file, and more than a stream keeps

// Row i: x = i, k = the text of i % 5 (missing where i % 7 is 0), y = i / 2, w = 1 or 2.
std::string numbered_rows(const std::string &name, int64_t rows, int64_t bad = -1) {
  std::vector<double> x, y, w;
  std::vector<std::string> k;
  for (int64_t i = 0; i < rows; i++) {
    x.push_back(i == bad ? INFINITY : (double)i);
    y.push_back((double)i / 2);
    w.push_back(1 + i % 2);
    k.push_back(i % 7 == 0 ? "" : std::to_string(i % 5));
  }
  DataTable table;
  table.numbers("x", x).texts("k", {"4", "2", "0", "1", "3"}, k).numbers("y", y).numbers("w", w);
  return table.write(name);
}

const char *const COLUMNS = "  target: {column: y, task: regression}\n"
                            "  weight: w\n"
                            "  inputs:\n"
                            "    - {column: x, as: numeric, scale: none, missing: mean}\n"
                            "    - {column: k, as: category}\n";

// One part as a source, with buffers for what it reads.
struct Rows {
  OpenDataset open;
  Preprocess *preprocess = nullptr;
  BatchSource *source = nullptr;
  std::vector<int64_t> part;
  std::vector<float> values, targets, weights;
  std::vector<int32_t> ids;

  Rows(const std::string &path, const std::string &data, const char *residency, SplitPart which)
      : open(path, COLUMNS + data, std::string("machine: {residency: ") + residency + "}\n") {
    EXPECT_EQ(open.status, STATUS_OK) << open.error.text;
    if (open.status != STATUS_OK) return;
    part = open.part(which);
    EXPECT_EQ(dataset_fit(&preprocess, open.dataset, open.loaded.config, &open.error), STATUS_OK)
        << open.error.text;
    open.status = dataset_source(&source, open.dataset, open.loaded.config, preprocess, which, &open.error);
  }
  ~Rows() {
    dataset_source_free(source);
    preprocess_free(preprocess);
  }
  Status read(const std::vector<int64_t> &rows) {
    values.assign(rows.size(), -1);
    ids.assign(rows.size(), -1);
    targets.assign(rows.size(), -1);
    weights.assign(rows.size(), -1);
    Batch batch = {values.data(), ids.data(), targets.data(), weights.data()};
    return source->read(source, &batch, rows.data(), (int64_t)rows.size(), &open.error);
  }
  // What was read is what numbered_rows wrote.
  int wrong(const std::vector<int64_t> &rows) const {
    int count = 0;
    double zero = preprocess_target(preprocess, 0), one = preprocess_target(preprocess, 1) - zero;
    for (size_t i = 0; i < rows.size(); i++) {
      int64_t row = part[(size_t)rows[i]];
      int32_t id = row % 7 == 0 ? 1 : (int32_t)(row % 5) + 2; // "0" to "4" in byte order
      count += values[i] != (float)row || ids[i] != id || weights[i] != (row % 2 ? 1.0f : 0.5f) ||
               targets[i] != (float)(((double)row / 2 - zero) / one);
    }
    return count;
  }
};

std::vector<int64_t> epoch_rows(const RowOrder &order, uint64_t epoch, int64_t first, int64_t count) {
  std::vector<int64_t> rows((size_t)count);
  order_rows(rows.data(), &order, (uint32_t)epoch, first, count);
  return rows;
}

} // namespace

TEST(DatasetRows, ResidentAndStreamedAreTheSameInBothOrders) {
  std::string path = numbered_rows("rows.h5", ROWS);
  for (const char *order : {"  order: full\n", "  order: {blocks: {rows: 64, window: 4}}\n"}) {
    Rows memory(path, order, "memory", PART_TRAIN), stream(path, order, "stream", PART_TRAIN);
    ASSERT_NE(memory.source, nullptr) << memory.open.error.text;
    ASSERT_NE(stream.source, nullptr) << stream.open.error.text;
    EXPECT_NE(memory.source->resident, nullptr);
    EXPECT_EQ(stream.source->resident, nullptr);
    ASSERT_EQ(stream.source->rows, memory.source->rows);
    bool blocks = memory.open.loaded.config->data.order == ORDER_BLOCKS;
    RowOrder row_order = {memory.source->rows, blocks ? 64 : 0, 4, 7};
    for (uint64_t epoch = 0; epoch < 2; epoch++) {
      for (int64_t first = 0; first < row_order.rows; first += 3000) {
        auto rows = epoch_rows(row_order, epoch, first, std::min<int64_t>(3000, row_order.rows - first));
        ASSERT_EQ(memory.read(rows), STATUS_OK);
        ASSERT_EQ(stream.read(rows), STATUS_OK) << stream.open.error.text;
        ASSERT_EQ(memory.wrong(rows), 0) << order << epoch << " " << first;
        ASSERT_EQ(stream.wrong(rows), 0) << order << epoch << " " << first;
      }
    }
  }
}

// Any rows in any order, one of them twice, the last of the part, more of them than before.
TEST(DatasetRows, AnyRows) {
  std::string path = numbered_rows("rows.h5", 3000);
  for (const char *residency : {"memory", "stream"}) {
    Rows rows(path, "  order: {blocks: {rows: 64, window: 2}}\n", residency, PART_VALIDATION);
    ASSERT_NE(rows.source, nullptr) << rows.open.error.text;
    int64_t last = rows.source->rows - 1;
    for (const auto &wanted :
         {std::vector<int64_t>{last, 0, last, 5}, {7}, {last - 1, 200, 100, 0, 300, 1, 1, 2}}) {
      ASSERT_EQ(rows.read(wanted), STATUS_OK) << rows.open.error.text;
      EXPECT_EQ(rows.wrong(wanted), 0) << residency;
    }
  }
}

// The test part lies in the second file: windows do not cross, messages count the rows of that file.
TEST(DatasetRows, TwoFiles) {
  std::string test = numbered_rows("test.h5", 1000), train = numbered_rows("train.h5", 2000);
  std::string data = "  test_file: " + test + "\n  split: {by: file}\n";
  for (const char *residency : {"memory", "stream"}) {
    Rows rows(train, data, residency, PART_TEST);
    ASSERT_NE(rows.source, nullptr) << rows.open.error.text;
    ASSERT_EQ(rows.source->rows, 1000);
    ASSERT_EQ(rows.part[0], 2000);
    for (int64_t &row : rows.part) row -= 2000; // as numbered_rows wrote them
    std::vector<int64_t> all;
    for (int64_t i = 999; i >= 0; i--) all.push_back(i);
    ASSERT_EQ(rows.read(all), STATUS_OK) << rows.open.error.text;
    EXPECT_EQ(rows.wrong(all), 0) << residency;
    numbered_rows("test.h5", 1000, 600);
    Rows bad(train, data, residency, PART_TEST);
    EXPECT_EQ(bad.open.status, STATUS_DATA);
    EXPECT_EQ(
        std::string(bad.open.error.text).rfind(test + ": column 'x', row 601 (row 1 is the first): ", 0), 0u)
        << bad.open.error.text;
    numbered_rows("test.h5", 1000);
  }
}

// Codes of the second file mean what its own dictionary says.
TEST(DatasetRows, DictionariesOfTwoFiles) {
  auto table = [](const std::string &name, const std::vector<std::string> &categories,
                  const std::vector<std::string> &values) {
    std::vector<double> x, y, w;
    for (size_t i = 0; i < values.size(); i++) {
      x.push_back(1);
      y.push_back((double)i);
      w.push_back(1);
    }
    DataTable made;
    made.numbers("x", x).texts("k", categories, values).numbers("y", y).numbers("w", w);
    return made.write(name);
  };
  std::vector<std::string> known;
  for (int i = 0; i < 60; i++) known.push_back(std::string(1, (char)('a' + i % 3)));
  std::string train = table("train.h5", {"b", "c", "a"}, known);
  std::string test = table("test.h5", {"c", "d", "b", "a"}, {"c", "d", "b", "", "a"});
  for (const char *residency : {"memory", "stream"}) {
    Rows rows(train, "  test_file: " + test + "\n  split: {by: file}\n", residency, PART_TEST);
    ASSERT_NE(rows.source, nullptr) << rows.open.error.text;
    ASSERT_EQ(rows.read({0, 1, 2, 3, 4}), STATUS_OK) << rows.open.error.text;
    EXPECT_EQ(rows.ids, (std::vector<int32_t>{4, 0, 3, 1, 2})) << residency; // d is unknown
  }
}

// An unusable value is found when the source is made, not in the middle of training.
TEST(DatasetRows, UnusableValuesAreFoundAtOnce) {
  std::string path = numbered_rows("rows.h5", 3000);
  Rows whole(path, "", "memory", PART_VALIDATION);
  int64_t bad = whole.part[whole.part.size() / 2];
  numbered_rows("rows.h5", 3000, bad);
  for (const char *residency : {"memory", "stream"}) {
    Rows rows(path, "", residency, PART_VALIDATION);
    EXPECT_EQ(rows.open.status, STATUS_DATA) << residency;
    EXPECT_EQ(
        std::string(rows.open.error.text)
            .rfind(path + ": column 'x', row " + std::to_string(bad + 1) + " (row 1 is the first): ", 0),
        0u)
        << rows.open.error.text;
  }
}

// What a part will hold: V = 1 value, C = 1 id, target and weight, 4 bytes each. Streamed: two windows and,
// for each of their rows, two places on the lists of what is wanted; beside the buffers of the reading
// threads.
TEST(DatasetRows, BytesOfASource) {
  std::string path = numbered_rows("rows.h5", ROWS);
  auto bytes = [&](const char *residency, const std::string &data) {
    Rows source(path, data, residency, PART_TRAIN);
    return dataset_source_bytes(source.open.dataset, source.open.loaded.config,
                                preprocess_layout(source.preprocess), PART_TRAIN);
  };
  auto blocks = [](int window) {
    return "  order: {blocks: {rows: 64, window: " + std::to_string(window) + "}}\n";
  };
  int64_t rows = (int64_t)Rows(path, "", "memory", PART_TRAIN).part.size();
  EXPECT_EQ(bytes("memory", blocks(4)), 16 * rows);
  int64_t most = bytes("stream", blocks(1024)), half = bytes("stream", blocks(512)),
          least = bytes("stream", blocks(4));
  EXPECT_EQ(most - half, 2 * (16 + 16) * 64 * 512);
  EXPECT_EQ(half - least, 2 * (16 + 16) * (64 * 512 - 16384)); // no window is smaller
  EXPECT_EQ(bytes("stream", ""), most);
}

// `auto` goes by what the limits on this process leave, unless windows take more than the rows; and it stays
// with what it was when it was first asked for.
TEST(DatasetRows, AutoStreamsWhereALimitLeavesTooLittle) {
  std::string path = numbered_rows("rows.h5", 4 * ROWS);
  struct Case {
    bool limited, streamed;
    const char *order;
  };
  for (const Case &c : {Case{false, false, "blocks: {rows: 64, window: 4}"},
                        {true, true, "blocks: {rows: 64, window: 4}"},
                        {true, false, "blocks: {rows: 4096, window: 64}"}}) {
    OpenDataset open(path, COLUMNS + ("  order: {" + std::string(c.order) + "}\n"),
                     "machine: {residency: auto}\n");
    Preprocess *preprocess = nullptr;
    BatchSource *source = nullptr;
    ASSERT_EQ(dataset_fit(&preprocess, open.dataset, open.loaded.config, &open.error), STATUS_OK)
        << open.error.text;
    auto bytes = [&] {
      return dataset_source_bytes(open.dataset, open.loaded.config, preprocess_layout(preprocess),
                                  PART_TRAIN);
    };
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_AS, &before), 0);
    rlimit none{1, before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_AS, c.limited ? &none : &before), 0);
    const int64_t first = bytes();
    ASSERT_EQ(setrlimit(RLIMIT_AS, &before), 0);
    ASSERT_EQ(dataset_source(&source, open.dataset, open.loaded.config, preprocess, PART_TRAIN, &open.error),
              STATUS_OK)
        << open.error.text;
    EXPECT_EQ(source->resident == nullptr, c.streamed) << c.order;
    EXPECT_EQ(first == 16 * source->rows, !c.streamed) << first;
    EXPECT_EQ(bytes(), first);
    dataset_source_free(source);
    preprocess_free(preprocess);
  }
}

TEST(DatasetRows, FramesOfAModel) {
  std::string path = numbered_rows("rows.h5", 3000);
  Rows rows(path, "", "memory", PART_TRAIN);
  DataTable lacking;
  lacking.numbers("w", {1, 2}).numbers("extra", {5, 6}).numbers("k", {1, 2});
  Dataset *dataset = nullptr;
  Error error = {};
  std::string other = lacking.write("lacking.h5");
  ASSERT_EQ(dataset_open_file(&dataset, other.c_str(), "", &error), STATUS_OK) << error.text;
  Frame *frame = nullptr;
  EXPECT_EQ(dataset_model_frame(&frame, nullptr, dataset, rows.preprocess, nullptr, 0, &error), STATUS_DATA);
  EXPECT_NE(std::string(error.text).find("column 'x' does not exist"), std::string::npos) << error.text;
  EXPECT_NE(std::string(error.text).find("column 'k' holds numbers; the model was trained on categories."),
            std::string::npos)
      << error.text;
  dataset_close(dataset);

  DataTable enough;
  enough.numbers("extra", {5, 6}).texts("k", {"1"}, {"1", ""}).numbers("x", {8, 9});
  other = enough.write("enough.h5");
  ASSERT_EQ(dataset_open_file(&dataset, other.c_str(), "", &error), STATUS_OK) << error.text;
  TextList extra = {};
  const int64_t second = 1;
  ASSERT_EQ(dataset_model_frame(&frame, &extra, dataset, rows.preprocess, &second, 1, &error), STATUS_OK)
      << error.text;
  ASSERT_EQ(extra.count, 1);
  EXPECT_STREQ(extra.items[0], "extra");
  EXPECT_EQ(frame->rows, 1);
  EXPECT_EQ(frame_find(frame, "x")->numbers[0], 9);
  EXPECT_EQ(frame_find(frame, "k")->codes[0], -1);
  text_list_free(&extra);
  frame_free(frame);
  dataset_close(dataset);
}

// Frames of rows in any order, on both sides of the windows a file is read by.
TEST(DatasetRows, FramesInAnyOrder) {
  Rows rows(numbered_rows("rows.h5", ROWS), "", "stream", PART_TRAIN);
  const std::vector<int64_t> wanted = {ROWS - 1, 3, 70000, 65535, 65536, 0, 3};
  Frame *frame = nullptr;
  Error error = {};
  ASSERT_EQ(dataset_frame(&frame, rows.open.dataset, nullptr, wanted.data(), (int64_t)wanted.size(), &error),
            STATUS_OK)
      << error.text;
  for (size_t i = 0; i < wanted.size(); i++) {
    EXPECT_EQ(frame_find(frame, "x")->numbers[i], (double)wanted[i]);
    char buffer[NUMBER_TEXT_BYTES];
    const char *text = column_text(frame_find(frame, "k"), (int64_t)i, buffer);
    EXPECT_EQ(text == nullptr ? "" : text, wanted[i] % 7 == 0 ? "" : std::to_string(wanted[i] % 5));
  }
  frame_free(frame);
}
