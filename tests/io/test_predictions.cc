// Prediction files: what is written is what is read, as HDF5 and as CSV; whatever else they hold is refused.
#include "tests/io/config_case.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <random>
#include <sstream>
#include <unistd.h>

extern "C" {
#include "io/report/predictions.h"
}

namespace {

namespace fs = std::filesystem;

std::vector<char *> pointers(std::vector<std::string> &texts) {
  std::vector<char *> made;
  for (std::string &text : texts) made.push_back(text.data());
  return made;
}

class PredictionFiles : public testing::Test {
protected:
  void SetUp() override {
    folder = fs::path(testing::TempDir()) / ("predictions-" + std::to_string(getpid()));
    fs::create_directories(folder);
  }
  void TearDown() override { fs::remove_all(folder); }
  std::string at(const std::string &name) const { return (folder / name).string(); }
  std::string text_of(const std::string &name) const {
    std::ifstream file(at(name), std::ios::binary);
    std::stringstream content;
    content << file.rdbuf();
    return content.str();
  }
  // Reads a CSV with this content: the status, and the error's text.
  Status read(const std::string &content, std::string *text = nullptr, const char *name = "given.csv") {
    std::ofstream(at(name), std::ios::binary) << content;
    Predictions *made = nullptr;
    Error error = {};
    Status status = predictions_read(&made, at(name).c_str(), &error);
    if (text != nullptr) *text = error.text;
    EXPECT_EQ(status == STATUS_OK, made != nullptr);
    predictions_free(made);
    return status;
  }
  fs::path folder;
};

// Slice columns are written beside the predictions and come back under their own names.
TEST_F(PredictionFiles, SliceColumns) {
  for (const char *name : {"slices.h5", "slices.csv"}) {
    std::vector<std::string> ids = {"a", "b", "c"}, regions = {"x, y", "z"};
    std::vector<char *> id_pointers = pointers(ids), region_pointers = pointers(regions);
    std::vector<double> scores = {0.25, 0.5, 0.75};
    Frame *frame = frame_new(3, 2);
    column_make_codes(&frame->columns[0], "region", 3, region_pointers.data(), 2);
    column_make_numbers(&frame->columns[1], "age", 3);
    const int32_t codes[] = {1, -1, 0};
    const double ages[] = {30, 0.5, NAN};
    std::copy(codes, codes + 3, frame->columns[0].codes);
    std::copy(ages, ages + 3, frame->columns[1].numbers);
    Predictions written{}, *back = nullptr;
    written.rows = 3, written.classes = 1;
    written.ids = id_pointers.data(), written.scores = scores.data(), written.slices = frame;
    const int64_t order[] = {2, 0};
    Error error = {};
    ASSERT_EQ(predictions_write(at(name).c_str(), &written, order, 2, true, &error), STATUS_OK) << error.text;
    ASSERT_EQ(predictions_read(&back, at(name).c_str(), &error), STATUS_OK) << error.text;
    ASSERT_NE(back->slices, nullptr);
    ASSERT_EQ(back->slices->column_count, 2);
    const Column *region = frame_find(back->slices, "region"), *age = frame_find(back->slices, "age");
    char buffer[NUMBER_TEXT_BYTES];
    EXPECT_STREQ(column_text(region, 0, buffer), "x, y");
    EXPECT_STREQ(column_text(region, 1, buffer), "z");
    EXPECT_EQ(column_text(age, 0, buffer), nullptr);
    EXPECT_STREQ(column_text(age, 1, buffer), "30");
    predictions_free(back);
    frame_free(frame);
  }
}

const std::vector<std::string> hostile_ids = {
    "plain",    "with,comma", "with \"quotes\"", " leading", "trailing ", "ünï 日本", "tab\tinside",
    "<script>", "'",          "two\nlines",      "007",      "-",         "NA",       "null",
    "\"",       "a;b",        "#hash",           "=1+1",     "\ttab",     "end\t"};

struct Sample {
  std::vector<std::string> ids = hostile_ids, classes = {"no", "may,be", "yes \"really\""};
  std::vector<char *> id_pointers, class_pointers;
  std::vector<double> scores, decisions, gains, labels, weights;
  std::vector<int64_t> act, skip;
  Predictions view{};
  explicit Sample(int class_count) {
    std::mt19937_64 random(4);
    size_t rows = ids.size();
    auto unit = [&] { return (double)(random() >> 11) * 0x1p-53; };
    for (size_t i = 0; i < rows * (size_t)class_count; i++) scores.push_back(unit());
    scores[0] = 0x1p-1074, scores[1] = 1 - 0x1p-53, scores[2] = 0;
    for (size_t i = 0; i < rows; i++) {
      decisions.push_back((double)(i % (class_count > 1 ? 3 : 2)));
      gains.push_back(1e6 * (unit() - 0.5));
      labels.push_back((double)(i % 2));
      weights.push_back(unit());
      act.push_back((int64_t)(random() % 2000000000001) - 1000000000000);
      skip.push_back(i == 0 ? 1 : -1);
    }
    id_pointers = pointers(ids), class_pointers = pointers(classes);
    view.rows = (int64_t)rows, view.classes = class_count;
    view.ids = id_pointers.data(), view.scores = scores.data(), view.decisions = decisions.data();
    if (class_count > 1) view.class_names = class_pointers.data();
    view.expected_gains = gains.data(), view.labels = labels.data(), view.weights = weights.data();
    view.act = act.data(), view.skip = skip.data();
  }
};

TEST_F(PredictionFiles, RoundTripOfEveryBit) {
  for (int classes : {1, 3}) {
    for (const char *name : {"a.h5", "a.csv"}) {
      Sample sample(classes);
      Error error = {};
      Predictions *read = nullptr;
      ASSERT_EQ(predictions_write(at(name).c_str(), &sample.view, nullptr, 0, true, &error), STATUS_OK)
          << error.text;
      ASSERT_EQ(predictions_read(&read, at(name).c_str(), &error), STATUS_OK) << error.text << "\n"
                                                                              << text_of("a.csv");
      ASSERT_EQ(read->rows, sample.view.rows);
      ASSERT_EQ(read->classes, classes);
      for (int k = 0; k < classes && classes > 1; k++)
        EXPECT_EQ(read->class_names[k], sample.classes[(size_t)k]);
      for (size_t i = 0; i < sample.ids.size(); i++) {
        EXPECT_EQ(read->ids[i], sample.ids[i]) << name;
        for (size_t k = i * (size_t)classes; k < (i + 1) * (size_t)classes; k++)
          EXPECT_EQ(read->scores[k], sample.scores[k]) << name;
        EXPECT_EQ(read->labels[i], sample.labels[i]);
        EXPECT_EQ(read->weights[i], sample.weights[i]);
        EXPECT_EQ(read->act[i], sample.act[i]);
        EXPECT_EQ(read->skip[i], sample.skip[i]);
      }
      predictions_free(read);
    }
  }
}

TEST_F(PredictionFiles, SameBytesAgain) {
  for (const char *name : {"a.h5", "a.csv"}) {
    Sample sample(1);
    Error error = {};
    ASSERT_EQ(predictions_write(at(name).c_str(), &sample.view, nullptr, 0, true, &error), STATUS_OK)
        << error.text;
    std::string first = text_of(name);
    ASSERT_EQ(predictions_write(at(name).c_str(), &sample.view, nullptr, 0, true, &error), STATUS_OK)
        << error.text;
    EXPECT_EQ(text_of(name), first) << name;
  }
}

TEST_F(PredictionFiles, OrderChoosesRows) {
  Sample sample(1);
  Error error = {};
  const int64_t order[] = {5, 0, 3};
  for (const char *name : {"a.h5", "a.csv"}) {
    Predictions *read = nullptr;
    ASSERT_EQ(predictions_write(at(name).c_str(), &sample.view, order, 3, true, &error), STATUS_OK)
        << error.text;
    ASSERT_EQ(predictions_read(&read, at(name).c_str(), &error), STATUS_OK) << error.text;
    ASSERT_EQ(read->rows, 3);
    for (size_t i = 0; i < 3; i++) {
      EXPECT_EQ(read->ids[i], sample.ids[(size_t)order[i]]);
      EXPECT_EQ(read->scores[i], sample.scores[(size_t)order[i]]);
      EXPECT_EQ(read->act[i], sample.act[(size_t)order[i]]);
    }
    predictions_free(read);
  }
}

TEST_F(PredictionFiles, NothingIsReplacedUnasked) {
  Sample sample(1);
  Error error = {};
  for (const char *name : {"a.h5", "a.csv"}) {
    std::ofstream(at(name)) << "mine";
    EXPECT_EQ(predictions_write(at(name).c_str(), &sample.view, nullptr, 0, false, &error), STATUS_EXISTS);
    EXPECT_EQ(text_of(name), "mine");
  }
  EXPECT_EQ(predictions_write(at("a.txt").c_str(), &sample.view, nullptr, 0, true, &error), STATUS_USAGE);
  EXPECT_EQ(predictions_write(at("no/such/a.csv").c_str(), &sample.view, nullptr, 0, true, &error),
            STATUS_IO);
  EXPECT_EQ(predictions_write(at("no/such/a.h5").c_str(), &sample.view, nullptr, 0, true, &error), STATUS_IO);
}

TEST_F(PredictionFiles, OfAnyTool) {
  EXPECT_EQ(read("row_id,score\na,0.5\nb,0.25\n"), STATUS_OK);
  EXPECT_EQ(read("score;row_id;other\n0.5;a;x\n0.25;b;y\n"), STATUS_OK);
  EXPECT_EQ(read("row_id,score.x,score.y\n1,0.5,0.5\n2,0.25,0.75\n"), STATUS_OK);
}

TEST_F(PredictionFiles, HostileFilesAreRefused) {
  std::string text;
  EXPECT_EQ(read("id,score\na,0.5\n", &text), STATUS_DATA);
  EXPECT_NE(text.find("row_id"), std::string::npos) << text;
  EXPECT_EQ(read("row_id,probability\na,0.5\n", &text), STATUS_DATA);
  EXPECT_NE(text.find("'score'"), std::string::npos) << text;
  EXPECT_EQ(read("row_id,score\na,high\n", &text), STATUS_DATA);
  EXPECT_NE(text.find("score of row 'a' is 'high'"), std::string::npos) << text;
  EXPECT_EQ(read("row_id,score\na,0.5\nb,nan\n", &text), STATUS_DATA);
  EXPECT_NE(text.find("score of row 'b' is 'nan'"), std::string::npos) << text;
  EXPECT_EQ(read("row_id,score,part\na,0.5,dev\n", &text), STATUS_DATA);
  EXPECT_NE(text.find("part of row 'a' is dev"), std::string::npos) << text;
  EXPECT_EQ(read("row_id,score,part\na,0.5,1\n", &text), STATUS_DATA);
  EXPECT_NE(text.find("part of row 'a' is a number"), std::string::npos) << text;
  EXPECT_EQ(read("row_id,score\na,0.5\n,0.25\n", &text), STATUS_DATA);
  EXPECT_NE(text.find("no row_id"), std::string::npos) << text;
  EXPECT_EQ(read("row_id,score,score\na,0.5,0.5\n", &text), STATUS_DATA);
  EXPECT_EQ(read("row_id,score\na,0.5,7\n", &text), STATUS_DATA);
  EXPECT_EQ(read("row_id,score.x\na,0.5\n", &text), STATUS_DATA);
  EXPECT_EQ(read("row_id,score,act\na,0.5,1e13\n", &text), STATUS_DATA);
  EXPECT_NE(text.find("not an amount of money"), std::string::npos) << text;
  EXPECT_EQ(read("row_id,score,label\na,0.5,yes\n", &text), STATUS_DATA);
  EXPECT_EQ(read("", &text), STATUS_DATA);
  EXPECT_EQ(read("row_id,score\n", &text), STATUS_DATA);
  EXPECT_EQ(read(std::string("row_id,score\na\0b,0.5\n", 21), &text), STATUS_DATA);
  EXPECT_EQ(read("row_id,score\n\"a,0.5\n", &text), STATUS_DATA);
  EXPECT_EQ(read("row_id,score\n\xff\xfe,0.5\n", &text), STATUS_DATA);
  EXPECT_EQ(read("this is no HDF5 file", &text, "given.h5"), STATUS_DATA);
  EXPECT_EQ(read("", &text, "given.h5"), STATUS_DATA);
  Predictions *made = nullptr;
  Error error = {};
  EXPECT_EQ(predictions_read(&made, at("nothing.csv").c_str(), &error), STATUS_MISSING);
  EXPECT_EQ(predictions_read(&made, at("nothing.h5").c_str(), &error), STATUS_MISSING);
}

// A missing score is NaN in memory: the door of evaluation refuses it with its row.
TEST_F(PredictionFiles, AMissingScoreIsNoNumber) {
  std::ofstream(at("given.csv")) << "row_id,score\na,0.5\nb,\n";
  Predictions *made = nullptr;
  Error error = {};
  ASSERT_EQ(predictions_read(&made, at("given.csv").c_str(), &error), STATUS_OK) << error.text;
  EXPECT_TRUE(std::isnan(made->scores[1]));
  predictions_free(made);
}

// Every truncation of a file of ours is an error or the whole of it, never a crash.
TEST_F(PredictionFiles, TruncatedFiles) {
  Sample sample(1);
  Error error = {};
  ASSERT_EQ(predictions_write(at("a.h5").c_str(), &sample.view, nullptr, 0, true, &error), STATUS_OK)
      << error.text;
  std::string whole = text_of("a.h5");
  for (size_t length = 0; length < whole.size(); length += 509) {
    EXPECT_EQ(read(whole.substr(0, length), nullptr, "cut.h5"), STATUS_DATA) << length;
  }
}

} // namespace
