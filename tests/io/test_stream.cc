// Streamed rows: the same as those in memory, however the file stores them and wherever reading begins; what
// fails while reading ahead is told, and no thread stays behind.
#include "dataset_case.h"
#include "stored_case.h"

#include <dirent.h>

#include <fstream>
#include <memory>
#include <sstream>

#include "kernels/shared/shuffle.h"

#include "kernels/shared/order.h"

using namespace stored;

namespace {

enum { ROWS = 50000 }; // more training rows than two windows

// Columns x (float32, some missing), k (a category of int8), y (float64) and w (int16), from row `first` on.
std::string written(const std::string &name, int64_t first, int64_t rows, const Way &way) {
  std::string path = data_path(name);
  std::vector<float> x;
  std::vector<double> y;
  std::vector<int8_t> k;
  std::vector<int16_t> w;
  for (int64_t i = first; i < first + rows; i++) {
    x.push_back(i % 13 == 0 ? NAN : (float)i * 0.5f);
    y.push_back((double)(i % 1000));
    k.push_back((int8_t)(i % 4 - 1));
    w.push_back((int16_t)(1 + i % 3));
  }
  hid_t text = H5Tcopy(H5T_C_S1), file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  H5Tset_size(text, 3);
  H5Tset_strpad(text, H5T_STR_NULLPAD);
  H5Gclose(H5Gcreate2(file, "/columns", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  H5Gclose(H5Gcreate2(file, "/columns/k", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  const char categories[] = "redsongrn";
  write_dataset(file, "/columns/x", H5T_IEEE_F32LE, bytes_of(x), way);
  write_dataset(file, "/columns/y", H5T_IEEE_F64LE, bytes_of(y), way);
  write_dataset(file, "/columns/w", H5T_STD_I16LE, bytes_of(w), way);
  write_dataset(file, "/columns/k/codes", H5T_STD_I8LE, bytes_of(k), way);
  write_dataset(file, "/columns/k/categories", text, Bytes(categories, categories + 9),
                {NONE, false, false, 0, 0});
  H5Tclose(text);
  EXPECT_GE(H5Fclose(file), 0);
  return path;
}

const char *const COLUMNS = "  target: {column: y, task: regression}\n"
                            "  weight: w\n"
                            "  inputs:\n"
                            "    - {column: x, as: numeric}\n"
                            "    - {column: k, as: category}\n"
                            "    - {column: w, as: category}\n";

const char *const BLOCKS = "  order: {blocks: {rows: 64, window: 16}}\n"; // pools of 1024 rows
const char *const LARGE =
    "  order: {blocks: {rows: 512, window: 40}}\n"; // of 20480, more than the least window

struct Source {
  OpenDataset open;
  Preprocess *preprocess = nullptr;
  BatchSource *source = nullptr;
  RowOrder order = {};

  Source(const std::string &path, const std::string &data, const char *residency, SplitPart part = PART_TRAIN)
      : open(path, COLUMNS + data, std::string("machine: {residency: ") + residency + "}\n") {
    EXPECT_EQ(open.status, STATUS_OK) << open.error.text;
    if (open.status != STATUS_OK) return;
    EXPECT_EQ(dataset_fit(&preprocess, open.dataset, open.loaded.config, &open.error), STATUS_OK)
        << open.error.text;
    open.status = dataset_source(&source, open.dataset, open.loaded.config, preprocess, part, &open.error);
    if (open.status != STATUS_OK) return;
    const DataConfig &config = open.loaded.config->data;
    order = {source->rows, 0, 0, 7};
    if (config.order == ORDER_BLOCKS) order = {source->rows, config.block_rows, config.block_window, 7};
  }
  ~Source() {
    dataset_source_free(source);
    preprocess_free(preprocess);
  }

  // A span's rows as bytes; empty where reading fails.
  std::string span(bool ordered, uint32_t epoch, int64_t first, int64_t count) {
    const InputLayout *layout = preprocess_layout(preprocess);
    std::vector<float> values((size_t)(count * layout->value_count), -1), targets((size_t)count, -1),
        weights((size_t)count, -1);
    std::vector<int32_t> ids((size_t)(count * layout->category_count), -1);
    Batch batch = {values.data(), ids.data(), targets.data(), weights.data()};
    if (source->follow != nullptr) {
      RowSpan wanted = {ordered ? &order : nullptr, epoch, first, count};
      open.status = source->follow(source, &batch, &wanted, &open.error);
    } else {
      std::vector<int64_t> rows((size_t)count);
      if (ordered) order_rows(rows.data(), &order, epoch, first, count);
      for (int64_t i = 0; i < count && !ordered; i++) rows[(size_t)i] = first + i;
      open.status = source->read(source, &batch, rows.data(), count, &open.error);
    }
    if (open.status != STATUS_OK) return "";
    std::string bytes;
    for (const void *from : {(void *)values.data(), (void *)targets.data(), (void *)weights.data()})
      bytes.append((const char *)from,
                   (size_t)count * 4 * (from == values.data() ? (size_t)layout->value_count : 1));
    return bytes.append((const char *)ids.data(), ids.size() * 4);
  }
};

int threads_of_process() {
  int count = 0;
  DIR *folder = opendir("/proc/self/task");
  while (readdir(folder) != nullptr) count++;
  closedir(folder);
  return count;
}

// Whole epochs, batch by batch, are the same from both.
void expect_same_epochs(Source *a, Source *b, int64_t batch, const std::string &what) {
  ASSERT_NE(a->source, nullptr) << a->open.error.text;
  ASSERT_NE(b->source, nullptr) << b->open.error.text;
  ASSERT_EQ(a->source->rows, b->source->rows);
  for (uint32_t epoch = 0; epoch < 2; epoch++) {
    for (bool ordered : {true, false}) {
      for (int64_t first = 0; first < a->source->rows; first += batch) {
        int64_t count = std::min(batch, a->source->rows - first);
        std::string from_a = a->span(ordered, epoch, first, count);
        ASSERT_FALSE(from_a.empty()) << what << a->open.error.text;
        ASSERT_TRUE(from_a == b->span(ordered, epoch, first, count))
            << what << " epoch " << epoch << " at " << first << b->open.error.text;
      }
    }
  }
}

} // namespace

TEST(Stream, EveryStorageIsTheSame) {
  const char *const orders[] = {"  order: full\n", BLOCKS, LARGE};
  std::string plain = written("plain.h5", 0, ROWS, {});
  size_t turn = 0;
  for (const Way &way : ways(ROWS)) {
    if (way.fletcher && way.chunk != 997) continue; // each with a checksum once is enough
    const char *order = orders[turn++ % 3];
    std::string path = written("way.h5", 0, ROWS, way);
    Source memory(plain, order, "memory"), streamed(path, order, "stream"), held(path, order, "memory");
    EXPECT_NE(streamed.source->follow, nullptr);
    EXPECT_EQ(streamed.open.digest(), memory.open.digest()) << name_of(way);
    expect_same_epochs(&memory, &streamed, 4096, order + name_of(way));
    ASSERT_TRUE(memory.span(false, 0, 0, memory.source->rows) == held.span(false, 0, 0, held.source->rows));
  }
}

TEST(Stream, TwoFilesOfDifferentStorage) {
  std::string test = written("test.h5", ROWS, 20000, {ZSTD, true, false, 999, 0});
  std::string plain_test = written("plain_test.h5", ROWS, 20000, {});
  std::string train = written("train.h5", 0, ROWS, {LZ4, true, false, 1001, 4096});
  auto data = [](const std::string &path) {
    return "  test_file: " + path + "\n  split: {by: file}\n" + BLOCKS;
  };
  for (SplitPart part : {PART_TRAIN, PART_TEST}) {
    Source memory(train, data(plain_test), "memory", part), streamed(train, data(test), "stream", part);
    expect_same_epochs(&memory, &streamed, 3000, "part " + std::to_string(part));
    EXPECT_EQ(memory.open.digest(), streamed.open.digest());
  }
}

// Batches that are larger than a pool, or than a window; of one row.
TEST(Stream, BatchesOfAnySize) {
  std::string path = written("rows.h5", 0, ROWS, {GZIP, true, false, 4096, 0});
  for (const char *order : {BLOCKS, LARGE, "  order: full\n"}) {
    Source memory(path, order, "memory"), streamed(path, order, "stream");
    for (int64_t batch : {20000, 1000000, 977}) expect_same_epochs(&memory, &streamed, batch, order);
  }
}

// Resuming: reading begins in the middle of an epoch, goes back, leaves out epochs, and mixes orders.
TEST(Stream, BeginsAnywhere) {
  std::string path = written("rows.h5", 0, ROWS, {LZ4, true, false, 512, 1 << 20});
  for (const char *order : {BLOCKS, LARGE, "  order: full\n"}) {
    Source memory(path, order, "memory"), streamed(path, order, "stream");
    uint64_t state = 1;
    for (int i = 0; i < 60; i++) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      int64_t first = (int64_t)((state >> 20) % (uint64_t)memory.source->rows);
      int64_t count = std::min<int64_t>(1 + (int64_t)((state >> 50) % 3000), memory.source->rows - first);
      bool ordered = (state >> 10) % 4 != 0;
      uint32_t epoch = (uint32_t)((state >> 12) % 3);
      ASSERT_TRUE(memory.span(ordered, epoch, first, count) == streamed.span(ordered, epoch, first, count))
          << order << i << streamed.open.error.text;
      if (i % 7 != 0) continue;
      int64_t near = std::min(first, memory.source->rows - 3);
      std::vector<int64_t> rows = {near + 2, near, near, i % 2 == 0 ? near : memory.source->rows - 1};
      std::vector<float> values[2], targets(4), weights(4);
      for (int side = 0; side < 2; side++) { // any rows between spans
        Source *from = side == 0 ? &memory : &streamed;
        const InputLayout *layout = preprocess_layout(from->preprocess);
        std::vector<int32_t> ids((size_t)layout->category_count * 4);
        values[side].resize((size_t)layout->value_count * 4);
        Batch batch = {values[side].data(), ids.data(), targets.data(), weights.data()};
        ASSERT_EQ(from->source->read(from->source, &batch, rows.data(), 4, &from->open.error), STATUS_OK);
      }
      EXPECT_EQ(values[0], values[1]);
    }
  }
}

// A chunk that goes bad while training runs: every reading from there on says so, those before do not.
TEST(Stream, DamageWhileReading) {
  for (Compression compression : {GZIP, LZ4, ZSTD}) {
    Way way = {compression, true, false, 512, 1 << 20};
    std::string path = written("rows.h5", 0, ROWS, way), sentence;
    Source streamed(path, BLOCKS, "stream");
    ASSERT_NE(streamed.source, nullptr) << streamed.open.error.text;
    std::stringstream content;
    content << std::ifstream(path, std::ios::binary).rdbuf();
    std::vector<double> y;
    for (int64_t i = 512 * 40; i < 512 * 41; i++) y.push_back((double)(i % 1000));
    Bytes raw = encoded(bytes_of(y), 8, way);
    size_t at = content.str().find(std::string(raw.begin(), raw.end()));
    ASSERT_NE(at, std::string::npos);
    std::fstream(path, std::ios::binary | std::ios::in | std::ios::out).seekp((std::streamoff)at)
        << "\xff\xff\xff\xff";
    int64_t batches = 0;
    for (uint32_t epoch = 0; epoch < 2 && sentence.empty(); epoch++) {
      for (int64_t first = 0; first < streamed.source->rows && sentence.empty(); first += 1000) {
        int64_t count = std::min<int64_t>(1000, streamed.source->rows - first);
        if (streamed.span(true, epoch, first, count).empty()) sentence = streamed.open.error.text;
        batches++;
      }
    }
    EXPECT_EQ(streamed.open.status, STATUS_DATA);
    EXPECT_EQ(sentence.rfind(path + ": column 'y': chunk 41 (rows 20481 to 20992, ", 0), 0u)
        << compression << sentence;
    EXPECT_GT(batches, 0);
  }
}

TEST(Stream, NoThreadStaysBehind) {
  std::string path = written("rows.h5", 0, ROWS, {GZIP, true, false, 4096, 0});
  {
    Source first(path, BLOCKS, "stream");
  }                                  // with the first thread a sanitizer starts one of its own, that stays
  int before = threads_of_process(); // one that was joined may be listed for a moment
  for (int waits = 0; waits < 100; waits++, usleep(1000)) before = std::min(before, threads_of_process());
  for (int i = 0; i < 5; i++) {
    Source streamed(path, BLOCKS, "stream");
    EXPECT_GT(threads_of_process(), before);
    if (i % 2 == 0) streamed.span(true, 0, 0, 100); // a window is on its way when it ends
  }
  int after = threads_of_process();
  for (int waits = 0; waits < 5000 && after > before; waits++, after = threads_of_process()) usleep(1000);
  EXPECT_LE(after, before);
}

// What plan says of reading: a chunk that is wanted is read whole.
TEST(Stream, RowsReadForEachThatIsUsed) {
  std::string path = written("rows.h5", 0, ROWS, {GZIP, true, false, 512, 0});
  auto excess = [&](const std::string &order, const char *residency) {
    Source source(path, "  split: {by: order}\n" + order, residency);
    return dataset_source_excess(source.source, source.open.loaded.config);
  };
  EXPECT_EQ(excess("", "memory"), 0);
  EXPECT_NEAR(excess("  order: {blocks: {rows: 512, window: 32}}\n", "stream"), 1, 0.05);
  EXPECT_NEAR(excess("  order: {blocks: {rows: 1024, window: 16}}\n", "stream"), 1, 0.05);
  double small = excess("  order: {blocks: {rows: 64, window: 256}}\n", "stream"); // of 16384 of 35000 rows
  EXPECT_GT(small, 1.5);
  EXPECT_LT(small, 35840.0 / 16384);
  // In order full a window has all rows of so small a file.
  EXPECT_NEAR(excess("", "stream"), 35328.0 / 35000, 0.001);
}
