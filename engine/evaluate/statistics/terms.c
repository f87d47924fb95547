// Per-row terms of the metrics that are means.
#include "engine/evaluate/statistics/terms.h"

#include "engine/evaluate/money.h"
#include "engine/evaluate/statistics/clusters.h"
#include "engine/evaluate/statistics/statistics.h"
#include "engine/shared/math64.h"
#include "engine/shared/memory.h"
#include "kernels/statistics/reals.h"

#include <stdlib.h>

// The probability that was given to the label.
static double probability_of_label(const EvaluationSet *set, int64_t row) {
  const double *p = set->scores + row * set->classes;
  if (set->task == TASK_BINARY) {
    double clipped = clipped_probability(p[0]);
    return set->labels[row] == 1 ? clipped : 1.0 - clipped;
  }
  double sum = 0;
  for (int k = 0; k < set->classes; k++) sum += clipped_probability(p[k]);
  return clipped_probability(p[(int)set->labels[row]]) / sum;
}

int64_t metric_clipped_rows(const EvaluationSet *set) {
  int64_t clipped = 0;
  if (set->task == TASK_REGRESSION) return 0;
  for (int64_t i = 0; i < set->rows; i++) {
    double p =
        set->task == TASK_BINARY ? set->scores[i] : set->scores[i * set->classes + (int)set->labels[i]];
    clipped += clipped_probability(p) != p;
  }
  return clipped;
}

int predicted_class(const EvaluationSet *set, int64_t row) {
  if (set->task == TASK_BINARY) return set->scores[row] >= set->policy.threshold;
  const double *p = set->scores + row * set->classes;
  int best = 0;
  for (int k = 1; k < set->classes; k++) {
    if (p[k] > p[best]) best = k;
  }
  return best;
}

// Whether fewer than k classes come before the label: those that are more probable, or as probable and lower.
static double top_classes_term(const EvaluationSet *set, int64_t row, double k) {
  const double *p = set->scores + row * set->classes;
  int label = (int)set->labels[row], before = 0;
  for (int j = 0; j < set->classes; j++) before += p[j] > p[label] || (p[j] == p[label] && j < label);
  return before < k;
}

static double cost_term(const EvaluationSet *set, int64_t row) {
  int decision = money_cheapest(set->scores + row * set->classes, set->costs, set->classes);
  return set->costs[(int)set->labels[row] * set->classes + decision];
}

static double power_of(double x, double exponent) {
  if (exponent == 0) return 1;
  if (exponent == 1) return x;
  return x == 0 ? 0 : math64_exp(exponent * math64_log(x));
}

// Deviance of the variance function m^power (McCullagh and Nelder 1989; Jorgensen 1987).
static double deviance_term(double y, double m, double power) {
  if (power == 0) return (y - m) * (y - m);
  if (power == 1) return 2 * ((y > 0 ? y * math64_log(y / m) : 0) - y + m);
  if (power == 2) return 2 * (y / m - 1 - math64_log(y / m));
  double a = 1 - power, b = 2 - power;
  return 2 * (power_of(y, b) / (a * b) - y * power_of(m, a) / a + power_of(m, b) / b);
}

// What `low` a unit costs where the prediction is too low, and `high` where it is too high.
static double sided_term(double error, double low, double high) {
  return error < 0 ? low * -error : high * error;
}

static double magnitude(double x) {
  return x < 0 ? -x : x;
}

static double regression_term(const EvaluationSet *set, const Metric *metric, int64_t row) {
  double label = set->labels[row], score = set->scores[row], error = score - label;
  const double *ends = set->ends == NULL ? NULL : set->ends + 2 * row;
  switch (metric->id) {
  case METRIC_interval_coverage:
    return ends[0] <= label && label <= ends[1];
  case METRIC_interval_width:
    return ends[1] - ends[0];
  case METRIC_bias:
    return error;
  case METRIC_mae:
    return magnitude(error);
  case METRIC_mape:
    return magnitude(error) / magnitude(label);
  case METRIC_poisson_deviance:
    return deviance_term(label, score, 1);
  case METRIC_gamma_deviance:
    return deviance_term(label, score, 2);
  case METRIC_tweedie:
    return deviance_term(label, score, metric->first);
  case METRIC_pinball:
    return sided_term(error, metric->first, 1 - metric->first);
  case METRIC_asymmetric_cost:
    return sided_term(error, metric->first, metric->second);
  default:
    return error * error; // rmse, r2
  }
}

double metric_term(const EvaluationSet *set, const Metric *metric, int64_t row) {
  switch (metric->id) {
  case METRIC_value:
    return money_term(set, row);
  case METRIC_log_loss:
    return -math64_log(probability_of_label(set, row));
  case METRIC_brier:
    return (set->scores[row] - set->labels[row]) * (set->scores[row] - set->labels[row]);
  case METRIC_accuracy:
  case METRIC_precision:
  case METRIC_recall:
  case METRIC_specificity:
    return predicted_class(set, row) == (int)set->labels[row];
  case METRIC_top_k_accuracy:
    return top_classes_term(set, row, metric->first);
  case METRIC_expected_cost:
    return cost_term(set, row);
  default:
    return regression_term(set, metric, row);
  }
}

bool metric_has_terms(MetricId id) {
  switch (id) {
  case METRIC_value:
  case METRIC_log_loss:
  case METRIC_brier:
  case METRIC_accuracy:
  case METRIC_precision:
  case METRIC_recall:
  case METRIC_specificity:
  case METRIC_top_k_accuracy:
  case METRIC_expected_cost:
  case METRIC_rmse:
  case METRIC_mae:
  case METRIC_r2:
  case METRIC_bias:
  case METRIC_interval_coverage:
  case METRIC_interval_width:
  case METRIC_mape:
  case METRIC_poisson_deviance:
  case METRIC_gamma_deviance:
  case METRIC_tweedie:
  case METRIC_pinball:
  case METRIC_asymmetric_cost:
    return true;
  default:
    return false;
  }
}

bool metric_has_every_row(MetricId id) {
  return id != METRIC_recall && id != METRIC_specificity && id != METRIC_precision;
}

bool metric_counts(const EvaluationSet *set, const Metric *metric, int64_t row) {
  switch (metric->id) {
  case METRIC_recall:
    return set->labels[row] == 1;
  case METRIC_specificity:
    return set->labels[row] != 1;
  case METRIC_precision:
    return predicted_class(set, row) == 1;
  default:
    return true;
  }
}

const double *metric_term_weights(const EvaluationSet *set, const Metric *metric) {
  return metric->id == METRIC_value ? NULL : set->weights;
}

// ---- a few rows at a time, so that the metric is not looked up for each ----

enum { CHUNK = 512 };

// Terms of one or two models and the weights of some rows that count.
typedef struct Chunk {
  double terms[CHUNK], other[CHUNK], weights[CHUNK];
  int count;
} Chunk;

static void log_losses(double *terms, const EvaluationSet *set, int64_t from, int count) {
  for (int i = 0; i < count; i++) terms[i] = probability_of_label(set, from + i);
  reals_log(terms, terms, count);
  for (int i = 0; i < count; i++) terms[i] = -terms[i];
}

static void squares(double *terms, const EvaluationSet *set, int64_t from, int count) {
  for (int i = 0; i < count; i++) {
    double error = set->scores[from + i] - set->labels[from + i];
    terms[i] = error * error;
  }
}

static void right_classes(double *terms, const EvaluationSet *set, int64_t from, int count) {
  for (int i = 0; i < count; i++) terms[i] = predicted_class(set, from + i) == (int)set->labels[from + i];
}

static void values(double *terms, const EvaluationSet *set, int64_t from, int count) {
  for (int i = 0; i < count; i++) terms[i] = money_term(set, from + i);
}

static void all_terms(double *terms, const EvaluationSet *set, const Metric *metric, int64_t from,
                      int count) {
  switch (metric->id) {
  case METRIC_log_loss:
    log_losses(terms, set, from, count);
    return;
  case METRIC_brier:
  case METRIC_rmse:
  case METRIC_r2:
    squares(terms, set, from, count);
    return;
  case METRIC_accuracy:
  case METRIC_precision:
  case METRIC_recall:
  case METRIC_specificity:
    right_classes(terms, set, from, count);
    return;
  case METRIC_value:
    values(terms, set, from, count);
    return;
  default:
    for (int i = 0; i < count; i++) terms[i] = metric_term(set, metric, from + i);
  }
}

double *metric_terms(const EvaluationSet *set, const Metric *metric) {
  double *terms = memory_get((size_t)set->rows, sizeof *terms);
  for (int64_t i = 0; i < set->rows; i += CHUNK)
    all_terms(terms + i, set, metric, i, set->rows - i < CHUNK ? (int)(set->rows - i) : CHUNK);
  return terms;
}

// The next rows from `from` on, of one model or (second not NULL) two; those of the first that count. Returns
// how many rows were read.
static int next_chunk(Chunk *chunk, const EvaluationSet *set, const EvaluationSet *second,
                      const Metric *metric, int64_t from) {
  const double *weights = metric_term_weights(set, metric);
  int rows = set->rows - from < CHUNK ? (int)(set->rows - from) : CHUNK;
  all_terms(chunk->terms, set, metric, from, rows);
  if (second != NULL) all_terms(chunk->other, second, metric, from, rows);
  bool every = metric_has_every_row(metric->id);
  chunk->count = 0;
  for (int i = 0; i < rows; i++) {
    if (!every && !metric_counts(set, metric, from + i)) continue;
    chunk->terms[chunk->count] = chunk->terms[i];
    chunk->other[chunk->count] = second != NULL ? chunk->other[i] : 0;
    chunk->weights[chunk->count++] = weights == NULL ? 1 : weights[from + i];
  }
  return rows;
}

double metric_term_mean(const EvaluationSet *set, const Metric *metric) {
  bool weighted = metric_term_weights(set, metric) != NULL;
  SumBins terms = {0}, total = {0};
  int64_t rows = 0;
  Chunk chunk;
  for (int64_t from = 0; from < set->rows; rows += chunk.count) {
    from += next_chunk(&chunk, set, NULL, metric, from);
    for (int i = 0; i < chunk.count; i++) sum_bins_add(&terms, chunk.weights[i] * chunk.terms[i]);
    for (int i = 0; weighted && i < chunk.count; i++) sum_bins_add(&total, chunk.weights[i]);
  }
  return sum_bins_value(&terms) / (weighted ? sum_bins_value(&total) : (double)rows);
}

// Of terms[rows], with clusters; freed here. Rows that do not count have no weight.
static Moments clustered_moments(const EvaluationSet *set, const Metric *metric, double *terms) {
  const double *weights = metric_term_weights(set, metric);
  double *counted = NULL;
  if (!metric_has_every_row(metric->id)) {
    counted = memory_get((size_t)set->rows, sizeof *counted);
    for (int64_t i = 0; i < set->rows; i++)
      counted[i] = metric_counts(set, metric, i) ? (weights == NULL ? 1 : weights[i]) : 0;
  }
  Moments moments = moments_of_rows(set, terms, counted != NULL ? counted : weights);
  free(counted);
  free(terms);
  return moments;
}

Moments metric_term_moments(const EvaluationSet *set, const Metric *metric) {
  if (set->cluster_hash != NULL) return clustered_moments(set, metric, metric_terms(set, metric));
  MomentSum sum = {0};
  Chunk chunk;
  for (int pass = 0; pass < 2; pass++) {
    for (int64_t from = 0; from < set->rows;) {
      from += next_chunk(&chunk, set, NULL, metric, from);
      for (int i = 0; i < chunk.count; i++) moment_add(&sum, chunk.terms[i], chunk.weights[i]);
    }
    moment_end_pass(&sum);
  }
  return moment_result(&sum);
}

static PairedMoments clustered_pair(const EvaluationSet *champion, const EvaluationSet *challenger,
                                    const Metric *metric) {
  double *from = metric_terms(champion, metric), *to = metric_terms(challenger, metric);
  for (int64_t i = 0; i < challenger->rows; i++) to[i] -= from[i];
  PairedMoments moments = {clustered_moments(champion, metric, from), metric_term_moments(challenger, metric),
                           clustered_moments(champion, metric, to)};
  return moments;
}

PairedMoments metric_paired_moments(const EvaluationSet *champion, const EvaluationSet *challenger,
                                    const Metric *metric) {
  if (challenger->cluster_hash != NULL) return clustered_pair(champion, challenger, metric);
  MomentSum *sums = memory_get(3, sizeof *sums);
  Chunk chunk;
  for (int pass = 0; pass < 2; pass++) {
    for (int64_t at = 0; at < challenger->rows;) {
      at += next_chunk(&chunk, champion, challenger, metric, at);
      for (int i = 0; i < chunk.count; i++) {
        moment_add(&sums[0], chunk.terms[i], chunk.weights[i]);
        moment_add(&sums[1], chunk.other[i], chunk.weights[i]);
        moment_add(&sums[2], chunk.other[i] - chunk.terms[i], chunk.weights[i]);
      }
    }
    for (int k = 0; k < 3; k++) moment_end_pass(&sums[k]);
  }
  PairedMoments moments = {moment_result(&sums[0]), moment_result(&sums[1]), moment_result(&sums[2])};
  free(sums);
  return moments;
}

RightCounts metric_right_counts(const EvaluationSet *set, const Metric *metric) {
  RightCounts counts = {0, 0};
  Chunk chunk;
  for (int64_t at = 0; at < set->rows;) {
    at += next_chunk(&chunk, set, NULL, metric, at);
    for (int i = 0; i < chunk.count; i++) counts.right += chunk.terms[i] == 1;
    counts.n += chunk.count;
  }
  return counts;
}

PairedCounts metric_paired_counts(const EvaluationSet *champion, const EvaluationSet *challenger,
                                  const Metric *metric) {
  PairedCounts counts = {0, 0, 0};
  Chunk chunk;
  for (int64_t at = 0; at < champion->rows;) {
    at += next_chunk(&chunk, champion, challenger, metric, at);
    for (int i = 0; i < chunk.count; i++) {
      counts.gained += chunk.other[i] > chunk.terms[i];
      counts.lost += chunk.terms[i] > chunk.other[i];
    }
    counts.n += chunk.count;
  }
  return counts;
}
