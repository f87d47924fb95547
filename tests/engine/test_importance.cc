// Importance of inputs and partial dependence, with models whose answers are known.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <set>

#include "evaluation_case.h"
#include "frame_case.h"

extern "C" {
#include "engine/evaluate/panels/importance.h"
#include "engine/shared/tensor.h"
}

namespace {

// p = 0.1 + 0.7 x + (c == "yes" ? 0.15 : 0); "idle" is not read.
Status score(void *context, double *scores, const Frame *frame, Error *) {
  const Column *x = frame_find(frame, "x"), *c = frame_find(frame, "c");
  ++*static_cast<int *>(context);
  for (int64_t i = 0; i < frame->rows; i++) {
    bool yes = c->codes[i] >= 0 && strcmp(c->categories[c->codes[i]], "yes") == 0;
    scores[i] = 0.1 + 0.7 * (x->numbers[i] == x->numbers[i] ? x->numbers[i] : 0.5) + (yes ? 0.15 : 0);
  }
  return STATUS_OK;
}

struct Known {
  EvaluationCase rows;
  FrameCase frame;
  std::vector<std::string> ids;
  TextList inputs{};
  int calls = 0;
  Importance importance{};
  Dependence dependence{};
  Error error{};

  explicit Known(size_t count) {
    std::mt19937_64 random(3);
    std::vector<double> x, idle;
    std::vector<std::string> c;
    for (size_t i = 0; i < count; i++) {
      x.push_back(i % 50 == 7 ? __builtin_nan("") : random_unit(random));
      idle.push_back(random_unit(random));
      c.push_back(i % 11 == 0 ? "" : i % 3 == 0 ? "yes" : "no");
      ids.push_back("row " + std::to_string(i));
    }
    frame.numbers("idle", idle).texts("c", c).numbers("x", x);
    rows.scores.resize(count);
    score(&calls, rows.scores.data(), frame.get(), nullptr);
    for (size_t i = 0; i < count; i++) {
      rows.labels.push_back(random_unit(random) < rows.scores[i]);
      rows.act.push_back(rows.labels[i] == 1 ? 10000000 : -5000000);
      rows.skip.push_back(0);
    }
    for (const char *name : {"idle", "c", "x"}) text_list_add(&inputs, name);
  }
  ~Known() {
    text_list_free(&inputs);
    importance_clear(&importance);
    dependence_clear(&dependence);
  }
  // On the first `most` rows by hash, as the program does it.
  void run(int64_t most, uint64_t seed) {
    std::vector<const char *> pointers;
    for (const std::string &id : ids) pointers.push_back(id.c_str());
    int64_t *order = rows_by_hash(pointers.data(), (int64_t)ids.size(), most);
    most = std::min(most, (int64_t)ids.size());
    std::vector<size_t> chosen(order, order + most);
    free(order);
    EvaluationCase picked = rows.permuted(chosen);
    FrameCase columns = frame.permuted(chosen);
    for (auto part : {&picked.labels, &picked.scores}) part->resize((size_t)most);
    for (auto part : {&picked.act, &picked.skip}) part->resize((size_t)most);
    EvaluationSet set = picked.set();
    Frame *changed = const_cast<Frame *>(columns.get());
    changed->rows = most;
    ModelScores model = {&calls, score};
    importance_clear(&importance);
    dependence_clear(&dependence);
    ASSERT_EQ(
        importance_of(&importance, &set, changed, &inputs, seed, (int64_t)ids.size(), 0.95, &model, &error),
        STATUS_OK);
    ASSERT_EQ(dependence_of(&dependence, &importance, TASK_BINARY, changed, &model, &error), STATUS_OK);
    std::vector<double> after((size_t)most);
    score(&calls, after.data(), changed, nullptr);
    EXPECT_EQ(after, picked.scores); // the columns are put back
  }
  void permute(std::mt19937_64 &random) {
    std::vector<size_t> order = random_order(ids.size(), random);
    rows = rows.permuted(order);
    frame = frame.permuted(order);
    std::vector<std::string> moved;
    for (size_t i : order) moved.push_back(ids[i]);
    ids = moved;
  }
  std::string flat() const {
    Flat out;
    for (int i = 0; i < importance.count; i++) {
      out.text += importance.items[i].input;
      out.add("loss", importance.items[i].loss);
      out.add("value", importance.items[i].value);
    }
    for (int i = 0; i < dependence.count; i++) {
      const DependenceCurve &curve = dependence.curves[i];
      out.text += curve.input;
      for (int k = 0; k < curve.count; k++) {
        if (curve.kind == COLUMN_CATEGORY) out.text += curve.labels[k];
        for (double x : {curve.x[k], curve.score[k], curve.share[k]}) out.add("point", x);
      }
    }
    return out.text;
  }
};

TEST(Importance, WhatIsNotReadCostsNothing) {
  Known known(3000);
  known.run(1000, 7);
  ASSERT_EQ(known.importance.count, 3);
  const InputImportance &x = known.importance.items[0], &c = known.importance.items[1],
                        &idle = known.importance.items[2];
  EXPECT_STREQ(x.input, "x");
  EXPECT_STREQ(c.input, "c");
  EXPECT_STREQ(idle.input, "idle");
  EXPECT_EQ(idle.loss.value, 0);
  EXPECT_EQ(idle.value.value, 0);
  EXPECT_GT(x.loss.low, 0);
  EXPECT_GT(x.value.low, 0);
  EXPECT_STREQ(known.importance.metric->name, "log_loss");
  EXPECT_EQ(known.importance.rows, 1000);
  EXPECT_EQ(known.importance.all_rows, 3000);
}

TEST(Importance, ValueIsOfAllRows) {
  Known known(3000);
  known.run(3000, 7);
  double whole = known.importance.items[0].value.value;
  known.run(1500, 7);
  double half = known.importance.items[0].value.value; // another sample, scaled by 2
  EXPECT_NEAR(half / whole, 1, 0.35);
}

// Neither the order of the rows nor that of the dictionary decides; the seed does.
TEST(Importance, AnyOrderOfRows) {
  Known known(900);
  known.run(500, 7);
  std::string before = known.flat();
  std::mt19937_64 random(2);
  for (int i = 0; i < 3; i++) {
    known.permute(random);
    known.run(500, 7);
    EXPECT_EQ(known.flat(), before);
  }
  known.run(500, 8);
  EXPECT_NE(known.flat(), before);
}

TEST(Importance, RowsByHash) {
  std::vector<std::string> ids;
  for (int i = 0; i < 1000; i++) ids.push_back(std::to_string(i));
  std::vector<const char *> pointers;
  for (const std::string &id : ids) pointers.push_back(id.c_str());
  int64_t *all = rows_by_hash(pointers.data(), 1000, 1000), *some = rows_by_hash(pointers.data(), 1000, 37),
          *more = rows_by_hash(pointers.data(), 1000, 5000);
  EXPECT_EQ(std::set<int64_t>(all, all + 1000).size(), 1000u);
  EXPECT_EQ(memcmp(all, some, 37 * sizeof *all), 0);
  EXPECT_EQ(memcmp(all, more, 1000 * sizeof *all), 0);
  uint8_t before[DIGEST_BYTES], digest[DIGEST_BYTES];
  for (int i = 0; i < 1000; i++) {
    const std::string &id = ids[(size_t)all[i]];
    sha256(digest, id.data(), id.size());
    EXPECT_TRUE(i == 0 || memcmp(before, digest, DIGEST_BYTES) < 0) << i;
    memcpy(before, digest, DIGEST_BYTES);
  }
  free(all), free(some), free(more);
}

// Of a linear model the curve of x is a line of its slope, and categories differ by their term.
TEST(Dependence, ALineIsALine) {
  Known known(5000);
  known.run(4000, 7);
  ASSERT_EQ(known.dependence.count, 3);
  EXPECT_EQ(known.dependence.rows, DEPENDENCE_ROWS);
  const DependenceCurve &x = known.dependence.curves[0], &c = known.dependence.curves[1],
                        &idle = known.dependence.curves[2];
  ASSERT_EQ(x.count, DEPENDENCE_POINTS);
  double shares = 0;
  for (int k = 0; k < x.count; k++) {
    shares += x.share[k];
    if (k > 0) {
      EXPECT_LT(x.x[k - 1], x.x[k]);
      EXPECT_NEAR((x.score[k] - x.score[0]) / (x.x[k] - x.x[0]), 0.7, 1e-9);
    }
    EXPECT_EQ(idle.score[k], idle.score[0]);
  }
  EXPECT_NEAR(shares, 0.98, 0.01); // all that are not missing
  ASSERT_EQ(c.count, 2);
  EXPECT_STREQ(c.labels[0], "no");
  EXPECT_STREQ(c.labels[1], "yes");
  EXPECT_NEAR(c.score[1] - c.score[0], 0.15, 1e-15);
}

TEST(Dependence, TheMostFrequentCategories) {
  Known known(2000);
  std::vector<std::string> c;
  for (int i = 0; i < 2000; i++) c.push_back("v" + std::to_string(10 + (i < 400 ? i % 40 : i % 20)));
  std::vector<double> x(2000, 0.5);
  known.frame = FrameCase();
  known.frame.numbers("idle", x).texts("c", c).numbers("x", x);
  score(&known.calls, known.rows.scores.data(), known.frame.get(), nullptr);
  known.run(2000, 1);
  for (int i = 0; i < known.dependence.count; i++) {
    const DependenceCurve &curve = known.dependence.curves[i];
    if (curve.kind == COLUMN_NUMBER) {
      EXPECT_EQ(curve.count, 1); // one value
      EXPECT_EQ(curve.share[0], 1);
      continue;
    }
    ASSERT_EQ(curve.count, DEPENDENCE_POINTS);
    for (int k = 0; k < curve.count; k++) {
      EXPECT_EQ(std::string(curve.labels[k]), "v" + std::to_string(10 + k));
      EXPECT_EQ(curve.share[k], 0.045);
    }
  }
}

} // namespace
