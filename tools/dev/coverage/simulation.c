// Populations, data sets drawn from them, and how many intervals hold what the population has.
#include "tools/dev/coverage/simulation.h"

#include "engine/evaluate/evaluate.h"
#include "engine/evaluate/metrics/facts.h"
#include "engine/evaluate/resample/replicates.h"
#include "engine/shared/math64.h"
#include "engine/shared/memory.h"
#include "engine/shared/parallel.h"
#include "kernels/shared/philox.h"
#include "tools/dev/coverage/rates.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { LARGE = 1 << 21, CLASSES = 3, NORMALS = 8, CLUSTER = 4 };

const char *population_name(Population population) {
  static const char *const names[POPULATION_COUNT] = {"binary",     "rare",   "weighted",   "clustered",
                                                      "calibrated", "groups", "multiclass", "regression"};
  return names[population];
}

// ---- drawing rows ----

static double uniform(uint32_t word) {
  return ((double)word + 0.5) * 0x1p-32;
}

// Box and Muller 1958, two a pair of words.
static void normals(double out[NORMALS], uint64_t set, uint32_t row) {
  for (uint32_t k = 0; k < NORMALS; k += 4) {
    uint32_t words[4];
    random_words(words, set, row, k, 0, 0);
    for (int i = 0; i < 4; i += 2) {
      double radius = math64_sqrt(-2 * math64_log(uniform(words[i]))), turn = 2 * uniform(words[i + 1]);
      out[k + (uint32_t)i] = radius * math64_cospi(turn);
      out[k + (uint32_t)i + 1] = radius * math64_cospi(turn - 0.5);
    }
  }
}

static double logistic(double x) {
  return 1 / (1 + math64_exp(-x));
}

// The challenger sees the truth with less noise; amounts differ from row to row.
static void binary_row(Rows *rows, int64_t i, const double z[NORMALS], double u) {
  double level = rows->population == POPULATION_RARE ? -4 : -1, truth = level + 1.5 * z[0];
  rows->labels[i] = u < logistic(truth);
  rows->scores[0][i] = logistic(level + 0.1 + 1.2 * (z[0] + 0.6 * z[1]));
  rows->scores[1][i] = rows->population == POPULATION_CALIBRATED
                           ? logistic(truth)
                           : logistic(level + 0.1 + 1.2 * (z[0] + 0.3 * z[1] + 0.4 * z[2]));
  rows->act[i] = rows->labels[i] == 1 ? (int64_t)(2e7 * math64_exp(0.5 * z[3])) : -8000000;
  rows->weights[i] = math64_exp(0.4 * z[4] + 0.3 * z[0]);
  rows->group[i] = z[5] > 0.5;
}

// Labels by logits that the models see with noise.
static void multiclass_row(Rows *rows, int64_t i, const double z[NORMALS], double u) {
  double logits[CLASSES] = {0.5 + z[0], z[1], -0.5 + 0.7 * z[0] - z[1]};
  for (int model = -1; model < 2; model++) {
    double p[CLASSES], sum = 0, noise = model == 0 ? 0.8 : 0.5;
    for (int k = 0; k < CLASSES; k++) {
      double seen = logits[k] + (model < 0 ? 0 : noise * z[2 + (model == 0 ? 0 : k)]);
      sum += p[k] = math64_exp(seen);
    }
    for (int k = 0; k < CLASSES; k++) p[k] /= sum;
    if (model < 0)
      rows->labels[i] = u < p[0] ? 0 : u < p[0] + p[1] ? 1 : 2;
    else
      memcpy(rows->scores[model] + i * CLASSES, p, sizeof p);
  }
}

// Errors with heavier tails than normal ones, larger where the target is.
static void regression_row(Rows *rows, int64_t i, const double z[NORMALS], double u) {
  double scale = 0.5 + 0.3 * (z[0] < 0 ? -z[0] : z[0]), tail = u < 0.05 ? 3 : 1;
  rows->labels[i] = 2 * z[0] + scale * tail * z[1];
  rows->scores[0][i] = 0.3 + 2 * z[0] + 0.4 * z[2];
  rows->scores[1][i] = 0.15 + 2 * z[0] + 0.3 * z[2] + 0.2 * z[3];
}

// Rows of a cluster share half the variance of what they are.
static void draw_row(double z[NORMALS], const Rows *rows, uint64_t set, int64_t i) {
  double shared[NORMALS];
  normals(z, set, (uint32_t)i);
  if (rows->population != POPULATION_CLUSTERED) return;
  normals(shared, set | 1ull << 63, (uint32_t)(i / CLUSTER));
  for (int k = 0; k < NORMALS; k++) z[k] = (z[k] + shared[k]) * math64_sqrt(0.5);
}

void draw_rows(Rows *rows, uint64_t set) {
  for (int64_t i = 0; i < rows->count; i++) {
    double z[NORMALS];
    uint32_t words[4], of_cluster[4];
    draw_row(z, rows, set, i);
    random_words(words, set, (uint32_t)i, 0, 1, 0);
    random_words(of_cluster, set, (uint32_t)(i / CLUSTER), 0, 2, 0);
    rows->hash[i] = (uint64_t)words[1] << 32 | words[2];
    rows->cluster[i] = (uint64_t)of_cluster[1] << 32 | of_cluster[2];
    if (rows->task == TASK_BINARY) binary_row(rows, i, z, uniform(words[0]));
    if (rows->task == TASK_MULTICLASS) multiclass_row(rows, i, z, uniform(words[0]));
    if (rows->task == TASK_REGRESSION) regression_row(rows, i, z, uniform(words[0]));
  }
}

Rows rows_new(Population population, int64_t count) {
  Task task = population == POPULATION_MULTICLASS   ? TASK_MULTICLASS
              : population == POPULATION_REGRESSION ? TASK_REGRESSION
                                                    : TASK_BINARY;
  size_t n = (size_t)count, classes = task == TASK_MULTICLASS ? CLASSES : 1;
  return (Rows){.population = population,
                .task = task,
                .count = count,
                .labels = memory_get(n, sizeof(double)),
                .scores = {memory_get(n * classes, sizeof(double)), memory_get(n * classes, sizeof(double))},
                .weights = memory_get(n, sizeof(double)),
                .act = memory_get(n, sizeof(int64_t)),
                .skip = memory_get(n, sizeof(int64_t)),
                .hash = memory_get(n, sizeof(uint64_t)),
                .cluster = memory_get(n, sizeof(uint64_t)),
                .group = memory_get(n, sizeof(int32_t))};
}

void rows_free(Rows *rows) {
  free(rows->labels);
  free(rows->scores[0]);
  free(rows->scores[1]);
  free(rows->weights);
  free(rows->act);
  free(rows->skip);
  free(rows->hash);
  free(rows->cluster);
  free(rows->group);
}

EvaluationSet set_of(const Rows *rows, int model, int replicates) {
  EvaluationSet set = {.task = rows->task,
                       .rows = rows->count,
                       .classes = rows->task == TASK_MULTICLASS ? CLASSES : 1,
                       .labels = rows->labels,
                       .scores = rows->scores[model],
                       .policy = {POLICY_THRESHOLD, rows->population == POPULATION_RARE ? 0.1 : 0.3, false},
                       .row_hash = rows->hash,
                       .resampling = {.replicates = replicates, .threads = 1, .seed = 20}};
  if (rows->task == TASK_BINARY) set.money = (Money){.act = rows->act, .skip = rows->skip};
  if (rows->population == POPULATION_WEIGHTED) set.weights = rows->weights;
  if (rows->population == POPULATION_CLUSTERED) set.cluster_hash = rows->cluster;
  return set;
}

// ---- counting ----

void coverage_add(Coverage *coverage, const char *name, const char *of, bool resampled,
                  const Estimate *estimate, double truth) {
  CoverageCount *count = NULL;
  for (int i = 0; i < coverage->count && count == NULL; i++) {
    CoverageCount *c = &coverage->counts[i];
    if (strcmp(c->name, name) == 0 && strcmp(c->of, of) == 0 && c->resampled == resampled) count = c;
  }
  if (count == NULL) {
    count = &coverage->counts[coverage->count++];
    *count = (CoverageCount){.name = name, .of = of, .resampled = resampled};
  }
  if (estimate->method == INTERVAL_NONE) return;
  count->method = estimate->method;
  count->sets++;
  count->hits += estimate->low <= truth && truth <= estimate->high;
  count->below += truth < estimate->low;
}

typedef struct Simulation {
  Population population;
  int64_t n;
  int replicates;
  double truth[METRIC_COUNT][2]; // of the challenger; of the oriented difference
  RateTruth rates;
  Coverage *coverage;
  pthread_mutex_t *mutex;
} Simulation;

static void count_set(const Simulation *simulation, const Comparison *comparison) {
  static const char *const kinds[] = {"model", "difference"};
  for (int i = 0; i < comparison->metric_count; i++) {
    const MetricDifference *found = &comparison->metrics[i];
    const Metric *metric = found->metric;
    const MetricReplicates *replicates = replicates_of(comparison->replicates, metric);
    for (int difference = 0; difference < 2; difference++) {
      const Estimate *shown = difference ? &found->delta : &found->challenger;
      double truth = simulation->truth[metric->id][difference];
      coverage_add(simulation->coverage, metric->name, kinds[difference], false, shown, truth);
      if (interval_is_resampled(shown->method) || replicates == NULL) continue;
      Estimate other =
          replicates_estimate(comparison->replicates, replicates,
                              difference ? REPLICATE_DELTA : REPLICATE_CHALLENGER, shown->value, 0.95);
      coverage_add(simulation->coverage, metric->name, kinds[difference], true, &other, truth);
    }
  }
}

static void simulate_sets(const void *arguments, int64_t first, int64_t last) {
  const Simulation *simulation = arguments;
  Rows rows = rows_new(simulation->population, simulation->n);
  for (int64_t set = first; set < last; set++) {
    Comparison comparison;
    Error error;
    draw_rows(&rows, (uint64_t)set + 1);
    if (simulation->population == POPULATION_GROUPS) {
      rates_count(simulation->coverage, simulation->mutex, &rows, &simulation->rates, simulation->replicates);
      continue;
    }
    EvaluationSet a = set_of(&rows, 0, simulation->replicates), b = set_of(&rows, 1, simulation->replicates);
    Status status = compare_models(&comparison, &a, &b, NULL, NULL, NULL, &error);
    pthread_mutex_lock(simulation->mutex);
    if (status == STATUS_OK) count_set(simulation, &comparison);
    pthread_mutex_unlock(simulation->mutex);
    comparison_clear(&comparison);
  }
  rows_free(&rows);
}

// Money is a total: what n rows of the population are worth on average.
static void find_truth(Simulation *simulation) {
  Rows rows = rows_new(simulation->population, LARGE);
  draw_rows(&rows, 0);
  if (simulation->population == POPULATION_GROUPS) {
    simulation->rates = rates_of(&rows);
    rows_free(&rows);
    return;
  }
  EvaluationSet sets[2] = {set_of(&rows, 0, 0), set_of(&rows, 1, 0)};
  evaluation_sets_prepare(sets, 2);
  for (int i = 0; i < METRIC_COUNT; i++) {
    const Metric *metric = &metric_table[i];
    if (!(metric->tasks & 1u << rows.task)) continue;
    double scale = i == METRIC_value ? (double)simulation->n / LARGE : 1;
    double from = scale * metric_value(metric, &sets[0]), to = scale * metric_value(metric, &sets[1]);
    simulation->truth[i][0] = to;
    simulation->truth[i][1] = metric_gain(metric, from, to);
  }
  evaluation_sets_release(sets, 2);
  rows_free(&rows);
}

static int order_of(const char *name) {
  for (int i = 0; i < METRIC_COUNT; i++) {
    if (strcmp(metric_table[i].name, name) == 0) return i;
  }
  return METRIC_COUNT;
}

static int by_metric(const void *a, const void *b) {
  const CoverageCount *x = a, *y = b;
  int order = order_of(x->name) - order_of(y->name);
  if (order == 0) order = strcmp(x->name, y->name);
  if (order == 0) order = strcmp(y->of, x->of); // model, difference
  return order != 0 ? order : x->resampled - y->resampled;
}

void coverage_simulate(Coverage *coverage, Population population, int64_t n, int64_t sets, int replicates) {
  pthread_mutex_t mutex;
  Simulation simulation = {
      .population = population, .n = n, .replicates = replicates, .coverage = coverage, .mutex = &mutex};
  *coverage = (Coverage){0};
  pthread_mutex_init(&mutex, NULL);
  find_truth(&simulation);
  parallel_run(simulate_sets, &simulation, sets, 0);
  pthread_mutex_destroy(&mutex);
  // The order in which threads came by is nobody's business.
  qsort(coverage->counts, (size_t)coverage->count, sizeof *coverage->counts, by_metric);
}
