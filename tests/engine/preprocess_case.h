// A table of named columns in memory with its configuration, for the tests of preprocessing.
#ifndef INGOT_TESTS_ENGINE_PREPROCESS_CASE_H
#define INGOT_TESTS_ENGINE_PREPROCESS_CASE_H

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

extern "C" {
#include "engine/preprocess/preprocess.h"
}

static const double MISSING = NAN;
static const std::vector<std::string> YES_NO = {"yes", "no"};

using Floats = std::vector<float>;
using Ids = std::vector<int32_t>;

// A table of named columns, its configuration, and the rows that are training rows.
class Table {
public:
  explicit Table(std::vector<int64_t> training_rows) : training(std::move(training_rows)) {
    config.data.target = {text("y"), TASK_BINARY, text("yes")};
    config.data.weight = text("");
    reader.base.column = read_column;
    reader.table = this;
    inputs.reserve(8);
  }
  Table(const Table &) = delete;
  ~Table() {
    preprocess_free(fitted);
    frame_free(frame);
    for (char *t : texts) free(t);
  }

  void numbers(const char *name, const std::vector<double> &rows) {
    Column *column = add((int64_t)rows.size());
    column_make_numbers(column, name, (int64_t)rows.size());
    std::copy(rows.begin(), rows.end(), column->numbers);
  }
  // "" = missing; the dictionary is in the order of `categories`.
  void texts_of(const char *name, const std::vector<std::string> &categories,
                const std::vector<std::string> &rows) {
    std::vector<char *> items;
    for (const std::string &c : categories) items.push_back(text(c));
    Column *column = add((int64_t)rows.size());
    column_make_codes(column, name, (int64_t)rows.size(), items.data(), (int)items.size());
    for (size_t i = 0; i < rows.size(); i++) {
      auto found = std::find(categories.begin(), categories.end(), rows[i]);
      column->codes[i] = found == categories.end() ? -1 : (int32_t)(found - categories.begin());
    }
  }
  InputConfig *input(const char *name, InputKind kind) {
    names.push_back(std::make_unique<char *>(text(name)));
    inputs.push_back({{names.back().get(), 1}, kind, MISSING_MEAN_FLAG, SCALE_STANDARD, 0, 1});
    return &inputs.back();
  }
  void target(Task task, const char *positive = "") {
    config.data.target = {text("y"), task, text(positive)};
  }
  void weight(const char *name) { config.data.weight = text(name); }

  Status fit() {
    config.data.inputs = inputs.data();
    config.data.input_count = (int)inputs.size();
    preprocess_free(fitted);
    fitted = nullptr;
    return preprocess_fit(&fitted, &config, &reader.base, training.data(), (int64_t)training.size(), &error);
  }
  // The batch of all rows, or of some.
  Status apply(const Preprocess *preprocess, std::vector<int64_t> rows = {}) {
    const InputLayout *layout = preprocess_layout(preprocess);
    size_t count = rows.empty() ? (size_t)frame->rows : rows.size();
    values.assign(count * (size_t)layout->value_count, -99);
    ids.assign(count * (size_t)layout->category_count, -99);
    targets.assign(count, -99);
    weights.assign(count, -99);
    Batch batch = {values.data(), ids.data(), targets.data(), weights.data()};
    return preprocess_apply(preprocess, &batch, frame, rows.empty() ? nullptr : rows.data(), (int64_t)count,
                            1, &error);
  }
  std::string message() const { return error.text; }

  Config config{};
  Frame *frame = nullptr;
  Preprocess *fitted = nullptr;
  std::vector<int64_t> training;
  std::vector<float> values, targets, weights;
  std::vector<int32_t> ids;

private:
  struct Reader {
    ColumnReader base;
    Table *table;
  } reader;
  Error error{};
  std::vector<char *> texts;
  std::vector<std::unique_ptr<char *>> names;
  std::vector<InputConfig> inputs;

  char *text(const std::string &content) {
    texts.push_back(strdup(content.c_str()));
    return texts.back();
  }
  Column *add(int64_t rows) {
    if (frame == nullptr) {
      frame = frame_new(rows, 8);
      frame->column_count = 0;
    }
    return &frame->columns[frame->column_count++];
  }
  static Status read_column(ColumnReader *base, const Column **column, const char *name, Error *error) {
    *column = frame_find(((Reader *)base)->table->frame, name);
    return *column != nullptr ? STATUS_OK : error_set(error, STATUS_DATA, "no column '%s'", name);
  }
};

#endif
