// Frames of columns for tests: built column by column, and in other orders of the rows.
#pragma once

extern "C" {
#include "engine/preprocess/frame.h"
}

#include <algorithm>
#include <string>
#include <vector>

class FrameCase {
public:
  FrameCase() = default;
  FrameCase(const FrameCase &) = delete;
  FrameCase(FrameCase &&other) noexcept { *this = std::move(other); }
  FrameCase &operator=(FrameCase &&other) noexcept {
    std::swap(frame, other.frame);
    std::swap(columns, other.columns);
    return *this;
  }
  ~FrameCase() { frame_free(frame); }

  FrameCase &numbers(const std::string &name, const std::vector<double> &values) {
    columns.push_back({name, values, {}});
    return build();
  }
  FrameCase &texts(const std::string &name, const std::vector<std::string> &values) { // "" = missing
    columns.push_back({name, {}, values});
    return build();
  }
  const Frame *get() const { return frame; }
  const Column *column(const char *name) const { return frame_find(frame, name); }

  FrameCase permuted(const std::vector<size_t> &order) const {
    FrameCase made;
    for (const Source &source : columns) {
      Source moved = source;
      for (size_t i = 0; i < order.size(); i++) {
        if (!source.numbers.empty()) moved.numbers[i] = source.numbers[order[i]];
        if (!source.texts.empty()) moved.texts[i] = source.texts[order[i]];
      }
      made.columns.push_back(moved);
    }
    made.build();
    return made;
  }

private:
  struct Source {
    std::string name;
    std::vector<double> numbers;
    std::vector<std::string> texts;
  };
  Frame *frame = nullptr;
  std::vector<Source> columns;

  // The dictionary is in the order of first appearance, as a file's may be.
  FrameCase &build() {
    frame_free(frame);
    int64_t rows = (int64_t)std::max(columns[0].numbers.size(), columns[0].texts.size());
    frame = frame_new(rows, (int)columns.size());
    for (size_t c = 0; c < columns.size(); c++) {
      const Source &source = columns[c];
      if (source.texts.empty()) {
        column_make_numbers(&frame->columns[c], source.name.c_str(), rows);
        std::copy(source.numbers.begin(), source.numbers.end(), frame->columns[c].numbers);
        continue;
      }
      std::vector<std::string> values;
      for (const std::string &text : source.texts) {
        if (!text.empty() && std::find(values.begin(), values.end(), text) == values.end())
          values.push_back(text);
      }
      std::vector<char *> items;
      for (std::string &value : values) items.push_back(value.data());
      column_make_codes(&frame->columns[c], source.name.c_str(), rows, items.data(), (int)items.size());
      for (int64_t i = 0; i < rows; i++) {
        auto found = std::find(values.begin(), values.end(), source.texts[(size_t)i]);
        frame->columns[c].codes[i] = found == values.end() ? -1 : (int32_t)(found - values.begin());
      }
    }
    return *this;
  }
};
