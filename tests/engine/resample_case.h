// Two models on the same rows, with the hashes that resamples are drawn by.
#pragma once

#include "tests/engine/evaluation_case.h"

extern "C" {
#include "engine/evaluate/resample/replicates.h"
}

#include <memory>

inline std::vector<uint64_t> hashes(size_t rows) {
  std::vector<uint64_t> made(rows);
  for (size_t i = 0; i < rows; i++) made[i] = evaluation_hash(("row " + std::to_string(i)).c_str());
  return made;
}

// Reported without an interval.
inline bool is_not_resampled(const Metric &metric) {
  return metric.id == METRIC_ece || metric.id == METRIC_classwise_ece;
}

inline std::vector<const Metric *> metrics_of(Task task, const EvaluationSet &set) {
  std::vector<const Metric *> made;
  for (const Metric &metric : metric_table) {
    Error error;
    if (!is_not_resampled(metric) && (metric.tasks & 1u << task) != 0 &&
        metric_check(&metric, &set, &error) == STATUS_OK)
      made.push_back(&metric);
  }
  return made;
}

struct Pair {
  EvaluationCase champion, challenger;
  std::vector<uint64_t> unit;

  EvaluationSet set(int model) const {
    EvaluationSet made = (model == 0 ? champion : challenger).set();
    made.row_hash = unit.data();
    made.resampling = {130, 2, 9};
    return made;
  }
};

// The challenger: the same rows with other scores.
inline Pair pair_of(EvaluationCase champion, uint64_t seed) {
  std::mt19937_64 random(seed);
  Pair made{champion, champion, hashes(champion.labels.size())};
  size_t rows = champion.labels.size();
  std::vector<size_t> order = random_order(rows, random);
  size_t k = (size_t)champion.classes;
  for (size_t i = 0; i < rows; i += 3) {
    for (size_t c = 0; c < k; c++) made.challenger.scores[i * k + c] = champion.scores[order[i] * k + c];
  }
  return made;
}

inline std::vector<Pair> pairs() {
  return {pair_of(random_binary(400, 0, false, 1), 2),     pair_of(random_binary(400, 37, true, 3), 4),
          pair_of(random_multiclass(300, 4, false, 5), 6), pair_of(random_multiclass(300, 3, true, 7), 8),
          pair_of(random_regression(300, false, 9), 10),   pair_of(random_regression(300, true, 11), 12)};
}

using Owned = std::unique_ptr<Replicates, decltype(&replicates_free)>;

inline Owned replicates(const EvaluationSet &a, const EvaluationSet &b, int count) {
  auto metrics = metrics_of(a.task, a);
  return Owned(replicates_new(&a, &b, metrics.data(), (int)metrics.size(), count), replicates_free);
}
