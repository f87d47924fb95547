// Evaluation sets for tests: arrays that own their rows, random ones with many ties, and other orders of
// them.
#pragma once

extern "C" {
#include "engine/evaluate/evaluate.h"
#include "engine/evaluate/money.h"
}

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

struct EvaluationCase {
  Task task = TASK_BINARY;
  int classes = 1;
  std::vector<double> labels, scores, weights; // weights empty: none
  std::vector<int64_t> act, skip, gain_if_one, gain_if_zero;
  Policy policy = policy_default;
  std::vector<double> ends;  // [rows, 2] of prediction intervals; empty: none
  std::vector<int64_t> cost; // of acting; empty: each row counts 1
  bool limited = false;
  int64_t limit = 0;

  EvaluationSet set() const {
    auto money = [](const std::vector<int64_t> &v) { return v.empty() ? nullptr : v.data(); };
    EvaluationSet made{};
    made.task = task;
    made.rows = (int64_t)labels.size();
    made.classes = classes;
    made.labels = labels.data();
    made.weights = weights.empty() ? nullptr : weights.data();
    made.scores = scores.data();
    made.ends = ends.empty() ? nullptr : ends.data();
    made.policy = policy;
    made.money = {money(act), money(skip), money(gain_if_one), money(gain_if_zero)};
    made.capacity = {limited, limit, money(cost)};
    return made;
  }

  // Row i of the result is row order[i] of this one.
  EvaluationCase permuted(const std::vector<size_t> &order) const {
    EvaluationCase made = *this;
    for (size_t i = 0; i < order.size(); i++) {
      size_t from = order[i];
      made.labels[i] = labels[from];
      for (int k = 0; k < classes; k++)
        made.scores[i * (size_t)classes + (size_t)k] = scores[from * (size_t)classes + (size_t)k];
      for (size_t k = 0; k < 2 && !ends.empty(); k++) made.ends[2 * i + k] = ends[2 * from + k];
      if (!weights.empty()) made.weights[i] = weights[from];
      for (auto part : {&EvaluationCase::act, &EvaluationCase::skip, &EvaluationCase::gain_if_one,
                        &EvaluationCase::gain_if_zero, &EvaluationCase::cost}) {
        if (!(this->*part).empty()) (made.*part)[i] = (this->*part)[from];
      }
    }
    return made;
  }
};

inline std::vector<size_t> random_order(size_t rows, std::mt19937_64 &random) {
  std::vector<size_t> order(rows);
  for (size_t i = 0; i < rows; i++) order[i] = i;
  for (size_t i = rows; i > 1; i--) std::swap(order[i - 1], order[random() % i]);
  return order;
}

inline double random_unit(std::mt19937_64 &random) {
  return (double)(random() >> 11) * 0x1p-53;
}

// Binary: scores say something about labels; `levels` > 0 rounds them to so many distinct values (ties).
inline EvaluationCase random_binary(size_t rows, int levels, bool weighted, uint64_t seed) {
  std::mt19937_64 random(seed);
  EvaluationCase made;
  for (size_t i = 0; i < rows; i++) {
    double score = random_unit(random);
    if (levels > 0) score = (double)(int)(score * levels) / levels;
    made.labels.push_back(random_unit(random) < 0.1 + 0.8 * score);
    made.scores.push_back(score);
    if (weighted) made.weights.push_back((double)(random() % 8) * 0.25 + (double)(random() % 3) * 1e-3);
    made.act.push_back((int64_t)(random() % 2001) * 10007 - 10000000);
    made.skip.push_back((int64_t)(random() % 201) * 10007 - 1000000);
    if (made.labels.back() == 0) made.act.back() -= 3000000;
  }
  made.labels[0] = 0;
  made.labels[1] = 1;
  if (weighted) made.weights[0] = made.weights[1] = 1;
  return made;
}

inline EvaluationCase random_multiclass(size_t rows, int classes, bool weighted, uint64_t seed) {
  std::mt19937_64 random(seed);
  EvaluationCase made;
  made.task = TASK_MULTICLASS;
  made.classes = classes;
  for (size_t i = 0; i < rows; i++) {
    int label = (int)(random() % (uint64_t)classes);
    std::vector<double> p;
    double sum = 0;
    for (int k = 0; k < classes; k++) {
      p.push_back(random_unit(random) + (k == label ? 0.5 : 0.05));
      sum += p.back();
    }
    made.labels.push_back(label);
    for (double x : p) made.scores.push_back(x / sum);
    if (weighted) made.weights.push_back(0.25 + random_unit(random));
  }
  return made;
}

inline EvaluationCase random_regression(size_t rows, bool weighted, uint64_t seed) {
  std::mt19937_64 random(seed);
  EvaluationCase made;
  made.task = TASK_REGRESSION;
  for (size_t i = 0; i < rows; i++) {
    made.labels.push_back(200 * random_unit(random) - 100);
    made.scores.push_back(made.labels.back() + 10 * random_unit(random) - 4);
    if (weighted) made.weights.push_back(0.25 + random_unit(random));
  }
  return made;
}

inline const Metric &metric_named(const char *name, Task task) {
  const Metric *metric = nullptr;
  Error error;
  if (metric_find(&metric, name, task, &error) != STATUS_OK) throw std::string(error.text);
  return *metric;
}

inline double value_of(const char *name, const EvaluationCase &rows) {
  EvaluationSet set = rows.set();
  return metric_value(&metric_named(name, rows.task), &set);
}

inline uint64_t bits_of(double x) {
  uint64_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

// Every number of a report, one a line, with all its bits.
class Flat {
public:
  std::string text;
  void add(const char *name, double x) {
    text += std::string(name) + "=" + std::to_string(bits_of(x)) + "\n";
  }
  void add(const char *name, const Estimate &e) {
    for (double x : {e.value, e.low, e.high, e.standard_error, e.p_value}) add(name, x);
    add(name, e.method);
  }
};

inline std::string flat(const EvaluationReport &r) {
  Flat out;
  for (double x : {(double)r.rows, r.weight, (double)r.classes, (double)r.positives, r.mean_label,
                   r.mean_score, r.confidence, r.threshold, (double)r.clipped, r.calibration_error})
    out.add("head", x);
  for (int i = 0; i < r.metric_count; i++) {
    out.add(r.results[i].metric->name, r.results[i].estimate);
    const MetricResult &m = r.results[i];
    for (double x : {(double)m.few_events, (double)m.n, (double)m.events}) out.add("rows", x);
    out.text += m.note == nullptr ? "" : m.note;
  }
  for (int i = 0; i < r.classes * r.classes; i++) out.add("confusion", r.confusion[i]);
  for (int i = 0; i < r.classes; i++)
    for (double x : {r.by_class[i].support, r.by_class[i].precision, r.by_class[i].recall, r.by_class[i].f1})
      out.add("class", x);
  for (int i = 0; i < r.bin_count; i++) {
    const CalibrationBin &b = r.bins[i];
    for (double x :
         {(double)b.rows, b.weight, b.low_score, b.high_score, b.mean_score, b.mean_label, b.low, b.high})
      out.add("bin", x);
  }
  out.add("slope", r.calibration_slope);
  out.add("intercept", r.calibration_intercept);
  for (double x : {r.brier_parts.miscalibration, r.brier_parts.discrimination, r.brier_parts.uncertainty,
                   r.noise_floor.mean, r.noise_floor.q95})
    out.add("calibration", x);
  for (int i = 0; i < r.gains_count; i++) {
    const GainsRow &g = r.gains[i];
    for (double x : {g.top, g.rows, g.events, g.precision, g.lift, g.capture, (double)g.value})
      out.add("gains", x);
  }
  for (int i = 0; i < r.point_count; i++) {
    const CurvePoint &p = r.points[i];
    for (double x : {p.threshold, p.true_positives, p.false_positives, (double)p.acted, (double)p.value})
      out.add("point", x);
  }
  for (const PolicyValue &p : r.money.policies)
    for (double x : {p.threshold, (double)p.acted, (double)p.value, (double)p.low, (double)p.high})
      out.add("policy", x);
  for (double x : {(double)r.money.present, (double)r.money.best_trivial, r.money.share_of_achievable,
                   (double)r.money.value_of_threshold, (double)r.money.regret})
    out.add("money", x);
  out.add("over_trivial", r.money.over_trivial);
  return out.text;
}

inline std::string flat(const Comparison &c) {
  Flat out;
  for (int i = 0; i < c.metric_count; i++) {
    out.add(c.metrics[i].metric->name, c.metrics[i].champion);
    out.add("challenger", c.metrics[i].challenger);
    out.add("delta", c.metrics[i].delta);
    for (int64_t x : {(int64_t)c.metrics[i].few_events, c.metrics[i].n, c.metrics[i].events})
      out.add("rows", (double)x);
    out.text += c.metrics[i].note == nullptr ? "" : c.metrics[i].note;
  }
  for (int64_t x : {c.swap.both, c.swap.neither, c.swap.in, c.swap.out, c.swap.in_positives,
                    c.swap.out_positives, c.swap.in_gain, c.swap.out_gain, c.verdict.rows_needed})
    out.add("swap", (double)x);
  for (int i = 0; i < c.verdict.gate_count; i++) out.text += c.verdict.gates[i].text + std::string("\n");
  for (int i = 0; i < c.verdict.reason_count; i++) out.text += c.verdict.reasons[i] + std::string("\n");
  out.text += verdict_state_name(c.verdict.state);
  out.add("ship", c.verdict.loss_of_shipping);
  out.add("hold", c.verdict.loss_of_holding);
  return out.text;
}
