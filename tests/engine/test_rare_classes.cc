// Means over classes have no resampled interval where a class is rare.
#include "tests/engine/evaluation_case.h"

extern "C" {
#include "engine/evaluate/statistics/intervals.h"
}

#include <gtest/gtest.h>

namespace {

// One model's rows and another's scores for them.
struct Rare {
  EvaluationCase champion, challenger;
  std::vector<uint64_t> unit;

  explicit Rare(const EvaluationCase &rows) : champion(rows), challenger(rows) {
    for (size_t i = 0; i < rows.labels.size(); i++)
      unit.push_back(evaluation_hash(("row " + std::to_string(i)).c_str()));
  }
  EvaluationSet set(const EvaluationCase &rows) const {
    EvaluationSet made = rows.set();
    made.row_hash = unit.data();
    made.resampling = {130, 2, 9};
    return made;
  }
  MetricResult result(const char *name) const {
    EvaluationSet made = set(champion);
    MetricResult result{};
    result.metric = &metric_named(name, TASK_MULTICLASS);
    result.estimate = metric_estimate(result.metric, &made, 0.95);
    metric_describe(&result, &made);
    return result;
  }
  IntervalMethod method(const char *name) const {
    EvaluationSet a = set(champion), b = set(challenger);
    return metric_difference(&metric_named(name, TASK_MULTICLASS), &a, &b, 0.95).method;
  }
};

// Resamples without the rare class would average fewer classes: an interval of another number.
TEST(RareClasses, LeaveNoIntervalOfMeansOverClasses) {
  for (int rare : {19, 20}) {
    EvaluationCase rows = random_multiclass(400, 3, false, 45);
    int found = 0;
    for (double &label : rows.labels) {
      if (label == 2 && ++found > rare) label = 0;
    }
    ASSERT_GT(found, 20);
    Rare pair(rows);
    for (size_t i = 0; i < 30; i++)
      std::swap(pair.challenger.scores[3 * i], pair.challenger.scores[3 * i + 1]);
    const IntervalMethod expected = rare < 20 ? INTERVAL_NONE : INTERVAL_BOOTSTRAP;
    for (const char *name : {"balanced_accuracy", "macro_f1", "cohen_kappa"}) {
      MetricResult result = pair.result(name);
      EXPECT_EQ(pair.method(name), expected) << name << rare;
      EXPECT_EQ(result.estimate.method, expected) << name << rare;
      EXPECT_EQ(result.events, rare);
      EXPECT_STREQ(result.note, rare < 20 ? "not enough data: fewer than 20 rows of a class" : nullptr);
    }
  }
}

// The mean F1 counts a class that only one of the models predicts.
TEST(RareClasses, ThoseThatAreHardlyPredictedCountForMacroF1) {
  EvaluationCase rows = random_multiclass(400, 3, false, 47);
  for (size_t i = 0; i < 400; i++) {
    if (rows.labels[i] == 2) rows.labels[i] = 0;
    rows.scores[3 * i + 1] += rows.scores[3 * i + 2];
    rows.scores[3 * i + 2] = 0;
  }
  Rare pair(rows);
  EXPECT_EQ(pair.method("macro_f1"), INTERVAL_BOOTSTRAP);
  for (size_t i = 0; i < 5; i++) {
    pair.challenger.scores[3 * i] = pair.challenger.scores[3 * i + 1] = 0;
    pair.challenger.scores[3 * i + 2] = 1;
  }
  EXPECT_EQ(pair.method("macro_f1"), INTERVAL_NONE);
  EXPECT_EQ(pair.method("balanced_accuracy"), INTERVAL_BOOTSTRAP) << "only labels count";
}

} // namespace
